"""From the first version, with what it wrote, to this one: on each kind of store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, select
from typer.testing import CliRunner

from rules.model import Refused
from tests.cast import DAY2, HOUR, Stage, findings, hours_of
from tests.stores import Kind, empty, settings_file
from tolich.cli import app
from tolich.clock import StepClock
from tolich.store.copying import tables
from tolich.store.database import alembic_config, migrate, newest_schema, schema_version, writing
from tolich.store.proof import entries, verify_chain

# What the first version wrote of a day with exceedances, a rejection and a late reading.
FIRST: dict[str, Any] = json.loads(
    Path(__file__).with_name("first_version.json").read_text(encoding="utf-8")
)


@pytest.fixture
def old(tmp_path: Path, either_store: Kind) -> Iterator[Engine]:
    """A store as the first version left it."""
    engine = empty(tmp_path)
    with writing(engine).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    first = MetaData()
    first.reflect(engine)
    with writing(engine).begin() as connection:
        for table in first.sorted_tables:
            rows = of_first(table.name)
            if rows and table.name != "alembic_version":
                connection.execute(table.insert(), rows)
    yield engine
    engine.dispose()


def of_first(name: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    told = FIRST[name]
    plain = [
        [bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in row] for row in told["rows"]
    ]
    return [dict(zip(told["columns"], row, strict=True)) for row in plain]


def test_everything_is_still_there_and_proved(old: Engine, tmp_path: Path) -> None:
    migrate(old)
    now = {table.name: table for table in tables()}
    with old.connect() as connection:
        assert schema_version(connection) == newest_schema()
        for name in FIRST:
            if name == "alembic_version":
                continue
            columns = [now[name].c[column] for column in FIRST[name]["columns"]]
            query = select(*columns).order_by(*now[name].primary_key)
            found = [dict(row) for row in connection.execute(query).mappings()]
            assert found == of_first(name), name
    assert verify_chain(old, lambda _: None) == entries(old) == len(FIRST["chain"]["rows"])


def test_the_monitor_goes_on_with_it(old: Engine, tmp_path: Path) -> None:
    migrate(old)
    of = Stage(tmp_path, StepClock(DAY2 + HOUR))
    pipeline = of.pipeline()
    pipeline.tick(DAY2, fill=True)
    outcomes = [one["outcome"] for one in findings(of.reads(pipeline), period="hour")]
    current = [one for one in of_first("finding") if one["superseded"] is None]
    assert outcomes.count("exceeded") >= 2
    assert len(outcomes) >= sum(one["period"] == "hour" for one in current)
    pipeline.submit(hours_of("MAU01", "COD", 24 * HOUR, [50]))
    pipeline.tick(DAY2, fill=True)
    assert verify_chain(of.engine, lambda _: None) > len(FIRST["chain"]["rows"])
    of.close()


def test_twice_is_once(old: Engine) -> None:
    migrate(old)
    migrate(old)
    assert verify_chain(old, lambda _: None) == len(FIRST["chain"]["rows"])


def test_the_migrations_make_the_tables_that_the_code_knows(old: Engine) -> None:
    migrate(old)
    with old.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables()[0].metadata) == []


def test_a_store_of_a_newer_version_is_told(
    old: Engine, tmp_path: Path, either_store: Kind
) -> None:
    migrate(old)
    with writing(old).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="a newer version of tolich made this store"):
        migrate(old)
    if either_store is Kind.POSTGRESQL:
        return  # a command refuses the tests' server first: it forgets
    told = CliRunner().invoke(app, ["users", "list", "--settings", str(settings_file(tmp_path))])
    said = " ".join(told.output.split())
    assert told.exit_code == 2
    assert f"schema 9999; this version knows up to {newest_schema()}" in said


def test_a_migration_that_fails_leaves_the_old_schema(
    old: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(old).begin() as connection:  # in the way of the last migration
        connection.exec_driver_sql("CREATE TABLE pruned (something INTEGER)")
    with pytest.raises(Exception, match="pruned"):
        migrate(old)
    with old.connect() as connection:
        assert schema_version(connection) == "0001"

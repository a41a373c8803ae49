"""The proof: whatever is changed, taken out or put into the evidence is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    Said,
    Stage,
    copied,
    hours_of,
    message,
    stage,
)
from tolich.amending import Amender
from tolich.ports import EVERYTHING, Amend, Delivery
from tolich.store.proof import Broken, entries, verify_chain


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A store with something in every table of evidence."""
    of = stage(tmp_path_factory.mktemp("told"), DAY1)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50]))
    pipeline.submit([Delivery("mqtt", "tolich/v1/ccn-mau-01/MAU01/readings", b"{", DAY0)])
    of.clock.set(DAY2)
    pipeline.tick(DAY1, fill=True)
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 900))])
    pipeline.tick(DAY1, fill=True)
    asked = Amend("MAU01", "COD", "confirm", "Sở (mẫu)", "mẫu", DAY0 + 8 * HOUR, DAY0 + 9 * HOUR)
    Amender(of.taking()).amend(EVERYTHING, asked)
    pipeline.tick(DAY1, fill=True)
    yield of
    of.close()


def change(of: Stage, folder: Path, *statements: str) -> str:
    """Spoil a copy of a store; returns what the proof says of it."""
    spoiled = copied(of, folder)
    with spoiled.engine.begin() as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount >= 1, statement
    with pytest.raises(Broken) as broken:
        verify_chain(spoiled.engine, lambda _: None)
    spoiled.close()
    return str(broken.value)


def test_a_sound_record_verifies_to_its_end(told: Stage) -> None:
    steps: list[int] = []
    assert verify_chain(told.engine, steps.append) == entries(told.engine) == steps[-1]
    kinds = {"batch", "finding", "transition", "rejection", "register", "limit", "version"}
    kinds |= {"terms", "amendment"}
    with told.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT DISTINCT kind FROM chain")
        assert {kind for (kind,) in rows} == kinds


CHANGES = {
    "raw payload": (
        "UPDATE raw SET payload = CAST(replace(payload, '50', '51') AS BLOB) WHERE id = 5",
        "batch",
    ),
    "raw topic": ("UPDATE raw SET topic = replace(topic, 'MAU01', 'MAU02') WHERE id = 1", "batch"),
    "raw gone": ("DELETE FROM raw WHERE id = 2", "batch"),
    "finding": ("UPDATE finding SET valid = valid + 1 WHERE id = 3", "finding 3"),
    "finding outcome": (
        "UPDATE finding SET outcome = 'compliant' WHERE outcome = 'exceeded'",
        "finding",
    ),
    "finding gone": ("DELETE FROM finding WHERE id = 4", "the row is missing"),
    "transition": ("UPDATE transition SET change = 'ended' WHERE change = 'raised'", "transition"),
    "transition cause": ("UPDATE transition SET cause = '{}'", "transition"),
    "amendment": ("UPDATE amendment SET act = 'exclude'", "amendment 1"),
    "amendment author": ("UPDATE amendment SET author = 'nobody'", "amendment 1"),
    "amendment gone": ("DELETE FROM amendment", "the row is missing"),
    "rejection": ("UPDATE rejection SET reason = 'not_jsom'", "rejection 1"),
    "register": ("UPDATE register_entry SET entered_by = 'nobody' WHERE id = 1", "register 1"),
    "register body": (
        "UPDATE register_entry SET body = replace(body, '100', '101') WHERE kind = 'permits'",
        "register",
    ),
    "limit": ("UPDATE \"limit\" SET body = replace(body, '100', '101')", "limit"),
    "version": ("UPDATE version SET body = replace(body, 'engine', 'Engine')", "version 1"),
    "chain digest": (
        "UPDATE chain SET digest = CAST(x'00' || substr(digest, 2) AS BLOB) WHERE seq = 20",
        "seq 20",
    ),
    "chain time": ("UPDATE chain SET at = at + 1 WHERE seq = 20", "seq 20"),
    "chain kind": ("UPDATE chain SET row = row + 1 WHERE kind = 'version'", "version 2"),
    "chain gone": ("DELETE FROM chain WHERE seq = 20", "seq 20 is missing"),
    "end gone": ("DELETE FROM chain WHERE seq = (SELECT max(seq) FROM chain)", "its head says"),
    "chain name": ("UPDATE chain SET kind = 'findings' WHERE seq = 20", "seq 20"),
    "finding moved": ("UPDATE finding SET seq = seq + 1 WHERE id = 3", "finding 3"),
    "finding put in": (
        "INSERT INTO finding SELECT id + 9000, seq + 9000, superseded, series, period, start + 1, "
        '"end", revision + 50, outcome, reason, mean, "limit", expected, received, valid, '
        "calibrating, faulty, failed, unknown, conflicting, final, version, judged_at "
        "FROM finding WHERE id = 3",
        "put in",
    ),
    "finding doubled": (
        "INSERT INTO finding SELECT id + 9000, seq, superseded, series, period, start + 1, "
        '"end", revision + 50, outcome, reason, mean, "limit", expected, received, valid, '
        "calibrating, faulty, failed, unknown, conflicting, final, version, judged_at "
        "FROM finding WHERE id = 3",
        "put in",
    ),
    "raw put in": (
        "INSERT INTO raw SELECT id + 9000, 1, received_at, source, topic, payload, x'01' "
        "FROM raw WHERE id = 1",
        "put in",
    ),
    "limit put in": (
        'INSERT INTO "limit" SELECT id + 9000, x\'01\', body FROM "limit" WHERE id = 1',
        "limit 9001",
    ),
    "head": ("UPDATE head SET seq = seq + 1", "its head says"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_is_named(told: Stage, tmp_path: Path, what: str) -> None:
    statement, named = CHANGES[what]
    assert named in change(told, tmp_path, statement)


def test_the_link_to_the_entry_before_is_covered(told: Stage, tmp_path: Path) -> None:
    """Nobody who recomputes by hand may be told a false predecessor."""
    said = change(told, tmp_path, "UPDATE chain SET previous = digest WHERE seq = 20")
    assert "seq 20" in said


def test_the_bytes_that_came_are_covered_and_not_only_their_hash(
    told: Stage, tmp_path: Path
) -> None:
    said = change(told, tmp_path, "UPDATE raw SET payload = x'7b7d', hash = x'00' WHERE id = 1")
    assert "batch" in said


def test_what_is_only_a_convenience_may_be_made_again(told: Stage, tmp_path: Path) -> None:
    spoiled = copied(told, tmp_path)
    with spoiled.engine.begin() as connection:
        for table in ("latest", "station_state", "station_day"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert verify_chain(spoiled.engine, lambda _: None) == entries(told.engine)
    spoiled.close()

"""The register in the store: parts of it come in, all of it must load, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from rules.model import Refused
from tests.cast import (
    DAY0,
    HOUR,
    Said,
    Stage,
    alerts,
    cast_register,
    hours_of,
    message,
    name_of,
    permit,
    stage,
    station,
)
from tests.stores import Kind
from tolich.ports import EVERYTHING
from tolich.store.proof import verify_chain
from tolich.store.registry import current
from tolich.store.schema import register_entry

NOON = DAY0 + 12 * HOUR


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, NOON)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


def mapping(of: Stage) -> dict[str, Any]:
    with of.engine.connect() as connection:
        return current(connection)


def test_the_same_register_again_changes_nothing(on: Stage) -> None:
    before = on.reads(on.pipeline()).health()["seq"]
    assert on.enter(cast_register()) == 0
    assert on.reads(on.pipeline()).health()["seq"] == before


def test_a_part_is_added_to_what_stands(on: Stage) -> None:
    new = {"schema": 1, "stations": {"MAU04": station("mau-03", ["COD"])}}
    assert on.enter(new, "quyết định 12") == 1
    register = on.registered().register
    assert set(register.stations) == {"MAU01", "MAU02", "MAU03", "MAU04"}
    assert register.permits["gp-01"].number == "01/GP"
    with on.engine.connect() as connection:
        row = connection.execute(
            select(register_entry).where(register_entry.c.key == "MAU04")
        ).mappings().one()  # fmt: skip
    assert (row["document"], row["entered_by"], row["entered_at"]) == (
        "quyết định 12",
        "tests",
        NOON,
    )


def test_null_takes_out_and_what_was_stays_on_record(on: Stage) -> None:
    assert on.enter({"schema": 1, "permits": {"gp-02b": None}}) == 1
    assert "gp-02b" not in mapping(on)["permits"]
    assert on.enter({"schema": 1, "permits": {"gp-02b": None}}) == 0
    with on.engine.connect() as connection:
        query = select(register_entry.c.body).where(register_entry.c.key == "gp-02b")
        bodies = connection.execute(query.order_by(register_entry.c.id)).scalars().all()
    assert [body is None for body in bodies] == [False, True]


@pytest.mark.parametrize(
    ("wrong", "key", "words"),
    [
        ({"stations": {"MAU09": station("mau-99", ["COD"])}}, "stations.MAU09.plant", "no plant"),
        ({"stations": {"MAU01": None}, "statoins": {}}, "statoins", "stations"),
        ({"plants": {"mau-01": None}}, "stations.MAU01.plant", "no plant"),
        ({"clusters": []}, "clusters", "mapping"),
        ({"stations": {"MAU01": station("mau-01", ["CODD"])}}, "stations.MAU01", "COD"),
        ({"permits": {"x": permit("mau-01", "1", "2026-13-01", {})}}, "permits.x.from", "2026"),
        (
            {"stations": {"MAU01": station("mau-01", ["COD"], interval=700)}},
            "stations.MAU01.interval",
            "60 minutes",
        ),
    ],
)
def test_what_does_not_load_as_a_whole_is_refused_as_a_whole(
    on: Stage, wrong: dict[str, Any], key: str, words: str
) -> None:
    before = mapping(on)
    good = {"clusters": {"ccn-mau-09": {"name": "CCN Mẫu 09", "province": "hanoi"}}}
    with pytest.raises(Refused) as refused:
        on.enter({"schema": 1, **good, **wrong}, "so-sai.yaml")
    said = [one for one in refused.value.problems if one.key.startswith(key)]
    assert said, refused.value.problems
    assert said[0].file == "so-sai.yaml"
    assert words in str(said[0])
    assert mapping(on) == before


def test_a_new_schema_is_refused(on: Stage) -> None:
    with pytest.raises(Refused, match="schema 1"):
        on.enter({"schema": 2})


def test_a_running_writer_takes_a_new_station_and_a_new_parameter(on: Stage) -> None:
    pipeline = on.pipeline()
    unknown = message("MAU04", Said("COD", 8 * HOUR, 50))
    assert pipeline.submit([unknown])[0].rejected[0].reason == "station_unknown"
    on.enter({"schema": 1, "stations": {"MAU04": station("mau-01", ["COD"])}})
    pipeline.tick(None)
    assert pipeline.submit([message("MAU04", Said("COD", 8 * HOUR, 60))])[0].accepted == 1


def test_a_running_writer_takes_a_change_without_forgetting_its_alerts(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140]))
    pipeline.tick(NOON - 5 * HOUR)
    before = alerts(on.reads(pipeline))
    assert {one["kind"] for one in before} == {"exceedance", "silence"}
    on.enter({"schema": 1, "clusters": {"ccn-mau-01": {"name": "Đổi tên", "province": "hanoi"}}})
    pipeline.tick(NOON - 5 * HOUR)
    assert alerts(on.reads(pipeline)) == before
    pipeline.submit(hours_of("MAU01", "COD", 9 * HOUR, [50, 50]))
    pipeline.settle(everything=True)
    after = {one["id"]: one for one in alerts(on.reads(pipeline))}
    assert {one["id"] for one in before} <= set(after)
    (exceedance,) = [one for one in after.values() if one["kind"] == "exceedance"]
    assert exceedance["state"] == "ended"


def test_a_permit_from_tomorrow_binds_tomorrow(on: Stage) -> None:
    pipeline = on.pipeline()
    tomorrow = permit("mau-01", "09/GP", "2026-03-11", {"COD": {"max": 30}})
    on.enter({"schema": 1, "permits": {"gp-09": tomorrow}})
    pipeline.tick(None)
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    on.clock.set(DAY0 + 36 * HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 26 * HOUR, [50]))
    pipeline.tick(None, fill=True)
    reads = on.reads(pipeline)
    outcomes = []
    for hour in (8, 26):
        found = reads.finding(EVERYTHING, name_of("MAU01", "COD", "hour", hour * HOUR))
        assert found is not None
        outcomes.append((found["outcome"], found["limit"]["high"]))
    assert outcomes == [("compliant", 100), ("exceeded", 30)]


def test_a_register_broken_behind_our_back_is_not_taken(on: Stage) -> None:
    pipeline = on.pipeline()
    with on.engine.begin() as connection:
        row = connection.execute(
            select(register_entry).where(register_entry.c.key == "mau-01")
        ).mappings().one()  # fmt: skip
        broken = {**row, "id": 999, "body": '{"cluster": "nowhere"}'}
        connection.execute(register_entry.insert(), [broken])
    with capture_logs() as lines:
        pipeline.tick(None)
    assert [line["event"] for line in lines] == ["register not taken"]
    assert "MAU01" in pipeline.registered.register.stations
    assert pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])[0].accepted == 1
    with on.engine.begin() as connection:
        connection.execute(register_entry.delete().where(register_entry.c.id == 999))

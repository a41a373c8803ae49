"""Writer and web on one store: what either takes is judged once, by the writer, and rightly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from rules.register import Register
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    Said,
    Stage,
    alerts,
    hours_of,
    message,
    name_of,
    stage,
    stored,
)
from tests.stores import Kind
from tolich.owed import missing_days
from tolich.pipeline import Pipeline, Taking
from tolich.ports import EVERYTHING, Delivery, Shape
from tolich.replaying import verdicts
from tolich.store.intake import StationDay
from tolich.store.proof import verify_chain

NOON = DAY0 + 12 * HOUR


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, NOON)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


def hour(of: Stage, pipeline: Taking, start: int, station: str = "MAU01") -> Shape | None:
    name = name_of(station, "COD", "hour", start * HOUR)
    return of.reads(pipeline).finding(EVERYTHING, name)


def test_what_the_web_takes_is_judged_at_the_next_tick(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    receipts = web.submit(hours_of("MAU01", "COD", 8 * HOUR, [140]))
    assert [receipt.accepted for receipt in receipts] == [1] * 4
    assert hour(on, pipeline, 8) is None
    pipeline.tick(None)
    found = hour(on, pipeline, 8)
    assert found is not None
    assert found["outcome"] == "exceeded"
    assert len(alerts(on.reads(pipeline), kind="exceedance")) == 1


def test_both_on_one_station_day_that_the_writer_has_in_memory(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    halves = hours_of("MAU01", "COD", 8 * HOUR, [140])
    pipeline.submit(halves[:2])
    web.submit(halves[2:3])
    pipeline.submit(halves[3:])
    pipeline.settle(everything=True)
    found = hour(on, pipeline, 8)
    assert found is not None
    assert (found["outcome"], found["counts"]["valid"]) == ("exceeded", 4)


def test_the_writer_takes_over_without_a_tick(on: Stage) -> None:
    """A busy writer looks under the record's lock, not only when it has time."""
    pipeline, web = on.pipeline(), on.taking()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    pipeline.tick(None)
    web.submit([message("MAU01", Said("COD", 8 * HOUR + 300, 9000))])
    pipeline.submit([message("MAU03", Said("COD", 8 * HOUR, 50))])
    pipeline.settle(everything=True)
    found = hour(on, pipeline, 8)
    assert found is not None
    assert (found["outcome"], found["revision"]) == ("exceeded", 2)


def test_what_comes_between_a_look_and_a_lock_is_not_forgotten(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web appends after the writer looked at the record and before it marks skipped days."""
    pipeline, web = on.pipeline(), on.taking()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    pipeline.tick(None)
    on.clock.set(DAY2)
    slipped = [message("MAU01", Said("COD", 8 * HOUR + 300, 9000))]

    def looked(
        connection: Connection, register: Register, today: int, settled: Callable[[str], bool]
    ) -> list[StationDay]:
        found = missing_days(connection, register, today, settled)
        if slipped:
            web.submit([slipped.pop()])
        return found

    monkeypatch.setattr("tolich.pipeline.missing_days", looked)
    pipeline.tick(None, fill=True)
    pipeline.tick(None)
    assert slipped == []
    found = hour(on, pipeline, 8)
    assert found is not None
    assert (found["outcome"], found["revision"]) == ("exceeded", 2)


def test_the_same_message_through_both_is_one_message(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    batch = hours_of("MAU01", "COD", 8 * HOUR, [140])
    pipeline.submit(batch)
    web.submit(batch)
    assert stored(on) == (4, 4)
    assert web.counters.duplicates == 4
    pipeline.tick(None)
    head = on.record(pipeline).head()
    pipeline.tick(None)
    assert on.record(pipeline).head() == head
    found = hour(on, pipeline, 8)
    assert found is not None
    assert found["revision"] == 1


def test_a_rejection_of_the_web_makes_nothing_due(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    web.submit([Delivery("http", "tolich/v1/ccn-mau-01/MAU01/readings", b"[]", NOON)])
    head = on.record(pipeline).head()
    pipeline.tick(None)
    assert on.record(pipeline).head() == head


def test_a_halted_writer_finds_what_the_web_took_meanwhile(on: Stage) -> None:
    on.pipeline().submit(hours_of("MAU01", "COD", 7 * HOUR, [50]))
    on.taking().submit(hours_of("MAU01", "COD", 8 * HOUR, [140]))
    pipeline = on.pipeline()
    pipeline.tick(None)
    found = hour(on, pipeline, 8)
    assert found is not None
    assert found["outcome"] == "exceeded"


def test_shared_work_comes_to_the_same_as_one_writer(on: Stage, tmp_path: Path) -> None:
    deliveries = [
        *hours_of("MAU01", "COD", 6 * HOUR, [50, 140, 95, 50, 140]),
        *hours_of("MAU03", "COD", 6 * HOUR, [140, 50, 50, 50, 140]),
    ]
    alone = stage(tmp_path / "alone", NOON)
    writer = alone.pipeline()
    writer.submit(deliveries)
    expected = closed(alone, writer)
    alone.close()

    pipeline, web = on.pipeline(), on.taking()
    for n, delivery in enumerate(deliveries):
        (web if n % 3 == 0 else pipeline).submit([delivery])
        if n % 5 == 0:
            pipeline.tick(None)
    assert closed(on, pipeline) == expected


def closed(of: Stage, pipeline: Pipeline) -> list[Shape]:
    of.clock.set(DAY1 + HOUR)
    pipeline.tick(None, fill=True)
    return list(verdicts(of.reads(pipeline)))


def test_open_findings_of_the_web_see_what_the_writer_stored(on: Stage) -> None:
    """The web's own judgement of an open day is made again when new readings came."""
    pipeline, web = on.pipeline(), on.taking()
    reads = on.reads(web)
    name = name_of("MAU01", "COD", "day", 0)
    for count in (4, 8):
        pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50] * (count // 4))[count - 4 :])
        found = reads.finding(EVERYTHING, name)
        assert found is not None
        assert (found["counts"]["valid"], found["final"]) == (count, False)


def test_open_findings_follow_a_changed_permit_at_once(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    reads = on.reads(web)
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    name = name_of("MAU01", "COD", "day", 0)
    before = reads.finding(EVERYTHING, name)
    on.enter({"schema": 1, "permits": {"gp-01": None}})
    assert web.refresh()
    after = reads.finding(EVERYTHING, name)
    assert before is not None
    assert after is not None
    assert before["limit"]["high"] == 100
    assert (after["limit"], after["reason"]) == (None, "no_permit")

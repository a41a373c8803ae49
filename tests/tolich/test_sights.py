"""What the console reads of stations is what the API says of them, under the same scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.days import rfc3339
from tests.cast import DAY0, DAY1, HOUR, Stage, hours_of, stage
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, FindingQuery, Scope
from tolich.store.reads import StoreReads

ONE = Scope(frozenset({"ccn-mau-01"}))


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    opened = stage(tmp_path, DAY0)
    yield opened
    opened.close()


def filled(on: Stage) -> tuple[Pipeline, StoreReads]:
    """Two stations with some hours, all of them closed."""
    pipeline = on.pipeline()
    for station in ("MAU01", "MAU02"):
        for one in hours_of(station, "COD", 8 * HOUR, [60, 140, 50]):
            on.clock.set(max(on.clock.now(), one.received_at))
            pipeline.submit([one])
    on.clock.set(DAY1 + HOUR)
    pipeline.tick(DAY0, fill=True)
    return pipeline, on.reads(pipeline)


def test_hours_are_the_findings_of_the_last_day(on: Stage) -> None:
    _, reads = filled(on)
    (sight,) = reads.sights(EVERYTHING, ["MAU01"])
    (cod,) = [one for one in sight["parameters"] if one["parameter"] == "COD"]
    query = FindingQuery(station="MAU01", parameter="COD", period="hour", final=True)
    known = reads.findings(EVERYTHING, query, None, 1000).items[::-1]
    recent = [one for one in known if one["start"] >= rfc3339(DAY1 + HOUR - 25 * HOUR)]
    names = ("id", "start", "outcome", "reason", "mean", "ratio")
    assert [[one[name] for name in names] for one in cod["hours"]] == [
        [one[name] for name in names] for one in recent
    ]
    assert cod["limit"] == known[-1]["limit"]
    assert cod["day"]["id"] == f"MAU01:COD:day:{rfc3339(DAY0)}"


def test_closed_periods_are_those_of_the_list(on: Stage) -> None:
    _, reads = filled(on)
    told = reads.closed(EVERYTHING, "MAU01", "hour", DAY0 + 8 * HOUR, DAY0 + 11 * HOUR)
    assert told is not None
    assert [one["mean"] for one in told["COD"]] == [60, 140, 50]
    assert [one["outcome"] for one in told["COD"]] == ["compliant", "exceeded", "compliant"]
    assert {one["counts"]["expected"] for one in told["COD"]} == {4}
    assert told["COD"][0]["end"] == rfc3339(DAY0 + 9 * HOUR)
    assert reads.closed(EVERYTHING, "MAU99", "hour", DAY0, DAY1) is None


def test_what_may_not_be_seen_is_not_there(on: Stage) -> None:
    _, reads = filled(on)
    assert [one["id"] for one in reads.sights(ONE, None)] == ["MAU01"]
    assert reads.sights(ONE, ["MAU02"]) == []
    assert reads.closed(ONE, "MAU02", "hour", DAY0, DAY1) is None
    assert reads.heard(ONE, 0).stations == {"MAU01"}


def test_who_sent_something_since(on: Stage) -> None:
    pipeline, reads = filled(on)
    first = reads.heard(EVERYTHING, 0)
    assert first.stations == {"MAU01", "MAU02"}
    assert reads.heard(EVERYTHING, first.upto).stations == frozenset()
    (late,) = hours_of("MAU02", "COD", 2 * HOUR, [55])[:1]
    pipeline.submit([late])  # earlier than what was there: it is news all the same
    after = reads.heard(EVERYTHING, first.upto)
    assert after.stations == {"MAU02"}
    assert after.upto > first.upto


def test_an_active_alert_stands_on_its_station(on: Stage) -> None:
    _, reads = filled(on)
    (sight,) = reads.sights(EVERYTHING, ["MAU01"])
    assert sight["active_alerts"] == len(sight["alerts"])
    assert {one["station"] for one in sight["alerts"]} <= {"MAU01"}
    assert sight["ward"]
    assert sight["capacity"] > 0

"""Late data, and everything else that changes a verdict after it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rules.days import DAY_SECONDS, rfc3339
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HELD_TOGETHER,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    findings,
    hours_of,
    message,
    name_of,
    run_of,
    stage,
    transitions,
)
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Delivery, FindingQuery, Shape
from tolich.store.proof import verify_chain
from tolich.store.reads import StoreReads
from tolich.windows import Windows

LAST = 23 * HOUR + 45 * MINUTE


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    verify_chain(of.engine, lambda _: None)  # whatever happened, it can be proved
    of.close()


def feed(of: Stage, pipeline: Pipeline, deliveries: Sequence[Delivery], now: int) -> StoreReads:
    """Take deliveries at a plant time and let it pass."""
    of.clock.set(now)
    pipeline.submit(deliveries)
    pipeline.tick(None, fill=True)
    return of.reads(pipeline)


def got(reads: StoreReads, name: str, revision: int | None = None) -> Shape:
    found = reads.finding(EVERYTHING, name, revision)
    assert found is not None, name
    return found


def whole_day(values: Sequence[float], last: bool = True) -> list[Delivery]:
    """A day of MAU01's COD, each value for two hours; without its last slot if so told."""
    found = hours_of("MAU01", "COD", 0, [value for value in values for _ in range(2)])
    return found if last else found[:-1]


# --- the 23:55 reading (here 23:45, the last slot of the day) -----------------------------------


def test_a_last_reading_two_days_late_reopens_its_day(on: Stage) -> None:
    pipeline = on.pipeline()
    day, hour = name_of("MAU01", "COD", "day", 0), name_of("MAU01", "COD", "hour", 23 * HOUR)
    values = [99.0] * 12
    reads = feed(on, pipeline, whole_day(values, last=False), DAY1 + HOUR)
    assert (got(reads, day)["outcome"], got(reads, hour)["reason"]) == (
        "near",
        "insufficient_data",
    )
    written = got(reads, day)

    reads = feed(on, pipeline, [message("MAU01", Said("COD", LAST, 300))], DAY2 + 2 * HOUR)
    after = got(reads, day)
    assert (after["revision"], after["outcome"], after["final"]) == (2, "exceeded", True)
    assert after["counts"]["valid"] == 96
    assert after["mean"] == round((99 * 95 + 300) / 96, 6)
    assert got(reads, day, revision=1) == written
    assert reads.finding(EVERYTHING, day, 3) is None

    (amended,) = transitions(reads, change="amended", finding=day)
    assert amended["cause"] == {
        "kind": "readings",
        "count": 1,
        "readings": [{"observed_at": rfc3339(DAY0 + LAST), "value": 300, "status": "00"}],
    }
    assert amended["before"]["revision"] == 1
    assert amended["after"]["outcome"] == "exceeded"


def test_the_alert_of_a_late_exceedance_is_raised_late(on: Stage) -> None:
    pipeline = on.pipeline()
    feed(on, pipeline, whole_day([99.0] * 12, last=False), DAY1 + HOUR)
    reads = feed(on, pipeline, [message("MAU01", Said("COD", LAST, 300))], DAY2 + 2 * HOUR)
    (raised,) = [a for a in alerts(reads, kind="exceedance") if a["period"] == "day"]
    assert (raised["severity"], raised["started_at"]) == ("critical", rfc3339(DAY0))
    assert raised["finding"] == name_of("MAU01", "COD", "day", 0)
    assert [t["change"] for t in transitions(reads, alert=raised["id"])] == ["raised_late"]


def test_an_alert_in_time_is_raised_not_raised_late(on: Stage) -> None:
    pipeline = on.pipeline()
    reads = feed(on, pipeline, hours_of("MAU01", "COD", 8 * HOUR, [140]), DAY0 + 9 * HOUR + 600)
    (raised,) = transitions(reads, change="raised")
    assert rfc3339(on.clock.now()) == raised["at"]


def test_late_readings_withdraw_an_alert_that_should_not_have_been(on: Stage) -> None:
    pipeline = on.pipeline()
    # 80 slots of 96 are enough of a day, which stands above its limit until the rest comes.
    feed(on, pipeline, hours_of("MAU01", "COD", 0, [104] * 20), DAY1 + HOUR)
    reads = on.reads(pipeline)
    (before,) = [a for a in alerts(reads, kind="exceedance") if a["period"] == "day"]
    reads = feed(on, pipeline, hours_of("MAU01", "COD", 20 * HOUR, [50] * 4), DAY2)
    after = reads.alert(EVERYTHING, before["id"])
    assert after is not None
    assert (before["state"], after["state"]) == ("active", "withdrawn")
    assert [t["change"] for t in transitions(reads, alert=before["id"])] == ["raised", "withdrawn"]
    assert got(reads, name_of("MAU01", "COD", "day", 0))["revision"] == 2


def test_late_readings_amend_and_merge_intervals(on: Stage) -> None:
    """Two alerts of an hour become one when the clean hours between them turn out dirty."""
    pipeline = on.pipeline()
    hours = [140, 50, 50, 140, 50, 50]
    feed(on, pipeline, hours_of("MAU01", "COD", 8 * HOUR, hours), DAY0 + 15 * HOUR)
    reads = on.reads(pipeline)
    first, second = (a for a in alerts(reads, kind="exceedance") if a["period"] == "hour")
    # A second instant in each slot of 09:00 to 11:00 lifts their means.
    dirty = [
        message("MAU01", Said("COD", 9 * HOUR + n * HELD_TOGETHER + 300, 900)) for n in range(8)
    ]
    reads = feed(on, pipeline, dirty, DAY1 + HOUR)
    merged, kept = reads.alert(EVERYTHING, second["id"]), reads.alert(EVERYTHING, first["id"])
    assert merged is not None
    assert kept is not None
    assert (merged["state"], merged["merged_into"]) == ("withdrawn", first["id"])
    assert (kept["started_at"], kept["ended_at"]) == (first["started_at"], second["ended_at"])
    assert transitions(reads, alert=first["id"])[-1]["change"] == "amended"


# --- an outage and its backfill -----------------------------------------------------------------


def test_a_backfilled_outage_is_judged_again(on: Stage) -> None:
    pipeline = on.pipeline()
    hour = name_of("MAU01", "COD", "hour", 10 * HOUR)
    around = [
        *hours_of("MAU01", "COD", 8 * HOUR, [50, 50]),
        *hours_of("MAU01", "COD", 12 * HOUR, [50]),
    ]
    reads = feed(on, pipeline, around, DAY0 + 14 * HOUR)
    assert (got(reads, hour)["outcome"], got(reads, hour)["reason"]) == (
        "not_assessable",
        "no_data",
    )
    reads = feed(on, pipeline, hours_of("MAU01", "COD", 10 * HOUR, [140, 40]), DAY1)
    assert (got(reads, hour)["revision"], got(reads, hour)["outcome"]) == (2, "exceeded")
    (amended,) = transitions(reads, change="amended", finding=hour)
    assert amended["cause"]["count"] == 4
    assert [t["change"] for t in transitions(reads) if t["alert"]] == ["raised_late"]


def test_days_without_a_word_are_not_assessable_and_then_judged(on: Stage) -> None:
    pipeline = on.pipeline()
    feed(on, pipeline, hours_of("MAU01", "COD", 8 * HOUR, [50]), DAY0 + 12 * HOUR)
    reads = feed(on, pipeline, hours_of("MAU01", "COD", 56 * HOUR, [50]), DAY2 + 12 * HOUR)
    between = name_of("MAU01", "COD", "day", 24 * HOUR)
    assert got(reads, between)["reason"] == "no_data"
    assert got(reads, between)["final"]


# --- a permit that changes at midnight ----------------------------------------------------------


def test_each_side_of_midnight_has_its_own_limit(on: Stage) -> None:
    """MAU02's times close their slots: 00:00:00 still belongs to the day that ends."""
    pipeline = on.pipeline()
    readings = run_of("MAU02", "COD", 23 * HOUR + 15 * MINUTE, [80] * 8)
    reads = feed(on, pipeline, readings, DAY1 + 2 * HOUR)
    before = got(reads, name_of("MAU02", "COD", "hour", 23 * HOUR))
    after = got(reads, name_of("MAU02", "COD", "hour", 24 * HOUR))
    assert (before["limit"]["high"], before["outcome"]) == (100, "compliant")
    assert (after["limit"]["high"], after["outcome"]) == (60, "exceeded")
    assert before["counts"]["valid"] == after["counts"]["valid"] == 4
    assert "02b/GP" in after["limit"]["citation"]


def test_a_late_reading_is_judged_by_the_limit_of_its_own_day(on: Stage) -> None:
    pipeline = on.pipeline()
    feed(on, pipeline, run_of("MAU02", "COD", 24 * HOUR + 15 * MINUTE, [50] * 4), DAY1 + 2 * HOUR)
    late = run_of("MAU02", "COD", 23 * HOUR + 15 * MINUTE, [80] * 4)
    reads = feed(on, pipeline, late, DAY2 + HOUR)
    found = got(reads, name_of("MAU02", "COD", "hour", 23 * HOUR))
    assert (found["limit"]["high"], found["outcome"]) == (100, "compliant")


# --- conflicts ----------------------------------------------------------------------------------


def test_a_conflict_contests_the_hour_and_clears_nothing(on: Stage) -> None:
    pipeline = on.pipeline()
    contested = name_of("MAU01", "COD", "hour", 9 * HOUR)
    hours = hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50, 50, 50])
    feed(on, pipeline, hours, DAY0 + 14 * HOUR)
    reads = on.reads(pipeline)
    (exceedance,) = [a for a in alerts(reads, kind="exceedance") if a["period"] == "hour"]
    assert exceedance["state"] == "ended"
    reads = feed(on, pipeline, [message("MAU01", Said("COD", 9 * HOUR, 900))], DAY0 + 15 * HOUR)
    found = got(reads, contested)
    assert (found["outcome"], found["reason"]) == ("not_assessable", "contested")
    assert (found["counts"]["conflicting"], found["mean"]) == (1, None)
    (integrity,) = [a for a in alerts(reads, kind="integrity") if a["period"] == "hour"]
    assert (integrity["severity"], integrity["state"]) == ("major", "active")
    held = reads.alert(EVERYTHING, exceedance["id"])
    assert held is not None
    assert (held["state"], held["ended_at"]) == ("active", None)
    assert transitions(reads, alert=exceedance["id"])[-1]["change"] == "reopened"


def test_a_conflict_that_changes_nothing_contests_nothing(on: Stage) -> None:
    pipeline = on.pipeline()
    hours = hours_of("MAU01", "COD", 8 * HOUR, [50])
    both = [*hours, message("MAU01", Said("COD", 8 * HOUR, 60))]
    reads = feed(on, pipeline, both, DAY0 + 10 * HOUR)
    found = got(reads, name_of("MAU01", "COD", "hour", 8 * HOUR))
    assert (found["outcome"], found["counts"]["conflicting"]) == ("compliant", 1)
    assert alerts(reads, kind="integrity") == []


# --- calibration between two exceedances --------------------------------------------------------


def test_a_calibration_between_two_exceedances_is_no_exceedance(on: Stage) -> None:
    pipeline = on.pipeline()
    deliveries = [
        *hours_of("MAU01", "COD", 6 * HOUR, [140, 50, 50]),
        *run_of("MAU01", "COD", 9 * HOUR, [900] * 4, "01"),
        *hours_of("MAU01", "COD", 10 * HOUR, [140, 50, 50]),
    ]
    reads = feed(on, pipeline, deliveries, DAY0 + 14 * HOUR)
    found = got(reads, name_of("MAU01", "COD", "hour", 9 * HOUR))
    assert (found["outcome"], found["counts"]["calibrating"]) == ("not_assessable", 4)
    exceedances = [a for a in alerts(reads, kind="exceedance") if a["period"] == "hour"]
    assert [a["started_at"] for a in exceedances] == [
        rfc3339(DAY0 + 6 * HOUR),
        rfc3339(DAY0 + 10 * HOUR),
    ]


# --- early proof --------------------------------------------------------------------------------


def test_a_proof_is_written_early_and_made_final_when_its_hour_closes(on: Stage) -> None:
    pipeline = on.pipeline()
    hour = name_of("MAU01", "COD", "hour", 8 * HOUR)
    now = DAY0 + 8 * HOUR + 16 * MINUTE
    reads = feed(on, pipeline, run_of("MAU01", "COD", 8 * HOUR, [300, 101]), now)
    early = got(reads, hour)
    assert (early["outcome"], early["reason"], early["final"]) == ("exceeded", "proven", False)
    (raised,) = alerts(reads, kind="exceedance", state="active")
    assert raised["finding"] == hour

    rest = run_of("MAU01", "COD", 8 * HOUR + 30 * MINUTE, [20, 20])
    reads = feed(on, pipeline, rest, DAY0 + 9 * HOUR + 599)
    assert got(reads, hour)["final"] is False
    reads = feed(on, pipeline, [], DAY0 + 9 * HOUR + 600)
    final = got(reads, hour)
    assert (final["final"], final["revision"], final["reason"]) == (True, 2, "above_limit")
    assert got(reads, hour, revision=1) == early
    assert [a["id"] for a in alerts(reads, kind="exceedance")] == [raised["id"]]


def test_a_proof_that_falls_is_written_too(on: Stage) -> None:
    pipeline = on.pipeline()
    hour = name_of("MAU01", "COD", "hour", 8 * HOUR)
    now = DAY0 + 8 * HOUR + 16 * MINUTE
    feed(on, pipeline, [message("MAU01", Said("COD", 8 * HOUR, 500))], now)
    reads = feed(on, pipeline, [message("MAU01", Said("COD", 8 * HOUR, 10))], now)
    fallen = got(reads, hour)
    assert (fallen["revision"], fallen["outcome"], fallen["final"]) == (2, "not_assessable", False)
    listed = findings(reads, station="MAU01", parameter="COD", period="hour")
    assert [f["revision"] for f in listed if f["id"] == hour] == [2]
    assert alerts(reads, kind="exceedance", state="active") == []


# --- nothing is rewritten -----------------------------------------------------------------------


def test_what_was_known_then_can_still_be_read(on: Stage) -> None:
    pipeline = on.pipeline()
    hour = name_of("MAU01", "COD", "hour", 8 * HOUR)
    some = [
        run_of("MAU01", "COD", 8 * HOUR, [140] * 3),
        [message("MAU01", Said("COD", 8 * HOUR + 45 * MINUTE, 10))],
        [message("MAU01", Said("COD", 8 * HOUR + 5 * MINUTE, 900))],  # a second instant in a slot
    ]
    at = [DAY0 + 10 * HOUR, DAY0 + 12 * HOUR, DAY0 + 14 * HOUR]
    seen = [got(feed(on, pipeline, new, now), hour) for new, now in zip(some, at, strict=True)]
    reads = on.reads(pipeline)
    assert [one["revision"] for one in seen] == [1, 2, 3]
    for one, now in zip(seen, at, strict=True):
        assert got(reads, hour, revision=one["revision"]) == one
        query = FindingQuery(station="MAU01", parameter="COD", period="hour", as_of=now + 60)
        listed = reads.findings(EVERYTHING, query, None, 100).items
        assert [f for f in listed if f["id"] == hour] == [one]
    before = FindingQuery(station="MAU01", as_of=at[0] - 1)
    assert reads.findings(EVERYTHING, before, None, 100).items == []


def test_a_memory_too_small_for_what_is_due_loses_no_verdict(on: Stage) -> None:
    """More days fall due at once than are kept in memory: each is judged, and again later."""
    pipeline = on.pipeline()
    pipeline.settler.windows = Windows(kept=10)
    days = range(1, 69)
    pipeline.submit([message("MAU01", Said("COD", -day * DAY_SECONDS, 140)) for day in days], True)
    pipeline.tick(None, fill=True)
    pipeline.submit(
        [message("MAU01", Said("COD", HOUR - day * DAY_SECONDS, 140)) for day in days], True
    )
    pipeline.tick(None, fill=True)
    held = findings(
        on.reads(pipeline), station="MAU01", parameter="COD", period="day", start_to=DAY0
    )
    assert [shape["counts"]["valid"] for shape in held] == [2] * len(days)
    assert {shape["revision"] for shape in held if shape["final"]} == {2}

"""Instruments through the whole pipeline: what stands, since when, and that it is told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from api.explained import Why
from api.shapes import Alert
from rules.days import rfc3339
from tests.cast import (
    DAY0,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    findings,
    full_disk,
    message,
    permit,
    stage,
    station,
)
from tolich.pipeline import Pipeline, Taking
from tolich.ports import EVERYTHING, Delivery, NotDurable, Shape

DAY = 24 * HOUR


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """A store with one station: MAU01, a COD every 15 minutes."""
    of = stage(tmp_path, DAY0)
    stations = {"MAU01": station("mau-01", ["COD"]), "MAU02": None, "MAU03": None}
    of.enter({"schema": 1, "stations": stations})
    yield of
    of.close()


def said(start: int, count: int, status: str, value: float = 50) -> list[Delivery]:
    """So many readings of COD, one every 15 minutes, from `start` (seconds after DAY0) on."""
    return [
        message("MAU01", Said("COD", start + n * 900, value + n % 3, status)) for n in range(count)
    ]


def play(of: Stage, pipeline: Pipeline, told: Sequence[Delivery]) -> None:
    """Each message at its time, and a look at the clock after each."""
    for one in told:
        of.clock.set(one.received_at)
        pipeline.submit([one])
        pipeline.tick(DAY0)


def troubles(of: Stage, pipeline: Taking, state: str | None = None) -> list[tuple[str, str]]:
    """Subject and severity of every instrument alert of MAU01."""
    found = alerts(of.reads(pipeline), kind="instrument", station="MAU01", state=state)
    return [(one["subject"], one["severity"]) for one in found]


def why(of: Stage, pipeline: Taking, subject: str) -> Shape:
    """Why the first alert about a subject stands."""
    reads = of.reads(pipeline)
    alert = next(one for one in alerts(reads, kind="instrument") if one["subject"] == subject)
    found = reads.alert_why(EVERYTHING, alert["id"])
    assert found is not None
    Alert.model_validate(found["alert"])
    Why.model_validate(found)
    return found


# --- faults and calibrations --------------------------------------------------------------------


def test_a_fault_that_lasts_is_told_once_and_ends_with_measuring(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 8, "00"))
    play(on, pipeline, said(2 * HOUR, 24, "02", 999))  # six hours, four are allowed
    assert troubles(on, pipeline, "active") == [("fault", "warning")]
    play(on, pipeline, said(8 * HOUR, 8, "00"))
    assert troubles(on, pipeline, "ended") == [("fault", "warning")]
    explained = why(on, pipeline, "fault")
    assert [one["change"] for one in explained["transitions"]] == ["raised", "ended"]
    assert explained["alert"]["started_at"] == rfc3339(DAY0 + 2 * HOUR)
    assert "device error (02) since 02:00 10/03/2026 (UTC+7)" in explained["summary"]["en"]
    assert "(set: 4 h)" in explained["summary"]["en"]
    assert "(mức đặt 4 giờ)" in explained["summary"]["vi"]


def test_no_instrument_raises_an_exceedance(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 48, "02", 9000))
    play(on, pipeline, said(12 * HOUR, 48, "01", 9000))
    on.clock.set(DAY0 + DAY + HOUR)
    pipeline.tick(None, fill=True)
    kinds = {one["kind"] for one in alerts(on.reads(pipeline))}
    assert kinds == {"instrument"}
    outcomes = {one["outcome"] for one in findings(on.reads(pipeline), period="day", final=True)}
    assert outcomes == {"not_assessable"}


def test_a_calibration_that_does_not_end(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 14, "01"))
    assert troubles(on, pipeline) == [("calibration", "info")]
    assert "calibration (01) since" in why(on, pipeline, "calibration")["summary"]["en"]


def test_a_daily_calibration_of_half_an_hour_is_nothing_to_tell(on: Stage) -> None:
    pipeline = on.pipeline()
    for day in range(3):
        play(on, pipeline, said(day * DAY, 4, "00"))
        play(on, pipeline, said(day * DAY + HOUR, 2, "01"))
        play(on, pipeline, said(day * DAY + 90 * MINUTE, 90, "00"))
    assert troubles(on, pipeline) == []


def test_a_restart_neither_forgets_nor_repeats(on: Stage) -> None:
    play(on, on.pipeline(), said(0, 20, "02"))
    for _ in range(2):
        again = on.pipeline()
        play(on, again, said(5 * HOUR, 1, "02"))
        again.tick(DAY0)
    assert troubles(on, again) == [("fault", "warning")]
    play(on, again, said(6 * HOUR, 8, "00"))
    assert troubles(on, again, "ended") == [("fault", "warning")]


def test_a_fault_told_late_counts_in_its_month(on: Stage) -> None:
    pipeline = on.pipeline()
    day = 20 * DAY
    play(on, pipeline, said(day, 4, "00"))
    assert troubles(on, pipeline) == []
    on.clock.set(DAY0 + day + 2 * HOUR)
    late = [
        Delivery(one.source, one.topic, one.payload, on.clock.now())
        for n in range(13)
        for one in said(n * DAY, 16, "02")
    ]
    pipeline.submit(late)
    pipeline.tick(DAY0)
    assert troubles(on, pipeline, "active") == [("fault", "warning")]
    assert "in 30 days 2 d 4 h (set: 2 d)" in why(on, pipeline, "fault")["summary"]["en"]


def test_what_could_not_be_stored_is_raised_at_the_next_look(on: Stage) -> None:
    pipeline = on.pipeline()
    late = [
        Delivery(one.source, one.topic, one.payload, DAY0 + 6 * HOUR)
        for one in said(0, 24, "02")
    ]  # fmt: skip
    on.clock.set(DAY0 + 6 * HOUR)
    pipeline.submit(late)
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.tick(DAY0)
    assert troubles(on, pipeline) == []
    pipeline.tick(DAY0)
    pipeline.tick(DAY0)
    assert troubles(on, pipeline) == [("fault", "warning")]


def test_calibrations_that_keep_correcting_show_a_drift(on: Stage) -> None:
    pipeline = on.pipeline()
    for week in range(3):
        begin = week * 7 * DAY
        play(on, pipeline, said(begin, 8, "00", 70))
        play(on, pipeline, said(begin + 2 * HOUR, 2, "01", 100))
        play(on, pipeline, said(begin + 150 * MINUTE, 8, "00", 50))
    assert troubles(on, pipeline) == [("drift", "info")]
    explained = why(on, pipeline, "drift")
    assert "-20.5, -20.5, -20 mg/L (median -20.5, set: 10.65)" in explained["summary"]["en"]


def test_a_calibration_that_does_not_come(on: Stage) -> None:
    pipeline = on.pipeline()
    for week in range(4):
        play(on, pipeline, said(week * 7 * DAY, 2, "01"))
        play(on, pipeline, said(week * 7 * DAY + 30 * MINUTE, 2, "00"))
    play(on, pipeline, said(31 * DAY, 2, "00"))
    assert troubles(on, pipeline) == []
    play(on, pipeline, said(32 * DAY, 2, "00"))
    assert troubles(on, pipeline) == [("overdue", "info")]
    assert (
        "last calibrated 00:30 31/03/2026 (UTC+7)" in why(on, pipeline, "overdue")["summary"]["en"]
    )
    play(on, pipeline, said(32 * DAY + HOUR, 2, "01"))
    assert troubles(on, pipeline, "ended") == [("overdue", "info")]


# --- stations -----------------------------------------------------------------------------------


def slow(start: int, count: int, by: int) -> list[Delivery]:
    """Live messages of a station whose clock is behind."""
    return [
        Delivery(one.source, one.topic, one.payload, one.received_at + by)
        for one in said(start, count, "00")
    ]


def test_a_clock_that_is_behind_is_told_and_ends_when_it_is_set(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, slow(0, 12, 7 * HOUR))
    assert troubles(on, pipeline, "active") == [("clock", "warning")]
    explained = why(on, pipeline, "clock")
    assert "7 h behind our own" in explained["summary"]["en"]
    assert "chậm 7 giờ" in explained["summary"]["vi"]
    assert explained["alert"]["parameter"] is None
    play(on, pipeline, said(10 * HOUR, 16, "00"))
    assert troubles(on, pipeline, "ended") == [("clock", "warning")]


def test_a_backlog_is_no_slow_clock(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 4, "00"))
    backlog = said(HOUR, 40, "00")
    now = DAY0 + 11 * HOUR
    for n, one in enumerate(backlog):
        on.clock.set(now + n)
        pipeline.submit([Delivery(one.source, one.topic, one.payload, now + n)])
        pipeline.tick(DAY0)
    play(on, pipeline, said(12 * HOUR, 8, "00"))
    assert troubles(on, pipeline) == []


def test_arrivals_are_remembered_by_the_store(on: Stage) -> None:
    told = slow(0, 4, 7 * HOUR)
    for one in told:  # taken by another process, and nothing was looked at
        on.clock.set(one.received_at)
        on.taking().submit([one])
    pipeline = on.pipeline()
    pipeline.tick(DAY0)
    assert troubles(on, pipeline) == [("clock", "warning")]


def garbled(count: int, at: int) -> list[Delivery]:
    """Messages of MAU01 that nobody understands."""
    topic = "tolich/v1/ccn-mau-01/MAU01/readings"
    return [Delivery("mqtt", topic, b"{%d" % n, at) for n in range(at, at + count)]


def test_repeated_rejections_are_one_alert_that_counts_and_ends(on: Stage) -> None:
    pipeline = on.pipeline()
    play(on, pipeline, garbled(19, DAY0 + HOUR))
    assert troubles(on, pipeline) == []
    play(on, pipeline, garbled(11, DAY0 + HOUR + 5 * MINUTE))
    on.clock.set(DAY0 + HOUR + 7 * MINUTE)
    pipeline.tick(DAY0)
    assert troubles(on, pipeline, "active") == [("rejections", "warning")]
    text = why(on, pipeline, "rejections")["summary"]["en"]
    assert "20 messages or readings were not understood within an hour" in text
    play(on, pipeline, garbled(20, DAY0 + HOUR + 10 * MINUTE))
    on.clock.set(DAY0 + HOUR + 12 * MINUTE)
    pipeline.tick(DAY0)  # fifty: the count has doubled
    text = why(on, pipeline, "rejections")["summary"]["vi"]
    assert "50 bản tin hoặc số liệu không hiểu được" in text
    on.clock.set(DAY0 + HOUR + 50 * MINUTE)
    pipeline.tick(DAY0)
    assert troubles(on, pipeline, "active") == [("rejections", "warning")]
    on.clock.set(DAY0 + 2 * HOUR + 12 * MINUTE)
    pipeline.tick(DAY0)
    assert troubles(on, pipeline, "ended") == [("rejections", "warning")]
    told = why(on, pipeline, "rejections")["transitions"]
    assert [one["change"] for one in told] == ["raised", "amended", "ended"]
    assert told[-1]["cause"]["count"] == 50


def test_a_range_that_is_too_short_is_told_once_until_it_is_mended(on: Stage) -> None:
    def register(high: int) -> dict[str, Any]:
        of = station("mau-01", ["COD"])
        of["series"]["COD"] = {"high": high}
        limits = {"COD": {"max": 100}}
        return {
            "schema": 1,
            "stations": {"MAU01": of},
            "permits": {"gp-01": permit("mau-01", "01/GP", "2026-01-01", limits)},
        }

    on.enter(register(200))
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 20, "00"))
    assert troubles(on, pipeline, "active") == [("range", "info")]
    assert "ends at 200 mg/L and must reach 300" in why(on, pipeline, "range")["summary"]["en"]
    on.enter(register(300))
    play(on, pipeline, said(5 * HOUR, 8, "00"))
    assert troubles(on, pipeline, "ended") == [("range", "info")]


# --- how much is told ---------------------------------------------------------------------------


def test_a_day_of_instrument_trouble_asks_for_attention_once(on: Stage) -> None:
    """A daily calibration, six hours of fault, a frozen sensor and three hours of nothing."""
    pipeline = on.pipeline()
    play(on, pipeline, said(0, 4, "00"))
    play(on, pipeline, said(HOUR, 2, "01", 900))
    play(on, pipeline, said(90 * MINUTE, 10, "00"))
    play(on, pipeline, said(4 * HOUR, 24, "02", 900))
    frozen = [message("MAU01", Said("COD", 10 * HOUR + n * 900, 61.5)) for n in range(20)]
    play(on, pipeline, frozen)
    for minute in range(0, 180, 5):
        on.clock.set(DAY0 + 15 * HOUR + minute * MINUTE)
        pipeline.tick(DAY0)
    play(on, pipeline, said(18 * HOUR, 24, "00"))
    on.clock.set(DAY0 + DAY + HOUR)
    found = alerts(on.reads(pipeline))
    assert [(one["kind"], one["subject"], one["severity"]) for one in found] == [
        ("instrument", "fault", "warning"),
        ("silence", None, "critical"),
    ]

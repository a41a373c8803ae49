"""Every kind of alert, explained by the whole product as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rules.instruments import Subject
from rules.model import AlertKind
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    hours_of,
    message,
    run_of,
    stage,
    station,
)
from tests.tolich.pages import Play, compared, kept, pages
from tolich.pipeline import Pipeline
from tolich.ports import Delivery

DAY, EIGHT = 24 * HOUR, 8 * HOUR


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    of.close()


def first(of: Stage, pipeline: Pipeline, kind: str, subject: str | None = None) -> str:
    """The path of the first alert of a kind."""
    found = [one for one in alerts(of.reads(pipeline), kind=kind) if one["subject"] == subject]
    return f"/alerts/{found[0]['id']}"


def at_once(of: Stage, told: Sequence[Delivery], now: int, kind: str) -> tuple[Pipeline, str]:
    """Everything told and looked at `now`."""
    pipeline = of.pipeline()
    of.clock.set(now)
    pipeline.submit(list(told))
    pipeline.tick(DAY0, fill=True)
    return pipeline, first(of, pipeline, kind)


def exceedance_hour(on: Stage) -> tuple[Pipeline, str]:
    """One hour over the limit, and two below it that end the alert."""
    pipeline = on.pipeline()
    for one in hours_of("MAU01", "COD", EIGHT, [140, 50, 50, 50]):
        on.clock.set(one.received_at)
        pipeline.submit([one])
        pipeline.tick(DAY0, fill=True)
    return pipeline, first(on, pipeline, "exceedance")


def exceedance_day(on: Stage) -> tuple[Pipeline, str]:
    on.enter({"schema": 1, "stations": {"MAU01": station("mau-01", ["COD"], interval=3600)}})
    told = [message("MAU01", Said("COD", n * HOUR, 140 if n > 6 else 60)) for n in range(24)]
    pipeline, _ = at_once(on, told, DAY1 + HOUR, "exceedance")
    found = alerts(on.reads(pipeline), kind="exceedance")
    return pipeline, next(f"/alerts/{one['id']}" for one in found if one["period"] == "day")


def near(on: Stage) -> tuple[Pipeline, str]:
    return at_once(on, hours_of("MAU01", "COD", EIGHT, [95]), DAY0 + 10 * HOUR, "near")


def integrity(on: Stage) -> tuple[Pipeline, str]:
    told = [*run_of("MAU01", "COD", EIGHT, [60] * 4), *run_of("MAU01", "COD", EIGHT, [140] * 4)]
    return at_once(on, told, DAY0 + 10 * HOUR, "integrity")


def alone(of: Stage) -> Pipeline:
    """MAU01 with COD and pH is all there is; both speak at eight, as we come up."""
    stations = {"MAU01": station("mau-01", ["COD", "pH"]), "MAU02": None, "MAU03": None}
    of.enter({"schema": 1, "stations": stations})
    pipeline = of.pipeline()
    of.clock.set(DAY0 + EIGHT)
    pipeline.submit([message("MAU01", Said("COD", EIGHT, 50), Said("pH", EIGHT, 7))])
    return pipeline


def silent_station(on: Stage) -> tuple[Pipeline, str]:
    """It climbs the ladder, and is heard again."""
    pipeline = alone(on)
    for minute in (30, 50, 80, 141):
        on.clock.set(DAY0 + EIGHT + minute * MINUTE)
        pipeline.tick(DAY0 + EIGHT)
    pipeline.submit([message("MAU01", Said("COD", EIGHT + 141 * MINUTE, 50))])
    return pipeline, first(on, pipeline, "silence")


def silent_parameter(on: Stage) -> tuple[Pipeline, str]:
    """The pH goes on, the COD does not."""
    pipeline = alone(on)
    for slot in range(1, 7):
        on.clock.set(DAY0 + EIGHT + slot * 900)
        pipeline.submit([message("MAU01", Said("pH", EIGHT + slot * 900, 7))])
        pipeline.tick(DAY0 + EIGHT)
    return pipeline, first(on, pipeline, "silence")


def outage(on: Stage) -> tuple[Pipeline, str]:
    """Four stations of one cluster that fall silent together."""
    names = ["A1", "A2", "A3", "A4"]
    stations = {name: station("mau-01", ["TSS"], interval=300) for name in names}
    on.enter({"schema": 1, "stations": stations | {"MAU01": None}})
    pipeline = on.pipeline()
    on.clock.set(DAY0 + EIGHT)
    pipeline.submit([message(name, Said("TSS", EIGHT, 5)) for name in names])
    for minute in range(5, 70, 5):
        on.clock.set(DAY0 + EIGHT + minute * MINUTE)
        pipeline.tick(DAY0 + EIGHT)
    return pipeline, first(on, pipeline, "outage")


# --- instruments --------------------------------------------------------------------------------


def said(start: int, count: int, status: str = "00", value: float = 50) -> list[Delivery]:
    """So many readings of COD, one every 15 minutes, from `start` on."""
    return [
        message("MAU01", Said("COD", start + n * 900, value + n % 3, status)) for n in range(count)
    ]


def kept_as(of: Stage, subject: Subject, *told: Sequence[Delivery]) -> tuple[Pipeline, str]:
    """Each message of MAU01 at its time, with a look at the clock."""
    of.enter({"schema": 1, "stations": dict.fromkeys(("MAU02", "MAU03"))})
    pipeline = of.pipeline()
    for one in (one for some in told for one in some):
        of.clock.set(one.received_at)
        pipeline.submit([one])
        pipeline.tick(DAY0)
    of.clock.set(of.clock.now() + 10 * MINUTE)
    pipeline.tick(DAY0)
    return pipeline, first(of, pipeline, "instrument", subject)


def fault(on: Stage) -> tuple[Pipeline, str]:
    return kept_as(on, Subject.FAULT, said(0, 8), said(2 * HOUR, 24, "02"), said(EIGHT, 8))


def calibration(on: Stage) -> tuple[Pipeline, str]:
    return kept_as(on, Subject.CALIBRATION, said(0, 14, "01"))


def overdue(on: Stage) -> tuple[Pipeline, str]:
    weeks = [said(n * 7 * DAY, 2, "01") + said(n * 7 * DAY + HOUR, 1) for n in range(4)]
    return kept_as(on, Subject.OVERDUE, *weeks, said(33 * DAY, 2))


def drift(on: Stage) -> tuple[Pipeline, str]:
    """Three calibrations, each of which takes 20 mg/L off."""
    weeks = [
        said(n * 7 * DAY, 8, "00", 70)
        + said(n * 7 * DAY + 2 * HOUR, 2, "01", 100)
        + said(n * 7 * DAY + 150 * MINUTE, 8, "00", 50)
        for n in range(3)
    ]
    return kept_as(on, Subject.DRIFT, *weeks)


def clock(on: Stage) -> tuple[Pipeline, str]:
    slow = [
        Delivery(one.source, one.topic, one.payload, one.received_at + 7 * HOUR)
        for one in said(0, 12)
    ]
    return kept_as(on, Subject.CLOCK, slow)


def rejections(on: Stage) -> tuple[Pipeline, str]:
    topic, at = "tolich/v1/ccn-mau-01/MAU01/readings", DAY0 + HOUR
    garbled = [Delivery("mqtt", topic, b"{%d" % n, at + n) for n in range(25)]
    return kept_as(on, Subject.REJECTIONS, garbled)


def short_range(on: Stage) -> tuple[Pipeline, str]:
    of = station("mau-01", ["COD"])
    of["series"]["COD"] = {"high": 250.5}
    on.enter({"schema": 1, "stations": {"MAU01": of}})
    return kept_as(on, Subject.RANGE, said(0, 20))


KINDS: Mapping[str, tuple[AlertKind, Subject | None, Play]] = {
    "exceedance_hour": (AlertKind.EXCEEDANCE, None, exceedance_hour),
    "exceedance_day": (AlertKind.EXCEEDANCE, None, exceedance_day),
    "near": (AlertKind.NEAR, None, near),
    "integrity": (AlertKind.INTEGRITY, None, integrity),
    "silence_station": (AlertKind.SILENCE, None, silent_station),
    "silence_parameter": (AlertKind.SILENCE, None, silent_parameter),
    "outage": (AlertKind.OUTAGE, None, outage),
    "fault": (AlertKind.INSTRUMENT, Subject.FAULT, fault),
    "calibration": (AlertKind.INSTRUMENT, Subject.CALIBRATION, calibration),
    "overdue": (AlertKind.INSTRUMENT, Subject.OVERDUE, overdue),
    "drift": (AlertKind.INSTRUMENT, Subject.DRIFT, drift),
    "clock": (AlertKind.INSTRUMENT, Subject.CLOCK, clock),
    "rejections": (AlertKind.INSTRUMENT, Subject.REJECTIONS, rejections),
    "range": (AlertKind.INSTRUMENT, Subject.RANGE, short_range),
}


@pytest.mark.parametrize("name", KINDS)
def test_an_alert_is_explained_on_one_page(name: str, on: Stage) -> None:
    kind, subject, play = KINDS[name]
    found = pages(on, *play(on))
    alert = json.loads(found["json"])["alert"]
    assert (alert["kind"], alert["subject"]) == (kind, subject)
    compared(f"alerts/{name}", found)


def test_every_kind_has_its_pages_and_none_is_left_over() -> None:
    """Nothing raises a suspicion yet."""
    assert {kind for kind, _, _ in KINDS.values()} == set(AlertKind) - {AlertKind.SUSPICION}
    assert {subject for _, subject, _ in KINDS.values() if subject} == set(Subject)
    assert kept("alerts") == set(KINDS)

"""The truth log: what really happened in a scenario, as JSON lines that a score reads.

The first row is the scenario. Interval rows follow with everything that was done to it, by
when it begins; then the daily rows, day by day. Times are RFC 3339 in Hanoi time, [t0, t1);
values are in the parameter's unit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Literal, NotRequired, TypedDict

import numpy as np

from rules.days import rfc3339
from simulators.scenario.course import Stage, Told, faults_of, measured_share
from simulators.scenario.encoding import Doubles
from simulators.scenario.registering import day_of
from simulators.scenario.spec import Disturbance, Scenario
from simulators.sensors.cheats import WATER
from simulators.sensors.spec import CheatSpec, FaultSpec
from simulators.sensors.tables import SensorTables
from simulators.treatment.spec import EventSpec

VERSION = 1
"""Of the shape of these rows."""

Layer = Literal["process", "sensor", "sample", "signal", "transport"]


class ScenarioRow(TypedDict):
    """The first row."""

    type: Literal["scenario"]
    name: str
    seed: int
    version: int
    start: str  # local day, 2026-03-01
    days: int
    stations: list[str]


class IntervalRow(TypedDict):
    """Something was done to one station, or to one channel of it, during [t0, t1)."""

    type: Literal["interval"]
    id: str  # of the scenario; with `/STATION` or `/STATION.PARAM` where it names several
    kind: str  # of treatment.yaml, sensors.yaml, the cheats or the transport
    leigh: str | None  # letter of a sensor's fault
    layer: Layer
    station: str
    channel: str | None  # None: all of the station
    t0: str
    t1: str
    effect: dict[str, float | str]  # what the kind was given: size, strength, limit, order ...


class DailyRow(TypedDict):
    """One channel on one local day: its true water, whatever was measured, cheated or sent."""

    type: Literal["daily"]
    station: str
    channel: str
    date: str  # 2026-03-01
    true_mean: float
    true_exceed: bool  # pH: any hour's mean outside the range
    limit: list[float | None]  # [low, high] of the scenario's permit; None: no such end
    true_hours: list[float]  # the means of its 24 hours
    sent_share: float  # readings with status 00 that left the station, of those due


class SampleRow(TypedDict):
    """One true value; only when asked for, because there are so many."""

    type: Literal["sample"]
    station: str
    channel: str
    at: str
    true: float
    shown: NotRequired[float]  # absent: nothing was shown


Row = ScenarioRow | IntervalRow | DailyRow | SampleRow


def first_row(scenario: Scenario) -> ScenarioRow:
    """What the log is about."""
    return {
        "type": "scenario",
        "name": scenario.name,
        "seed": scenario.seed,
        "version": VERSION,
        "start": day_of(scenario.first).isoformat(),
        "days": scenario.days,
        "stations": [place.id for place in scenario.places],
    }


def intervals(built: Stage) -> list[IntervalRow]:
    """Everything that is done to the scenario, by when it begins; chance's faults too."""
    scenario = built.scenario
    faults = {fault.id: fault for fault in scenario.faults}
    if scenario.chances:
        for day in range(scenario.first, scenario.first + scenario.days):
            faults.update((fault.id, fault) for fault in faults_of(built, day))
    rows = [event_row(event) for event in scenario.events]
    rows += [fault_row(fault, built.instruments.tables) for fault in faults.values()]
    rows += [row for cheat in scenario.cheats for row in cheat_rows(cheat)]
    rows += [transport_row(one) for one in scenario.transport]
    return sorted(rows, key=lambda row: (row["t0"], row["id"]))


def event_row(event: EventSpec) -> IntervalRow:
    """An event of a plant; its station has the plant's id."""
    effect = {} if event.strength is None else {"strength": event.strength}
    return _interval(event.id, event.kind, "process", event.plant, None, event, effect)


def fault_row(fault: FaultSpec, tables: SensorTables) -> IntervalRow:
    """A fault of an instrument."""
    effect = {} if fault.size is None else {"size": fault.size}
    row = _interval(fault.id, fault.kind, "sensor", fault.station, fault.parameter, fault, effect)
    row["leigh"] = tables.faults[fault.kind].letter
    return row


def cheat_rows(cheat: CheatSpec) -> Iterator[IntervalRow]:
    """Interference; one row for each of its parameters, where it names any."""
    layer: Layer = "sample" if cheat.kind in WATER else "signal"
    given = (("size", cheat.size), ("limit", cheat.limit))
    effect = {name: value for name, value in given if value is not None}
    for name in cheat.parameters or (None,):
        yield _interval(cheat.id, cheat.kind, layer, cheat.station, name, cheat, effect)


def transport_row(one: Disturbance) -> IntervalRow:
    """A disturbance on the way."""
    effect: dict[str, float | str] = {}
    if one.share < 1.0:
        effect["share"] = one.share
    if one.by:
        effect["by"] = float(one.by)
    if one.backfill is not None:
        effect |= {"order": one.backfill.order, "rate": one.backfill.rate}
    return _interval(one.id, one.kind, "transport", one.station, one.parameter, one, effect)


def _interval(
    id_: str, kind: str, layer: Layer, station: str, channel: str | None,
    span: EventSpec | FaultSpec | CheatSpec | Disturbance, effect: Mapping[str, float | str],
) -> IntervalRow:  # fmt: skip
    return {
        "type": "interval",
        "id": id_,
        "kind": kind,
        "leigh": None,
        "layer": layer,
        "station": station,
        "channel": channel,
        "t0": rfc3339(span.start),
        "t1": rfc3339(span.end),
        "effect": dict(effect),
    }


def daily(scenario: Scenario, told: Told) -> Iterator[DailyRow]:
    """The true means of a day, for every channel of every station."""
    date = day_of(told.day).isoformat()
    for row, (sheet, grid) in enumerate(zip(told.sheets, told.grids, strict=True)):
        place = scenario.places[row]
        shares = measured_share(sheet, grid)
        for name, share in zip(place.parameters, shares.tolist(), strict=True):
            true = told.water.of(name)[row].astype(np.float64)
            low, high = place.limits.get(name, (None, None))
            yield {
                "type": "daily",
                "station": place.id,
                "channel": name,
                "date": date,
                "true_mean": round(float(true.mean()), 4),
                "true_exceed": exceeds(name, true, low, high),
                "limit": [low, high],
                "true_hours": [round(one, 3) for one in true.reshape(24, -1).mean(axis=1).tolist()],
                "sent_share": round(share, 4),
            }


def exceeds(name: str, true: Doubles, low: float | None, high: float | None) -> bool:
    """Whether a day's water is outside its limit: its mean, or for pH the mean of any hour."""
    means = true.reshape(24, -1).mean(axis=1) if name == "pH" else true.mean()
    over = high is not None and bool(np.any(means > high))
    return over or (low is not None and bool(np.any(means < low)))


def samples(scenario: Scenario, told: Told) -> Iterator[SampleRow]:
    """Every true value of a day at 5 minutes, with what was shown."""
    stamps = [rfc3339(at) for at in told.water.times]
    for row, place in enumerate(scenario.places):
        for name in place.parameters:
            true = told.water.of(name)[row].tolist()
            shown = told.shown.of(name)[row].tolist()
            for at, value, seen in zip(stamps, true, shown, strict=True):
                one: SampleRow = {
                    "type": "sample",
                    "station": place.id,
                    "channel": name,
                    "at": at,
                    "true": round(value, 4),
                }
                if seen == seen:  # a number
                    one["shown"] = round(seen, 4)
                yield one


def line(row: Row) -> str:
    """A row as a line of the log, without its end."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))

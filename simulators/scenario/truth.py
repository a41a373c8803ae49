"""The truth log: what really happened in a scenario, as JSON lines that a score reads.

The first row is the scenario. Interval rows follow with everything that was done to it, by
when it begins; then the daily rows, day by day. Times are RFC 3339 in Hanoi time, [t0, t1);
values are in the parameter's unit.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

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

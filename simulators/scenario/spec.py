"""A scenario, understood: plain records. Times are UTC epoch seconds, [start, end)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.sensors.spec import CheatSpec, FaultSpec, StationSpec
from simulators.treatment.spec import EventSpec, PlantSpec

ORDERS = ("oldest_first", "newest_first", "interleaved")

DISTURBANCES: Mapping[str, tuple[str, ...]] = {
    "dropout": ("share",),
    "outage": ("then",),
    "duplicates": ("share", "delay"),
    "conflicts": ("share", "factor"),
    "reordering": ("share", "delay"),
    "clock_offset": ("by",),
    "clock_drift": ("by",),
    "clock_jump": ("by",),
    "wrong_decimal": ("share",),
    "truncated": ("share",),
    "unknown_status": ("share",),
    "repeated_name": ("share",),
}
"""What can happen on the way, and the keys each kind takes."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """How what an outage held back goes out: so many messages a second, some of them twice."""

    order: str  # of ORDERS
    rate: float
    duplicates: float


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that happens to one station's messages."""

    id: str
    station: str
    parameter: str | None  # None: every reading of the message
    kind: str  # of DISTURBANCES
    start: int
    end: int
    share: float = 1.0
    by: int = 0  # s; clock_drift: a day
    delay: int = 0  # s
    factor: float = 1.5  # of what a conflict says
    backfill: Backfill | None = None  # an outage without one loses everything


@dataclass(frozen=True, slots=True)
class Chance:
    """Faults at random, at `times` the rates of the catalogue."""

    times: float
    stations: frozenset[str]
    kinds: frozenset[str]  # empty: every kind


@dataclass(frozen=True, slots=True)
class Place:
    """A station of the scenario with everything around it."""

    id: str
    cluster: str
    name: str
    plant: PlantSpec
    sensors: StationSpec
    limits: Mapping[str, tuple[float | None, float | None]]
    sends: str  # json or tt10

    @property
    def parameters(self) -> tuple[str, ...]:
        """What it measures, in the order in which it sends."""
        return tuple(sensor.parameter for sensor in self.sensors.sensors)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `days` local days from the midnight that opens `first` (days since 1970)."""

    name: str
    title: Mapping[str, str]
    shows: Mapping[str, str]
    seed: int
    first: int
    days: int
    steps: tuple[tuple[int, int], ...]  # (from local day, seconds), rising
    speed: float | None  # None: as fast as possible
    places: tuple[Place, ...]
    events: tuple[EventSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()
    chances: tuple[Chance, ...] = ()
    cheats: tuple[CheatSpec, ...] = ()
    transport: tuple[Disturbance, ...] = ()

    def step(self, day: int) -> int:
        """Seconds between two readings on a local day."""
        return [seconds for since, seconds in self.steps if since <= day][-1]

"""Simulated stations whose truth is known: honest ones, and the same ones interfered with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET, day_start
from rules.model import Status
from rules.suspicion import HISTORY, LEARNT
from rules.traces import Course, Floats, Mask
from simulators.sensors.catalogue import drawn
from simulators.sensors.measuring import Instruments, Memory, Shown, install, observe
from simulators.sensors.spec import CheatSpec, StationSpec
from simulators.sensors.tables import read_sensors
from simulators.treatment.running import STEPS, Water, local_day, run_day, settled
from simulators.treatment.spec import EventSpec, PlantSpec
from simulators.treatment.tables import Tables, read_tables
from simulators.treatment.works import build

FIRST = local_day(day_start(date(2026, 3, 2)))  # a Monday, outside the rest around Tet
WATCHED = 30
"""Days after the baseline: a month."""

TAMPERED = 3
"""Days that an interference lasts."""

AT = LEARNT + 15
"""The day of the first interference; the history of a day lies before it, outside the baseline."""

STATION = ("COD", "TSS", "pH", "NH4", "Temp", "FlowOut")
STEP = DAY_SECONDS // STEPS

KINDS = (
    "dilution", "coefficient", "beaker_tap", "beaker_standard", "beaker_effluent", "cap",
    "jittered_cap", "replay", "jittered_replay", "filler", "convenient_gap",
    "convenient_calibration",
)  # fmt: skip
ABOUT_A_LIMIT = ("cap", "jittered_cap", "filler", "convenient_gap", "convenient_calibration")


@dataclass(frozen=True, slots=True)
class Physics:
    """From what plants are drawn."""

    seed: int
    profiles: tuple[str, ...]
    growth: float = 1.0  # of the bacteria, against the tables
    settling: float = 1.0  # of the clarifier's solids
    first: int = FIRST


TUNED_ON = Physics(11, ("park_pretreated", "cluster_mixed", "plating"))
SCORED_ON = Physics(503, ("textile", "seafood", "craft_paper", "park_pretreated"), 0.85, 1.25)
"""Other seeds, other industries, other kinetics than thresholds were tuned on."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Stations at plants of their own, with the water that ran past them."""

    physics: Physics
    instruments: Instruments
    waters: tuple[Water, ...]
    shown: tuple[Shown, ...]
    memories: tuple[Memory | None, ...]  # before each day
    limits: Floats  # of COD: some plants stay far below, some come near

    @property
    def stations(self) -> int:
        """How many."""
        return len(self.instruments.stations)


def fleet(
    physics: Physics, plants: int, days: int = LEARNT + WATCHED, events: Sequence[EventSpec] = (),
    faults: float = 0.0,
) -> Fleet:  # fmt: skip
    """Honest stations; `faults` times the catalogue's rates after the baseline."""
    specs = [
        PlantSpec(f"CCN Mẫu {n:03}", physics.profiles[n % len(physics.profiles)])
        for n in range(plants)
    ]
    works = build(specs, _tables(physics), physics.seed)
    running, waters = settled(works, physics.first, 5), []
    for day in range(physics.first, physics.first + days):
        running, water = run_day(works, running, day, events)
        waters.append(water)
    tables = read_sensors()
    own = tuple(tables.sensor(name) for name in STATION)
    stations = [StationSpec(f"S{n:03}", one.id, own) for n, one in enumerate(specs)]
    instruments = install(stations, [one.id for one in specs], tables, physics.seed)
    memory: Memory | None = None
    memories, shown = [], []
    for place, water in enumerate(waters):
        memories.append(memory)
        struck = drawn(instruments, water.day, faults) if faults and place >= LEARNT else ()
        seen, memory = observe(instruments, water, memory, struck)
        shown.append(seen)
    true = np.concatenate([water.of("COD") for water in waters], axis=1)
    shares = np.linspace(0.85, 0.999, plants)
    limits = np.array([np.quantile(row, share) for row, share in zip(true, shares, strict=True)])
    return Fleet(physics, instruments, tuple(waters), tuple(shown), tuple(memories), limits)


def _tables(physics: Physics) -> Tables:
    tables = read_tables()
    kinetics = replace(
        tables.kinetics, mu_h=tables.kinetics.mu_h * physics.growth,
        mu_a=tables.kinetics.mu_a * physics.growth,
    )  # fmt: skip
    clarifier = replace(tables.clarifier, base=tables.clarifier.base * physics.settling)
    return replace(tables, kinetics=kinetics, clarifier=clarifier)


def course(of: Fleet, station: int, days: Sequence[Shown], limit: float | None = None) -> Course:
    """Some days of a station as the monitor would have them."""
    specs = of.instruments.stations[station].sensors
    values = np.stack([[day.of(name)[station] for day in days] for name in STATION])
    codes = np.stack([[day.status_of(name)[station] for day in days] for name in STATION])
    calibrating: Mask = codes == Status.CALIBRATING
    kept: Floats = np.where(codes == Status.MEASURING, values, np.nan).astype(np.float64)
    allowed = of.limits[station] if limit is None else limit
    return Course(
        first=days[0].day * DAY_SECONDS - OFFSET,
        interval=STEP,
        parameters=STATION,
        values=kept,
        calibrating=calibrating,
        cycles=tuple(max(1, spec.cycle // STEP) for spec in specs),
        resolutions=tuple(spec.resolution for spec in specs),
        limits=tuple(float(allowed) if name == "COD" else None for name in STATION),
    )


def baseline_course(of: Fleet, station: int, limit: float | None = None) -> Course:
    """The days that a station's baseline is made of."""
    return course(of, station, of.shown[:LEARNT], limit)


def tampered(of: Fleet, kind: str) -> tuple[tuple[Shown, ...], Floats]:
    """What every station shows when it is interfered with in one way, and their limits.

    The days of HISTORY before it are honest; the last TAMPERED are not. Where it is about a
    limit, the limit is one that the water of those days is above for a fifth of the time.
    """
    opens = of.waters[AT].day * DAY_SECONDS - OFFSET
    start, end = opens + 2 * HOUR_SECONDS, opens + TAMPERED * DAY_SECONDS
    true = np.concatenate([water.of("COD") for water in of.waters[AT : AT + TAMPERED]], axis=1)
    limits = np.quantile(true, 0.8, axis=1) if kind in ABOUT_A_LIMIT else of.limits
    cheats = [
        CheatSpec(f"{kind} {station.id}", station.id, kind, start, end, _about(kind), None,
                  float(limits[row]) if kind in ABOUT_A_LIMIT else None)
        for row, station in enumerate(of.instruments.stations)
    ]  # fmt: skip
    begin = AT - 1
    memory, days = of.memories[begin], list(of.shown[AT - HISTORY : begin])
    for water in of.waters[begin : AT + TAMPERED]:
        seen, memory = observe(of.instruments, water, memory, (), cheats)
        days.append(seen)
    return tuple(days), np.asarray(limits, np.float64)


def _about(kind: str) -> tuple[str, ...]:
    if kind in ABOUT_A_LIMIT:
        return ("COD",)
    return ("COD", "TSS", "NH4") if kind == "coefficient" else ()


def honest_events(of: Physics, plants: int) -> list[EventSpec]:
    """What happens to honest plants: rain for some, a shutdown of days for others."""
    found = []
    for n in range(plants):
        kind, hours = ("rain", 8) if n % 2 else ("no_discharge", 60)
        opens = (of.first + LEARNT + 5 + n % 15) * DAY_SECONDS - OFFSET + 6 * HOUR_SECONDS
        name = f"CCN Mẫu {n:03}"
        found.append(EventSpec(f"{kind} {n}", name, kind, opens, opens + hours * HOUR_SECONDS))
    return found

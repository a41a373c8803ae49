"""What the tests of instruments share: water that is known, instruments without chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from rules.days import day_start
from simulators.sensors.measuring import Instruments, Memory, Shown, install, observe
from simulators.sensors.spec import CheatSpec, FaultSpec, SensorSpec, StationSpec
from simulators.sensors.tables import read_sensors
from simulators.treatment.running import STEPS, Water, local_day
from simulators.treatment.spec import QUANTITIES

TABLES = read_sensors()
START = day_start(date(2026, 4, 7))
FIRST = local_day(START)
HOUR = 3600
USUAL = {
    "COD": 60.0, "BOD5": 12.0, "TSS": 20.0, "pH": 7.0, "NH4": 4.0, "TN": 12.0, "Temp": 30.0,
    "FlowIn": 80.0, "FlowOut": 75.0, "Color": 40.0,
}  # fmt: skip
SEVEN = ("COD", "TSS", "pH", "NH4", "Temp", "FlowIn", "FlowOut")


def water(day: int = 0, plants: int = 1, **levels: float | npt.NDArray[np.floating]) -> Water:
    """A day of known water: a level, or a course of STEPS values, for each quantity."""
    true = np.zeros((STEPS, len(QUANTITIES), plants), np.float32)
    for name, level in {**USUAL, **levels}.items():
        course = np.broadcast_to(np.asarray(level, np.float32), (STEPS,))
        true[:, QUANTITIES.index(name)] = course[:, None]
    return Water(FIRST + day, true)


def calm(parameter: str, **changed: object) -> SensorSpec:
    """The usual instrument without noise, drift, fouling or calibration."""
    usual = replace(TABLES.sensor(parameter), noise=(0.0, 0.0), drift=(0.0, 0.8, 0.5),
                    fouling=(0.0, 10), calibration=(1_000_000, 0))  # fmt: skip
    return replace(usual, **changed)  # type: ignore[arg-type]


def stations(count: int = 1, sensors: Sequence[SensorSpec] | None = None) -> Instruments:
    """Stations at plants of their own, with the usual instruments unless others are given."""
    own = tuple(TABLES.sensor(name) for name in SEVEN) if sensors is None else tuple(sensors)
    specs = [StationSpec(f"S{n}", f"P{n}", own) for n in range(count)]
    return install(specs, [f"P{n}" for n in range(count)], TABLES, 1)


def days(
    instruments: Instruments, waters: Sequence[Water],
    faults: Sequence[FaultSpec] = (), cheats: Sequence[CheatSpec] = (),
) -> list[Shown]:  # fmt: skip
    """What is shown on some days in a row."""
    memory: Memory | None = None
    found = []
    for one in waters:
        shown, memory = observe(instruments, one, memory, faults, cheats)
        found.append(shown)
    return found


def fault(kind: str, parameter: str, start: float, hours: float, size: float | None = None,
          station: str = "S0") -> FaultSpec:  # fmt: skip
    """A fault that begins so many hours after the first midnight."""
    begins = START + int(start * HOUR)
    return FaultSpec(f"{kind} {parameter}", station, parameter, kind, begins,
                     begins + int(hours * HOUR), size)  # fmt: skip


def cheat(kind: str, start: float, hours: float, *parameters: str, size: float | None = None,
          limit: float | None = None, station: str = "S0") -> CheatSpec:  # fmt: skip
    """A cheat that begins so many hours after the first midnight."""
    begins = START + int(start * HOUR)
    return CheatSpec(f"{kind} t", station, kind, begins, begins + int(hours * HOUR), parameters,
                     size, limit)  # fmt: skip


def at(hour: float) -> int:
    """The step that begins so many hours after midnight."""
    return round(hour * 12)

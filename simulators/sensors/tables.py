"""The numbers of `sensors.yaml`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from rules.loading import Reader, exact, meant
from rules.model import Problem, Refused
from simulators.sensors.spec import MEASURED, SensorSpec

FILE = Path(__file__).with_name("sensors.yaml")
STAGES = ("analog", "digital", "status")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the catalogue; see the file."""

    letter: str
    stage: str
    rate: float  # a station and year
    lasts: tuple[float, float]  # s
    size: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Room:
    """The cabin: °C, and the local hour at which it is warmest."""

    mean: float
    swing: float
    hour: float


@dataclass(frozen=True, slots=True)
class SensorTables:
    """The parsed file."""

    sensors: Mapping[str, SensorSpec]
    faults: Mapping[str, FaultKind]
    wrong_unit: Mapping[str, float]
    waters: Mapping[str, Mapping[str, float]]
    room: Room

    def sensor(self, parameter: str, high: float | None = None) -> SensorSpec:
        """The usual instrument for a parameter. Raises KeyError naming what is near."""
        found = self.sensors.get(parameter)
        if found is None:
            raise KeyError(f"no instrument for {parameter!r}{meant(parameter, self.sensors)}")
        return found if high is None else replace(found, high=high)


def read_sensors(path: Path = FILE) -> SensorTables:
    """The tables of a YAML file. Raises Refused with every problem."""
    return load_sensors(path.name, yaml.safe_load(path.read_text(encoding="utf-8")))


def load_sensors(file: str, raw: object) -> SensorTables:
    """The tables of a parsed file. Raises Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    sensors = {name: _sensor(name, entry) for name, entry in top.named("sensors")}
    for name in sensors:
        if name not in MEASURED:
            top.problem(f"sensors.{name}", f"nothing is simulated for it{meant(name, MEASURED)}")
    faults = {name: _fault(entry) for name, entry in top.named("faults")}
    units = _plain(top, "wrong_unit")
    waters = {name: _values(entry) for name, entry in top.named("waters")}
    room = top.child("room")
    cabin = Room(0.0, 0.0, 0.0)
    if room is None:
        top.problem("room", "this section is required")
    else:
        cabin = Room(*(float(room.required_decimal(key)) for key in ("mean", "swing", "hour")))
        room.close()
    for key in ("tap", "standard", "stagnant"):
        if key not in waters:
            top.problem(f"waters.{key}", "this water is required")
    if "other" not in units:
        top.problem("wrong_unit.other", "a number is required here")
    top.close()
    if problems:
        raise Refused(problems)
    return SensorTables(sensors, faults, units, waters, cabin)


def _sensor(name: str, entry: Reader) -> SensorSpec:
    made = SensorSpec(
        parameter=name,
        t90=float(entry.required_decimal("t90")),
        lags=entry.whole("lags"),
        delay=entry.whole("delay"),
        cycle=entry.whole("cycle"),
        noise=_pair(entry, "noise"),
        resolution=float(entry.required_decimal("resolution")),
        low=float(entry.required_decimal("low")),
        high=float(entry.required_decimal("top")),
        drift=_three(entry, "drift"),
        fouling=_pair(entry, "fouling"),
        calibration=_wholes(entry, "calibration"),
        standard=float(entry.required_decimal("standard")),
    )
    if made.resolution <= 0 or made.high <= made.low:
        entry.problem("resolution", "expected a resolution above 0, and a top above low")
    entry.close()
    return made


def _fault(entry: Reader) -> FaultKind:
    found = FaultKind(
        letter=entry.choice("letter", tuple("ABCDEFGHIJKL")),
        stage=entry.choice("stage", STAGES),
        rate=float(entry.required_decimal("rate")),
        lasts=_pair(entry, "lasts"),
        size=_pair(entry, "size"),
    )
    entry.close()
    return found


def _list(entry: Reader, key: str, count: int) -> list[float]:
    raw = entry.take(key)
    found = [exact(value) for value in raw] if isinstance(raw, list) else []
    known = [float(value) for value in found if value is not None]
    if len(known) != count:
        entry.problem(key, f"expected a list of {count} numbers")
        return [1.0] * count
    return known


def _pair(entry: Reader, key: str) -> tuple[float, float]:
    first, second = _list(entry, key, 2)
    return first, second


def _wholes(entry: Reader, key: str) -> tuple[int, int]:
    first, second = _list(entry, key, 2)
    return int(first), int(second)


def _three(entry: Reader, key: str) -> tuple[float, float, float]:
    first, second, third = _list(entry, key, 3)
    return first, second, third


def _plain(top: Reader, key: str) -> dict[str, float]:
    entry = top.child(key)
    return {} if entry is None else _values(entry)


def _values(entry: Reader) -> dict[str, float]:
    names = (*MEASURED, "other")
    found = {name: float(entry.required_decimal(name)) for name in names if entry.has(name)}
    entry.close()
    return found

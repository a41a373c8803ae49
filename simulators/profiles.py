"""Plants and instruments for the simulated stations of a register, from `profiles.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from rules.loading import Reader, exact
from rules.model import Problem, Refused
from rules.register import Register, SeriesEntry, Station
from simulators.noise import choice, fixed
from simulators.plant import Level, PlantProfile
from simulators.sensor import Instrument

FILE = Path(__file__).with_name("profiles.yaml")
BASES = ("share", "value", "capacity")
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Habit:
    """How one quantity behaves at any plant; see the file for the meaning of each number."""

    basis: str  # one of BASES
    usual: float
    daily: float
    slow: float
    fast: float
    spread: float
    resolution: Decimal


@dataclass(frozen=True, slots=True)
class Profiles:
    """The parsed file."""

    shifts: Mapping[str, tuple[float, ...]]
    week: tuple[float, ...]
    habits: Mapping[str, Habit]
    other: Habit

    def habit(self, parameter: str) -> Habit:
        """How a quantity behaves, listed or not."""
        return self.habits.get(parameter, self.other)


def read_profiles(path: Path = FILE) -> Profiles:
    """The profiles of a YAML file. Raises Refused with every problem."""
    return load_profiles(path.name, yaml.safe_load(path.read_text(encoding="utf-8")))


def load_profiles(file: str, raw: object) -> Profiles:
    """The profiles of a parsed file. Raises Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    shifts = {name: _numbers(top, f"shifts.{name}", value, DAY_HOURS)
              for name, value in top.values("shifts").items()}  # fmt: skip
    if not shifts:
        top.problem("shifts", "at least one shift of 24 numbers is required")
    week = _numbers(top, "week", top.take("week"), 7)
    habits = {name: _habit(entry) for name, entry in top.named("parameters")}
    other = top.child("other")
    if other is None:
        top.problem("other", "the habit of parameters that are not listed is required")
    rest = _habit(other) if other is not None else None
    top.close()
    if problems or rest is None:
        raise Refused(problems)
    return Profiles(shifts, week, habits, rest)


def _numbers(top: Reader, place: str, raw: object, count: int) -> tuple[float, ...]:
    found = [exact(value) for value in raw] if isinstance(raw, list) else []
    numbers = tuple(float(value) for value in found if value is not None and value >= 0)
    if len(numbers) != count or len(found) != count:
        top.problem(place, f"expected a list of {count} numbers of at least 0")
        return (1.0,) * count
    return numbers


def _habit(entry: Reader) -> Habit:
    named = [basis for basis in BASES if entry.has(basis)]
    if len(named) != 1:
        entry.problem("", f"expected exactly one of {', '.join(BASES)}")
    basis = named[0] if named else "value"
    habit = Habit(
        basis=basis,
        usual=float(entry.required_decimal(basis)),
        daily=_amplitude(entry, "daily"),
        slow=_amplitude(entry, "slow"),
        fast=_amplitude(entry, "fast"),
        spread=_amplitude(entry, "spread"),
        resolution=entry.required_decimal("resolution"),
    )
    if not Decimal("0.000001") <= habit.resolution <= 1000:
        entry.problem("resolution", "expected a number from 0.000001 to 1000")
    entry.close()
    return habit


def _amplitude(entry: Reader, key: str) -> float:
    share = entry.required_decimal(key)
    if not 0 <= share < 1:
        entry.problem(key, "expected a share from 0 to below 1")
    return float(share)


def plant_of(station: Station, register: Register, profiles: Profiles, seed: int) -> PlantProfile:
    """The plant behind a station. Depends on this station alone, never on its neighbours."""
    shifts = sorted(profiles.shifts)
    capacity = float(register.plants[station.plant].capacity)
    levels = {
        key: _level(profiles.habit(key), entry, capacity, fixed(seed, station.id, key, "spread"))
        for key, entry in station.series.items()
    }
    shift = profiles.shifts[shifts[choice(len(shifts), seed, station.id, "shift")]]
    return PlantProfile(station.id, seed, shift, profiles.week, levels)


def _level(habit: Habit, entry: SeriesEntry, capacity: float, place: float) -> Level:
    usual = {
        "share": habit.usual * float(entry.high),
        "value": habit.usual,
        "capacity": habit.usual * capacity / DAY_HOURS,
    }[habit.basis]
    return Level(usual * (1.0 + habit.spread * place), habit.daily, habit.slow, habit.fast)


def instrument_of(entry: SeriesEntry, profiles: Profiles) -> Instrument:
    """The instrument of one series."""
    resolution = profiles.habit(entry.parameter.key).resolution.normalize()
    exponent = int(resolution.as_tuple().exponent)
    decimals = max(0, -exponent)
    return Instrument(
        parameter=entry.parameter.key,
        unit=entry.parameter.unit,
        low=float(entry.low),
        high=float(entry.high),
        refresh=entry.parameter.refresh,
        decimals=decimals,
        steps=int(resolution.scaleb(decimals)),
    )

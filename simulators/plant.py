"""The plant: what its water is like at every second, as a pure function of time.

First layer of a simulated station (plant, sensor, logger, transport). A value depends only on
the profile, the parameter and the second: asking for a part gives the same as the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from simulators.events import Event, Exceedance, NoDischarge, of
from simulators.noise import Floats, Ints, key, smooth, uniform

SLOW_SECONDS = 4 * HOUR_SECONDS
"""Spacing of the hours-long changes."""

FAST_SECONDS = 10
"""Momentary changes last this long."""

HELD_STEADY = 0.04
"""How far a level set by an event still moves, as a share of it."""

_FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0


@dataclass(frozen=True, slots=True)
class Level:
    """The usual course of one quantity; the amplitudes are shares of `base`."""

    base: float  # in the parameter's unit
    daily: float
    slow: float
    fast: float


@dataclass(frozen=True, slots=True)
class PlantProfile:
    """One plant: its working hours and the usual course of what is measured there."""

    station: str
    seed: int
    shift: tuple[float, ...]  # 24 local hours, 1 is the mean
    week: tuple[float, ...]  # Monday to Sunday
    levels: Mapping[str, Level]


def values(plant: PlantProfile, parameter: str, times: Ints) -> Floats:
    """The usual course of a quantity (its unit) at `times` (UTC epoch seconds), any shape."""
    level = plant.levels[parameter]
    name = (plant.seed, plant.station, parameter)
    slow = smooth(key(*name, "slow"), times, SLOW_SECONDS)
    fast = uniform(key(*name, "fast"), times // FAST_SECONDS)
    work = 1.0 + level.daily * (activity(plant, times) - 1.0)
    return level.base * work * (1.0 + level.slow * slow) * (1.0 + level.fast * fast)


def activity(plant: PlantProfile, times: Ints) -> Floats:
    """How busy the cluster is, as a share of the mean: its shift, less on Sunday."""
    local = times + OFFSET
    day = local // DAY_SECONDS
    second = local - day * DAY_SECONDS
    hour = second // HOUR_SECONDS
    part = (second - hour * HOUR_SECONDS) / HOUR_SECONDS
    shift = np.array(plant.shift)
    busy = shift[hour] * (1.0 - part) + shift[(hour + 1) % 24] * part
    course: Floats = busy * np.array(plant.week)[(day + _FIRST_WEEKDAY) % 7]
    return course


def water(plant: PlantProfile, parameter: str, times: Ints, events: Sequence[Event] = ()) -> Floats:
    """What is really there: the usual course, and what events make of it."""
    course = values(plant, parameter, times)
    for upset in of(Exceedance, events):
        if upset.parameter == parameter:
            during = (times >= upset.start) & (times < upset.end)
            course[during] = _upset(plant, upset, times[during], course[during])
    for stop in of(NoDischarge, events):
        if stop.flow == parameter:
            course[(times >= stop.start) & (times < stop.end)] = 0.0
    return course


def _upset(plant: PlantProfile, upset: Exceedance, times: Ints, usual: Floats) -> Floats:
    if upset.level is None:
        return usual * upset.factor
    stream = key(plant.seed, plant.station, upset.parameter, "steady")
    return upset.level * (1.0 + HELD_STEADY * uniform(stream, times // FAST_SECONDS))

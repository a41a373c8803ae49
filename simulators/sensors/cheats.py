"""Two hooks for interference: one on the water under the probe, one on the numbers shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rules.days import HOUR_SECONDS
from rules.model import Status
from simulators.draws import Floats, Ints, Mask, chances, keys
from simulators.sensors.faults import cabin, shown
from simulators.sensors.response import STEP
from simulators.sensors.spec import CheatSpec, SensorSpec
from simulators.sensors.tables import SensorTables

CAPPED_AT = 0.95
"""A cap holds readings at this share of the limit."""

JITTER = 0.03
REPLAY_JITTER = 0.01
FILLER_WOBBLE = 0.01
FLOWS = ("FlowIn", "FlowOut")


@dataclass(slots=True)
class Sight:
    """One quantity at one station on one day, to be changed in place within [first, last)."""

    cheat: CheatSpec
    spec: SensorSpec
    tables: SensorTables
    seed: int
    times: Ints
    first: int
    last: int
    values: Floats  # water under the probe, or values shown: the whole day
    status: np.typing.NDArray[np.uint8]
    own: Floats  # the plant's own water, the whole day
    before: float  # what was there just before the day
    kept: dict[str, Floats]  # what the cheat remembers from day to day

    @property
    def part(self) -> Floats:
        """The values within the cheat."""
        return self.values[self.first : self.last]

    @property
    def name(self) -> str:
        """Under what the cheat remembers something about this quantity."""
        return f"{self.cheat.id}/{self.spec.parameter}"

    def size(self, usual: float) -> float:
        """How strong it is."""
        return usual if self.cheat.size is None else self.cheat.size

    def limit(self) -> float:
        """The limit cheated about."""
        if self.cheat.limit is None:
            raise ValueError(f"{self.cheat.id}: {self.cheat.kind} needs a limit")
        return self.cheat.limit

    def chance(self) -> Floats:
        """Standard normal numbers of this cheat for each of its steps of today."""
        streams = keys(self.seed, [self.cheat.id], f"cheat {self.spec.parameter}")
        return chances(streams, self.times[self.first : self.last])

    def other(self, water: str) -> Floats:
        """What another water is like at each step of the cheat; the room's for temperature."""
        if self.spec.parameter == "Temp":
            return cabin(self.tables.room, self.times[self.first : self.last])
        level = self.tables.waters[water].get(self.spec.parameter, 0.0)
        return np.full(self.last - self.first, level, np.float32)


# --- the water ---------------------------------------------------------------------------------


def _dilution(sight: Sight) -> None:
    share = np.float32(sight.size(0.5))
    sight.part[:] = share * sight.part + (1 - share) * sight.other("tap")


def _tap(sight: Sight) -> None:
    sight.part[:] = sight.other("tap")


def _standard(sight: Sight) -> None:
    sight.part[:] = sight.other("standard")


def _effluent(sight: Sight) -> None:
    if sight.name not in sight.kept:
        start = sight.values[sight.first - 1] if sight.first else sight.before
        sight.kept[sight.name] = np.array([start], np.float32)
    if sight.spec.parameter == "Temp":
        sight.part[:] = sight.other("tap")
    else:
        sight.part[:] = sight.kept[sight.name][0]


WATER: Mapping[str, Callable[[Sight], None]] = {
    "dilution": _dilution,
    "beaker_tap": _tap,
    "beaker_standard": _standard,
    "beaker_effluent": _effluent,
}


# --- the numbers -------------------------------------------------------------------------------


def _cap(sight: Sight) -> None:
    top = np.float32(CAPPED_AT * sight.limit())
    sight.part[:] = shown(sight.spec, np.minimum(sight.part, top))


def _jittered_cap(sight: Sight) -> None:
    top = np.float32(CAPPED_AT * sight.limit())
    near = top * (1 - np.float32(JITTER) * np.abs(sight.chance()))
    sight.part[:] = shown(sight.spec, np.where(sight.part > top, near, sight.part))


def _coefficient(sight: Sight) -> None:
    sight.part[:] = shown(sight.spec, sight.part * np.float32(sight.size(0.7)))


def remember(sight: Sight) -> None:
    """Keep what is shown before a replay begins: its `size` hours, a day after another."""
    count = replayed(sight.cheat) // STEP
    source = sight.kept.get(sight.name)
    if source is None:
        source = np.full(count, np.nan, np.float32)
    place = (sight.times - (sight.cheat.start - replayed(sight.cheat))) // STEP
    inside = (place >= 0) & (place < count)
    if inside.any():
        source = source.copy()
        source[place[inside]] = sight.values[inside]
    sight.kept[sight.name] = source


def replayed(cheat: CheatSpec) -> int:
    """Length of what is replayed, s."""
    return int((24.0 if cheat.size is None else cheat.size) * HOUR_SECONDS) // STEP * STEP


def _replay(sight: Sight) -> None:
    source = sight.kept[sight.name]
    place = (sight.times[sight.first : sight.last] - sight.cheat.start) // STEP
    sight.part[:] = source[place % len(source)]


def _jittered_replay(sight: Sight) -> None:
    _replay(sight)
    wobble = 1 + np.float32(REPLAY_JITTER) * sight.chance()
    sight.part[:] = shown(sight.spec, sight.part * wobble)


def _filler(sight: Sight) -> None:
    level = np.float32(sight.size(0.6) * sight.limit())
    sight.part[:] = shown(sight.spec, level * (1 + np.float32(FILLER_WOBBLE) * sight.chance()))


def _too_high(sight: Sight) -> Mask:
    over: Mask = sight.own[sight.first : sight.last] > sight.limit()
    return over


def _calibration(sight: Sight) -> None:
    over = _too_high(sight)
    sight.part[over] = shown(sight.spec, sight.spec.standard)
    sight.status[sight.first : sight.last][over] = Status.CALIBRATING


def _silence(sight: Sight) -> None:
    sight.part[_too_high(sight)] = np.nan


SIGNAL: Mapping[str, Callable[[Sight], None]] = {
    "cap": _cap,
    "jittered_cap": _jittered_cap,
    "coefficient": _coefficient,
    "replay": _replay,
    "jittered_replay": _jittered_replay,
    "filler": _filler,
    "convenient_calibration": _calibration,
    "convenient_gap": _silence,
}

NEEDS_LIMIT = ("cap", "jittered_cap", "filler", "convenient_calibration", "convenient_gap")
REPLAYS = ("replay", "jittered_replay")


def concerns(cheat: CheatSpec, parameter: str) -> bool:
    """Whether a cheat is about a quantity. Flow is measured in the channel: no water swaps it."""
    if parameter in FLOWS and (cheat.kind in WATER or not cheat.parameters):
        return False
    return not cheat.parameters or parameter in cheat.parameters


def days_of(cheat: CheatSpec) -> tuple[int, int]:
    """From when to when the cheat has something to do, UTC epoch seconds."""
    back = replayed(cheat) if cheat.kind in REPLAYS else 0
    return cheat.start - back, cheat.end


def touches(start: int, end: int, times: Ints) -> tuple[int, int]:
    """The steps [first, last) of a day whose instants lie in [start, end)."""
    first, last = np.searchsorted(times, [start, end])
    return int(first), int(last)

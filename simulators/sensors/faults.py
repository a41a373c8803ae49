"""The fault catalogue: what each kind makes of the row of one instrument.

Sizes: spikes and `noisy` in standard deviations of the noise, `offset` in ranges, `shift` in
readings (of pH and temperature in tenths of the range), `drift` in ranges a day;
`current_loss` below a half is 3.6 mA, above 22 mA (NAMUR NE 43); `flagged` and `unflagged`:
0 garbage, 1 the foot of the range, 2 frozen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from rules.model import Status
from simulators.draws import Doubles, Floats, Ints, chances, exp, keys, uniforms
from simulators.sensors.spec import FaultSpec, SensorSpec
from simulators.sensors.tables import Room, SensorTables

STAGNATES = 6 * HOUR_SECONDS
NO_TRUE_ZERO = ("pH", "Temp")
"""A share of these says nothing: half of pH 7 is no electrode's error."""

SHARE_OF_RANGE = 0.1
CLUSTER_SHARE = 0.25
"""Share of the readings of a cluster that leap."""
_LEAPS = NormalDist().inv_cdf(1 - CLUSTER_SHARE / 2)


@dataclass(slots=True)
class Row:
    """One instrument on one day, to be changed in place within [first, last)."""

    fault: FaultSpec
    spec: SensorSpec
    tables: SensorTables
    seed: int
    times: Ints
    first: int
    last: int
    values: Floats  # the whole day
    status: np.typing.NDArray[np.uint8]
    before: float  # what was there just before the day
    kept: dict[str, Floats]  # what the fault remembers from day to day

    @property
    def part(self) -> Floats:
        """The values within the fault."""
        return self.values[self.first : self.last]

    @property
    def size(self) -> float:
        """How strong the fault is."""
        given = self.fault.size
        return self.tables.faults[self.fault.kind].size[0] if given is None else given

    @property
    def span(self) -> float:
        """The instrument's range."""
        return self.spec.high - self.spec.low

    @property
    def since(self) -> Doubles:
        """Seconds since the fault began, for each of its steps of today."""
        return (self.times[self.first : self.last] - self.fault.start).astype(np.float64)

    def chance(self) -> Floats:
        """Standard normal numbers of this fault for each of its steps of today."""
        streams = keys(self.seed, [self.fault.id], "fault")
        return chances(streams, self.times[self.first : self.last])

    def pick(self, purpose: str) -> float:
        """One number in [0, 1) of this fault."""
        return float(uniforms(keys(self.seed, [self.fault.id], "fault"), purpose)[0])

    def sd(self) -> Floats:
        """The noise's standard deviation at each value."""
        share, floor = self.spec.noise
        found = share * np.abs(self.part) + floor * self.span
        return np.maximum(found, self.spec.resolution).astype(np.float32)

    def held(self) -> float:
        """The last value before the fault, on every day of it."""
        known = self.kept.get(self.fault.id)
        if known is None:
            last = float(self.values[self.first - 1]) if self.first else self.before
            last = self.before if math.isnan(last) else last
            known = self.kept[self.fault.id] = np.array([last], np.float32)
        return float(known[0])

    def mark(self, status: Status) -> None:
        """Set the status within the fault."""
        self.status[self.first : self.last] = status


def cabin(room: Room, times: Ints) -> Floats:
    """The temperature in the cabin, °C: two straight lines a day, coldest 12 h from warmest."""
    hour = ((times + OFFSET) % DAY_SECONDS) / HOUR_SECONDS
    away = np.abs((hour - room.hour + 12.0) % 24.0 - 12.0)
    return (room.mean + room.swing * (1.0 - away / 6.0)).astype(np.float32)


def _spike(row: Row) -> None:
    sign = -1.0 if row.pick("sign") < 0.5 else 1.0
    row.part[:] += np.float32(sign * row.size) * row.sd()


def _cluster(row: Row) -> None:
    drawn = row.chance()
    leaps = np.abs(drawn) > _LEAPS
    row.part[:] += np.where(leaps, np.sign(drawn) * np.float32(row.size) * row.sd(), 0)


def _offset(row: Row) -> None:
    sign = -1.0 if row.pick("sign") < 0.5 else 1.0
    row.part[:] += np.float32(sign * row.size * row.span)


def _shift(row: Row) -> None:
    sign = -1.0 if row.pick("sign") < 0.5 else 1.0
    if row.spec.parameter in NO_TRUE_ZERO:
        row.part[:] += np.float32(sign * row.size * SHARE_OF_RANGE * row.span)
    else:
        row.part[:] *= np.float32(1.0 + sign * row.size)


def _noisy(row: Row) -> None:
    row.part[:] += np.float32(row.size) * row.sd() * row.chance()


def _drift(row: Row) -> None:
    sign = -1.0 if row.pick("sign") < 0.5 else 1.0
    row.part[:] += (sign * row.size * row.span * row.since / DAY_SECONDS).astype(np.float32)


def _stagnant(row: Row) -> None:
    start, left = row.held(), exp(-row.since / STAGNATES)
    if row.spec.parameter == "Temp":
        goal = cabin(row.tables.room, row.times[row.first : row.last]).astype(np.float64)
    else:
        times = row.tables.waters["stagnant"].get(row.spec.parameter, 1.0)
        goal = np.full(len(left), start * times)
    still = goal + (start - goal) * left
    row.part[:] = still.astype(np.float32) + row.sd() * row.chance() * np.float32(0.3)


def _stuck(row: Row) -> None:
    row.part[:] = row.held()


def _dither(row: Row) -> None:
    wobble = np.rint(np.clip(row.chance(), -1, 1) * np.float32(0.8)) * row.spec.resolution
    row.part[:] = row.held() + wobble


def _current_loss(row: Row) -> None:
    milliamps = 3.6 if row.size < 0.5 else 22.0
    row.part[:] = shown(row.spec, row.spec.low + (milliamps - 4.0) / 16.0 * row.span)


def _over_range(row: Row) -> None:
    row.part[:] = row.spec.high


def _gap(row: Row) -> None:
    row.part[:] = np.nan


def _broken(row: Row) -> None:
    how = int(row.size)
    if how == 1:
        row.part[:] = row.spec.low
    elif how == 2:
        row.part[:] = row.held()
    else:
        wild = row.spec.low + np.abs(row.chance()) * np.float32(row.span / 3.0)
        row.part[:] = shown(row.spec, np.minimum(wild, row.spec.high))


def _flagged(row: Row) -> None:
    _broken(row)
    row.mark(Status.FAULT)


def _in_air(row: Row) -> None:
    """The probe is out of the water: a buffer for pH, the room, or the foot of the range."""
    if row.spec.parameter == "pH":
        row.part[:] = shown(row.spec, np.full(row.last - row.first, row.spec.standard))
    elif row.spec.parameter == "Temp":
        air = cabin(row.tables.room, row.times[row.first : row.last])
        row.part[:] = shown(row.spec, air)
    else:
        wet = row.spec.low + np.abs(row.chance()) * np.float32(0.002 * row.span)
        row.part[:] = shown(row.spec, wet)


def _maintained(row: Row) -> None:
    _in_air(row)
    row.mark(Status.CALIBRATING)


def _unit(row: Row) -> None:
    wrong = row.tables.wrong_unit
    row.part[:] *= np.float32(wrong.get(row.spec.parameter, wrong["other"]))


EFFECTS: Mapping[str, Callable[[Row], None]] = {
    "spike_large": _spike,
    "spike_cluster": _cluster,
    "spike_small": _spike,
    "stuck": _stuck,
    "stuck_dither": _dither,
    "offset": _offset,
    "shift": _shift,
    "noisy": _noisy,
    "current_loss": _current_loss,
    "over_range": _over_range,
    "drift": _drift,
    "gap": _gap,
    "stagnant": _stagnant,
    "flagged": _flagged,
    "unflagged": _broken,
    "maintenance": _maintained,
    "maintenance_unflagged": _in_air,
    "unit": _unit,
}
"""What each kind does to its row; `swapped` concerns two and stands in measuring.py."""


def shown(spec: SensorSpec, values: Floats | float) -> Floats:
    """Values as the instrument rounds them, not clipped."""
    steps = np.rint(np.asarray(values, np.float32) / np.float32(spec.resolution))
    found: Floats = steps * np.float32(spec.resolution)
    return found

"""Between calibrations an instrument drifts and fouls; calibration sets it right again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from simulators.draws import Bits, Doubles, Floats, Ints, Mask, exp, gauss, uniforms
from simulators.sensors.spec import SensorSpec


class Upkeep(NamedTuple):
    """A day of some instruments, (stations; steps)."""

    bias: Floats  # unit
    gain: Floats
    calibrating: Mask


def upkeep(spec: SensorSpec, streams: Bits, day: int, times: Ints) -> Upkeep:
    """Drift, fouling and calibration of instruments of one kind on a local day.

    Each station calibrates on its own day of the cycle, between 8 and 14 o'clock. The drift of
    an interval is linear with a rate drawn for it; what calibration found is gone after it.
    """
    every, minutes = spec.calibration
    name = spec.parameter
    turn = (uniforms(streams, f"{name} day") * every).astype(np.int64)
    count = (day - turn) // every
    dated = turn + count * every
    hour = 8.0 + 6.0 * uniforms(streams, f"{name} hour", count)
    began = dated * DAY_SECONDS - OFFSET + (hour * HOUR_SECONDS).astype(np.int64)
    before = began - every * DAY_SECONDS
    calibrating = (times >= began[:, None]) & (times < (began + 60 * minutes)[:, None])
    after = times >= (began + 60 * minutes)[:, None]
    last = np.where(after, began[:, None], before[:, None])
    age = ((times - last) / DAY_SECONDS).astype(np.float32)
    rate = np.where(
        after, _rate(spec, streams, count)[:, None], _rate(spec, streams, count - 1)[:, None]
    )
    lost, half = spec.fouling
    gain = 1.0 - np.float32(lost) * age / (age + np.float32(half))
    return Upkeep(rate * age, gain, calibrating)


def _rate(spec: SensorSpec, streams: Bits, count: Ints) -> Floats:
    """Drift a day in the interval that calibration number `count` opens."""
    median, spread, down = spec.drift
    size: Doubles = median * exp(spread * gauss(uniforms(streams, f"{spec.parameter} drift", count)))
    falls = uniforms(streams, f"{spec.parameter} falls", count) < down
    return np.where(falls, -size, size).astype(np.float32)

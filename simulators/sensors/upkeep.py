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

    Each station calibrates on its own day of the cycle at its own hour, from 8 to 14. The drift of
    an interval is linear with a rate drawn for it; what calibration found is gone after it.
    """
    every, minutes = spec.calibration
    name = spec.parameter
    turn = (uniforms(streams, f"{name} day") * every).astype(np.int64)
    count = (day - turn) // every
    dated = turn + count * every
    hour = 8.0 + 6.0 * uniforms(streams, f"{name} hour")
    began = dated * DAY_SECONDS - OFFSET + (hour * HOUR_SECONDS).astype(np.int64)
    # Most instruments are not calibrated today: their age grows along one straight line.
    age = _days(times - times[0])[None, :] + _days(times[0] - began)[:, None]
    rate = _rate(spec, streams, count)[:, None]
    calibrating = np.zeros(age.shape, np.bool_)
    today = np.flatnonzero(dated == day)
    if len(today):
        opened, closed = began[today, None], began[today, None] + 60 * minutes
        calibrating[today] = (times >= opened) & (times < closed)
        after = times >= closed
        earlier = _rate(spec, streams[today], count[today] - 1)[:, None]
        ages = age[today] + np.where(after, 0, every).astype(np.float32)
        sloping = np.repeat(rate, len(times), axis=1) if spec.drift[0] else rate
        if spec.drift[0]:
            sloping[today] = np.where(after, rate[today], earlier)
        age[today] = ages
        rate = sloping
    return Upkeep(rate * age, _gain(spec, age), calibrating)


def _gain(spec: SensorSpec, age: Floats) -> Floats:
    lost, half = spec.fouling
    if lost == 0:
        return np.ones((1, 1), np.float32)
    return (1.0 - lost * age / (age + half)).astype(np.float32)


def _days(seconds: Ints) -> Floats:
    days: Floats = (seconds / DAY_SECONDS).astype(np.float32)
    return days


def _rate(spec: SensorSpec, streams: Bits, count: Ints) -> Floats:
    """Drift a day in the interval that calibration number `count` opens.

    Whose probe is further off than two log-deviations exchanges it: there are none of these.
    """
    median, spread, down = spec.drift
    drawn = np.clip(gauss(uniforms(streams, f"{spec.parameter} drift", count)), -2.0, 2.0)
    size: Doubles = median * exp(spread * drawn)
    falls = uniforms(streams, f"{spec.parameter} falls", count) < down
    return np.where(falls, -size, size).astype(np.float32)

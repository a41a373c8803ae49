"""Lines: series as the quality checks see them, their thresholds as columns of whole numbers.

A line is one series of one station over a stretch of time, with its context. All thresholds
are turned into quanta and seconds here, so that the checks compare integers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rules.checks import SPIKE_REACH, Checks
from rules.model import Parameter, Series

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NEVER = 2**62
"""A threshold that nothing reaches: the check is off."""

SPIKE_SLOTS = 30
"""The ten readings before a spike may be spread over three times their slots, not more."""

BATCH = 600
"""Seconds between fresh values from which an analyser is taken to measure in batches."""

FINENESS = 64
"""An attenuated signal is measured in this fraction of its threshold."""


class Plan(Protocol):
    """What a line takes from the terms of its series."""

    @property
    def series(self) -> Series: ...
    @property
    def parameter(self) -> Parameter: ...
    @property
    def interval(self) -> int: ...
    @property
    def stamp_ends(self) -> bool: ...
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def checks(self) -> Checks: ...


@dataclass(frozen=True, slots=True)
class Lines:
    """One element a line. Values in quanta, times in seconds; NEVER or 0 where a check is off."""

    plans: tuple[Plan, ...]
    interval: Ints
    ends: Ints  # 1 where a time closes its slot
    full: Ints  # at or above this the instrument is at the end of its range
    clip: Ints  # the same, where clipping is a check
    half: Ints  # of an interval, rounded up
    close: Ints  # closer than this in time is too close
    gap: Ints
    jump: Ints  # no change up to this is too fast, however close in time
    rates: tuple[Fraction | None, ...]  # square of the allowed change, a second
    spike: Ints  # suspect and fail, in standard deviations
    spike_fail: Ints
    spike_floor: Ints  # the least MAD
    spike_least: Ints  # no deviation up to this is a spike, however quiet the series
    spike_reach: Ints
    cycle: Ints  # readings of one measurement of a batch analyser
    step: Ints  # the resolution
    band: Ints  # a flat line stays within less than this; 0: not checked
    flat: Ints  # suspect and fail
    flat_fail: Ints
    flat_above: Ints  # only values above this one
    weak: Ints  # unit of the attenuated signal's measure; 0: not checked
    weak_square: Ints  # its threshold, squared, in that unit

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> Lines:
        """The columns of some plans. All readings must lie within +-2**40 quanta."""
        rows = [_row(plan) for plan in plans]
        columns = {
            name: np.array([row[name] for row in rows], np.int64)
            for name in cls.__slots__
            if name not in ("plans", "rates")
        }
        rates = tuple(_rate(plan) for plan in plans)
        return cls(plans=tuple(plans), rates=rates, **columns)

    def shared(self, column: Ints, line: Ints) -> Ints:
        """A column spread over readings: a single element when all are of one line."""
        return column[line[:1]] if line[0] == line[-1] else column[line]


def step_of(plan: Plan) -> int:
    """The least difference that is one, in quanta: the resolution; one where it is unknown."""
    resolution = plan.checks.resolution
    return 1 if resolution is None else max(1, floor(plan.parameter.quanta(resolution)))


def _row(plan: Plan) -> dict[str, int]:
    checks, interval = plan.checks, plan.interval
    step = step_of(plan)
    full, half, rate = plan.high - step, ceil(Fraction(interval, 2)), _rate(plan)
    return {
        "interval": interval,
        "ends": int(plan.stamp_ends),
        "step": step,
        "full": full,
        "clip": full if checks.clipping else NEVER,
        "half": half,
        "close": half if checks.time else 0,
        "gap": max(checks.gap.longer, interval) if checks.gap else NEVER,
        "jump": NEVER if rate is None else isqrt(floor(rate * half)),
        **_spike(plan, step),
        **_flat(plan, step),
        **_weak(plan),
    }


def _rate(plan: Plan) -> Fraction | None:
    rate = plan.checks.rate_of_change
    return None if rate is None else plan.parameter.quanta(rate.step) ** 2 / rate.per


def _spike(plan: Plan, step: int) -> dict[str, int]:
    spike = plan.checks.spike
    noise = floor(plan.parameter.quanta(spike.noise)) if spike and spike.noise else 0
    least, refresh = max(2 * step, noise), plan.parameter.refresh
    return {
        "spike": spike.suspect if spike else 0,
        "spike_fail": spike.fail if spike else 0,
        "spike_floor": least,
        "spike_least": spike.suspect * 14826 * least // 10000 if spike else NEVER,
        "spike_reach": min(SPIKE_SLOTS * plan.interval, SPIKE_REACH),
        "cycle": -(-refresh // plan.interval) if refresh >= BATCH else NEVER,
    }


def _flat(plan: Plan, step: int) -> dict[str, int]:
    flat = plan.checks.flat_line
    if flat is None:
        return {"band": 0, "flat": NEVER, "flat_fail": NEVER, "flat_above": NEVER}
    honest = None if flat.up_to is None else floor(plan.parameter.quanta(flat.up_to))
    return {
        "band": step,
        "flat": flat.suspect,
        "flat_fail": flat.fail or NEVER,
        "flat_above": plan.low - 1 if honest is None else honest,
    }


def _weak(plan: Plan) -> dict[str, int]:
    weak = plan.checks.attenuated_signal
    if weak is None:
        return {"weak": 0, "weak_square": 0}
    below = plan.parameter.quanta(weak.below)
    unit = max(1, floor(below / FINENESS))
    return {"weak": unit, "weak_square": floor((below / unit) ** 2)}


@dataclass(frozen=True, slots=True)
class Marks:
    """Bit masks of Test, one element a reading: failed, suspect, could not be evaluated."""

    fail: Ints
    suspect: Ints
    unevaluated: Ints

    @classmethod
    def none(cls, readings: int) -> Marks:
        """No mark on so many readings."""
        return cls(*(np.zeros(readings, np.int64) for _ in range(3)))

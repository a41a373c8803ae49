"""The simple target: one fixed threshold a test, reading by reading, as many monitors have it.

Hard range, change a step, Hampel over 13 readings with k = 7 and a floor of two last digits,
and a run of 48 equal readings (twelve hours, for good pH repeats for eleven). Thresholds are
round numbers, chosen so that its figures resemble those measured for such a rule set on more
site-years of the same observatory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rules.lines import Mask
from tests.lro.readings import QUANTUM, SiteYear

HAMPEL, BEFORE, WINDOW = 7, 10, 13
STUCK = 48


@dataclass(frozen=True, slots=True)
class Fixed:
    """The thresholds of one sensor, in its unit."""

    low: float
    high: float
    step: float
    digit: float


FIXED = {
    "temp": Fixed(-1, 30, 1, 0.01),
    "cond": Fixed(50, 1000, 50, 0.1),
    "ph": Fixed(6.5, 9.5, 0.1, 0.01),
    "do": Fixed(2, 16, 1, 0.05),
    "turb": Fixed(0, 500, 50, 0.5),
}


def flagged(series: SiteYear) -> Mask:
    """Every row that any test, or a missing value, flags."""
    fixed, found = FIXED[series.sensor], series.missing.copy()
    there = np.flatnonzero(~series.missing)
    value = series.value[there] / QUANTUM
    outside = (value < fixed.low) | (value > fixed.high)
    found[there[outside]] = True
    there, value = there[~outside], value[~outside]
    if len(value) < STUCK:
        return found
    step = np.abs(np.diff(value, prepend=value[0])) > fixed.step
    found[there[step | _spikes(value, 2 * fixed.digit) | _stuck(value)]] = True
    return found


def _spikes(value: np.ndarray, floor: float) -> Mask:
    spikes = np.zeros(len(value), np.bool_)
    windows = sliding_window_view(value, WINDOW)
    middle = np.median(windows, axis=1)
    spread = np.maximum(np.median(np.abs(windows - middle[:, None]), axis=1), floor)
    spikes[BEFORE : BEFORE + len(middle)] = (
        np.abs(windows[:, BEFORE] - middle) > HAMPEL * 1.4826 * spread
    )
    return spikes


def _stuck(value: np.ndarray) -> Mask:
    stuck = np.zeros(len(value), np.bool_)
    same = (sliding_window_view(value, STUCK) == value[: len(value) - STUCK + 1, None]).all(axis=1)
    for start in np.flatnonzero(same):
        stuck[start : start + STUCK] = True
    return stuck

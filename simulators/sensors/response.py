"""How an instrument follows the water: its lags as a few weights, its cycle as held values."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np

from simulators.draws import Floats, Ints
from simulators.sensors.spec import SensorSpec

STEP = 300
CONTEXT = 24
"""Steps before the day that an instrument may still show, or still be moving away from."""


@cache
def weights(t90: float, lags: int, delay: float) -> tuple[float, ...]:
    """How much of the water of so many steps ago is shown now; they add up to 1.

    `lags` equal first-order lags in a row follow a Gamma distribution; tau is t90 over its
    90 % quantile. No lags: the sample is taken at one instant.
    """
    edges = [(step - 0.5) * STEP - delay for step in range(CONTEXT + 1)]
    if lags == 0:
        share = [float(low <= 0 < high) for low, high in pairwise(edges)]
        return tuple(share)
    tau = t90 / _quantile(lags)
    done = [_erlang(edge / tau, lags) for edge in edges]
    share = [after - before for before, after in pairwise(done)]
    share[0] += done[0]
    kept = [one if one > 1e-4 else 0.0 for one in share]
    return tuple(one / sum(kept) for one in kept)


def follow(spec: SensorSpec, water: Floats) -> Floats:
    """What the instrument sees of water given with CONTEXT steps before, (stations; steps)."""
    steps = water.shape[1] - CONTEXT
    seen: Floats | None = None
    for back, weight in enumerate(weights(spec.t90, spec.lags, float(spec.delay))):
        if weight:
            part = water[:, CONTEXT - back : CONTEXT - back + steps] * np.float32(weight)
            seen = part if seen is None else seen + part
    if seen is None:
        raise ValueError(f"{spec.parameter}: a delay of {spec.delay} s is beyond {CONTEXT} steps")
    return seen


def held(spec: SensorSpec, phase: Ints, opens: int, values: Floats) -> Floats:
    """Each cycle's first value for the whole cycle; `values` have CONTEXT steps before.

    `opens` is the instant of the first step of the day, `phase` (s) when each cycle begins.
    """
    steps = values.shape[1] - CONTEXT
    if spec.cycle <= STEP:
        return values[:, CONTEXT:]
    times = opens + STEP * np.arange(steps)
    since = (times[None, :] - phase[:, None]) % spec.cycle
    first = np.arange(CONTEXT, CONTEXT + steps)[None, :] - since // STEP
    found: Floats = np.take_along_axis(values, np.maximum(first, 0), axis=1)
    return found


def _erlang(at: float, lags: int) -> float:
    """Share of what is `lags` unit lags old that is younger than `at`."""
    if at <= 0:
        return 0.0
    return 1.0 - math.exp(-at) * sum(at**k / math.factorial(k) for k in range(lags))


@cache
def _quantile(lags: int) -> float:
    """Where `_erlang` reaches 0.9."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _erlang(middle, lags) < 0.9 else (low, middle)
    return low

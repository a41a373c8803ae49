"""Repeatable randomness: a number for every (name, counter), in any order of asking.

A generator that is drawn from in sequence would give other numbers for a part of a day than
for the whole of it. Here each number is a hash of its place. Only exact operations and
polynomials are used: numpy's sin or exp may differ in the last bit with the position of an
element in its array, and then a sub-range would differ from the whole.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_MANTISSA = np.uint64(11)


def key(*parts: object) -> int:
    """A 64-bit key for a stream of numbers, from whatever names it."""
    named = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(named.encode(), digest_size=8).digest(), "big")


def uniform(stream: int, counter: Ints) -> Floats:
    """Evenly spread numbers in [-1, 1), one for each counter."""
    bits = counter.astype(np.uint64) * _STEP + np.uint64(stream)
    bits = (bits ^ (bits >> _SHIFTS[0])) * _MIX[0]
    bits = (bits ^ (bits >> _SHIFTS[1])) * _MIX[1]
    bits ^= bits >> _SHIFTS[2]
    return (bits >> _MANTISSA).astype(np.float64) * 2.0**-52 - 1.0


def smooth(stream: int, times: Ints, period: int) -> Floats:
    """A curve in [-1, 1) through one number every `period` seconds, without corners."""
    knot = times // period
    part = (times - knot * period) / period
    weight = part * part * (3.0 - 2.0 * part)
    return (1.0 - weight) * uniform(stream, knot) + weight * uniform(stream, knot + 1)


def fixed(*parts: object) -> float:
    """One number in [-1, 1) for a name."""
    return key(*parts) / 2.0**63 - 1.0


def choice(count: int, *parts: object) -> int:
    """One of `count` for a name."""
    return key(*parts) % count

"""Chance, by name: the same number for the same seed, station, purpose and day, always.

A station's draws never depend on which other stations there are, on the order in which they
are asked for, or on how many were drawn for another purpose. Bulk draws come from numpy's
Philox generator, keyed by a hash of the names and counting from the day; single draws are
hashes themselves. Only operations that IEEE 754 rounds exactly are used on the way: numpy's
exp and log may differ in the last bit with the place of an element in its array, and a
station would then depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

LEVELS = 1 << 16
"""A normal draw is one of so many values: its ends lie 4.3 standard deviations out."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_MANTISSA = np.uint64(11)
_LN2 = (0.693145751953125, 1.42860682030941723212e-6)  # high part exact in 24 bits, and the rest


def keys(seed: int, names: Sequence[str], purpose: str) -> Bits:
    """A 128-bit key for each name, as rows of two."""
    hashes = b"".join(_digest(16, seed, name, purpose) for name in names)
    return np.frombuffer(hashes, np.uint64).reshape(len(names), 2)


def normals(streams: Bits, day: int, count: int) -> Floats:
    """`count` standard normal numbers for each key and day, as (keys, count).

    Four come from one 64-bit word, each the middle of one of `LEVELS` equally likely steps:
    ten times as fast as drawing them one by one, and fine enough for an instrument.
    """
    words = -(-count // 4)
    raw = np.empty((len(streams), words), np.uint64)
    philox = np.random.Philox(key=0)
    state = philox.state
    for row, stream in enumerate(streams):
        state["state"]["key"][:] = stream
        state["state"]["counter"][:] = (0, day, 0, 0)
        philox.state = state
        raw[row] = philox.random_raw(words)
    found: Floats = _quantiles()[raw.view(np.uint16)[:, :count]]
    return found


def uniforms(streams: Bits, purpose: str, counter: Ints | int = 0) -> Doubles:
    """One number in [0, 1) for each key (its first column), purpose and counter."""
    named = np.uint64(int.from_bytes(_digest(8, purpose), "big"))
    counted = np.asarray(counter, np.int64).astype(np.uint64) * _STEP
    bits = _mixed(_mixed(streams[..., 0] ^ named) + counted)
    return (bits >> _MANTISSA).astype(np.float64) * 2.0**-53


def gauss(share: Doubles) -> Doubles:
    """The standard normal number below which a share in [0, 1) of all draws lies."""
    found: Doubles = _quantiles()[(share * LEVELS).astype(np.int64)].astype(np.float64)
    return found


def chances(streams: Bits, times: Ints) -> Floats:
    """A standard normal number for each instant, from one key: for what is short and rare."""
    return gauss(uniforms(streams, "chance", times)).astype(np.float32)


def _digest(size: int, *parts: object) -> bytes:
    named = "\x1f".join(str(part) for part in parts)
    return blake2b(named.encode(), digest_size=size).digest()


def _mixed(bits: Bits) -> Bits:
    bits = (bits ^ (bits >> _SHIFTS[0])) * _MIX[0]
    bits = (bits ^ (bits >> _SHIFTS[1])) * _MIX[1]
    return bits ^ (bits >> _SHIFTS[2])


@cache
def _quantiles() -> Floats:
    normal = NormalDist()
    upper = [normal.inv_cdf((level + 0.5) / LEVELS) for level in range(LEVELS // 2, LEVELS)]
    half = np.array(upper, np.float32)
    return np.concatenate([-half[::-1], half])


def exp(power: npt.NDArray[np.floating]) -> Doubles:
    """e to a power, to 1e-9, the same wherever in an array it stands."""
    twos = np.rint(power * 1.4426950408889634)
    rest = (power - twos * _LN2[0]) - twos * _LN2[1]
    series = np.full_like(rest, 1.0 / 3628800, dtype=np.float64)
    for factorial in (362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        series = series * rest + 1.0 / factorial
    scaled: Doubles = np.ldexp(series, twos.astype(np.int32))
    return scaled


def log10(value: Floats) -> Floats:
    """The decimal logarithm of positive numbers, to 1e-6, wherever in an array they stand."""
    mantissa, twos = np.frexp(value)
    part = (mantissa - np.float32(0.70710678)) / (mantissa + np.float32(0.70710678))
    square = part * part
    series = np.float32(1 / 7) * square + np.float32(0.2)
    series = (series * square + np.float32(1 / 3)) * square + np.float32(1.0)
    natural = part * series * np.float32(2.0) + (twos - np.float32(0.5)) * np.float32(0.69314718)
    found: Floats = natural * np.float32(0.43429448)
    return found

"""The attenuated signal: six hours, up to the end of a reading's hour, that hardly vary.

The variance is exact. Values are measured in a 64th of the threshold from the lowest of the
hour, and a difference above 2**15 counts as 2**15: with at most 21,600 readings in six hours
one such difference alone keeps the deviation above 150 units, well over any threshold here
(under 128). So n * sum of squares stays below 21,600**2 * 2**30 < 2**59.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rules.checks import SIX_HOURS
from rules.days import HOUR_SECONDS
from rules.lines import Ints, Lines, Marks, Mask
from rules.model import Test

_FAR = 2**15
_LINE = 2**32  # more hours than any two lines are apart


@dataclass(frozen=True, slots=True)
class _Hours:
    """Readings by line and local hour: count, lowest, sums from the lowest."""

    line: Ints
    key: Ints
    which: Ints  # the hour of each reading
    count: Ints
    low: Ints
    high: Ints
    total: Ints
    squares: Ints


def attenuated(lines: Lines, line: Ints, at: Ints, value: Ints, marks: Marks) -> None:
    """Mark the readings whose six hours vary less than their line's threshold."""
    if not lines.weak.any():
        return
    chosen = np.flatnonzero(lines.weak[line] > 0)
    if not len(chosen):
        return
    hours = _hours(lines, line[chosen], at[chosen], value[chosen])
    weak, told = _judged(lines, hours)
    marks.suspect[chosen[weak[hours.which]]] |= int(Test.ATTENUATED_SIGNAL)
    marks.unevaluated[chosen[~told[hours.which]]] |= int(Test.ATTENUATED_SIGNAL)


def _hours(lines: Lines, line: Ints, at: Ints, value: Ints) -> _Hours:
    # Hanoi's offset is whole hours, so an hour of the clock is an hour of UTC.
    hour = (at - lines.ends[line]) // HOUR_SECONDS
    key = line * _LINE + hour
    fresh = np.diff(key, prepend=key[0] - 1) > 0
    first, which = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    measure = value // lines.weak[line]
    low, high = np.minimum.reduceat(measure, first), np.maximum.reduceat(measure, first)
    above = np.minimum(measure - low[which], _FAR)
    return _Hours(
        line[first],
        key[first],
        which,
        np.diff(np.append(first, len(key))),
        low,
        high,
        np.add.reduceat(above, first),
        np.add.reduceat(above * above, first),
    )


def _judged(lines: Lines, hours: _Hours) -> tuple[Mask, Mask]:
    """Whether the six hours that end with each are weak, and whether there are enough readings."""
    around = [_before(hours.key, back) for back in range(SIX_HOURS // HOUR_SECONDS)]
    low = np.min([np.where(there, hours.low[hour], 2**62) for hour, there in around], axis=0)
    high = np.max([np.where(there, hours.high[hour], -(2**62)) for hour, there in around], axis=0)
    count, total, squares = (np.zeros(len(hours.key), np.int64) for _ in range(3))
    for hour, there in around:
        number = np.where(there, hours.count[hour], 0)
        lift = np.minimum(hours.low[hour] - low, _FAR)
        sums = np.where(there, hours.total[hour], 0)
        count += number
        total += sums + number * lift
        squares += np.where(there, hours.squares[hour], 0) + 2 * lift * sums + number * lift * lift
    told = 2 * count * lines.interval[hours.line] >= SIX_HOURS
    least = lines.weak_square[hours.line] * count * count
    weak = told & (high - low <= _FAR) & (count * squares - total * total < least)
    return weak, told


def _before(key: Ints, back: int) -> tuple[Ints, Mask]:
    """Where the hour so many hours before each is, and whether it is there at all."""
    place = np.minimum(np.searchsorted(key, key - back), len(key) - 1)
    return place, key[place] == key - back

"""The quality checks: which readings of a series are suspect, failed, or cannot be checked.

One pure, vectorised function of sorted columns, named test by test after QARTOD. Integers
only, and local: the marks of a reading depend on the readings of its line within `reach`
before and two slots after it (on its own local hour or day where a check says so), never on
how much more was given. So a long series is checked in chunks, each with its context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, isqrt

import numpy as np

from rules.attenuation import attenuated
from rules.checks import RATE_REACH
from rules.crosscheck import crosscheck
from rules.lines import NEVER, Ints, Lines, Marks, Mask
from rules.model import Test

CHUNK = 32768
"""Readings checked at once: few enough to stay near the processor."""

BATCH = 4096
"""Windows of possible spikes that are sorted at once."""

BEFORE, AFTER = 10, 2
"""A spike is compared with the readings before and after it: 13 with itself."""

FEWEST = 7
"""With fewer readings in its window a spike cannot be told."""

LEAST_FLAT = 4
"""A flat line has at least so many readings."""

_LINE = 2**40
"""Keys of different lines are further apart than any two times of one line."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some readings next to each other and what is being said about them."""

    lines: Lines
    line: Ints
    at: Ints
    value: Ints
    key: Ints  # at, with every line far from the next
    marks: Marks

    def per(self, column: Ints) -> Ints:
        """A column of the lines, spread over the readings."""
        return self.lines.shared(column, self.line)

    def each(self, column: Ints, chosen: Ints) -> Ints:
        """A column of the lines for some readings."""
        return column[self.line[chosen]]


def check(lines: Lines, line: Ints, at: Ints, value: Ints) -> Marks:
    """The marks of readings, one an instant, strictly sorted by (line, at), values in quanta.

    Give only readings that compete: measuring, inside the instrument's range, not contested.
    """
    marks, spikes = Marks.none(len(at)), [np.zeros(0, np.int64)]
    for begin in range(0, len(at), CHUNK):
        end = min(begin + CHUNK, len(at))
        first = _context(lines, line, at, begin)
        last = min(end + AFTER, len(at))
        own = _stretch(lines, line[first:last], at[first:last], value[first:last])
        maybe = _temporal(own) + first
        spikes.append(maybe[(maybe >= begin) & (maybe < end)])
        kept = slice(begin - first, end - first)
        marks.fail[begin:end] = own.marks.fail[kept]
        marks.suspect[begin:end] = own.marks.suspect[kept]
        marks.unevaluated[begin:end] = own.marks.unevaluated[kept]
    whole, maybe = _Stretch(lines, line, at, value, at, marks), np.concatenate(spikes)
    for begin in range(0, len(maybe), BATCH):
        _hampel(whole, maybe[begin : begin + BATCH])
    attenuated(lines, line, at, value, marks)
    crosscheck(lines, line, at, value, marks)
    return marks


def _context(lines: Lines, line: Ints, at: Ints, begin: int) -> int:
    """Where the context of the reading at `begin` starts: its reach, and the spike's ten."""
    number = int(line[begin])
    head = int(np.searchsorted(line[:begin], number))
    reach = lines.plans[number].checks.reach
    back = head + int(np.searchsorted(at[head:begin], at[begin] - reach))
    return max(head, min(back, begin - BEFORE))


def _stretch(lines: Lines, line: Ints, at: Ints, value: Ints) -> _Stretch:
    one = line[0] == line[-1]
    key = at if one else at + (line - line[0]) * _LINE
    return _Stretch(lines, line, at, value, key, Marks.none(len(at)))


def _temporal(own: _Stretch) -> Ints:
    """Mark what one look back tells; the places where there may be a spike."""
    elapsed = np.diff(own.key, prepend=own.key[0] - _LINE)
    change = np.abs(np.diff(own.value, prepend=own.value[0]))
    clipped = np.flatnonzero(own.value >= own.per(own.lines.clip))
    own.marks.suspect[clipped] |= int(Test.CLIPPING)
    odd = np.flatnonzero(elapsed != own.per(own.lines.interval))  # few: most come in time
    _time_and_gap(own, odd, elapsed[odd])
    _rate(own, odd, elapsed, change)
    _flat(own, elapsed, change)
    return _maybe_spikes(own)


def _time_and_gap(own: _Stretch, odd: Ints, elapsed: Ints) -> None:
    """Suspect: too soon, or too late, after the reading before."""
    own.marks.suspect[odd[elapsed < own.each(own.lines.close, odd)]] |= int(Test.TIME)
    own.marks.suspect[odd[elapsed > own.each(own.lines.gap, odd)]] |= int(Test.GAP)


def _rate(own: _Stretch, odd: Ints, elapsed: Ints, change: Ints) -> None:
    """Suspect: change**2 > rate * elapsed, where rate is the square of what a second allows."""
    odd = odd[own.each(own.lines.jump, odd) < NEVER]
    alone = odd[elapsed[odd] > RATE_REACH]
    own.marks.unevaluated[alone] |= int(Test.RATE_OF_CHANGE)
    soon = odd[elapsed[odd] < own.each(own.lines.half, odd)]
    maybe = np.union1d(np.flatnonzero(change > own.per(own.lines.jump)), soon)
    maybe = maybe[elapsed[maybe] <= RATE_REACH]
    allowed = _allowed(own.lines, own.line[maybe], elapsed[maybe])
    own.marks.suspect[maybe[change[maybe] > allowed]] |= int(Test.RATE_OF_CHANGE)


def _allowed(lines: Lines, line: Ints, elapsed: Ints) -> Ints:
    """The greatest change that is not too fast, exactly, for pairs of line and seconds."""
    pairs, which = np.unique(line * _LINE + elapsed, return_inverse=True)
    found = [
        isqrt(floor(rate * (pair % _LINE)))
        for pair in pairs.tolist()
        if (rate := lines.rates[pair // _LINE]) is not None
    ]
    return np.array(found, np.int64)[which]


def _maybe_spikes(own: _Stretch) -> Ints:
    """Where cheap bounds of the median leave room for a spike, or there are few readings."""
    whole = _whole(own)
    maybe = np.flatnonzero(_far(own) | ~whole)
    return maybe[own.each(own.lines.spike, maybe) > 0]


def _whole(own: _Stretch) -> Mask:
    """Whether the ten readings before stand near enough."""
    whole = np.zeros(len(own.at), np.bool_)
    reach = own.per(own.lines.spike_reach)
    spread = own.key[BEFORE:] - own.key[:-BEFORE]
    whole[BEFORE:] = spread <= (reach if len(reach) == 1 else reach[BEFORE:])
    return whole


def _far(own: _Stretch) -> Mask:
    """Whether a reading may be far from the median of its window of 11 to 13.

    Seven readings of such a window are more than half of it: their lowest is at most the
    median, their highest at least. The best of the five sevens before a reading bound it.
    """
    far = np.zeros(len(own.at), np.bool_)
    if len(own.at) <= BEFORE:
        return far
    value, least = own.value[BEFORE:], own.per(own.lines.spike_least)
    lowest = _five(np.maximum, _seven(np.minimum, own.value))
    highest = _five(np.minimum, _seven(np.maximum, own.value))
    beyond = np.maximum(value - lowest, highest - value)
    far[BEFORE:] = beyond > (least if len(least) == 1 else least[BEFORE:])
    return far


def _seven(best: np.ufunc, value: Ints) -> Ints:
    """The lowest or highest of every seven neighbours."""
    two = best(value[:-1], value[1:])
    four = best(two[:-2], two[2:])
    seven: Ints = best(four[:-3], four[3:])
    return seven


def _five(best: np.ufunc, value: Ints) -> Ints:
    """The same of every five."""
    two = best(value[:-1], value[1:])
    four = best(two[:-2], two[2:])
    five: Ints = best(four[:-1], value[4:])
    return five


def _hampel(own: _Stretch, maybe: Ints) -> None:
    """Exact medians of some windows: the median, and the median deviation from it (MAD).

    In halves of a quantum, so that the mean of two middle values stays whole. Readings are
    below 2**40, deviations below 2**42, their two middle ones together below 2**43; times
    50 x 14826 (the greatest threshold that loads) that is below 2**63.
    """
    value, near = _windows(own, maybe)
    double, spread = _medians(value, near)
    spread = np.maximum(spread, 4 * own.each(own.lines.spike_floor, maybe))
    suspect = own.each(own.lines.spike, maybe) * 14826 * spread
    fail = own.each(own.lines.spike_fail, maybe) * 14826 * spread
    off = 20000 * np.abs(2 * value[BEFORE:] - double)
    back = (near[-AFTER:] & (off[-AFTER:] <= suspect)).any(axis=0)
    told = near.sum(axis=0) >= FEWEST
    # A value that a batch analyser held for its whole cycle was measured: suspect, no glitch.
    same = near & (np.abs(value - value[BEFORE]) < own.each(own.lines.step, maybe))
    glitch = same.sum(axis=0) < own.each(own.lines.cycle, maybe)
    failed = told & (off[0] > fail) & back & glitch
    own.marks.unevaluated[maybe[~told]] |= int(Test.SPIKE)
    own.marks.fail[maybe[failed]] |= int(Test.SPIKE)
    own.marks.suspect[maybe[told & (off[0] > suspect) & ~failed]] |= int(Test.SPIKE)


def _windows(own: _Stretch, maybe: Ints) -> tuple[Ints, Mask]:
    """The 13 readings around each, one window a column: values, and which of them belong."""
    place = maybe + np.arange(-BEFORE, AFTER + 1)[:, None]
    inside = (place >= 0) & (place < len(own.at))
    place = np.clip(place, 0, len(own.at) - 1)
    at, interval = own.at[maybe], own.each(own.lines.interval, maybe)
    since = at - own.each(own.lines.spike_reach, maybe)
    slot = (at - own.each(own.lines.ends, maybe)) % interval
    until = at - slot + (AFTER + 1) * interval
    inside &= own.line[place] == own.line[maybe]
    found = own.at[place]
    return own.value[place], inside & (found >= since) & (found < until)


def _medians(value: Ints, near: Mask) -> tuple[Ints, Ints]:
    """Of each column: twice its median, and four times its MAD, over the values that belong."""
    ranked, readings = _sorted(np.where(near, value, NEVER)), near.sum(axis=0)
    double, spread = np.zeros_like(readings), np.zeros_like(readings)
    for size in np.flatnonzero(np.bincount(readings)).tolist():
        these = np.flatnonzero(readings == size)
        few = ranked[:size] if len(these) == len(readings) else ranked[:size, these]
        double[these] = middle = few[(size - 1) // 2] + few[size // 2]
        spread[these] = sum(_nearest(2 * few, middle, (size + odd) // 2) for odd in (1, 2))
    return double, spread


def _nearest(ranked: Ints, middle: Ints, rank: int) -> Ints:
    """The distance of the `rank`-th nearest of sorted values: the tightest run of so many."""
    low, high = ranked[: len(ranked) - rank + 1], ranked[rank - 1 :]
    distance: Ints = np.maximum(middle - low, high - middle).min(axis=0)
    return distance


def _sorted(columns: Ints) -> Ints:
    """Every column sorted, by comparing whole rows: much faster than sorting 13 at a time."""
    rows = list(columns)
    for one, two in _PAIRS:
        low, high = rows[one], rows[two]
        rows[one], rows[two] = np.minimum(low, high), np.maximum(low, high)
    return np.array(rows)


def _pairs(size: int) -> Iterator[tuple[int, int]]:
    """Batcher's merge exchange: the pairs of rows to compare, in order, to sort so many."""
    half = top = 1 << (size - 1).bit_length() - 1
    while half:
        step, rest, upper = half, 0, top
        while True:
            yield from ((row, row + step) for row in range(size - step) if row & half == rest)
            if upper == half:
                break
            step, rest, upper = upper - half, half, upper // 2
        half //= 2


_PAIRS = tuple(_pairs(BEFORE + 1 + AFTER))


def _flat(own: _Stretch, elapsed: Ints, change: Ints) -> None:
    """The same value for too long, within less than one step, looking back only."""
    band = own.per(own.lines.band)
    if not band.any():
        return
    _few(own)
    quiet = (change < band) & (elapsed < _LINE // 2)
    maybe = np.flatnonzero(_lasting(quiet, _least(own)))
    maybe = maybe[own.value[maybe] > own.each(own.lines.flat_above, maybe)]
    if not len(maybe):
        return
    counts = [np.cumsum(steps, dtype=np.int64) for steps in (~quiet, change > 0)]
    flat = maybe[_still(own, maybe, own.lines.flat, *counts)]
    failed = flat[own.value[flat] < own.each(own.lines.full, flat)]
    failed = failed[_still(own, failed, own.lines.flat_fail, *counts)]
    own.marks.suspect[flat] |= int(Test.FLAT_LINE)
    own.marks.suspect[failed] ^= int(Test.FLAT_LINE)
    own.marks.fail[failed] |= int(Test.FLAT_LINE)


def _few(own: _Stretch) -> None:
    """Three readings in the time of a flat line tell nothing."""
    alone = np.ones(len(own.at), np.bool_)
    flat = own.per(own.lines.flat)
    back = LEAST_FLAT - 1
    alone[back:] = own.key[back:] - own.key[:-back] > (flat if len(flat) == 1 else flat[back:])
    alone &= flat < NEVER
    own.marks.unevaluated[np.flatnonzero(alone)] |= int(Test.FLAT_LINE)


def _least(own: _Stretch) -> int:
    """How many quiet steps in a row every flat line of this stretch has."""
    return (
        int(_needed(own.lines, np.arange(own.line[0], own.line[-1] + 1), own.lines.flat).min()) - 1
    )


def _needed(lines: Lines, line: Ints, longest: Ints) -> Ints:
    """The readings that a flat line needs: half of its slots, and four."""
    needed: Ints = np.maximum(LEAST_FLAT, longest[line] // (2 * lines.interval[line]))
    return needed


def _lasting(quiet: Mask, steps: int) -> Mask:
    """Where at least so many steps in a row, up to and with this one, were quiet."""
    lasting, length = quiet.copy(), 1
    while length < steps:
        more = min(length, steps - length)
        lasting[more:] &= lasting[:-more].copy()
        lasting[:more] = False
        length += more
    return lasting


def _still(own: _Stretch, maybe: Ints, longest: Ints, loud: Ints, moves: Ints) -> Mask:
    """Whether all readings of the last `longest` seconds lie within less than one step.

    They must reach back to the slot of the window's start, and fill half of its slots.
    `loud` counts the changes by a step so far, `moves` all: they spare most the exact look.
    """
    lasts, interval = own.each(longest, maybe), own.each(own.lines.interval, maybe)
    first = np.searchsorted(own.key, own.key[maybe] - lasts)
    old = own.key[maybe] - own.key[first] >= lasts - interval - interval // 5
    enough = maybe - first + 1 >= _needed(own.lines, own.line[maybe], longest)
    still: Mask = old & enough & (loud[first] == loud[maybe])
    chosen = np.flatnonzero(still & (moves[first] < moves[maybe]))
    extent = _extent(own.value, first[chosen], maybe[chosen])
    still[chosen] = extent < own.each(own.lines.band, maybe[chosen])
    return still


def _extent(value: Ints, first: Ints, last: Ints) -> Ints:
    """Highest minus lowest of value[first..last], for many ranges: two powers of two cover each."""
    extent = np.zeros(len(first), np.int64)
    length, size = last - first + 1, 1
    low = high = value
    while size <= (int(length.max()) if len(length) else 0):
        now = np.flatnonzero((length >= size) & (length < 2 * size))
        left, right = first[now], last[now] - size + 1
        extent[now] = np.maximum(high[left], high[right]) - np.minimum(low[left], low[right])
        low, high = np.minimum(low[:-size], low[size:]), np.maximum(high[:-size], high[size:])
        size *= 2
    return extent

"""The window: what the judgement looks at, as columns.

A *line* is one series under one set of terms over a stretch of days, with the readings of
those days and their context: what the quality checks look back at and ahead to. A *row* is
one local day of a line that is to be judged. Readings belong to lines; a reading on a day
without a row is context and is never counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.amendments import Amendment
from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET, midnight
from rules.terms import Terms

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows to judge and the readings that bear on them.

    Columns of one element a row (`row_line`, `row_day`: rising together) and of one element
    a reading (`line`, `at`, `value`, `status`: any order, repeats allowed).
    """

    terms: tuple[Terms, ...]  # one a line
    row_line: Ints
    row_day: Ints  # the local midnight, UTC epoch seconds
    line: Ints
    at: Ints  # observed_at, UTC epoch seconds
    value: Ints  # quanta
    status: Ints
    amendments: tuple[tuple[int, Amendment], ...] = ()  # (line, one that holds), as recorded

    @classmethod
    def of_day(
        cls,
        terms: tuple[Terms, ...],
        day: int,
        readings: tuple[Ints, Ints, Ints, Ints],
        amendments: tuple[tuple[int, Amendment], ...] = (),
    ) -> Window:
        """A window in which every line has one row, the same day; readings with context."""
        lines = np.arange(len(terms), dtype=np.int64)
        return cls(terms, lines, np.full(len(terms), day, np.int64), *readings, amendments)


@dataclass(frozen=True, slots=True)
class Rows:
    """The terms as columns, one element a row."""

    line: Ints
    day: Ints
    interval: Ints
    ends: Mask
    low: Ints
    high: Ints
    usual: int  # the interval of all rows; 0 where they differ
    _key: Ints  # line and day number as one rising number

    @classmethod
    def of(cls, window: Window) -> Rows:
        """The columns of a window's rows."""
        line, day = window.row_line, window.row_day
        interval = column(window.terms, "interval")
        ends = np.array([term.stamp_ends for term in window.terms], np.bool_)
        intervals = np.unique(interval)
        return cls(
            line=line,
            day=day,
            interval=interval[line],
            ends=ends[line],
            low=column(window.terms, "low")[line],
            high=column(window.terms, "high")[line],
            usual=int(intervals[0]) if len(intervals) == 1 else 0,
            _key=_key(line, (day + OFFSET) // DAY_SECONDS),
        )

    def of_readings(self, line: Ints, at: Ints, ends: Mask) -> Ints:
        """The row of each reading, -1 for context; readings rise by line and time.

        `ends` says of each line whether a time closes its slot: then 00:00:00 closes a day.
        """
        closing = at - ends[line] if ends.any() else at
        key = _key(line, (closing + OFFSET) // DAY_SECONDS)
        first = starts(key)
        if not len(self._key):
            return np.full(at.shape, -1, np.int64)
        found = np.searchsorted(self._key, key[first])
        found[found == len(self._key)] = 0
        row = np.where(self._key[found] == key[first], found, -1)
        return np.repeat(row, np.diff(np.append(first, len(at))))


def slot_of(offset: Ints, interval: Ints | int, ends: Mask) -> Ints:
    """Slot indices of offsets from local midnight (seconds).

    A slot is [start, end) where times mean its start, (start, end] where they mean its end.
    An instant within a tenth of the interval of a boundary belongs to that boundary's slot,
    but never across an hour: 08:04:45 is the 08:05 slot, 08:59:45 stays before nine.
    """
    opening = offset // interval
    if np.array_equal(opening * interval, offset):  # every time stands on a boundary
        return opening - ends
    tolerance = interval // 10
    boundary = (opening + 1) * interval
    early = (boundary - offset <= tolerance) & (boundary % HOUR_SECONDS != 0)
    closing = (offset - 1) // interval
    behind = closing * interval
    late = (offset - behind <= tolerance) & (behind % HOUR_SECONDS != 0)
    index: Ints = np.where(ends, closing - late, opening + early)
    return index


def slots_of(terms: tuple[Terms, ...], line: Ints, at: Ints) -> Ints:
    """One number a slot, over all lines and days, of some readings."""
    interval = column(terms, "interval")[line]
    ends = np.array([term.stamp_ends for term in terms], np.bool_)[line]
    day = at - ends - (at - ends + OFFSET) % DAY_SECONDS
    index = slot_of(at - day, interval, ends)
    key: Ints = (line << 40) + day + index * interval
    return key


def column(terms: tuple[Terms, ...], name: str) -> Ints:
    """A whole number of every line's terms."""
    return np.array([getattr(term, name) for term in terms], np.int64)


def _key(line: Ints, number: Ints) -> Ints:
    key: Ints = (line << 32) + number
    return key


def day_of(at: int, stamp_ends: bool) -> int:
    """The local midnight of the day a time belongs to: 00:00:00 opens a day, or closes one."""
    return midnight(at - 1 if stamp_ends else at)


def changes(*columns: Ints) -> Mask:
    """True where any column differs from the element before; the first is always True."""
    changed = np.zeros(columns[0].shape, np.bool_)
    if len(changed):
        changed[0] = True
    for one in columns:
        changed[1:] |= one[1:] != one[:-1]
    return changed


def starts(*columns: Ints) -> Ints:
    """Where each run of equal keys begins."""
    return np.flatnonzero(changes(*columns)).astype(np.int64)

"""The grid: readings become slots. Filling a slot twice changes nothing, in any order.

A window is a table of rows (one series on one local day) and the readings that fell on
them, as columns. `fill` sorts, drops repeats, and gives two tables: what each slot held,
and the value of each slot that counts. All values are whole quanta; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight
from rules.model import Status
from rules.terms import Terms

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# What a reading (and so a slot) is, best first: a slot is what its best reading is.
COUNTED, CALIBRATING, FAULTY, UNKNOWN, FAILED = range(5)
SET_ASIDE = (CALIBRATING, FAULTY, UNKNOWN, FAILED)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows to judge and the readings that bear on them; columns of equal length."""

    terms: tuple[Terms, ...]
    row: Ints  # index into terms
    at: Ints  # observed_at, UTC epoch seconds
    value: Ints  # quanta
    status: Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """The terms as columns, one element a row."""

    day: Ints
    interval: Ints
    ends: Mask
    low: Ints
    high: Ints

    @classmethod
    def of(cls, terms: tuple[Terms, ...]) -> Rows:
        """The columns of some terms."""
        return cls(
            day=np.array([term.day for term in terms], np.int64),
            interval=np.array([term.interval for term in terms], np.int64),
            ends=np.array([term.stamp_ends for term in terms], np.bool_),
            low=np.array([term.low for term in terms], np.int64),
            high=np.array([term.high for term in terms], np.int64),
        )


@dataclass(frozen=True, slots=True)
class Slots:
    """What a window's slots hold. Slots without a reading are not listed.

    `row`, `index`, `kind` describe every slot that received something; the `v_` columns only
    those that count: how many distinct instants, the sums of their lowest and highest
    competing values, and whether any instant had more than one.
    """

    row: Ints
    index: Ints
    kind: Ints
    v_row: Ints
    v_index: Ints
    v_count: Ints
    v_low: Ints
    v_high: Ints
    v_conflict: Mask


def day_of(at: int, stamp_ends: bool) -> int:
    """The local midnight of the day a time belongs to: 00:00:00 opens a day, or closes one."""
    return midnight(at - 1 if stamp_ends else at)


def slot_of(offset: Ints, interval: Ints, ends: Mask) -> Ints:
    """Slot indices of offsets from local midnight (seconds).

    A slot is [start, end) where times mean its start, (start, end] where they mean its end.
    An instant within a tenth of the interval of a boundary belongs to that boundary's slot,
    but never across an hour: 08:04:45 is the 08:05 slot, 08:59:45 stays before nine.
    """
    tolerance = interval // 10
    opening = offset // interval
    boundary = (opening + 1) * interval
    early = (boundary - offset <= tolerance) & (boundary % HOUR_SECONDS != 0)
    closing = (offset - 1) // interval
    behind = closing * interval
    late = (offset - behind <= tolerance) & (behind % HOUR_SECONDS != 0)
    index: Ints = np.where(ends, closing - late, opening + early)
    return index


def classify(value: Ints, status: Ints, low: Ints, high: Ints) -> Ints:
    """What each reading is: COUNTED, or the kind it is set aside as."""
    kind = np.full(value.shape, UNKNOWN, np.int64)
    kind[status == Status.CALIBRATING] = CALIBRATING
    kind[status == Status.FAULT] = FAULTY
    measuring = status == Status.MEASURING
    kind[measuring] = np.where((value >= low) & (value <= high), COUNTED, FAILED)[measuring]
    return kind


def fill(window: Window, rows: Rows) -> Slots:
    """The slots of a window. The same set of readings gives the same slots in any order."""
    row, at, value, status = _distinct(window, rows)
    index = slot_of(at - rows.day[row], rows.interval[row], rows.ends[row])
    kind = classify(value, status, rows.low[row], rows.high[row])
    first = _starts(row, index)
    counted = kind == COUNTED
    return Slots(
        row[first],
        index[first],
        np.minimum.reduceat(kind, first) if len(first) else kind,
        *_valid(row[counted], at[counted], index[counted], value[counted]),
    )


def _distinct(window: Window, rows: Rows) -> tuple[Ints, Ints, Ints, Ints]:
    """The readings of the rows' own days, sorted by row, time, value, status, without repeats."""
    row, at, value, status = window.row, window.at, window.value, window.status
    offset = at - rows.day[row]
    own = np.where(rows.ends[row], offset - 1, offset)
    inside = (own >= 0) & (own < DAY_SECONDS)
    if not inside.all():
        row, at, value, status = row[inside], at[inside], value[inside], status[inside]
    if not _rising(row, at):
        order = np.lexsort((status, value, at, row))
        row, at, value, status = row[order], at[order], value[order], status[order]
        fresh = _changes(row, at, value, status)
        row, at, value, status = row[fresh], at[fresh], value[fresh], status[fresh]
    return row, at, value, status


def _rising(row: Ints, at: Ints) -> bool:
    """Whether every reading stands strictly after the one before: nothing to sort or drop."""
    later = (row[1:] > row[:-1]) | ((row[1:] == row[:-1]) & (at[1:] > at[:-1]))
    return bool(later.all())


def _changes(*columns: Ints) -> Mask:
    """True where any column differs from the element before; the first is always True."""
    changed = np.zeros(columns[0].shape, np.bool_)
    if len(changed):
        changed[0] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _starts(*columns: Ints) -> Ints:
    """Where each run of equal keys begins."""
    return np.flatnonzero(_changes(*columns)).astype(np.int64)


def _valid(
    row: Ints, at: Ints, index: Ints, value: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Mask]:
    """The counting slots: instants first (lowest and highest competing value), then slots."""
    if not len(row):
        return row, index, row, value, value, np.zeros(0, np.bool_)
    instant = _starts(row, at)
    last = np.append(instant[1:], len(row)) - 1
    low, high = value[instant], value[last]  # values rise within an instant
    row, index, conflict = row[instant], index[instant], last > instant
    first = _starts(row, index)
    count = np.diff(np.append(first, len(row)))
    return (
        row[first],
        index[first],
        count.astype(np.int64),
        np.add.reduceat(low, first),
        np.add.reduceat(high, first),
        np.logical_or.reduceat(conflict, first),
    )

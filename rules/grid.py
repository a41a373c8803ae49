"""The grid: readings become slots. Filling a slot twice changes nothing, in any order.

`fill` takes assessed readings and gives two tables: what each slot of the rows held, and
the value of each slot that counts. All values are whole quanta; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rules.assess import COUNTED, Assessed
from rules.window import Ints, Mask, Rows, Window, slot_of, starts


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


def fill(window: Window, rows: Rows, readings: Assessed) -> Slots:
    """The slots of a window. The same set of readings gives the same slots in any order."""
    ends = np.array([term.stamp_ends for term in window.terms], np.bool_)
    row = rows.of_readings(readings.line, readings.at, ends)
    at, kind, used = readings.at, readings.kind, readings.used
    own = row >= 0
    if not own.all():
        row, at, kind, used = row[own], at[own], kind[own], used[own]
    interval = rows.usual or rows.interval[row]
    index = slot_of(at - rows.day[row], interval, rows.ends[row])
    first = starts(row, index)
    counted = kind == COUNTED
    if counted.all() and len(first) == len(row):  # one reading a slot, and it counts: the usual
        one, none = np.ones_like(row), np.zeros(row.shape, np.bool_)
        return Slots(row, index, kind, row, index, one, used, used, none)
    valid = (row[counted], at[counted], index[counted], used[counted])
    kinds = np.minimum.reduceat(kind, first) if len(first) else kind
    return Slots(row[first], index[first], kinds, *_valid(*valid))


def _valid(
    row: Ints, at: Ints, index: Ints, value: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Mask]:
    """The counting slots: instants first (lowest and highest competing value), then slots."""
    if not len(row):
        return row, index, row, value, value, np.zeros(0, np.bool_)
    instant = starts(row, at)
    low = np.minimum.reduceat(value, instant)
    high = np.maximum.reduceat(value, instant)
    conflict = low < high
    row, index = row[instant], index[instant]
    first = starts(row, index)
    count = np.diff(np.append(first, len(row)))
    return (
        row[first],
        index[first],
        count.astype(np.int64),
        np.add.reduceat(low, first),
        np.add.reduceat(high, first),
        np.logical_or.reduceat(conflict, first),
    )

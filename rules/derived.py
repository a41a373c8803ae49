"""The slots of series that are made of others: loads and daily volumes.

A slot of a derived row is made of the same slot of its parts. It counts where every part
counts: the product of their values times the exact factor, rounded once to a whole quantum
(half to even; a milligram or a millilitre a day). Contested values make a lowest and a highest
product. Where a part is set aside the slot is set aside as the worst of them, and where one
has received nothing, so has the slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import reduce

import numpy as np

from rules.grid import Slots
from rules.loads import Derived, rounded
from rules.model import Series
from rules.window import Ints, Window


def with_derived(window: Window, slots: Slots) -> Slots:
    """The slots of measured rows, and with them those of the rows that are made of them."""
    if not any(term.derived for term in window.terms):
        return slots
    places = list(zip(window.row_line.tolist(), window.row_day.tolist(), strict=True))
    known = {(window.terms[line].series, day): row for row, (line, day) in enumerate(places)}
    tables = [slots]
    for row, (line, day) in enumerate(places):
        term = window.terms[line]
        if term.derived is not None:
            station = term.series.station
            parts = [known.get((Series(station, key), day)) for key in term.derived.parts]
            rows = [part for part in parts if part is not None]
            if len(rows) == len(parts):
                tables.append(_made(term.derived, slots, rows, row))
    return _sorted(tables)


def _made(of: Derived, slots: Slots, rows: Sequence[int], row: int) -> Slots:
    """The slots of one row: the product of some others."""
    spans = [_span(slots.row, row) for row in rows]
    index = _common([slots.index[span] for span in spans])
    kinds = [slots.kind[span][np.isin(slots.index[span], index)] for span in spans]
    spans = [_span(slots.v_row, row) for row in rows]
    counting = _common([slots.v_index[span] for span in spans])
    places = [np.arange(s.start, s.stop)[np.isin(slots.v_index[s], counting)] for s in spans]
    low, high = (
        _product(of, [values[at] for at in places], [slots.v_count[at] for at in places])
        for values in (slots.v_low, slots.v_high)
    )
    conflict = reduce(np.logical_or, [slots.v_conflict[at] for at in places])
    return Slots(
        np.full_like(index, row), index, reduce(np.maximum, kinds),
        np.full_like(counting, row), counting, np.ones_like(counting), low, high, conflict,
    )  # fmt: skip


def _span(row: Ints, wanted: int) -> slice:
    return slice(*np.searchsorted(row, [wanted, wanted + 1]).tolist())


def _common(indices: Sequence[Ints]) -> Ints:
    """The indices that all have; each rises."""
    both: Ints = reduce(np.intersect1d, indices)
    return both


def _product(of: Derived, sums: Sequence[Ints], counts: Sequence[Ints]) -> Ints:
    """Products of means (a sum over a count each) in quanta; in Python's integers, as a
    product of two 64-bit numbers does not fit one."""
    above = reduce(np.multiply, [one.astype(object) for one in sums]) * of.factor.numerator
    below = reduce(np.multiply, [one.astype(object) for one in counts]) * of.factor.denominator
    pairs = zip(above.tolist(), below.tolist(), strict=True)
    return np.array([rounded(top, bottom) for top, bottom in pairs], np.int64)


def _sorted(tables: Sequence[Slots]) -> Slots:
    """All of them in one, rising by row and by index within it."""
    columns = [
        np.concatenate([getattr(one, column.name) for one in tables]) for column in fields(Slots)
    ]
    row, index, kind, v_row, *valid = columns
    every, own = np.argsort(row, kind="stable"), np.argsort(v_row, kind="stable")
    return Slots(row[every], index[every], kind[every], v_row[own], *(one[own] for one in valid))

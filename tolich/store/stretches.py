"""Stretches of stored history as windows to judge: one line a series, whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from sqlalchemy import Connection

from rules.amendments import Amendment, effective
from rules.checks import LONGEST as LONGEST_CHECK
from rules.days import DAY_SECONDS
from rules.model import Series
from rules.terms import Terms
from rules.window import Window
from tolich.store.amendments import read
from tolich.store.readings import readings_after, readings_before, readings_between

LONGEST_REACH = LONGEST_CHECK + DAY_SECONDS

LONGEST = 28
"""Days of one stretch: long enough to read and judge at full speed, short enough to hold."""

DayTerms = tuple[Terms, ...]


def stretches(
    first: int, last: int, terms: Callable[[int], tuple[DayTerms, ...]]
) -> Iterator[tuple[int, int, tuple[DayTerms, ...]]]:
    """(first day, number of days, terms) of what can be judged at once, from `first` to `last`.

    Days are local midnights, both inclusive. `terms` gives the terms of a day, as many sets
    as are to be compared; a stretch ends where any of them is another object.
    """
    begin, own = first, terms(first)
    for day in range(first + DAY_SECONDS, last + DAY_SECONDS, DAY_SECONDS):
        new = terms(day)
        same = all(one is other for one, other in zip(own, new, strict=True))
        if not same or day - begin >= LONGEST * DAY_SECONDS:
            yield begin, (day - begin) // DAY_SECONDS, own
            begin, own = day, new
    if first <= last:
        yield begin, (last - begin) // DAY_SECONDS + 1, own


def read_stretch(
    connection: Connection,
    terms: DayTerms,
    keys: Mapping[Series, int],
    first: int,
    days: int,
) -> Window:
    """Some days of a station under the same terms, with what their quality checks look at.

    The amendments that hold are in it. `keys` are those of what is measured.
    """
    measured = [term for term in terms if term.derived is None]  # they come first
    series = [keys[term.series] for term in measured]
    end = first + days * DAY_SECONDS
    found = [
        readings_before(connection, measured, series, first),
        readings_between(connection, series, first, end),
        readings_after(connection, measured, series, end - DAY_SECONDS),
    ]
    count = sum(len(part) for part in found)
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(found)), np.int64, 5 * count)
    key, at, value, status, _ = flat.reshape(-1, 5).T.copy()
    order = np.argsort(np.array(series, np.int64))
    line = order[np.searchsorted(np.array(series, np.int64), key, sorter=order)].astype(np.int64)
    none = np.zeros(0, np.int64)
    blank = Window((), none, none, line, at, value, status)
    held = _amendments(connection, [term.series for term in measured], first, end)
    return under_terms(replace(blank, amendments=held), terms, first, days)


def under_terms(window: Window, terms: DayTerms, first: int, days: int) -> Window:
    """The same readings under other terms of the same measured series, in the same order."""
    lines = np.arange(len(terms), dtype=np.int64)
    each = first + np.arange(days, dtype=np.int64) * DAY_SECONDS
    return replace(
        window, terms=terms, row_line=np.repeat(lines, days), row_day=np.tile(each, len(terms))
    )


def _amendments(
    connection: Connection, measured: Sequence[Series], first: int, end: int
) -> tuple[tuple[int, Amendment], ...]:
    recorded = read(connection, [measured[0].station], first - LONGEST_REACH, end + DAY_SECONDS)
    lines = {series: line for line, series in enumerate(measured)}
    return tuple((lines[one.series], one) for one in effective(recorded) if one.series in lines)

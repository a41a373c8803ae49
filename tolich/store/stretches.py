"""Stretches of stored history as windows to judge: one line a series, whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np
from sqlalchemy import Connection

from rules.days import DAY_SECONDS
from rules.terms import Terms
from rules.window import Window
from tolich.store.readings import readings_after, readings_before, readings_between

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
    connection: Connection, terms: DayTerms, series: Sequence[int], first: int, days: int
) -> Window:
    """Some days of a station under the same terms, with what their quality checks look at.

    `series` are the keys of the terms, in their order.
    """
    end = first + days * DAY_SECONDS
    found = [
        readings_before(connection, terms, series, first),
        readings_between(connection, series, first, end),
        readings_after(connection, terms, series, end - DAY_SECONDS),
    ]
    count = sum(len(part) for part in found)
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(found)), np.int64, 5 * count)
    key, at, value, status, _ = flat.reshape(-1, 5).T
    order = np.argsort(np.array(series, np.int64))
    line = order[np.searchsorted(np.array(series, np.int64), key, sorter=order)]
    lines = np.arange(len(terms), dtype=np.int64)
    return Window(
        terms,
        np.repeat(lines, days),
        np.tile(first + np.arange(days, dtype=np.int64) * DAY_SECONDS, len(terms)),
        line.astype(np.int64),
        at.copy(),
        value.copy(),
        status.copy(),
    )

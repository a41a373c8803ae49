"""The writer's memory of station-days: readings as columns, and what was last written of them.

A cache and nothing more: everything in it is read again from the store when it is missing,
so that starting, recovering and a message from another process are one path.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from sqlalchemy import Connection

from rules.days import DAY_SECONDS
from rules.grid import Ints, slot_of
from rules.judge import OUTCOMES, REASONS
from rules.model import Outcome, Period, Reason
from rules.terms import Terms
from tolich.store.intake import NEVER, ReadingRow, StationDay
from tolich.store.readings import readings_between
from tolich.store.verdicts import Stored, stored_findings

_OUTCOME = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_REASON = {reason: code for code, reason in enumerate(REASONS)}

CONTENT = 14
"""Whole numbers that say what a finding says, in the order of `_content`."""

KEPT_READINGS = 4_000_000
"""Readings kept in memory before the oldest station-days are let go (about 40 bytes each)."""


@dataclass(slots=True)
class Written:
    """The findings of one period length as last written: arrays (rows, periods of the day).

    `content` has a third axis of CONTENT; `key` and `revision` are 0 where none was written.
    """

    content: Ints
    key: Ints
    revision: Ints

    @classmethod
    def nothing(cls, rows: int, columns: int) -> Written:
        """Nothing written yet."""
        shape = (rows, columns)
        return cls(
            np.full((*shape, CONTENT), -1, np.int64),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
        )


@dataclass(slots=True)
class DayWindow:
    """One station's day: its terms, its readings, and its findings as last written."""

    station: str
    day: int
    terms: tuple[Terms, ...]
    rows: Mapping[int, int]  # series key -> row
    row: array[int] = field(default_factory=lambda: array("q"))
    at: array[int] = field(default_factory=lambda: array("q"))
    value: array[int] = field(default_factory=lambda: array("q"))
    status: array[int] = field(default_factory=lambda: array("q"))
    raw: array[int] = field(default_factory=lambda: array("q"))
    written: dict[str, Written] = field(default_factory=dict)  # by period
    judged_raw: int = NEVER

    def add(self, readings: Iterable[ReadingRow]) -> None:
        """Add readings; a repeat is harmless, the grid drops it."""
        for series, at, value, status, raw in readings:
            row = self.rows.get(series)
            if row is None:
                continue
            self.row.append(row)
            self.at.append(at)
            self.value.append(value)
            self.status.append(status)
            self.raw.append(raw)

    def fill(self, readings: Sequence[ReadingRow]) -> None:
        """Add many readings of series that are all this window's."""
        if not readings:
            return
        flat = np.fromiter(chain.from_iterable(readings), np.int64, 5 * len(readings))
        table = flat.reshape(-1, 5)
        keys = np.array(sorted(self.rows), np.int64)
        rows = np.array([self.rows[key] for key in sorted(self.rows)], np.int64)
        self.row.frombytes(rows[np.searchsorted(keys, table[:, 0])].tobytes())
        for column, kept in enumerate((self.at, self.value, self.status, self.raw), start=1):
            kept.frombytes(table[:, column].tobytes())

    def newcomers(self, row: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """(at, value, status), by time, of a row's readings in a period never judged yet."""
        # Views, not copies; they must be gone before the arrays can grow again.
        rows, at, raw = (np.frombuffer(kept, np.int64) for kept in (self.row, self.at, self.raw))
        new = np.flatnonzero((rows == row) & (raw > self.judged_raw))
        interval = np.array(self.terms[row].interval, np.int64)
        ends = np.array(self.terms[row].stamp_ends, np.bool_)
        slot = self.day + slot_of(at[new] - self.day, interval, ends) * interval
        own = new[(slot >= start) & (slot < end)].tolist()
        return sorted((self.at[i], self.value[i], self.status[i]) for i in own)

    def has_newcomers(self) -> bool:
        """Whether any series got a reading that was never judged."""
        return max(self.raw, default=NEVER) > self.judged_raw

    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """row, at, value, status, raw as arrays of their own."""
        return (
            np.array(self.row, np.int64),
            np.array(self.at, np.int64),
            np.array(self.value, np.int64),
            np.array(self.status, np.int64),
            np.array(self.raw, np.int64),
        )


def folded(number: int) -> int:
    """A whole number as one that fits 64 bits; only equality matters where it is used."""
    return number if abs(number) < 2**62 else number % (2**61 - 1)


def _content(stored: Stored) -> list[int]:
    counts = stored.counts
    return [
        _OUTCOME[Outcome(stored.outcome)],
        _REASON[Reason(stored.reason)],
        folded(stored.num),
        stored.den,
        counts.expected,
        counts.received,
        counts.valid,
        counts.calibrating,
        counts.faulty,
        counts.failed,
        counts.unknown,
        counts.conflicting,
        int(stored.final),
        stored.limit,
    ]


class Windows:
    """Station-days in memory, least recently used let go first."""

    def __init__(self, kept: int = KEPT_READINGS) -> None:
        self._kept = kept
        self._days: OrderedDict[StationDay, DayWindow] = OrderedDict()

    def get(self, day: StationDay) -> DayWindow | None:
        """A station-day, if it is in memory."""
        found = self._days.get(day)
        if found is not None:
            self._days.move_to_end(day)
        return found

    def put(self, window: DayWindow) -> None:
        """Keep a station-day, letting old ones go when there are too many readings."""
        self._days[(window.station, window.day)] = window
        total = sum(len(kept.at) for kept in self._days.values()) if len(self._days) > 64 else 0
        while total > self._kept:
            _, gone = self._days.popitem(last=False)
            total -= len(gone.at)

    def forget(self, day: StationDay | None = None) -> None:
        """Let one station-day go, or all: a transaction failed, or another process wrote."""
        if day is None:
            self._days.clear()
        else:
            self._days.pop(day, None)


def load_window(
    connection: Connection,
    day: StationDay,
    terms: tuple[Terms, ...],
    series: Sequence[int],
    periods: Sequence[Period],
    judged_raw: int,
) -> DayWindow:
    """A station-day from the store; `series` are the keys of the terms, in their order."""
    station, start = day
    rows = {key: row for row, key in enumerate(series)}
    window = DayWindow(station, start, terms, rows, judged_raw=judged_raw)
    window.fill(readings_between(connection, series, start, start + DAY_SECONDS))
    lengths = {period.name: period.length for period in periods}
    for name, length in lengths.items():
        window.written[name] = Written.nothing(len(terms), DAY_SECONDS // length)
    if judged_raw == NEVER:
        return window
    for stored in stored_findings(connection, series, start, start + DAY_SECONDS):
        written = window.written[stored.period]
        at = (rows[stored.series], (stored.start - start) // lengths[stored.period])
        written.content[at] = _content(stored)
        written.key[at], written.revision[at] = stored.key, stored.revision
    return window

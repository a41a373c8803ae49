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
import numpy.typing as npt
from sqlalchemy import Connection

from rules.amendments import Amendment, effective
from rules.days import DAY_SECONDS
from rules.judge import OUTCOMES, REASONS
from rules.model import Outcome, Period, Reason
from rules.terms import Terms
from rules.window import Ints, Mask, Window, slot_of
from tolich.store.intake import NEVER, ReadingRow, StationDay
from tolich.store.readings import readings_after, readings_before, readings_between
from tolich.store.verdicts import Stored, folded_digest, stored_findings

_OUTCOME = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_REASON = {reason: code for code, reason in enumerate(REASONS)}

CONTENT = 14
"""Whole numbers that say what a finding says, in the order of `Settler._content`."""

FINAL = 12
"""Which of them says whether the period had closed."""

REACH = 3 * DAY_SECONDS
"""The furthest that any quality check looks back."""

KEPT_READINGS = 4_000_000
"""Readings kept in memory before the oldest station-days are let go (about 40 bytes each)."""

LOOK_EVERY = 64
"""Station-days put into memory between looks at how many readings there are."""


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


_NO_ROWS = np.zeros(0, np.int64)

Columns = tuple[Ints, Ints, Ints, Ints]
"""row, at, value, status of readings."""


@dataclass(slots=True)
class DayWindow:
    """One station's day: its terms, its readings, and its findings as last written.

    `before` and `after` are readings of the neighbouring days that its quality checks look
    at; None until they are read, and again when one of them may have changed.
    """

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
    kept: int | None = None  # the key of its terms on record
    rejudged: Mapping[str, str] | None = None  # who wants it judged again, and why
    before: Columns | None = None
    after: Columns | None = None
    around_raw: int = NEVER  # the newest message among `before` and `after`
    newest: int = NEVER  # the newest message among its own readings
    unread: set[int] = field(default_factory=set)  # rows that were not read from the store yet
    judging: Ints = field(default_factory=lambda: _NO_ROWS)  # the rows to judge now
    reading: Ints = field(default_factory=lambda: _NO_ROWS)  # and with what they are made of
    _came_since: tuple[int, int] = (NEVER, NEVER)  # what `_came` was made of
    _came: dict[int, list[tuple[int, tuple[int, int, int]]]] = field(default_factory=dict)
    recorded: tuple[Amendment, ...] = ()  # what was decided of its readings and its neighbours'
    judged_amendment: int = 0

    def add(self, readings: Iterable[ReadingRow]) -> None:
        """Add readings; a repeat is harmless, the grid drops it."""
        for series, at, value, status, raw in readings:
            row = self.rows.get(series)
            if row is None or row in self.unread:
                continue
            if raw > self.newest:
                self.newest = raw
            self.row.append(row)
            self.at.append(at)
            self.value.append(value)
            self.status.append(status)
            self.raw.append(raw)

    def fill(self, readings: Sequence[ReadingRow]) -> None:
        """Add many readings of series that are all this window's."""
        if not readings:
            return
        row, table = _table(self.rows, readings)
        self.newest = max(self.newest, int(table[:, 4].max()))
        self.row.frombytes(row.tobytes())
        for column, kept in enumerate((self.at, self.value, self.status, self.raw), start=1):
            kept.frombytes(table[:, column].tobytes())

    def newcomers(self, row: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """(at, value, status), by time, of a row's readings in a period never judged yet."""
        known = len(self.raw), self.judged_raw
        if self._came_since != known:
            self._came_since, self._came = known, self._new_by_row()
        return [reading for slot, reading in self._came.get(row, ()) if start <= slot < end]

    def _new_by_row(self) -> dict[int, list[tuple[int, tuple[int, int, int]]]]:
        """By row the readings that it was never judged with, by time, each with its slot."""
        # Views, not copies; they must be gone before the arrays can grow again.
        rows, raw = (np.frombuffer(kept, np.int64) for kept in (self.row, self.raw))
        new = np.flatnonzero(raw > self.judged_raw)
        found = {}
        for row in np.unique(rows[new]).tolist():
            own = new[rows[new] == row]
            read = [(self.at[i], self.value[i], self.status[i]) for i in own.tolist()]
            found[row] = sorted(
                zip(self._slots(row, own), read, strict=True), key=lambda one: one[1]
            )
        return found

    def _slots(self, row: int, places: npt.NDArray[np.intp]) -> list[int]:
        """When the slots of some of a row's readings begin."""
        at = np.frombuffer(self.at, np.int64)[places]
        interval = np.array(self.terms[row].interval, np.int64)
        ends = np.array(self.terms[row].stamp_ends, np.bool_)
        found: list[int] = (self.day + slot_of(at - self.day, interval, ends) * interval).tolist()
        return found

    def _within(self, row: int, places: npt.NDArray[np.intp], start: int, end: int) -> Mask:
        """Which of a row's readings have their slot in a period."""
        slot = np.array(self._slots(row, places), np.int64)
        return (slot >= start) & (slot < end)

    def decided(self, start: int, end: int) -> list[Amendment]:
        """Amendments it was never judged with that are about a reading of a period."""
        of = {terms.series: row for row, terms in enumerate(self.terms)}
        rows, at = (np.frombuffer(kept, np.int64) for kept in (self.row, self.at))
        found = []
        for one in self.decisions():
            row = of.get(one.series, -1)
            about = np.flatnonzero((rows == row) & (at >= one.start) & (at < one.end))
            if len(about) and self._within(row, about, start, end).any():
                found.append(one)
        return found

    def others(self, row: int, start: int, end: int) -> bool:
        """Whether another series has a reading in a period that was never judged."""
        return any(
            self.newcomers(other, start, end) for other in self.rows.values() if other != row
        )

    def has_news(self) -> bool:
        """Whether anything was never judged that the day's quality checks look at."""
        return max(self.newest, self.around_raw) > self.judged_raw or bool(self.decisions())

    def decisions(self) -> list[Amendment]:
        """Amendments that it was never judged with, as recorded."""
        return [one for one in self.recorded if one.id > self.judged_amendment]

    def columns(self) -> Columns:
        """row, at, value, status of its own readings as arrays of their own."""
        return (
            np.array(self.row, np.int64),
            np.array(self.at, np.int64),
            np.array(self.value, np.int64),
            np.array(self.status, np.int64),
        )

    def size(self) -> int:
        """How many readings it keeps in memory, its neighbours' included."""
        around = [len(side[0]) for side in (self.before, self.after) if side is not None]
        return len(self.at) + sum(around)


def folded(number: int) -> int:
    """A whole number as one that fits 64 bits; only equality matters where it is used."""
    return number if abs(number) < 2**62 else number % (2**61 - 1)


class Windows:
    """Station-days in memory, least recently used let go first."""

    def __init__(self, kept: int = KEPT_READINGS) -> None:
        self._kept = kept
        self._days: OrderedDict[StationDay, DayWindow] = OrderedDict()
        self._puts = 0

    def get(self, day: StationDay) -> DayWindow | None:
        """A station-day, if it is in memory."""
        found = self._days.get(day)
        if found is not None:
            self._days.move_to_end(day)
        return found

    def put(self, window: DayWindow) -> None:
        """Keep a station-day, letting old ones go when there are too many readings."""
        self._days[(window.station, window.day)] = window
        self._days.move_to_end((window.station, window.day))
        self._puts += 1
        if self._puts % LOOK_EVERY:  # to add up all of them each time would cost more than it
            return
        total = sum(kept.size() for kept in self._days.values())
        while total > self._kept:
            _, gone = self._days.popitem(last=False)
            total -= gone.size()

    def add(self, day: StationDay, readings: Iterable[ReadingRow]) -> None:
        """New readings of a station-day, if it is in memory; its neighbours look at them too."""
        window = self.get(day)
        if window is not None:
            window.add(readings)
        station, start = day
        for later in range(start + DAY_SECONDS, start + REACH + DAY_SECONDS, DAY_SECONDS):
            if (station, later) in self._days:
                self._days[station, later].before = None
        if (station, start - DAY_SECONDS) in self._days:
            self._days[station, start - DAY_SECONDS].after = None

    def forget(self, day: StationDay | None = None) -> None:
        """Let one station-day go, or all: a transaction failed, or another process wrote."""
        if day is None:
            self._days.clear()
        else:
            self._days.pop(day, None)


def unread_window(
    day: StationDay,
    terms: tuple[Terms, ...],
    series: Sequence[int],
    periods: Sequence[Period],
    judged_raw: int,
) -> DayWindow:
    """A station-day of which nothing is read yet; `series` are the keys of the terms, in order."""
    station, start = day
    rows = {key: row for row, key in enumerate(series)}
    window = DayWindow(station, start, terms, rows, judged_raw=judged_raw, unread={*rows.values()})
    for period in periods:
        window.written[period.name] = Written.nothing(len(terms), DAY_SECONDS // period.length)
    return window


def load_rows(connection: Connection, window: DayWindow, periods: Sequence[Period]) -> None:
    """Read what is to be judged now, and what it is made of, as far as it was not read before."""
    missing = window.unread.intersection(window.reading.tolist())
    if not missing:
        return
    window.unread -= missing
    series = [key for key, row in window.rows.items() if row in missing]
    start, end = window.day, window.day + DAY_SECONDS
    window.fill(readings_between(connection, series, start, end))
    if window.judged_raw != NEVER:
        lengths = {period.name: period.length for period in periods}
        found = stored_findings(connection, series, list(lengths), start, end)
        _fill_written(window, lengths, found)


def _fill_written(
    window: DayWindow, lengths: Mapping[str, int], findings: Iterable[Stored]
) -> None:
    """What is on record of a day, as numbers to compare with."""
    for key, series, period, start, revision, outcome, reason, mean, *counts, digest in findings:
        written = window.written[period]
        at = (window.rows[series], (start - window.day) // lengths[period])
        num, den = (mean or "0/0").split("/")
        judged = _OUTCOME[Outcome(outcome)], _REASON[Reason(reason)], folded(int(num)), int(den)
        written.content[at] = (*judged, *counts, folded_digest(digest))
        written.key[at], written.revision[at] = key, revision


def load_before(connection: Connection, window: DayWindow, series: Sequence[int]) -> None:
    """Read what a day's checks look back at; `series` in the order of its terms."""
    if window.before is None:
        readings = readings_before(connection, window.terms, series, window.day)
        window.before = _columns(window, readings)


def load_after(connection: Connection, window: DayWindow, series: Sequence[int]) -> None:
    """Read what a day's checks look ahead to; `series` in the order of its terms."""
    if window.after is None:
        readings = readings_after(connection, window.terms, series, window.day)
        window.after = _columns(window, readings)


def _columns(window: DayWindow, readings: Sequence[ReadingRow]) -> Columns:
    row, table = _table(window.rows, readings)
    window.around_raw = max(window.around_raw, int(table[:, 4].max(initial=NEVER)))
    at, value, status = table[:, 1:4].T.copy()
    return row, at, value, status


def _table(rows: Mapping[int, int], readings: Sequence[ReadingRow]) -> tuple[Ints, Ints]:
    """The row of each reading, and the readings as a table; all series must be among `rows`."""
    flat = np.fromiter(chain.from_iterable(readings), np.int64, 5 * len(readings))
    table = flat.reshape(-1, 5)
    series = sorted(rows)
    own = np.array([rows[key] for key in series], np.int64)
    return own[np.searchsorted(np.array(series, np.int64), table[:, 0])], table


def stretches(windows: Sequence[DayWindow]) -> list[list[int]]:
    """Days of one station that follow each other under the same terms, as indices, in order."""
    found: list[list[int]] = []
    for index in sorted(range(len(windows)), key=lambda i: (windows[i].station, windows[i].day)):
        one, last = windows[index], windows[found[-1][-1]] if found else None
        follows = last is not None and (last.station, last.day + DAY_SECONDS) == (
            one.station,
            one.day,
        )
        if last is not None and follows and last.terms is one.terms:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def share_news(days: Sequence[DayWindow]) -> None:
    """Days of a stretch look at each other: each knows the newest message its checks look at."""
    newest = [day.newest for day in days]
    for place, day in enumerate(days):
        near = newest[max(0, place - REACH // DAY_SECONDS) : place + 2]
        day.around_raw = max(day.around_raw, *near)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that are judged on the same days of a stretch, as lines of one window."""

    places: Sequence[int]  # of its days among the windows
    rows: Ints


def blocks(windows: Sequence[DayWindow]) -> list[Block]:
    """What is to be read of some station-days, each row in as few lines as there are gaps."""
    found = []
    for stretch in stretches(windows):
        days = [windows[place] for place in stretch]
        wanted = np.zeros((len(days[0].terms), len(days) + 2), np.bool_)
        for number, day in enumerate(days, start=1):
            wanted[day.reading, number] = True
        runs: dict[tuple[int, int], list[int]] = {}
        edges = np.diff(wanted.astype(np.int8))  # rows with a gap have several runs
        begins, ends = np.argwhere(edges > 0).tolist(), np.argwhere(edges < 0).tolist()
        for (row, begin), (_, end) in zip(begins, ends, strict=True):
            runs.setdefault((begin, end), []).append(row)
        for (begin, end), rows in runs.items():
            found.append(Block(stretch[begin:end], np.array(rows, np.int64)))
    return found


def joined(windows: Sequence[DayWindow]) -> tuple[Window, list[Ints]]:
    """What is to be read of some station-days as one window, and where each of their rows is
    in it (-1: nowhere).

    Days of a block share their lines, so that the quality checks run over them once. The
    first of each must have its `before`, the last its `after`.
    """
    joint = _Joint([np.full(len(window.terms), -1, np.int64) for window in windows])
    for block in blocks(windows):
        joint.add(block, [windows[place] for place in block.places])
    return joint.window(), joint.rows


@dataclass(slots=True)
class _Joint:
    """Blocks put together into one window."""

    rows: list[Ints]  # of each station-day: where its rows are
    terms: list[Terms] = field(default_factory=list)
    row_line: list[Ints] = field(default_factory=list)
    row_day: list[Ints] = field(default_factory=list)
    parts: list[Columns] = field(default_factory=list)
    amendments: list[tuple[int, Amendment]] = field(default_factory=list)
    count: int = 0

    def add(self, block: Block, days: Sequence[DayWindow]) -> None:
        """Every line of a block has a row for each of its days."""
        lines, first = len(self.terms), days[0]
        own = np.arange(len(block.rows), dtype=np.int64)
        terms = [first.terms[row] for row in block.rows.tolist()]
        self.terms.extend(terms)
        self.row_line.append(np.repeat(own + lines, len(days)))
        self.row_day.append(np.tile(np.array([one.day for one in days], np.int64), len(own)))
        for offset, place in enumerate(block.places):
            self.rows[place][block.rows] = self.count + own * len(days) + offset
        self.count += len(own) * len(days)
        line = np.full(len(first.terms), -1, np.int64)
        line[block.rows] = own + lines
        around = [side for side in (first.before, days[-1].after) if side is not None]
        for part in (*around, *(one.columns() for one in days)):
            self.parts.append(_of_lines(line, part))
        of = {term.series: number for number, term in enumerate(terms, start=lines)}
        recorded = {one.id: one for day in days for one in day.recorded if one.series in of}
        self.amendments += [(of[one.series], one) for one in effective(recorded.values())]

    def window(self) -> Window:
        """All of it."""
        line, at, value, status = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        rows = np.concatenate(self.row_line), np.concatenate(self.row_day)
        readings = line, at, value, status
        return Window(tuple(self.terms), *rows, *readings, tuple(self.amendments))


def _of_lines(line: Ints, readings: Columns) -> Columns:
    """Readings by line instead of by row; those of rows without a line are left out."""
    row, at, value, status = readings
    own = line[row]
    if (line >= 0).all():
        return own, at, value, status
    kept = own >= 0
    return own[kept], at[kept], value[kept], status[kept]

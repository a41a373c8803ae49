"""Settling: station-days that became due are judged, and what changed is written.

This is the second half of the pipeline's one transaction. The same `judge` serves the live
day, a day that late data has opened again, and a period that closes because its time came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy import select

from rules.amendments import Amendment
from rules.days import DAY_SECONDS, HOUR_SECONDS, local_date, rfc3339
from rules.judge import GRACE, OUTCOMES, REASONS, Sheet, judge
from rules.model import PERIODS, AlertKind, Limit, Outcome, Period, Reason, Series
from rules.reach import changed_lines, lines_read
from rules.terms import Terms, TermsBook, owes
from rules.window import Ints, Window
from tolich.causes import Changed, cause_of
from tolich.news import News
from tolich.ports import Registered
from tolich.store import amendments
from tolich.store.alerts import Track, write_amended
from tolich.store.intake import (
    NEVER,
    StationDay,
    first_readings,
    mark_judged,
    mark_unowed,
)
from tolich.store.ledger import Append
from tolich.store.prunings import judged_from
from tolich.store.readings import varied
from tolich.store.schema import rejudgement, station_day
from tolich.store.shapes import finding_summary
from tolich.store.terms import KeptTerms
from tolich.store.verdicts import (
    Revised,
    folded_digest,
    known_limits,
    limit_digest,
    version_body,
    version_key,
    write_findings,
    write_limit,
)
from tolich.tracks import Tracks
from tolich.windows import (
    FINAL,
    REACH,
    DayWindow,
    Windows,
    blocks,
    folded,
    joined,
    load_after,
    load_before,
    load_rows,
    share_news,
    unread_window,
)

log = structlog.get_logger()

TOGETHER = 200
"""Station-days judged in one call: enough to be fast, few enough to stay in the cache."""

Judge = Callable[[Window, int, Sequence[Period], int], list[Sheet]]


class _OnRecord(NamedTuple):
    """Of a station-day: what it was judged with, its terms, and why it is judged again."""

    judged_raw: int = NEVER
    judged_amendment: int = 0
    kept: int | None = None
    rejudged: Mapping[str, str] | None = None


class Settler:
    """Judges due station-days. Holds caches only: another process may take over at any time."""

    def __init__(
        self,
        registered: Registered,
        series: dict[Series, int],
        periods: Sequence[Period] = PERIODS,
        grace: int = GRACE,
        judging: Judge = judge,
    ) -> None:
        self.registered = registered
        self.windows = Windows()
        self.tracks = Tracks(self.terms)
        self.broken: dict[StationDay, str] = {}  # station-days that could not be judged
        self._series = series
        self._periods = periods
        self._grace = grace
        self._step = min(HOUR_SECONDS, *(period.length for period in periods))
        self._judging = judging
        self._limits: dict[bytes, int] | None = None  # keys on record, by digest
        self._version: int | None = None
        self.recorded: Callable[[StationDay], tuple[Terms, ...] | None] = lambda _: None
        self._book = TermsBook(registered.register, registered.regulations)
        self._kept = KeptTerms()

    def forget(self) -> None:
        """A transaction failed: nothing in memory may be trusted any more."""
        self.windows.forget()
        self.tracks.forget()
        self._limits = None
        self._version = None
        self._kept.forget()

    def replace_register(self, registered: Registered) -> None:
        """Take a changed register; what was derived from the old one is forgotten."""
        self.registered = registered
        self._book = TermsBook(registered.register, registered.regulations)
        self.forget()

    def settle(self, append: Append, days: Mapping[StationDay, News | None]) -> int:
        """Judge station-days and write every change; returns the number of findings written.

        Of a closed day only the series are judged that can feel the news it waits with; with
        None, and while it is open, all of them.
        """
        begin = judged_from(append.connection)
        owed = [day for day in days if day[1] >= begin and self._owes(day)]
        written = 0
        for start in range(0, len(owed), TOGETHER):
            some = owed[start : start + TOGETHER]
            windows = self._load(append, {day: days[day] for day in some})
            changed = self._changes(append, [one for one in windows if len(one.judging)])
            written += len(changed)
            self._write(append, changed)
            self._mark(append, windows)
        mark_unowed(append.connection, sorted(set(days) - set(owed)))
        return written

    def _owes(self, day: StationDay) -> bool:
        station = self.registered.register.stations.get(day[0])
        if station is None:
            return False
        date = local_date(day[1])
        return station.since <= date and (station.until is None or date <= station.until)

    # --- reading ---------------------------------------------------------------------------

    def _load(self, append: Append, days: Mapping[StationDay, News | None]) -> list[DayWindow]:
        """The windows of some days; held here, as the cache may let any of them go again."""
        known = {day: window for day in days if (window := self.windows.get(day)) is not None}
        known |= self._unread(append, [day for day in days if day not in known])
        _load_amendments(append, list(known.values()))
        for day, news in days.items():
            window = known[day]
            window.judging, window.reading = self._rows(append, window, news)
            load_rows(append.connection, window, self._periods)
            self.windows.put(window)
        return [known[day] for day in days]

    def _unread(self, append: Append, days: Sequence[StationDay]) -> dict[StationDay, DayWindow]:
        """The windows of days that are not in memory, before any reading is in them."""
        known = self._known(append, days) if days else {}
        found = {}
        for day in days:
            on_record = known.get(day, _OnRecord())
            kept, judged = on_record.kept, on_record.judged_raw
            terms = self.terms(day) if kept is None else self._kept.of(append.connection, kept)
            keys = [self._series[term.series] for term in terms]
            window = found[day] = unread_window(day, terms, keys, self._periods, judged)
            window.kept, window.rejudged = kept, on_record.rejudged
            window.judged_amendment = on_record.judged_amendment
        return found

    def _rows(self, append: Append, window: DayWindow, news: News | None) -> tuple[Ints, Ints]:
        """Which rows of a day to judge again, and which must be read to do so."""
        every = np.arange(len(window.terms), dtype=np.int64)
        doubtful = window.rejudged is not None or (window.station, window.day) in self.broken
        if news is None or window.kept is None or doubtful or window.decisions():
            return every, every
        keys = {row: key for key, row in window.rows.items()}

        def differ(row: int, after: int, before: int) -> bool:
            terms = window.terms[row]
            if any(one.series == terms.series for one in window.recorded):
                return False  # an amendment may set readings aside
            return varied(append.connection, keys[row], terms, after, before)

        came = {window.rows[key]: span for key, span in news.items() if key in window.rows}
        lines = changed_lines(window.terms, window.day, came, differ)
        read = lines_read(window.terms, lines)
        return every[sorted(lines)], every[sorted(read)]

    def _joined(self, append: Append, windows: Sequence[DayWindow]) -> tuple[Window, list[Ints]]:
        """Some days as one window, with what their quality checks look at around them."""
        for block in blocks(windows):
            days = [windows[place] for place in block.places]
            keys = [self._series[term.series] for term in days[0].terms]
            load_before(append.connection, days[0], keys)
            load_after(append.connection, days[-1], keys)
            share_news(days)
        return joined(windows)

    def _known(self, append: Append, days: Sequence[StationDay]) -> dict[StationDay, _OnRecord]:
        table = station_day
        again = rejudgement.c
        query = (
            select(table.c.station, table.c.day)
            .add_columns(table.c.judged_raw, table.c.judged_amendment, table.c.terms)
            .add_columns(again.author, again.reason)
            .select_from(table.outerjoin(rejudgement, table.c.rejudgement == again.id))
            .where(
                table.c.station.in_({station for station, _ in days}),
                table.c.day.in_({day for _, day in days}),
            )
        )
        return {
            (station, day): _OnRecord(
                raw, amended, kept, None if by is None else {"by": by, "reason": reason}
            )
            for station, day, raw, amended, kept, by, reason in append.connection.execute(query)
        }

    def terms(self, day: StationDay) -> tuple[Terms, ...]:
        """The terms of a station-day under the present register, as long as it is open."""
        before = self.recorded(day)
        if before is not None:
            return before
        return self._book.of(*day)

    # --- judging ---------------------------------------------------------------------------

    def _changes(self, append: Append, windows: Sequence[DayWindow]) -> list[Changed]:
        firsts = self._first_readings(append, {window.station for window in windows})
        found: list[Changed] = []
        for group, rows, sheets in self._judged(append, windows):
            for window, own in zip(group, rows, strict=True):
                for sheet in sheets:
                    found += self._differences(window, sheet, own, firsts[window.station])
        return found

    def _judged(
        self, append: Append, windows: Sequence[DayWindow]
    ) -> list[tuple[Sequence[DayWindow], list[Ints], list[Sheet]]]:
        """Judge together; where that fails, one by one, so that one bad day stops no other."""
        if not windows:
            return []
        whole, rows = self._joined(append, windows)
        try:
            sheets = self._judging(whole, append.at, self._periods, self._grace)
        except Exception as error:  # supervisor: named, counted, shown red, and isolated
            if len(windows) > 1:
                return [one for window in windows for one in self._judged(append, [window])]
            day = (windows[0].station, windows[0].day)
            self.broken[day] = f"{type(error).__name__}: {error}"
            log.error("day could not be judged", station=day[0], day=rfc3339(day[1]), exc_info=True)
            blank = judge(_emptied(whole), append.at, self._periods, self._grace)
            return [(windows, rows, [_broken(sheet) for sheet in blank])]
        for window in windows:
            self.broken.pop((window.station, window.day), None)
        return [(windows, rows, sheets)]

    def _first_readings(self, append: Append, stations: set[str]) -> dict[str, int]:
        known = first_readings(append.connection, stations)
        return {station: known.get(station, append.at) for station in stations}

    def _differences(
        self, window: DayWindow, sheet: Sheet, rows: Ints, first: int
    ) -> list[Changed]:
        judging = window.judging
        owing = [owes(window.terms[row], sheet.period) for row in judging.tolist()]
        judging, rows = judging[owing], rows[judging][owing]
        written = window.written[sheet.period.name]
        content, before = self._content(sheet, rows), written.content[judging]
        differs = (content != before).any(axis=2) & _writable(sheet, rows, before)
        differs &= ~_before_first(sheet, rows, window.day, first) | (written.key[judging] > 0)
        found = []
        for place, column in np.argwhere(differs).tolist():
            row = int(judging[place])
            revision = int(written.revision[row, column]) + 1
            verdict = sheet.finding(int(rows[place]), column, revision)
            key = int(written.key[row, column])
            closes = verdict.final and not before[place, column, FINAL]
            found.append(Changed(window, row, column, verdict, key or None, closes))
            written.content[row, column] = content[place, column]
        return found

    @staticmethod
    def _content(sheet: Sheet, rows: Ints) -> Ints:
        """What the sheet says, in the same numbers as `Written.content`."""
        limits = [_folded_limit(sheet.terms(row).limit) for row in rows.tolist()]
        columns = [
            sheet.outcome, sheet.reason, sheet.num, sheet.den, sheet.expected,
            sheet.received, sheet.valid, sheet.calibrating, sheet.faulty, sheet.failed,
            sheet.unknown, sheet.conflicting, sheet.closed,
        ]  # fmt: skip
        shape = sheet.outcome[rows].shape
        repeated = np.broadcast_to(np.array(limits, np.int64)[:, None], shape)
        said = [_folded(column[rows]).astype(np.int64) for column in columns]
        return np.stack([*said, repeated], axis=2)

    # --- writing ---------------------------------------------------------------------------

    def _write(self, append: Append, changed: Sequence[Changed]) -> None:
        if not changed:
            return
        if self._version is None:
            self._version = version_key(append, version_body(self.registered.regulations))
        first = write_findings(
            append, self._version, [self._revised(append, one) for one in changed]
        )
        for offset, one in enumerate(changed):
            written = one.window.written[one.finding.period]
            written.key[one.row, one.column] = first + offset
            written.revision[one.row, one.column] = one.finding.revision
            if one.replaces is not None:
                self._amended(append, one)
        self.tracks.follow(append, self._series, [(one.window, one.finding) for one in changed])

    def _revised(self, append: Append, one: Changed) -> Revised:
        limit = one.finding.limit
        key = None if limit is None else self._limit_key(append, limit)
        return Revised(self._series[one.finding.series], one.finding, key, one.replaces)

    def _limit_key(self, append: Append, limit: Limit) -> int:
        if self._limits is None:
            self._limits = known_limits(append.connection)
        digest = limit_digest(limit)
        if digest not in self._limits:
            self._limits[digest] = max(self._limits.values(), default=0) + 1
            write_limit(append, self._limits[digest], limit)
        return self._limits[digest]

    def _amended(self, append: Append, one: Changed) -> None:
        parameter = one.window.terms[one.row].parameter
        write_amended(
            append,
            Track(AlertKind.EXCEEDANCE, one.window.station, parameter.key, one.finding.period),
            one.finding.id,
            {"revision": one.finding.revision - 1},
            finding_summary(one.finding, parameter),
            cause_of(one),
        )

    def _mark(self, append: Append, windows: Sequence[DayWindow]) -> None:
        """Say when each station-day must be judged next, and with what it was judged now."""
        rows: list[tuple[int | None, int, int, int | None, str, int]] = []
        for window in windows:
            day = (window.station, window.day)
            window.judged_raw = max(window.judged_raw, window.newest, 0)
            decided = max((one.id for one in window.recorded), default=0)
            window.judged_amendment = max(window.judged_amendment, decided)
            window.around_raw = NEVER  # what is around it was looked at
            due = next_due(window.day, append.at, self._grace, self._step)
            if due is None and day in self.broken:
                due = 0  # all closed, but owed a judgement: the next start tries again
            if due is None:
                window.kept = self._kept.keep(append, window.terms)
            window.rejudged = None
            judged = window.judged_raw, window.judged_amendment
            rows.append((due, *judged, window.kept, *day))
        mark_judged(append.connection, rows)


def next_due(day: int, now: int, grace: int, step: int = HOUR_SECONDS) -> int | None:
    """The plant time at which the next period of a day closes; None when all have."""
    if now >= day + DAY_SECONDS + grace:
        return None
    passed = max(0, now - grace - day) // step
    return day + (passed + 1) * step + grace


def _load_amendments(append: Append, windows: Sequence[DayWindow]) -> None:
    """What was decided of the readings of some days and of those their checks look at."""
    days = [window.day for window in windows]
    if not days:
        return
    stations = sorted({window.station for window in windows})
    reach = min(days) - REACH, max(days) + 2 * DAY_SECONDS
    by_station: dict[str, list[Amendment]] = {}
    decided = amendments.any_of(append.connection, stations)
    for one in amendments.read(append.connection, stations, *reach) if decided else ():
        by_station.setdefault(one.series.station, []).append(one)
    for window in windows:
        start, end = window.day - REACH, window.day + 2 * DAY_SECONDS
        window.recorded = tuple(
            one for one in by_station.get(window.station, ()) if one.start < end and one.end > start
        )


def _emptied(window: Window) -> Window:
    """The same rows without any reading."""
    nothing = np.zeros(0, np.int64)
    return replace(window, line=nothing, at=nothing, value=nothing, status=nothing)


def _writable(sheet: Sheet, rows: Ints, written: Ints) -> npt.NDArray[np.bool_]:
    """What may be written: closed periods, a proof while open, and a proof that fell."""
    exceeded = OUTCOMES.index(Outcome.EXCEEDED)
    closed, outcome = sheet.closed[rows], sheet.outcome[rows]
    before = written[:, :, 0]
    proof = (outcome == exceeded) & (before != exceeded)
    fallen = (before >= 0) & (outcome != before)
    writable: npt.NDArray[np.bool_] = closed | proof | fallen
    return writable


def _before_first(sheet: Sheet, rows: Ints, day: int, first: int) -> npt.NDArray[np.bool_]:
    """Periods that ended before the station's first reading ever: nobody owed them yet."""
    length = sheet.period.length
    ends = day + (np.arange(DAY_SECONDS // length) + 1) * length
    before: npt.NDArray[np.bool_] = (sheet.received[rows] == 0) & (ends <= first)[None, :]
    return before


def _folded_limit(limit: Limit | None) -> int:
    return 0 if limit is None else folded_digest(limit_digest(limit))


def _folded(numbers: npt.NDArray[Any]) -> Ints:
    if numbers.dtype != object:
        return numbers
    return np.array([[folded(int(n)) for n in line] for line in numbers], np.int64)


def _broken(sheet: Sheet) -> Sheet:
    """Every closed period of a day that could not be judged says so."""
    outcome = np.full_like(sheet.outcome, OUTCOMES.index(Outcome.NOT_ASSESSABLE))
    reason = np.full_like(sheet.reason, REASONS.index(Reason.INTERNAL_ERROR))
    return replace(sheet, outcome=outcome, reason=reason, num=sheet.num * 0, den=sheet.den * 0)

"""A station-day judged on request: open periods and explanations, with the same `judge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection, func, select

from rules.amendments import Amendment, effective
from rules.checks import LONGEST as REACH
from rules.days import DAY_SECONDS
from rules.judge import GRACE, Sheet, judge
from rules.model import PERIODS, Finding, Period, Series
from rules.permit import Regulations
from rules.register import Register
from rules.terms import Terms, owes, terms_of
from rules.window import Window
from tolich.ports import Registered
from tolich.store import amendments
from tolich.store.readings import ALL, readings_after, readings_before, readings_between
from tolich.store.schema import raw as message
from tolich.store.schema import station_day, station_state
from tolich.store.terms import KeptTerms


@dataclass(frozen=True, slots=True)
class JudgedDay:
    """A station's day as it stands now: window, verdicts, and the message behind each reading."""

    window: Window
    sheets: Sequence[Sheet]
    raw: Mapping[tuple[int, int, int, int], int]  # (row, at, value, status) -> raw id
    recorded: Sequence[Amendment] = ()  # what was decided, reversed ones and reversals too

    def sheet(self, period: str) -> Sheet | None:
        """The verdicts of one period length."""
        return next((sheet for sheet in self.sheets if sheet.period.name == period), None)

    def row(self, series: Series) -> int | None:
        """The row of a series."""
        rows = [r for r, term in enumerate(self.window.terms) if term.series == series]
        return rows[0] if rows else None

    def finding(self, series: Series, period: str, start: int) -> Finding | None:
        """One verdict; None when there is no such period."""
        sheet, row = self.sheet(period), self.row(series)
        if sheet is None or row is None or not owes(self.window.terms[row], sheet.period):
            return None
        offset = start - int(self.window.row_day[row])
        column, off = divmod(offset, sheet.period.length)
        if off or not 0 <= column < sheet.outcome.shape[1]:
            return None
        return sheet.finding(row, column)


Registry = Callable[[], Registered]
"""The register as it stands; asked at every read, so that a change is seen at once."""

REMEMBERED = 256
"""Station-days kept judged between requests."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    raw: int  # the station's newest message it was judged with
    amendment: int  # and its newest amendment
    kept: int | None  # the key of its terms on record
    until: int  # plant time at which a period may close
    registered: Registered  # the register it was judged under
    day: JudgedDay


class JudgedDays:
    """Station-days judged on request, remembered until new readings come or a period closes."""

    def __init__(
        self,
        registry: Registry,
        keys: Callable[[], Mapping[Series, int]],
        periods: Sequence[Period],
        grace: int,
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._periods = periods
        self._grace = grace
        self._terms = KeptTerms()
        self._known: dict[tuple[str, int], _Remembered] = {}

    def get(self, connection: Connection, station: str, day: int, now: int) -> JudgedDay:
        """A station-day as it stands at plant time `now`."""
        query = select(station_state.c.raw).where(station_state.c.station == station)
        newest = int(connection.execute(query).scalar() or 0)
        known, registered = self._known.get((station, day)), self._registry()
        seen = (
            newest, amendments.newest(connection, station), _kept_key(connection, station, day)
        )  # fmt: skip
        if (
            known is not None
            and known.registered is registered
            and now < known.until
            and (known.raw, known.amendment, known.kept) == seen
        ):
            return known.day
        judged = self._judge(connection, station, day, now)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        # Periods close at whole minutes after the grace, so a minute is the longest to remember.
        until = now - (now - self._grace) % 60 + 60
        self._known[(station, day)] = _Remembered(*seen, until, registered, judged)
        return judged

    def known_at(
        self, connection: Connection, station: str, day: int, now: int, seq: int
    ) -> JudgedDay:
        """A station-day as it was judged at `now`, from what was on record up to a seq."""
        return self._judge(connection, station, day, now, seq)

    def _judge(
        self, connection: Connection, station: str, day: int, now: int, seq: int | None = None
    ) -> JudgedDay:
        registered, keys = self._registry(), self._keys()
        key = _kept_key(connection, station, day)
        terms = (
            terms_of(registered.register.stations[station], day, *_law(registered))
            if key is None
            else self._terms.of(connection, key)
        )
        series = [keys[term.series] for term in terms]
        return judge_day(connection, terms, series, day, now, self._periods, self._grace, seq)


def _law(registered: Registered) -> tuple[Register, Regulations]:
    return registered.register, registered.regulations


def _kept_key(connection: Connection, station: str, day: int) -> int | None:
    """Under which key the terms of a closed day are on record; None while it is open."""
    query = select(station_day.c.terms).where(
        station_day.c.station == station, station_day.c.day == day
    )
    key: int | None = connection.execute(query).scalar()
    return key


def judge_day(
    connection: Connection,
    terms: tuple[Terms, ...],
    series: Sequence[int],
    day: int,
    now: int,
    periods: Sequence[Period] = PERIODS,
    grace: int = GRACE,
    seq: int | None = None,
) -> JudgedDay:
    """Judge one station-day from the store, as of `now`; `series` are the keys of the terms.

    With `seq` only from readings and amendments that were on record by then.
    """
    until = ALL if seq is None else _newest_message(connection, seq)
    window, raw = _window(connection, terms, series, day, until)
    start, end = day - REACH, day + 2 * DAY_SECONDS
    recorded = amendments.read(connection, [terms[0].series.station], start, end, seq)
    lines = {term.series: line for line, term in enumerate(terms)}
    held = [(lines[one.series], one) for one in effective(recorded) if one.series in lines]
    window = replace(window, amendments=tuple(held))
    return JudgedDay(window, judge(window, now, periods, grace), raw, recorded)


def _newest_message(connection: Connection, seq: int) -> int:
    """The newest raw id on record up to a seq: messages are numbered in the order of record."""
    query = select(func.max(message.c.id)).where(message.c.seq <= seq)
    return int(connection.execute(query).scalar() or 0)


def _window(
    connection: Connection, terms: tuple[Terms, ...], keys: Sequence[int], day: int, until: int
) -> tuple[Window, dict[tuple[int, int, int, int], int]]:
    rows = {key: row for row, key in enumerate(keys)}
    own = readings_between(connection, keys, day, day + DAY_SECONDS, until)
    raw = {(rows[key], at, value, status): raw for key, at, value, status, raw in own}
    around = readings_before(connection, terms, keys, day, until)
    around += readings_after(connection, terms, keys, day, until)
    context = [(rows[key], at, value, status) for key, at, value, status, _ in around]
    table = np.array([*raw, *context], np.int64).reshape(-1, 4)
    line, at, value, status = table.T.copy()
    return Window.of_day(terms, day, (line, at, value, status)), raw

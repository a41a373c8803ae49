"""Stored history under other permits, stretch by stretch: nothing is written, little is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Engine, select

from rules.days import DAY_SECONDS, day_start, midnight, rfc3339
from rules.judge import OUTCOMES
from rules.model import Finding, Parameter, Period, Series
from rules.register import Register, Station
from rules.terms import TermsBook
from rules.whatif import Compared, Difference, Question, Tally, compare
from rules.window import day_of
from tolich.ports import Registered, Shape
from tolich.store.schema import station_state
from tolich.store.shapes import limit_shape, mean_shown
from tolich.store.stretches import DayTerms, read_stretch, stretches, under_terms


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a station, compared; `days` is its length."""

    station: str
    days: int
    compared: Sequence[Compared]

    def differences(self) -> Iterator[Difference]:
        """The findings whose outcome differs."""
        for one in self.compared:
            yield from one.differences()


@dataclass(slots=True)
class Totals:
    """What the steps so far come to, by series and period."""

    tallies: dict[tuple[Series, str], Tally] = field(default_factory=dict)
    days: int = 0

    def add(self, step: Step) -> None:
        """Count one more stretch."""
        self.days += step.days
        for one in step.compared:
            for series, tally in one.tallies():
                key = (series, one.today.period.name)
                self.tallies[key] = self.tallies.get(key, Tally.nothing()) + tally


class WhatIf:
    """A question to the history of a store. Iterate it for one step a stretch.

    A connection is opened for each stretch and let go, so that the writer is never kept from
    tidying up however long all of it takes. Days before a station's first reading, and days
    that have not begun at `now`, are left out.
    """

    def __init__(
        self,
        engine: Engine,
        registered: Registered,
        keys: Mapping[Series, int],
        question: Question,
        periods: Sequence[Period],
        now: int,
        grace: int,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._periods = periods
        self._now = now
        self._grace = grace
        self._today = TermsBook(registered.register, registered.regulations)
        self._other = TermsBook(question.register, registered.regulations)
        self._first = _first_readings(engine)
        self.spans: dict[str, tuple[int, int]] = {}
        for name in question.stations:
            if name in self._first:
                station = registered.register.stations[name]
                first, last = _owed_days(station, self._first[name], now)
                self.spans[name] = max(question.first, first), min(question.last, last)

    @property
    def station_days(self) -> int:
        """How many station-days there are to judge on either side."""
        lengths = [(last - first) // DAY_SECONDS + 1 for first, last in self.spans.values()]
        return sum(max(0, length) for length in lengths)

    def __iter__(self) -> Iterator[Step]:
        for station, (first, last) in self.spans.items():
            for begin, days, terms in stretches(first, last, partial(self._terms, station)):
                yield self._step(station, begin, days, *terms)

    def _terms(self, station: str, day: int) -> tuple[DayTerms, DayTerms]:
        return self._today.of(station, day), self._other.of(station, day)

    def _step(self, station: str, begin: int, days: int, today: DayTerms, other: DayTerms) -> Step:
        with self._engine.connect() as connection:
            window = read_stretch(connection, today, self._keys, begin, days)
        supposed = under_terms(window, other, begin, days)
        found = compare(
            window, supposed, self._now, self._periods, self._grace, self._first[station]
        )
        return Step(station, days, found)


def _first_readings(engine: Engine) -> dict[str, int]:
    """When each station was first heard of, by what its readings say."""
    query = select(station_state.c.station, station_state.c.first_at)
    with engine.connect() as connection:
        return {station: first for station, first in connection.execute(query)}


def _owed_days(station: Station, first: int, now: int) -> tuple[int, int]:
    """The local midnights of the first and last day on which a station owes anything."""
    begun = max(day_of(first, station.stamp_ends), day_start(station.since))
    return begun, midnight(now) if station.until is None else min(
        midnight(now), day_start(station.until)
    )


# --- shapes -------------------------------------------------------------------------------------


def difference_shape(of: Difference) -> Shape:
    """A finding whose outcome differs, on both sides; null where one side owes none."""
    (one, *_) = [side for side in (of.today, of.what_if) if side is not None]
    return {
        "id": one.id,
        "station": one.series.station,
        "parameter": one.series.parameter,
        "period": one.period,
        "start": rfc3339(one.start),
        "end": rfc3339(one.end),
        "today": _side(of.today, of.parameter),
        "what_if": _side(of.what_if, of.parameter),
    }


def _side(of: Finding | None, parameter: Parameter) -> Shape | None:
    if of is None:
        return None
    return {
        "outcome": str(of.outcome),
        "reason": str(of.reason),
        "mean": mean_shown(of.mean, parameter),
        "unit": parameter.unit,
        "limit": limit_shape(of.limit),
    }


def totals_shape(totals: Totals, register: Register) -> Shape:
    """The counts of every series and period, and of all of them together."""
    periods: dict[str, Tally] = {}
    for (_, period), tally in totals.tallies.items():
        periods[period] = periods.get(period, Tally.nothing()) + tally
    return {
        "station_days": totals.days,
        "periods": {period: _counts(tally) for period, tally in periods.items()},
        "series": [
            {
                "station": series.station,
                "cluster": register.stations[series.station].cluster,
                "plant": register.stations[series.station].plant,
                "parameter": series.parameter,
                "period": period,
                **_counts(tally),
            }
            for (series, period), tally in sorted(totals.tallies.items())
        ],
    }


def _counts(of: Tally) -> Shape:
    sides = {"today": of.today, "what_if": of.what_if}
    counted: Shape = {
        name: {str(outcome): int(n) for outcome, n in zip(OUTCOMES, side, strict=True)}
        for name, side in sides.items()
    }
    return {**counted, "differing": of.differing}

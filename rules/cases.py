"""Rule cases run by the real judgement; a difference is a line of expected against found.

`rules/casebook.py` says how a case is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from rules.alerts import episodes, step_of
from rules.amendments import effective
from rules.casebook import (
    STATION,
    ExpectedAlerts,
    ExpectedFinding,
    ExpectedReading,
)
from rules.casebook import Case as Case
from rules.casebook import load_cases as load_cases
from rules.days import DAY_SECONDS, day_start, local_date
from rules.explain import explain_readings
from rules.judge import Sheet, judge
from rules.model import Finding, Outcome
from rules.parameters import Catalogue
from rules.permit import Regulations, plain
from rules.regulation import known_periods
from rules.shorthand import Said, shown_time
from rules.terms import Terms, terms_of
from rules.window import Window, day_of


@dataclass(frozen=True, slots=True)
class _Day:
    """One judged day of a case."""

    window: Window
    sheets: Sequence[Sheet]

    def row(self, parameter: str) -> int | None:
        """The row of a parameter; None where nothing of the kind is owed that day."""
        names = [term.series.parameter for term in self.window.terms]
        return names.index(parameter) if parameter in names else None

    def sheet(self, period: str) -> Sheet:
        """The verdicts of one period length."""
        return next(one for one in self.sheets if one.period.name == period)


def run_case(case: Case, catalogue: Catalogue, known: Regulations) -> list[str]:
    """What differs, each as expected against found; empty when the case holds."""
    days = [_judged(case, number, known) for number in range(case.days)]
    found: list[str] = []
    for expected in case.findings:
        found += _compare_finding(expected, days)
    for reading in case.readings:
        found += _compare_reading(reading, case, days)
    for alerts in case.alerts:
        found += _compare_alerts(alerts, days, day_start(case.day))
    return found


def _judged(case: Case, number: int, known: Regulations) -> _Day:
    """A day of a case, with all its readings: what is of other days is context."""
    start = day_start(case.day) + number * DAY_SECONDS
    terms = terms_of(case.register.stations[STATION], start, case.register, known)
    lines = {term.series.parameter: line for line, term in enumerate(terms)}
    columns = [
        (lines[s.parameter], at, int(terms[lines[s.parameter]].parameter.quanta(s.value)), s.status)
        for s, at in _observed(case)
    ]
    line, at, value, status = np.array(columns, np.int64).reshape(-1, 4).T.copy()
    held = tuple((lines[one.series.parameter], one) for one in effective(case.amendments))
    window = Window.of_day(terms, start, (line, at, value, status), held)
    return _Day(window, judge(window, case.now, known_periods(known)))


def _observed(case: Case) -> Iterator[tuple[Said, int]]:
    """Every reading and its time, which opens or closes its slot."""
    station, begun = case.register.stations[STATION], day_start(case.day)
    for said in case.said:
        at = begun + said.offset
        if station.stamp_ends:
            at += station.series[said.parameter].interval(local_date(at))
        yield said, at


def _compare_finding(expected: ExpectedFinding, days: Sequence[_Day]) -> list[str]:
    number, second = divmod(expected.start, DAY_SECONDS)
    name = f"{expected.parameter} {expected.period} {shown_time(expected.start)}"
    day = days[number]
    row, sheet = day.row(expected.parameter), day.sheet(expected.period)
    if row is None:
        return [f"{name}: expected outcome {expected.outcome}, found nothing that is owed"]
    finding = sheet.finding(row, second // sheet.period.length)
    mean = None
    if finding.mean is not None:
        mean = finding.mean * Fraction(sheet.terms(row).parameter.quantum)
    compared = [
        ("outcome", expected.outcome, finding.outcome),
        ("reason", expected.reason, finding.reason),
        ("mean", expected.mean, mean),
        ("limit", expected.limit, _high(finding)),
        *((of, wanted, getattr(finding.counts, of)) for of, wanted in expected.counts.items()),
    ]
    return [
        f"{name}: expected {what} {_shown(wanted)}, found {_shown(got)}"
        for what, wanted, got in compared
        if wanted is not None and not _equal(wanted, got)
    ]


def _high(finding: Finding) -> Fraction | None:
    limit = finding.limit
    return None if limit is None or limit.high is None else Fraction(limit.high)


def _compare_reading(expected: ExpectedReading, case: Case, days: Sequence[_Day]) -> list[str]:
    at = day_start(case.day) + expected.at
    start = day_of(at, case.register.stations[STATION].stamp_ends)
    day = days[(start - day_start(case.day)) // DAY_SECONDS]
    row = day.row(expected.parameter)
    explained = [] if row is None else explain_readings(day.window, row, start, start + DAY_SECONDS)
    parameter = case.register.stations[STATION].series[expected.parameter].parameter
    value = expected.value
    meant = [
        one
        for one in explained
        if one.observed_at == at and value in (None, parameter.decimal(one.value))
    ]
    name = f"{expected.parameter} reading of {shown_time(expected.at)}"
    wanted = _told(expected.counted, expected.reason)
    if not meant:
        return [f"{name}: expected {wanted}, found none"]
    return [
        f"{name}: expected {wanted}, found {_told(one.counted, one.reason)}"
        for one in meant
        if one.counted is not expected.counted or expected.reason not in (None, one.reason)
    ]


def _told(counted: bool, reason: str | None) -> str:
    word = "counted" if counted else "left out"
    return word if reason is None else f"{word} ({reason})"


def _equal(wanted: object, got: object) -> bool:
    if isinstance(wanted, Decimal):
        return isinstance(got, Fraction) and Fraction(wanted) == got
    return wanted == got


def _shown(value: object) -> str:
    if isinstance(value, Fraction):
        rounded = Decimal(value.numerator) / Decimal(value.denominator)
        return plain(rounded) if Fraction(rounded) == value else f"{value} ({float(value)!r})"
    if value is None:
        return "none"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _compare_alerts(expected: ExpectedAlerts, days: Sequence[_Day], start: int) -> list[str]:
    steps = [
        step_of(one, terms.parameter, terms.ladder)
        for day in days
        for one, terms in _track(day, expected)
        if _on_record(one)
    ]
    found = tuple(
        (one.started_at - start, None if one.ended_at is None else one.ended_at - start)
        for one in episodes(expected.kind, steps)
    )
    if found == expected.intervals:
        return []
    name = f"{expected.kind} alerts of {expected.parameter} by the {expected.period}"
    return [f"{name}: expected {_spans(expected.intervals)}, found {_spans(found)}"]


def _track(day: _Day, of: ExpectedAlerts) -> Iterator[tuple[Finding, Terms]]:
    row, sheet = day.row(of.parameter), day.sheet(of.period)
    for column in range(sheet.outcome.shape[1] if row is not None else 0):
        yield sheet.finding(row or 0, column), sheet.terms(row or 0)


def _on_record(finding: Finding) -> bool:
    """Only what has closed, or is proven, is on record and can raise anything."""
    return finding.final or finding.outcome is Outcome.EXCEEDED


def _spans(intervals: Sequence[tuple[int, int | None]]) -> str:
    return (
        ", ".join(
            f"{shown_time(begin)}–{'…' if end is None else shown_time(end, ends=True)}"
            for begin, end in intervals
        )
        or "none"
    )

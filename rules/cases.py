"""Rule cases: readings in, findings and alerts out, written for a lawyer to read.

A case names a permit as the register does, one day of readings in shorthand, and what must
come out. It is run by the real judgement; a difference is a line of expected against found.

The shorthand of a series is a list of runs, one value a slot from midnight on:
`100 x288` (a day at five minutes), `140 x144, 160 x144`, `- x12` (nothing came),
`01:100 x6` (status 01, calibrating), `150|151` (two values for one instant). Slots after the
last run received nothing; more slots than the day has are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from rules.alerts import DERIVED, episodes, step_of
from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start
from rules.judge import GRACE, Sheet, judge
from rules.loading import Reader, exact
from rules.model import (
    AlertKind,
    Finding,
    Outcome,
    Parameter,
    Period,
    Problem,
    Reason,
    Refused,
    Status,
)
from rules.parameters import Catalogue
from rules.permit import Regulations, plain
from rules.register import Register, load_register
from rules.regulation import known_periods
from rules.terms import Terms, terms_of
from rules.window import Window

STATION, PLANT, CLUSTER, PERMIT = "tram", "nha-may", "cum", "giay-phep"
_RUN = re.compile(r"(?:(?P<status>\d\d):)?(?P<values>-|[-\d.|]+)(?:\s*x\s*(?P<times>\d+))?")


@dataclass(frozen=True, slots=True)
class Said:
    """One reading of a case: second of the day, value in the parameter's unit, status."""

    parameter: str
    offset: int
    value: Decimal
    status: Status


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """What a case says of one finding; None does not say."""

    parameter: str
    period: str
    start: int  # second of the day
    outcome: Outcome
    reason: Reason | None
    mean: Decimal | None


@dataclass(frozen=True, slots=True)
class ExpectedAlerts:
    """All alerts of one track of a case, as (from, to) seconds; to None: still active."""

    kind: AlertKind
    parameter: str
    period: str
    intervals: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to run."""

    title_vi: str
    title_en: str
    register: Register
    day: date
    now: int
    said: tuple[Said, ...]
    findings: tuple[ExpectedFinding, ...]
    alerts: tuple[ExpectedAlerts, ...]


# --- loading ------------------------------------------------------------------------------------


def load_cases(file: str, raw: object, catalogue: Catalogue, known: Regulations) -> list[Case]:
    """The cases of a parsed file, or Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    cases = [_case(entry, catalogue, known) for entry in top.children("cases")]
    if not cases:
        top.problem("cases", "a list of at least one case is required here")
    top.close()
    if problems:
        raise Refused(problems)
    return [case for case in cases if case is not None]


def _case(entry: Reader, catalogue: Catalogue, known: Regulations) -> Case | None:
    title = entry.child("title") or Reader(entry.file, entry.at("title"), {}, entry.problems)
    title_vi, title_en = title.text("vi"), title.text("en")
    title.close()
    day = entry.day("day") or date(2026, 6, 1)
    interval = entry.whole("interval", 300)
    readings = entry.values("readings")
    register = _register(entry, day, interval, readings, catalogue, known)
    said = tuple(
        one
        for key, text in readings.items()
        if key in catalogue  # the register names what is not
        for one in _series(entry, catalogue[key], str(text), interval)
    )
    closed = day_start(day) + DAY_SECONDS + GRACE
    now = day_start(day) + _clock(entry, "now") if entry.has("now") else closed
    periods = known_periods(known)
    judged = [*readings, *(register.stations[STATION].derived if register else ())]
    findings = tuple(_finding(one, judged, periods) for one in entry.children("findings"))
    alerts = tuple(_alerts(one, judged, periods) for one in entry.children("alerts"))
    if not findings and not alerts:
        entry.problem("findings", "a case must expect something: findings, alerts or both")
    entry.close()
    if register is None:
        return None
    return Case(title_vi, title_en, register, day, now, said, findings, alerts)


def _register(
    entry: Reader,
    day: date,
    interval: int,
    readings: Mapping[str, object],
    catalogue: Catalogue,
    known: Regulations,
) -> Register | None:
    """A register of one invented station under the case's permit (none: no permit binds)."""
    permit, ranges = entry.values("permit"), entry.values("ranges")
    # A case writes long runs of one value; they are no stuck sensor unless it says so.
    usual = {} if entry.flag("checks") else {"checks": "off"}
    typed = {"plant": PLANT, "document": "Giấy phép (mẫu)", "number": "1", "page": "1"}
    dates = {"date": day.isoformat(), "from": day.isoformat()}
    mapping = {
        "schema": 1,
        "clusters": {CLUSTER: {"name": "CCN Mẫu", "province": "mẫu"}},
        "plants": {PLANT: {"cluster": CLUSTER, "name": "Nhà máy mẫu", "capacity": 500}},
        "stations": {
            STATION: {
                "plant": PLANT,
                "name": "Trạm mẫu",
                "from": day.isoformat(),
                "interval": interval,
                "timestamp_means": entry.text("timestamp_means", "start"),
                "series": {key: {**usual, **_mapping(ranges.get(key))} for key in readings},
            }
        },
        "permits": {PERMIT: {**typed, **dates, **permit}} if permit else {},
    }
    try:
        return load_register(entry.file, mapping, catalogue, known)
    except Refused as refused:
        for problem in refused.problems:
            entry.problem(_place(problem.key), problem.message)
        return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _place(key: str) -> str:
    """Where a case says what the register, built from it, has under `key`."""
    for inside, here in _PLACES.items():
        if key.startswith(inside):
            return here + key.removeprefix(inside)
    return key


_PLACES = {
    f"stations.{STATION}.series.": "readings.",
    f"stations.{STATION}.series": "readings",
    f"stations.{STATION}.": "",
    f"permits.{PERMIT}": "permit",
}


def _series(entry: Reader, parameter: Parameter, text: str, interval: int) -> Iterator[Said]:
    """The readings a shorthand stands for, slot after slot."""
    key, slot = parameter.key, 0
    for part in text.split(","):
        found = _RUN.fullmatch(part.strip())
        if found is None:
            entry.problem(f"readings.{key}", f"{part.strip()!r} is not a run such as '150 x12'")
            return
        status = _STATUSES.get(found["status"] or "00", Status.UNKNOWN)
        times = int(found["times"] or 1)
        for value in _values(entry, parameter, found["values"]):
            for step in range(slot, slot + times):
                yield Said(key, step * interval, value, status)
        slot += times
    if interval > 0 and slot > DAY_SECONDS // interval:
        fits = DAY_SECONDS // interval
        entry.problem(f"readings.{key}", f"{slot} slots are written, the day has {fits}")


_STATUSES = {"00": Status.MEASURING, "01": Status.CALIBRATING, "02": Status.FAULT}


def _values(entry: Reader, parameter: Parameter, text: str) -> list[Decimal]:
    """The values for one instant; none for a gap."""
    found = []
    for value in [] if text == "-" else text.split("|"):
        number = exact(value)
        if number is None:
            entry.problem(f"readings.{parameter.key}", f"{value!r} is not a number")
        elif parameter.quanta(number).denominator != 1:
            finest = f"{plain(parameter.quantum)} {parameter.unit}"
            entry.problem(f"readings.{parameter.key}", f"{value} is finer than {finest}")
        else:
            found.append(number)
    return found


def _clock(entry: Reader, key: str) -> int:
    """A time of day `HH:MM` (up to 48:00) as seconds."""
    text = entry.text(key)
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        entry.problem(key, f"expected a time of day such as 08:00, found {text!r}")
        return 0
    return int(hours) * HOUR_SECONDS + int(minutes) * 60


def _bound(entry: Reader, key: str, step: int) -> int:
    """Where a period begins or ends, in seconds of the day: a multiple of `step`, 24:00 at most."""
    second = _clock(entry, key)
    if second % step or not 0 <= second <= DAY_SECONDS:
        said = "a whole hour of the day, such as 08:00"
        if step < HOUR_SECONDS:
            said = (
                f"a multiple of {step // 60} minutes of the day, such as {_time(8 * 3600 + step)}"
            )
        entry.problem(key, f"expected {said}")
        return 0
    return second


def _period(entry: Reader, periods: Sequence[Period]) -> tuple[str, int]:
    """A period's name, and its length where that is under an hour, else the hour's."""
    name = entry.choice("period", [period.name for period in periods])
    lengths = {period.name: period.length for period in periods}
    return name, min(lengths.get(name, HOUR_SECONDS), HOUR_SECONDS)


def _finding(entry: Reader, series: Iterable[str], periods: Sequence[Period]) -> ExpectedFinding:
    period, step = _period(entry, periods)
    length = next((one.length for one in periods if one.name == period), DAY_SECONDS)
    start = _bound(entry, "at", step) if length < DAY_SECONDS else 0
    if start % length:
        entry.problem("at", f"no {period} begins then")
    if start == DAY_SECONDS:
        entry.problem("at", f"the last {period} of a day begins at {_time(DAY_SECONDS - length)}")
    expected = ExpectedFinding(
        parameter=entry.choice("parameter", series),
        period=period,
        start=start,
        outcome=Outcome(entry.choice("outcome", Outcome) or Outcome.NOT_APPLICABLE),
        reason=Reason(entry.choice("reason", Reason) or Reason.NO_PERMIT)
        if entry.has("reason")
        else None,
        mean=entry.decimal("mean"),
    )
    entry.close()
    return expected


def _alerts(entry: Reader, series: Iterable[str], periods: Sequence[Period]) -> ExpectedAlerts:
    period, step = _period(entry, periods)
    if not entry.has("intervals"):
        entry.problem("intervals", "write the intervals, or [] where no alert is expected")
    expected = ExpectedAlerts(
        kind=AlertKind(entry.choice("kind", DERIVED) or AlertKind.EXCEEDANCE),
        parameter=entry.choice("parameter", series),
        period=period,
        intervals=tuple(_interval(one, step) for one in entry.children("intervals")),
    )
    entry.close()
    return expected


def _interval(entry: Reader, step: int) -> tuple[int, int | None]:
    begin = _bound(entry, "from", step)
    end = _bound(entry, "to", step) if entry.has("to") else None
    entry.close()
    return begin, end


# --- running ------------------------------------------------------------------------------------


def run_case(case: Case, catalogue: Catalogue, known: Regulations) -> list[str]:
    """What differs, each as expected against found; empty when the case holds."""
    start = day_start(case.day)
    station = case.register.stations[STATION]
    terms = terms_of(station, start, case.register, known)
    sheets = judge(_window(case, terms, start), case.now, known_periods(known))
    rows = {term.series.parameter: row for row, term in enumerate(terms)}
    found: list[str] = []
    for expected in case.findings:
        sheet = next(one for one in sheets if one.period.name == expected.period)
        found += _compare_finding(expected, sheet, rows, terms)
    for alerts in case.alerts:
        sheet = next(one for one in sheets if one.period.name == alerts.period)
        found += _compare_alerts(alerts, sheet, rows[alerts.parameter], terms, start)
    return found


def _window(case: Case, terms: Sequence[Terms], start: int) -> Window:
    rows = {term.series.parameter: row for row, term in enumerate(terms)}
    shift = terms[0].interval if terms and terms[0].stamp_ends else 0
    columns = [
        (
            rows[s.parameter],
            start + s.offset + shift,
            _quanta(terms[rows[s.parameter]], s),
            s.status,
        )
        for s in case.said
    ]
    line, at, value, status = np.array(columns, np.int64).reshape(-1, 4).T.copy()
    return Window.of_day(tuple(terms), start, (line, at, value, status))


def _quanta(terms: Terms, said: Said) -> int:
    return int(terms.parameter.quanta(said.value))


def _compare_finding(
    expected: ExpectedFinding, sheet: Sheet, rows: Mapping[str, int], terms: Sequence[Terms]
) -> list[str]:
    row = rows[expected.parameter]
    finding = sheet.finding(row, expected.start // sheet.period.length)
    parameter = terms[row].parameter
    mean = None if finding.mean is None else finding.mean * Fraction(parameter.quantum)
    compared = [
        ("outcome", expected.outcome, finding.outcome),
        ("reason", expected.reason, finding.reason),
        ("mean", expected.mean, mean),
    ]
    name = f"{expected.parameter} {expected.period} {_time(expected.start)}"
    return [
        f"{name}: expected {what} {_shown(wanted)}, found {_shown(got)}"
        for what, wanted, got in compared
        if wanted is not None and not _equal(wanted, got)
    ]


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


def _compare_alerts(
    expected: ExpectedAlerts, sheet: Sheet, row: int, terms: Sequence[Terms], start: int
) -> list[str]:
    findings = [sheet.finding(row, column) for column in range(sheet.outcome.shape[1])]
    of = terms[row]
    steps = [step_of(one, of.parameter, of.ladder) for one in findings if _counts(one)]
    found = tuple(
        (one.started_at - start, None if one.ended_at is None else one.ended_at - start)
        for one in episodes(expected.kind, steps)
    )
    if found == expected.intervals:
        return []
    name = f"{expected.kind} alerts of {expected.parameter} by the {expected.period}"
    return [f"{name}: expected {_spans(expected.intervals)}, found {_spans(found)}"]


def _counts(finding: Finding) -> bool:
    """Only what has closed, or is proven, is on record and can raise anything."""
    return finding.final or finding.outcome is Outcome.EXCEEDED


def _time(second: int) -> str:
    """A second of the day as HH:MM."""
    return f"{second // HOUR_SECONDS:02d}:{second % HOUR_SECONDS // 60:02d}"


def _spans(intervals: Sequence[tuple[int, int | None]]) -> str:
    return (
        ", ".join(
            f"{_time(begin)}–{'…' if end is None else _time(end)}" for begin, end in intervals
        )
        or "none"
    )

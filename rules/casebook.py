"""Rule cases as files: readings in, findings and alerts out, written for a lawyer to read.

A case names a permit as the register does, readings in shorthand, and what must come out.
`rules/cases.py` runs it by the real judgement.

The shorthand of a series is a list of runs, one value a slot from the first midnight on:
`100 x288` (a day at five minutes), `140 x144, 160 x144`, `- x12` (nothing came),
`01:100 x6` (status 01, calibrating), `150|151` (two values for one instant). Slots after the
last run received nothing; more slots than the days have are refused. With `days: 2` runs go
on past midnight, and times may be `day 2 08:00`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from rules.alerts import DERIVED
from rules.amendments import Act, Amendment
from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start
from rules.explain import DECIDED, LEFT_OUT
from rules.judge import GRACE
from rules.loading import Reader
from rules.model import (
    AlertKind,
    Counts,
    Outcome,
    Period,
    Problem,
    Reason,
    Refused,
    Series,
    Test,
)
from rules.parameters import Catalogue
from rules.permit import Regulations
from rules.register import Register, load_register
from rules.regulation import known_periods
from rules.shorthand import (
    Said,
    quantised,
    read_bound,
    read_series,
    read_time,
    shown_time,
    slots_of,
)

STATION, PLANT, CLUSTER, PERMIT = "tram", "nha-may", "cum", "giay-phep"
MOST_DAYS = 31
WHY = (
    *LEFT_OUT.values(), *DECIDED.values(), "contested", "outside_instrument_range",
    *(str(test.name).lower() for test in Test),
)  # fmt: skip
"""Why a reading counted or was left out."""


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """What a case says of one finding; None does not say."""

    parameter: str
    period: str
    start: int  # second of the case
    outcome: Outcome
    reason: Reason | None
    mean: Decimal | None
    limit: Decimal | None  # the greatest value allowed
    counts: Mapping[str, int]  # of slots, by a field of Counts


@dataclass(frozen=True, slots=True)
class ExpectedReading:
    """What a case says of the readings of one instant; `value` None means all of them."""

    parameter: str
    at: int  # second of the case
    value: Decimal | None
    counted: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class ExpectedAlerts:
    """All alerts of one track, as (from, to) seconds of the case; to None: still active."""

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
    day: date  # the first
    days: int
    now: int
    said: tuple[Said, ...]
    amendments: tuple[Amendment, ...]
    findings: tuple[ExpectedFinding, ...]
    readings: tuple[ExpectedReading, ...]
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
    frame = _frame(entry)
    readings, ranges = entry.values("readings"), entry.values("ranges")
    register = _register(entry, frame, readings, ranges, catalogue, known)
    said = _said(entry, frame, readings, ranges, catalogue)
    periods = known_periods(known)
    judged = [*readings, *(register.stations[STATION].derived if register else ())]
    amendments = _amendments(entry, frame, [key for key in readings if key in catalogue], catalogue)
    findings = tuple(
        _finding(one, judged, periods, frame.days) for one in entry.children("findings")
    )
    expected = tuple(_reading(one, readings, frame.days) for one in entry.children("why"))
    alerts = tuple(_alerts(one, judged, periods, frame.days) for one in entry.children("alerts"))
    if not findings and not alerts and not expected:
        entry.problem("findings", "a case must expect something: findings, why, alerts")
    entry.close()
    if register is None:
        return None
    return Case(
        title_vi, title_en, register, frame.first, frame.days, frame.now, said, amendments,
        findings, expected, alerts,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Frame:
    """When a case takes place, and how often readings come."""

    first: date
    days: int
    now: int
    interval: object  # as the register spells it


def _frame(entry: Reader) -> _Frame:
    first = entry.day("day") or date(2026, 6, 1)
    days = entry.whole("days", 1)
    if not 1 <= days <= MOST_DAYS:
        entry.problem("days", f"expected 1 to {MOST_DAYS} days")
        days = 1
    begun = day_start(first)
    now = begun + days * DAY_SECONDS + GRACE
    if entry.has("now"):
        now = begun + read_time(entry, "now")
    interval = entry.take("interval")
    return _Frame(first, days, now, 300 if interval is None else interval)


def _said(
    entry: Reader,
    frame: _Frame,
    readings: Mapping[str, object],
    ranges: Mapping[str, object],
    catalogue: Catalogue,
) -> tuple[Said, ...]:
    found: list[Said] = []
    for key, text in readings.items():
        if key in catalogue:  # the register names what is not
            own = _mapping(ranges.get(key)).get("interval", frame.interval)
            slots = slots_of(own, frame.first, frame.days)
            found += read_series(entry, catalogue[key], str(text), slots)
    return tuple(found)


def _register(
    entry: Reader,
    frame: _Frame,
    readings: Mapping[str, object],
    ranges: Mapping[str, object],
    catalogue: Catalogue,
    known: Regulations,
) -> Register | None:
    """A register of one invented station under the case's permits (none: no permit binds)."""
    day = frame.first.isoformat()
    # A case writes long runs of one value; they are no stuck sensor unless it says so.
    usual = {} if entry.flag("checks") else {"checks": "off"}
    mapping = {
        "schema": 1,
        "clusters": {CLUSTER: {"name": "CCN Mẫu", "province": "mẫu"}},
        "plants": {PLANT: {"cluster": CLUSTER, "name": "Nhà máy mẫu", "capacity": 500}},
        "stations": {
            STATION: {
                "plant": PLANT,
                "name": "Trạm mẫu",
                "from": day,
                "interval": frame.interval,
                "timestamp_means": entry.text("timestamp_means", "start"),
                "series": {key: {**usual, **_mapping(ranges.get(key))} for key in readings},
            }
        },
        "permits": _permits(entry, day),
    }
    try:
        return load_register(entry.file, mapping, catalogue, known)
    except Refused as refused:
        for problem in refused.problems:
            entry.problem(_place(problem.key), problem.message)
        return None


def _permits(entry: Reader, day: str) -> dict[str, object]:
    """What binds the station: `permit`, or `permits`, a list with dates; what is left out of a
    paper is invented."""
    if entry.has("permit") and entry.has("permits"):
        entry.problem("permits", "give one permit, or a list of permits, not both")
    one, many = entry.values("permit"), entry.take("permits")
    if many is not None and not isinstance(many, list):
        entry.problem("permits", "expected a list of permits, each with the day it binds from")
        many = None
    usual = {"plant": PLANT, "document": "Giấy phép (mẫu)", "page": "1", "date": day, "from": day}
    found: dict[str, object] = {PERMIT: {**usual, "number": "1", **one}} if one else {}
    for number, raw in enumerate(many or []):
        paper = {**usual, "number": str(number + 1)}
        found[f"{PERMIT}-{number}"] = {**paper, **raw} if isinstance(raw, dict) else raw
    return found


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _place(key: str) -> str:
    """Where a case says what the register, built from it, has under `key`."""
    listed = _LISTED.match(key)
    if listed is not None:
        return f"permits[{listed[1]}]{key[listed.end() :]}"
    inside = next((one for one in _PLACES if key.startswith(one)), "")
    return _PLACES.get(inside, "") + key.removeprefix(inside)


_LISTED = re.compile(rf"permits\.{PERMIT}-(\d+)")
_PLACES = {
    f"stations.{STATION}.series.": "readings.",
    f"stations.{STATION}.series": "readings",
    f"stations.{STATION}.": "",
    f"permits.{PERMIT}": "permit",
}


def _period(entry: Reader, periods: Sequence[Period]) -> tuple[str, int]:
    """A period's name, and its length where that is under an hour, else the hour's."""
    name = entry.choice("period", [period.name for period in periods])
    lengths = {period.name: period.length for period in periods}
    return name, min(lengths.get(name, HOUR_SECONDS), HOUR_SECONDS)


def _finding(
    entry: Reader, series: Iterable[str], periods: Sequence[Period], days: int
) -> ExpectedFinding:
    period, step = _period(entry, periods)
    length = next((one.length for one in periods if one.name == period), DAY_SECONDS)
    day = entry.whole("day", 1)
    if not 1 <= day <= days:
        entry.problem("day", f"expected a day of the case, 1 to {days}")
    start = read_bound(entry, "at", step, days) if length < DAY_SECONDS else 0
    if start % length:
        entry.problem("at", f"no {period} begins then")
    if day > 1 and start >= DAY_SECONDS:
        entry.problem("at", "write the day once: day: 2 and 08:00, or day 2 08:00")
    start += (day - 1) * DAY_SECONDS
    if start >= days * DAY_SECONDS and 1 <= day <= days:
        last = shown_time(DAY_SECONDS - length)
        entry.problem("at", f"the last {period} of a day begins at {last}")
    expected = ExpectedFinding(
        parameter=entry.choice("parameter", series),
        period=period,
        start=start,
        outcome=Outcome(entry.choice("outcome", Outcome) or Outcome.NOT_APPLICABLE),
        reason=Reason(entry.choice("reason", Reason) or Reason.NO_PERMIT)
        if entry.has("reason")
        else None,
        mean=entry.decimal("mean"),
        limit=entry.decimal("limit"),
        counts=_counts(entry),
    )
    entry.close()
    return expected


def _counts(entry: Reader) -> dict[str, int]:
    """Slots by what was in them."""
    counts = entry.child("counts")
    if counts is None:
        return {}
    found = {one.name: counts.whole(one.name) for one in fields(Counts) if counts.has(one.name)}
    counts.close()
    return found


def _reading(entry: Reader, series: Iterable[str], days: int) -> ExpectedReading:
    expected = ExpectedReading(
        parameter=entry.choice("parameter", series),
        at=_instant(entry, "at", days),
        value=entry.decimal("value"),
        counted=entry.flag("counted"),
        reason=entry.choice("reason", WHY) if entry.has("reason") else None,
    )
    entry.close()
    return expected


def _instant(entry: Reader, key: str, days: int) -> int:
    second = read_time(entry, key)
    if second > days * DAY_SECONDS:
        entry.problem(key, f"the case has {days} days")
    return second


def _amendments(
    entry: Reader, frame: _Frame, series: Sequence[str], catalogue: Catalogue
) -> tuple[Amendment, ...]:
    """What an officer decided, in order: the first is number 1."""
    return tuple(
        _amendment(one, number, frame, series, catalogue)
        for number, one in enumerate(entry.children("amendments"), start=1)
    )


def _amendment(
    entry: Reader, number: int, frame: _Frame, series: Sequence[str], catalogue: Catalogue
) -> Amendment:
    act = entry.choice("act", Act) or Act.EXCLUDE
    parameter = entry.choice("parameter", series)
    begun, start, end = day_start(frame.first), 0, 0
    reverses = entry.whole("reverses") if act == Act.REVERSE else None
    if reverses is None:
        start = _instant(entry, "from", frame.days)
        end = _instant(entry, "to", frame.days) if entry.has("to") else start + 1
    elif not 1 <= reverses < number:
        entry.problem("reverses", "expected the number of an earlier amendment of this case")
    value = entry.take("value")
    quanta = None
    if value is not None and parameter:
        exact = quantised(entry, "value", catalogue[parameter], value)
        quanta = None if exact is None else int(catalogue[parameter].quanta(exact))
    if act == Act.VALUE and value is None:
        entry.problem("value", "say which value counts instead")
    said = entry.text("reason", "")
    entry.close()
    return Amendment(
        number, Series(STATION, parameter), begun + start, begun + end, Act(act), quanta,
        reverses, "", said,
    )  # fmt: skip


def _alerts(
    entry: Reader, series: Iterable[str], periods: Sequence[Period], days: int
) -> ExpectedAlerts:
    period, step = _period(entry, periods)
    if not entry.has("intervals"):
        entry.problem("intervals", "write the intervals, or [] where no alert is expected")
    expected = ExpectedAlerts(
        kind=AlertKind(entry.choice("kind", DERIVED) or AlertKind.EXCEEDANCE),
        parameter=entry.choice("parameter", series),
        period=period,
        intervals=tuple(_interval(one, step, days) for one in entry.children("intervals")),
    )
    entry.close()
    return expected


def _interval(entry: Reader, step: int, days: int) -> tuple[int, int | None]:
    begin = read_bound(entry, "from", step, days)
    end = read_bound(entry, "to", step, days) if entry.has("to") else None
    entry.close()
    return begin, end

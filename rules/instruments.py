"""Instruments: what their own readings say about how well they are kept.

Everything here is a function of a set of readings (or of times of arrival) and of settings
from `instruments.yaml`, which are engineering settings and no law. Nothing here touches a
verdict: an instrument in trouble makes data that cannot be assessed, never pollution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from rules.loading import Reader, meant
from rules.model import Averaging, Parameter, Problem, Refused, Severity, Status
from rules.parameters import Catalogue
from rules.permit import Permit, Regulations, limit_for, plain
from rules.register import SeriesEntry, Station

MONTH = 30 * 86400
HISTORY = 120 * 86400
"""How far back calibrations are looked for, in seconds."""

AROUND = 3600
"""Seconds before and after a calibration whose readings are compared."""

STEPS = 3
"""Steps in a row whose median must be too large: one may be the water, not the instrument."""

LIVE = 3600
"""Seconds over which arrivals are looked at."""


class Subject(StrEnum):
    """What about an instrument an alert is about; at most one alert a series and subject."""

    FAULT = "fault"
    CALIBRATION = "calibration"
    OVERDUE = "overdue"
    DRIFT = "drift"
    RANGE = "range"
    CLOCK = "clock"
    REJECTIONS = "rejections"


@dataclass(frozen=True, slots=True)
class Budget:
    """What is allowed to one series; see `instruments.yaml` for units."""

    fault_longest: int
    fault_month: int
    calibration_longest: int
    calibration_month: int
    calibration_count: int
    calibration_gap: int
    step_share: Decimal
    step_least: Decimal


@dataclass(frozen=True, slots=True)
class StationBudget:
    """What is allowed to a station as a whole."""

    clock: int
    ahead: int
    messages: int
    rejections: int
    range_factor: Decimal


@dataclass(frozen=True, slots=True)
class Allowed:
    """The settings of `instruments.yaml`."""

    station: StationBudget
    defaults: Budget
    parameters: Mapping[str, Budget]

    def budget(self, parameter: str) -> Budget:
        """What is allowed to a series of this parameter."""
        return self.parameters.get(parameter, self.defaults)


class Run(NamedTuple):
    """A stretch of readings of one status: from its first reading to the end of its last slot."""

    start: int
    end: int


class Step(NamedTuple):
    """How a calibration changed what an instrument shows, in the parameter's quanta."""

    at: int  # when the calibration ended
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Standing:
    """A trouble that stands now: since when, how much it matters, and its numbers."""

    subject: Subject
    since: int
    severity: Severity
    numbers: Mapping[str, int | float | str | list[float]]


@dataclass(frozen=True, slots=True)
class Kept:
    """How a series was kept: its calibrations and faults of HISTORY, and its newest reading."""

    interval: int
    first: int  # earliest reading of the station
    newest: int  # observed_at of the newest reading of any status
    calibrations: Sequence[Run]
    faults: Sequence[Run]


# --- runs ---------------------------------------------------------------------------------------


def runs(instants: Iterable[int], interval: int) -> list[Run]:
    """Stretches of one status from the instants of its readings, in any order.

    Readings no more than two intervals apart belong together, so that one reading lost, or
    one of another status between, does not make two faults of one.
    """
    found: list[Run] = []
    for at in sorted(set(instants)):
        if found and at - found[-1].end <= interval:
            found[-1] = Run(found[-1].start, at + interval)
        else:
            found.append(Run(at, at + interval))
    return found


def kept(set_aside: Iterable[tuple[int, int]], interval: int, first: int, newest: int) -> Kept:
    """How a series was kept, from the (observed_at, status) of its readings set aside."""
    rows = list(set_aside)
    calibrating = (at for at, status in rows if status == Status.CALIBRATING)
    faulty = (at for at, status in rows if status == Status.FAULT)
    return Kept(interval, first, newest, runs(calibrating, interval), runs(faulty, interval))


def seconds_since(found: Sequence[Run], start: int) -> int:
    """How long runs lasted together after an instant."""
    return sum(run.end - max(run.start, start) for run in found if run.end > start)


def _last_standing(found: Sequence[Run], of: Kept) -> Run | None:
    """The last run, while no later reading has shown that it is over."""
    last = found[-1] if found else None
    return last if last is not None and of.newest < last.end + of.interval else None


def fault(of: Kept, now: int, allowed: Budget) -> Standing | None:
    """A device fault (status 02) that lasts too long, or faults that are too much in a month."""
    numbers = {
        "month": seconds_since(of.faults, now - MONTH),
        "month_allowed": allowed.fault_month,
        "longest_allowed": allowed.fault_longest,
    }
    return _too_much(Subject.FAULT, of.faults, of, numbers, Severity.WARNING)


def calibration(of: Kept, now: int, allowed: Budget) -> Standing | None:
    """A calibration (status 01) that lasts too long, or calibrations too much or too often."""
    lately = [run for run in of.calibrations if run.end > now - MONTH]
    numbers = {
        "month": seconds_since(of.calibrations, now - MONTH),
        "month_allowed": allowed.calibration_month,
        "longest_allowed": allowed.calibration_longest,
        "count": len(lately),
        "count_allowed": allowed.calibration_count,
    }
    return _too_much(Subject.CALIBRATION, of.calibrations, of, numbers, Severity.INFO)


def _too_much(
    subject: Subject, found: Sequence[Run], of: Kept, numbers: dict[str, int], level: Severity
) -> Standing | None:
    current = _last_standing(found, of)
    lasted = 0 if current is None else current.end - current.start
    often = numbers.get("count", 0) > numbers.get("count_allowed", 0)
    much = lasted > numbers["longest_allowed"] or numbers["month"] > numbers["month_allowed"]
    if not (much or often):
        return None
    return Standing(subject, found[-1].start, level, {"lasted": lasted, **numbers})


# --- calibrations -------------------------------------------------------------------------------


def usual_gap(calibrations: Sequence[Run]) -> int | None:
    """The median time from the end of one calibration to the start of the next."""
    gaps = [b.start - a.end for a, b in pairwise(calibrations)]
    return int(median(gaps)) if len(gaps) >= STEPS else None


def next_due(of: Kept, allowed: Budget) -> int | None:
    """When the next calibration is due: the last and the usual gap, at most the one allowed.

    A series never seen calibrating is due the allowed gap after its station's first reading.
    None where no calibration is expected.
    """
    if not allowed.calibration_gap:
        return None
    if not of.calibrations:
        return of.first + allowed.calibration_gap
    usual = usual_gap(of.calibrations)
    gap = allowed.calibration_gap if usual is None else min(usual, allowed.calibration_gap)
    return of.calibrations[-1].end + gap


def overdue(of: Kept, now: int, allowed: Budget) -> Standing | None:
    """A calibration that has not come by half its usual gap after it was due."""
    due = next_due(of, allowed)
    if due is None:
        return None
    last = of.calibrations[-1].end if of.calibrations else None
    gap = due - (of.first if last is None else last)
    if now <= due + gap // 2:
        return None
    numbers = {"due": due, "gap": gap, **({} if last is None else {"last": last})}
    return Standing(Subject.OVERDUE, due, Severity.INFO, numbers)


def step(run: Run, readings: Iterable[tuple[int, int]]) -> Step | None:
    """The step at a calibration; None without a valid reading on both sides.

    `readings` are (observed_at, quanta) of valid readings; those further than AROUND from the
    calibration are passed over. Medians, so that one spike makes no step.
    """
    rows = list(readings)
    before = [value for at, value in rows if run.start - AROUND <= at < run.start]
    after = [value for at, value in rows if run.end <= at < run.end + AROUND]
    if not before or not after:
        return None
    return Step(run.end, Fraction(median(before)), Fraction(median(after)))


def drift(steps: Sequence[Step], parameter: Parameter, allowed: Budget) -> Standing | None:
    """Calibrations that keep correcting by too much, in the same direction."""
    last = sorted(steps)[-STEPS:]
    if len(last) < STEPS:
        return None
    sizes = [one.after - one.before for one in last]
    typical = Fraction(median(sizes))
    shares = Fraction(allowed.step_share) * abs(Fraction(median(one.before for one in last)))
    threshold = max(shares, parameter.quanta(allowed.step_least))
    together = all(size > 0 for size in sizes) or all(size < 0 for size in sizes)
    if not together or abs(typical) <= threshold:
        return None
    numbers: dict[str, int | float | str | list[float]] = {
        "steps": [_shown(size, parameter) for size in sizes],
        "step": _shown(typical, parameter),
        "allowed": _shown(threshold, parameter),
        "unit": parameter.unit,
    }
    return Standing(Subject.DRIFT, last[0].at, Severity.INFO, numbers)


def _shown(quanta: Fraction, parameter: Parameter) -> float:
    return round(float(quanta) * float(parameter.quantum), 6)


# --- clocks and rejections ----------------------------------------------------------------------


def live_lags(arrivals: Iterable[tuple[int, int]], interval: int) -> list[int]:
    """received - observed of the messages that were not sent again from a backlog.

    `arrivals` are (received, newest observed). A station that catches up sends faster than it
    measures: messages less than half an interval after or before another are passed over.
    """
    first: dict[int, int] = {}  # one a time measured, though it may be told in several messages
    for received, observed in arrivals:
        first[observed] = min(received, first.get(observed, received))
    ordered = sorted((received, observed) for observed, received in first.items())
    apart = interval / 2
    found = []
    for place, (received, observed) in enumerate(ordered):
        near = (ordered[other][0] for other in (place - 1, place + 1) if 0 <= other < len(ordered))
        if all(abs(received - other) >= apart for other in near):
            found.append(received - observed)
    return found


def clock(
    lags: Sequence[int], since: int, interval: int, stamp_ends: bool, allowed: StationBudget
) -> Standing | None:
    """A station whose clock is off: the median over an hour, from its live messages.

    A reading stamped with the start of its slot is rightly an interval old when it is sent.
    """
    if len(lags) < min(allowed.messages, max(1, LIVE // interval)):
        return None
    offset = int(median(lags))
    behind = allowed.clock + (0 if stamp_ends else interval)
    if -allowed.ahead <= offset <= behind:
        return None
    numbers = {"offset": offset, "allowed": behind, "ahead_allowed": allowed.ahead}
    return Standing(Subject.CLOCK, since, Severity.WARNING, {**numbers, "messages": len(lags)})


def rejections(received: Sequence[int], now: int, allowed: StationBudget) -> Standing | None:
    """Too many rejections from one station in the last hour."""
    lately = [at for at in received if at > now - LIVE]
    if len(lately) < allowed.rejections:
        return None
    numbers = {"count": len(lately), "allowed": allowed.rejections}
    return Standing(Subject.REJECTIONS, min(lately), Severity.WARNING, numbers)


# --- settings that cannot be right --------------------------------------------------------------


class ShortRange(NamedTuple):
    """An instrument whose range does not reach far enough above the limit."""

    station: str
    parameter: str
    high: Decimal
    limit: Decimal
    needed: Decimal
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.station}, {self.parameter}: the instrument's range ends at "
            f"{plain(self.high)} {self.unit} and must reach {plain(self.needed)} "
            f"(limit {plain(self.limit)})"
        )


def short_ranges(
    station: Station, permit: Permit, known: Regulations, allowed: StationBudget
) -> list[ShortRange]:
    """The series of a station whose range is too short for the limit of a permit."""
    found = []
    for key, entry in station.series.items():
        limit = limit_for(permit, entry.parameter, known)
        if limit is not None and limit.high is not None:
            short = _short(station.id, key, entry, limit.high, allowed)
            found += [short] if short else []
    return found


def _short(
    station: str, key: str, entry: SeriesEntry, limit: Decimal, allowed: StationBudget
) -> ShortRange | None:
    """None for what is judged by a range, and where physics ends before the range would."""
    needed = limit * allowed.range_factor
    ranged = entry.parameter.averaging is Averaging.RANGE
    if ranged or entry.parameter.high < needed or entry.high >= needed:
        return None
    return ShortRange(station, key, entry.high, limit, needed, entry.parameter.unit)


def short_range(of: ShortRange, since: int) -> Standing:
    """A range that is too short, as something to tell once."""
    numbers: dict[str, int | float | str | list[float]] = {
        "high": float(of.high), "limit": float(of.limit), "needed": float(of.needed),
        "unit": of.unit,
    }  # fmt: skip
    return Standing(Subject.RANGE, since, Severity.INFO, numbers)


# --- loading ------------------------------------------------------------------------------------

_DECIMALS = ("step_share", "step_least", "range_factor")


def load_allowed(file: str, raw: object, catalogue: Catalogue) -> Allowed:
    """The settings of `instruments.yaml`, or Refused with every problem of the file."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    empty = Reader(file, "station", {}, problems)
    station = StationBudget(**_numbers(top.child("station") or empty, StationBudget, {}))
    usual = _numbers(top.child("defaults") or Reader(file, "defaults", {}, problems), Budget, {})
    parameters = {}
    for key, entry in top.named("parameters"):
        if key not in catalogue:
            entry.problem("", f"unknown parameter {key!r}{meant(key, catalogue)}")
        parameters[key] = Budget(**_numbers(entry, Budget, usual))
    top.close()
    if problems:
        raise Refused(problems)
    return Allowed(station, Budget(**usual), parameters)


def _numbers(
    entry: Reader, of: type[Budget] | type[StationBudget], usual: Mapping[str, Any]
) -> dict[str, Any]:
    """The numbers of a budget, none below 0; what is not said is as usual."""
    found: dict[str, Any] = {}
    for name in (one.name for one in fields(of)):
        if name in usual and not entry.has(name):
            entry.take(name)
            found[name] = usual[name]
            continue
        number = entry.required_decimal(name) if name in _DECIMALS else entry.whole(name)
        if number < 0:
            entry.problem(name, "expected a number of 0 or more")
        found[name] = number
    entry.close()
    return found

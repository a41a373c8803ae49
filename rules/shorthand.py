"""The shorthand of rule cases: runs of values, and times of the days of a case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.days import DAY_SECONDS, HOUR_SECONDS
from rules.loading import Reader, calendar_day, exact
from rules.model import Parameter, Status
from rules.permit import plain

_RUN = re.compile(r"(?:(?P<status>\d\d):)?(?P<values>-|[-\d.|]+)(?:\s*x\s*(?P<times>\d+))?")
_TIME = re.compile(r"(?:day (?P<day>[1-9]\d?) )?(?P<hour>\d{1,2}):(?P<minute>\d\d)")
_STATUSES = {"00": Status.MEASURING, "01": Status.CALIBRATING, "02": Status.FAULT}


@dataclass(frozen=True, slots=True)
class Said:
    """One reading of a case: when its slot begins (seconds of the case), value, status."""

    parameter: str
    offset: int
    value: Decimal
    status: Status


def slots_of(interval: object, first: date, days: int) -> list[int]:
    """Where the slots of a case begin, in seconds; `interval` as the register spells it."""
    found: list[int] = []
    for number in range(days):
        seconds = _interval_on(interval, first + timedelta(days=number))
        if seconds > 0:  # the register refuses what is not
            found += range(number * DAY_SECONDS, (number + 1) * DAY_SECONDS, seconds)
    return found


def _interval_on(interval: object, day: date) -> int:
    if not isinstance(interval, list):
        return interval if isinstance(interval, int) else 0
    dated = [one for one in interval if isinstance(one, dict)]
    begun = [
        one.get("seconds")
        for one in dated
        if (since := calendar_day(one.get("from"))) is not None and since <= day
    ]
    return begun[-1] if begun and isinstance(begun[-1], int) else 0


def read_series(
    entry: Reader, parameter: Parameter, text: str, slots: Sequence[int]
) -> Iterator[Said]:
    """The readings that a list of runs stands for, slot after slot."""
    key, place = parameter.key, 0
    for part in text.split(","):
        found = _RUN.fullmatch(part.strip())
        if found is None:
            entry.problem(f"readings.{key}", f"{part.strip()!r} is not a run such as '150 x12'")
            return
        status = _STATUSES.get(found["status"] or "00", Status.UNKNOWN)
        times = int(found["times"] or 1)
        for value in _values(entry, parameter, found["values"]):
            for offset in slots[place : place + times]:
                yield Said(key, offset, value, status)
        place += times
    if slots and place > len(slots):
        whole = "the day has" if slots[-1] < DAY_SECONDS else "the days have"
        entry.problem(f"readings.{key}", f"{place} slots are written, {whole} {len(slots)}")


def _values(entry: Reader, parameter: Parameter, text: str) -> list[Decimal]:
    """The values for one instant; none for a gap."""
    found = []
    for value in [] if text == "-" else text.split("|"):
        number = quantised(entry, f"readings.{parameter.key}", parameter, value)
        if number is not None:
            found.append(number)
    return found


def quantised(entry: Reader, key: str, parameter: Parameter, value: object) -> Decimal | None:
    """A value that the parameter can hold; what it cannot is a problem at `key`."""
    number = exact(value)
    if number is None:
        entry.problem(key, f"{value!r} is not a number")
    elif parameter.quanta(number).denominator != 1:
        finest = f"{plain(parameter.quantum)} {parameter.unit}"
        entry.problem(key, f"{plain(number)} is finer than {finest}")
        return None
    return number


def read_time(entry: Reader, key: str) -> int:
    """A time such as `08:00` or `day 2 08:00`, in seconds of the case."""
    text = entry.text(key)
    found = _TIME.fullmatch(text)
    if found is None:
        entry.problem(key, f"expected a time of day such as 08:00, or day 2 08:00, found {text!r}")
        return 0
    day, hour, minute = int(found["day"] or 1), int(found["hour"]), int(found["minute"])
    return (day - 1) * DAY_SECONDS + hour * HOUR_SECONDS + minute * 60


def read_bound(entry: Reader, key: str, step: int, days: int) -> int:
    """Where a period begins or ends, in seconds of the case: a multiple of `step`."""
    second = read_time(entry, key)
    if second % step or not 0 <= second <= days * DAY_SECONDS:
        said = "a whole hour of the day, such as 08:00"
        if step < HOUR_SECONDS:
            example = shown_time(8 * HOUR_SECONDS + step)
            said = f"a multiple of {step // 60} minutes of the day, such as {example}"
        entry.problem(key, f"expected {said}")
        return 0
    return second


def shown_time(second: int, *, ends: bool = False) -> str:
    """A second of the case as `read_time` reads it; a midnight that ends a day as its 24:00."""
    day, rest = divmod(second, DAY_SECONDS)
    if ends and second and not rest:
        day, rest = day - 1, DAY_SECONDS
    time = f"{rest // HOUR_SECONDS:02d}:{rest % HOUR_SECONDS // 60:02d}"
    return time if day == 0 else f"day {day + 1} {time}"

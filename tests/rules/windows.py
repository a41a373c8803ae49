"""Builders of terms, limits and windows, so that a test shows only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from rules.days import day_start
from rules.judge import judge
from rules.model import (
    DAY,
    HOUR,
    PERIODS,
    Averaging,
    Finding,
    Limit,
    Parameter,
    Period,
    Series,
    Status,
    Verification,
)
from rules.terms import Terms
from rules.window import Window

MONDAY = day_start(date(2026, 3, 9))
CLOSED = MONDAY + 86400 + 600
"""The first instant at which every period of MONDAY is closed."""

Row = tuple[int, int, int, int]
"""A reading as a window holds it: row, observed_at, value in quanta, status."""


def parameter(
    key: str = "COD", quantum: str = "0.1", averaging: Averaging = Averaging.MEAN
) -> Parameter:
    """A quantity measured from 0 to 20,000 of its unit."""
    return Parameter(
        key=key,
        name_vi=key,
        name_en=key,
        unit="-" if averaging is Averaging.RANGE else "mg/L",
        quantum=Decimal(quantum),
        conversions={},
        averaging=averaging,
        refresh=0,
        low=Decimal(0),
        high=Decimal(20000),
    )


COD = parameter()
PH = parameter("pH", "0.01", Averaging.RANGE)
FLOW = parameter("FlowOut", "0.1")


def limit(high: str, low: str | None = None) -> Limit:
    """A limit typed from an invented permit."""
    lowest = None if low is None else Decimal(low)
    return Limit(lowest, Decimal(high), "mg/L", "Giấy phép Mẫu", (), Verification.PERMIT)


@dataclass(frozen=True, slots=True)
class DayTerms(Terms):
    """Terms with the one day on which a test looks at them: a line and a row in one."""

    day: int = MONDAY


def on_day(of: Terms, day: int) -> DayTerms:
    """Terms as the register gives them, on one day."""
    return DayTerms(**{one.name: getattr(of, one.name) for one in fields(of)}, day=day)


def terms(of: Parameter = COD, high: str = "150", **changes: object) -> DayTerms:
    """Terms of one series on MONDAY: every five minutes, 80 %, the limit typed."""
    usual = DayTerms(
        series=Series("MAU01", of.key),
        parameter=of,
        interval=300,
        stamp_ends=False,
        low=0,
        high=int(of.quanta(Decimal(14 if of.averaging is Averaging.RANGE else 20000))),
        limit=limit(high, "5.5" if of.averaging is Averaging.RANGE else None),
        lack=None,
        completeness=Fraction(4, 5),
        dry=None,
        owed=True,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def ph_terms(**changes: object) -> DayTerms:
    """pH between 5.5 and 9."""
    return terms(PH, "9", **changes)


def readings(
    of: DayTerms,
    values: Iterable[int | None],
    row: int = 0,
    first: int = 0,
    status: int = Status.MEASURING,
    jitter: int = 0,
) -> list[Row]:
    """One reading a slot from slot `first` on; None leaves a slot empty."""
    shift = of.interval if of.stamp_ends else 0
    return [
        (row, of.day + shift + slot * of.interval + jitter, value, int(status))
        for slot, value in enumerate(values, start=first)
        if value is not None
    ]


def window(rows: Sequence[DayTerms], given: Sequence[Row]) -> Window:
    """A window of these rows and readings, in the order given."""
    line, at, value, status = np.array(given, np.int64).reshape(-1, 4).T.copy()
    days = np.array([row.day for row in rows], np.int64)
    lines = np.arange(len(rows), dtype=np.int64)
    return Window(tuple(rows), lines, days, line, at, value, status)


def findings(
    rows: Sequence[DayTerms],
    given: Sequence[Row],
    now: int = CLOSED,
    periods: Sequence[Period] = PERIODS,
    grace: int = 600,
) -> dict[tuple[int, str, int], Finding]:
    """Every verdict by row, period and start."""
    return {
        (row, sheet.period.name, found.start): found
        for sheet in judge(window(rows, given), now, periods, grace)
        for row in range(len(rows))
        for column in range(86400 // sheet.period.length)
        for found in (sheet.finding(row, column),)
    }


def day_finding(of: DayTerms, given: Sequence[Row], now: int = CLOSED) -> Finding:
    """The day's verdict on a single series."""
    return findings([of], given, now, [DAY])[0, "day", of.day]


def hour_finding(of: DayTerms, given: Sequence[Row], hour: int = 0, now: int = CLOSED) -> Finding:
    """An hour's verdict on a single series."""
    return findings([of], given, now, [HOUR])[0, "hour", of.day + hour * 3600]

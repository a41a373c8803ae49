"""A late reading: whatever it changes, the day's series that are judged again are among those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.checks import Checks, FlatLine, Spike
from rules.days import DAY_SECONDS
from rules.judge import judge
from rules.lines import step_of
from rules.reach import Span, changed_lines, lines_read
from rules.terms import Dry
from rules.window import Window
from tests.rules.test_derived import FLOW_H, LOAD, VOLUME, bound, made
from tests.rules.windows import COD, MONDAY, DayTerms, Row, ph_terms, terms

HOUR = 3600
CODES, PHS, FLOWS, LOADS, VOLUMES = range(5)
NOW = MONDAY + 9 * DAY_SECONDS


def day_of(day: int, interval: int = 1800, ends: bool = False) -> list[DayTerms]:
    """COD with a spike and a short flat line, a pH with a long one, loads, and days of rest."""
    cod = Checks(Decimal("0.5"), spike=Spike(6, 12), flat_line=FlatLine(HOUR, 5 * HOUR))
    still = Checks(Decimal("0.1"), flat_line=FlatLine(10 * HOUR, 30 * HOUR))
    common: dict[str, Any] = {"interval": interval, "stamp_ends": ends, "day": day}
    resting = Dry("FlowOut", Fraction(20))
    flow = terms(FLOW_H, limit=None, owed=False, **common)
    code = terms(COD, "150", checks=cod, dry=resting, **common)
    return [
        code,
        ph_terms(checks=still, **common),
        flow,
        made(terms(LOAD, limit=bound("30", "kg/day"), **common), [flow, code]),
        made(terms(VOLUME, limit=bound("600", "m3/day"), **common), [flow]),
    ]


def verdicts(of: Sequence[DayTerms], day: int, held: Sequence[Row]) -> list[list[list[int]]]:
    """By line, everything that the sheets of a day say."""
    columns = np.array(sorted(held), np.int64).reshape(-1, 4).T.copy()
    sheets = judge(Window.of_day(tuple(of), day, tuple(columns)), NOW)  # type: ignore[arg-type]
    said = ("outcome", "reason", "num", "den", "received", "valid", "failed", "conflicting")
    return [
        [getattr(sheet, name)[line].tolist() for sheet in sheets for name in said]
        for line in range(len(of))
    ]


def varied_in(of: Sequence[DayTerms], held: Sequence[Row], line: int, after: int, to: int) -> bool:
    found: dict[int, list[int]] = {}
    for row, at, value, status in held:
        inside = of[row].low <= value <= of[row].high
        if row == line and after < at < to and status == 0 and inside:
            found.setdefault(at, []).append(value)
    alone = [values[0] for values in found.values() if len(values) == 1]
    return bool(alone) and max(alone) - min(alone) >= step_of(of[line])


def days_of_water(chance: Random, first: int, days: int) -> list[Row]:
    """Several days of three series: still for hours or more than a day, now and then a leap."""
    held: list[Row] = []
    for line, level in ((CODES, 600), (PHS, 720), (FLOWS, 100)):
        value, slot = level, 0
        while slot < days * 48:
            length = chance.choice((1, 2, 9, 30, 70))
            for one in range(slot, min(slot + length, days * 48)):
                leap = 6000 if line == CODES and chance.random() < 0.02 else 0
                status = 1 if chance.random() < 0.03 else 0
                if chance.random() < 0.93:
                    held.append((line, first + one * 1800, value + leap, status))
            value, slot = max(0, level + chance.choice((-90, -10, 0, 8, 60))), slot + length
    return held


@given(seed=st.integers(0, 10**6), ends=st.booleans())
def test_what_changes_is_judged_again(seed: int, ends: bool) -> None:
    chance = Random(seed)
    first = MONDAY - 3 * DAY_SECONDS
    water = days_of_water(chance, first, 5)
    line, start = chance.choice((CODES, CODES, PHS, PHS, FLOWS)), chance.randrange(5 * 48)
    times = range(first + start * 1800, first + (start + chance.choice((1, 2, 40))) * 1800)
    late = [row for row in water if row[0] == line and row[1] in times]
    if chance.random() < 0.3:  # another value for an instant
        late = [(line, times[0], chance.choice((0, 500, 640, 9000)), 0)]
    early = [row for row in water if row not in late]
    if not late:
        return
    held, day = [*early, *late], MONDAY
    of = day_of(day, ends=ends)
    before, after = (verdicts(of, day, some) for some in (early, held))
    differing = {n for n, (one, two) in enumerate(zip(before, after, strict=True)) if one != two}
    news = {line: Span(min(row[1] for row in late), max(row[1] for row in late))}
    found = changed_lines(of, day, news, lambda *where: varied_in(of, held, *where))
    assert differing <= found


@given(seed=st.integers(0, 10**6))
def test_some_lines_alone_are_judged_as_among_all(seed: int) -> None:
    water = days_of_water(Random(seed), MONDAY - DAY_SECONDS, 2)
    of = day_of(MONDAY)
    whole = verdicts(of, MONDAY, water)
    for line in range(len(of)):
        read = sorted(lines_read(of, {line}))
        own = [(read.index(one[0]), *one[1:]) for one in water if one[0] in read]
        alone = verdicts([of[one] for one in read], MONDAY, own)
        assert alone[read.index(line)] == whole[line]


def lines_of(line: int, *offsets: int, varied: bool = False) -> set[int]:
    """The lines that feel readings of a line, told as offsets from the midnight of their day."""
    span = Span(MONDAY + min(offsets), MONDAY + max(offsets))
    return changed_lines(day_of(MONDAY), MONDAY, {line: span}, lambda *_: varied)


def test_of_the_day_itself_a_series_and_what_is_made_of_it() -> None:
    assert lines_of(PHS, HOUR) == {PHS}
    assert lines_of(CODES, HOUR) == {CODES, LOADS}
    assert lines_of(FLOWS, 0, DAY_SECONDS) == {CODES, FLOWS, LOADS, VOLUMES}
    assert lines_read(day_of(MONDAY), {CODES}) == {CODES, FLOWS}
    assert lines_read(day_of(MONDAY), {LOADS}) == {CODES, FLOWS, LOADS}
    assert lines_read(day_of(MONDAY), {PHS}) == {PHS}


@pytest.mark.parametrize(
    ("line", "offset", "felt"),
    [
        (CODES, -6 * HOUR, True),  # a spike is compared with six hours
        (CODES, -6 * HOUR - 1, False),
        (PHS, -30 * HOUR, True),  # a flat line of 30 hours
        (PHS, -30 * HOUR - 1, False),
        (FLOWS, -1, False),  # no check
        (CODES, DAY_SECONDS + HOUR, True),  # two slots ahead
        (CODES, DAY_SECONDS + HOUR + 1, False),
        (PHS, DAY_SECONDS + 1, False),
    ],
)
def test_how_far_a_reading_is_felt(line: int, offset: int, felt: bool) -> None:
    assert (line in lines_of(line, offset)) is felt


def test_a_series_that_moved_since_is_no_flat_line() -> None:
    assert lines_of(PHS, -20 * HOUR, varied=True) == set()
    assert lines_of(CODES, -HOUR, varied=True) == {CODES, LOADS}  # the spike looks all the same


def test_what_makes_a_reading_suspect_is_not_felt() -> None:
    only = Checks(Decimal("0.1"), flat_line=FlatLine(30 * HOUR))
    of = [replace(one, checks=only) for one in day_of(MONDAY)]
    span = Span(MONDAY - HOUR, MONDAY - HOUR)
    assert changed_lines(of, MONDAY, {PHS: span}, lambda *_: False) == set()


def test_two_spans_are_one() -> None:
    assert Span(5, 7).and_also(Span(1, 6)) == Span(1, 7)

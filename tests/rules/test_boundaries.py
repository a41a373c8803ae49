"""Where verdicts flip: one row a boundary, each with a name. MONDAY is 2026-03-09 in Hanoi."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.days import day_start
from rules.judge import GRACE
from rules.model import DAY, HOUR, Outcome, Reason, Status
from rules.register import Register, load_register
from rules.terms import terms_of
from rules.window import day_of
from tests.rules.windows import (
    CLOSED,
    MONDAY,
    PH,
    DayTerms,
    Row,
    day_finding,
    findings,
    hour_finding,
    on_day,
    parameter,
    ph_terms,
    readings,
    terms,
)
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml

CATALOGUE = load_catalogue()
REGULATIONS = load_regulations()
Verdict = tuple[Outcome, Reason]

WITHIN = (Outcome.COMPLIANT, Reason.WITHIN_LIMIT)
NEAR = (Outcome.NEAR, Reason.NEAR_LIMIT)
ABOVE = (Outcome.EXCEEDED, Reason.ABOVE_LIMIT)
BELOW = (Outcome.EXCEEDED, Reason.BELOW_LIMIT)
OUTSIDE = (Outcome.EXCEEDED, Reason.HOUR_OUTSIDE)
PROVEN = (Outcome.EXCEEDED, Reason.PROVEN)
TOO_FEW = (Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)
CONTESTED = (Outcome.NOT_ASSESSABLE, Reason.CONTESTED)
OPEN = (Outcome.NOT_ASSESSABLE, Reason.PERIOD_OPEN)
NOTHING = (Outcome.NOT_ASSESSABLE, Reason.NO_DATA)


# --- the limit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantum", "high", "value", "expected"),
    [
        pytest.param("0.1", "150", 1499, NEAR, id="one quantum below the limit"),
        pytest.param("0.1", "150", 1500, NEAR, id="exactly at the limit"),
        pytest.param("0.1", "150", 1501, ABOVE, id="one quantum above the limit"),
        pytest.param("0.1", "0.3", 3, NEAR, id="exactly at 0.3, which no binary float is"),
        pytest.param("0.1", "0.3", 4, ABOVE, id="one quantum above 0.3"),
        pytest.param("0.1", "74.25", 742, NEAR, id="below a limit of half a quantum"),
        pytest.param("0.1", "74.25", 743, ABOVE, id="above a limit of half a quantum"),
        pytest.param("0.000001", "133.65", 133650000, NEAR, id="at 133.65 in millionths"),
        pytest.param("0.000001", "133.65", 133650001, ABOVE, id="a millionth above 133.65"),
        pytest.param("0.1", "150", 1350, NEAR, id="exactly nine tenths"),
        pytest.param("0.1", "150", 1349, WITHIN, id="one quantum below nine tenths"),
        pytest.param("0.1", "74.25", 669, NEAR, id="above nine tenths of 74.25 (66.825)"),
        pytest.param("0.1", "74.25", 668, WITHIN, id="below nine tenths of 74.25 (66.825)"),
    ],
)
def test_equal_values_of_a_whole_day(
    quantum: str, high: str, value: int, expected: Verdict
) -> None:
    of = terms(parameter(quantum=quantum), high)
    found = day_finding(of, readings(of, [value] * 288))
    assert (found.outcome, found.reason) == expected
    assert found.mean == value


def test_one_quantum_in_one_of_288_slots_exceeds() -> None:
    of = terms()
    found = day_finding(of, readings(of, [1500] * 287 + [1501]))
    assert (found.outcome, found.mean) == (Outcome.EXCEEDED, 1500 + Fraction(1, 288))
    balanced = day_finding(of, readings(of, [1500] * 286 + [1501, 1499]))
    assert (balanced.outcome, balanced.mean) == (Outcome.NEAR, Fraction(1500))


# --- pH ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "hour", "day"),
    [
        pytest.param(549, BELOW, OUTSIDE, id="one quantum below the lower end"),
        pytest.param(550, NEAR, NEAR, id="exactly the lower end"),
        pytest.param(570, NEAR, NEAR, id="0.2 inside the lower end"),
        pytest.param(571, WITHIN, WITHIN, id="more than 0.2 inside the lower end"),
        pytest.param(725, WITHIN, WITHIN, id="the middle"),
        pytest.param(879, WITHIN, WITHIN, id="more than 0.2 inside the upper end"),
        pytest.param(880, NEAR, NEAR, id="0.2 inside the upper end"),
        pytest.param(900, NEAR, NEAR, id="exactly the upper end"),
        pytest.param(901, ABOVE, OUTSIDE, id="one quantum above the upper end"),
    ],
)
def test_both_ends_of_ph(value: int, hour: Verdict, day: Verdict) -> None:
    of = ph_terms()
    given = readings(of, [value] * 288)
    of_hour, of_day = hour_finding(of, given), day_finding(of, given)
    assert (of_hour.outcome, of_hour.reason) == hour
    assert (of_day.outcome, of_day.reason) == day


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([901] * 12 + [700] * 276, OUTSIDE, id="one hour outside, the mean inside"),
        pytest.param([1300, 300] * 144, WITHIN, id="readings outside, every hour inside"),
        pytest.param([901] * 9 + [None] * 3 + [700] * 276, WITHIN, id="an hour of 9/12 is no hour"),
        pytest.param([901] * 10 + [None] * 2 + [700] * 276, OUTSIDE, id="an hour of 10/12 is one"),
        pytest.param([901] * 12 + [None] * 276, OUTSIDE, id="an hour outside in a day of one hour"),
        pytest.param([700] * 12 + [None] * 276, TOO_FEW, id="an hour inside in a day of one hour"),
        pytest.param([880] * 12 + [700] * 276, NEAR, id="one hour near an end"),
    ],
)
def test_a_day_of_ph_is_judged_by_its_hours(
    values: Sequence[int | None], expected: Verdict
) -> None:
    of = ph_terms()
    found = day_finding(of, readings(of, values))
    assert (found.outcome, found.reason) == expected


# --- completeness -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("valid", "share", "expected"),
    [
        pytest.param(48, Fraction(4, 5), WITHIN, id="48 of 60 are 80 %"),
        pytest.param(47, Fraction(4, 5), TOO_FEW, id="47 of 60 are not"),
        pytest.param(60, Fraction(1), WITHIN, id="60 of 60 where all are asked for"),
        pytest.param(59, Fraction(1), TOO_FEW, id="59 of 60 where all are asked for"),
        pytest.param(20, Fraction(1, 3), WITHIN, id="20 of 60 are a third"),
        pytest.param(1, Fraction(1, 1000), WITHIN, id="one reading where hardly any is asked for"),
        pytest.param(0, Fraction(1, 1000), NOTHING, id="no reading is never enough"),
    ],
)
def test_completeness_of_an_hour_at_one_minute(
    valid: int, share: Fraction, expected: Verdict
) -> None:
    of = terms(interval=60, completeness=share)
    found = hour_finding(of, readings(of, [1000] * valid))
    assert (found.outcome, found.reason) == expected
    assert (found.counts.valid, found.counts.expected) == (valid, 60)
    assert (found.mean is None) is (expected != WITHIN)


@pytest.mark.parametrize(
    ("status", "value"),
    [
        pytest.param(Status.CALIBRATING, 1000, id="calibrating"),
        pytest.param(Status.FAULT, 1000, id="fault"),
        pytest.param(Status.UNKNOWN, 1000, id="an unknown status"),
        pytest.param(Status.MEASURING, -1, id="one quantum below the instrument's range"),
        pytest.param(Status.MEASURING, 200001, id="one quantum above the instrument's range"),
    ],
)
def test_what_is_set_aside_counts_neither_way(status: Status, value: int) -> None:
    """Twelve slots set aside of sixty leave an hour of exactly 80 %; thirteen do not."""
    of = terms(interval=60)
    for valid, expected in ((48, WITHIN), (47, TOO_FEW)):
        given = readings(of, [1000] * valid)
        given += readings(of, [value] * (60 - valid), first=valid, status=status)
        found = hour_finding(of, given)
        assert (found.outcome, found.reason) == expected
        assert (found.counts.received, found.counts.valid) == (60, valid)


# --- midnight ---------------------------------------------------------------------------------

SUNDAY, TUESDAY = MONDAY - 86400, MONDAY + 86400


@pytest.mark.parametrize(
    ("off", "ends", "day", "hour"),
    [
        pytest.param(0, False, MONDAY, 0, id="start: 00:00:00 opens the new day"),
        pytest.param(0, True, SUNDAY, 23, id="end: 00:00:00 closes the old day"),
        pytest.param(1, True, MONDAY, 0, id="end: 00:00:01 is in the new day"),
        pytest.param(-1, False, SUNDAY, 23, id="start: 23:59:59 is in the old day"),
        pytest.param(-1, True, SUNDAY, 23, id="end: 23:59:59 is in the old day"),
        pytest.param(3600, False, MONDAY, 1, id="start: 01:00:00 opens the second hour"),
        pytest.param(3600, True, MONDAY, 0, id="end: 01:00:00 closes the first hour"),
        pytest.param(86399, False, MONDAY, 23, id="start: the day's last second"),
        pytest.param(86400, False, TUESDAY, 0, id="start: the next midnight"),
        pytest.param(86400, True, MONDAY, 23, id="end: the next midnight"),
    ],
)
def test_which_day_and_hour_a_time_belongs_to(off: int, ends: bool, day: int, hour: int) -> None:
    rows = [terms(day=start, stamp_ends=ends) for start in (SUNDAY, MONDAY, TUESDAY)]
    given = [(row, MONDAY + off, 1000, 0) for row in range(3)]
    found = findings(rows, given, CLOSED + 86400, [HOUR])
    holding = [(start - start % 3600) for (_, _, start), one in found.items() if one.counts.valid]
    assert holding == [day + hour * 3600]
    assert day_of(MONDAY + off, ends) == day


@pytest.mark.parametrize(
    ("last", "following"),
    [
        pytest.param(date(2026, 2, 28), date(2026, 3, 1), id="a short February"),
        pytest.param(date(2028, 2, 29), date(2028, 3, 1), id="a leap day"),
        pytest.param(date(2026, 4, 30), date(2026, 5, 1), id="a month of thirty days"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), id="the end of a year"),
    ],
)
def test_the_end_of_a_month(last: date, following: date) -> None:
    old, new = day_start(last), day_start(following)
    assert new - old == 86400
    rows = [terms(day=old), terms(day=new)]
    given = [
        (row, at, value, 0) for row in (0, 1) for at, value in ((new - 300, 1501), (new, 1499))
    ]
    found = findings(rows, given, new + 2 * 86400, [DAY])
    assert [found[row, "day", start].counts.valid for row, start in ((0, old), (1, new))] == [1, 1]
    whole = readings(rows[0], [1501] * 288) + readings(rows[1], [1499] * 288, row=1)
    found = findings(rows, whole, new + 2 * 86400, [DAY])
    assert found[0, "day", old].outcome is Outcome.EXCEEDED
    assert found[1, "day", new].outcome is Outcome.NEAR


REGISTER = """
schema: 1
clusters: {c: {name: CCN Mẫu 01, province: mau}}
plants: {p: {cluster: c, name: Nhà máy Mẫu 01, capacity: 500}}
stations:
  MAU01:
    plant: p
    name: Trạm Mẫu 01
    from: 2026-01-01
    interval: [{from: 2026-01-01, seconds: 300}, {from: 2026-03-10, seconds: 900}]
    series: {COD: {low: 0, high: 450}}
permits:
  old: {plant: p, document: Giấy phép, number: 1, date: 2026-01-01, page: 1, from: 2026-01-05,
        until: 2026-03-09, limits: {COD: {max: 150, page: 2}}}
  new: {plant: p, document: Giấy phép, number: 2, date: 2026-03-01, page: 1, from: 2026-03-10,
        completeness: 0.9, limits: {COD: {max: 75, page: 2}}}
"""


def registered() -> Register:
    return load_register("r.yaml", parse_yaml(REGISTER, "r.yaml"), CATALOGUE, REGULATIONS)


def terms_on(day: int) -> DayTerms:
    register = registered()
    (term,) = terms_of(register.stations["MAU01"], day, register, REGULATIONS)
    return on_day(term, day)


def test_a_permit_that_changes_at_midnight() -> None:
    before, after = terms_on(MONDAY), terms_on(TUESDAY)
    hundred = int(before.parameter.quanta(Decimal(100)))
    given = readings(before, [hundred] * 288) + readings(after, [hundred] * 96, row=1)
    found = findings([before, after], given, CLOSED + 86400)
    old, new = found[0, "day", MONDAY], found[1, "day", TUESDAY]
    assert (old.outcome, new.outcome) == (Outcome.COMPLIANT, Outcome.EXCEEDED)
    assert [one.limit.high for one in (old, new) if one.limit] == [150, 75]
    assert (old.counts.expected, new.counts.expected) == (288, 96)
    assert found[0, "hour", MONDAY + 82800].outcome is Outcome.COMPLIANT
    assert found[1, "hour", TUESDAY].outcome is Outcome.EXCEEDED
    assert (before.completeness, after.completeness) == (Fraction(4, 5), Fraction(9, 10))


def test_a_day_before_any_permit() -> None:
    term = terms_on(day_start(date(2026, 1, 4)))
    assert (term.limit, term.lack) == (None, Reason.NO_PERMIT)
    found = day_finding(term, readings(term, [10**9] * 288), term.day + 2 * 86400)
    assert (found.outcome, found.reason) == (Outcome.NOT_APPLICABLE, Reason.NO_PERMIT)


def test_a_reading_of_2355_that_comes_two_days_late() -> None:
    of = terms(completeness=Fraction(1))
    on_time = readings(of, [1000] * 287)
    before = findings([of], on_time, CLOSED)
    after = findings([of], [*on_time, (0, MONDAY + 86100, 1000, 0)], CLOSED + 2 * 86400)
    changed = {key[1:] for key in before if before[key] != after[key]}
    assert changed == {("hour", MONDAY + 82800), ("day", MONDAY)}
    assert before[0, "day", MONDAY].reason is Reason.INSUFFICIENT_DATA
    assert after[0, "day", MONDAY].outcome is Outcome.COMPLIANT


# --- a conflict -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "second", "expected"),
    [
        pytest.param([1500] * 288, 1501, CONTESTED, id="at the limit, and a quantum above"),
        pytest.param([1500] * 288, 1499, NEAR, id="at the limit, and a quantum below"),
        pytest.param([1500] * 288, 200000, CONTESTED, id="at the limit, and far above"),
        pytest.param([1501] * 288, 1502, ABOVE, id="both above the limit"),
        pytest.param([1000] * 288, 1001, WITHIN, id="both far below the limit"),
        pytest.param([1349] * 288, 1637, CONTESTED, id="below nine tenths, and at nine tenths"),
        pytest.param([1500] * 288, 200001, NEAR, id="a second value outside the range"),
        pytest.param([1500] * 288, -1, NEAR, id="a negative second value"),
    ],
)
def test_two_values_for_one_instant(values: Sequence[int], second: int, expected: Verdict) -> None:
    of = terms()
    given = [*readings(of, values), (0, MONDAY + 30000, second, 0)]
    found = day_finding(of, given)
    assert (found.outcome, found.reason) == expected
    assert (found.mean is None) is (expected == CONTESTED)
    assert found.counts.conflicting == (0 <= second <= 200000)
    assert found.counts.valid == 288


@pytest.mark.parametrize("status", [Status.CALIBRATING, Status.FAULT, Status.UNKNOWN])
def test_a_second_value_that_does_not_count_contests_nothing(status: Status) -> None:
    of = terms()
    found = day_finding(of, [*readings(of, [1500] * 288), (0, MONDAY, 9999, int(status))])
    assert (found.outcome, found.counts.conflicting) == (Outcome.NEAR, 0)


def test_only_the_contested_hour_is_contested() -> None:
    of = terms()
    given = [*readings(of, [1500] * 288), (0, MONDAY + 3600, 1501, 0)]
    found = findings([of], given, CLOSED, [HOUR])
    reasons = [found[0, "hour", MONDAY + hour * 3600].reason for hour in range(24)]
    assert reasons == [Reason.NEAR_LIMIT, Reason.CONTESTED, *[Reason.NEAR_LIMIT] * 22]


def test_two_instants_in_a_slot_are_a_mean_and_no_conflict() -> None:
    of = terms()
    given = [*readings(of, [1500] * 288), (0, MONDAY + 120, 1501, 0)]
    found = day_finding(of, given)
    assert (found.outcome, found.counts.conflicting) == (Outcome.EXCEEDED, 0)
    assert found.mean == Fraction(1500 * 287, 288) + Fraction(3001, 2 * 288)


# --- closing and early proof ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected", "final"),
    [
        pytest.param(MONDAY + 3600 + GRACE - 1, OPEN, False, id="a second before it closes"),
        pytest.param(MONDAY + 3600 + GRACE, NEAR, True, id="exactly ten minutes after its end"),
        pytest.param(MONDAY, OPEN, False, id="as it begins"),
        pytest.param(MONDAY - 86400, OPEN, False, id="before it begins"),
    ],
)
def test_an_hour_closes(now: int, expected: Verdict, final: bool) -> None:
    of = terms()
    found = hour_finding(of, readings(of, [1500] * 12), now=now)
    assert (found.outcome, found.reason, found.final) == (*expected, final)
    assert found.mean == 1500  # an open period shows the mean it has so far


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(CLOSED - 1, OPEN, id="a second before it closes"),
        pytest.param(CLOSED, NEAR, id="exactly ten minutes after midnight"),
    ],
)
def test_a_day_closes(now: int, expected: Verdict) -> None:
    of = terms()
    found = day_finding(of, readings(of, [1500] * 288), now)
    assert (found.outcome, found.reason) == expected


def test_a_day_of_ph_waits_for_the_last_hour_to_close() -> None:
    of = ph_terms()
    given = readings(of, [700] * 276 + [901] * 12)
    assert day_finding(of, given, CLOSED - 1).reason is Reason.PERIOD_OPEN
    assert day_finding(of, given, CLOSED).reason is Reason.HOUR_OUTSIDE


NOON: int = MONDAY + 43200


@pytest.mark.parametrize(
    ("value", "low", "now", "expected"),
    [
        pytest.param(3001, 0, NOON, PROVEN, id="half a day at twice the limit and more"),
        pytest.param(3000, 0, NOON, OPEN, id="half a day at exactly twice the limit"),
        pytest.param(2999, 2, NOON, PROVEN, id="the instrument's minimum adds to it"),
        pytest.param(3001, -1, NOON, OPEN, id="a minimum below zero takes from it"),
        pytest.param(3001, 0, CLOSED, PROVEN, id="too few readings in the end, and yet proven"),
        pytest.param(3000, 0, CLOSED, TOO_FEW, id="too few readings in the end"),
    ],
)
def test_early_proof(value: int, low: int, now: int, expected: Verdict) -> None:
    of = terms(low=low)
    found = day_finding(of, readings(of, [value] * 144), now)
    assert (found.outcome, found.reason) == expected


def test_a_proof_takes_the_lowest_of_what_conflicts() -> None:
    of = terms()
    given = [*readings(of, [3001] * 144), (0, MONDAY, 2857, 0)]
    assert day_finding(of, given, NOON).reason is Reason.PERIOD_OPEN
    given[-1] = (0, MONDAY, 2858, 0)
    assert day_finding(of, given, NOON).reason is Reason.PROVEN


def test_ph_is_never_proven_early() -> None:
    of = ph_terms()
    given: list[Row] = readings(of, [1400] * 287)
    assert day_finding(of, given, CLOSED - 1).reason is Reason.PERIOD_OPEN
    assert of.parameter is PH

"""What each reading is: range, officer and checks in their order, and who has the last word."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rules.amendments import Act, Amendment
from rules.assess import COUNTED, FAILED, Assessed, assess
from rules.checks import Checks, FlatLine, Spike
from rules.model import Test as Check
from tests.rules.windows import COD, MONDAY, PH, Row, readings, terms, window

CHECKED = terms(
    replace(COD, refresh=5),
    checks=Checks(resolution=Decimal(1), spike=Spike(6, 12), flat_line=FlatLine(3600, 7200)),
)
CALM = [1000 + 10 * (n % 3) for n in range(40)]


def day(values: list[int], more: list[Row] | None = None) -> list[Row]:
    return [(0, MONDAY + n * 300, value, 0) for n, value in enumerate(values)] + (more or [])


def judged(given: list[Row], *amendments: Amendment) -> Assessed:
    return assess(replace(window([CHECKED], given), amendments=tuple((0, a) for a in amendments)))


def leap(at: int = 20, to: int = 9000) -> list[int]:
    return [*CALM[:at], to, *CALM[at + 1 :]]


def confirmed(at: int) -> Amendment:
    return Amendment(1, CHECKED.series, MONDAY + at * 300, MONDAY + at * 300 + 1, Act.CONFIRM)


def test_what_fails_a_check_does_not_count() -> None:
    found = judged(day(leap()))
    assert found.kind[20] == FAILED
    assert found.marks.fail[20] == Check.SPIKE
    assert (np.delete(found.kind, 20) == COUNTED).all()


def test_an_officer_has_the_last_word() -> None:
    found = judged(day(leap()), confirmed(20))
    assert found.kind[20] == COUNTED
    assert found.marks.fail[20] == Check.SPIKE  # what the check said is still shown


def test_in_a_slot_with_a_contradiction_a_check_makes_suspect_at_most() -> None:
    beside = (0, MONDAY + 20 * 300 + 60, 1000, 0), (0, MONDAY + 20 * 300 + 60, 1010, 0)
    found = judged(day(leap(), list(beside)))
    place = int(np.flatnonzero(found.value == 9000)[0])
    assert found.conflict.sum() == 2
    assert (found.kind[place], found.marks.fail[place]) == (COUNTED, 0)
    assert found.marks.suspect[place] & Check.SPIKE


def test_a_reading_outside_its_range_is_looked_at_by_no_check() -> None:
    found = judged(day(leap(to=-5)))
    assert found.kind[20] == FAILED
    assert (found.marks.fail[20], found.marks.suspect[20]) == (Check.GROSS_RANGE, 0)


@pytest.mark.parametrize(("until", "excluded"), [(0, 0), (1, 1), (300, 1), (301, 2)])
def test_an_amendment_ends_before_its_end(until: int, excluded: int) -> None:
    one = Amendment(1, CHECKED.series, MONDAY, MONDAY + until, Act.EXCLUDE)
    assert (judged(day(CALM), one).kind == FAILED).sum() == excluded


def test_a_flat_line_is_failed_from_its_threshold_on() -> None:
    found = judged(day([1000] * 40))
    assert found.kind.tolist().index(FAILED) * 300 == 7200 - 300  # the slot of its start will do


@pytest.mark.parametrize("beside", [
    pytest.param((0, MONDAY + 300, 13000, 0), id="contested"),
    pytest.param((0, MONDAY + 10, 1000, 2), id="of a faulty device"),
])  # fmt: skip
def test_what_does_not_compete_is_not_checked(beside: Row) -> None:
    close = terms(checks=Checks(time=True))
    found = assess(window([close], [*readings(close, [1000] * 3), beside]))
    assert not found.marks.suspect.any()


def test_a_contradiction_of_another_series_spares_nothing() -> None:
    clash: list[Row] = [(1, MONDAY + 20 * 300 + 60, value, 0) for value in (1000, 1010)]
    wide = replace(terms(PH, "9"), high=20000)
    found = assess(window([CHECKED, wide], day(leap(), clash)))
    assert found.kind[20] == FAILED
    assert found.conflict.sum() == 2

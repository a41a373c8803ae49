"""What the quality checks may do to readings that contradict each other, and what not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rules.assess import COUNTED, FAILED, Assessed, assess
from rules.checks import Checks, FlatLine
from rules.model import Test as Bit  # pytest would collect a class named Test
from tests.rules.windows import MONDAY, PH, DayTerms, Row, readings, terms, window

FLAT = terms(checks=Checks(flat_line=FlatLine(suspect=1800, fail=3600)))
TWELFTH = MONDAY + 12 * 300
"""By this slot the same value has lasted an hour."""

CLASH = [(0, TWELFTH + 60, 1000, 0), (0, TWELFTH + 60, 13000, 0)]


def assessed(rows: Sequence[DayTerms], given: Sequence[Row]) -> Assessed:
    return assess(window(rows, given))


def kinds(found: Assessed, line: int = 0) -> dict[int, int]:
    """What the readings of a line are, by their time."""
    rows = zip(found.line.tolist(), found.at.tolist(), found.kind.tolist(), strict=True)
    return {at: kind for of, at, kind in rows if of == line}


def test_contested_readings_are_not_checked() -> None:
    close = terms(checks=Checks(time=True))
    found = assessed([close], [*readings(close, [1000] * 3), (0, MONDAY + 300, 13000, 0)])
    assert found.conflict.tolist() == [False, True, True, False]
    assert not found.marks.suspect.any()


def test_a_reading_set_aside_is_not_checked() -> None:
    close = terms(checks=Checks(time=True))
    found = assessed([close], [*readings(close, [1000] * 3), (0, MONDAY + 10, 1000, 2)])
    assert not found.marks.suspect.any()


def test_no_check_settles_what_is_contested() -> None:
    """The reading beside two that clash fails; alone, the slot would be theirs to settle."""
    found = assessed([FLAT], [*readings(FLAT, [1000] * 14), *CLASH])
    assert kinds(found)[TWELFTH] == COUNTED
    assert kinds(found)[TWELFTH + 300] == FAILED
    (place,) = (found.at == TWELFTH).nonzero()[0].tolist()
    assert (found.marks.fail[place], found.marks.suspect[place]) == (0, Bit.FLAT_LINE)


def test_a_clash_of_another_series_spares_nothing() -> None:
    clash = [(1, at, value, status) for _, at, value, status in CLASH]
    wide = replace(terms(PH, "9"), high=20000)
    found = assessed([FLAT, wide], [*readings(FLAT, [1000] * 14), *clash])
    assert kinds(found)[TWELFTH] == FAILED

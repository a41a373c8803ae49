"""What an officer decides about readings: what then counts, what is told, and how it reverses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.amendments import Act, Amendment, effective
from rules.assess import COUNTED, assess
from rules.checks import Checks, FlatLine
from rules.explain import Explained, explain_readings
from rules.judge import judge
from rules.model import HOUR, Finding, Outcome, Reason, Series
from rules.model import Test as Bit  # pytest would collect a class named Test
from tests.rules.windows import CLOSED, COD, MONDAY, PH, Row, readings, terms, window

COD_HERE = Series("MAU01", COD.key)
SLOT = 300


def amendment(
    act: Act, first: int = 0, last: int = 1, value: int | None = None, number: int = 1
) -> Amendment:
    """Of the readings of slots [first, last) of MONDAY."""
    start, end = MONDAY + first * SLOT, MONDAY + last * SLOT
    return Amendment(number, COD_HERE, start, end, act, value, None, "cán bộ mẫu", "mẫu")


def reversal(of: int, number: int) -> Amendment:
    return Amendment(number, COD_HERE, 0, 0, Act.REVERSE, None, of)


def judged(given: Sequence[Row], *amendments: Amendment) -> Finding:
    """The first hour's verdict with these amendments, as recorded, on the first of two series."""
    rows = [terms(), terms(PH, "9")]
    held = tuple((0, one) for one in effective(amendments))
    (sheet,) = judge(replace(window(rows, given), amendments=held), CLOSED, [HOUR])
    return sheet.finding(0, 0)


def told(given: Sequence[Row], *amendments: Amendment) -> list[Explained]:
    """Every reading of the first hour, as explained."""
    rows = [terms(), terms(PH, "9")]
    held = tuple((0, one) for one in effective(amendments))
    amended = replace(window(rows, given), amendments=held)
    return explain_readings(amended, 0, MONDAY, MONDAY + 3600)


# --- which amendments hold --------------------------------------------------------------------

FIRST, SECOND = amendment(Act.EXCLUDE, number=1), amendment(Act.CONFIRM, number=2)


@pytest.mark.parametrize(
    ("recorded", "hold"),
    [
        pytest.param([], [], id="none"),
        pytest.param([FIRST, SECOND], [1, 2], id="two"),
        pytest.param([FIRST, reversal(1, 2)], [], id="reversed"),
        pytest.param([FIRST, SECOND, reversal(1, 3)], [2], id="the earlier of two is reversed"),
        pytest.param([FIRST, reversal(1, 2), reversal(2, 3)], [1], id="its reversal is reversed"),
        pytest.param(
            [FIRST, reversal(1, 2), reversal(2, 3), reversal(1, 4)], [], id="and reversed again"
        ),
    ],
)
def test_what_holds(recorded: list[Amendment], hold: list[int]) -> None:
    for order in permutations(recorded):
        assert [one.id for one in effective(order)] == hold


# --- what then counts -------------------------------------------------------------------------


def test_an_excluded_reading_is_set_aside_and_counted_as_such() -> None:
    given = readings(terms(), [9000] + [1000] * 11)
    assert judged(given).outcome is Outcome.EXCEEDED
    found = judged(given, amendment(Act.EXCLUDE))
    assert (found.outcome, found.mean) == (Outcome.COMPLIANT, Fraction(1000))
    assert (found.counts.received, found.counts.valid, found.counts.failed) == (12, 11, 1)
    first, second = told(given, amendment(Act.EXCLUDE, number=7))[:2]
    assert (first.counted, first.reason, first.used) == (False, "excluded_by_officer", None)
    assert (first.value, first.amendment) == (9000, 7)
    assert (second.counted, second.reason, second.amendment) == (True, "counted", None)


def test_an_amendment_holds_from_its_start_up_to_its_end() -> None:
    given = readings(terms(), range(100, 112))
    left = [one.value for one in told(given, amendment(Act.EXCLUDE, 2, 4)) if one.counted]
    assert left == [100, 101, *range(104, 112)]


def test_an_amendment_touches_its_own_series_only() -> None:
    given = [*readings(terms(), [1000] * 12), *readings(terms(PH, "9"), [700] * 12, row=1)]
    rows = [terms(), terms(PH, "9")]
    held = replace(window(rows, given), amendments=((0, amendment(Act.EXCLUDE, 0, 12)),))
    (sheet,) = judge(held, CLOSED, [HOUR])
    assert [sheet.finding(row, 0).counts.valid for row in (0, 1)] == [0, 12]


@pytest.mark.parametrize(
    ("act", "value", "outcome", "mean"),
    [
        pytest.param(Act.CONFIRM, 1000, Outcome.COMPLIANT, 1000, id="the lower is right"),
        pytest.param(Act.CONFIRM, 13000, Outcome.EXCEEDED, 2000, id="the higher is right"),
        pytest.param(Act.EXCLUDE, 13000, Outcome.COMPLIANT, 1000, id="the higher is wrong"),
        pytest.param(Act.VALUE, 2200, Outcome.COMPLIANT, 1100, id="neither: this one"),
    ],
)
def test_an_officer_settles_what_is_contested(
    act: Act, value: int, outcome: Outcome, mean: int
) -> None:
    given = [*readings(terms(), [1000] * 12), (0, MONDAY, 13000, 0)]
    assert judged(given).reason is Reason.CONTESTED
    found = judged(given, amendment(act, value=value))
    assert (found.outcome, found.mean, found.counts.conflicting) == (outcome, Fraction(mean), 0)
    assert found.counts.valid == 12


def test_the_value_of_an_officer_counts_once_an_instant_and_what_came_is_still_told() -> None:
    given = [*readings(terms(), [1000] * 12), (0, MONDAY, 13000, 0), (0, MONDAY + 60, 13000, 0)]
    found = told(given, amendment(Act.VALUE, value=900, number=3))[:3]
    assert [(one.observed_at - MONDAY, one.value, one.used) for one in found] == [
        (0, 1000, 900),
        (0, 13000, None),
        (60, 13000, 900),
    ]
    assert [one.reason for one in found] == [
        "value_by_officer",
        "excluded_by_officer",
        "value_by_officer",
    ]
    assert {one.amendment for one in found} == {3}


@pytest.mark.parametrize(
    ("value", "status"),
    [
        pytest.param(-5, 0, id="outside the instrument's range"),
        pytest.param(1000, 1, id="calibrating"),
        pytest.param(1000, 2, id="device error"),
        pytest.param(1000, 9, id="unknown status"),
    ],
)
def test_what_is_confirmed_counts_whatever_was_set_aside(value: int, status: int) -> None:
    given = [(0, MONDAY, value, status)]
    assert judged(given).counts.valid == 0
    assert judged(given, amendment(Act.CONFIRM)).counts.valid == 1
    (one,) = told(given, amendment(Act.CONFIRM))
    assert (one.counted, one.used, one.reason) == (True, value, "confirmed_by_officer")


def test_the_later_of_two_amendments_wins() -> None:
    given = readings(terms(), [1000] * 12)
    value, exclude = (
        amendment(Act.VALUE, 0, 2, 5000, number=1),
        amendment(Act.EXCLUDE, 0, 1, number=2),
    )
    used = [one.used for one in told(given, value, exclude)][:3]
    assert used == [None, 5000, 1000]
    swapped = [one.used for one in told(given, replace(value, id=3), exclude)][:3]
    assert swapped == [5000, 5000, 1000]


def test_confirming_after_a_value_brings_back_what_came() -> None:
    given = readings(terms(), [1000] * 12)
    both = (amendment(Act.VALUE, 0, 1, 5000, 1), amendment(Act.CONFIRM, 0, 1, None, 2))
    first = told(given, *both)[0]
    assert (first.used, first.reason, first.amendment) == (1000, "confirmed_by_officer", 2)


def used_at_first(given: Sequence[Row], *amendments: Amendment) -> list[int]:
    """What counts of the first instant."""
    found = told(given, *amendments)
    return [one.used for one in found if one.observed_at == MONDAY and one.used is not None]


FAULTY_BESIDE = [(0, MONDAY, 5, 2), (0, MONDAY, 1000, 0)]


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(amendment(Act.VALUE, value=500), id="a value given through a faulty reading"),
        pytest.param(amendment(Act.CONFIRM, value=5), id="a faulty reading that was confirmed"),
    ],
)
def test_confirming_one_value_undoes_what_counted_before(earlier: Amendment) -> None:
    later = amendment(Act.CONFIRM, value=1000, number=2)
    assert used_at_first(FAULTY_BESIDE, earlier, later) == [1000]


def test_the_same_value_under_two_statuses_contests_nothing_once_confirmed() -> None:
    given = [(0, MONDAY, 1000, 0), (0, MONDAY, 1000, 2), *readings(terms(), [1000] * 11, first=1)]
    assert used_at_first(given, amendment(Act.CONFIRM)) == [1000]
    assert judged(given, amendment(Act.CONFIRM)).counts.conflicting == 0


def test_an_amendment_reaches_what_the_quality_checks_look_back_at() -> None:
    """The evening before is context: excluded there, it can hold nothing flat any more."""
    flat = terms(checks=Checks(flat_line=FlatLine(suspect=1800, fail=3600)))
    before = [(0, MONDAY - 3600 + n * SLOT, 1000, 0) for n in range(12)]
    given = [*before, *readings(flat, [1000] * 6)]
    evening = replace(amendment(Act.EXCLUDE), start=MONDAY - 3600, end=MONDAY)

    def counted(*amendments: Amendment) -> int:
        held = replace(window([flat], given), amendments=tuple((0, one) for one in amendments))
        return sum(one.counted for one in explain_readings(held, 0, MONDAY, MONDAY + 3600))

    assert (counted(), counted(evening)) == (0, 6)


FLAT = terms(checks=Checks(flat_line=FlatLine(suspect=1800, fail=3600)))


def test_no_check_takes_away_what_an_officer_confirmed() -> None:
    given = readings(FLAT, [1000] * 24)
    confirmed = ((0, amendment(Act.CONFIRM, 20, 22)),)
    found = assess(replace(window([FLAT], given), amendments=confirmed))
    assert np.flatnonzero(found.kind == COUNTED).tolist() == [*range(11), 20, 21]
    assert found.marks.fail[20] == Bit.FLAT_LINE  # and still it is told


def test_confirming_one_value_leaves_other_instants_alone() -> None:
    given = [*readings(terms(), [1000, 1100, 1200]), (0, MONDAY, 13000, 0)]
    found = told(given, amendment(Act.CONFIRM, 0, 3, 1000))
    assert [one.used for one in found] == [1000, None, 1100, 1200]


def test_an_amendment_without_readings_adds_none() -> None:
    given = readings(terms(), [1000] * 6)
    found = judged(given, amendment(Act.VALUE, 6, 12, 1000))
    assert (found.counts.received, found.counts.valid) == (6, 6)
    assert judged([], amendment(Act.VALUE, 0, 12, 1000)).reason is Reason.NO_DATA


acts = st.sampled_from((Act.EXCLUDE, Act.CONFIRM, Act.VALUE))
slots = st.integers(0, 12)


@st.composite
def decisions(draw: st.DrawFn) -> list[Amendment]:
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        first, last = sorted((draw(slots), draw(slots)))
        act, value = draw(acts), draw(st.sampled_from((1000, 1499, 1501, 9000)))
        wanted = value if act is Act.VALUE or draw(st.booleans()) else None
        found.append(amendment(act, first, last, wanted, number))
    return found


some_readings = st.lists(
    st.tuples(slots, st.sampled_from((-1, 1000, 1499, 1501, 9000)), st.sampled_from((0, 0, 1, 9))),
    max_size=20,
)


@given(some_readings, decisions())
def test_amendments_reverse_cleanly(
    given: list[tuple[int, int, int]], made: list[Amendment]
) -> None:
    rows = [(0, MONDAY + slot * SLOT, value, status) for slot, value, status in given]
    undone = [reversal(one.id, 100 + one.id) for one in made]
    assert judged(rows, *made, *undone) == judged(rows)
    assert told(rows, *made, *undone) == told(rows)
    again = [reversal(one.id, 100 + one.id) for one in undone]
    assert judged(rows, *made, *undone, *again) == judged(rows, *made)


@given(some_readings, decisions())
def test_no_reading_is_dropped_by_an_amendment(
    given: list[tuple[int, int, int]], made: list[Amendment]
) -> None:
    rows = [(0, MONDAY + slot * SLOT, value, status) for slot, value, status in given]

    def came(found: list[Explained]) -> list[tuple[int, int, int]]:
        return [(one.observed_at, one.value, one.status) for one in found]

    assert came(told(rows, *made)) == came(told(rows))
    assert judged(rows, *made).counts.received == judged(rows).counts.received

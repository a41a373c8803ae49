"""The writer's memory of station-days: a cache that may forget, and names what is new."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rules.days import DAY_SECONDS
from rules.register import load_register
from rules.terms import terms_of
from tests.cast import CATALOGUE, DAY0, HOUR, MINUTE, REGULATIONS, cast_register
from tolich.windows import DayWindow, Windows, folded

REGISTER = load_register("cast", cast_register(), CATALOGUE, REGULATIONS)


def window(station: str = "MAU01", day: int = DAY0, judged: int = 0) -> DayWindow:
    terms = terms_of(REGISTER.stations[station], day, REGISTER, REGULATIONS)
    return DayWindow(station, day, terms, {7: 0, 9: 1}, judged_raw=judged)


rows = st.lists(
    st.tuples(
        st.sampled_from([7, 9]),
        st.integers(DAY0, DAY0 + DAY_SECONDS),
        st.integers(-(2**62), 2**62),
        st.sampled_from([0, 1, 2, 9]),
        st.integers(1, 1000),
    ),
    max_size=30,
)


@given(rows)
def test_filling_at_once_is_adding_one_by_one(
    some: list[tuple[int, int, int, int, int]],
) -> None:
    filled, added = window(), window()
    filled.fill(some)
    for one in some:
        added.add([one])
    for left, right in zip(filled.columns(), added.columns(), strict=True):
        assert left.tolist() == right.tolist()


def test_a_series_of_another_day_is_passed_over() -> None:
    one = window()
    one.add([(99, DAY0, 1, 0, 1)])
    assert len(one.at) == 0


def at_times(one: DayWindow, *offsets: int) -> None:
    one.add([(7, DAY0 + offset, 5, 0, 11) for offset in offsets])


def new_in(one: DayWindow, start: int, end: int) -> list[int]:
    return [at - DAY0 for at, _, _ in one.newcomers(0, DAY0 + start, DAY0 + end)]


def test_a_time_that_opens_a_slot_is_new_in_the_period_it_opens() -> None:
    one = window("MAU01", judged=10)
    at_times(one, 8 * HOUR, 9 * HOUR - 1, 9 * HOUR)
    assert new_in(one, 8 * HOUR, 9 * HOUR) == [8 * HOUR, 9 * HOUR - 1]
    assert new_in(one, 9 * HOUR, 10 * HOUR) == [9 * HOUR]


def test_a_time_that_closes_a_slot_is_new_in_the_period_it_closes() -> None:
    one = window("MAU02", judged=10)
    at_times(one, 8 * HOUR, 8 * HOUR + 1, 9 * HOUR)
    assert new_in(one, 8 * HOUR, 9 * HOUR) == [8 * HOUR + 1, 9 * HOUR]
    assert new_in(one, 7 * HOUR, 8 * HOUR) == [8 * HOUR]


@given(st.lists(st.integers(0, DAY_SECONDS - 1), unique=True, max_size=20), st.booleans())
def test_every_newcomer_is_new_in_exactly_one_hour(offsets: list[int], ends: bool) -> None:
    one = window("MAU02" if ends else "MAU01", judged=10)
    shifted = [offset + ends for offset in offsets]  # 00:00:00 belongs to the day before
    at_times(one, *shifted)
    hours = [hour * HOUR for hour in range(25)]
    found = [at for start, end in pairwise(hours) for at in new_in(one, start, end)]
    assert sorted(found) == sorted(shifted)


def test_what_was_judged_already_is_not_new_and_rows_are_kept_apart() -> None:
    one = window(judged=10)
    one.add([(7, DAY0, 1, 0, 10), (9, DAY0, 2, 0, 11), (7, DAY0 + MINUTE, 3, 1, 11)])
    assert one.newcomers(0, DAY0, DAY0 + HOUR) == [(DAY0 + MINUTE, 3, 1)]
    one.add([(7, DAY0 + 2 * MINUTE, 4, 0, 12)])  # can still grow after being looked at
    assert len(one.newcomers(0, DAY0, DAY0 + HOUR)) == 2


@given(st.integers(), st.integers())
def test_folded_numbers_differ_where_small_ones_do(one: int, other: int) -> None:
    assert -(2**62) < folded(one) < 2**62
    if abs(one) < 2**62 and abs(other) < 2**62:
        assert (folded(one) == folded(other)) == (one == other)


def test_the_day_used_longest_ago_is_let_go_first() -> None:
    windows = Windows(kept=100)
    for n in range(70):
        one = window(day=DAY0 + n * DAY_SECONDS)
        at_times(one, 1, 2)
        windows.put(one)
        windows.get(("MAU01", DAY0))  # in use all the time
    assert windows.get(("MAU01", DAY0)) is not None
    assert windows.get(("MAU01", DAY0 + DAY_SECONDS)) is None
    assert windows.get(("MAU01", DAY0 + 69 * DAY_SECONDS)) is not None


def test_forgetting_one_day_or_all() -> None:
    windows = Windows()
    days = [DAY0 + n * DAY_SECONDS for n in range(3)]
    for day in days:
        windows.put(window(day=day))
    windows.forget(("MAU01", days[0]))
    assert [windows.get(("MAU01", day)) is not None for day in days] == [False, True, True]
    windows.forget()
    assert [windows.get(("MAU01", day)) is not None for day in days] == [False] * 3


def test_the_permit_of_the_day_is_in_its_terms() -> None:
    before, after = window("MAU02"), window("MAU02", DAY0 + DAY_SECONDS)
    limits = [w.terms[0].limit for w in (before, after)]
    assert [None if limit is None else int(limit.high or 0) for limit in limits] == [100, 60]
    assert REGISTER.permit("mau-02", date(2026, 3, 11)) == REGISTER.permits["gp-02b"]

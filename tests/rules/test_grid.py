"""Readings become slots: which slot, what it holds, and that order means nothing."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assess import CALIBRATING, COUNTED, FAILED, FAULTY, UNKNOWN, assess, classify
from rules.grid import Slots, fill
from rules.window import Ints, Rows, day_of, slot_of
from tests.rules.reference import slot_number
from tests.rules.windows import MONDAY, Row, readings, terms, window

INTERVALS = [seconds for seconds in range(1, 3601) if 3600 % seconds == 0]


def numbers(*values: int) -> Ints:
    return np.array(values, np.int64)


def slot(offset: int, interval: int, ends: bool) -> int:
    """The slot of one offset from midnight."""
    return int(slot_of(numbers(offset), numbers(interval), np.array([ends]))[0])


def clock(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


# --- snapping ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "interval", "opens"),
    [
        pytest.param("08:05:00", 300, "08:05", id="on the boundary"),
        pytest.param("08:04:30", 300, "08:05", id="exactly a tenth early"),
        pytest.param("08:04:29", 300, "08:00", id="one second more than a tenth early"),
        pytest.param("08:05:30", 300, "08:05", id="a tenth late is in the slot anyway"),
        pytest.param("08:09:29", 300, "08:05", id="the last second before the next snaps"),
        pytest.param("08:59:45", 300, "08:55", id="never across an hour"),
        pytest.param("08:59:59", 300, "08:55", id="never across an hour, by a second"),
        pytest.param("23:59:59", 300, "23:55", id="never across midnight"),
        pytest.param("08:00:54", 60, "08:01", id="a minute: six seconds early"),
        pytest.param("08:00:53", 60, "08:00", id="a minute: seven seconds early"),
        pytest.param("08:13:30", 900, "08:15", id="a quarter: ninety seconds early"),
        pytest.param("08:13:29", 900, "08:00", id="a quarter: ninety-one seconds early"),
        pytest.param("08:57:00", 3600, "08:00", id="an hour never snaps"),
    ],
)
def test_times_that_mean_the_start(at: str, interval: int, opens: str) -> None:
    assert slot(clock(at), interval, False) * interval == clock(f"{opens}:00")


@pytest.mark.parametrize(
    ("at", "interval", "closes"),
    [
        pytest.param("08:05:00", 300, "08:05", id="on the boundary"),
        pytest.param("08:05:30", 300, "08:05", id="exactly a tenth late"),
        pytest.param("08:05:31", 300, "08:10", id="one second more than a tenth late"),
        pytest.param("08:04:30", 300, "08:05", id="a tenth early is in the slot anyway"),
        pytest.param("09:00:00", 300, "09:00", id="the hour closes its last slot"),
        pytest.param("09:00:01", 300, "09:05", id="never back across an hour"),
        pytest.param("09:00:30", 300, "09:05", id="never back across an hour, by a tenth"),
        pytest.param("00:00:01", 300, "00:05", id="never back across midnight"),
        pytest.param("24:00:00", 300, "24:00", id="midnight closes the old day"),
        pytest.param("08:01:06", 60, "08:01", id="a minute: six seconds late"),
        pytest.param("08:01:07", 60, "08:02", id="a minute: seven seconds late"),
        pytest.param("08:16:30", 900, "08:15", id="a quarter: ninety seconds late"),
        pytest.param("08:16:31", 900, "08:30", id="a quarter: ninety-one seconds late"),
        pytest.param("09:03:00", 3600, "10:00", id="an hour never snaps"),
    ],
)
def test_times_that_mean_the_end(at: str, interval: int, closes: str) -> None:
    assert (slot(clock(at), interval, True) + 1) * interval == clock(f"{closes}:00")


@given(st.sampled_from(INTERVALS), st.booleans(), st.integers(0, 86399))
def test_slots_are_those_of_the_plain_rule(interval: int, ends: bool, second: int) -> None:
    offset = second + 1 if ends else second
    found = slot(offset, interval, ends)
    assert found == slot_number(interval, ends, offset)
    assert 0 <= found < 86400 // interval
    assert found * interval // 3600 == second // 3600  # its own hour, whatever it snapped to
    assert day_of(MONDAY + offset, ends) == MONDAY


# --- what a slot is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "value", "kind"),
    [
        (0, 10, COUNTED),
        (0, 20, COUNTED),
        (0, 9, FAILED),
        (0, 21, FAILED),
        (1, 15, CALIBRATING),
        (1, 99, CALIBRATING),
        (2, 15, FAULTY),
        (9, 15, UNKNOWN),
        (7, 15, UNKNOWN),
    ],
)
def test_what_a_reading_is(status: int, value: int, kind: int) -> None:
    assert classify(numbers(value), numbers(status), numbers(10), numbers(20)).tolist() == [kind]


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        ([(9999999, 0), (10, 2), (10, 1), (10, 0)], COUNTED),
        ([(9999999, 0), (10, 9), (10, 2), (10, 1)], CALIBRATING),
        ([(9999999, 0), (10, 9), (10, 2)], FAULTY),
        ([(9999999, 0), (10, 9)], UNKNOWN),
        ([(9999999, 0)], FAILED),
    ],
)
def test_a_slot_is_what_its_best_reading_is(held: Sequence[tuple[int, int]], kind: int) -> None:
    slots = filled([(0, MONDAY + n, value, status) for n, (value, status) in enumerate(held)])
    assert slots.kind.tolist() == [kind]


def filled(given: Sequence[Row]) -> Slots:
    of = (terms(), terms(interval=900, stamp_ends=True))
    made = window(of, given)
    return fill(made, Rows.of(made), assess(made))


def columns(slots: Slots) -> list[list[int]]:
    return [getattr(slots, name).tolist() for name in Slots.__slots__]


def test_a_slot_of_two_instants_one_of_them_contested() -> None:
    slots = filled(
        [(0, MONDAY, 10, 0), (0, MONDAY, 14, 0), (0, MONDAY, 12, 0), (0, MONDAY + 9, 5, 0)]
    )
    assert columns(slots) == [[0], [0], [COUNTED], [0], [0], [2], [15], [19], [True]]


def test_readings_of_other_days_are_left_out() -> None:
    own = [(0, MONDAY, 1, 0), (1, MONDAY + 86400, 1, 0)]
    strange = [(0, MONDAY - 1, 1, 0), (0, MONDAY + 86400, 1, 0), (1, MONDAY, 1, 0)]
    slots = filled([*strange, *own])
    assert (slots.row.tolist(), slots.index.tolist()) == ([0, 1], [0, 95])


def test_no_readings_fill_nothing() -> None:
    assert columns(filled([])) == [[]] * 9


some_readings = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(MONDAY - 2, MONDAY + 1300) | st.integers(MONDAY + 85000, MONDAY + 86402),
        st.integers(-1, 3),
        st.sampled_from((0, 0, 0, 1, 2, 9)),
    ),
    max_size=40,
)


@given(some_readings, st.integers(0, 2**32), st.integers(1, 3))
def test_filling_again_and_in_any_order_changes_nothing(
    held: list[Row], seed: int, times: int
) -> None:
    shuffled = held * times
    Random(seed).shuffle(shuffled)
    assert columns(filled(shuffled)) == columns(filled(held)) == columns(filled(sorted(held)))


@given(some_readings)
def test_every_counted_instant_is_in_exactly_one_slot(held: list[Row]) -> None:
    slots = filled(held)
    counted = {
        (row, at)
        for row, at, value, status in held
        if status == 0 and value >= 0 and day_of(at, row == 1) == MONDAY
    }
    assert int(slots.v_count.sum()) == len(counted)
    assert (slots.v_low <= slots.v_high).all()
    assert (slots.v_conflict == (slots.v_low < slots.v_high)).all()
    assert int((slots.kind == COUNTED).sum()) == len(slots.v_row)


def test_a_strictly_rising_window_takes_the_short_way_to_the_same_slots() -> None:
    of = terms()
    held = readings(of, range(288))
    assert columns(filled(held)) == columns(filled(held[::-1]))

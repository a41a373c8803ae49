"""Alarms a person in ten minutes, and quantiles: tables, and a plain twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.alarmload import FLOOD, WINDOW, Load, load, quantile


@pytest.mark.parametrize(
    "times, told, most, floods, manageable",
    [
        ([], 0, 0, 0, True),
        ([0, 600, 1200], 3, 1, 0, True),
        ([0, 599], 2, 2, 0, True),
        ([0, 1, 2, 3, 4, 5, 6], 7, 7, 0, False),
        ([599, 600], 2, 2, 0, True),  # in two windows, but within ten minutes
        (list(range(10)), 10, 10, 1, False),
        ([-1, 3600], 0, 0, 0, True),
    ],
)
def test_the_load_of_an_hour(
    times: list[int], told: int, most: int, floods: int, manageable: bool
) -> None:
    found = load(times, 0, 3600)
    assert found == Load(told, 6, most, floods)
    assert found.manageable is manageable


@given(st.lists(st.integers(-1000, 5000)), st.integers(1, 4000))
def test_the_most_is_that_of_every_window(times: list[int], length: int) -> None:
    found = load(times, 0, length)
    inside = [at for at in times if 0 <= at < length]
    windows = [[at for at in inside if begin <= at < begin + WINDOW] for begin in inside]
    assert found.most == max(map(len, windows), default=0)
    assert found.floods == sum(
        sum(begin <= at < begin + WINDOW for at in inside) >= FLOOD
        for begin in range(0, length, WINDOW)
    )


@given(st.lists(st.integers(0, 100), min_size=1), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_quantile_is_the_least_that_so_many_do_not_exceed(
    values: list[int], share: float
) -> None:
    found = quantile(values, share)
    assert found is not None
    within = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert within >= share * len(values) > below or found == min(values)


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile([], 0.5) is None
    assert quantile([3], 0.9) == 3

"""Traces: what a day shows, on courses whose answer is known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rules.traces import (
    Course,
    Floats,
    chance,
    convenient,
    echo,
    edge,
    logarithms,
    repeated,
    thinned,
    together,
    traces,
)
from tests.rules.courses import FIRST, NAMES, SLOTS, made, with_day


def test_a_day_is_counted_from_the_first() -> None:
    assert made(3).day(2) == FIRST + 2 * 86400
    assert made(3).days == 3


def test_a_slow_analyser_is_taken_once_a_measurement() -> None:
    course = replace(made(1), cycles=(3, 1, 6, 1, 1))
    assert thinned(course, 0).shape == (1, 96)
    assert thinned(course, 2).shape == (1, 48)
    assert np.array_equal(thinned(course, 0)[0], course.values[0, 0, ::3])


def test_every_trace_has_a_number_a_day() -> None:
    found = traces(made(3))
    names = {f"{kind} {name}" for kind in ("level", "noise", "spread") for name in NAMES[:3]}
    others = {"swing", "step", "flow", "edge", "repeated", "echo", "gaps", "calibrations"}
    assert set(found) == names | others
    assert all(one.shape == (3,) for one in found.values())
    assert found["flow"] == pytest.approx(80, rel=0.1)


def test_without_a_flow_or_a_limit_nothing_is_said_of_them() -> None:
    course = made(2)
    some = replace(
        course, parameters=course.parameters[:4], values=course.values[:4],
        calibrating=course.calibrating[:4], limits=(None,) * 4,
    )  # fmt: skip
    found = traces(some)
    assert np.isnan(found["flow"]).all()
    assert all(np.isnan(found[name]).all() for name in ("edge", "gaps", "calibrations"))


def test_half_a_day_without_readings_tells_nothing() -> None:
    course = made(2)
    course.values[0, 1, : SLOTS // 2 + 1] = np.nan
    level = traces(course)["level COD"]
    assert not np.isnan(level[0])
    assert np.isnan(level[1])


def test_the_level_is_the_median_of_logarithms() -> None:
    assert traces(made(1))["level COD"][0] == np.median(np.log(made(1).values[0, 0]))
    nothing = replace(made(1), values=made(1).values * 0)
    assert np.exp(logarithms(nothing, 0)).max() == pytest.approx(1e-3)


# --- together -----------------------------------------------------------------------------------


def halved(course: Course, channels: tuple[int, ...], share: float = 0.5) -> Course:
    """From 10:00 of the second day on, for good, some channels at a share."""
    values = course.values.reshape(len(NAMES), -1).copy()
    for at in channels:
        values[at, SLOTS + 120 :] *= share
    return replace(course, values=values.reshape(course.values.shape))


def test_a_fall_of_all_at_once_is_seen_on_its_day() -> None:
    found = together(halved(made(3), (0, 1, 2)))
    assert found[1] == pytest.approx(np.log(2), abs=0.1)
    assert found[0] < 0.1 > found[2]


def test_a_fall_of_two_of_three_is_not() -> None:
    assert together(halved(made(3), (0, 1)))[1] < 0.1


def test_a_rise_of_all_is_not() -> None:
    assert together(halved(made(3), (0, 1, 2), 2.0))[1] < 0.1


def test_one_channel_alone_tells_nothing() -> None:
    course = replace(made(2), parameters=("COD", "A", "B", "Temp", "FlowOut"))
    assert np.isnan(together(course)).all()


def test_a_day_without_an_hour_of_readings_tells_nothing() -> None:
    course = made(2)
    course.values[1, 1, ::6] = np.nan
    found = together(course)
    assert not np.isnan(found[0])
    assert np.isnan(found[1])


# --- replays ------------------------------------------------------------------------------------


def test_a_day_that_was_there_before_repeats_it() -> None:
    course = made(4)
    again = with_day(course, 3, course.values[:, 1])
    assert repeated(again, 0).tolist() == [0, 0, 0, SLOTS - 11]
    assert repeated(course, 0).tolist() == [0, 0, 0, 0]


def test_what_repeats_within_a_day_or_stands_still_is_no_replay() -> None:
    course = made(2)
    values = course.values.copy()
    values[0, 1, 144:] = values[0, 1, :144]  # half a day later
    assert repeated(replace(course, values=values), 0)[1] == 0
    values[0] = np.where(np.arange(SLOTS) % 2, 60.0, 61.0)
    assert repeated(replace(course, values=values), 0)[1] == 0


def test_too_short_a_course_repeats_nothing() -> None:
    course = replace(made(1), cycles=(SLOTS // 6, 1, 1, 1, 1))
    assert np.isnan(repeated(course, 0)).all()


def test_jitter_hides_values_but_not_ups_and_downs() -> None:
    course = made(5)
    jitter = np.random.default_rng(5).normal(1, 0.001, course.values[:, 1].shape)
    again = with_day(course, 4, course.values[:, 1] * jitter)
    assert repeated(again, 0)[4] < 20
    assert echo(again)[4] > 0.9
    assert echo(course)[4] < 0.3


def test_the_first_day_and_a_still_day_echo_nothing() -> None:
    course = made(2)
    assert np.isnan(echo(course)[0])
    still = replace(course, values=np.full_like(course.values, 5.0))
    assert np.isnan(echo(still)).all()
    nothing = replace(course, parameters=("a", "b", "c", "d", "e"))
    assert np.isnan(echo(nothing)).all()


# --- the limit ----------------------------------------------------------------------------------


def topped(day: Floats, limit: float = 75.0) -> Course:
    """One day of COD with a limit."""
    return replace(with_day(made(1), 0, np.array([day] * 5)), limits=(limit, *[None] * 4))


def test_a_hard_top_below_the_limit_is_sharp() -> None:
    soft = np.linspace(40, 71, SLOTS)
    assert edge(topped(np.minimum(np.linspace(40, 100, SLOTS), 71.25)), 0)[0] > 0.7
    assert edge(topped(soft), 0)[0] == pytest.approx(0.2, abs=0.03)


def test_a_top_above_or_far_below_the_limit_is_none() -> None:
    hard = np.minimum(np.linspace(40, 100, SLOTS), 71.25)
    assert edge(topped(hard, 71.0), 0)[0] == 0
    assert edge(topped(hard, 71.25), 0)[0] > 0.7  # at the limit is below it
    assert edge(topped(hard, 71.25 / 0.87), 0)[0] == 0


def test_a_few_values_at_the_top_say_nothing() -> None:
    day = np.full(SLOTS, 20.0)
    day[:11] = 71.0
    assert edge(topped(day), 0)[0] == 0
    day[:12] = 71.0
    assert edge(topped(day), 0)[0] == 1


def test_a_day_without_readings_has_no_top() -> None:
    assert np.isnan(edge(topped(np.full(SLOTS, np.nan)), 0)).all()


def gapped(high_at: bool, days: int = 1) -> tuple[Course, np.typing.NDArray[np.bool_]]:
    """A tenth of the day high, four gaps: in it, or elsewhere."""
    day = np.full(SLOTS, 40.0)
    day[100:130] = 70.0
    where = [102, 108, 114, 120] if high_at else [10, 30, 50, 200]
    for start in where:
        day[start : start + 3] = np.nan
    values = np.tile(day, (5, days, 1))
    course = replace(made(days), values=values, limits=(75.0, *[None] * 4))
    return course, np.isnan(values[0])


def test_gaps_on_high_readings_are_unlikely() -> None:
    course, gaps = gapped(True)
    share = 18 / (SLOTS - 12)
    assert convenient(course, 0, gaps)[0] == pytest.approx(-4 * np.log10(share))


def test_gaps_elsewhere_are_likely() -> None:
    course, gaps = gapped(False)
    assert convenient(course, 0, gaps)[0] == pytest.approx(0)


def test_gaps_count_for_a_week() -> None:
    course, gaps = gapped(True, 9)
    found = convenient(course, 0, gaps)
    assert found[6] == pytest.approx(found[8])
    assert found[6] == pytest.approx(7 * found[0])


def test_a_gap_with_nothing_around_it_and_a_day_of_nothing_count_for_nothing() -> None:
    course, _ = gapped(True)
    nothing = replace(course, values=np.full_like(course.values, np.nan))
    assert np.isnan(convenient(nothing, 0, np.isnan(nothing.values[0]))).all()
    values = np.full_like(course.values, 40.0)
    values[0, 0, :3] = np.nan
    values[0, 0, -3:] = np.nan
    ends = replace(course, values=values)
    assert convenient(ends, 0, np.isnan(values[0]))[0] == 0


def test_the_chance_is_the_binomial_tail() -> None:
    assert chance(0, 0, 0.1) == 1
    assert chance(2, 1, 0.5) == 0.75
    assert chance(3, 3, 0.1) == pytest.approx(0.001)

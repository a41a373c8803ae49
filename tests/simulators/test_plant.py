from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.days import DAY_SECONDS
from rules.model import Refused
from simulators.events import Exceedance, NoDischarge
from simulators.noise import key, smooth, uniform
from simulators.plant import HELD_STEADY, PlantProfile, activity, values, water
from simulators.profiles import load_profiles, plant_of, read_profiles
from tests.simulators.stage import NOON, demo

WEEK = np.arange(NOON - 7 * DAY_SECONDS, NOON, 300, dtype=np.int64)


@cache
def plant(station: str, seed: int = 1) -> PlantProfile:
    register = demo(NOON)
    return plant_of(register.stations[station], register, read_profiles(), seed)


@given(
    st.integers(0, len(WEEK)), st.integers(0, len(WEEK)), st.sampled_from(["COD", "pH", "FlowIn"])
)
def test_a_part_equals_the_whole_to_the_last_bit(a: int, b: int, parameter: str) -> None:
    low, high = min(a, b), max(a, b)
    whole = values(plant("MAU01"), parameter, WEEK)
    part = values(plant("MAU01"), parameter, WEEK[low:high])
    assert part.tobytes() == whole[low:high].tobytes()


@given(st.permutations(range(40)))
def test_the_order_of_asking_does_not_matter(order: list[int]) -> None:
    times = WEEK[:40]
    whole = values(plant("MAU03"), "TSS", times)
    assert values(plant("MAU03"), "TSS", times[order]).tolist() == whole[order].tolist()


def test_stations_parameters_and_seeds_differ() -> None:
    courses = [
        values(plant(station, seed), parameter, WEEK) / plant(station, seed).levels[parameter].base
        for station, seed, parameter in (
            ("MAU01", 1, "COD"), ("MAU02", 1, "COD"), ("MAU01", 2, "COD"), ("MAU01", 1, "TSS"),
        )
    ]  # fmt: skip
    for index, course in enumerate(courses):
        assert all(not np.array_equal(course, other) for other in courses[index + 1 :])


def test_noise_is_spread_evenly_inside_its_bounds() -> None:
    numbers = uniform(key("any"), np.arange(20_000, dtype=np.int64))
    assert numbers.min() >= -1.0
    assert numbers.max() < 1.0
    assert abs(float(numbers.mean())) < 0.02
    assert float(numbers.std()) == pytest.approx(1 / 3**0.5, abs=0.01)
    assert abs(float(np.corrcoef(numbers[1:], numbers[:-1])[0, 1])) < 0.02


def test_smooth_noise_goes_through_its_knots_and_has_no_jumps() -> None:
    times = np.arange(0, 36_000, 60, dtype=np.int64)
    curve = smooth(key("any"), times, 3600)
    knots = uniform(key("any"), np.arange(10, dtype=np.int64))
    assert np.allclose(curve[::60], knots)
    assert float(np.abs(np.diff(curve)).max()) < 0.06


def test_the_cluster_rests_at_night_and_on_sunday() -> None:
    busy = activity(plant("MAU01"), WEEK)
    local = (WEEK + 7 * 3600) // 3600
    hour, weekday = local % 24, (local // 24 + 3) % 7
    assert busy[(hour >= 9) & (hour < 12)].mean() > 1.1 * busy[hour < 4].mean()
    assert busy[weekday == 6].mean() < 0.6 * busy[weekday == 1].mean()


@pytest.mark.parametrize("station", [f"MAU{number:02}" for number in range(1, 15)])
def test_the_usual_course_stays_clear_of_the_limits(station: str) -> None:
    """From 90 % of a limit a mean is called near: nothing usual may come there."""
    register = demo(NOON)
    for key_, entry in register.stations[station].series.items():
        course = values(plant(station), key_, WEEK)
        assert course.min() > float(entry.low), key_
        if key_ in ("pH", "Temp"):
            low, high = {"pH": (6.3, 8.7), "Temp": (20, 36)}[key_]
            assert low < course.min() <= course.max() < high
        elif not key_.startswith("Flow"):
            assert course.max() < 0.88 * float(entry.high) / 3, key_


def test_events_change_their_own_interval_only() -> None:
    start, end = int(WEEK[100]), int(WEEK[200])
    usual = water(plant("MAU01"), "COD", WEEK)
    upset = water(
        plant("MAU01"), "COD", WEEK, [Exceedance("MAU01", start, end, "COD", level=200.0)]
    )
    assert np.array_equal(upset[:100], usual[:100])
    assert np.array_equal(upset[200:], usual[200:])
    assert np.allclose(upset[100:200], 200.0, rtol=1.01 * HELD_STEADY)
    doubled = water(plant("MAU01"), "COD", WEEK, [Exceedance("MAU01", start, end, "COD", factor=2)])
    assert np.array_equal(doubled[100:200], 2 * usual[100:200])
    other = water(plant("MAU01"), "TSS", WEEK, [Exceedance("MAU01", start, end, "COD", factor=2)])
    assert np.array_equal(other, values(plant("MAU01"), "TSS", WEEK))


def test_no_discharge_is_no_flow() -> None:
    stop = NoDischarge("MAU01", int(WEEK[10]), int(WEEK[20]), "FlowOut")
    flow = water(plant("MAU01"), "FlowOut", WEEK, [stop])
    assert (flow[10:20] == 0).all()
    assert (flow[:10] > 0).all()
    assert (water(plant("MAU01"), "FlowIn", WEEK, [stop]) > 0).all()


def test_a_broken_profile_names_every_problem() -> None:
    habit = {"share": 0.2, "value": 3, "daily": 1.5, "slow": 0, "fast": 0, "spread": 0}
    raw = {"schema": 1, "shifts": {"one": [1, 2]}, "week": [1] * 7, "parameters": {"COD": habit}}
    with pytest.raises(Refused) as refused:
        load_profiles("profiles.yaml", raw)
    keys = {problem.key for problem in refused.value.problems}
    assert {"shifts.one", "parameters.COD", "parameters.COD.daily", "other"} <= keys
    assert "parameters.COD.resolution" in keys

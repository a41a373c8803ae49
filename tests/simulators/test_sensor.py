from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from simulators.events import Broken, Calibration, Exceedance, Fault, Frozen, Spike
from simulators.noise import Ints
from simulators.plant import HELD_STEADY, PlantProfile
from simulators.profiles import instrument_of, plant_of, read_profiles
from simulators.sensor import Instrument, leaps, measure, noise
from tests.simulators.stage import NOON, demo

START = NOON - NOON % 3600
TIMES: Ints = np.arange(START, START + 4 * 3600, 60, dtype=np.int64)


def instrument(parameter: str) -> Instrument:
    return instrument_of(demo(NOON).stations["MAU01"].series[parameter], read_profiles())


def plant() -> PlantProfile:
    register = demo(NOON)
    return plant_of(register.stations["MAU01"], register, read_profiles(), 1)


@pytest.mark.parametrize(
    "parameter, value, shown",
    [
        ("COD", 61.3, 615),  # to the half
        ("COD", 61.2, 610),
        ("COD", 1e6, 3000),  # the range ends at 300
        ("COD", -5.0, 0),
        ("NH4", 4.11, 42),  # to two tenths
        ("pH", 7.24, 72),
        ("pH", 15.0, 140),
        ("TSS", 38.44, 384),
    ],
)
def test_an_instrument_shows_its_resolution_inside_its_range(
    parameter: str, value: float, shown: int
) -> None:
    assert instrument(parameter).show(np.array([value])).tolist() == [shown]


def test_a_slow_analyser_repeats_itself_until_its_next_value() -> None:
    trace = measure(instrument("COD"), plant(), TIMES, [])
    quarters = trace.shown.reshape(-1, 15)
    assert (quarters == quarters[:, :1]).all()
    assert len(set(quarters[:, 0].tolist())) > 3


def test_calibration_shows_the_standard_and_says_so() -> None:
    event = Calibration("MAU01", START + 600, START + 3600, "COD", 250.0)
    trace = measure(instrument("COD"), plant(), TIMES, [event])
    during = (event.start <= TIMES) & (event.end > TIMES)
    assert (trace.shown[during] == 2500).all()
    assert (trace.status[during] == 1).all()
    assert (trace.status[~during] == 0).all()
    assert trace.shown[~during].max() < 1000


def test_a_broken_instrument_says_so() -> None:
    event = Fault("MAU01", START + 600, START + 1200, "TSS")
    trace = measure(instrument("TSS"), plant(), TIMES, [event])
    during = (event.start <= TIMES) & (event.end > TIMES)
    assert set(trace.status[during].tolist()) == {2}
    assert set(trace.shown[during].tolist()) == {0}


def test_a_frozen_instrument_repeats_its_first_value_and_calls_it_measured() -> None:
    event = Frozen("MAU01", START + 3600, START + 3 * 3600, "TSS")
    usual = measure(instrument("TSS"), plant(), TIMES, [])
    trace = measure(instrument("TSS"), plant(), TIMES, [event])
    during = (event.start <= TIMES) & (event.end > TIMES)
    first = int(usual.shown[event.start == TIMES][0])
    assert set(trace.shown[during].tolist()) == {first}
    assert not trace.status.any()
    assert np.array_equal(trace.shown[~during], usual.shown[~during])


def test_a_frozen_value_is_that_of_the_water_then_also_when_asked_for_later() -> None:
    upset = Exceedance("MAU01", START, START + 3600, "TSS", level=120.0)
    frozen = Frozen("MAU01", START + 1800, START + 4 * 3600, "TSS")
    late = TIMES[180:]
    whole = measure(instrument("TSS"), plant(), TIMES, [upset, frozen]).shown
    assert measure(instrument("TSS"), plant(), late, [upset, frozen]).shown.tolist() == (
        whole[180:].tolist()
    )
    assert whole[-1] == pytest.approx(1200, rel=1.1 * HELD_STEADY)


FIVE: Ints = np.arange(START, START + 30 * 86400, 300, dtype=np.int64)


@pytest.mark.parametrize("shows, low, high", [(Broken.FOOT, 0, 0), (Broken.TOP, 1800, 1800)])
def test_a_broken_instrument_shows_an_end_of_its_range(shows: Broken, low: int, high: int) -> None:
    event = Fault("MAU01", START, START + 3600, "TSS", shows)
    shown = measure(instrument("TSS"), plant(), TIMES, [event]).shown[:60]
    assert (shown.min(), shown.max()) == (low, high)


def test_a_broken_instrument_may_show_anything_inside_its_range() -> None:
    event = Fault("MAU01", START, START + 30 * 86400, "TSS", Broken.GARBAGE)
    trace = measure(instrument("TSS"), plant(), FIVE, [event])
    tenths = np.bincount(trace.shown * 10 // 1801, minlength=10)
    assert tenths.min() > 0.8 * len(FIVE) / 10
    assert trace.shown.min() >= 0
    assert trace.shown.max() <= 1800
    assert measure(instrument("TSS"), plant(), FIVE[77:], [event]).shown.tolist() == (
        trace.shown[77:].tolist()
    )


def runs_of(mask: npt.NDArray[np.bool_]) -> list[int]:
    """How many stand together, again and again."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [int(length) for length in edges[1::2] - edges[::2]]


def test_spikes_leap_5_to_50_times_the_noise_one_to_three_readings_long() -> None:
    event = Spike("MAU01", START, START + 30 * 86400, "TSS", every=7200)
    leap = leaps(instrument("TSS"), plant(), event, FIVE)
    times = np.abs(leap[leap != 0.0]) / noise(instrument("TSS"), plant())
    assert 5.0 <= times.min() < 8.0
    assert 47.0 < times.max() <= 50.0
    assert (leap > 0).any()
    assert (leap < 0).any()
    turns = (FIVE // 7200)[leap != 0.0]
    of_each_turn = np.unique(turns, return_counts=True)[1]
    assert set(of_each_turn.tolist()) == {1, 2, 3}
    assert len(of_each_turn) == 30 * 12  # one in every turn
    whole = np.flatnonzero(FIVE % 7200 == 0)[0]
    assert {
        len(runs_of(part != 0.0)) for part in leap[whole : whole + 24 * 300].reshape(-1, 24)
    } == {1}


def test_spikes_stay_inside_the_range_and_call_themselves_measurements() -> None:
    event = Spike("MAU01", START, START + 30 * 86400, "TSS", every=1200)
    small = Instrument("TSS", "mg/L", 25.0, 30.0, 0, 1, 1)
    trace = measure(small, plant(), FIVE, [event])
    assert (trace.shown.min(), trace.shown.max()) == (250, 300)
    assert not trace.status.any()


def test_a_spike_is_added_to_what_would_have_been_shown_and_leaves_the_rest() -> None:
    event = Spike("MAU01", START + 86400, START + 3 * 86400, "COD")
    usual = measure(instrument("COD"), plant(), FIVE, []).shown
    trace = measure(instrument("COD"), plant(), FIVE, [event])
    leap = leaps(instrument("COD"), plant(), event, FIVE)
    assert np.array_equal(trace.shown[leap == 0.0], usual[leap == 0.0])
    assert not leap[:288].any()
    assert not leap[3 * 288 :].any()
    expected = np.clip(usual / 10 + leap, 0.0, 300.0)[leap != 0.0]
    assert np.abs(trace.shown[leap != 0.0] / 10 - expected).max() <= 0.25


def test_spikes_of_a_part_of_the_time_are_those_of_the_whole() -> None:
    event = Spike("MAU01", START, START + 30 * 86400, "TSS")
    whole = measure(instrument("TSS"), plant(), FIVE, [event]).shown
    assert measure(instrument("TSS"), plant(), FIVE[101:], [event]).shown.tolist() == (
        whole[101:].tolist()
    )


def test_noise_is_never_less_than_the_last_digit() -> None:
    assert noise(instrument("pH"), plant()) == 0.1
    assert noise(instrument("COD"), plant()) > 0.5


@pytest.mark.parametrize("every, reading", [(3600, 1000), (900, 300)])
def test_spikes_need_room(every: int, reading: int) -> None:
    with pytest.raises(ValueError, match="MAU01: spikes every"):
        Spike("MAU01", START, START + 3600, "TSS", every, reading)

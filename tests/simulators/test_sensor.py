from __future__ import annotations

import numpy as np
import pytest

from simulators.events import Calibration, Exceedance, Fault, Frozen
from simulators.noise import Ints
from simulators.plant import HELD_STEADY, PlantProfile
from simulators.profiles import instrument_of, plant_of, read_profiles
from simulators.sensor import Instrument, measure
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

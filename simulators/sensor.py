"""The instrument: what it makes of the water. Second layer of a simulated station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rules.model import Status
from simulators.events import Broken, Calibration, Event, Fault, Frozen, Spike, of
from simulators.noise import Floats, Ints, Mask, key, uniform
from simulators.plant import PlantProfile, water

SPIKE = (5.0, 50.0)
"""How far a spike leaps, in multiples of the noise of the series."""

SPIKE_READINGS = 3
"""A spike lasts at most so many readings."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One analyser: its range and resolution in the parameter's unit, and its cycle."""

    parameter: str
    unit: str
    low: float
    high: float
    refresh: int  # seconds; it shows the same value until the next one is ready
    decimals: int
    steps: int  # the last digit: `steps` of 10 ** -decimals

    def show(self, value: Floats) -> Ints:
        """Values inside the range, as whole numbers of 10 ** -decimals."""
        inside = np.clip(value, self.low, self.high)
        shown: Ints = np.rint(inside * 10**self.decimals / self.steps).astype(np.int64)
        return shown * self.steps

    @property
    def resolution(self) -> float:
        """The smallest difference it shows, in the parameter's unit."""
        return self.steps / float(10**self.decimals)


@dataclass(frozen=True, slots=True)
class Trace:
    """What an instrument showed: values in 10 ** -decimals, and status codes."""

    shown: Ints
    status: Ints


def measure(
    instrument: Instrument, plant: PlantProfile, times: Ints, events: Sequence[Event]
) -> Trace:
    """The readings of one instrument at `times`; the same for any part of them."""
    shown = _see(instrument, plant, times, events)
    status = np.full(times.shape, Status.MEASURING, np.int64)
    own = [event for event in events if _is_about(event, instrument)]
    for spike in of(Spike, own):
        leap = leaps(instrument, plant, spike, times)
        shown = np.where(
            leap != 0.0, instrument.show(shown / 10**instrument.decimals + leap), shown
        )
    for frozen in of(Frozen, own):
        first = _see(instrument, plant, np.array([frozen.start], np.int64), events)
        shown[_during(frozen, times)] = first[0]
    for fault in of(Fault, own):
        during = _during(fault, times)
        shown[during] = _broken(instrument, plant, fault, times[during])
        status[during] = Status.FAULT
    for calibration in of(Calibration, own):
        standard = instrument.show(np.array([calibration.standard]))[0]
        shown[_during(calibration, times)] = standard
        status[_during(calibration, times)] = Status.CALIBRATING
    return Trace(shown, status)


def noise(instrument: Instrument, plant: PlantProfile) -> float:
    """How far readings scatter from one to the next (its unit): never less than its last digit."""
    level = plant.levels[instrument.parameter]
    return max(level.base * level.fast, instrument.resolution)


def _is_about(event: Event, instrument: Instrument) -> bool:
    troubles = (Spike, Frozen, Fault, Calibration)
    return isinstance(event, troubles) and event.parameter == instrument.parameter


def leaps(instrument: Instrument, plant: PlantProfile, spike: Spike, times: Ints) -> Floats:
    """What spikes add to the value at each time; nought where there is none."""
    name = (plant.seed, plant.station, spike.parameter, "spike")
    turn, place = times // spike.every, times % spike.every // spike.reading
    readings = _among(SPIKE_READINGS, uniform(key(*name, "readings"), turn)) + 1
    room = spike.every // spike.reading - readings + 1
    first = _among(room, uniform(key(*name, "first"), turn))
    size = uniform(key(*name, "size"), turn)
    least, most = SPIKE
    leap = np.copysign(least + (most - least) * np.abs(size), size) * noise(instrument, plant)
    inside = (place >= first) & (place < first + readings) & _during(spike, times)
    return np.where(inside, leap, 0.0)


def _among(count: Ints | int, drawn: Floats) -> Ints:
    """A whole number from 0 to below `count`, from one in [-1, 1)."""
    return np.floor((drawn + 1.0) / 2.0 * count).astype(np.int64)


def _broken(instrument: Instrument, plant: PlantProfile, fault: Fault, times: Ints) -> Ints:
    """What a broken instrument shows."""
    low, high = instrument.low, instrument.high
    share = {
        Broken.FOOT: np.zeros(times.shape),
        Broken.TOP: np.ones(times.shape),
        Broken.GARBAGE: uniform(key(plant.seed, plant.station, fault.parameter, "broken"), times)
        / 2.0
        + 0.5,
    }[fault.shows]
    return instrument.show(low + (high - low) * share)


def _see(instrument: Instrument, plant: PlantProfile, times: Ints, events: Sequence[Event]) -> Ints:
    cycle = max(instrument.refresh, 1)
    return instrument.show(water(plant, instrument.parameter, times - times % cycle, events))


def _during(event: Event, times: Ints) -> Mask:
    return (times >= event.start) & (times < event.end)

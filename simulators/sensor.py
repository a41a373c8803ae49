"""The instrument: what it makes of the water. Second layer of a simulated station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rules.model import Status
from simulators.events import Calibration, Event, Fault, Frozen, of
from simulators.noise import Floats, Ints, Mask
from simulators.plant import PlantProfile, water


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
    for frozen in of(Frozen, events):
        if frozen.parameter == instrument.parameter:
            first = _see(instrument, plant, np.array([frozen.start], np.int64), events)
            shown[_during(frozen, times)] = first[0]
    for fault in of(Fault, events):
        if fault.parameter == instrument.parameter:
            shown[_during(fault, times)] = instrument.show(np.array([instrument.low]))[0]
            status[_during(fault, times)] = Status.FAULT
    for calibration in of(Calibration, events):
        if calibration.parameter == instrument.parameter:
            standard = instrument.show(np.array([calibration.standard]))[0]
            shown[_during(calibration, times)] = standard
            status[_during(calibration, times)] = Status.CALIBRATING
    return Trace(shown, status)


def _see(instrument: Instrument, plant: PlantProfile, times: Ints, events: Sequence[Event]) -> Ints:
    cycle = max(instrument.refresh, 1)
    return instrument.show(water(plant, instrument.parameter, times - times % cycle, events))


def _during(event: Event, times: Ints) -> Mask:
    return (times >= event.start) & (times < event.end)

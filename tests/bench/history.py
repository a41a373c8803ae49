"""A year of history to judge: what simulated plants and instruments show, as one window."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from rules.days import DAY_SECONDS
from rules.register import Register, Station
from rules.terms import TermsBook
from rules.window import Window
from simulators.noise import Ints
from simulators.profiles import instrument_of, plant_of, read_profiles
from simulators.sensor import measure
from tests.bench.plant import INTERVAL
from tolich.ports import Registered


def stretch(registered: Registered, station: Station, first: int, days: int) -> Window:
    """One station over some days from a local midnight on: 8 parameters at five minutes."""
    terms = TermsBook(registered.register, registered.regulations).of(station.id, first)
    times = first + np.arange(days * DAY_SECONDS // INTERVAL) * INTERVAL
    shown = _shown(registered.register, station, times)
    lines = len(terms)
    return Window(
        terms,
        np.repeat(np.arange(lines), days),
        np.tile(first + np.arange(days) * DAY_SECONDS, lines),
        np.repeat(np.arange(lines), len(times)),
        np.tile(times, lines),
        np.concatenate(shown),
        np.zeros(lines * len(times), np.int64),
    )


def _shown(register: Register, station: Station, times: Ints) -> Sequence[Ints]:
    """The values of every series in quanta, as an undisturbed simulator sends them."""
    profiles = read_profiles()
    plant = plant_of(station, register, profiles, 1)
    found = []
    for entry in station.series.values():
        instrument = instrument_of(entry, profiles)
        quanta = int(entry.parameter.quanta(Decimal(1)) / 10**instrument.decimals)
        found.append(measure(instrument, plant, times, ()).shown * quanta)
    return found

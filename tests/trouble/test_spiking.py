"""A spike in every hour without end: what the check takes away, and what would be without it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from rules.assess import COUNTED, assess
from rules.days import DAY_SECONDS
from rules.judge import OUTCOMES, judge
from rules.model import Outcome
from rules.register import Register, SeriesEntry, Station, load_register
from rules.terms import terms_of
from rules.window import Ints, Mask, Window
from simulators.events import Spike
from simulators.profiles import Profiles, instrument_of, plant_of, read_profiles
from simulators.sensor import leaps, measure
from tests.cast import CATALOGUE, REGULATIONS
from tests.trouble.scenario import INTERVAL, LIMITED, START, register

PLANTS, DAYS = 6, 30
TIMES: Ints = START + np.arange(DAYS * DAY_SECONDS // INTERVAL) * INTERVAL


@cache
def known() -> tuple[Register, Profiles]:
    return load_register("register", register(PLANTS), CATALOGUE, REGULATIONS), read_profiles()


@cache
def spiking(number: int) -> tuple[Window, Mask]:
    """A month of one station whose every limited series spikes; and which readings are spikes."""
    of, profiles = known()
    station = list(of.stations.values())[number]
    plant = plant_of(station, of, profiles, 1)
    values, wrong = [], []
    for parameter, entry in _limited(station):
        instrument = instrument_of(entry, profiles)
        spike = Spike(station.id, START, START + DAYS * DAY_SECONDS, parameter)
        quanta = int(entry.parameter.quanta(Decimal(1))) // 10**instrument.decimals
        values.append(measure(instrument, plant, TIMES, [spike]).shown * quanta)
        wrong.append(leaps(instrument, plant, spike, TIMES) != 0.0)
    return _window(of, station, np.concatenate(values)), np.concatenate(wrong)


def _limited(station: Station) -> list[tuple[str, SeriesEntry]]:
    return [(key, entry) for key, entry in station.series.items() if key in LIMITED]


def _window(of: Register, station: Station, values: Ints) -> Window:
    terms = terms_of(station, START, of, REGULATIONS)[: len(LIMITED)]
    lines = np.arange(len(LIMITED))
    return Window(
        terms,
        np.repeat(lines, DAYS),
        np.tile(START + np.arange(DAYS) * DAY_SECONDS, len(lines)),
        np.repeat(lines, len(TIMES)),
        np.tile(TIMES, len(lines)),
        values,
        np.zeros(values.shape, np.int64),
    )


def unchecked(of: Window) -> Window:
    """The same readings without a check for spikes."""
    plain = tuple(replace(term, checks=replace(term.checks, spike=None)) for term in of.terms)
    return replace(of, terms=plain)


def outcomes(of: Window) -> Counter[tuple[str, Outcome]]:
    """How often each verdict fell, by period."""
    found: Counter[tuple[str, Outcome]] = Counter()
    for sheet in judge(of, START + (DAYS + 2) * DAY_SECONDS):
        for code, count in zip(*np.unique(sheet.outcome, return_counts=True), strict=True):
            found[sheet.period.name, OUTCOMES[code]] += int(count)
    return found


def total(*, checked: bool) -> Counter[tuple[str, Outcome]]:
    windows = (spiking(number)[0] for number in range(PLANTS))
    return sum((outcomes(one if checked else unchecked(one)) for one in windows), Counter())


def test_spikes_make_no_exceedance_of_an_hour_or_a_day() -> None:
    found = total(checked=True)
    assert found["hour", Outcome.EXCEEDED] == found["day", Outcome.EXCEEDED] == 0
    assert found["day", Outcome.COMPLIANT] > 0.95 * PLANTS * DAYS * len(LIMITED)


def test_without_the_check_they_would() -> None:
    found = total(checked=False)
    assert found["hour", Outcome.EXCEEDED] > 0
    assert found["day", Outcome.EXCEEDED] > 0


@pytest.mark.parametrize("number", range(PLANTS))
def test_no_true_reading_fails_with_them(number: int) -> None:
    window, wrong = spiking(number)
    found = assess(window)
    assert np.array_equal(found.at, window.at)
    failed = found.kind != COUNTED
    assert (failed & ~wrong).sum() < 0.001 * (~wrong).sum()
    assert (failed & wrong).sum() > 0.3 * wrong.sum()

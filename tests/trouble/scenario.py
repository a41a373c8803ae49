"""Invented plants whose water keeps every limit, and everything that can befall their stations.

Every trouble lasts longer than the threshold of the check or budget that is to notice it. Where
and when is drawn from the seed, so that a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start
from rules.register import Register
from simulators.events import (
    Broken,
    Calibration,
    Conflict,
    Duplicate,
    Event,
    Fault,
    Frozen,
    Missing,
    Order,
    Outage,
    Silence,
    Spike,
)
from simulators.script import Script

FIRST_DAY = date(2026, 3, 2)
START = day_start(FIRST_DAY)
INTERVAL = 300

LIMITS: Mapping[str, float] = {"COD": 100, "TSS": 50, "NH4": 10}
"""Of the permits, which the ranges reach three times; pH and temperature have theirs besides."""

SERIES = ("COD", "TSS", "NH4", "pH", "Temp", "FlowIn", "FlowOut")
LIMITED = SERIES[:5]
STANDARDS = {**{key: 2.5 * high for key, high in LIMITS.items()}, "pH": 10.0, "Temp": 50.0}
"""What is measured during a calibration: above every limit."""

STUCK_HOURS = {"COD": 6, "TSS": 6, "NH4": 12, "pH": 72, "Temp": 36}
"""How long a flat line lasts until its readings fail (rules/parameters.yaml)."""


def register(plants: int) -> dict[str, Any]:
    """So many invented plants, each in a cluster of its own with one station."""
    names = [f"{number:02}" for number in range(1, plants + 1)]
    since = "2026-01-01"
    return {
        "schema": 1,
        "clusters": {f"ccn-mau-{n}": {"name": f"CCN Mẫu {n}", "province": "mẫu"} for n in names},
        "plants": {
            f"mau-{n}": {"cluster": f"ccn-mau-{n}", "name": f"Nhà máy Mẫu {n}", "capacity": 600}
            for n in names
        },
        "stations": {
            f"MAU{n}": {
                "plant": f"mau-{n}", "name": f"Trạm Mẫu {n}", "from": since, "simulated": True,
                "interval": INTERVAL, "series": _series(),
            } for n in names
        },
        "permits": {
            f"gp-{n}": {
                "plant": f"mau-{n}", "document": "Giấy phép môi trường (mẫu)", "number": f"{n}/GP",
                "date": "2025-12-01", "page": "1", "from": since, "limits": _limits(),
            } for n in names
        },
    }  # fmt: skip


def _series() -> dict[str, Any]:
    ranges: dict[str, Any] = {key: {"low": 0, "high": 3 * high} for key, high in LIMITS.items()}
    ranges |= {"pH": {"low": 0, "high": 14}, "Temp": {"low": 0, "high": 100}}
    return ranges | {flow: {"low": 0, "high": 75} for flow in ("FlowIn", "FlowOut")}


def _limits() -> dict[str, Any]:
    highs = {key: {"max": high, "page": "3"} for key, high in {**LIMITS, "Temp": 40}.items()}
    return {**highs, "pH": {"min": 6, "max": 9, "page": "3"}}


def sound(seed: int) -> Script:
    """Nothing happens."""
    return Script(seed, {}, {})


def troubled(of: Register, days: int, seed: int) -> Script:
    """Every kind of trouble at every plant, all over the days."""
    common = list(_network(days, seed))
    written = {
        name: (*_events(name, days, seed), *(Outage(name, *times) for times in common))
        for name in of.stations
    }
    return Script(seed, written, {})


def _network(days: int, seed: int) -> Iterator[tuple[int, int, int]]:
    """Every fifth day nobody is heard for hours: start, end, and when it is sent after all."""
    draw = Random(f"{seed}:network")
    for day in range(1, days, 5):
        start = START + day * DAY_SECONDS + draw.randrange(0, DAY_SECONDS, INTERVAL)
        end = start + draw.randrange(HOUR_SECONDS * 3 // 2, 5 * HOUR_SECONDS, INTERVAL)
        yield start, end, end


def _events(station: str, days: int, seed: int) -> Iterator[Event]:
    """About one trouble of a series a day, and one of the station every third day."""
    draw = Random(f"{seed}:{station}")
    for of, share in ((OF_SERIES, 1.0), (OF_STATION, 0.35)):
        # A short run has every kind somewhere, too: the kinds take turns, from anywhere on.
        turn = draw.randrange(len(of))
        for day in range(days):
            if draw.random() < share:
                start = START + day * DAY_SECONDS + draw.randrange(0, DAY_SECONDS, INTERVAL)
                yield of[turn % len(of)](_Scene(station, start, draw))
                turn += 1


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where and when trouble begins, and what draws the rest of it."""

    station: str
    start: int
    draw: Random

    def end(self, least: float, most: float) -> int:
        """An instant so many hours after the start."""
        return self.start + int(self.draw.uniform(least, most) * 12) * INTERVAL

    def parameter(self) -> str:
        """Any limited quantity."""
        return self.draw.choice(LIMITED)


def _calibration(of: _Scene) -> Event:
    parameter = of.parameter()
    return Calibration(of.station, of.start, of.end(2.5, 8), parameter, STANDARDS[parameter])


def _fault(of: _Scene) -> Event:
    shows = of.draw.choice(tuple(Broken))
    return Fault(of.station, of.start, of.end(4.5, 20), of.parameter(), shows)


def _frozen(of: _Scene) -> Event:
    parameter = of.parameter()
    long = STUCK_HOURS[parameter]
    return Frozen(of.station, of.start, of.end(long + 1, long + 24), parameter)


def _spiking(of: _Scene) -> Event:
    every = of.draw.choice((HOUR_SECONDS, 2 * HOUR_SECONDS))
    return Spike(of.station, of.start, of.end(6, 36), of.parameter(), every, INTERVAL)


def _missing(of: _Scene) -> Event:
    return Missing(of.station, of.start, of.end(2.5, 30), of.parameter())


def _contradiction(of: _Scene) -> Event:
    parameter = of.draw.choice(tuple(LIMITS))
    value = 1.5 * LIMITS[parameter]
    return Conflict(of.station, of.start, of.end(1.5, 12), parameter, value)


def _silence(of: _Scene) -> Event:
    return Silence(of.station, of.start, of.end(1.5, 12))


def _backfill(of: _Scene) -> Event:
    end = of.end(1.5, 20)
    late = of.draw.choice((0, 6, 30, 54)) * HOUR_SECONDS
    return Outage(of.station, of.start, end, end + late, of.draw.choice(tuple(Order)))


def _twice(of: _Scene) -> Event:
    return Duplicate(of.station, of.start, of.end(1, 12))


OF_SERIES: tuple[Callable[[_Scene], Event], ...] = (
    _calibration, _fault, _frozen, _spiking, _missing, _contradiction,
)  # fmt: skip
OF_STATION: tuple[Callable[[_Scene], Event], ...] = (_silence, _backfill, _twice)

"""What happens after the start: every minute something begins at one of the stations.

Acts are numbered by minute and made when they are asked for, so a run may last for ever and
is still the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rules.register import Station
from simulators.events import (
    Calibration,
    Conflict,
    Duplicate,
    Event,
    Exceedance,
    Fault,
    Frozen,
    Order,
    Outage,
    Silence,
)
from simulators.limits import assumed_limit
from simulators.noise import key

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can happen: how many minutes it lasts, and what it needs measured."""

    minutes: int
    needs: str
    play: Callable[[Station, int, int], Event]


def _level(parameter: str, times: float) -> Callable[[Station, int, int], Event]:
    def play(station: Station, start: int, end: int) -> Event:
        level = times * assumed_limit(station.series[parameter])
        return Exceedance(station.id, start, end, parameter, level=level)

    return play


def _calibration(station: Station, start: int, end: int) -> Event:
    return Calibration(station.id, start, end, "COD", 2.5 * assumed_limit(station.series["COD"]))


def _conflict(station: Station, start: int, end: int) -> Event:
    return Conflict(station.id, start, end, "TSS", 1.5 * assumed_limit(station.series["TSS"]))


def _held(order: Order) -> Callable[[Station, int, int], Event]:
    def play(station: Station, start: int, end: int) -> Event:
        return Outage(station.id, start, end, release=end, order=order)

    return play


def _silence(station: Station, start: int, end: int) -> Event:
    return Silence(station.id, start, end)


def _duplicate(station: Station, start: int, end: int) -> Event:
    return Duplicate(station.id, start, end)


def _frozen(station: Station, start: int, end: int) -> Event:
    return Frozen(station.id, start, end, "NH4")


def _fault(station: Station, start: int, end: int) -> Event:
    return Fault(station.id, start, end, "TSS")


# An instrument at 2.8 times the limit proves its hour within 22 minutes of it.
PROGRAMME = (
    Act(35, "TSS", _level("TSS", 2.8)),
    Act(4, "", _held(Order.OLDEST_FIRST)),
    Act(15, "COD", _calibration),
    Act(3, "", _duplicate),
    Act(2, "TSS", _conflict),
    Act(45, "NH4", _level("NH4", 0.95)),
    Act(11, "", _silence),
    Act(5, "", _held(Order.SHUFFLED)),
    Act(45, "COD", _level("COD", 2.8)),
    Act(8, "TSS", _fault),
    Act(30, "NH4", _frozen),
    Act(6, "", _held(Order.NEWEST_FIRST)),
)

LONGEST = max(act.minutes for act in PROGRAMME) * MINUTE


@dataclass(frozen=True, slots=True)
class Acts:
    """The acts of a run that starts at `now`, among some stations."""

    seed: int
    now: int
    stations: tuple[Station, ...]

    @property
    def minute(self) -> int:
        """The full minute of the start: acts are counted from it."""
        return self.now - self.now % MINUTE

    def events(self, station: str, start: int, end: int) -> Iterator[Event]:
        """The acts of a station that touch [start, end)."""
        first = max(1, (start - LONGEST - self.minute) // MINUTE)
        for number in range(first, (end - self.minute) // MINUTE + 1):
            event = self.act(number)
            if event is not None and event.station == station and event.overlaps(start, end):
                yield event

    def act(self, number: int) -> Event | None:
        """The act that begins in minute `number` (from 1); None where its player cannot."""
        if not self.stations:
            return None
        station = self._player(number - 1)
        act = PROGRAMME[(number - 1) % len(PROGRAMME)]
        if act.needs and act.needs not in station.series:
            return None
        start = self.minute + number * MINUTE
        return act.play(station, start, start + act.minutes * MINUTE)

    def _player(self, index: int) -> Station:
        """Every station once a round, each round in another order."""
        round_, place = divmod(index, len(self.stations))
        order = sorted(self.stations, key=lambda s: key(self.seed, round_, s.id))
        return order[place]

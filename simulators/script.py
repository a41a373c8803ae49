"""What happens in the demonstration: a function of the instant it starts and the register.

The history is a list of scenes, each played by one station in the order of the register.
After the start something begins every minute (`acts`). Levels are set against a third of
the instrument's range, where the limit of a lawfully chosen instrument lies: a simulator
stands in for the hardware and knows no permits' numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight
from rules.register import Register, Station
from simulators.acts import Acts
from simulators.events import (
    Calibration,
    Conflict,
    Duplicate,
    Event,
    Exceedance,
    Fault,
    Frozen,
    NoDischarge,
    Order,
    Outage,
    Silence,
    of,
)
from simulators.limits import assumed_limit

NIGHT_FROM = 22
"""Local hour at which a plant that holds back at night stops discharging."""

NIGHT_HOURS = 7

SILENT_SINCE = 3 * HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class Script:
    """Every event of a run: what was written down, the nights, and the acts after the start."""

    seed: int
    written: Mapping[str, tuple[Event, ...]]  # by station
    nightly: Mapping[str, str]  # station -> the flow that stops at night
    acts: Acts | None = None

    def events(self, station: str, start: int, end: int) -> list[Event]:
        """The events of a station that touch [start, end); the same however it is cut."""
        found = [event for event in self.written.get(station, ()) if event.overlaps(start, end)]
        flow = self.nightly.get(station)
        if flow is not None:
            found += _nights(station, flow, start, end)
        if self.acts is not None:
            found += self.acts.events(station, start, end)
        return found

    def held_back(self, station: str, at: int) -> list[Outage]:
        """The outages that began by `at` and are sent only after it."""
        written = of(Outage, self.written.get(station, ()))
        return [outage for outage in written if outage.start <= at < outage.release]


def demo_script(register: Register, now: int, seed: int = 1) -> Script:
    """The demonstration's script for a start at `now` (UTC epoch seconds)."""
    stations = simulated(register)
    cast = _cast(stations)
    written = {
        station.id: tuple(scene.play(_Stage(station, now, midnight(now))))
        for scene, station in cast
    }
    lasting = {station.id for scene, station in cast if scene.lasts}
    free = tuple(station for station in stations if station.id not in lasting)
    return Script(seed, written, _nightly(register, stations), Acts(seed, now, free))


def quiet_script(seed: int = 1) -> Script:
    """A script in which nothing happens."""
    return Script(seed, {}, {})


def simulated(register: Register) -> list[Station]:
    """The stations a simulator may speak for, by id: never those of a real plant."""
    return sorted((s for s in register.stations.values() if s.simulated), key=lambda s: s.id)


def _nightly(register: Register, stations: Iterable[Station]) -> dict[str, str]:
    """Which flow stops at night: the plants whose permit knows a state of no discharge."""
    rules = {p.plant: p.no_discharge for p in register.permits.values() if p.no_discharge}
    return {
        station.id: rules[station.plant].flow
        for station in stations
        if station.plant in rules and rules[station.plant].flow in station.series
    }


def _nights(station: str, flow: str, start: int, end: int) -> Iterator[NoDischarge]:
    night = midnight(start) - DAY_SECONDS + NIGHT_FROM * HOUR_SECONDS
    while night < end:
        event = NoDischarge(station, night, night + NIGHT_HOURS * HOUR_SECONDS, flow)
        if event.overlaps(start, end):
            yield event
        night += DAY_SECONDS


# --- the scenes of the history ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where and when a scene is played; `today` is the local midnight before `now`."""

    station: Station
    now: int
    today: int

    @property
    def id(self) -> str:
        """The station's id."""
        return self.station.id

    def at(self, days_ago: int, hour: int = 0) -> int:
        """A local hour some days before today."""
        return self.today - days_ago * DAY_SECONDS + hour * HOUR_SECONDS

    def limit(self, parameter: str) -> float:
        """Where the limit of a quantity is taken to lie, in its unit."""
        return assumed_limit(self.station.series[parameter])

    def exceeds(self, parameter: str, times: float, start: int, end: int) -> Exceedance:
        """A quantity stands at so many times its limit."""
        return Exceedance(self.id, start, end, parameter, level=times * self.limit(parameter))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one station goes through; `needs` are the quantities it must measure."""

    play: Callable[[_Stage], Iterator[Event]]
    needs: tuple[str, ...]
    lasts: bool = False  # it goes on after the start: no acts at this station


def _ordinary_trouble(stage: _Stage) -> Iterator[Event]:
    """A sound plant with what happens everywhere: pH off, a broken probe, a short outage."""
    yield Exceedance(stage.id, stage.at(11, 9), stage.at(11, 10), "pH", level=9.6)
    yield Fault(stage.id, stage.at(2, 10), stage.at(2, 16), "TSS")
    gap = stage.at(8, 9), stage.at(8, 12)
    yield Outage(stage.id, *gap, release=gap[1] + 300, order=Order.NEWEST_FIRST)


def _ongoing_days(stage: _Stage) -> Iterator[Event]:
    """COD is too high since yesterday, and still is."""
    yield stage.exceeds("COD", 1.35, stage.at(1), stage.now + 6 * HOUR_SECONDS)


def _past_days(stage: _Stage) -> Iterator[Event]:
    """Days above the limit that are over: ammonium nine days ago, solids before that."""
    yield stage.exceeds("NH4", 1.2, stage.at(9), stage.at(8))
    yield stage.exceeds("TSS", 1.5, stage.at(20), stage.at(18))


def _hours_only(stage: _Stage) -> Iterator[Event]:
    """Solids above the limit for hours, on days whose mean keeps it."""
    for days_ago, hour in ((12, 9), (6, 14), (3, 9)):
        start = stage.at(days_ago, hour)
        yield stage.exceeds("TSS", 1.4, start, start + 2 * HOUR_SECONDS)
    recent = stage.now - stage.now % HOUR_SECONDS - 3 * HOUR_SECONDS
    yield stage.exceeds("TSS", 1.6, recent, recent + HOUR_SECONDS)


def _calibration_between(stage: _Stage) -> Iterator[Event]:
    """Too high, clean, calibrated with a strong standard, clean, too high again."""
    yield stage.exceeds("COD", 1.5, stage.at(1, 8), stage.at(1, 10))
    start = stage.at(1, 12)
    yield Calibration(stage.id, start, start + 3000, "COD", standard=2.5 * stage.limit("COD"))
    yield stage.exceeds("COD", 1.5, stage.at(1, 15), stage.at(1, 17))


def _near_limit(stage: _Stage) -> Iterator[Event]:
    """Just inside the limit for ten days, and still."""
    yield stage.exceeds("COD", 0.95, stage.at(10), stage.now + DAY_SECONDS)


def _frozen_sensor(stage: _Stage) -> Iterator[Event]:
    """The ammonium electrode shows one value for thirty hours."""
    yield Frozen(stage.id, stage.at(4, 8), stage.at(3, 14), "NH4")


def _silent(stage: _Stage) -> Iterator[Event]:
    """Nothing is heard since some hours."""
    yield Silence(stage.id, stage.now - SILENT_SINCE, stage.now + DAY_SECONDS)


def _late_backfill(stage: _Stage) -> Iterator[Event]:
    """Twelve hours without a line, sent a day late: they hide a day above the limit."""
    gap = stage.at(5, 8), stage.at(5, 20)
    yield stage.exceeds("COD", 1.9, *gap)
    yield Outage(stage.id, *gap, release=stage.at(3) + 1800)


def _bursts(stage: _Stage) -> Iterator[Event]:
    """A logger that sends twice, and one burst out of order."""
    yield Duplicate(stage.id, stage.at(2, 9), stage.at(2, 11))
    burst = stage.at(2, 14), stage.at(2, 16)
    yield Outage(stage.id, *burst, release=burst[1], order=Order.SHUFFLED)


def _contradiction(stage: _Stage) -> Iterator[Event]:
    """An hour at the edge of the limit, with two values for two of its instants."""
    hour = stage.at(1, 10)
    yield stage.exceeds("TSS", 0.985, hour, hour + HOUR_SECONDS)
    yield Conflict(stage.id, hour + 1200, hour + 1800, "TSS", 1.5 * stage.limit("TSS"))


SCENES = (
    _Scene(_ordinary_trouble, ("pH", "TSS")),
    _Scene(_ongoing_days, ("COD",), lasts=True),
    _Scene(_past_days, ("NH4", "TSS")),
    _Scene(_hours_only, ("TSS",)),
    _Scene(_calibration_between, ("COD",)),
    _Scene(_near_limit, ("COD",), lasts=True),
    _Scene(_frozen_sensor, ("NH4",)),
    _Scene(_silent, (), lasts=True),
    _Scene(_late_backfill, ("COD",)),
    _Scene(_bursts, ()),
    _Scene(_contradiction, ("TSS",)),
)


def _cast(stations: Iterable[Station]) -> list[tuple[_Scene, Station]]:
    """Each scene with the first free station that measures what it needs."""
    free = list(stations)
    cast: list[tuple[_Scene, Station]] = []
    for scene in SCENES:
        fitting = [s for s in free if all(key in s.series for key in scene.needs)]
        if fitting:
            cast.append((scene, fitting[0]))
            free.remove(fitting[0])
    return cast

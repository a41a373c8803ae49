"""A scenario on its way through time: day by day, from the plants to the messages.

Everything is a pure function of the scenario and its seed. A day is made whole and told in
parts, so that a fleet's day never stands in memory as text; messages come in the order in
which they are sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from rules.model import Status
from rules.parameters import Catalogue
from simulators.draws import Ints, Mask, keys, uniforms
from simulators.message import Outgoing
from simulators.scenario.encoding import Doubles, Layout, encode, layout
from simulators.scenario.gathering import gathered
from simulators.scenario.spec import Disturbance, Place, Scenario
from simulators.scenario.transport import SPREAD, Sheet, disturbed, heard, prompt
from simulators.sensors.catalogue import drawn
from simulators.sensors.measuring import Codes, Instruments, Memory, Shown, install, observe
from simulators.sensors.response import STEP
from simulators.sensors.spec import FaultSpec
from simulators.sensors.tables import SensorTables
from simulators.treatment.running import Running, Water, run_day, settled
from simulators.treatment.tables import Tables
from simulators.treatment.works import Works, build

SETTLES = 10
"""Days that the plants run before the first day of the scenario."""

HOURS = DAY_SECONDS // HOUR_SECONDS

AT_ONCE = 100_000
"""Messages that are written at a time, about."""

_ORDER = attrgetter("due", "topic")


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario with its plants and instruments built."""

    scenario: Scenario
    works: Works
    instruments: Instruments
    layouts: tuple[Layout, ...]
    lags: tuple[int, ...]  # s between an instant and the message of it
    transport: dict[str, tuple[Disturbance, ...]]  # of each station
    catalogue: Catalogue
    together_until: int = 0  # UTC epoch seconds; due before: several instants a message


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a scenario stands at a local midnight."""

    running: Running
    memory: Memory | None = None
    late: tuple[Outgoing, ...] = ()  # written, not yet sent


@dataclass(frozen=True, slots=True)
class Told:
    """One day: what is true, what is shown, and what leaves each station."""

    day: int
    water: Water
    shown: Shown
    sheets: tuple[Sheet, ...]
    grids: tuple[Grid, ...]
    late: tuple[Outgoing, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Grid:
    """A station's day at its reporting interval: (rows; parameters)."""

    times: Ints
    values: Doubles
    status: Codes


def stage(
    scenario: Scenario, plants: Tables, sensors: SensorTables, catalogue: Catalogue
) -> Stage:  # fmt: skip
    """Build what a scenario names."""
    places = scenario.places
    works = build([place.plant for place in places], plants, scenario.seed)
    stations = [place.sensors for place in places]
    names = [place.id for place in places]
    lags = uniforms(keys(scenario.seed, names, "lag"), "lag") * SPREAD
    transport: dict[str, tuple[Disturbance, ...]] = {}
    for one in scenario.transport:
        transport[one.station] = (*transport.get(one.station, ()), one)
    return Stage(
        scenario=scenario,
        works=works,
        instruments=install(stations, names, sensors, scenario.seed),
        layouts=tuple(layout(place, catalogue) for place in places),
        lags=tuple(lags.astype(np.int64).tolist()),
        transport=transport,
        catalogue=catalogue,
    )


def opening(built: Stage) -> Stand:
    """The plants at the midnight that opens the scenario, settled."""
    return Stand(settled(built.works, built.scenario.first, SETTLES))


def faults_of(built: Stage, day: int) -> list[FaultSpec]:
    """The written faults, and those that chance brings to a local day."""
    found = list(built.scenario.faults)
    for chance in built.scenario.chances:
        found += [
            fault
            for fault in drawn(built.instruments, day, chance.times)
            if fault.station in chance.stations and (not chance.kinds or fault.kind in chance.kinds)
        ]
    return found


def a_day(built: Stage, stand: Stand, day: int) -> tuple[Told, Stand]:
    """One local day, and where the scenario stands after it (its late messages not yet known)."""
    scenario = built.scenario
    running, water = run_day(built.works, stand.running, day, scenario.events)
    faults = faults_of(built, day)
    shown, memory = observe(built.instruments, water, stand.memory, faults, scenario.cheats)
    step = scenario.step(day)
    grids = tuple(
        _grid(place, row, shown, water, step) for row, place in enumerate(scenario.places)
    )
    sheets = tuple(
        disturbed(
            prompt(grid.times, heard(grid.values), lag),
            built.transport.get(place.id, ()), scenario.seed, step,
        )
        for place, grid, lag in zip(scenario.places, grids, built.lags, strict=True)
    )  # fmt: skip
    return Told(day, water, shown, sheets, grids, stand.late), Stand(running, memory)


def messages(built: Stage, told: Told) -> Iterator[Outgoing | tuple[Outgoing, ...]]:
    """A day's messages as they are sent; at the end, as a tuple, those of later days."""
    opens = told.day * DAY_SECONDS - OFFSET
    waiting = list(told.late)
    hours = _hours_at_once(built, told.day)
    for hour in range(0, HOURS, hours):
        until = opens + min(hour + hours, HOURS) * HOUR_SECONDS
        ready = [one for one in waiting if one.due < until]
        waiting = [one for one in waiting if one.due >= until]
        begins = opens + hour * HOUR_SECONDS if hour else -1
        ready += _written(built, told, begins, until)
        yield from sorted(ready, key=_ORDER)
    waiting += _written(built, told, opens + DAY_SECONDS, None)
    yield tuple(waiting)


def _hours_at_once(built: Stage, day: int) -> int:
    """How much of a day is written at a time. It bounds the memory and changes no byte."""
    an_hour = len(built.scenario.places) * HOUR_SECONDS // built.scenario.step(day)
    return max(1, min(HOURS, AT_ONCE // an_hour))


def _written(built: Stage, told: Told, begins: int, until: int | None) -> list[Outgoing]:
    """The messages of this day that are sent within [begins, until)."""
    found: list[Outgoing] = []
    places = built.scenario.places
    for row, (sheet, grid) in enumerate(zip(told.sheets, told.grids, strict=True)):
        which: Mask = sheet.due >= begins
        if until is not None:
            which &= sheet.due < until
        if which.any():
            edits = built.transport.get(places[row].id, ())
            part = sheet.take(which)
            shown = (built.layouts[row], part, grid.values, grid.status, edits)
            if built.together_until:
                found += gathered(*shown, built.together_until)
            else:
                found += encode(*shown)
    return found


def days(built: Stage, stand: Stand | None = None) -> Iterator[tuple[Told, Iterable[Outgoing]]]:
    """The days of a scenario. The messages of a day must be used up before the next is asked."""
    now = stand or opening(built)
    first = built.scenario.first
    for day in range(first, first + built.scenario.days):
        told, after = a_day(built, now, day)
        late: list[Outgoing] = []
        yield told, _sent(messages(built, told), late)
        now = replace(after, late=tuple(late))
    if now.late:
        last = first + built.scenario.days
        yield _nothing(last), sorted(now.late, key=_ORDER)


def _sent(
    told: Iterator[Outgoing | tuple[Outgoing, ...]], late: list[Outgoing]
) -> Iterator[Outgoing]:
    for one in told:
        if isinstance(one, Outgoing):
            yield one
        else:
            late += one


def _nothing(day: int) -> Told:
    """A day after the end: only what is late is still sent."""
    empty = np.zeros((0, 0, 0), np.float32)
    shown = Shown(day, (), empty, empty.astype(np.uint8))
    return Told(day, Water(day, empty), shown, (), ())


def _grid(place: Place, row: int, shown: Shown, water: Water, step: int) -> Grid:
    """One station's readings at its interval; a minute's lie between those of five minutes."""
    own = [shown.parameters.index(name) for name in place.parameters]
    values = shown.values[own, row].astype(np.float64)
    status = shown.status[own, row]
    times = np.array(water.times, np.int64)
    if step > STEP:
        every = step // STEP
        values, status, times = values[:, ::every], status[:, ::every], times[::every]
    elif step < STEP:
        parts = STEP // step
        values = _between(place, values, status, parts)
        status = np.repeat(status, parts, axis=1)
        times = times[0] + step * np.arange(len(times) * parts, dtype=np.int64)
    grains = np.array([sensor.resolution for sensor in place.sensors.sensors])[:, None]
    values = np.rint(values / grains) * grains + 0.0
    return Grid(times, np.ascontiguousarray(values.T), np.ascontiguousarray(status.T))


def _between(place: Place, values: Doubles, status: Codes, parts: int) -> Doubles:
    """Values at a finer step: straight lines, but what is held or flagged stands still."""
    following = np.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    calm = np.isfinite(values) & np.isfinite(following) & (status == Status.MEASURING)
    calm[:, :-1] &= status[:, 1:] == Status.MEASURING
    held = np.array([sensor.cycle > 0 for sensor in place.sensors.sensors])
    calm[held] = False
    slope = np.where(calm, following - values, 0.0)
    share = np.arange(parts) / parts
    found: Doubles = (values[:, :, None] + slope[:, :, None] * share).reshape(len(values), -1)
    return found


def measured_share(sheet: Sheet, grid: Grid) -> Doubles:
    """Share of a station's readings of a day, by parameter, that left it with status 00."""
    left = np.zeros(len(grid.times), np.bool_)
    left[sheet.row] = True
    good = np.isfinite(grid.values) & (grid.status == Status.MEASURING) & left[:, None]
    share: Doubles = good.mean(axis=0)
    return share

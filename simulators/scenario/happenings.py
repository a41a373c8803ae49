"""The four lists of a scenario: events, faults, tamper, transport, each to its plain records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rules.days import HOUR_SECONDS
from rules.loading import meant
from rules.model import Problem
from simulators.scenario.shape import (
    ChanceShape,
    EventShape,
    FaultShape,
    RepeatShape,
    ScenarioShape,
    TamperShape,
    TransportShape,
)
from simulators.scenario.spec import DISTURBANCES, Backfill, Chance, Disturbance, Place
from simulators.scenario.times import duration, moment
from simulators.sensors.cheats import NEEDS_LIMIT, REPLAYS, SIGNAL, WATER
from simulators.sensors.spec import CheatSpec, FaultSpec
from simulators.sensors.tables import SensorTables
from simulators.treatment.spec import EventSpec
from simulators.treatment.tables import Tables

Line = TypeVar("Line")
Made = TypeVar("Made")

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)/s")
USUAL_DELAY = {"reordering": 900, "duplicates": 1}
CLOCKS = ("clock_offset", "clock_drift", "clock_jump")


@dataclass(slots=True)
class Happenings:
    """What was read."""

    events: tuple[EventSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()
    chances: tuple[Chance, ...] = ()
    cheats: tuple[CheatSpec, ...] = ()
    transport: tuple[Disturbance, ...] = ()


@dataclass(slots=True)
class Spot:
    """One occurrence at one place."""

    id: str
    station: str
    parameter: str | None
    start: int
    end: int


@dataclass(slots=True)
class Wanted:
    """What the lists are read against."""

    file: str
    start: int
    places: Mapping[str, Place]
    plants: Tables
    sensors: SensorTables
    problems: list[Problem]
    ids: set[str] = field(default_factory=set)

    def problem(self, where: str, said: str) -> None:
        """Record that something is wrong."""
        self.problems.append(Problem(self.file, where, said))

    def kind(self, where: str, name: str, known: Iterable[str]) -> bool:
        """Whether a kind exists."""
        known = tuple(known)
        if name not in known:
            self.problem(f"{where}.kind", f"{name!r} is not known{meant(name, known)}")
        return name in known

    def seconds(self, where: str, text: str) -> int:
        """A duration; 0 with a problem when it is none."""
        try:
            return duration(text)
        except ValueError as error:
            self.problem(where, str(error))
            return 0

    def span(self, where: str, at: str, lasts: str) -> tuple[int, int]:
        """When something begins and ends."""
        long = self.seconds(f"{where}.for", lasts)
        if long <= 0:
            self.problem(f"{where}.for", f"expected a duration above 0, found {lasts!r}")
        try:
            begins = moment(at, self.start)
        except ValueError as error:
            self.problem(f"{where}.at", str(error))
            return self.start, self.start + 1
        return begins, begins + max(long, 1)

    def targets(self, where: str, named: object) -> list[tuple[str, str | None]]:
        """The stations, or channels of stations, that `where` names."""
        words = named if isinstance(named, list) else [named]
        found: dict[tuple[str, str | None], None] = {}
        for word in words:
            if isinstance(word, str) and word:
                found.update(dict.fromkeys(self._target(f"{where}.where", word)))
            else:
                said = f"expected STATION, STATION.PARAM, * or a list of these, found {word!r}"
                self.problem(f"{where}.where", said)
        return list(found)

    def _target(self, where: str, word: str) -> Iterator[tuple[str, str | None]]:
        station, parameter = word, None
        if word not in self.places and "." in word:
            station, _, parameter = word.rpartition(".")
        if station != "*" and station not in self.places:
            self.problem(where, f"no station {station!r}{meant(station, self.places)}")
            return
        chosen = list(self.places) if station == "*" else [station]
        having = [one for one in chosen if parameter in (None, *self.places[one].parameters)]
        if not having:
            known = self.places[chosen[0]].parameters if chosen else ()
            said = f"{station} does not measure {parameter!r}{meant(str(parameter), known)}"
            self.problem(where, said)
        for one in having:
            yield one, parameter

    def spots(
        self, where: str, id_: str | None, span: tuple[int, int], kind: str, named: object,
        repeat: RepeatShape | None,
    ) -> Iterator[Spot]:  # fmt: skip
        """Every place and time at which one line of the file happens."""
        targets = self.targets(where, named)
        every = self.seconds(f"{where}.repeat.every", repeat.every) if repeat else 0
        if repeat and every <= 0:
            self.problem(f"{where}.repeat.every", "expected a duration above 0")
        # A name of its content, so that a line put before it changes no chance of this one.
        written = named if isinstance(named, str) else "+".join(map(str, _listed(named)))
        name = id_ or f"{kind}@{written}@{span[0] - self.start}"
        if name in self.ids:
            self.problem(f"{where}.id", f"{name!r} stands twice; give each an id of its own")
        self.ids.add(name)
        for turn in range(repeat.times if repeat else 1):
            chosen = targets
            if repeat and repeat.in_turn and targets:
                chosen = [targets[turn % len(targets)]]
            for station, parameter in chosen:
                place = f"{station}.{parameter}" if parameter else station
                # Not by their number: a station more must not rename what befalls the others.
                full = name if isinstance(named, str) and "*" not in named else f"{name}/{place}"
                yield Spot(
                    f"{full}#{turn}" if repeat else full, station, parameter,
                    span[0] + turn * every, span[1] + turn * every,
                )  # fmt: skip


def _listed(named: object) -> list[object]:
    return named if isinstance(named, list) else [named]


def read_happenings(wanted: Wanted, shape: ScenarioShape) -> Happenings:
    """Everything the lists name; problems go to `wanted`."""
    faults = list(enumerate(shape.faults))
    return Happenings(
        events=_all(wanted, "events", shape.events, _events),
        faults=tuple(
            made for at, one in faults if one.random is None
            for made in _faults(wanted, f"faults[{at}]", one)
        ),
        chances=tuple(
            _chance(wanted, f"faults[{at}]", one.random) for at, one in faults
            if one.random is not None
        ),
        cheats=_all(wanted, "tamper", shape.tamper, _cheats),
        transport=_all(wanted, "transport", shape.transport, _disturbances),
    )  # fmt: skip


def _all(
    wanted: Wanted,
    name: str,
    lines: Sequence[Line],
    read: Callable[[Wanted, str, Line], Iterator[Made]],
) -> tuple[Made, ...]:
    return tuple(
        made for at, one in enumerate(lines) for made in read(wanted, f"{name}[{at}]", one)
    )


def _events(wanted: Wanted, where: str, one: EventShape) -> Iterator[EventSpec]:
    if not wanted.kind(where, one.kind, wanted.plants.events):
        return
    most = wanted.plants.events[one.kind].most
    if one.strength is not None and not 0 <= one.strength <= most:
        wanted.problem(f"{where}.strength", f"expected 0 to {most:g}")
    span = wanted.span(where, one.at, one.lasts)
    for spot in wanted.spots(where, one.id, span, one.kind, one.where, one.repeat):
        if spot.parameter is not None:
            said = f"an event happens to a plant; write {spot.station}"
            wanted.problem(f"{where}.where", said)
        yield EventSpec(spot.id, spot.station, one.kind, spot.start, spot.end, one.strength)


def _faults(wanted: Wanted, where: str, one: FaultShape) -> Iterator[FaultSpec]:
    for key, value in (("at", one.at), ("for", one.lasts), ("kind", one.kind)):
        if value is None:
            wanted.problem(f"{where}.{key}", "this key is required, or `random`")
    if one.at is None or one.lasts is None or one.kind is None:
        return
    if not wanted.kind(where, one.kind, wanted.sensors.faults):
        return
    span = wanted.span(where, one.at, one.lasts)
    for spot in wanted.spots(where, one.id, span, one.kind, one.where, one.repeat):
        named = [spot.parameter] if spot.parameter else wanted.places[spot.station].parameters
        for name in named:
            full = spot.id if spot.parameter else f"{spot.id}.{name}"
            yield FaultSpec(full, spot.station, name, one.kind, spot.start, spot.end, one.size)


def _chance(wanted: Wanted, where: str, one: ChanceShape) -> Chance:
    for kind in one.kinds:
        wanted.kind(f"{where}.random", kind, wanted.sensors.faults)
    stations = frozenset(name for name, _ in wanted.targets(f"{where}.random", one.where))
    return Chance(one.times, stations, frozenset(one.kinds))


def _cheats(wanted: Wanted, where: str, one: TamperShape) -> Iterator[CheatSpec]:
    if not wanted.kind(where, one.kind, (*WATER, *SIGNAL)):
        return
    span = wanted.span(where, one.at, one.lasts)
    for spot in wanted.spots(where, one.id, span, one.kind, one.where, one.repeat):
        if one.kind in REPLAYS:
            hours = 24.0 if one.factor is None else one.factor
            if spot.start - hours * HOUR_SECONDS < wanted.start:
                said = f"it replays the {hours:g} hours before; let it begin later"
                wanted.problem(f"{where}.at", said)
        if one.kind in NEEDS_LIMIT:
            yield from _about_limits(wanted, where, one, spot)
        else:
            named = () if spot.parameter is None else (spot.parameter,)
            yield CheatSpec(
                spot.id, spot.station, one.kind, spot.start, spot.end, named, one.factor, one.limit
            )


def _about_limits(wanted: Wanted, where: str, one: TamperShape, spot: Spot) -> Iterator[CheatSpec]:
    """One for each parameter with a maximum: they cheat about the limit of one."""
    limits = wanted.places[spot.station].limits
    tops = {name: limit[1] for name, limit in limits.items() if limit[0] is None}
    named = [spot.parameter] if spot.parameter else [n for n in tops if n != "Temp"]
    for name in named:
        limit = one.limit if one.limit is not None else tops.get(name)
        if limit is None:
            wanted.problem(f"{where}.limit", f"{spot.station} has no maximum for {name}; give one")
            continue
        full = spot.id if spot.parameter else f"{spot.id}.{name}"
        yield CheatSpec(
            full, spot.station, one.kind, spot.start, spot.end, (name,), one.factor, limit
        )
    if not named:
        wanted.problem(f"{where}.where", f"{spot.station} has no limit to be about")


def _disturbances(wanted: Wanted, where: str, one: TransportShape) -> Iterator[Disturbance]:
    if not wanted.kind(where, one.kind, DISTURBANCES):
        return
    for key in ("share", "by", "delay", "factor", "then"):
        if getattr(one, key) is not None and key not in DISTURBANCES[one.kind]:
            known = ", ".join(DISTURBANCES[one.kind])
            wanted.problem(f"{where}.{key}", f"{one.kind} takes {known}")
    if one.kind in CLOCKS and one.by is None:
        wanted.problem(f"{where}.by", "how far the clock is wrong is required: 7h or -20m")
    span = wanted.span(where, one.at, one.lasts)
    backfill = _backfill(wanted, where, one)
    for spot in wanted.spots(where, one.id, span, one.kind, one.where, one.repeat):
        yield Disturbance(
            spot.id, spot.station, spot.parameter, one.kind, spot.start, spot.end,
            share=1.0 if one.share is None else one.share,
            by=0 if one.by is None else wanted.seconds(f"{where}.by", one.by),
            delay=USUAL_DELAY.get(one.kind, 0) if one.delay is None
            else wanted.seconds(f"{where}.delay", one.delay),
            factor=1.5 if one.factor is None else one.factor,
            backfill=backfill,
        )  # fmt: skip


def _backfill(wanted: Wanted, where: str, one: TransportShape) -> Backfill | None:
    if one.then is None:
        return None
    shape = one.then.backfill
    rate = _RATE.fullmatch(shape.rate)
    if rate is None or float(rate[1]) <= 0:
        said = f"expected messages a second such as 50/s, found {shape.rate!r}"
        wanted.problem(f"{where}.then.backfill.rate", said)
        return None
    return Backfill(shape.order, float(rate[1]), shape.duplicates)

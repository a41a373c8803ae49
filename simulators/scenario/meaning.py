"""What a scenario's keys mean: names become stations, plants and things that happen to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from rules.days import DAY_SECONDS, OFFSET
from rules.loading import meant
from rules.model import Problem, Refused
from simulators.draws import exp, keys, uniforms
from simulators.scenario.happenings import Wanted, read_happenings
from simulators.scenario.shape import (
    DefaultsShape,
    FleetShape,
    PlantShape,
    ScenarioShape,
    SensorShape,
    StationShape,
)
from simulators.scenario.spec import Place, Scenario
from simulators.scenario.times import duration, moment
from simulators.sensors.spec import MEASURED, SensorSpec, StationSpec
from simulators.sensors.tables import SensorTables
from simulators.treatment.spec import PlantSpec
from simulators.treatment.tables import Tables

QUALITY = tuple(name for name in MEASURED if name not in ("FlowIn", "FlowOut"))
RANGE_OF_LIMIT = 3.0
"""An instrument's range reaches three times the limit, and its flow three times the design."""

CLASSES = {"A": (60.0, 2), "B0": (600.0, 8), "B1": (600.0, 8), "C0": (1200.0, 8),
           "C1": (1200.0, 8), "D": (1800.0, 0)}  # fmt: skip
"""Response classes of the IWA benchmark: t90 in s and the number of lags."""

STEPS = (60, 300, 600, 900, 1800)
"""Reporting intervals that divide an hour and that the plants' steps can be cut into."""

Limits = Mapping[str, tuple[float | None, float | None]]


def understood(
    file: str, shape: ScenarioShape, plants: Tables, sensors: SensorTables
) -> Scenario:  # fmt: skip
    """The scenario of a well-formed file. Raises Refused with everything that cannot be."""
    problems: list[Problem] = []
    reading = _Reading(file, shape, plants, sensors, problems)
    first = reading.first()
    steps = reading.steps(first)
    places = reading.places()
    start = first * DAY_SECONDS - OFFSET
    wanted = Wanted(file, start, {place.id: place for place in places}, plants, sensors, problems)
    happenings = read_happenings(wanted, shape)
    if problems:
        raise Refused(problems)
    speed = shape.clock.speed
    return Scenario(
        name=PurePath(file).stem,
        title=shape.title.model_dump(),
        shows=shape.shows.model_dump(),
        seed=shape.seed,
        first=first,
        days=shape.clock.days,
        steps=steps,
        speed=float(speed) if isinstance(speed, int | float) else None,
        places=tuple(places),
        events=happenings.events,
        faults=happenings.faults,
        chances=happenings.chances,
        cheats=happenings.cheats,
        transport=happenings.transport,
    )


class _Reading:
    """One file on its way to a scenario; problems are collected."""

    def __init__(
        self, file: str, shape: ScenarioShape, plants: Tables, sensors: SensorTables,
        problems: list[Problem],
    ) -> None:  # fmt: skip
        self.file = file
        self.shape = shape
        self.plants = plants
        self.sensors = sensors
        self.problems = problems

    def problem(self, where: str, said: str) -> None:
        """Record that something is wrong."""
        self.problems.append(Problem(self.file, where, said))

    def first(self) -> int:
        """The local day that opens the scenario."""
        text = self.shape.clock.start
        try:
            start = moment(text, 0)
        except ValueError as error:
            self.problem("clock.start", str(error))
            return 0
        if (start + OFFSET) % DAY_SECONDS:
            self.problem("clock.start", f"{text} is no midnight in Hanoi; days begin there")
        return (start + OFFSET) // DAY_SECONDS

    def steps(self, first: int) -> tuple[tuple[int, int], ...]:
        """The reporting interval by local day."""
        clock = self.shape.clock
        speed = clock.speed
        right = speed == "max" or (isinstance(speed, int | float) and speed > 0)
        if not right or isinstance(speed, bool):
            self.problem("clock.speed", f"expected max, or a number above 0, found {speed!r}")
        found = [(first, self._step("clock.step", clock.step))]
        if clock.live is not None:
            since = self._duration("clock.live.from", clock.live.since)
            if since <= 0 or since % DAY_SECONDS:
                self.problem("clock.live.from", "expected whole days after the start, such as 35d")
            step = self._step("clock.live.step", clock.live.step)
            found.append((first + since // DAY_SECONDS, step))
        return tuple(found)

    def _duration(self, where: str, text: str) -> int:
        try:
            return duration(text)
        except ValueError as error:
            self.problem(where, str(error))
            return 0

    def _step(self, where: str, text: str) -> int:
        seconds = self._duration(where, text)
        if seconds not in STEPS:
            self.problem(where, f"expected 1m, 5m, 10m, 15m or 30m, found {text!r}")
            return 300
        return seconds

    def places(self) -> list[Place]:
        """Every station, the fleet's too."""
        named = list(self.shape.stations)
        if self.shape.fleet is not None:
            named += self._fleet(self.shape.fleet)
        if not named:
            self.problem("stations", "expected at least one station, or a fleet")
        seen: set[str] = set()
        for one in named:
            if one.id in seen:
                self.problem(f"stations.{one.id}", "there is another station of this id")
            seen.add(one.id)
        self._check_defaults(self.shape.defaults)
        return [self._place(one) for one in named]

    def _check_defaults(self, defaults: DefaultsShape) -> None:
        self._known("defaults.plant", defaults.plant, self.plants.profiles)
        for name in defaults.measures:
            self._known("defaults.measures", name, self.sensors.sensors)

    def _fleet(self, fleet: FleetShape) -> Iterator[StationShape]:
        """Stations whose plants are drawn from their ids: another count changes none of them."""
        try:
            names = [fleet.id.format(number) for number in range(1, fleet.count + 1)]
        except (IndexError, KeyError, ValueError):
            self.problem("fleet.id", f"expected a pattern such as ST{{:05d}}, found {fleet.id!r}")
            return
        low, high = fleet.design_m3d.loguniform
        if not 0 < low <= high:
            self.problem("fleet.design_m3d.loguniform", "expected two rising numbers above 0")
            return
        for profile in fleet.profiles:
            self._known("fleet.profiles", profile, self.plants.profiles)
        streams = keys(self.shape.seed, names, "fleet")
        powers = uniforms(streams, "design") * math.log(high / low)
        profiles = uniforms(streams, "profile").tolist()
        for name, power, drawn in zip(names, exp(powers).tolist(), profiles, strict=True):
            profile = _drawn(fleet.profiles or {self.shape.defaults.plant: 1.0}, drawn)
            plant = PlantShape(profile=profile, design_m3d=round(low * power, 1))
            yield StationShape(id=name, plant=plant)

    def _place(self, one: StationShape) -> Place:
        defaults, where = self.shape.defaults, f"stations.{one.id}"
        profile = one.plant.profile or defaults.plant
        self._known(f"{where}.plant.profile", profile, self.plants.profiles)
        if one.plant.shift is not None:
            self._known(f"{where}.plant.shift", one.plant.shift, self.plants.shifts)
        design = one.plant.design_m3d or defaults.design_m3d
        region = one.plant.region or "north"
        plant = PlantSpec(one.id, profile, design, one.plant.shift, one.plant.load, region)
        limits = self._limits(f"{where}.limits", {**defaults.limits, **one.limits})
        measured = tuple(one.measures or defaults.measures)
        for name in one.measures or ():
            self._known(f"{where}.measures", name, self.sensors.sensors)
        for name in one.sensors:
            self._known(f"{where}.sensors", name, measured)
        known = [name for name in measured if name in self.sensors.sensors]
        return Place(
            id=one.id,
            cluster=one.cluster or f"ccn-{one.id.lower()}",
            name=one.name or f"Trạm mẫu {one.id}",
            plant=plant,
            sensors=StationSpec(one.id, one.id, tuple(
                self._sensor(f"{where}.sensors.{name}", name, one, design, limits)
                for name in known
            )),
            limits={name: limit for name, limit in limits.items() if name in known},
            sends=one.sends or defaults.sends,
        )  # fmt: skip

    def _sensor(
        self, where: str, name: str, one: StationShape, design: float, limits: Limits
    ) -> SensorSpec:
        usual = self.sensors.sensors[name]
        if name not in QUALITY:
            usual = replace(usual, high=round(RANGE_OF_LIMIT * design / 24.0, 1))
        elif name not in ("pH", "Temp") and name in limits and limits[name][1]:
            usual = replace(usual, high=RANGE_OF_LIMIT * float(limits[name][1] or 0.0))
        return self._altered(where, usual, one.sensors.get(name))

    def _altered(self, where: str, usual: SensorSpec, shape: SensorShape | None) -> SensorSpec:
        if shape is None:
            return usual
        if shape.kind is not None:
            t90, lags = CLASSES[shape.kind]
            usual = replace(usual, t90=t90, lags=lags)
        if shape.cycle is not None:
            cycle = self._duration(f"{where}.cycle", shape.cycle)
            usual = replace(usual, cycle=cycle, delay=min(usual.delay, cycle))
        if shape.range is not None:
            low, high = shape.range
            if high <= low:
                self.problem(f"{where}.range", "expected two rising numbers")
            usual = replace(usual, low=low, high=high)
        if shape.resolution is not None:
            usual = replace(usual, resolution=shape.resolution)
        return usual

    def _limits(self, where: str, raw: Mapping[str, object]) -> Limits:
        found: dict[str, tuple[float | None, float | None]] = {}
        for name, value in raw.items():
            self._known(where, name, QUALITY)
            if value is None:  # the permit names none, whatever holds for the others
                continue
            if _number(value):
                found[name] = (None, float(str(value)))
            elif isinstance(value, list) and len(value) == 2 and all(map(_number, value)):
                found[name] = (float(value[0]), float(value[1]))
            else:
                self.problem(f"{where}.{name}", f"expected 75 or [6, 9], found {value!r}")
        return found

    def _known(self, where: str, name: str, known: Mapping[str, object] | Sequence[str]) -> None:
        if name not in known:
            self.problem(where, f"{name!r} is not known{meant(name, known)}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _drawn(shares: Mapping[str, float], drawn: float) -> str:
    left = drawn * sum(shares.values())
    for name, share in shares.items():
        left -= share
        if left < 0:
            return name
    return list(shares)[-1]

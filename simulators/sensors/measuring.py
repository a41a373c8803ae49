"""Stations over a day: what their instruments show of the water, faults and cheats included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rules.loading import meant
from rules.model import Problem, Refused, Status
from simulators.draws import Bits, Floats, Ints, keys, normals, uniforms
from simulators.sensors.cheats import (
    NEEDS_LIMIT,
    REPLAYS,
    SIGNAL,
    WATER,
    Sight,
    concerns,
    days_of,
    remember,
    touches,
)
from simulators.sensors.faults import EFFECTS, Row
from simulators.sensors.response import CONTEXT, STEP, follow, held
from simulators.sensors.spec import MEASURED, CheatSpec, FaultSpec, SensorSpec, StationSpec
from simulators.sensors.tables import SensorTables
from simulators.sensors.upkeep import upkeep
from simulators.treatment.running import STEPS, Water
from simulators.treatment.spec import QUANTITIES

BLOCK = 512
"""Stations taken at a time: their arrays stay in the processor's cache."""

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Group:
    """Instruments of one kind and range: the channel, and the stations that have it."""

    spec: SensorSpec
    channel: int
    rows: Ints


@dataclass(frozen=True, slots=True)
class Instruments:
    """The stations of a scenario."""

    stations: tuple[StationSpec, ...]
    tables: SensorTables
    seed: int
    streams: Bits
    plants: Ints  # the column of each station's plant
    parameters: tuple[str, ...]  # the channels
    groups: tuple[Group, ...]
    rows: Mapping[str, int]  # of each station


@dataclass(frozen=True, slots=True)
class Memory:
    """What instruments carry into the next day."""

    since: int  # the first instant that was measured
    water: Floats  # (channels; stations; CONTEXT) under the probes
    seen: Floats  # the same before it is held
    last: Floats  # (channels; stations) shown last
    kept: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the stations show on a local day; not a number where nothing is shown."""

    day: int
    parameters: tuple[str, ...]
    values: Floats  # (channels; stations; steps)
    status: Codes

    def of(self, parameter: str) -> Floats:
        """One quantity, (stations; steps)."""
        found: Floats = self.values[self.parameters.index(parameter)]
        return found

    def status_of(self, parameter: str) -> Codes:
        """Its status codes, (stations; steps)."""
        found: Codes = self.status[self.parameters.index(parameter)]
        return found


def install(
    stations: Sequence[StationSpec], plants: Sequence[str], tables: SensorTables, seed: int
) -> Instruments:
    """The instruments of a scenario, at plants given in the order of the water's columns.

    Raises Refused with every station that stands at no plant, or measures something twice.
    """
    columns = {plant: column for column, plant in enumerate(plants)}
    problems = [problem for station in stations for problem in _problems(station, columns)]
    if problems:
        raise Refused(problems)
    used = {sensor.parameter for station in stations for sensor in station.sensors}
    parameters = tuple(name for name in MEASURED if name in used)
    grouped: dict[SensorSpec, list[int]] = defaultdict(list)
    for row, station in enumerate(stations):
        for sensor in station.sensors:
            grouped[sensor].append(row)
    groups = tuple(
        Group(spec, parameters.index(spec.parameter), np.array(rows, np.int64))
        for spec, rows in grouped.items()
    )
    return Instruments(
        stations=tuple(stations),
        tables=tables,
        seed=seed,
        streams=keys(seed, [station.id for station in stations], "sensors"),
        plants=np.array([columns[station.plant] for station in stations], np.int64),
        parameters=parameters,
        groups=groups,
        rows={station.id: row for row, station in enumerate(stations)},
    )


def _problems(station: StationSpec, columns: Mapping[str, int]) -> Iterator[Problem]:
    if station.plant not in columns:
        said = f"no plant {station.plant!r}{meant(station.plant, columns)}"
        yield Problem("stations", f"{station.id}.plant", said)
    names = [sensor.parameter for sensor in station.sensors]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("stations", f"{station.id}.sensors", f"measures {name} twice")
    for name in sorted({name for name in names if name not in MEASURED}):
        said = f"nothing is simulated for {name!r}{meant(name, MEASURED)}"
        yield Problem("stations", f"{station.id}.sensors", said)


def check(
    instruments: Instruments, faults: Sequence[FaultSpec], cheats: Sequence[CheatSpec]
) -> None:
    """Raises Refused with everything wrong with faults and cheats."""
    rows = instruments.rows
    named = {fault.station for fault in faults} | {cheat.station for cheat in cheats}
    at = {name: rows[name] for name in named if name in rows}
    sensors = {
        name: {sensor.parameter for sensor in instruments.stations[row].sensors}
        for name, row in at.items()
    }
    problems: list[Problem] = []
    for fault in faults:
        problems += _named(fault, rows, tuple(instruments.tables.faults))
        if fault.parameter not in sensors.get(fault.station, (fault.parameter,)):
            said = f"{fault.station} has no {fault.parameter!r}"
            said += meant(fault.parameter, sensors[fault.station])
            problems.append(Problem("faults", f"{fault.id}.parameter", said))
    for cheat in cheats:
        problems += _named(cheat, rows, (*WATER, *SIGNAL))
        if cheat.kind in NEEDS_LIMIT and cheat.limit is None:
            problems.append(Problem("tamper", f"{cheat.id}.limit", "a limit is required here"))
        if cheat.kind in NEEDS_LIMIT and len(cheat.parameters) != 1:
            problems.append(Problem("tamper", f"{cheat.id}.parameters", "expected exactly one"))
    if problems:
        raise Refused(problems)


def _named(
    one: FaultSpec | CheatSpec, stations: Mapping[str, object], kinds: Sequence[str]
) -> Iterator[Problem]:
    where = "faults" if isinstance(one, FaultSpec) else "tamper"
    if one.station not in stations:
        said = f"no station {one.station!r}{meant(one.station, stations)}"
        yield Problem(where, f"{one.id}.station", said)
    if one.kind not in kinds:
        yield Problem(where, f"{one.id}.kind", f"{one.kind!r} is unknown{meant(one.kind, kinds)}")
    if one.end <= one.start:
        yield Problem(where, f"{one.id}.end", "expected a time after the start")


def observe(
    instruments: Instruments,
    water: Water,
    memory: Memory | None = None,
    faults: Sequence[FaultSpec] = (),
    cheats: Sequence[CheatSpec] = (),
) -> tuple[Shown, Memory]:
    """What the stations show of a day's water, and what they carry into the next day."""
    check(instruments, faults, cheats)
    today = _Today.of(instruments, water, memory, faults, cheats)
    shape = (len(instruments.parameters), len(instruments.stations))
    shown = np.full((*shape, STEPS), np.nan, np.float32)
    status = np.zeros((*shape, STEPS), np.uint8)
    later = Memory(
        since=today.memory.since,
        water=np.zeros((*shape, CONTEXT), np.float32),
        seen=np.zeros((*shape, CONTEXT), np.float32),
        last=np.zeros(shape, np.float32),
        kept=today.kept,
    )
    for start in range(0, len(instruments.stations), BLOCK):
        _block(today, start, shown, status, later)
    _swap(today, shown)
    _cheat_numbers(today, shown, status)
    # Where nothing is shown at midnight, what freezes tomorrow still holds the value before.
    later.last[:] = np.where(np.isnan(shown[:, :, -1]), today.memory.last, shown[:, :, -1])
    return Shown(water.day, instruments.parameters, shown, status), later


@dataclass(frozen=True, slots=True)
class _Today:
    """What one day is made of."""

    instruments: Instruments
    water: Water
    times: Ints
    memory: Memory
    fresh: bool  # nothing was measured before
    faults: Mapping[tuple[int, int], dict[int, list[FaultSpec]]]  # by channel and block; by row
    swaps: tuple[FaultSpec, ...]
    cheats: tuple[CheatSpec, ...]
    kept: dict[str, Floats]

    @staticmethod
    def of(
        instruments: Instruments, water: Water, memory: Memory | None,
        faults: Sequence[FaultSpec], cheats: Sequence[CheatSpec],
    ) -> _Today:  # fmt: skip
        times = np.array(water.times, np.int64)
        rows = instruments.rows
        by: dict[tuple[int, int], dict[int, list[FaultSpec]]] = defaultdict(dict)
        swaps = []
        for fault in sorted(faults, key=lambda one: (one.start, one.id)):
            if fault.start <= times[-1] and times[0] < fault.end:
                if fault.kind == "swapped":
                    swaps.append(fault)
                    continue
                row = rows[fault.station]
                place = instruments.parameters.index(fault.parameter), row - row % BLOCK
                by[place].setdefault(row, []).append(fault)
        shape = (len(instruments.parameters), len(instruments.stations))
        empty = np.zeros((*shape, CONTEXT), np.float32)
        known = memory or Memory(int(times[0]), empty, empty, np.zeros(shape, np.float32))
        at_work = [c for c in cheats if days_of(c)[0] <= times[-1] and times[0] < c.end]
        for cheat in at_work:
            if cheat.kind in REPLAYS and days_of(cheat)[0] < known.since:
                said = "nothing was measured yet when what it replays began; start it later"
                raise Refused([Problem("tamper", f"{cheat.id}.start", said)])
        ordered = tuple(sorted(at_work, key=lambda one: (one.start, one.id)))
        return _Today(
            instruments, water, times, known, memory is None, by, tuple(swaps), ordered,
            dict(known.kept),
        )  # fmt: skip


def _block(today: _Today, start: int, shown: Floats, status: Codes, later: Memory) -> None:
    """The channels of one block of stations."""
    instruments = today.instruments
    end = min(start + BLOCK, len(instruments.stations))
    streams = instruments.streams[start:end]
    widest = max((MEASURED.index(name) for name in instruments.parameters), default=-1) + 1
    noise = normals(streams, today.water.day, widest * STEPS)
    for group in instruments.groups:
        first, last = np.searchsorted(group.rows, [start, end])
        rows = group.rows[first:last]
        if len(rows):
            place = MEASURED.index(group.spec.parameter) * STEPS
            _measure(today, group, rows, noise[rows - start, place : place + STEPS], later,
                     shown, status)  # fmt: skip


def _measure(
    today: _Today, group: Group, rows: Ints, noise: Floats, later: Memory,
    shown: Floats, status: Codes,
) -> None:  # fmt: skip
    spec, channel, instruments = group.spec, group.channel, today.instruments
    water = _under_probe(today, group, rows)
    later.water[channel, rows] = water[:, -CONTEXT:]
    kept = upkeep(spec, instruments.streams[rows], today.water.day, today.times)
    seen = follow(spec, water) * kept.gain
    share, floor = spec.noise
    spread = np.float32(share) * np.abs(seen) + np.float32(floor * (spec.high - spec.low))
    seen = seen + kept.bias + spread * noise
    before = today.memory.seen[channel, rows]
    if today.fresh:
        before = np.repeat(seen[:, :1], CONTEXT, axis=1)
    whole = np.concatenate([before, seen], axis=1)
    later.seen[channel, rows] = whole[:, -CONTEXT:]
    value = held(spec, _phase(instruments, spec, rows), int(today.times[0]), whole)
    codes = np.zeros(value.shape, np.uint8)
    first = int(rows[0])
    faults = today.faults.get((channel, first - first % BLOCK), {})
    troubled = [(int(np.searchsorted(rows, row)), row) for row in faults]
    troubled = [(at, row) for at, row in troubled if at < len(rows) and rows[at] == row]
    if troubled:
        value = value.copy()
        _fail(today, group, troubled, value, codes, ("analog",))
    value = np.rint(np.clip(value, spec.low, spec.high) / np.float32(spec.resolution))
    value *= np.float32(spec.resolution)
    calibrating = kept.calibrating
    if calibrating.any():
        value[calibrating] = spec.standard
        codes[calibrating] = Status.CALIBRATING
    if troubled:
        _fail(today, group, troubled, value, codes, ("digital", "status"))
    shown[channel, rows] = value
    status[channel, rows] = codes


def _phase(instruments: Instruments, spec: SensorSpec, rows: Ints) -> Ints:
    """When in the cycle each analyser starts, s."""
    turns = max(spec.cycle // STEP, 1)
    drawn = uniforms(instruments.streams[rows], f"{spec.parameter} phase")
    return (drawn * turns).astype(np.int64) * STEP


def _under_probe(today: _Today, group: Group, rows: Ints) -> Floats:
    """The water under the probes with CONTEXT steps before, after anyone changed it."""
    quantity = QUANTITIES.index(group.spec.parameter)
    own = today.water.true[:, quantity, today.instruments.plants[rows]].T
    before = today.memory.water[group.channel, rows]
    if today.fresh:
        before = np.repeat(own[:, :1], CONTEXT, axis=1)
    water = np.concatenate([before, own], axis=1)
    for cheat in today.cheats:
        row = today.instruments.rows[cheat.station]
        at = int(np.searchsorted(rows, row))
        if at == len(rows) or rows[at] != row:
            continue
        if cheat.kind in WATER and concerns(cheat, group.spec.parameter):
            sight = _sight(today, cheat, group.spec, water[at, CONTEXT:], np.zeros(0, np.uint8),
                           water[at, CONTEXT:], float(water[at, CONTEXT - 1]))  # fmt: skip
            if sight.first < sight.last:
                WATER[cheat.kind](sight)
    return water


def _sight(
    today: _Today, cheat: CheatSpec, spec: SensorSpec, values: Floats, status: Codes,
    own: Floats, before: float,
) -> Sight:  # fmt: skip
    first, last = touches(cheat.start, cheat.end, today.times)
    instruments = today.instruments
    return Sight(
        cheat, spec, instruments.tables, instruments.seed, today.times, first, last, values,
        status, own, before, today.kept,
    )  # fmt: skip


def _fail(
    today: _Today, group: Group, troubled: Sequence[tuple[int, int]], values: Floats,
    status: Codes, stages: tuple[str, ...],
) -> None:  # fmt: skip
    """Let the faults of some stages act on the rows of one group."""
    instruments = today.instruments
    for at, row in troubled:
        before = float(today.memory.last[group.channel, row])
        if today.fresh:
            before = float(values[at, 0])
        for fault in today.faults[group.channel, row - row % BLOCK][row]:
            first, last = touches(fault.start, fault.end, today.times)
            if instruments.tables.faults[fault.kind].stage in stages and first < last:
                EFFECTS[fault.kind](Row(
                    fault, group.spec, instruments.tables, instruments.seed, today.times,
                    first, last, values[at], status[at], before, today.kept,
                ))  # fmt: skip


def _swap(today: _Today, shown: Floats) -> None:
    """Two channels of a station under each other's name."""
    instruments = today.instruments
    for fault in today.swaps:
        row = instruments.rows[fault.station]
        channel = instruments.parameters.index(fault.parameter)
        own = [s.parameter for s in instruments.stations[row].sensors]
        other = instruments.parameters.index(own[(own.index(fault.parameter) + 1) % len(own)])
        part = slice(*touches(fault.start, fault.end, today.times))
        one = shown[channel, row, part].copy()
        shown[channel, row, part] = shown[other, row, part]
        shown[other, row, part] = one


def _cheat_numbers(today: _Today, shown: Floats, status: Codes) -> None:
    """The second hook: what is shown is changed."""
    instruments = today.instruments
    for cheat in today.cheats:
        if cheat.kind not in SIGNAL:
            continue
        row = instruments.rows[cheat.station]
        for spec in instruments.stations[row].sensors:
            if not concerns(cheat, spec.parameter):
                continue
            channel = instruments.parameters.index(spec.parameter)
            column = int(instruments.plants[row])
            own = today.water.true[:, QUANTITIES.index(spec.parameter), column]
            before = float(today.memory.last[channel, row])
            sight = _sight(today, cheat, spec, shown[channel, row], status[channel, row],
                           own, before)  # fmt: skip
            if cheat.kind in REPLAYS:
                remember(sight)
            if sight.first < sight.last:
                SIGNAL[cheat.kind](sight)

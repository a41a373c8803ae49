"""The register: clusters, plants, stations, series and permits, strictly loaded.

A register is a mapping `clusters`, `plants`, `stations`, `permits`, each of entries by id.
The same shape comes from YAML, from the store's rows and from a form, so there is one loader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from math import prod

from rules.checking import read_resolution, series_checks
from rules.checks import NO_CHECKS, Checks
from rules.escalation import USUAL_CLIMB, Climb, load_climb
from rules.ladder import USUAL, Ladder
from rules.loading import Reader, calendar_day, meant
from rules.loads import FACTORS, Bound
from rules.model import Parameter, Period, Problem, Refused
from rules.parameters import Catalogue
from rules.permit import Permit, Regulations, in_force, load_permit
from rules.regulation import known_periods

KINDS = ("clusters", "plants", "stations", "permits")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Cluster:
    """An industrial cluster."""

    id: str
    name: str
    province: str
    ward: str
    investor: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ring about a plant."""

    role: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A cluster's wastewater treatment plant; capacity in m3/day."""

    id: str
    cluster: str
    name: str
    capacity: Decimal
    contacts: tuple[Contact, ...]
    climb: Climb = USUAL_CLIMB  # who is told of its alerts, and when


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One parameter of a station: its instrument's range and its reporting interval by date."""

    parameter: Parameter
    low: Decimal
    high: Decimal
    intervals: tuple[tuple[date, int], ...]  # (from local day, seconds), rising
    checks: Checks = NO_CHECKS

    def interval(self, day: date) -> int:
        """The reporting interval on a local day, in seconds."""
        begun = [seconds for since, seconds in self.intervals if since <= day]
        return begun[-1] if begun else self.intervals[0][1]


@dataclass(frozen=True, slots=True)
class Station:
    """A monitoring station at a plant's outlet (or inlet)."""

    id: str
    plant: str
    cluster: str
    name: str
    since: date
    until: date | None
    simulated: bool
    stamp_ends: bool  # True when a time closes its slot
    tt10_prefix: str | None
    tt10_symbols: Mapping[str, str]
    series: Mapping[str, SeriesEntry]  # what is measured
    derived: Mapping[str, SeriesEntry] = field(default_factory=dict)  # what permits make of it

    def judged(self) -> dict[str, SeriesEntry]:
        """Everything that a finding may be about: what is measured, then what is made of it."""
        return {**self.series, **self.derived}

    def entry(self, key: str) -> SeriesEntry:
        """One parameter, measured or made. Raises KeyError for any other."""
        return self.series[key] if key in self.series else self.derived[key]


@dataclass(frozen=True, slots=True)
class Register:
    """Everything that is registered, by id.."""

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    plants: Mapping[str, Plant] = field(default_factory=dict)
    stations: Mapping[str, Station] = field(default_factory=dict)
    permits: Mapping[str, Permit] = field(default_factory=dict)

    def permit(self, plant: str, day: date) -> Permit | None:
        """The permit that binds a plant on a local day."""
        return in_force((p for p in self.permits.values() if p.plant == plant), day)

    def ladder(self, station: str, parameter: str, day: date) -> Ladder:
        """When people hear of a parameter of a station on a local day; no permit: as usual."""
        found = self.stations.get(station)
        permit = self.permit(found.plant, day) if found else None
        return permit.ladder_for(parameter) if permit else USUAL


def load_register(file: str, raw: object, catalogue: Catalogue, known: Regulations) -> Register:
    """A whole register, or Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    clusters = {key: _cluster(key, entry) for key, entry in top.named("clusters")}
    plants = {key: _plant(key, entry, clusters) for key, entry in top.named("plants")}
    stations = {
        key: _station(key, entry, plants, catalogue) for key, entry in top.named("stations")
    }
    capacities = {key: plant.capacity for key, plant in plants.items()}
    permits = {
        key: load_permit(key, entry, capacities, catalogue, known)
        for key, entry in top.named("permits")
    }
    stations = {key: with_made(top, of, permits) for key, of in stations.items()}
    _check_prefixes(top, stations)
    check_bases(top, stations, permits, known)
    top.close()
    if problems:
        raise Refused(problems)
    return Register(clusters, plants, stations, permits)


def _check_id(key: str, entry: Reader) -> None:
    if not _ID.fullmatch(key):
        entry.problem("", f"{key!r} is not an id: letters, digits, '-', '_' and '.', 64 at most")


def _cluster(key: str, entry: Reader) -> Cluster:
    _check_id(key, entry)
    cluster = Cluster(
        key, entry.text("name"), entry.text("province"), entry.text("ward", "–"),
        entry.text("investor", "–"),
    )  # fmt: skip
    entry.close()
    return cluster


def _plant(key: str, entry: Reader, clusters: Mapping[str, Cluster]) -> Plant:
    _check_id(key, entry)
    cluster = entry.text("cluster")
    if cluster and cluster not in clusters:
        entry.problem(
            "cluster", f"no cluster {cluster!r} in this register{meant(cluster, clusters)}"
        )
    contacts = tuple(_contact(contact) for contact in entry.children("contacts"))
    plant = Plant(
        key, cluster, entry.text("name"), entry.required_decimal("capacity"), contacts,
        load_climb(entry),
    )  # fmt: skip
    entry.close()
    return plant


def _contact(entry: Reader) -> Contact:
    contact = Contact(entry.text("role"), entry.text("name"), entry.text("phone"))
    entry.close()
    return contact


def _station(key: str, entry: Reader, plants: Mapping[str, Plant], catalogue: Catalogue) -> Station:
    _check_id(key, entry)
    plant = entry.text("plant")
    if plant and plant not in plants:
        entry.problem("plant", f"no plant {plant!r} in this register{meant(plant, plants)}")
    since = entry.required_day("from")
    intervals = _intervals(entry, since)
    prefix, symbols = _tt10(entry, catalogue)
    series = _series(entry, since, intervals, catalogue)
    station = Station(
        id=key,
        plant=plant,
        cluster=plants[plant].cluster if plant in plants else "",
        name=entry.text("name"),
        since=since,
        until=entry.day("until"),
        simulated=entry.flag("simulated"),
        stamp_ends=entry.choice("timestamp_means", ("start", "end"), "start") == "end",
        tt10_prefix=prefix,
        tt10_symbols=_with_flow(symbols, series),
        series=series,
    )
    entry.close()
    return station


def _with_flow(symbols: dict[str, str], series: Mapping[str, SeriesEntry]) -> dict[str, str]:
    """TT10 has one "Flow": a station with one flow series means that one, others must say."""
    flows = [key for key in series if key.startswith("Flow")]
    if "Flow" not in symbols and len(flows) == 1:
        return {**symbols, "Flow": flows[0]}
    return symbols


def _tt10(entry: Reader, catalogue: Catalogue) -> tuple[str | None, dict[str, str]]:
    tt10 = entry.child("tt10")
    if tt10 is None:
        return None, {}
    prefix = tt10.optional_text("prefix")
    symbols = {symbol: str(key) for symbol, key in tt10.values("symbols").items()}
    for symbol, key in symbols.items():
        if key not in catalogue:
            tt10.problem(f"symbols.{symbol}", f"unknown parameter {key!r}{meant(key, catalogue)}")
    tt10.close()
    return prefix, symbols


def _series(
    entry: Reader, since: date, intervals: tuple[tuple[date, int], ...], catalogue: Catalogue
) -> dict[str, SeriesEntry]:
    found: dict[str, SeriesEntry] = {}
    for key, series in entry.named("series"):
        if key not in catalogue:
            series.problem("", f"unknown parameter {key!r}{meant(key, catalogue)}")
            continue
        parameter = catalogue[key]
        low, high = _range(series, parameter)
        own = _intervals(series, since) if series.has("interval") else intervals
        checks = _checks(series, parameter, catalogue)
        found[key] = SeriesEntry(parameter, low, high, own, checks)
        series.close()
    if not found:
        entry.problem("series", "a station needs at least one series")
    return found


def _checks(series: Reader, parameter: Parameter, catalogue: Catalogue) -> Checks:
    """What the parameter is checked for, with what this series has instead."""
    resolution = read_resolution(series, parameter.checks.resolution, parameter)
    usual = replace(parameter.checks, resolution=resolution)
    return series_checks(series, usual, parameter, catalogue)


def _range(series: Reader, parameter: Parameter) -> tuple[Decimal, Decimal]:
    low, high = series.decimal("low"), series.decimal("high")
    lowest = parameter.low if low is None else max(low, parameter.low)
    highest = parameter.high if high is None else min(high, parameter.high)
    if highest <= lowest:
        series.problem("high", f"the instrument's range must lie above {lowest} {parameter.unit}")
    return lowest, highest


def _intervals(entry: Reader, since: date) -> tuple[tuple[date, int], ...]:
    raw = entry.take("interval")
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = [{"from": since.isoformat(), "seconds": raw}]
    if not isinstance(raw, list) or not raw:
        entry.problem("interval", "expected seconds between readings, such as 300, or a dated list")
        return ((since, 300),)
    found = [_interval(entry, index, value) for index, value in enumerate(raw)]
    if [day for day, _ in found] != sorted({day for day, _ in found}):
        entry.problem("interval", "the days of a dated list must rise")
    return tuple(found)


def _interval(entry: Reader, index: int, raw: object) -> tuple[date, int]:
    value = raw if isinstance(raw, dict) else {}
    day, seconds = calendar_day(value.get("from")), value.get("seconds")
    if day is None or not isinstance(seconds, int) or set(value) != {"from", "seconds"}:
        entry.problem(f"interval[{index}]", "expected {from: 2026-01-31, seconds: 300}")
        return date(1970, 1, 1), 300
    if not 0 < seconds <= 3600 or 3600 % seconds:
        entry.problem(f"interval[{index}]", f"{seconds} s does not divide 60 minutes")
        return day, 300
    return day, seconds


def _check_prefixes(top: Reader, stations: Mapping[str, Station]) -> None:
    seen: dict[str, str] = {}
    for station in stations.values():
        prefix = station.tt10_prefix
        if prefix is None:
            continue
        if prefix in seen:
            where = f"stations.{station.id}.tt10.prefix"
            top.problem(where, f"{prefix!r} already belongs to station {seen[prefix]!r}")
        seen[prefix] = station.id


def check_bases(
    top: Reader, stations: Mapping[str, Station], permits: Mapping[str, Permit], known: Regulations
) -> None:
    """A mean over fifteen minutes needs readings that come at least so often, and fit into it."""
    periods = {period.name: period for period in known_periods(known)}
    for permit in permits.values():
        period = periods.get(permit.basis)
        for station in stations.values() if period else ():
            if period and station.plant == permit.plant:
                _check_basis(top, station, permit, period)


def _check_basis(top: Reader, station: Station, permit: Permit, period: Period) -> None:
    for key, entry in station.judged().items():
        limited = key in station.series and entry.parameter.limited
        owed = limited or key in permit.limits or key in permit.bounds
        coarse = [one for one in _lasting(entry, permit) if period.length % one]
        if owed and coarse:
            top.problem(
                f"permits.{permit.id}.basis", f"{period.name} is {period.length} s, and {key} of "
                f"station {station.id} comes every {coarse[0]} s: its interval must divide it",
            )  # fmt: skip


def _lasting(entry: SeriesEntry, permit: Permit) -> list[int]:
    """The intervals of a series while a permit binds, in seconds."""
    later = [seconds for day, seconds in entry.intervals if permit.binds(day)]
    return [entry.interval(permit.since), *later]


def made_entry(bound: Bound, station: Station) -> SeriesEntry | None:
    """What a permit has made at a station; None where it does not measure all the parts."""
    if any(part not in station.series for part in bound.parts):
        return None
    parts = [station.series[part] for part in bound.parts]
    factor = FACTORS[bound.parameter.unit]
    low, high = prod(part.low for part in parts), prod(part.high for part in parts)
    return SeriesEntry(bound.parameter, low * factor, high * factor, parts[-1].intervals)


def unmeasured(permit: Permit, register: Register) -> list[str]:
    """Loads and volumes of a permit that no station of its plant can show: nothing owes them."""
    stations = [one for one in register.stations.values() if one.plant == permit.plant]
    return [
        f"{key} is owed by nobody: no station of {permit.plant} measures {' and '.join(of.parts)}"
        for key, of in permit.bounds.items()
        if not any(made_entry(of, station) for station in stations)
    ]


def with_made(top: Reader, station: Station, permits: Mapping[str, Permit]) -> Station:
    """A station with everything that the permits of its plant make of what it measures."""
    derived = {}
    for permit in permits.values():
        for key, bound in permit.bounds.items() if permit.plant == station.plant else ():
            entry = made_entry(bound, station)
            if entry is not None:
                derived[key] = entry
                _check_parts(top, station, permit, bound)
    return replace(station, derived=derived)


def _check_parts(top: Reader, station: Station, permit: Permit, bound: Bound) -> None:
    """A product needs its parts in the same slots, on every day that the permit binds."""
    parts = {part: station.series[part] for part in bound.parts}
    days = {permit.since, *(day for of in parts.values() for day, _ in of.intervals)}
    for day in sorted(day for day in days if permit.binds(day)):
        seconds = {part: of.interval(day) for part, of in parts.items()}
        if len(set(seconds.values())) > 1:
            said = ", ".join(f"{part} every {every} s" for part, every in seconds.items())
            top.problem(
                f"permits.{permit.id}.{bound.place}",
                f"station {station.id} sends {said} from {day}: give both the same interval",
            )
            return

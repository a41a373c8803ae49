"""The numbers of `treatment.yaml`, read strictly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from rules.loading import Reader, exact
from rules.model import Problem, Refused

FILE = Path(__file__).with_name("treatment.yaml")
LEVERS = ("air", "gate", "flow", "cod", "tkn", "tss", "settling", "rain", "toxic", "acid")
ADDED = ("rain", "toxic", "acid")
EFFECTS = ("times", "added", "lost")
_Numbers = TypeVar("_Numbers")


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Rates (1/d) and half-saturations (mg/L) at 15 °C; see the file."""

    mu_h: float
    k_s: float
    k_oh: float
    b_h: float
    theta_h: float
    mu_a: float
    k_nh: float
    k_oa: float
    b_a: float
    theta_a: float
    warmest: float
    y_h: float
    y_a: float
    i_xb: float
    f_p: float
    tss_cod: float
    k_alk: float
    k_nh_h: float
    denitrified: float
    toxic_decay: float
    toxic_gone: float
    oxygen_set: float
    oxygen_full: float
    co2: float
    inert_solids: float


@dataclass(frozen=True, slots=True)
class Clarifier:
    """What the effluent's solids are made of; see the file."""

    base: float
    per_sludge: float
    overload: float
    settles: float
    begins: float
    cod_per_solids: float


@dataclass(frozen=True, slots=True)
class Dosing:
    """Alkali: below which alkalinity (meq/L), gain (1/d), most (meq/L/d)."""

    below: float
    gain: float
    most: float


@dataclass(frozen=True, slots=True)
class Wander:
    """One random course: tau in hours; sigma None comes from the profile."""

    tau: float
    sigma: float | None
    share: float  # of its variance that comes from the course it goes with


@dataclass(frozen=True, slots=True)
class Tet:
    """When plants stand still: days before and days long, each from a range."""

    dates: tuple[date, ...]
    before: tuple[float, float]
    lasts: tuple[float, float]
    flow: float


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The monthly cleaning: local hours, factor on COD, alkalinity added (meq/L)."""

    hours: tuple[float, float]
    cod: float
    alkalinity: float


@dataclass(frozen=True, slots=True)
class Weather:
    """By month, January first; see the file."""

    air: tuple[float, ...]
    showers: tuple[float, ...]
    lasts: tuple[float, float]
    flow: tuple[float, float]
    warmer: float
    follows: float
    dilutes: float


@dataclass(frozen=True, slots=True)
class Industry:
    """What comes in: mg/L and coefficients of variation, factor on the inert
    share, °C over the others, Pt-Co."""

    cod: float
    cod_cv: float
    tss: float
    tss_cv: float
    tkn: float
    tkn_cv: float
    inert: float
    warm: float
    colour: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event of a kind does: its usual and greatest strength, and lever -> effect."""

    usual: float
    most: float
    levers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tables:
    """The parsed file."""

    kinetics: Kinetics
    clarifier: Clarifier
    dosing: Dosing
    sizes: Mapping[str, tuple[float, float]]
    variation: Mapping[str, Wander]
    shifts: Mapping[str, tuple[float, ...]]
    week: tuple[float, ...]
    tet: Tet
    cleaning: Cleaning
    weather: Weather
    profiles: Mapping[str, Industry]
    events: Mapping[str, Kind]
    targets: Mapping[str, Mapping[str, tuple[float, ...]]]


SIZES = (
    "equalisation", "aeration", "overflow", "sludge_age", "final", "load", "inert_soluble",
    "inert_particulate", "inhibition", "aerators", "bod_share", "alkalinity",
)  # fmt: skip
COURSES = (
    "flow", "cod", "tss", "tkn", "shared", "inert", "settling", "organics", "solids", "acidity",
    "temperature",
)  # fmt: skip
FROM_PROFILE = ("cod", "tss", "tkn")


def read_tables(path: Path = FILE) -> Tables:
    """The tables of a YAML file. Raises Refused with every problem."""
    return load_tables(path.name, yaml.safe_load(path.read_text(encoding="utf-8")))


def load_tables(file: str, raw: object) -> Tables:
    """The tables of a parsed file. Raises Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    tables = Tables(
        kinetics=_record(Kinetics, _part(top, "kinetics")),
        clarifier=_record(Clarifier, _part(top, "clarifier")),
        dosing=_record(Dosing, _part(top, "dosing")),
        sizes=_ranges(_part(top, "sizes")),
        variation=_variation(_part(top, "variation")),
        shifts={name: numbers(top, f"shifts.{name}", value, 24)
                for name, value in top.values("shifts").items()},
        week=numbers(top, "week", top.take("week"), 7),
        tet=_tet(_part(top, "tet")),
        cleaning=_cleaning(_part(top, "cleaning")),
        weather=_weather(_part(top, "weather")),
        profiles={name: _record(Industry, entry) for name, entry in top.named("profiles")},
        events={name: _kind(entry) for name, entry in top.named("events")},
        targets={name: _targets(entry) for name, entry in top.named("targets")},
    )  # fmt: skip
    for key in ("shifts", "profiles", "events"):
        if not getattr(tables, key):
            top.problem(key, "at least one is required")
    top.close()
    if problems:
        raise Refused(problems)
    return tables


def numbers(reader: Reader, place: str, raw: object, count: int) -> tuple[float, ...]:
    """`count` numbers of a list; a problem, and noughts, when it is anything else."""
    found = [exact(value) for value in raw] if isinstance(raw, list) else []
    known = tuple(float(value) for value in found if value is not None)
    if len(known) != count or len(found) != count:
        reader.problem(place, f"expected a list of {count} numbers")
        return (0.0,) * count
    return known


def span(reader: Reader, key: str) -> tuple[float, float]:
    """A list of two numbers, the lower first."""
    low, high = numbers(reader, key, reader.take(key), 2)
    if low > high:
        reader.problem(key, "expected the lower number first")
    return low, high


def _part(top: Reader, key: str) -> Reader:
    part = top.child(key)
    if part is None:
        top.problem(key, "this section is required")
        return Reader(top.file, key, {}, [])
    return part


def _record(kind: type[_Numbers], reader: Reader) -> _Numbers:
    """A dataclass of plain numbers, one key a field."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    made = kind(**{name: float(reader.required_decimal(name)) for name in names})
    reader.close()
    return made


def _ranges(reader: Reader) -> dict[str, tuple[float, float]]:
    found = {name: span(reader, name) for name in SIZES}
    reader.close()
    return found


def _variation(reader: Reader) -> dict[str, Wander]:
    found = {}
    for name in COURSES:
        entry = _part(reader, name)
        found[name] = _wander(entry, name)
        entry.close()
    reader.close()
    return found


def _wander(entry: Reader, name: str) -> Wander:
    tau = float(entry.required_decimal("tau"))
    if name in FROM_PROFILE:
        entry.take("sigma")
        share = float(entry.required_decimal("with_cod")) ** 2 if name != "cod" else 0.0
        return Wander(tau, None, share)
    shared = name in ("inert", "settling")
    share = float(entry.required_decimal("share")) if shared else 0.0
    if not 0 <= share <= 1:
        entry.problem("share", "expected a share from 0 to 1")
    return Wander(tau, float(entry.required_decimal("sigma")), share)


def _tet(reader: Reader) -> Tet:
    dates = reader.take("dates")
    known = tuple(day for day in dates if isinstance(day, date)) if isinstance(dates, list) else ()
    if not isinstance(dates, list) or len(known) != len(dates):
        reader.problem("dates", "expected a list of dates, YYYY-MM-DD")
    flow = float(reader.required_decimal("flow"))
    found = Tet(known, span(reader, "begins_before"), span(reader, "lasts"), flow)
    reader.close()
    return found


def _cleaning(reader: Reader) -> Cleaning:
    cod, alkalinity = (float(reader.required_decimal(key)) for key in ("cod", "alkalinity"))
    found = Cleaning(span(reader, "hours"), cod, alkalinity)
    reader.close()
    return found


def _weather(reader: Reader) -> Weather:
    air, showers = (numbers(reader, key, reader.take(key), 12) for key in ("air", "showers"))
    rest = [float(reader.required_decimal(key)) for key in ("warmer", "follows", "dilutes")]
    found = Weather(air, showers, span(reader, "lasts"), span(reader, "flow"), *rest)
    reader.close()
    return found


def _kind(entry: Reader) -> Kind:
    usual, most = (float(entry.required_decimal(key)) for key in ("usual", "most"))
    levers = {key: entry.choice(key, EFFECTS) for key in LEVERS if entry.has(key)}
    if not levers:
        entry.problem("", f"expected at least one of {', '.join(LEVERS)}")
    entry.close()
    return Kind(usual, most, levers)


def _targets(entry: Reader) -> dict[str, tuple[float, ...]]:
    known = ("COD", "TSS", "BOD5", "NH4", "COD,TSS", "BOD5,TSS")
    found = {key: _listed(entry.take(key)) for key in known if entry.has(key)}
    entry.close()
    return found


def _listed(raw: object) -> tuple[float, ...]:
    values: Iterable[object] = raw if isinstance(raw, list) else [raw]
    return tuple(float(number) for number in map(exact, values) if number is not None)

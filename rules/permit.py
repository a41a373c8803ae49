"""What binds one plant from a local date, and the limit it sets, with its trace.

The permit decides. Its typed maximum comes first; else the regulation's column, if that
number is verified, times the factors the permit names for the parameters it names. Nothing
is defaulted: what cannot be derived is a missing limit, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from rules.ladder import NONE_TYPED, Ladder, Ladders, load_ladders
from rules.loading import Reader, exact, meant
from rules.loads import Bound, load_bounds
from rules.model import Averaging, Limit, Parameter, Verification
from rules.parameters import Catalogue
from rules.regulation import ColumnLimit, Regulation, known_periods

Regulations = Mapping[str, Regulation]

DEFAULT_BASIS = "day"  # unverified as law (which mean binds was not found in any text read)
DEFAULT_COMPLETENESS = Fraction(4, 5)  # unverified as law; a setting of the permit


@dataclass(frozen=True, slots=True)
class TypedLimit:
    """A maximum (or range) typed from the permit, in the parameter's unit."""

    low: Decimal | None
    high: Decimal | None
    page: str


@dataclass(frozen=True, slots=True)
class ByRegulation:
    """The permit names a regulation, a column and the factors, instead of numbers."""

    regulation: str
    column: str
    factors: Mapping[str, Decimal]
    apply_to: tuple[str, ...]
    page: str


@dataclass(frozen=True, slots=True)
class NoDischarge:
    """The plant does not discharge while its outflow stays below this figure (canonical unit)."""

    flow: str
    below: Decimal


@dataclass(frozen=True, slots=True)
class Permit:
    """What binds one plant from a local date."""

    id: str
    plant: str
    document: str
    number: str
    dated: date
    page: str
    since: date
    until: date | None  # the last day it binds; None: until replaced
    limits: Mapping[str, TypedLimit]
    by_regulation: ByRegulation | None
    basis: str
    completeness: Fraction
    no_discharge: NoDischarge | None
    defaults: tuple[str, ...]  # settings nobody typed: shown as unverified
    ladders: Ladders = NONE_TYPED
    bounds: Mapping[str, Bound] = field(default_factory=dict)  # of loads and volume, by what

    @property
    def citation(self) -> str:
        """The permit in words, without a page."""
        return f"{self.document} {self.number} ({self.dated.isoformat()})"

    def binds(self, day: date) -> bool:
        """Whether this permit is in force on a local day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def ladder_for(self, parameter: str) -> Ladder:
        """When people hear of a parameter, by its key."""
        return self.ladders.of(parameter)


def in_force(permits: Iterable[Permit], day: date) -> Permit | None:
    """The permit that binds on a day: of those in force, the one that began last."""
    binding = [permit for permit in permits if permit.binds(day)]
    return max(binding, key=lambda permit: (permit.since, permit.id), default=None)


def limit_for(permit: Permit, parameter: Parameter, regulations: Regulations) -> Limit | None:
    """The limit a permit sets for a parameter, with its trace; None when it sets none."""
    bound = permit.bounds.get(parameter.key)
    if bound is not None:
        return _bounded(permit, bound)
    typed = permit.limits.get(parameter.key)
    if typed is not None:
        return _typed(permit, typed, parameter)
    named = permit.by_regulation
    regulation = regulations.get(named.regulation) if named else None
    if named is None or regulation is None:
        return None
    return _from_table(permit, named, regulation, parameter)


def _typed(permit: Permit, typed: TypedLimit, parameter: Parameter) -> Limit:
    citation = f"{permit.citation}, tr. {typed.page}"
    trace = (f"{parameter.key}: {_numbers(typed.low, typed.high)} {parameter.unit} ← {citation}",)
    return Limit(typed.low, typed.high, parameter.unit, citation, trace, Verification.PERMIT)


def _bounded(permit: Permit, bound: Bound) -> Limit:
    made, citation = bound.parameter, f"{permit.citation}, tr. {bound.page}"
    by = " (công suất thiết kế, design capacity)" if bound.by_capacity else ""
    trace = f"{made.key}: {_numbers(None, bound.high)} {made.unit}{by} ← {citation}"
    return Limit(None, bound.high, made.unit, citation, (trace,), Verification.PERMIT)


def _from_table(
    permit: Permit, named: ByRegulation, regulation: Regulation, parameter: Parameter
) -> Limit | None:
    row = regulation.limit(parameter.regulated_as or "", named.column)
    if row is None or not row.verification.decides:
        return None
    factor = _factor(named, regulation, parameter)
    if factor is None:
        return None
    citation = f"{regulation.id}, cột {named.column}; {permit.citation}, tr. {named.page}"
    return Limit(
        low=row.low,
        high=None if row.high is None else row.high * factor,
        unit=parameter.unit,
        citation=citation,
        trace=_trace(named, regulation, parameter, row, factor),
        verification=row.verification,
    )


def _factor(named: ByRegulation, regulation: Regulation, parameter: Parameter) -> Decimal | None:
    """The product of the factors for a parameter; None when the permit leaves one out."""
    if not regulation.factors:
        return Decimal(1)
    if any(factor not in named.factors for factor in regulation.factors):
        return None
    if parameter.key not in named.apply_to:
        return Decimal(1)
    product = Decimal(1)
    for factor in regulation.factors:
        product *= named.factors[factor]
    return product


def _trace(
    named: ByRegulation,
    regulation: Regulation,
    parameter: Parameter,
    row: ColumnLimit,
    factor: Decimal,
) -> tuple[str, ...]:
    table = f"{regulation.id} {named.column}: {_numbers(row.low, row.high)} ({row.verification})"
    if not regulation.factors:
        return (table,)
    if parameter.key not in named.apply_to:
        return (table, f"{' × '.join(regulation.factors)} ∌ {parameter.key}, tr. {named.page}")
    product = " × ".join(f"{name} {named.factors[name]}" for name in regulation.factors)
    return (table, f"{product}, tr. {named.page}", f"= {_numbers(row.low, _times(row, factor))}")


def _times(row: ColumnLimit, factor: Decimal) -> Decimal | None:
    return None if row.high is None else row.high * factor


def _numbers(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return f"≤ {plain(high)}"
    return f"{plain(low)} – {plain(high)}" if high is not None else f"≥ {plain(low)}"


def plain(number: Decimal | None) -> str:
    """A decimal without exponent or trailing zeros."""
    if number is None:
        return "–"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def warnings(permit: Permit, province: str, catalogue: Catalogue, known: Regulations) -> list[str]:
    """What an officer should know before relying on a permit: never fatal, always shown."""
    said = [
        f"{setting} was not typed from the permit: unverified default"
        for setting in permit.defaults
    ]
    if province.casefold() in ("hanoi", "hà nội", "ha noi") and not _loaded(known, HANOI):
        said.append(
            f"{HANOI} (Hanoi's own regulation) is not loaded: its numbers are not known here"
        )
    said += _out_of_force(permit, known)
    for key, typed in permit.limits.items():
        said += _cross_check(permit, catalogue[key], typed, known)
    return said


HANOI = "QCTĐHN 02:2014/BTNMT"


def _loaded(known: Regulations, name: str) -> bool:
    return name in known and known[name].loaded


def _out_of_force(permit: Permit, known: Regulations) -> list[str]:
    named = permit.by_regulation
    until = known[named.regulation].until if named and named.regulation in known else None
    if named is None or until is None or permit.since <= until:
        return []
    return [f"{named.regulation} was in force until {until}, the permit binds from {permit.since}"]


def _cross_check(
    permit: Permit, parameter: Parameter, typed: TypedLimit, known: Regulations
) -> list[str]:
    named = permit.by_regulation
    if named is None or named.regulation not in known:
        return []
    table = _from_table(permit, named, known[named.regulation], parameter)
    if table is None or table.high is None or typed.high is None or typed.high <= table.high:
        return []
    return [
        f"{parameter.key}: the permit's {plain(typed.high)} is above the "
        f"{plain(table.high)} of {named.regulation} column {named.column}"
    ]


def load_permit(
    key: str, entry: Reader, plants: Mapping[str, Decimal], catalogue: Catalogue, known: Regulations
) -> Permit:
    """One permit of a register, of one of its plants (their capacities in m3/day by id).

    Problems go to the reader.
    """
    plant = entry.text("plant")
    if plant and plant not in plants:
        entry.problem("plant", f"no plant {plant!r} in this register{meant(plant, plants)}")
    untyped = tuple(name for name in ("basis", "completeness") if not entry.has(name))
    bounds = load_bounds(entry, catalogue, plants.get(plant))
    made = {name: bound.parameter for name, bound in bounds.items()}
    permit = Permit(
        id=key,
        plant=plant,
        document=entry.text("document"),
        number=entry.text("number"),
        dated=entry.required_day("date"),
        page=entry.text("page"),
        since=entry.required_day("from"),
        until=entry.day("until"),
        limits=_typed_limits(entry, catalogue),
        by_regulation=read_by_regulation(entry, catalogue, known),
        basis=entry.choice("basis", _bases(known), DEFAULT_BASIS),
        completeness=_completeness(entry),
        no_discharge=_no_discharge(entry, catalogue),
        defaults=untyped,
        ladders=load_ladders(entry, {**catalogue, **made}),
        bounds=bounds,
    )
    if permit.until is not None and permit.until < permit.since:
        entry.problem("until", "lies before from")
    entry.close()
    return permit


def _bases(known: Regulations) -> list[str]:
    """The periods whose mean a permit may bind."""
    return [period.name for period in known_periods(known)]


def _typed_limits(entry: Reader, catalogue: Catalogue) -> dict[str, TypedLimit]:
    found: dict[str, TypedLimit] = {}
    for key, limit in entry.named("limits"):
        if key not in catalogue:
            limit.problem("", f"unknown parameter {key!r}{meant(key, catalogue)}")
            continue
        found[key] = _typed_limit(limit, catalogue[key])
    return found


def _typed_limit(limit: Reader, parameter: Parameter) -> TypedLimit:
    low, high = limit.decimal("min"), limit.decimal("max")
    unit = limit.optional_text("unit")
    if unit is not None and unit != parameter.unit:
        limit.problem("unit", f"write the limit in {parameter.unit}")
    ranged = parameter.averaging is Averaging.RANGE
    if ranged and (low is None or high is None or low >= high):
        limit.problem("", f"{parameter.key} needs both min and max, min below max")
    if not ranged and (high is None or low is not None):
        limit.problem("", f"{parameter.key} takes a max and no min")
    typed = TypedLimit(low, high, limit.text("page"))
    limit.close()
    return typed


def read_by_regulation(
    entry: Reader, catalogue: Catalogue, known: Regulations
) -> ByRegulation | None:
    """The regulation, column and factors that an entry names; None where it names none."""
    named = entry.child("regulation")
    if named is None:
        return None
    regulation = named.choice("id", known)
    column = named.text("column")
    columns = known[regulation].columns if regulation in known else {}
    if column and column not in columns and _loaded(known, regulation):
        named.problem("column", f"{regulation} has no column {column!r}{meant(column, columns)}")
    found = ByRegulation(
        regulation, column, _factors(named, known.get(regulation)), named.texts("factors_apply_to"),
        named.text("page"),
    )  # fmt: skip
    for key in found.apply_to:
        if key not in catalogue:
            named.problem("factors_apply_to", f"unknown parameter {key!r}{meant(key, catalogue)}")
    named.close()
    return found


def _factors(named: Reader, regulation: Regulation | None) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    allowed = regulation.factors if regulation else ()
    for name, raw in named.values("factors").items():
        value = exact(raw)
        if name not in allowed:
            named.problem(
                f"factors.{name}", f"not a factor of this regulation{meant(name, allowed)}"
            )
        elif value is None or value <= 0:
            named.problem(f"factors.{name}", "expected a number above 0")
        else:
            found[name] = value
    return found


def _completeness(entry: Reader) -> Fraction:
    share = entry.decimal("completeness")
    if share is None:
        return DEFAULT_COMPLETENESS
    if not 0 < share <= 1:
        entry.problem("completeness", "expected a share above 0 and at most 1, such as 0.80")
        return DEFAULT_COMPLETENESS
    return Fraction(share)


def _no_discharge(entry: Reader, catalogue: Catalogue) -> NoDischarge | None:
    rule = entry.child("no_discharge")
    if rule is None:
        return None
    flow = rule.text("flow", "FlowOut")
    if flow not in catalogue:
        rule.problem("flow", f"unknown parameter {flow!r}{meant(flow, catalogue)}")
    found = NoDischarge(flow, rule.required_decimal("below"))
    rule.close()
    return found

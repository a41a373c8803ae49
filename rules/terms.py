"""What one series owes: interval, range, limit, completeness, on every day that they bind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from rules.checks import NO_CHECKS, Checks
from rules.days import local_date
from rules.ladder import USUAL, Ladder
from rules.loads import Derived, derived_from
from rules.model import PERIODS, Limit, Parameter, Period, Reason, Series
from rules.permit import (
    DEFAULT_BASIS,
    DEFAULT_COMPLETENESS,
    Permit,
    Regulations,
    in_force,
    limit_for,
)
from rules.register import Register, SeriesEntry, Station, made_entry


@dataclass(frozen=True, slots=True)
class Dry:
    """The plant does not discharge while the flow series stays below `below` quanta."""

    flow: str
    below: Fraction


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that the judgement of one series depends on besides readings and amendments."""

    series: Series
    parameter: Parameter
    interval: int  # seconds
    stamp_ends: bool  # a time closes its slot
    low: int  # the instrument's range, quanta
    high: int
    limit: Limit | None
    lack: Reason | None  # why there is no limit: NO_PERMIT or LIMIT_MISSING
    completeness: Fraction
    dry: Dry | None
    owed: bool  # False: measured, but owes no finding (flow)
    basis: str = DEFAULT_BASIS  # the period whose mean the permit binds
    checks: Checks = NO_CHECKS
    ladder: Ladder = USUAL
    derived: Derived | None = None  # how it is made, where no instrument measures it


class TermsBook:
    """The terms of every station on every day; days that share their terms share the object."""

    def __init__(self, register: Register, regulations: Regulations) -> None:
        self._register = register
        self._regulations = regulations
        self._permits: dict[str, list[Permit]] = {}  # by plant: most have one, of thousands
        for permit in register.permits.values():
            self._permits.setdefault(permit.plant, []).append(permit)
        self._known: dict[object, tuple[Terms, ...]] = {}

    def of(self, station: str, day: int) -> tuple[Terms, ...]:
        """The terms of every series of a station on a local day, in the station's order."""
        date = local_date(day)
        found = self._register.stations[station]
        permit = in_force(self._permits.get(found.plant, ()), date)
        intervals = tuple(entry.interval(date) for entry in found.series.values())
        key = (station, None if permit is None else permit.id, intervals)
        terms = self._known.get(key)
        if terms is None:
            terms = self._known[key] = terms_of(found, day, self._register, self._regulations)
        return terms


def terms_of(
    station: Station, day: int, register: Register, regulations: Regulations
) -> tuple[Terms, ...]:
    """The terms of every series of a station on a local day, in the station's order.

    Behind those that are measured stand those that the day's permit has made of them.
    """
    permit = register.permit(station.plant, local_date(day))
    measured = [
        _terms(station, entry, day, permit, regulations) for entry in station.series.values()
    ]
    known = {terms.series.parameter: terms for terms in measured}
    made = [
        _made(_terms(station, entry, day, permit, regulations), [known[p] for p in bound.parts])
        for bound in (permit.bounds.values() if permit else ())
        if (entry := made_entry(bound, station)) is not None
    ]
    return (*measured, *made)


def _terms(
    station: Station, entry: SeriesEntry, day: int, permit: Permit | None, known: Regulations
) -> Terms:
    parameter = entry.parameter
    limit = limit_for(permit, parameter, known) if permit else None
    return Terms(
        series=Series(station.id, parameter.key),
        parameter=parameter,
        interval=entry.interval(local_date(day)),
        stamp_ends=station.stamp_ends,
        low=ceil(parameter.quanta(entry.low)),
        high=floor(parameter.quanta(entry.high)),
        limit=limit,
        lack=_lack(permit, limit),
        completeness=permit.completeness if permit else DEFAULT_COMPLETENESS,
        dry=_dry(station, permit),
        owed=parameter.limited or limit is not None,
        basis=permit.basis if permit else DEFAULT_BASIS,
        ladder=permit.ladder_for(parameter.key) if permit else USUAL,
        checks=entry.checks,
    )


def _made(terms: Terms, parts: Sequence[Terms]) -> Terms:
    """The terms of a series as one that is made of its parts, as wide as their ranges allow."""
    derived = derived_from(terms.parameter, [part.parameter for part in parts])
    low, high = derived.of(part.low for part in parts), derived.of(part.high for part in parts)
    return replace(terms, low=low, high=high, dry=None, derived=derived)


def owes(terms: Terms, period: Period) -> bool:
    """Whether a series owes findings of a period: the hour and the day always, if it owes any.

    A period that a regulation declares is owed only under a permit that binds its mean, and
    what is made of other series (loads, volumes) owes only that mean.
    """
    if terms.derived is not None:
        return terms.owed and period.name == terms.basis
    return terms.owed and (period in PERIODS or period.name == terms.basis)


def _lack(permit: Permit | None, limit: Limit | None) -> Reason | None:
    if permit is None:
        return Reason.NO_PERMIT
    return Reason.LIMIT_MISSING if limit is None else None


def _dry(station: Station, permit: Permit | None) -> Dry | None:
    rule = permit.no_discharge if permit else None
    entry = station.series.get(rule.flow) if rule else None
    if rule is None or entry is None:
        return None
    return Dry(rule.flow, entry.parameter.quanta(rule.below))

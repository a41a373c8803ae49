"""The catalogue of measured quantities, from `parameters.yaml` as a parsed mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from rules.checking import read_checks, read_resolution
from rules.checks import NO_CHECKS, Checks
from rules.loading import Reader, exact
from rules.model import Averaging, Parameter, Problem, Refused

Catalogue = Mapping[str, Parameter]

MOST_QUANTA = 2**40
"""Values are below this, so that the arithmetic of the checks fits into 64 bits."""


def load_parameters(file: str, raw: object) -> Catalogue:
    """Parameter by key. Raises Refused with every problem of the file."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    defaults = top.child("defaults") or Reader(file, "defaults", {}, problems)
    usual = _Usual(
        quantum=defaults.decimal("quantum") or Decimal(1),
        averaging=defaults.choice("averaging", Averaging, Averaging.MEAN),
        refresh=defaults.whole("refresh", 0),
        limited=defaults.flag("limited", True),
    )
    defaults.close()
    found = {key: _parameter(key, entry, usual) for key, entry in top.named("parameters")}
    checks = _checks(top, found)
    top.close()
    if problems:
        raise Refused(problems)
    return {key: replace(one, checks=checks[key]) for key, one in found.items()}


def _checks(top: Reader, found: Catalogue) -> dict[str, Checks]:
    """The `checks` section: `defaults`, and what single parameters have instead."""
    checks = top.child("checks")
    if checks is None:
        return dict.fromkeys(found, NO_CHECKS)
    defaults, usual = checks.child("defaults"), NO_CHECKS
    if defaults is not None:
        usual = read_checks(defaults, NO_CHECKS, None, found)
        defaults.close()
    own = {key: _own(checks, key, usual, one, found) for key, one in found.items()}
    checks.close()
    return own


def _own(checks: Reader, key: str, usual: Checks, parameter: Parameter, found: Catalogue) -> Checks:
    entry = checks.child(key)
    if entry is None:
        return usual
    resolution = read_resolution(entry, None, parameter)
    own = read_checks(entry, replace(usual, resolution=resolution), parameter, found)
    entry.close()
    return own


@dataclass(frozen=True, slots=True)
class _Usual:
    """What a parameter has when it does not say otherwise."""

    quantum: Decimal
    averaging: str
    refresh: int
    limited: bool


def _parameter(key: str, entry: Reader, usual: _Usual) -> Parameter:
    averaging = entry.choice("averaging", Averaging, usual.averaging)
    quantum = entry.decimal("quantum") if entry.has("quantum") else usual.quantum
    if quantum is None or quantum <= 0:
        entry.problem("quantum", "expected a number above 0")
        quantum = usual.quantum
    parameter = Parameter(
        key=key,
        name_vi=entry.text("vi"),
        name_en=entry.text("en"),
        unit=entry.text("unit"),
        quantum=quantum,
        conversions=_conversions(entry),
        averaging=Averaging(averaging or Averaging.MEAN),
        refresh=entry.whole("refresh", usual.refresh),
        low=entry.required_decimal("low"),
        high=entry.required_decimal("high"),
        regulated_as=entry.optional_text("regulated_as"),
        limited=entry.flag("limited", usual.limited),
    )
    if parameter.high <= parameter.low:
        entry.problem("high", "must be above low")
    if max(abs(parameter.quanta(parameter.low)), parameter.quanta(parameter.high)) > MOST_QUANTA:
        entry.problem("quantum", "too fine for this range: at most 2**40 quanta fit into it")
    entry.close()
    return parameter


def _conversions(entry: Reader) -> dict[str, Decimal]:
    factors: dict[str, Decimal] = {}
    for unit, raw in entry.values("units").items():
        factor = exact(raw)
        if factor is None or factor <= 0:
            entry.problem(f"units.{unit}", "expected a factor above 0")
        else:
            factors[normal_unit(unit)] = factor
    return factors


def normal_unit(unit: str) -> str:
    """One spelling a unit: case, spaces and superscripts do not matter (`mg/l` is `mg/L`)."""
    return unit.translate(_SPELLING).casefold()


_SPELLING = str.maketrans({"³": "3", "µ": "u", "μ": "u", "º": "°", " ": None})


def factor_to_unit(parameter: Parameter, unit: str | None) -> Decimal | None:
    """The exact factor from `unit` to the parameter's own; None when there is none."""
    if unit is None:
        return Decimal(1)
    spelled = normal_unit(unit)
    if spelled == normal_unit(parameter.unit):
        return Decimal(1)
    return parameter.conversions.get(spelled)

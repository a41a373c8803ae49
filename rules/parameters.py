"""The catalogue of measured quantities, from `parameters.yaml` as a parsed mapping."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from rules.loading import Reader, exact
from rules.model import Averaging, Parameter, Problem, Refused

Catalogue = Mapping[str, Parameter]


def load_parameters(file: str, raw: object) -> Catalogue:
    """Parameter by key. Raises Refused with every problem of the file."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    defaults = top.values("defaults")
    found: dict[str, Parameter] = {}
    for key, entry in top.named("parameters"):
        found[key] = _parameter(key, entry, defaults)
    top.close()
    if problems:
        raise Refused(problems)
    return found


def _parameter(key: str, entry: Reader, defaults: Mapping[str, object]) -> Parameter:
    averaging = entry.choice("averaging", list(Averaging), str(defaults.get("averaging", "mean")))
    parameter = Parameter(
        key=key,
        name_vi=entry.text("vi"),
        name_en=entry.text("en"),
        unit=entry.text("unit"),
        quantum=entry.decimal("quantum") or exact(defaults.get("quantum")) or Decimal(1),
        conversions=_conversions(entry),
        averaging=Averaging(averaging),
        refresh=entry.whole("refresh", int(str(defaults.get("refresh", 0)))),
        low=entry.required_decimal("low"),
        high=entry.required_decimal("high"),
        regulated_as=entry.optional_text("regulated_as"),
        limited=entry.flag("limited", bool(defaults.get("limited", True))),
    )
    if parameter.high <= parameter.low:
        entry.problem("high", "must be above low")
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
    return unit.replace("³", "3").replace("º", "°").replace(" ", "").casefold()


def factor_to_unit(parameter: Parameter, unit: str | None) -> Decimal | None:
    """The exact factor from `unit` to the parameter's own; None when there is none."""
    if unit is None:
        return Decimal(1)
    spelled = normal_unit(unit)
    if spelled == normal_unit(parameter.unit):
        return Decimal(1)
    return parameter.conversions.get(spelled)

"""Loads and daily volumes: what a permit bounds that no instrument measures.

A load is the flow times a concentration, in kg a day; the volume of a day is the flow, in m3
a day. Both are made slot by slot from measured series and judged like any other mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod

from rules.loading import Reader, meant
from rules.model import Averaging, Parameter
from rules.parameters import Catalogue

FLOW = "FlowOut"
"""The flow that is meant when a permit names none."""

VOLUME = "Volume"
QUANTUM = Decimal("0.000001")
"""A milligram a day, or a millilitre a day."""

LOAD_UNIT, VOLUME_UNIT = "kg/day", "m3/day"
FACTORS = {LOAD_UNIT: Decimal("0.024"), VOLUME_UNIT: Decimal(24)}
"""One mg/L x m3/h (a gram an hour) in kg/day; one m3/h in m3/day."""


@dataclass(frozen=True, slots=True)
class Derived:
    """How a series is made: the product of its parts (parameters of the same station), in
    quanta, times `factor` is its value in quanta."""

    parts: tuple[str, ...]
    factor: Fraction

    def of(self, parts: Iterable[int]) -> int:
        """The value that some values of the parts make."""
        above = prod(parts) * self.factor.numerator
        return rounded(above, self.factor.denominator)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a permit allows of something made: kg/day or m3/day."""

    parameter: Parameter  # what is made
    parts: tuple[str, ...]  # of what, the flow first
    high: Decimal
    page: str
    by_capacity: bool = False  # the figure is the plant's design capacity

    @property
    def place(self) -> str:
        """Where a permit says it."""
        return "volume" if self.parameter.key == VOLUME else f"loads.{self.parts[-1]}"


def load_key(parameter: str) -> str:
    """The key of the load of a parameter."""
    return f"{parameter}_load"


def load_of(parameter: Parameter, flow: Parameter) -> Parameter:
    """The load of a concentration in mg/L carried by a flow in m3/h."""
    key = parameter.key
    most = parameter.high * flow.high * FACTORS[LOAD_UNIT]
    return _made(load_key(key), f"Tải lượng {key}", f"{key} load", LOAD_UNIT, most)


def volume_of(flow: Parameter) -> Parameter:
    """The daily volume of a flow in m3/h."""
    most = flow.high * FACTORS[VOLUME_UNIT]
    return _made(VOLUME, "Lưu lượng ngày", "Daily volume", VOLUME_UNIT, most)


def _made(key: str, name_vi: str, name_en: str, unit: str, high: Decimal) -> Parameter:
    return Parameter(
        key=key,
        name_vi=name_vi,
        name_en=name_en,
        unit=unit,
        quantum=QUANTUM,
        conversions={},
        averaging=Averaging.MEAN,
        refresh=0,
        low=Decimal(0),
        high=high,
    )


def derived_from(made: Parameter, parts: Sequence[Parameter]) -> Derived:
    """How `made` comes from its parts, by their quanta."""
    factor = Fraction(FACTORS[made.unit]) / Fraction(made.quantum)
    for part in parts:
        factor *= Fraction(part.quantum)
    return Derived(tuple(part.key for part in parts), factor)


def rounded(numerator: int, denominator: int) -> int:
    """A quotient as a whole number: the nearest, of two equally near the even one."""
    whole, rest = divmod(numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return whole + up


# --- what a permit says -------------------------------------------------------------------------


def load_bounds(entry: Reader, catalogue: Catalogue, capacity: Decimal | None) -> dict[str, Bound]:
    """The `loads` and the `volume` of a permit, by the key of what is made.

    `capacity` is the plant's, in m3/day; None where the permit names no known plant.
    """
    found: dict[str, Bound] = {}
    for key, load in entry.named("loads"):
        bound = _load(key, load, catalogue)
        if bound is not None:
            found[bound.parameter.key] = bound
    volume = entry.child("volume")
    bound = None if volume is None else _volume(volume, catalogue, capacity)
    if bound is not None:
        found[bound.parameter.key] = bound
    return found


def _load(key: str, entry: Reader, catalogue: Catalogue) -> Bound | None:
    flow = _flow(entry, catalogue)
    typed, most = entry.has("max"), entry.required_decimal("max")
    if typed and most <= 0:
        entry.problem("max", "write the load in kg/day, above 0")
    page = entry.text("page")
    _unit(entry, LOAD_UNIT)
    entry.close()
    if key not in catalogue:
        entry.problem("", f"unknown parameter {key!r}{meant(key, catalogue)}")
        return None
    if catalogue[key].unit != "mg/L":
        entry.problem(
            "", f"a load needs a concentration in mg/L, {key} is in {catalogue[key].unit}"
        )
        return None
    _free(entry, load_key(key), catalogue)
    if flow is None:
        return None
    return Bound(load_of(catalogue[key], flow), (flow.key, key), most, page)


def _volume(entry: Reader, catalogue: Catalogue, capacity: Decimal | None) -> Bound | None:
    flow = _flow(entry, catalogue)
    by_capacity = entry.flag("design_capacity")
    if by_capacity == entry.has("max"):
        entry.problem("", "write either max, in m3/day, or design_capacity: true")
    typed = entry.decimal("max")
    most = capacity if by_capacity else typed
    if most is not None and most <= 0:
        what = "the plant's capacity" if by_capacity else "max"
        entry.problem("", f"{what} is {most}: a volume above 0 m3/day is needed")
    page = entry.text("page")
    _unit(entry, VOLUME_UNIT)
    entry.close()
    _free(entry, VOLUME, catalogue)
    if flow is None or most is None:
        return None
    return Bound(volume_of(flow), (flow.key,), most, page, by_capacity)


def _flow(entry: Reader, catalogue: Catalogue) -> Parameter | None:
    key = entry.text("flow", FLOW)
    flows = [name for name, one in catalogue.items() if one.unit == "m3/h"]
    if key not in flows:
        entry.problem("flow", f"{key!r} is no flow in m3/h{meant(key, flows)}")
        return None
    return catalogue[key]


def _unit(entry: Reader, unit: str) -> None:
    typed = entry.optional_text("unit")
    if typed not in (None, unit):
        entry.problem("unit", f"write the limit in {unit}")


def _free(entry: Reader, key: str, catalogue: Catalogue) -> None:
    if key in catalogue:
        entry.problem("", f"{key} is what is made here: rename that parameter of the catalogue")

"""Values as senders write them, as whole quanta: exact, rounded half to even once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ingest.rejections import Refusal, quoted
from rules.parameters import Catalogue, factor_to_unit

_LARGEST = 2**63
_EXACT_FLOAT = 2**53  # every whole number up to here is a float
_FAST_BELOW = 2.0**48
_MOST_SPELLINGS = 4096  # senders choose the spelling of units; they shall not fill the memory
_MAGNITUDES = 40  # powers of ten beyond which a value is too large, or nothing


@dataclass(frozen=True, slots=True)
class Scale:
    """How many quanta one unit is. `fast` is the same as a float, 0.0 where it is no float."""

    exact: Fraction
    fast: float

    def quanta(self, value: float, written: str | None = None) -> int:
        """`value` in whole quanta. `written` is its text, by default the shortest one.

        Raises Refusal value_too_large when it does not fit a signed 64-bit number.
        """
        product = value * self.fast
        if -_FAST_BELOW < product < _FAST_BELOW and self.fast:
            nearest = round(product)
            # Reading the text and multiplying cost two roundings, below 2**-4 quanta here;
            # further than that from a tie, the nearest whole number cannot be another.
            if -0.25 < product - nearest < 0.25:
                return nearest
        return self._exactly(written or repr(value))

    def _exactly(self, written: str) -> int:
        value = Decimal(written)
        if not value or value.adjusted() < -_MAGNITUDES:
            return 0
        if value.adjusted() <= _MAGNITUDES:
            found = round(Fraction(value) * self.exact)
            if -_LARGEST <= found < _LARGEST:
                return found
        raise Refusal("value_too_large", f"{quoted(written)} is beyond any instrument")


class Scales:
    """The scales of one catalogue, each worked out once a spelling of its unit."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._known: dict[tuple[str, str | None], Scale] = {}

    def find(self, parameter: str, unit: str | None) -> Scale:
        """The scale of a unit (None: the parameter's own). Raises Refusal unit_unknown."""
        return self._known.get((parameter, unit)) or self._work_out(parameter, unit)

    def _work_out(self, key: str, unit: str | None) -> Scale:
        parameter = self.catalogue[key]
        factor = factor_to_unit(parameter, unit)
        if factor is None:
            units = ", ".join([parameter.unit, *(name or '""' for name in parameter.conversions)])
            raise Refusal("unit_unknown", f"{quoted(unit)} is no unit of {key}; known: {units}")
        exact = Fraction(factor) / Fraction(parameter.quantum)
        whole = exact.denominator == 1 and exact.numerator <= _EXACT_FLOAT
        scale = Scale(exact, float(exact) if whole else 0.0)
        if len(self._known) < _MOST_SPELLINGS:
            self._known[key, unit] = scale
        return scale


_latest = Scales({})


def scales_of(catalogue: Catalogue) -> Scales:
    """The scales of a catalogue; those of the latest one are remembered."""
    global _latest
    scales = _latest
    if scales.catalogue is not catalogue:
        scales = _latest = Scales(catalogue)
    return scales

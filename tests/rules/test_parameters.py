"""The catalogue that ships, and the strictness of its loader."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Averaging, Parameter, Refused
from rules.parameters import factor_to_unit, load_parameters
from tolich.packs import load_catalogue
from tolich.yamlfile import parse_yaml

CATALOGUE = load_catalogue()

GOOD = """
schema: 1
defaults: {quantum: 0.01, averaging: mean, refresh: 1800, limited: true}
parameters:
  COD: {vi: COD, en: COD, unit: mg/L, low: 0, high: 2000, regulated_as: cod, units: {g/L: 1000}}
  pH: {vi: pH, en: pH, unit: "-", low: 0, high: 14, averaging: range, refresh: 5, quantum: 0.001}
  Flow: {vi: Lưu lượng, en: Flow, unit: m3/h, low: 0, high: 100, limited: false}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        load_parameters("p.yaml", parse_yaml(text, "p.yaml"))
    return [str(problem) for problem in refused.value.problems]


def test_entries_override_the_defaults() -> None:
    found = load_parameters("p.yaml", parse_yaml(GOOD, "p.yaml"))
    cod, ph, flow = found["COD"], found["pH"], found["Flow"]
    assert (cod.quantum, cod.averaging, cod.refresh) == (Decimal("0.01"), Averaging.MEAN, 1800)
    assert (ph.quantum, ph.averaging, ph.refresh) == (Decimal("0.001"), Averaging.RANGE, 5)
    assert (cod.regulated_as, ph.regulated_as) == ("cod", None)
    assert (cod.limited, flow.limited) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("schema: 1", "schema: 3", "schema", "this program reads schema 1"),
        ("parameters:", "parametres:", "parametres", "did you mean 'parameters'?"),
        ("unit: mg/L", "unity: mg/L", "parameters.COD.unity", "did you mean 'unit'?"),
        ("en: COD", "eng: COD", "parameters.COD.eng", "did you mean 'en'?"),
        ("low: 0, high: 2000", "high: 2000", "parameters.COD.low", "a number is required"),
        ("high: 2000", "high: 2.000,5", "parameters.COD.5", "unknown key"),
        ("high: 2000", "high: many", "parameters.COD.high", "expected a number"),
        ("high: 2000", "high: 0", "parameters.COD.high", "must be above low"),
        (
            "averaging: range",
            "averaging: rnge",
            "parameters.pH.averaging",
            "not one of mean, range",
        ),
        ("refresh: 5", "refresh: fast", "parameters.pH.refresh", "expected a whole number"),
        ("g/L: 1000", "g/L: 0", "parameters.COD.units.g/L", "a factor above 0"),
        ("g/L: 1000", "g/L: x", "parameters.COD.units.g/L", "a factor above 0"),
        ("quantum: 0.001", "quantum: 0", "parameters.pH.quantum", "a number above 0"),
        ("quantum: 0.001", "quantum: fine", "parameters.pH.quantum", "a number above 0"),
        ("limited: false", "limited: off", "parameters.Flow.limited", "true or false"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, where: str, says: str) -> None:
    assert old in GOOD
    said = problems_of(GOOD.replace(old, new, 1))
    assert [one for one in said if one.startswith(f"p.yaml: {where}: ") and says in one], said


def test_all_mistakes_are_named_at_once() -> None:
    text = GOOD.replace("schema: 1", "schema: 2").replace("en: COD", "eng: COD")
    said = problems_of(text.replace("high: 100", "high: 0"))
    wanted = ["schema", "COD.en", "COD.eng", "Flow.high"]
    assert [any(f"{key}: " in one for one in said) for key in wanted] == [True] * 4
    assert len(said) == len(wanted)


@pytest.mark.parametrize(
    ("key", "unit", "factor"),
    [
        ("COD", None, "1"),
        ("COD", "mg/l", "1"),
        ("COD", "MG/L", "1"),
        ("COD", "ug/L", "0.001"),
        ("COD", "µg/l", "0.001"),  # the sign of micro
        ("COD", "μg/l", "0.001"),  # and the Greek letter
        ("COD", "g/L", "1000"),
        ("Temp", "oC", "1"),
        ("Temp", "ºC", "1"),
        ("FlowOut", "m³/h", "1"),
        ("FlowOut", "L/s", "3.6"),
        ("Coliform", "MPN/100 ml", "1"),
        ("Coliform", "vi khuẩn/100ml", "1"),
        ("Color", "Pt/Co", "1"),
        ("pH", "-", "1"),
    ],
)
def test_units_convert_exactly(key: str, unit: str | None, factor: str) -> None:
    assert factor_to_unit(CATALOGUE[key], unit) == Decimal(factor)


@pytest.mark.parametrize(("key", "unit"), [("COD", "mg"), ("pH", "mg/L"), ("Alpha", "mg/l")])
def test_a_unit_without_an_exact_factor_has_none(key: str, unit: str) -> None:
    assert factor_to_unit(CATALOGUE[key], unit) is None


@pytest.mark.parametrize("parameter", CATALOGUE.values(), ids=CATALOGUE)
def test_limits_and_bounds_are_whole_quanta(parameter: Parameter) -> None:
    for bound in (parameter.low, parameter.high):
        assert parameter.quanta(bound).denominator == 1
    assert abs(parameter.quanta(parameter.high)) < 2**63 / 100_000  # sums of a day fit in int64


def test_only_ph_is_judged_by_range() -> None:
    ranged = [key for key, p in CATALOGUE.items() if p.averaging is Averaging.RANGE]
    assert ranged == ["pH"]


@given(quanta=st.integers(-(2**62), 2**62))
def test_quanta_and_decimals_are_the_same_number(quanta: int) -> None:
    cod = CATALOGUE["COD"]
    assert cod.quanta(cod.decimal(quanta)) == quanta
    assert Fraction(cod.decimal(quanta)) == quanta * Fraction(cod.quantum)

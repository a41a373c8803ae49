"""The packs that ship, held against the fact sheet; and the strictness of their loader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rules.model import Parameter, Refused, Verification
from rules.parameters import factor_to_unit, normal_unit
from rules.permit import ByRegulation, Permit, TypedLimit, limit_for
from rules.regulation import ColumnLimit, Fact, Regulation, catalogue_problems, load_regulation
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml, read_yaml

FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "limits.yaml"
NAMES = {"QCVN 40:2011/BTNMT": "QCVN_40_2011_BTNMT", "QCVN 14:2008/BTNMT": "QCVN_14_2008_BTNMT"}
WHOLE = {"QCVN 40:2011/BTNMT": 33, "QCVN 14:2008/BTNMT": 11}
UNLOADED = ["QCVN 40:2025/BTNMT", "QCVN 14:2025/BTNMT", "QCTĐHN 02:2014/BTNMT"]

CATALOGUE = load_catalogue()
PACKS = load_regulations()
BY_REGULATED: dict[str, Parameter] = {
    parameter.regulated_as: parameter for parameter in CATALOGUE.values() if parameter.regulated_as
}


def permit_under(
    regulation: Regulation,
    column: str,
    limits: Mapping[str, TypedLimit] | None = None,
    apply_to: tuple[str, ...] = (),
) -> Permit:
    """A permit that names a regulation and a column, with every factor typed as 1."""
    factors = {factor: Decimal(1) for factor in regulation.factors}
    return Permit(
        id="P1",
        plant="P",
        document="Giấy phép môi trường",
        number="01/GPMT",
        dated=date(2025, 1, 1),
        page="3",
        since=date(2025, 1, 1),
        until=None,
        limits=limits or {},
        by_regulation=ByRegulation(regulation.id, column, factors, apply_to, "4"),
        basis="day",
        completeness=Fraction(4, 5),
        no_discharge=None,
        defaults=(),
    )


def every_number() -> Iterator[Any]:
    """(pack, key, column) of every limit that ships."""
    for pack in PACKS.values():
        for key, row in pack.parameters.items():
            for column in row.columns:
                yield pytest.param(pack.id, key, column, id=f"{pack.id}-{key}-{column}")


# --- what ships -------------------------------------------------------------------------------


def test_the_five_packs_ship() -> None:
    assert set(PACKS) == {*WHOLE, *UNLOADED}
    assert {pack.id for pack in PACKS.values() if pack.loaded} == set(WHOLE)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_regulation_has_every_row_and_column(name: str) -> None:
    pack = PACKS[name]
    numbers = [row.number for row in pack.parameters.values()]
    assert numbers == [str(number) for number in range(1, WHOLE[name] + 1)]
    assert {tuple(row.columns) for row in pack.parameters.values()} == {("A", "B")}


# Typed here a second time, by hand, so that a slip in the packs and one in the fact sheet
# would have to agree.
@pytest.mark.parametrize(
    ("name", "key", "a", "b"),
    [
        ("QCVN 40:2011/BTNMT", "temperature", (None, "40"), (None, "40")),
        ("QCVN 40:2011/BTNMT", "colour", (None, "50"), (None, "150")),
        ("QCVN 40:2011/BTNMT", "ph", ("6", "9"), ("5.5", "9")),
        ("QCVN 40:2011/BTNMT", "bod5", (None, "30"), (None, "50")),
        ("QCVN 40:2011/BTNMT", "cod", (None, "75"), (None, "150")),
        ("QCVN 40:2011/BTNMT", "tss", (None, "50"), (None, "100")),
        ("QCVN 40:2011/BTNMT", "mercury", (None, "0.005"), (None, "0.01")),
        ("QCVN 40:2011/BTNMT", "cyanide_total", (None, "0.07"), (None, "0.1")),
        ("QCVN 40:2011/BTNMT", "ammonium_n", (None, "5"), (None, "10")),
        ("QCVN 40:2011/BTNMT", "total_n", (None, "20"), (None, "40")),
        ("QCVN 40:2011/BTNMT", "total_p", (None, "4"), (None, "6")),
        ("QCVN 40:2011/BTNMT", "pcb_total", (None, "0.003"), (None, "0.01")),
        ("QCVN 40:2011/BTNMT", "coliform", (None, "3000"), (None, "5000")),
        ("QCVN 14:2008/BTNMT", "ph", ("5", "9"), ("5", "9")),
        ("QCVN 14:2008/BTNMT", "tss", (None, "50"), (None, "100")),
        ("QCVN 14:2008/BTNMT", "nitrate_n", (None, "30"), (None, "50")),
        ("QCVN 14:2008/BTNMT", "coliform", (None, "3000"), (None, "5000")),
    ],
)
def test_limits_by_hand(
    name: str, key: str, a: tuple[str | None, str], b: tuple[str | None, str]
) -> None:
    for column, (low, high) in (("A", a), ("B", b)):
        limit = PACKS[name].limit(key, column)
        assert limit is not None
        assert (limit.low, limit.high) == (low and Decimal(low), Decimal(high))


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.exists():
        pytest.skip("shared: facts/limits.yaml is not beside this clone")
    raw = read_yaml(FACTS)
    assert isinstance(raw, dict)
    return dict(raw["regulations"])


@pytest.mark.parametrize("name", WHOLE)
def test_every_limit_equals_the_fact_sheet(name: str, facts: dict[str, Any]) -> None:
    pack, sheet = PACKS[name], facts[NAMES[name]]["parameters"]
    assert list(pack.parameters) == [row["key"] for row in sheet]
    for row in sheet:
        _same_row(pack, row)


def _same_row(pack: Regulation, row: dict[str, Any]) -> None:
    found = pack.parameters[row["key"]]
    assert (found.number, found.name_vi, found.name_en, found.cas) == (
        str(row["no"]),
        row["name_vi"],
        row["name_en"],
        row["cas"],
    )
    assert normal_unit(found.unit) == normal_unit(row["unit"].partition(" (")[0])
    applies = row.get("kq_kf_apply") or row["k_applies"]
    assert found.factors_apply is applies["value"]
    assert found.factors_apply_verification == applies["status"]
    assert set(found.columns) == set(row["columns"])
    for column, fact in row["columns"].items():
        _same_number(found.columns[column], fact)


def _same_number(limit: ColumnLimit, fact: dict[str, Any]) -> None:
    assert (limit.low, limit.high) == (fact.get("min"), fact["max"])
    assert limit.verification == fact["status"]
    assert len(limit.sources) == len(fact["sources"])
    assert _addresses(limit.sources) == _addresses(fact["sources"])


def _addresses(sources: Any) -> set[str]:
    """Web addresses word for word; other sources may be worded differently."""
    return {source for source in sources if source.startswith("http")}


@pytest.mark.parametrize("name", WHOLE)
def test_dates_and_issuing_texts_equal_the_fact_sheet(name: str, facts: dict[str, Any]) -> None:
    pack, sheet = PACKS[name], facts[NAMES[name]]["metadata"]
    assert (pack.title_vi, pack.title_en) == (sheet["title_vi"], sheet["title_en"])
    assert pack.instrument.text == sheet["instrument"]["value"]
    assert pack.instrument.verification == sheet["instrument"]["status"]
    for key, day in (("issued", pack.issued), ("effective", pack.effective)):
        fact = sheet.get(key, {"value": None, "status": "missing"})
        assert (day and day.isoformat()) == fact["value"]
        assert pack.facts[key].verification == fact["status"]


def test_recalled_factors_are_shown_as_unsure(facts: dict[str, Any]) -> None:
    sheet = facts["QCVN_40_2011_BTNMT"]
    kf = [fact.text for key, fact in PACKS["QCVN 40:2011/BTNMT"].facts.items() if key[:3] == "Kf."]
    assert [Decimal(text.split()[2].rstrip(":")) for text in kf] == [
        row["value"] for row in sheet["kf_discharge_F_m3_per_24h"]
    ]
    k = [fact.text for key, fact in PACKS["QCVN 14:2008/BTNMT"].facts.items() if key[:2] == "K."]
    assert k == [
        f"K = {row['value']:.1f}: {row['when']}" for row in facts["QCVN_14_2008_BTNMT"]["k_table"]
    ]
    for pack in PACKS.values():
        tables = [fact for key, fact in pack.facts.items() if key[0] == "K" and "." in key]
        assert all(fact.verification is Verification.UNSURE for fact in tables)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_what_is_known_names_its_sources(pack: Regulation) -> None:
    numbers = [limit for row in pack.parameters.values() for limit in row.columns.values()]
    known: list[Fact | ColumnLimit] = [pack.instrument, *pack.facts.values(), *numbers]
    known += pack.columns.values()
    for one in known:
        needed = {Verification.CONFIRMED: 2, Verification.SINGLE: 1}.get(one.verification, 0)
        assert len(set(one.sources)) >= needed


def test_every_row_is_one_parameter_of_the_catalogue_in_its_unit() -> None:
    regulated = [p.regulated_as for p in CATALOGUE.values() if p.regulated_as]
    rows = {key for name in WHOLE for key in PACKS[name].parameters}
    assert sorted(regulated) == sorted(rows)  # each exactly once, and none beside them
    for name in WHOLE:
        for key, row in PACKS[name].parameters.items():
            assert factor_to_unit(BY_REGULATED[key], row.unit) == 1


def test_the_envelope_of_2025_is_no_limit() -> None:
    pack = PACKS["QCVN 14:2025/BTNMT"]
    assert pack.facts["envelope_ph"].text == "5 – 9"
    assert pack.facts["envelope_ph"].verification is Verification.CONFIRMED
    assert pack.parameters == {}


# --- what may decide --------------------------------------------------------------------------


@pytest.mark.parametrize("name, key, column", list(every_number()))
@pytest.mark.parametrize("verification", list(Verification))
def test_only_a_verified_number_decides(
    name: str, key: str, column: str, verification: Verification
) -> None:
    """Every number that ships, as it stands and as if it were known better or worse."""
    pack, parameter = PACKS[name], BY_REGULATED[key]
    known = _known_as(pack, key, column, verification)
    limit = limit_for(permit_under(known, column), parameter, {known.id: known})
    if verification in (Verification.UNSURE, Verification.MISSING):
        assert limit is None
    else:
        assert limit is not None
        assert (limit.high, limit.verification) == (
            pack.parameters[key].columns[column].high,
            verification,
        )


def _known_as(
    pack: Regulation, key: str, column: str, verification: Verification
) -> Regulation:  # fmt: skip
    row = pack.parameters[key]
    number = replace(row.columns[column], verification=verification)
    changed = replace(row, columns={**row.columns, column: number})
    return replace(pack, parameters={**pack.parameters, key: changed})


@pytest.mark.parametrize("parameter", CATALOGUE.values(), ids=CATALOGUE)
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_decides_exactly_what_it_knows(pack: Regulation, parameter: Parameter) -> None:
    for column in (*pack.columns, "A", "B", "C"):
        row = pack.parameters.get(parameter.regulated_as or "")
        number = row.columns.get(column) if row else None
        decides = number is not None and number.verification in ("confirmed", "single")
        assert (limit_for(permit_under(pack, column), parameter, PACKS) is not None) is decides


@pytest.mark.parametrize("parameter", CATALOGUE.values(), ids=CATALOGUE)
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_typed_limit_decides_whatever_the_pack(pack: Regulation, parameter: Parameter) -> None:
    typed = {parameter.key: TypedLimit(None, Decimal("12.5"), "7")}
    limit = limit_for(permit_under(pack, "A", typed), parameter, PACKS)
    assert limit is not None
    assert (limit.high, limit.verification) == (Decimal("12.5"), Verification.PERMIT)
    assert "tr. 7" in limit.citation


@pytest.mark.parametrize("name", WHOLE)
def test_a_pack_that_is_not_loaded_decides_nothing_even_with_numbers(name: str) -> None:
    pack = replace(PACKS[name], loaded=False)
    for parameter in BY_REGULATED.values():
        assert limit_for(permit_under(pack, "A"), parameter, {pack.id: pack}) is None


# --- the loader -------------------------------------------------------------------------------

PACK = """
schema: 1
id: QCVN Mẫu
version: "1"
loaded: true
title: {vi: Mẫu, en: Sample}
sources: {one: https://example.org/1, two: a printed copy}
instrument: {text: Thông tư mẫu, verification: single, sources: [one]}
issued: {day: 2020-01-31, verification: single, sources: [two]}
effective: {verification: missing}
facts:
  formula: {text: Cmax = C x K, verification: unsure}
columns:
  A: {text: first, verification: single, sources: [one]}
  B: {text: second, verification: missing}
factors: [K]
factor_tables:
  K: [{value: 1.2, when: small, verification: unsure}]
parameters:
  cod:
    row: {number: 1, vi: COD, en: COD, unit: mg/l}
    factors_apply: {value: true, verification: confirmed, sources: [one, two]}
    limits:
      A: {max: 0.05, verification: confirmed, sources: [one, two]}
      B: {verification: missing}
  ph:
    row: {number: 2, vi: pH, en: pH, unit: "-"}
    factors_apply: {verification: missing}
    limits:
      A: {min: 5.5, max: 9, verification: single, sources: [one]}
      B: {min: 5, max: 9, verification: unsure}
"""


def changed(*changes: tuple[str, str]) -> object:
    text = PACK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_yaml(text, "mau.yaml")


def problems_of(raw: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        load_regulation("mau.yaml", raw, "0" * 64)
    return [str(problem) for problem in refused.value.problems]


def test_a_pack_keeps_everything_it_says() -> None:
    pack = load_regulation("mau.yaml", changed(), "f" * 64)
    assert (pack.id, pack.version, pack.digest, pack.loaded) == ("QCVN Mẫu", "1", "f" * 64, True)
    assert (pack.issued, pack.effective) == (date(2020, 1, 31), None)
    assert pack.facts["issued"].sources == ("a printed copy",)
    assert pack.facts["effective"].verification is Verification.MISSING
    assert pack.facts["K.1"].text == "K = 1.2: small"
    cod, ph = pack.parameters["cod"], pack.parameters["ph"]
    assert cod.columns["A"].high == Decimal("0.05")
    assert cod.columns["A"].sources == ("https://example.org/1", "a printed copy")
    assert cod.columns["B"] == ColumnLimit(None, None, Verification.MISSING)
    assert (cod.factors_apply, ph.factors_apply) == (True, None)
    assert ph.factors_apply_verification is Verification.MISSING
    assert (ph.columns["A"].low, ph.columns["A"].high) == (Decimal("5.5"), Decimal(9))


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("schema: 1", "schema: 2", "schema", "this program reads schema 1"),
        ("id: QCVN Mẫu", "", "id", "expected a text"),
        ("loaded: true", "", "loaded", "say true"),
        ("loaded: true", "loaded: no", "loaded", "expected true or false, found 'no'"),
        ("title: {vi: Mẫu, en: Sample}", "", "title", "a mapping is required"),
        ("en: Sample", "eng: Sample", "title.eng", "did you mean 'en'?"),
        ("facts:", "factz:", "factz", "did you mean 'facts'?"),
        ("a printed copy", "https://example.org/1", "sources.two", "the same source as 'one'"),
        ("a printed copy", "", "sources.two", "expected an address"),
        ("day: 2020-01-31, ", "", "issued.day", "either a day or verification: missing"),
        ("day: 2020-01-31", "day: 31/1/2020", "issued.day", "a day such as 2026-01-31"),
        ("effective: {", "effective: {day: 2020-02-01, ", "effective.day", "either a day or"),
        (
            "effective: {verification: missing}",
            "effective: {day: 2019-12-31, verification: unsure}",
            "effective",
            "lies before issued",
        ),
        ("formula: {", "issued: {", "facts.issued", "written as a day"),
        ("text: first, ", "", "columns.A.text", "expected a text"),
        ("factors: [K]", "factors: [K, K]", "factors", "stands twice"),
        ("  K: [{value", "  Kq: [{value", "factor_tables.Kq", "unknown key"),
        ("value: 1.2", "value: 0", "factor_tables.K[0].value", "above 0"),
        ("number: 2", "number: 1", "parameters.ph.row.number", "already belongs to 'cod'"),
        ("number: 2, ", "", "parameters.ph.row.number", "expected a text"),
        ("unit: mg/l", "unti: mg/l", "parameters.cod.row.unti", "did you mean 'unit'?"),
        ("value: true, ", "", "parameters.cod.factors_apply.value", "either true or false"),
        ("{value: true", "{only: x, value: true", "parameters.cod.factors_apply.only", "unknown"),
        ("{text: Cmax", "{txt: a, text: Cmax", "facts.formula.txt", "did you mean 'text'?"),
        ("{day: 2020", "{dya: a, day: 2020", "issued.dya", "did you mean 'day'?"),
        ("{value: 1.2", "{only: x, value: 1.2", "factor_tables.K[0].only", "unknown key"),
        (
            "    limits:",
            "    limit: x\n    limits:",
            "parameters.cod.limit",
            "did you mean 'limits'?",
        ),
        ("      A: {max", "      C: {max", "parameters.cod.limits.C", "no column 'C'"),
        (
            "      B: {verification: missing}\n",
            "",
            "parameters.cod.limits",
            "says nothing of column B",
        ),
        ("max: 0.05", "maximum: 0.05", "parameters.cod.limits.A.max", "a number is required"),
        ("max: 0.05", "max: 0,05", "parameters.cod.limits.A.05", "unknown key"),
        ("max: 0.05", 'max: "0,05"', "parameters.cod.limits.A.max", "such as 150 or 0.05"),
        ("max: 0.05", "max: -5", "parameters.cod.limits.A.max", "below 0"),
        ("max: 0.05", "max: 3.000", "parameters.cod.limits.A.max", "Write 3000 or 3.0"),
        (
            "max: 0.05, verification: confirmed, ",
            "max: 0.05, ",
            "parameters.cod.limits.A.verification",
            "say how well this is known",
        ),
        (
            "max: 0.05, verification: confirmed",
            "max: 0.05, verification: permit",
            "parameters.cod.limits.A.verification",
            "'permit' is not one of",
        ),
        (
            "max: 0.05, verification: confirmed",
            "max: 0.05, verification: missing",
            "parameters.cod.limits.A.verification",
            "so it is not missing",
        ),
        (
            "max: 0.05, verification: confirmed, sources: [one, two]",
            "max: 0.05, verification: confirmed, sources: [one]",
            "parameters.cod.limits.A.sources",
            "confirmed needs at least 2",
        ),
        (
            "max: 0.05, verification: confirmed, sources: [one, two]",
            "max: 0.05, verification: confirmed, sources: [one, one]",
            "parameters.cod.limits.A.sources",
            "confirmed needs at least 2",
        ),
        (
            "max: 9, verification: single, sources: [one]",
            "max: 9, verification: single",
            "parameters.ph.limits.A.sources",
            "single needs at least 1",
        ),
        (
            "max: 9, verification: single, sources: [one]",
            "max: 9, verification: single, sources: [onee]",
            "parameters.ph.limits.A.sources",
            "no source 'onee' in the table; did you mean 'one'?",
        ),
        ("min: 5.5", "min: 9", "parameters.ph.limits.A.min", "not below the max"),
        ("min: 5.5", "min: 10", "parameters.ph.limits.A.min", "not below the max"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, where: str, says: str) -> None:
    said = problems_of(changed((old, new)))
    assert [one for one in said if one.startswith(f"mau.yaml: {where}: ") and says in one], said


def test_all_mistakes_are_named_at_once() -> None:
    said = problems_of(
        changed(
            ("max: 0.05, verification: confirmed, ", "max: 0.05, "),
            ("min: 5.5", "min: 9"),
            ("loaded: true", "loadet: true"),
            ("sources: [two]", "sources: [three]"),
        )
    )
    wanted = ["loadet", "loaded", "limits.A.verification", "ph.limits.A.min", "issued.sources"]
    for key in wanted:
        assert any(f"{key}: " in one for one in said), (key, said)
    assert len(said) == len(wanted), said


def test_factors_that_the_regulation_does_not_have_are_refused() -> None:
    table = "factor_tables:\n  K: [{value: 1.2, when: small, verification: unsure}]\n"
    said = problems_of(changed(("factors: [K]", "factors: []"), (table, "")))
    assert [one.split(": ")[1] for one in said] == [
        "parameters.cod.factors_apply",
        "parameters.ph.factors_apply",
    ]


def test_a_regulation_without_factors_has_nothing_to_say_of_them() -> None:
    pack = load_regulation(
        "mau.yaml",
        changed(
            ("factors: [K]\n", ""),
            ("factor_tables:\n  K: [{value: 1.2, when: small, verification: unsure}]\n", ""),
            (
                "    factors_apply: {value: true, verification: confirmed, sources: [one, two]}\n",
                "",
            ),
            ("    factors_apply: {verification: missing}\n", ""),
        ),
        "",
    )
    assert pack.factors == ()
    for row in pack.parameters.values():
        assert row.factors_apply is None
        assert row.factors_apply_verification is Verification.MISSING


def test_a_loaded_pack_has_rows() -> None:
    raw = deepcopy(changed())
    assert isinstance(raw, dict)
    raw["parameters"] = {}
    (said,) = problems_of(raw)
    assert "loaded" in said
    raw["loaded"] = False
    assert load_regulation("mau.yaml", raw, "").limit("cod", "A") is None


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused_in_one_line(raw: object) -> None:
    (said,) = problems_of(raw)
    assert "expected a mapping" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  cod:", "  cot:", "did you mean 'cod'?"),
        ("unit: mg/l", "unit: µg/l", "COD is judged in mg/L, not in µg/l"),
        ("unit: mg/l", "unit: g/l", "COD is judged in mg/L, not in g/l"),
        ("{max: 0.05", "{min: 0.01, max: 0.05", "COD takes a max and no min (column A)"),
        ("min: 5.5, ", "", "pH takes min and max (column A)"),
    ],
)
def test_a_row_must_fit_the_catalogue(old: str, new: str, says: str) -> None:
    pack = load_regulation("mau.yaml", changed((old, new)), "")
    (problem,) = catalogue_problems("mau.yaml", pack, CATALOGUE)
    assert problem.key.startswith("parameters.")
    assert says in problem.message
    assert catalogue_problems("mau.yaml", load_regulation("m", changed(), ""), CATALOGUE) == []

"""What a permit says of loads and volumes, and what the register and the terms make of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rules.cases import Case, load_cases, run_case
from rules.days import DAY_SECONDS, day_start
from rules.loads import Derived
from rules.model import Reason, Refused, Verification
from rules.permit import limit_for
from rules.register import Register, load_register, unmeasured
from rules.terms import Terms, TermsBook, terms_of
from tolich.packs import load_catalogue, load_regulations
from tolich.store.terms import terms_body, terms_from
from tolich.yamlfile import parse_yaml, read_yaml

CATALOGUE = load_catalogue()
KNOWN = load_regulations()
ROOT = Path(__file__).parents[2]
CASES = ROOT / "rules/cases/loads.cases.yaml"
SHIPPED = load_cases(CASES.name, read_yaml(CASES), CATALOGUE, KNOWN)

REGISTER = """
schema: 1
clusters: {ccn-mau-01: {name: CCN Mẫu 01, province: mẫu}}
plants:
  mau-01: {cluster: ccn-mau-01, name: Nhà máy Mẫu 01, capacity: 500}
stations:
  MAU01:
    plant: mau-01
    name: Trạm Mẫu 01
    from: 2026-01-01
    interval: 300
    series:
      COD: {low: 10, high: 300, interval: 300}
      FlowOut: {low: 1, high: 50}
  VAO01:
    plant: mau-01
    name: Trạm vào 01
    from: 2026-01-01
    interval: 60
    series: {COD: {}, FlowIn: {}}
permits:
  gp:
    plant: mau-01
    document: Giấy phép môi trường (mẫu)
    number: 01/GP
    date: 2025-12-01
    page: "1"
    from: 2026-01-01
    until: 2026-06-30
    loads: {COD: {max: 30, page: "4"}}
    volume: {design_capacity: true, page: "2"}
"""

MARCH = day_start(date(2026, 3, 9))
COD_LINE = "      COD: {low: 10, high: 300, interval: 300}"


def register(*changed: tuple[str, str]) -> Register:
    text = REGISTER
    for old, new in changed:
        assert old in text, old
        text = text.replace(old, new, 1)
    return load_register("register.yaml", parse_yaml(text, "register.yaml"), CATALOGUE, KNOWN)


def refused(*changed: tuple[str, str]) -> list[str]:
    with pytest.raises(Refused) as caught:
        register(*changed)
    return [str(problem) for problem in caught.value.problems]


def made(of: Register, station: str = "MAU01", day: int = MARCH) -> dict[str, Terms]:
    """The derived terms of a station, by parameter."""
    found = terms_of(of.stations[station], day, of, KNOWN)
    return {one.series.parameter: one for one in found if one.derived is not None}


# --- permits ------------------------------------------------------------------------------------


def test_the_limit_of_a_load_names_permit_and_page() -> None:
    of = register()
    entry = of.stations["MAU01"].entry("COD_load")
    limit = limit_for(of.permits["gp"], entry.parameter, KNOWN)
    assert limit is not None
    assert (limit.low, limit.high, limit.unit) == (None, Decimal(30), "kg/day")
    assert limit.citation == "Giấy phép môi trường (mẫu) 01/GP (2025-12-01), tr. 4"
    assert limit.trace == (f"COD_load: ≤ 30 kg/day ← {limit.citation}",)
    assert limit.verification is Verification.PERMIT
    assert (entry.parameter.name_vi, entry.parameter.name_en) == ("Tải lượng COD", "COD load")


def test_the_design_capacity_is_the_plants() -> None:
    of = register(("capacity: 500", "capacity: 512.5"))
    limit = made(of)["Volume"].limit
    assert limit is not None
    assert (limit.high, limit.unit) == (Decimal("512.5"), "m3/day")
    assert "công suất thiết kế, design capacity" in limit.trace[0]
    typed = made(register(("design_capacity: true", "max: 450")))["Volume"].limit
    assert typed is not None
    assert typed.high == 450
    assert "design capacity" not in typed.trace[0]


def test_a_load_may_be_of_another_flow() -> None:
    of = register(("max: 30,", "max: 30, flow: FlowIn, unit: kg/day,"))
    assert "COD_load" not in made(of)
    derived = made(of, "VAO01")["COD_load"].derived
    assert derived is not None
    assert derived.parts == ("FlowIn", "COD")


def test_a_load_may_have_its_own_ladder() -> None:
    text = '    volume: {design_capacity: true, page: "2"}'
    ladder = "    ladder: {parameters: {COD_load: {near: 0.5}}}"
    of = register((text, f"{text}\n{ladder}"))
    assert made(of)["COD_load"].ladder.near == Fraction(1, 2)
    assert made(of)["Volume"].ladder.near == Fraction(9, 10)
    (said,) = refused((text, ladder.replace("COD_load", "COD_lod")))
    assert "did you mean 'COD_load'?" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("COD: {max: 30", "CODD: {max: 30", "loads.CODD: unknown parameter 'CODD'; did you mean"),
        ("COD: {max: 30", "pH: {max: 30", "loads.pH: a load needs a concentration in mg/L, pH is"),
        ("max: 30", "max: 0", "loads.COD.max: write the load in kg/day, above 0"),
        ("max: 30", "maximum: 30", "loads.COD.maximum: unknown key; did you mean 'max'"),
        ("max: 30, ", "", "loads.COD.max: a number is required here"),
        ("max: 30", "max: 30, unit: t/day", "loads.COD.unit: write the limit in kg/day"),
        ("max: 30", "max: 30, flow: COD", "loads.COD.flow: 'COD' is no flow in m3/h"),
        ("max: 30", "max: 30, flow: FlowOu", "did you mean 'FlowOut'"),
        ('30, page: "4"', "30", "loads.COD.page: expected a text"),
        ("design_capacity: true", "design_capacity: false", "volume: write either max, in m3/day"),
        ("design_capacity: true", "design_capacity: true, max: 1", "volume: write either max"),
        ("design_capacity: true", "max: -1", "volume: max is -1: a volume above 0 m3/day"),
        ("capacity: 500", "capacity: 0", "volume: the plant's capacity is 0: a volume above 0"),
        ("design_capacity: true", "max: 1, unit: l", "volume.unit: write the limit in m3/day"),
        ("design_capacity: true", "max: 1, flow: Q", "volume.flow: 'Q' is no flow in m3/h"),
        ("design_capacity", "design_capacit", "did you mean 'design_capacity'"),
    ],
)
def test_a_permit_that_is_unclear_about_loads_is_refused(old: str, new: str, said: str) -> None:
    problems = refused((old, new))
    assert any(said in problem for problem in problems), problems
    assert all("permits.gp." in problem for problem in problems), problems


def test_one_mistake_is_one_problem() -> None:
    assert len(refused(("max: 30, ", ""))) == 1
    assert len(refused(("max: 30", "max: 0"))) == 1


def test_a_parameter_of_the_catalogue_may_not_have_the_name_of_a_load() -> None:
    own = {**CATALOGUE, "COD_load": CATALOGUE["COD"], "Volume": CATALOGUE["COD"]}
    with pytest.raises(Refused) as caught:
        load_register("r.yaml", parse_yaml(REGISTER, "r.yaml"), own, KNOWN)
    assert [problem.key for problem in caught.value.problems] == [
        "permits.gp.loads.COD",
        "permits.gp.volume",
    ]


def test_the_volume_of_an_unknown_plant_is_one_problem() -> None:
    (said,) = refused(("plant: mau-01\n    document", "plant: mau-02\n    document"))
    assert "no plant 'mau-02'" in said


# --- the register -------------------------------------------------------------------------------


def test_a_station_measures_what_it_measured_and_is_judged_by_more() -> None:
    station = register().stations["MAU01"]
    assert list(station.series) == ["COD", "FlowOut"]
    assert list(station.judged()) == ["COD", "FlowOut", "COD_load", "Volume"]
    assert station.entry("COD") is station.series["COD"]
    load = station.entry("COD_load")
    assert (load.low, load.high) == (Decimal("0.24"), Decimal(360))
    assert load.interval(date(2026, 3, 9)) == 300
    with pytest.raises(KeyError):
        station.entry("TSS_load")


def test_a_station_without_the_flow_has_no_load() -> None:
    assert register().stations["VAO01"].derived == {}


def test_what_nobody_measures_is_said() -> None:
    assert unmeasured(register().permits["gp"], register()) == []
    of = register(("loads: {COD", "loads: {TSS"))
    assert unmeasured(of.permits["gp"], of) == [
        "TSS_load is owed by nobody: no station of mau-01 measures FlowOut and TSS"
    ]


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ("600", "FlowOut every 300 s, COD every 600 s from 2026-01-01"),
        (
            "[{from: 2026-01-01, seconds: 300}, {from: 2026-03-01, seconds: 60}]",
            "FlowOut every 300 s, COD every 60 s from 2026-03-01",
        ),
    ],
)
def test_the_parts_of_a_load_need_one_interval(interval: str, said: str) -> None:
    (problem,) = refused((COD_LINE, COD_LINE.replace("interval: 300", f"interval: {interval}")))
    assert problem == (
        f"register.yaml: permits.gp.loads.COD: station MAU01 sends {said}: "
        "give both the same interval"
    )


def test_intervals_may_differ_when_the_permit_does_not_bind() -> None:
    dated = "[{from: 2026-01-01, seconds: 300}, {from: 2026-07-01, seconds: 60}]"
    of = register((COD_LINE, COD_LINE.replace("interval: 300", f"interval: {dated}")))
    assert made(of)["COD_load"].interval == 300


def test_a_basis_that_the_interval_does_not_divide_is_refused_for_a_volume_too() -> None:
    # Testland's pack declares a quarter_hour.
    packs = load_regulations(extra=[ROOT / "examples/regulations/testland-7-2020.yaml"])
    changed = REGISTER.replace("until: 2026-06-30", "basis: quarter_hour")
    slow = changed.replace("interval: 300", "interval: 1800")
    load_register("r.yaml", parse_yaml(changed, "r.yaml"), CATALOGUE, packs)
    with pytest.raises(Refused) as caught:
        load_register("r.yaml", parse_yaml(slow, "r.yaml"), CATALOGUE, packs)
    assert any("Volume of station MAU01" in str(one) for one in caught.value.problems)


# --- terms --------------------------------------------------------------------------------------


def test_the_terms_of_a_load() -> None:
    of = made(register())["COD_load"]
    # Quanta are millionths: 0.024 kg/day in a mg/L x m3/h are 24,000 over a billion of them.
    assert of.derived == Derived(("FlowOut", "COD"), Fraction(24, 10**9))
    assert (of.low, of.high) == (240_000, 360_000_000)
    assert (of.interval, of.lack, of.dry, of.owed) == (300, None, None, True)
    assert made(register())["Volume"].derived == Derived(("FlowOut",), Fraction(24))


def test_no_discharge_is_no_reason_to_leave_a_load_unjudged() -> None:
    text = '    volume: {design_capacity: true, page: "2"}'
    of = register((text, f"{text}\n    no_discharge: {{below: 0.5}}"))
    cod, _, load, _ = terms_of(of.stations["MAU01"], MARCH, of, KNOWN)
    assert cod.dry is not None
    assert load.dry is None


def test_a_load_is_owed_only_while_its_permit_binds() -> None:
    of = register()
    book = TermsBook(of, KNOWN)
    july = day_start(date(2026, 7, 1))
    assert set(made(of, day=july - DAY_SECONDS)) == {"COD_load", "Volume"}
    assert made(of, day=july) == {}
    assert book.of("MAU01", july - DAY_SECONDS) == (
        terms_of(of.stations["MAU01"], july - DAY_SECONDS, of, KNOWN)
    )
    assert [one.lack for one in book.of("MAU01", july)] == [Reason.NO_PERMIT] * 2


def test_the_book_of_terms_knows_a_change_of_interval() -> None:
    dated = "[{from: 2026-01-01, seconds: 300}, {from: 2026-03-09, seconds: 60}]"
    of = register(
        (COD_LINE, COD_LINE.replace("interval: 300", f"interval: {dated}")),
        ("{low: 1, high: 50}", f"{{low: 1, high: 50, interval: {dated}}}"),
    )
    book = TermsBook(of, KNOWN)
    for day, seconds in ((MARCH - DAY_SECONDS, 300), (MARCH, 60)):
        assert {one.interval for one in book.of("MAU01", day)} == {seconds}


def test_kept_terms_come_back_as_they_were_and_old_ones_without_loads_too() -> None:
    of = register()
    terms = terms_of(of.stations["MAU01"], MARCH, of, KNOWN)
    assert any(one.derived for one in terms)
    assert terms_from(terms_body(terms)) == terms
    plain = terms[:2]
    assert terms_from(terms_body(plain).replace(',"derived":null', "")) == plain


# --- cases --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SHIPPED, ids=[case.title_en for case in SHIPPED])
def test_every_case_of_a_load_holds(case: Case) -> None:
    assert run_case(case, CATALOGUE, KNOWN) == []


def test_a_case_names_only_loads_that_its_permit_has() -> None:
    raw: Any = read_yaml(CASES)
    raw["cases"][0]["findings"][0]["parameter"] = "TSS_load"
    with pytest.raises(Refused) as caught:
        load_cases("c.yaml", raw, CATALOGUE, KNOWN)
    assert "'TSS_load' is not one of FlowOut, COD, COD_load" in str(caught.value)

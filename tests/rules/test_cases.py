"""Rule cases: all that ship hold, and a wrong one says what it expected and what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.cases import Case, load_cases, run_case
from rules.model import Refused, Status
from tolich.packs import REGULATIONS, load_catalogue, load_regulations, shipped_cases
from tolich.yamlfile import parse_yaml, read_yaml

CATALOGUE = load_catalogue()
KNOWN = load_regulations()
FILES = sorted(REGULATIONS.glob("*.cases.yaml"))
SHIPPED = [
    (path.name, case)
    for path in shipped_cases()
    for case in load_cases(path.name, read_yaml(path), CATALOGUE, KNOWN)
]
NAMES = [f"{name}: {case.title_en}" for name, case in SHIPPED]

SET_ASIDE = (Status.CALIBRATING, Status.FAULT, Status.UNKNOWN)

WRONG = """
schema: 1
cases:
  - title: {vi: "sai", en: "wrong"}
    permit: {limits: {COD: {max: 150, page: "1"}}}
    readings: {COD: "160 x288"}
    findings: [{parameter: COD, period: day, outcome: compliant, reason: within_limit, mean: 100}]
    alerts:
      - kind: exceedance
        parameter: COD
        period: hour
        intervals: [{from: "08:00", to: "10:00"}]
"""


@pytest.mark.parametrize("case", [case for _, case in SHIPPED], ids=NAMES)
def test_every_shipped_case_holds(case: Case) -> None:
    assert run_case(case, CATALOGUE, KNOWN) == []


def test_every_regulation_has_cases() -> None:
    packs = {p.stem for p in REGULATIONS.glob("*.yaml") if not p.name.endswith(".cases.yaml")}
    assert packs == {path.name.removesuffix(".cases.yaml") for path in FILES}
    assert packs


def test_every_case_has_two_titles_and_expects_something() -> None:
    for name, case in SHIPPED:
        assert case.title_vi, name
        assert case.title_en, name
        assert case.findings or case.alerts or case.readings, name


def test_a_wrong_case_says_expected_against_found() -> None:
    (case,) = load_cases("wrong.yaml", parse_yaml(WRONG, "wrong.yaml"), CATALOGUE, KNOWN)
    assert run_case(case, CATALOGUE, KNOWN) == [
        "COD day 00:00: expected outcome compliant, found exceeded",
        "COD day 00:00: expected reason within_limit, found above_limit",
        "COD day 00:00: expected mean 100, found 160",
        "exceedance alerts of COD by the hour: expected 08:00–10:00, found 00:00–…",
    ]


def test_a_mean_that_was_expected_where_there_is_none_is_named() -> None:
    text = WRONG.replace("160 x288", "160 x100")
    (case,) = load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    assert "COD day 00:00: expected mean 100, found none" in run_case(case, CATALOGUE, KNOWN)


@pytest.mark.parametrize(
    ("broken", "mended", "message"),
    [
        ("outcome:", "outcom:", "did you mean 'outcome'"),
        ('COD: "160 x288"', 'COD: "160 y288"', "is not a run such as"),
        ("parameter: COD, period: day", "parameter: CODD, period: day", "did you mean 'COD'"),
        ("max: 150", "maximum: 150", "permit.limits.COD.maximum: unknown key; did you mean 'max'"),
        ("parameter: COD, period: day", "parameter: TSS, period: day", "'TSS' is not one of COD"),
        ('COD: "160 x288"', 'CODD: "160 x288"', "readings.CODD: unknown parameter 'CODD'"),
        ("160 x288", "160 x289", "289 slots are written, the day has 288"),
        ("160 x288", "160.0000001 x288", "160.0000001 is finer than 0.000001 mg/L"),
        ("160 x288", "160| x288", "'' is not a number"),
        ("outcome: compliant", "outcome: complaint", "did you mean 'compliant'"),
        ("within_limit", "within_limits", "did you mean 'within_limit'"),
        ("kind: exceedance", "kind: silence", "'silence' is not one of exceedance, near"),
        ("period: day", "period: hour", "findings[0].at: expected a text"),
        ('from: "08:00"', 'from: "08:30"', "expected a whole hour of the day"),
        ('to: "10:00"', 'to: "25:00"', "expected a whole hour of the day"),
        ("period: day", 'period: hour, at: "24:00"', "the last hour of a day begins at 23:00"),
        ("intervals:", "interval:", "did you mean 'intervals'"),
        ("permit:", "permits:", "permits: expected a list of permits"),
        ("permit:", "permt:", "did you mean 'permit'"),
        ("schema: 1", "schema: 2", "this program reads schema 1"),
    ],
)
def test_a_misspelt_case_is_refused_with_the_remedy(broken: str, mended: str, message: str) -> None:
    text = WRONG.replace(broken, mended, 1)
    assert text != WRONG
    with pytest.raises(Refused) as refused:
        load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    assert message in str(refused.value)


def test_a_file_without_cases_and_a_case_that_expects_nothing_are_refused() -> None:
    for text, message in (
        ("schema: 1\ncases: []\n", "cases: a list of at least one case is required"),
        (WRONG[: WRONG.index("    findings")], "cases[0].findings: a case must expect something"),
    ):
        with pytest.raises(Refused) as refused:
            load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
        assert message in str(refused.value)


def test_every_problem_is_named_at_once() -> None:
    text = WRONG.replace("max:", "maxi:").replace("outcome:", "outcom:").replace("288", "289")
    with pytest.raises(Refused) as refused:
        load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    places = {problem.key for problem in refused.value.problems}
    assert {
        "cases[0].permit.limits.COD.maxi",
        "cases[0].findings[0].outcom",
        "cases[0].readings.COD",
    } <= places


@pytest.mark.parametrize(
    ("shorthand", "counts"),
    [
        pytest.param("160 x288", (288, 0, 0, 0, 0), id="a whole day"),
        pytest.param("160", (1, 0, 0, 0, 0), id="one value"),
        pytest.param("- x280, 160 x8", (8, 0, 0, 0, 0), id="a gap first"),
        pytest.param("01:160 x6, 160 x2", (2, 6, 0, 0, 0), id="calibrating"),
        pytest.param("02:160 x6, 00:160 x2", (2, 0, 6, 0, 0), id="device error"),
        pytest.param("03:160 x6, 77:160", (0, 0, 0, 7, 0), id="any other code"),
        pytest.param("150|160 x3, 150 x2", (5, 0, 0, 0, 3), id="two values for one instant"),
        pytest.param("-3 x4", (4, 0, 0, 0, 0), id="negative values"),
    ],
)
def test_the_shorthand(shorthand: str, counts: tuple[int, ...]) -> None:
    text = WRONG.replace("160 x288", shorthand)
    (case,) = load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    at = [(one.offset, one.status) for one in case.said]
    instants = {offset for offset, status in at if status is Status.MEASURING}
    others = [sum(status is one for _, status in at) for one in SET_ASIDE]
    assert (len(instants), *others, len(at) - len(set(at))) == counts


def test_each_regulation_is_named_by_its_own_cases() -> None:
    for regulation in KNOWN.values():
        slug = regulation.id.partition("/")[0].lower().replace("đ", "d")
        name = f"{slug.replace(' ', '-').replace(':', '-')}.cases.yaml"
        named = {
            permit.by_regulation.regulation
            for file, case in SHIPPED
            if file == name
            for permit in case.register.permits.values()
            if permit.by_regulation
        }
        assert regulation.id in named, name


def test_the_case_files_are_where_the_build_looks() -> None:
    assert Path(REGULATIONS, "qcvn-40-2011.cases.yaml") in FILES

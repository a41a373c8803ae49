"""Rule cases: all that ship hold, and a wrong one says what it expected and what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.cases import Case, load_cases, run_case
from rules.model import Refused
from tolich.packs import REGULATIONS, load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml, read_yaml

CATALOGUE = load_catalogue()
KNOWN = load_regulations()
FILES = sorted(REGULATIONS.glob("*.cases.yaml"))
SHIPPED = [
    (path.name, case)
    for path in FILES
    for case in load_cases(path.name, read_yaml(path), CATALOGUE, KNOWN)
]
NAMES = [f"{name}: {case.title_en}" for name, case in SHIPPED]

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
        assert case.findings, name


def test_a_wrong_case_says_expected_against_found() -> None:
    (case,) = load_cases("wrong.yaml", parse_yaml(WRONG, "wrong.yaml"), CATALOGUE, KNOWN)
    assert run_case(case, CATALOGUE, KNOWN) == [
        "COD day 00:00: expected outcome compliant, found exceeded",
        "COD day 00:00: expected reason within_limit, found above_limit",
        "COD day 00:00: expected mean 100, found 160",
        "exceedance alerts of COD by the hour: expected 08:00–10:00, found 00:00–…",
    ]


@pytest.mark.parametrize(
    ("broken", "mended", "message"),
    [
        ("outcome:", "outcom:", "did you mean 'outcome'"),
        ('COD: "160 x288"', 'COD: "160 y288"', "is not a run such as"),
        ("parameter: COD, period: day", "parameter: CODD, period: day", "did you mean 'COD'"),
        ("max: 150", "maximum: 150", "did you mean 'max'"),
    ],
)
def test_a_misspelt_case_is_refused_with_the_remedy(broken: str, mended: str, message: str) -> None:
    text = WRONG.replace(broken, mended, 1)
    assert text != WRONG
    with pytest.raises(Refused) as refused:
        load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    assert message in str(refused.value)


def test_the_case_files_are_where_the_build_looks() -> None:
    assert Path(REGULATIONS, "qcvn-40-2011.cases.yaml") in FILES

"""What is worth a word about a pack, and what differs between two."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from rules.model import Parameter
from rules.permit import warnings as permit_warnings
from rules.provenance import Known, differences, known, range_text, warnings
from rules.regulation import Regulation, load_regulation
from tests.cast import CATALOGUE
from tests.rules.test_regulations import permit_under
from tolich.yamlfile import parse_yaml

TEXT = """
schema: 1
id: Made up
version: "1"
loaded: true
title: {vi: bịa, en: made up}
sources: {one: the text, two: a commentary}
instrument: {text: Decree 1, verification: single, sources: [one]}
issued: {day: 2020-01-01, verification: single, sources: [one]}
effective: {verification: missing}
facts:
  formula: {text: C x K, verification: unsure}
columns:
  A: {text: a river, verification: single, sources: [one]}
  B: {text: a lake, verification: single, sources: [one]}
periods:
  quarter_hour: {seconds: 900, vi: 15 phút, en: 15 minutes}
factors: [K]
factor_tables:
  K:
    - {value: 1.1, when: small, verification: unsure}
    - {value: 1.0, when: large, verification: unsure}
parameters:
  cod:
    row: {number: 1, vi: COD, en: COD, unit: mg/l}
    factors_apply: {value: true, verification: single, sources: [two]}
    limits:
      A: {max: 75, verification: single, sources: [one]}
      B: {max: 150.0, verification: unsure, sources: [one]}
  ph:
    row: {number: 2, vi: pH, en: pH, unit: "-"}
    factors_apply: {verification: missing}
    limits:
      A: {min: 6, max: 9, verification: confirmed, sources: [one, two]}
      B: {verification: missing}
"""


def raw() -> dict[str, Any]:
    found = parse_yaml(TEXT, "p.yaml")
    assert isinstance(found, dict)
    return found


def pack(changed: dict[str, Any] | None = None) -> Regulation:
    return load_regulation("p.yaml", changed or raw(), "digest")


def test_what_is_worth_a_word() -> None:
    assert warnings(pack()) == [
        "parameters.cod.limits.B: 150 is unsure, so it is shown and decides nothing",
        "parameters.ph.limits: no number in column B; a plant there gets limit_missing unless its "
        "permit types one",
        "facts.formula: is unsure and names no source",
        "factor_tables.K: 2 figures are unsure and name no source",
    ]


def test_a_source_that_nothing_names_and_tables_that_are_not_loaded() -> None:
    changed = raw()
    changed["loaded"] = False
    changed["sources"]["three"] = "another text"
    said = warnings(pack(changed))
    assert said[0] == "loaded: false: its tables decide nothing yet"
    assert said[-1] == "sources.three: nothing in the file names it"


def test_a_source_named_for_the_factors_alone_is_named() -> None:
    changed = raw()
    changed["sources"]["three"] = "another text"
    changed["parameters"]["cod"]["factors_apply"]["sources"] = ["three"]
    assert warnings(pack(changed)) == warnings(pack())


def test_only_numbers_that_may_decide_are_counted() -> None:
    assert known(pack()) == Known(4, 2)
    assert known(pack(raw() | {"loaded": False})) == Known(4, 0)


def test_a_range_and_a_number_as_text() -> None:
    rows = pack().parameters
    assert range_text(rows["ph"].columns["A"]) == "6 – 9"
    assert range_text(rows["cod"].columns["B"]) == "150"
    assert range_text(rows["ph"].columns["B"]) == "–"
    assert range_text(None) == "–"


# --- differences ------------------------------------------------------------------------------


def test_a_pack_does_not_differ_from_itself() -> None:
    other = raw()
    other["parameters"]["cod"]["limits"]["A"]["max"] = "75.00"  # the same number
    assert differences(pack(), load_regulation("q.yaml", other, "another digest")) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("version", "2", ("pack", "version", "1", "2")),
        ("loaded", False, ("pack", "loaded", "true", "false")),
        ("title.en", "x", ("pack", "title en", "made up", "x")),
        ("issued.day", "2021-01-01", ("issued", "text", "2020-01-01", "2021-01-01")),
        ("columns.A.text", "a sea", ("columns.A", "text", "a river", "a sea")),
        ("facts.formula.text", "C", ("facts.formula", "text", "C x K", "C")),
        ("periods.quarter_hour.seconds", 1800, ("periods.quarter_hour", "seconds", "900", "1800")),
        ("periods.quarter_hour.en", "x", ("periods.quarter_hour", "en", "15 minutes", "x")),
        (
            "parameters.cod.limits.A.max", 70,
            ("parameters.cod, column A", "limit", "75", "70"),
        ),
        (
            "parameters.ph.limits.A.min", 5.5,
            ("parameters.ph, column A", "limit", "6 – 9", "5.5 – 9"),
        ),
        (
            "parameters.cod.limits.B.verification", "single",
            ("parameters.cod, column B", "verification", "unsure", "single"),
        ),
        (
            "parameters.cod.limits.A.sources", ["two"],
            ("parameters.cod, column A", "sources", "the text", "a commentary"),
        ),
        (
            "parameters.cod.limits.A.note", "page 3",
            ("parameters.cod, column A", "note", "–", "page 3"),
        ),
        ("parameters.cod.row.unit", "g/l", ("parameters.cod", "unit", "mg/l", "g/l")),
        (
            "parameters.cod.factors_apply.value", False,
            ("parameters.cod", "factors apply", "true (single)", "false (single)"),
        ),
    ],
)  # fmt: skip
def test_one_change_is_one_difference(
    path: str, value: object, expected: tuple[str, str, str, str]
) -> None:
    changed = deepcopy(raw())
    *above, last = path.split(".")
    inner: dict[str, Any] = changed
    for key in above:
        inner = inner[key]
    inner[last] = value
    assert differences(pack(), pack(changed)) == [expected]
    where, what, before, after = expected
    assert differences(pack(changed), pack()) == [(where, what, after, before)]


def test_what_only_one_of_two_has_is_one_line() -> None:
    changed = raw()
    del changed["parameters"]["ph"]
    changed["until"] = {"day": "2039-12-31", "verification": "single", "sources": ["one"]}
    assert differences(pack(), pack(changed)) == [
        (
            "parameters.ph", "taken out",
            "number 2; vi pH; en pH; unit -; factors apply – (missing)", "–",
        ),
        (
            "parameters.ph, column A", "taken out",
            "limit 6 – 9; verification confirmed; sources the text, a commentary", "–",
        ),
        ("parameters.ph, column B", "taken out", "verification missing", "–"),
        ("until", "added", "–", "text 2039-12-31; verification single; sources the text"),
    ]  # fmt: skip


# --- a pack that is no longer in force ----------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "warned"), [("2024-12-31", True), ("2025-01-01", False), (None, False)]
)
def test_a_permit_under_a_pack_that_had_ended_is_warned_of(until: str | None, warned: bool) -> None:
    changed = raw()
    if until:
        changed["until"] = {"day": until, "verification": "single", "sources": ["one"]}
    of = pack(changed)
    permit = permit_under(of, "A")
    assert permit.since == date(2025, 1, 1)
    catalogue: dict[str, Parameter] = dict(CATALOGUE)
    said = permit_warnings(permit, "mẫu", catalogue, {of.id: of})
    assert any("was in force until 2024-12-31" in line for line in said) is warned

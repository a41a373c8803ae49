"""Periods as data: what a pack may declare, who owes them, and what they need of a station."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rules.cases import load_cases, run_case
from rules.model import DAY, HOUR, PERIODS, Outcome, Period, Refused
from rules.register import load_register
from rules.regulation import Regulation, known_periods, load_regulation, period_problems
from rules.terms import owes
from tests.cast import CATALOGUE, REGULATIONS, cast_register
from tests.rules.windows import findings, ph_terms, readings, terms
from tolich.packs import REGULATIONS as FOLDER
from tolich.packs import load_pack
from tolich.yamlfile import parse_yaml, read_yaml

QUARTER = Period("quarter_hour", 900, "15 phút", "15 minutes")
WORDS = {"vi": "x", "en": "x"}


def pack(**changes: Any) -> Regulation:
    """A pack that ships, with changes."""
    raw = read_yaml(FOLDER / "qcvn-14-2025.yaml")
    assert isinstance(raw, dict)
    return load_regulation("pack.yaml", raw | changes, "digest")


# --- what a pack may declare --------------------------------------------------------------------


def test_the_periods_of_a_pack_come_after_hour_and_day_by_length() -> None:
    declared = {
        "shift": {"seconds": 28800, "vi": "ca", "en": "shift"},
        "quarter_hour": {"seconds": 900, "vi": "15 phút", "en": "15 minutes"},
    }
    known = {"P": pack(periods=declared)}
    shift = Period("shift", 28800, "ca", "shift")
    assert known_periods(known) == (HOUR, DAY, QUARTER, shift)
    assert known_periods(known)[:2] == PERIODS
    assert known_periods(REGULATIONS) == PERIODS


def test_the_words_of_the_first_pack_by_id_are_used() -> None:
    first, second = (
        pack(periods={"q": {"seconds": 900, **WORDS}}),
        pack(periods={"q": {"seconds": 900, "vi": "y", "en": "y"}}),
    )
    assert known_periods({"B": second, "A": first})[2:] == (Period("q", 900, "x", "x"),)


@pytest.mark.parametrize(
    ("name", "seconds", "said"),
    [
        ("quarter", 901, "periods.quarter.seconds: 901 s must divide an hour (such as 900)"),
        ("long", 18000, "periods.long.seconds: 18000 s must divide an hour"),  # 5 h: 24 % 5
        ("odd", 5400, "periods.odd.seconds: 5400 s must divide an hour"),
        ("tiny", 30, "periods.tiny.seconds: 30 s must divide an hour"),
        ("nothing", 0, "periods.nothing.seconds: 0 s must divide an hour"),
        ("back", -900, "periods.back.seconds: -900 s must divide an hour"),
        ("sixty", 3600, "periods.sixty.seconds: 3600 s are the hour, which is always there"),
        ("all", 86400, "periods.all.seconds: 86400 s are the day"),
        ("hour", 900, "periods.hour: 'hour' is always there; take this out"),
        ("day", 900, "periods.day: 'day' is always there"),
        ("Quarter", 900, "periods.Quarter: a name has lower-case letters"),
        ("q-h", 900, "periods.q-h: a name has lower-case letters"),
        ("q", "900s", "periods.q.seconds: expected a whole number"),
    ],
)
def test_a_wrong_period_is_refused_with_the_remedy(name: str, seconds: object, said: str) -> None:
    with pytest.raises(Refused) as refused:
        pack(periods={name: {"seconds": seconds, **WORDS}})
    assert said in str(refused.value)


def test_a_period_needs_its_words_and_nothing_else() -> None:
    with pytest.raises(Refused) as refused:
        pack(periods={"q": {"seconds": 900, "vi": "x", "nl": "x"}})
    keys = [problem.key for problem in refused.value.problems]
    assert keys == ["periods.q.en", "periods.q.nl"]


@pytest.mark.parametrize("seconds", [60, 300, 900, 1800, 7200, 14400, 28800, 43200])
def test_lengths_that_divide_an_hour_or_a_day_are_taken(seconds: int) -> None:
    (period,) = pack(periods={"q": {"seconds": seconds, **WORDS}}).periods
    assert period.length == seconds


def test_one_name_means_one_length() -> None:
    first = pack(periods={"q": {"seconds": 900, **WORDS}})
    second = pack(periods={"q": {"seconds": 1800, **WORDS}})
    (problem,) = period_problems("b.yaml", second, {"A": first})
    assert str(problem).startswith("b.yaml: periods.q: another regulation says 900 seconds")
    assert period_problems("b.yaml", first, {"A": first}) == []


def test_a_pack_may_say_until_when_it_is_in_force() -> None:
    raw = read_yaml(FOLDER / "qcvn-14-2025.yaml")
    assert isinstance(raw, dict)
    source = next(iter(raw["sources"]))
    until = {"day": "2031-12-31", "verification": "single", "sources": [source]}
    found = pack(until=until)
    assert str(found.until) == "2031-12-31"
    assert found.facts["until"].text == "2031-12-31"
    assert pack().until is None
    with pytest.raises(Refused, match="until: lies before effective"):
        pack(until=until | {"day": "2020-01-01"})


# --- who owes them ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "basis", "owed", "expected"),
    [
        (HOUR, "day", True, True),
        (DAY, "hour", True, True),
        (DAY, "quarter_hour", True, True),
        (QUARTER, "quarter_hour", True, True),
        (QUARTER, "day", True, False),
        (QUARTER, "hour", True, False),
        (QUARTER, "quarter_hour", False, False),
        (HOUR, "day", False, False),
    ],
)
def test_a_declared_period_is_owed_where_the_permit_binds_it(
    period: Period, basis: str, owed: bool, expected: bool
) -> None:
    assert owes(terms(basis=basis, owed=owed), period) is expected


def test_a_quarter_hour_is_judged_by_the_same_rules() -> None:
    of = terms(high="100", basis="quarter_hour")
    given = readings(of, [500] * 3 + [1001] * 3 + [1000] * 2 + [None])
    found = findings([of], given, periods=[HOUR, QUARTER])
    quarters = [found[0, "quarter_hour", of.day + n * 900] for n in range(3)]
    assert [one.outcome for one in quarters] == [
        Outcome.COMPLIANT,
        Outcome.EXCEEDED,
        Outcome.NOT_ASSESSABLE,
    ]
    assert [one.counts.expected for one in quarters] == [3, 3, 3]


def test_a_ph_by_the_quarter_hour_is_compared_by_its_own_mean() -> None:
    of = ph_terms(basis="quarter_hour")
    given = readings(of, [700] * 3 + [910] * 3 + [700] * 6)
    found = findings([of], given, periods=[HOUR, QUARTER])
    assert found[0, "quarter_hour", of.day + 900].outcome is Outcome.EXCEEDED
    assert found[0, "hour", of.day].outcome is Outcome.COMPLIANT


# --- what they need of a permit and a station ---------------------------------------------------

KNOWN = {**REGULATIONS, "P": replace(pack(), id="P", periods=(QUARTER,))}


def register(basis: str, **station: Any) -> dict[str, Any]:
    raw = cast_register()
    raw["permits"]["gp-01"]["basis"] = basis
    raw["stations"]["MAU01"] |= station
    return raw


def test_a_permit_may_bind_any_known_period() -> None:
    loaded = load_register("r.yaml", register("quarter_hour"), CATALOGUE, KNOWN)
    assert loaded.permits["gp-01"].basis == "quarter_hour"
    with pytest.raises(Refused, match=r"basis: 'quarter_hour' is not one of hour, day"):
        load_register("r.yaml", register("quarter_hour"), CATALOGUE, REGULATIONS)
    with pytest.raises(Refused, match="did you mean 'quarter_hour'"):
        load_register("r.yaml", register("quarter_hours"), CATALOGUE, KNOWN)


def test_a_station_must_report_often_enough_for_the_basis() -> None:
    with pytest.raises(Refused) as refused:
        load_register("r.yaml", register("quarter_hour", interval=600), CATALOGUE, KNOWN)
    said = [str(problem) for problem in refused.value.problems]
    # The flow owes no finding: how often it comes does not matter.
    assert said == [
        "r.yaml: permits.gp-01.basis: quarter_hour is 900 s, and COD of station MAU01 comes every "
        "600 s: its interval must divide it",
        "r.yaml: permits.gp-01.basis: quarter_hour is 900 s, and pH of station MAU01 comes every "
        "600 s: its interval must divide it",
    ]


@pytest.mark.parametrize(
    ("since", "until", "refused"),
    [
        ("2026-01-01", None, True),
        ("2026-01-01", "2026-05-31", False),
        ("2026-06-01", None, True),
        ("2026-08-01", None, False),
    ],
)
def test_only_the_intervals_of_the_permits_own_time_count(
    since: str, until: str | None, refused: bool
) -> None:
    dated = [
        {"from": "2026-01-01", "seconds": 300},
        {"from": "2026-06-01", "seconds": 1800},
        {"from": "2026-07-01", "seconds": 900},
    ]
    raw = register("quarter_hour", interval=dated)
    raw["permits"]["gp-01"] |= {"from": since, "until": until}
    if refused:
        with pytest.raises(Refused, match="comes every 1800 s"):
            load_register("r.yaml", raw, CATALOGUE, KNOWN)
    else:
        load_register("r.yaml", raw, CATALOGUE, KNOWN)


# --- in cases -----------------------------------------------------------------------------------

EXAMPLE = Path(__file__).parents[2] / "examples" / "regulations" / "testland-7-2020.yaml"
CASES = EXAMPLE.with_name("testland-7-2020.cases.yaml").read_text(encoding="utf-8")
LAW = {one.id: one for one in [load_pack(EXAMPLE, CATALOGUE)]}


def test_the_cases_of_the_example_hold() -> None:
    cases = load_cases("c.yaml", parse_yaml(CASES, "c.yaml"), CATALOGUE, LAW)
    assert len(cases) == 6
    assert [run_case(case, CATALOGUE, LAW) for case in cases] == [[]] * 6


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('at: "08:15"', 'at: "08:10"', "a multiple of 15 minutes of the day, such as 08:15"),
        ('at: "08:15"', 'at: "24:00"', "the last quarter_hour of a day begins at 23:45"),
        ('from: "08:00", to: "08:45"', 'from: "08:01"', "expected a multiple of 15 minutes"),
        ('hour, at: "08:00", outcome: compliant', 'hour, at: "08:15", outcome: compliant', "whole"),
        ('hour, at: "08:00", outcome: compliant', 'hour, at: "24:00", outcome: compliant', "23:00"),
    ],
)  # fmt: skip
def test_a_time_that_begins_no_period_is_refused(old: str, new: str, said: str) -> None:
    assert old in CASES
    with pytest.raises(Refused, match=said):
        load_cases("c.yaml", parse_yaml(CASES.replace(old, new, 1), "c.yaml"), CATALOGUE, LAW)


def test_a_period_of_several_hours_begins_where_one_ends() -> None:
    shift = replace(LAW["TR 7:2020 (Testland)"], periods=(Period("shift", 28800, "ca", "shift"),))
    law = {shift.id: shift}
    text = CASES[: CASES.index("    findings:")].replace("quarter_hour", "shift")
    finding = "    findings: [{{parameter: COD, period: shift, at: '{}', outcome: compliant}}]\n"
    (case,) = load_cases("c", parse_yaml(text + finding.format("08:00"), "c"), CATALOGUE, law)
    assert run_case(case, CATALOGUE, law) == []
    with pytest.raises(Refused, match="at: no shift begins then"):
        load_cases("c", parse_yaml(text + finding.format("07:00"), "c"), CATALOGUE, law)

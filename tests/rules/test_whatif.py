"""What if: how a question is read, and what is compared, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rules.days import day_start
from rules.judge import OUTCOMES
from rules.model import DAY, HOUR, PERIODS, Outcome, Period, Refused
from rules.register import Register, load_register
from rules.whatif import Question, Tally, compare, read_permits, read_question, under
from tests.cast import CATALOGUE, REGULATIONS, cast_register
from tests.rules.test_periods import QUARTER, pack
from tests.rules.windows import CLOSED, COD, MONDAY, limit, readings, terms, window

WITH_QUARTERS = {
    **REGULATIONS,
    "P": pack(periods={"quarter_hour": {"seconds": 900, "vi": "x", "en": "x"}}),
}
REGISTER = load_register("cast", cast_register(), CATALOGUE, REGULATIONS)
ASKED: Mapping[str, Any] = {
    "stations": ["MAU01"],
    "from": "2026-03-10",
    "to": "2026-03-12",
    "permit": {"limits": {"COD": {"max": 50}}},
}


def read(question: object, register: Register = REGISTER) -> Question:
    return read_question("what-if", question, register, register.stations, CATALOGUE, WITH_QUARTERS)


def test_a_permit_binds_every_plant_asked_about_and_no_other() -> None:
    asked = {key: value for key, value in ASKED.items() if key != "stations"}
    found = read(asked | {"plants": ["mau-02"], "clusters": ["ccn-mau-01"]})
    assert found.stations == ("MAU01", "MAU02")
    assert (found.first, found.last) == (day_start(date(2026, 3, 10)), day_start(date(2026, 3, 12)))
    for day in (date(2026, 3, 10), date(2030, 1, 1)):
        for plant in ("mau-01", "mau-02"):
            permit = found.register.permit(plant, day)
            assert permit is not None
            assert permit.plant == plant
            assert permit.limits["COD"].high == 50
            assert permit.completeness == Fraction(4, 5)
        assert found.register.permit("mau-03", day) is REGISTER.permits["gp-03"]
    assert found.register.stations == REGISTER.stations


def test_what_a_permit_says_is_kept() -> None:
    typed = {"document": "Bản thảo", "number": "7", "date": "2026-01-01", "page": "2",
             "from": "2026-03-11", "until": "2026-03-11", "completeness": 0.5, "basis": "hour",
             "limits": {"COD": {"max": 50, "page": "9"}},
             "regulation": {"id": "QCVN 40:2011/BTNMT", "column": "A",
                            "factors": {"Kq": 1, "Kf": 1}, "factors_apply_to": []}}  # fmt: skip
    register = read({**ASKED, "permit": typed}).register
    assert register.permit("mau-01", date(2026, 3, 10)) is None
    assert register.permit("mau-01", date(2026, 3, 12)) is None
    permit = register.permit("mau-01", date(2026, 3, 11))
    assert permit is not None
    assert permit.citation == "Bản thảo 7 (2026-01-01)"
    assert (permit.limits["COD"].page, permit.basis, permit.completeness) == (
        "9",
        "hour",
        Fraction(1, 2),
    )
    assert permit.by_regulation is not None
    assert permit.by_regulation.page == "-"


def test_a_regulation_replaces_the_limits_of_each_permit_and_nothing_else() -> None:
    named = {"id": "QCVN 40:2011/BTNMT", "column": "A", "factors": {"Kq": 1, "Kf": 1}}
    asked = {key: value for key, value in ASKED.items() if key != "permit"}
    register = read(asked | {"stations": ["MAU02", "MAU03"], "regulation": named}).register
    for day, old in ((date(2026, 3, 10), "gp-02"), (date(2026, 3, 11), "gp-02b")):
        permit = register.permit("mau-02", day)
        assert permit is not None
        assert permit.by_regulation is not None
        assert (
            replace(permit, limits=REGISTER.permits[old].limits, by_regulation=None)
            == (REGISTER.permits[old])
        )
    rest = register.permit("mau-03", date(2026, 3, 10))
    assert rest is not None
    assert rest.no_discharge == REGISTER.permits["gp-03"].no_discharge
    assert rest.limits == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stations": []}, "stations: name at least one of stations, plants or clusters"),
        ({"stations": ["MAU9"]}, "no station 'MAU9' that you may see; did you mean 'MAU0"),
        ({"clusters": ["x"]}, "clusters: no cluster 'x' that you may see; known here: ccn-mau-01"),
        ({"station": ["MAU01"]}, "station: unknown key; did you mean 'stations'?"),
        ({"from": None}, "from: a day is required here"),
        ({"to": "2026-03-09"}, "to: lies before from: exchange the two"),
        ({"permit": None}, "permit: give either a permit or a regulation"),
        ({"regulation": {}}, "permit: give either a permit or a regulation"),
        ({"permit": []}, "permit: expected a mapping"),
        ({"permit": {"plant": "mau-01"}}, "permit.plant: leave it out"),
        ({"permit": {"limits": {"CODD": {"max": 1}}}}, "permit.limits.CODD: unknown parameter"),
        ({"permit": {"limits": {"COD": {"maxi": 1}}}}, "permit.limits.COD.maxi: unknown key"),
        ({"permit": {"limits": {"COD": 50}}}, "permit.limits.COD: expected a mapping of keys"),
        ({"permit": {"limits": 50}}, "permit.limits: expected a mapping"),
        ({"permit": {"completeness": 2}}, "permit.completeness: expected a share"),
        ({"permit": {"until": "2020-01-01"}}, "permit.until: lies before from"),
        ({"permit": {"regulation": "QCVN 40"}}, "permit.regulation: expected a mapping"),
        ({"permit": None, "regulation": {"id": "QCVN 41:2011/BTNMT"}}, "regulation.id: 'QCVN 41"),
        ({"permit": None, "regulation": {"id": "QCVN 40:2011/BTNMT", "column": "C"}},
         "regulation.column: QCVN 40:2011/BTNMT has no column 'C'"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_with_the_remedy(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as refused:
        read({**ASKED, **changes})
    assert said in str(refused.value)


def test_a_question_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read([])
    assert "expected a mapping" in str(refused.value)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        read({**ASKED, "stations": ["x"], "form": 1, "permit": {"limit": {}}})
    keys = [problem.key for problem in refused.value.problems]
    assert keys == ["stations", "permit.limit", "form"]


def test_a_basis_that_the_station_is_too_slow_for_is_refused() -> None:
    raw = cast_register()
    raw["stations"]["MAU01"]["interval"] = 1800
    slow = load_register("cast", raw, CATALOGUE, REGULATIONS)
    with pytest.raises(Refused) as refused:
        read({**ASKED, "permit": {"basis": "quarter_hour", "limits": {"COD": {"max": 1}}}}, slow)
    assert "permit.basis: quarter_hour is 900 s, and COD of station MAU01" in str(refused.value)


PERMITS = {"permits": {"a": cast_register()["permits"]["gp-01"]}}


def test_permits_come_from_a_register_file_whose_rest_is_not_looked_at() -> None:
    whole = {**cast_register(), "stations": "not looked at"}
    assert read_permits("f", whole, REGISTER, CATALOGUE, REGULATIONS) == REGISTER.permits
    only = read_permits("f", PERMITS, REGISTER, CATALOGUE, REGULATIONS)
    found = under(REGISTER, only)
    assert found.permit("mau-01", date(2026, 3, 10)) is only["a"]
    assert found.permit("mau-02", date(2026, 3, 10)) is REGISTER.permits["gp-02"]
    assert "gp-01" not in found.permits


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "permits: a mapping of at least one permit is required here"),
        ({"permit": {}}, "permit: unknown key; did you mean 'permits'?"),
        ({"permits": {"a": {**PERMITS["permits"]["a"], "plant": "mau-1"}}}, "no plant 'mau-1'"),
        ([], "expected a mapping"),
    ],
)
def test_a_wrong_file_of_permits_is_refused(raw: object, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_permits("f", raw, REGISTER, CATALOGUE, REGULATIONS)
    assert said in str(refused.value)


# --- the comparison -----------------------------------------------------------------------------


def tally(**counts: int) -> list[int]:
    return [counts.get(str(outcome), 0) for outcome in OUTCOMES]


def test_outcomes_are_counted_on_both_sides_and_only_those_that_differ_are_listed() -> None:
    of = terms()
    given = readings(of, [1400] * 144 + [1600] * 144)
    found = compare(
        window([of], given), window([terms(high="155")], given), CLOSED, PERIODS, 600, MONDAY
    )
    hours, days = found
    ((series, hourly),) = hours.tallies()
    assert series == of.series
    assert hourly.today.tolist() == tally(near=12, exceeded=12)
    assert hourly.what_if.tolist() == tally(near=12, exceeded=12)
    assert hourly.differing == 0
    ((_, daily),) = days.tallies()
    assert list(days.differences()) == []
    assert daily.today.tolist() == daily.what_if.tolist() == tally(near=1)
    stricter = compare(
        window([of], given), window([terms(high="139")], given), CLOSED, PERIODS, 600, MONDAY
    )
    differing = list(stricter[0].differences())
    assert len(differing) == 12
    one = differing[0]
    assert one.parameter is COD
    assert one.today is not None
    assert one.what_if is not None
    assert (one.today.outcome, one.what_if.outcome) == (Outcome.NEAR, Outcome.EXCEEDED)
    assert (one.today.limit, one.what_if.limit) == (limit("150"), limit("139"))


def test_open_periods_and_those_before_the_first_reading_are_not_compared() -> None:
    of = terms()
    given = readings(of, [1600] * 60, first=36)  # from three to eight
    now = MONDAY + 8 * 3600 + 599  # the eighth hour is not closed yet
    (hours,) = compare(
        window([of], given), window([terms(high="200")], given), now, [HOUR], 600, MONDAY + 3 * 3600
    )
    ((_, found),) = hours.tallies()
    assert found.today.tolist() == tally(exceeded=4)
    assert found.what_if.tolist() == tally(compliant=4)
    early = MONDAY + 3 * 3600 - 1  # a first reading in the hour before
    (hours,) = compare(window([of], given), window([of], given), now, [HOUR], 600, early)
    ((_, found),) = hours.tallies()
    assert found.today.tolist() == tally(exceeded=4, not_assessable=1)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_period_that_one_side_does_not_owe_differs(swapped: bool) -> None:
    quarters, usual = terms(basis="quarter_hour"), terms()
    sides = (quarters, usual) if swapped else (usual, quarters)
    given = readings(usual, [1400] * 288)
    (found,) = compare(
        window([sides[0]], given), window([sides[1]], given), CLOSED, [QUARTER], 600, MONDAY
    )
    ((_, counted),) = found.tallies()
    owed, none = tally(near=96), tally()
    assert (counted.today.tolist(), counted.what_if.tolist()) == (
        (owed, none) if swapped else (none, owed)
    )
    differing = list(found.differences())
    assert counted.differing == len(differing) == 96
    assert (differing[0].today is None) is not swapped
    assert (differing[0].what_if is None) is swapped


def test_what_nobody_owes_is_not_counted() -> None:
    flow = terms(owed=False)
    found = compare(
        window([flow], readings(flow, [1] * 288)),
        window([flow], readings(flow, [1] * 288)),
        CLOSED,
        PERIODS,
        600,
        MONDAY,
    )
    assert [list(one.tallies()) for one in found] == [[], []]


def test_tallies_add_up() -> None:
    one = Tally(np.array([1, 0, 2, 0, 0]), np.array([0, 3, 0, 0, 0]), 3)
    both = Tally.nothing() + one + one
    assert both.today.tolist() == [2, 0, 4, 0, 0]
    assert both.what_if.tolist() == [0, 6, 0, 0, 0]
    assert both.differing == 6


def test_the_periods_of_a_comparison_are_those_given() -> None:
    of = terms()
    found = compare(window([of], []), window([of], []), CLOSED, [DAY], 600, MONDAY)
    assert [one.today.period for one in found] == [Period("day", 86400, "ngày", "day")]

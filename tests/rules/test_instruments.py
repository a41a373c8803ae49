"""Instruments: faults, calibrations, drift, clocks, rejections, ranges, and their settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.instruments import (
    MONTH,
    Budget,
    Kept,
    Run,
    StationBudget,
    Step,
    calibration,
    clock,
    drift,
    fault,
    kept,
    live_lags,
    load_allowed,
    next_due,
    overdue,
    rejections,
    runs,
    seconds_since,
    short_range,
    short_ranges,
    step,
    usual_gap,
)
from rules.model import Refused, Severity, Status
from rules.permit import Permit, TypedLimit
from rules.register import SeriesEntry, Station
from tests.cast import CATALOGUE
from tests.rules.windows import COD, PH, parameter
from tolich.packs import load_instruments

DAY, HOUR = 86400, 3600
NOW = 200 * DAY
ALLOWED = load_instruments(CATALOGUE)
LIMITS = ALLOWED.station
BUDGET = Budget(
    fault_longest=4 * HOUR,
    fault_month=48 * HOUR,
    calibration_longest=2 * HOUR,
    calibration_month=36 * HOUR,
    calibration_count=45,
    calibration_gap=60 * DAY,
    step_share=Decimal("0.15"),
    step_least=Decimal(0),
)


def of(
    calibrations: list[Run] | None = None, faults: list[Run] | None = None, newest: int = NOW
) -> Kept:
    """A series every five minutes, first heard at 0."""
    return Kept(300, 0, newest, calibrations or [], faults or [])


# --- runs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instants", "found"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0], [(0, 300)], id="one reading is a slot long"),
        pytest.param([0, 300, 600], [(0, 900)], id="neighbours"),
        pytest.param([0, 600], [(0, 900)], id="one reading lost between"),
        pytest.param([0, 601], [(0, 300), (601, 901)], id="more than two intervals"),
        pytest.param([600, 0, 0, 300], [(0, 900)], id="any order, any number of times"),
    ],
)
def test_runs(instants: list[int], found: list[tuple[int, int]]) -> None:
    assert runs(instants, 300) == found


@given(st.lists(st.integers(0, 400).map(lambda n: n * 100)), st.randoms())
def test_runs_are_a_function_of_the_set(instants: list[int], chance: Any) -> None:
    again = instants * 2
    chance.shuffle(again)
    found = runs(instants, 300)
    assert runs(again, 300) == found
    assert all(a.end + 300 < b.start for a, b in pairwise(found))
    assert all(any(run.start <= at < run.end for run in found) for at in instants)


def test_runs_of_each_status_are_told_apart() -> None:
    rows = [(0, Status.CALIBRATING), (300, Status.FAULT), (600, Status.UNKNOWN)]
    found = kept(rows, 300, 0, 600)
    assert (found.calibrations, found.faults) == ([Run(0, 300)], [Run(300, 600)])


def test_a_month_counts_what_lies_in_it() -> None:
    assert seconds_since([Run(0, 100), Run(150, 300), Run(400, 450)], 200) == 150


# --- faults and calibrations --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lasted", "newest", "stands"),
    [
        pytest.param(4 * HOUR, 4 * HOUR - 300, False, id="as long as allowed"),
        pytest.param(4 * HOUR + 300, 4 * HOUR, True, id="longer"),
        pytest.param(4 * HOUR + 300, 4 * HOUR + 300, True, id="one other reading may be a flicker"),
        pytest.param(4 * HOUR + 300, 4 * HOUR + 600, False, id="over"),
    ],
)
def test_a_fault_that_lasts_too_long(lasted: int, newest: int, stands: bool) -> None:
    begin = NOW - DAY
    found = fault(of(faults=[Run(begin, begin + lasted)], newest=begin + newest), NOW, BUDGET)
    assert (found is not None) is stands
    if found is not None:
        assert (found.since, found.severity) == (begin, Severity.WARNING)
        assert (found.numbers["lasted"], found.numbers["longest_allowed"]) == (lasted, 4 * HOUR)


@pytest.mark.parametrize(("each", "stands"), [(3 * HOUR, False), (3 * HOUR + 300, True)])
def test_faults_that_are_too_much_in_a_month(each: int, stands: bool) -> None:
    faults = [Run(NOW - n * DAY, NOW - n * DAY + each) for n in range(16, 0, -1)]
    long_ago = [Run(NOW - MONTH - DAY, NOW - MONTH - HOUR)]
    found = fault(of(faults=long_ago + faults), NOW, BUDGET)
    assert (found is not None) is stands
    if found is not None:
        assert (found.numbers["month"], found.numbers["lasted"]) == (16 * each, 0)


@pytest.mark.parametrize(
    ("count", "each", "stands"),
    [
        pytest.param(45, 1200, False, id="daily and more, short"),
        pytest.param(46, 1200, True, id="too often"),
        pytest.param(30, 72 * 60, False, id="as much as allowed"),
        pytest.param(30, 72 * 60 + 300, True, id="too much"),
    ],
)
def test_calibrations_that_come_too_often(count: int, each: int, stands: bool) -> None:
    begin = NOW - MONTH + HOUR
    gap = (MONTH - 2 * HOUR) // count
    found = [Run(begin + n * gap, begin + n * gap + each) for n in range(count)]
    told = calibration(of(calibrations=found), NOW, BUDGET)
    assert (told is not None) is stands
    if told is not None:
        assert told.severity is Severity.INFO
        assert told.numbers["count"] == count


def test_a_calibration_that_never_ends() -> None:
    run = Run(NOW - 3 * HOUR, NOW)
    told = calibration(of(calibrations=[run], newest=NOW - 300), NOW, BUDGET)
    assert told is not None
    assert (told.since, told.numbers["lasted"]) == (run.start, 3 * HOUR)


def weekly(times: int, last: int) -> list[Run]:
    return [Run(last - n * 7 * DAY - HOUR, last - n * 7 * DAY) for n in range(times - 1, -1, -1)]


def test_the_next_calibration_is_due_after_the_usual_gap() -> None:
    gap = 7 * DAY - HOUR
    assert usual_gap(weekly(3, NOW)) is None  # two gaps are no habit
    assert usual_gap(weekly(4, NOW)) == gap
    assert next_due(of(weekly(4, NOW)), BUDGET) == NOW + gap
    assert next_due(of(weekly(2, NOW)), BUDGET) == NOW + 60 * DAY
    assert next_due(of(), BUDGET) == 60 * DAY
    assert next_due(of(), replace(BUDGET, calibration_gap=0)) is None
    assert next_due(of(weekly(4, NOW)), replace(BUDGET, calibration_gap=DAY)) == NOW + DAY


def test_a_calibration_is_overdue_half_a_gap_after_it_was_due() -> None:
    gap = 7 * DAY - HOUR
    latest = NOW + gap + gap // 2
    assert overdue(of(weekly(5, NOW)), latest, BUDGET) is None
    found = overdue(of(weekly(5, NOW)), latest + 1, BUDGET)
    assert found is not None
    assert (found.since, dict(found.numbers)) == (
        NOW + gap, {"due": NOW + gap, "gap": gap, "last": NOW},
    )  # fmt: skip
    never = overdue(of(), 90 * DAY + 1, BUDGET)
    assert never is not None
    assert "last" not in never.numbers
    assert overdue(of(), NOW, replace(BUDGET, calibration_gap=0)) is None


# --- drift --------------------------------------------------------------------------------------


def test_a_step_compares_the_hour_before_with_the_hour_after() -> None:
    run = Run(7200, 9000)
    rows = [(3599, 1), (3600, 40), (7000, 42), (7199, 900), (7200, 5), (9000, 50), (12599, 52),
            (12600, 7)]  # fmt: skip
    assert step(run, rows) == Step(9000, Fraction(42), Fraction(51))
    assert step(run, reversed(rows)) == step(run, rows)
    assert step(run, rows[:5]) is None
    assert step(run, rows[5:]) is None


def steps(*sizes: int, before: int = 1000) -> list[Step]:
    return [
        Step(n, Fraction(before), Fraction(before + size)) for n, size in enumerate(sizes, start=1)
    ]


@pytest.mark.parametrize(
    ("sizes", "drifts"),
    [
        pytest.param([-200, -200], False, id="two steps are too few"),
        pytest.param([-200, -160, -151], True, id="above 15 % each time"),
        pytest.param([-200, -150, -100], False, id="exactly 15 % in the middle"),
        pytest.param([200, -200, 200], False, id="to and fro is the water"),
        pytest.param([0, 200, 200], False, id="one without a step"),
        pytest.param([-900, -900, -900, 10, 10, 10], False, id="only the last three"),
    ],
)
def test_drift(sizes: list[int], drifts: bool) -> None:
    found = drift(steps(*sizes), COD, BUDGET)
    assert (found is not None) is drifts
    assert drift(steps(*sizes)[::-1], COD, BUDGET) == found


def test_drift_names_its_steps_in_the_unit() -> None:
    found = drift(steps(-200, -160, -300), COD, BUDGET)
    assert found is not None
    assert dict(found.numbers) == {
        "steps": [-20.0, -16.0, -30.0], "step": -20.0, "allowed": 15.0, "unit": "mg/L",
    }  # fmt: skip


def test_the_drift_of_a_ph_has_a_floor_and_no_share() -> None:
    allowed = ALLOWED.budget("pH")
    assert drift(steps(40, 40, 40, before=700), PH, allowed) is None  # exactly 0.4
    assert drift(steps(41, 41, 41, before=700), PH, allowed) is not None


# --- clocks and rejections ----------------------------------------------------------------------


def test_a_backlog_says_nothing_about_a_clock() -> None:
    live = [(n * 300, n * 300 - 5) for n in range(1, 4)]
    backlog = [(1200 + n, n * 300 - 9000) for n in range(20)]
    assert live_lags(live, 300) == [5, 5, 5]
    assert live_lags(backlog, 300) == []
    # The message on either side of a burst cannot be told from it; the others still count.
    assert live_lags([*live, *backlog], 300) == [5, 5, 5]


@pytest.mark.parametrize(("apart", "live"), [(150, [5, 5]), (149, [])])
def test_a_backlog_comes_faster_than_half_an_interval(apart: int, live: list[int]) -> None:
    assert live_lags([(1000, 995), (1000 + apart, 995 + apart)], 300) == live


def test_a_time_told_in_several_messages_counts_once() -> None:
    told = [(n * 300 + k, n * 300 - 400) for n in range(1, 4) for k in range(8)]
    assert live_lags(told, 300) == [400, 400, 400]


@pytest.mark.parametrize(
    ("lag", "ends", "stands"),
    [
        pytest.param(0, True, False, id="right"),
        pytest.param(300, True, False, id="five minutes"),
        pytest.param(301, True, True, id="more"),
        pytest.param(600, False, False, id="stamped with the start of a five minute slot"),
        pytest.param(601, False, True, id="and more"),
        pytest.param(-60, True, False, id="a minute ahead"),
        pytest.param(-61, True, True, id="from the future"),
        pytest.param(7 * HOUR, False, True, id="UTC taken for local time"),
    ],
)
def test_a_clock_that_is_off(lag: int, ends: bool, stands: bool) -> None:
    found = clock([lag, lag, lag + 5000], 77, 300, ends, LIMITS)
    assert (found is not None) is stands
    if found is not None:
        assert (found.since, found.numbers["offset"]) == (77, lag)


def test_a_clock_is_not_judged_by_two_messages_unless_an_hour_has_no_more() -> None:
    assert clock([9999, 9999], 0, 300, True, LIMITS) is None
    assert clock([9999], 0, 3600, True, LIMITS) is not None
    assert clock([], 0, 3600, True, LIMITS) is None


def test_repeated_rejections() -> None:
    lately = [NOW - n for n in range(20)]
    found = rejections([*lately, NOW - 2 * HOUR], NOW, LIMITS)
    assert found is not None
    assert (found.since, dict(found.numbers)) == (NOW - 19, {"count": 20, "allowed": 20})
    assert rejections(lately[1:], NOW, LIMITS) is None
    assert rejections([*lately[1:], NOW - HOUR], NOW, LIMITS) is None  # one is an hour old
    assert rejections([*lately[1:], NOW - HOUR + 1], NOW, LIMITS) is not None


# --- ranges -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "high", "limit", "short"),
    [
        pytest.param("COD", "300", "100", False, id="three times the limit"),
        pytest.param("COD", "299", "100", True, id="less"),
        pytest.param("pH", "14", "9", False, id="pH has no such range"),
        pytest.param("pH", "10", "4", False, id="even where three times its limit is a pH"),
        pytest.param("Temp", "100", "40", False, id="water does not get that hot"),
    ],
)
def test_a_range_must_reach_three_times_the_limit(
    key: str, high: str, limit: str, short: bool
) -> None:
    of_key = CATALOGUE[key]
    entry = SeriesEntry(of_key, of_key.low, Decimal(high), ((date(2026, 1, 1), 300),))
    day = date(2026, 1, 1)
    here = Station("MAU01", "mau-01", "ccn", "Mẫu", day, None, True, False, None, {}, {key: entry})
    low = Decimal(3) if key == "pH" else None
    typed = {key: TypedLimit(low, Decimal(limit), "3")}
    permit = Permit(
        "gp", "mau-01", "GP", "1", day, "1", day, None, typed, None, "day", Fraction(4, 5), None, ()
    )
    found = short_ranges(here, permit, {}, LIMITS)
    assert bool(found) is short
    if short:
        assert str(found[0]) == (
            "MAU01, COD: the instrument's range ends at 299 mg/L and must reach 300 (limit 100)"
        )
        assert short_ranges(here, replace(permit, limits={}), {}, LIMITS) == []
        told = short_range(found[0], 77)
        assert (told.since, told.severity, dict(told.numbers)) == (
            77, Severity.INFO, {"high": 299.0, "limit": 100.0, "needed": 300.0, "unit": "mg/L"},
        )  # fmt: skip


# --- settings -----------------------------------------------------------------------------------


def test_the_settings_that_ship() -> None:
    assert ALLOWED.defaults == BUDGET
    assert StationBudget(300, 60, 3, 20, Decimal(3)) == LIMITS
    assert ALLOWED.budget("FlowOut").calibration_gap == 0
    assert ALLOWED.budget("FlowOut").fault_longest == BUDGET.fault_longest
    assert ALLOWED.budget("NH4") == BUDGET


def test_settings_are_refused_with_every_problem_at_once() -> None:
    usual = {name: getattr(BUDGET, name) for name in BUDGET.__slots__}
    raw = {
        "schema": 2,
        "station": {"clock": -1, "ahead": 60, "messages": 3, "rejections": "many",
                    "range_factor": 3},
        "defaults": {**usual, "fault_longst": 1},
        "parameters": {"CDO": {}, "pH": {"step_least": "x"}},
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        load_allowed("instruments.yaml", raw, {"COD": parameter("COD"), "pH": PH})
    said = sorted(f"{problem.key}: {problem.message}" for problem in refused.value.problems)
    assert said == [
        "defaults.fault_longst: unknown key; did you mean 'fault_longest'?",
        "parameters.CDO: unknown parameter 'CDO'; did you mean 'COD'?",
        "parameters.pH.step_least: expected a number such as 150 or 0.05, found 'x'",
        "schema: this program reads schema 1",
        "station.clock: expected a number of 0 or more",
        "station.rejections: expected a whole number, found 'many'",
    ]


def test_settings_that_are_missing_are_named() -> None:
    with pytest.raises(Refused) as refused:
        load_allowed("instruments.yaml", {"schema": 1}, {})
    keys = {problem.key for problem in refused.value.problems}
    assert {"station.clock", "defaults.fault_month", "defaults.step_share"} <= keys

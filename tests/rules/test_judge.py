"""The vectorised judge against a plain one, and what must hold whatever the readings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from operator import attrgetter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.judge import judge
from rules.model import (
    DAY,
    HOUR,
    PERIODS,
    Averaging,
    Outcome,
    Parameter,
    Period,
    Reason,
    Series,
)
from rules.terms import Dry
from tests.rules.reference import reference
from tests.rules.windows import (
    CLOSED,
    COD,
    FLOW,
    MONDAY,
    PH,
    DayTerms,
    Row,
    day_finding,
    findings,
    hour_finding,
    limit,
    parameter,
    ph_terms,
    readings,
    terms,
    window,
)

QUARTER = Period("quarter", 900)

# Limits that are no whole number of quanta, as factors of a permit make them.
HIGHS = ("150", "74.25", "133.65", "0.04", "29.7000001")
SHARES = (Fraction(4, 5), Fraction(3, 4), Fraction(1), Fraction(1, 3), Fraction(1, 1000))
QUANTITIES = (
    COD,
    PH,
    parameter("TSS", "0.000001"),
    parameter("NH4", "1"),
    parameter("Temp", "0.01"),
)
KEY = attrgetter("key")
HUGE = 10**15


@dataclass(frozen=True)
class Scene:
    """Everything `judge` is given."""

    rows: Sequence[DayTerms]
    given: Sequence[Row]
    now: int


# --- shapes of readings, tuned to where verdicts flip -----------------------------------------


def edges(term: DayTerms) -> list[int]:
    """Values at and one quantum around everything a value is compared with."""
    marks = [Fraction(term.low), Fraction(term.high), Fraction(term.low + term.high, 2)]
    if term.limit is not None and term.limit.high is not None:
        high = term.parameter.quanta(term.limit.high)
        marks += [high, high, high * Fraction(9, 10), high * 2]
        if term.limit.low is not None:
            low, near = (term.parameter.quanta(n) for n in (term.limit.low, Decimal("0.2")))
            marks += [low, low, low + near, high - near]
    if term.dry is not None:
        marks.append(term.dry.below)
    whole = {rounded for mark in marks for rounded in (floor(mark), ceil(mark))}
    return sorted({mark + step for mark in whole for step in (-1, 0, 1)})


@st.composite
def term_rows(draw: st.DrawFn, day: int, key: str, of: Parameter, dry: Dry | None) -> DayTerms:
    lack = draw(st.sampled_from((None,) * 10 + (Reason.LIMIT_MISSING, Reason.NO_PERMIT)))
    ranged = of.averaging is Averaging.RANGE
    high = draw(st.sampled_from(("9", "8.505") if ranged else HIGHS))
    wide = draw(st.booleans())
    top = 1400 if ranged else HUGE if wide else int(of.quanta(Decimal(500)))
    return replace(
        terms(of),
        series=Series(key, of.key),
        day=day,
        interval=draw(st.sampled_from((900, 3600, 300, 60))),
        stamp_ends=draw(st.booleans()),
        low=draw(st.sampled_from((0, 0, -7, 3))),
        high=top,
        limit=None if lack else limit(high, "5.5" if ranged else None),
        lack=lack,
        completeness=draw(st.sampled_from(SHARES)),
        dry=dry,
    )


@st.composite
def runs(draw: st.DrawFn, row: int, term: DayTerms) -> list[Row]:
    """A stretch of slots, filled with a short pattern of values."""
    slots, hour = 86400 // term.interval, 3600 // term.interval
    whole = slots if slots < 100 else 120
    length = draw(st.sampled_from((whole, whole, whole * 4 // 5, 4 * hour, hour, hour - 1 or 1, 1)))
    first = draw(st.sampled_from((0, 0, 0, 0, hour, 5 * hour - 1, slots - hour)))
    tenth = term.interval // 10
    jitter = draw(st.sampled_from((0, 0, 0, 0, 0, 1, -1, tenth, -tenth, tenth + 1, -tenth - 1)))
    status = draw(st.sampled_from((0,) * 10 + (1, 2, 9)))
    pattern = draw(st.lists(st.sampled_from(edges(term)), min_size=1, max_size=3))
    step = draw(st.sampled_from((1, 1, 1, 1, 1, 1, 2, 5)))
    values: list[int | None] = [
        None if n % step else pattern[n % len(pattern)] for n in range(min(length, slots - first))
    ]
    return readings(term, values, row, first, status, jitter)


@st.composite
def instants(draw: st.DrawFn, row: int, term: DayTerms) -> list[Row]:
    """A few readings anywhere: second values, second instants, other days."""
    at = draw(st.sampled_from((0, 1, 3600, 3599, 86399, 86400, -1, 86401)))
    spread = draw(st.integers(0, term.interval))
    values = draw(st.lists(st.sampled_from(edges(term)), min_size=1, max_size=3))
    again = draw(st.integers(1, 7))
    return [(row, term.day + at + spread * n, value, 0) for n in range(again) for value in values]


NOWS = st.one_of(
    st.just(CLOSED + 10 * 86400),
    st.just(CLOSED + 86400),
    st.builds(
        lambda hour, off: MONDAY + hour * 3600 + 600 + off,
        st.integers(0, 48),
        st.sampled_from((-601, -1, 0, 1, 1800)),
    ),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """One or two station-days, each of an outflow and up to three other series."""
    rows: list[DayTerms] = []
    for number in range(draw(st.sampled_from((1, 1, 2)))):
        key = f"MAU{number:02}"
        dry = draw(st.sampled_from((None, Dry("FlowOut", Fraction(101, 7)))))
        day = MONDAY + 86400 * draw(st.integers(0, 1))
        of = draw(st.lists(st.sampled_from(QUANTITIES), min_size=1, max_size=3, unique_by=KEY))
        rows += [draw(term_rows(day, key, one, dry)) for one in (*of, FLOW)]
    rows = draw(st.permutations(rows))
    given: list[Row] = []
    for row, term in enumerate(rows):
        given += draw(runs(row, term))
        for part in draw(st.lists(st.one_of(runs(row, term), instants(row, term)), max_size=2)):
            given += part
    return Scene(rows, given, draw(NOWS))


# --- the same verdict from both ---------------------------------------------------------------


@settings(max_examples=100)
@given(scenes())
def test_the_plain_judge_agrees(scene: Scene) -> None:
    periods = (*PERIODS, QUARTER) if all(t.interval <= 900 for t in scene.rows) else PERIODS
    found = findings(scene.rows, scene.given, scene.now, periods)
    wanted = reference(scene.rows, scene.given, scene.now, periods)
    assert found.keys() == wanted.keys()
    for key, finding in found.items():
        assert finding == wanted[key]


# --- what must hold whatever the readings are -------------------------------------------------


@settings(max_examples=25)
@given(scenes(), st.integers(0, 2**32), st.integers(1, 3))
def test_order_and_repeats_do_not_matter(scene: Scene, seed: int, times: int) -> None:
    shuffled = [*scene.given] * times
    Random(seed).shuffle(shuffled)
    once = findings(scene.rows, scene.given, scene.now)
    assert findings(scene.rows, shuffled, scene.now) == once


@settings(max_examples=25)
@given(scenes())
def test_several_station_days_are_judged_as_each_alone(scene: Scene) -> None:
    together = findings(scene.rows, scene.given, scene.now)
    groups: dict[tuple[str, int], list[int]] = {}
    for row, term in enumerate(scene.rows):
        groups.setdefault((term.series.station, term.day), []).append(row)
    for members in groups.values():
        place = {row: number for number, row in enumerate(members)}
        own = [(place[row], *rest) for row, *rest in scene.given if row in place]
        alone = findings([scene.rows[row] for row in members], own, scene.now)  # type: ignore[arg-type]
        for (number, period, start), finding in alone.items():
            assert finding == together[members[number], period, start]


@settings(max_examples=25)
@given(scenes())
def test_a_mean_lies_between_its_extremes(scene: Scene) -> None:
    for (row, _, _), found in findings(scene.rows, scene.given, scene.now).items():
        if found.mean is None:
            continue
        term = scene.rows[row]
        values = [v for r, _, v, status in scene.given if r == row and status == 0]
        counted = [value for value in values if term.low <= value <= term.high]
        assert min(counted) <= found.mean <= max(counted)


@st.composite
def proofs(draw: st.DrawFn) -> tuple[Scene, list[Row]]:
    """A day with early proofs in it, and readings for slots that hold nothing that counts."""
    dry = draw(st.sampled_from((None, Dry("FlowOut", Fraction(101, 7)))))
    interval = draw(st.sampled_from((900, 3600)))
    of = terms(COD, "74.25", interval=interval, dry=dry, low=draw(st.sampled_from((0, -7, 700))))
    flow = terms(FLOW, interval=900, limit=None, lack=Reason.LIMIT_MISSING, owed=False)
    rows = [of, flow]
    given: list[Row] = []
    later: list[Row] = []
    values = {0: st.sampled_from((742, 743, 800, 4000)), 1: st.sampled_from((0, 144, 145, 300))}
    for row, term in enumerate(rows):
        for slot in range(86400 // term.interval):
            if draw(st.sampled_from((True, True, False))):
                given += readings(term, [draw(values[row])], row, slot)
            else:
                worst = draw(st.sampled_from((term.low, 0, 742, 4000)))
                later += readings(term, [worst], row, slot)
    now = MONDAY + 3600 * draw(st.integers(1, 26))
    return Scene(rows, given, now), later


@settings(max_examples=40)
@given(proofs())
def test_filling_empty_slots_never_undoes_a_proof(proof: tuple[Scene, list[Row]]) -> None:
    scene, later = proof
    proven = {
        key
        for key, found in findings(scene.rows, scene.given, scene.now).items()
        if found.reason is Reason.PROVEN
    }
    for known in ([*scene.given, *later], [*scene.given, *later[::2]]):
        for now in (scene.now, CLOSED):
            after = findings(scene.rows, known, now)
            assert {key for key in proven if after[key].outcome is not Outcome.EXCEEDED} == set()


# --- numbers ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(1, 9999))
def test_equal_values_at_the_limit_never_exceed_it(tenths: int) -> None:
    of = terms(high=str(Decimal(tenths) / 10))
    found = day_finding(of, readings(of, [tenths] * 288))
    assert (found.outcome, found.mean) == (Outcome.NEAR, Fraction(tenths))
    below = day_finding(of, readings(of, [tenths] * 287 + [tenths - 1]))
    assert below.outcome is not Outcome.EXCEEDED
    above = day_finding(of, readings(of, [tenths] * 287 + [tenths + 1]))
    assert (above.outcome, above.mean) == (Outcome.EXCEEDED, tenths + Fraction(1, 288))


def test_slots_of_many_different_numbers_of_instants_are_exact() -> None:
    """The common multiple of these counts lies far outside 64 bits."""
    of = terms(interval=3600, completeness=Fraction(1))
    given = [
        (0, MONDAY + hour * 3600 + 60 * n, 1500 + n % 7 - 3, 0)
        for hour in range(24)
        for n in range(60 - hour)
    ]
    assert findings([of], given) == reference([of], given, CLOSED, PERIODS)


@pytest.mark.parametrize("tilt", [-1, 0, 1])
def test_values_that_leave_int64_are_compared_exactly(tilt: int) -> None:
    of = replace(terms(high=str(HUGE // 10)), high=2 * HUGE)
    found = day_finding(of, readings(of, [HUGE] * 287 + [HUGE + tilt]))
    assert found.outcome is (Outcome.EXCEEDED if tilt > 0 else Outcome.NEAR)
    assert found.mean == HUGE + Fraction(tilt, 288)


def test_a_figure_of_discharge_with_many_decimals_is_compared_exactly() -> None:
    below = Fraction(10**12) + Fraction(1, 10**15)
    of = terms(dry=Dry("FlowOut", below))
    flow = replace(terms(FLOW), high=10**13)
    for reached, reason in ((0, Reason.NO_DISCHARGE), (1, Reason.WITHIN_LIMIT)):
        given = readings(of, [100] * 288) + readings(flow, [10**12 + reached] * 288, row=1)
        assert findings([of, flow], given)[0, "day", MONDAY].reason is reason


# --- rules that are easy to break -------------------------------------------------------------


def test_the_outcome_of_a_conflict_counts_not_the_end_of_the_range() -> None:
    """Below with the lowest values and above with the highest: outside either way."""
    of = ph_terms()
    given = [row for value in (400, 1100) for row in readings(of, [value] * 12)]
    found = hour_finding(of, given)
    assert (found.outcome, found.counts.conflicting) == (Outcome.EXCEEDED, 12)


def test_a_conflict_without_a_limit_hides_no_mean() -> None:
    of = terms(limit=None, lack=Reason.LIMIT_MISSING)
    given = [*readings(of, [0] * 288), *readings(of, [10] * 288)]
    found = day_finding(of, given)
    assert (found.reason, found.mean) == (Reason.LIMIT_MISSING, Fraction(10))


def test_a_range_without_a_limit_shows_no_mean_of_too_few_readings() -> None:
    of = ph_terms(limit=None, lack=Reason.LIMIT_MISSING)
    assert day_finding(of, readings(of, [700] * 24)).mean is None


@pytest.mark.parametrize(
    ("flow", "hour", "day"),
    [
        (4, Reason.NO_DISCHARGE, Reason.WITHIN_LIMIT),
        (5, Reason.ABOVE_LIMIT, Reason.HOUR_OUTSIDE),
    ],
)
def test_an_hour_without_discharge_does_not_make_a_day_exceed(
    flow: int, hour: Reason, day: Reason
) -> None:
    of = ph_terms(dry=Dry("FlowOut", Fraction(5)))
    given = readings(of, [950] * 12 + [700] * 276)
    given += readings(terms(FLOW), [flow] * 12 + [100] * 276, row=1)
    found = findings([of, terms(FLOW)], given)
    assert found[0, "hour", MONDAY].reason is hour
    assert found[0, "day", MONDAY].reason is day


def test_nothing_is_proven_while_nothing_may_have_been_discharged() -> None:
    of = terms(dry=Dry("FlowOut", Fraction(5)))
    rows, far_above = [of, terms(FLOW)], readings(of, [100_000] * 144)
    noon = MONDAY + 43200
    quiet = readings(terms(FLOW), [4] * 144, row=1)
    assert findings(rows, far_above + quiet, noon)[0, "day", MONDAY].reason is Reason.PERIOD_OPEN
    flowing = readings(terms(FLOW), [4] * 143 + [5], row=1)
    assert findings(rows, far_above + flowing, noon)[0, "day", MONDAY].reason is Reason.PROVEN


def test_no_rows_and_no_readings_are_judged_too() -> None:
    assert findings([], []) == {}
    (found,) = findings([terms()], [], periods=[DAY]).values()
    assert (found.reason, found.mean, found.counts.expected) == (Reason.NO_DATA, None, 288)


def test_periods_are_data() -> None:
    of = terms()
    found = findings([of], readings(of, [1501] * 3 + [1400] * 285), periods=[QUARTER, HOUR])
    quarters = [found[0, "quarter", MONDAY + n * 900] for n in range(96)]
    assert [one.outcome for one in quarters[:2]] == [Outcome.EXCEEDED, Outcome.NEAR]
    assert {one.counts.expected for one in quarters} == {3}
    assert found[0, "hour", MONDAY].outcome is Outcome.NEAR


def test_the_sheet_and_its_findings_say_the_same() -> None:
    of = terms()
    (sheet,) = judge(window([of], readings(of, [1500] * 288)), CLOSED, [DAY])
    found = sheet.finding(0, 0)
    assert found.id == "MAU01:COD:day:2026-03-09T00:00:00+07:00"
    assert (found.revision, found.final, found.end - found.start) == (1, True, 86400)
    assert Fraction(int(sheet.num[0, 0]), int(sheet.den[0, 0])) == found.mean == 1500


def test_equal_means_of_different_numbers_of_slots_are_equal_numbers() -> None:
    rows = [terms(), terms(series=COD_BESIDE), terms(series=COD_BELOW)]
    given = [
        *readings(rows[0], [1500] * 288),
        *readings(rows[1], [1500] * 240, row=1),
        *readings(rows[2], [1, 2] * 144, row=2),
    ]
    (sheet,) = judge(window(rows, given), CLOSED, [DAY])
    assert sheet.num[:, 0].tolist() == [1500, 1500, 3]
    assert sheet.den[:, 0].tolist() == [1, 1, 2]


COD_BESIDE, COD_BELOW = Series("MAU02", "COD"), Series("MAU03", "COD")

"""Loads and daily volumes: made slot by slot from what is measured, judged like any mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assess import assess
from rules.derived import with_derived
from rules.explain import explain_parts
from rules.grid import Slots, fill
from rules.loads import derived_from, load_of, rounded, volume_of
from rules.model import DAY, HOUR, Counts, Finding, Limit, Outcome, Reason, Series, Verification
from rules.terms import owes
from rules.window import Rows
from rules.wording import formula, summary
from tests.rules.windows import (
    CLOSED,
    COD,
    FLOW,
    MONDAY,
    DayTerms,
    Row,
    findings,
    readings,
    terms,
    window,
)

FLOW_H = replace(FLOW, unit="m3/h")
LOAD = load_of(COD, FLOW_H)
VOLUME = volume_of(FLOW_H)
MILLIGRAMS = 1_000_000  # quanta of a load in a kilogram a day

CODES, FLOWS, LOADS, VOLUMES = range(4)  # the rows of `day_of`


def made(of: DayTerms, parts: Sequence[DayTerms]) -> DayTerms:
    """Terms of something that is made of these."""
    derived = derived_from(of.parameter, [part.parameter for part in parts])
    return replace(of, derived=derived, low=derived.of(part.low for part in parts))


def day_of(load: str = "30", volume: str = "600", low: int = 0, **more: Any) -> list[DayTerms]:
    """COD and flow of a station on MONDAY, every hour, with a load and a volume made of them."""
    cod = terms(COD, "150", interval=3600, low=low, **more)
    flow = terms(FLOW_H, interval=3600, low=low, limit=None, owed=False, **more)
    return [
        cod,
        flow,
        made(terms(LOAD, interval=3600, limit=bound(load, "kg/day"), **more), [flow, cod]),
        made(terms(VOLUME, interval=3600, limit=bound(volume, "m3/day"), **more), [flow]),
    ]


def bound(high: str, unit: str) -> Limit:
    return Limit(None, Decimal(high), unit, "Giấy phép Mẫu, tr. 4", (), Verification.PERMIT)


def said(
    rows: Sequence[DayTerms], cod: Sequence[int | None], flow: Sequence[int | None]
) -> list[Row]:
    """A value an hour, in tenths of mg/L and of m3/h."""
    return readings(rows[CODES], cod, CODES) + readings(rows[FLOWS], flow, FLOWS)


def load(
    given: Sequence[Row], rows: Sequence[DayTerms] | None = None, now: int = CLOSED
) -> Finding:
    return findings(rows or day_of(), given, now, [DAY])[LOADS, "day", MONDAY]


def slots(rows: Sequence[DayTerms], given: Sequence[Row]) -> Slots:
    of = window(rows, given)
    return with_derived(of, fill(of, Rows.of(of), assess(of)))


# --- the product --------------------------------------------------------------------------------


def test_kilograms_and_cubic_metres_a_day() -> None:
    rows = day_of()
    given = said(rows, [500] * 24, [250] * 24)  # 50 mg/L in 25 m3/h
    found = findings(rows, given, CLOSED, [DAY])
    assert found[LOADS, "day", MONDAY].mean == 30 * MILLIGRAMS
    assert found[VOLUMES, "day", MONDAY].mean == 600 * MILLIGRAMS


def test_a_load_exactly_at_the_limit_does_not_exceed() -> None:
    rows = day_of(load="30")
    found = load(said(rows, [500] * 24, [250] * 24), rows)
    assert (found.outcome, found.reason) == (Outcome.NEAR, Reason.NEAR_LIMIT)


def test_one_quantum_above_the_limit_exceeds() -> None:
    # 24 slots of 30 kg/day are 720 kg/day; a limit a milligram lower in all is passed by one.
    rows = day_of(load="29.999999")
    found = load(said(rows, [500] * 24, [250] * 24), rows)
    assert (found.outcome, found.reason) == (Outcome.EXCEEDED, Reason.ABOVE_LIMIT)
    least = day_of(load="30")
    fine = terms(replace(COD, quantum=Decimal("0.000001")), interval=3600)
    tiny = [fine, least[FLOWS], made(least[LOADS], [least[FLOWS], fine]), least[VOLUMES]]
    # 50.000002 mg/L x 25 m3/h x 0.024 = 30.0000012 kg/day: one milligram more, in one hour.
    given = said(tiny, [50_000_000] * 23 + [50_000_002], [250] * 24)
    assert load(given, tiny).mean == 30 * MILLIGRAMS + Fraction(1, 24)
    assert load(given, tiny).outcome is Outcome.EXCEEDED


def test_a_day_is_the_mean_of_products_and_not_the_product_of_means() -> None:
    rows = day_of()
    found = load(said(rows, [1800] * 12 + [300] * 12, [20] * 12 + [300] * 12), rows)
    low, high = Fraction(180 * 2 * 24, 1000), Fraction(30 * 30 * 24, 1000)
    assert found.mean == (low + high) / 2 * MILLIGRAMS


def test_several_instants_in_a_slot_count_as_their_mean() -> None:
    rows = day_of()
    given = [*said(rows, [400], [250]), *readings(rows[CODES], [600], CODES, jitter=1200)]
    found = slots(rows, given)
    own = found.v_row == LOADS
    assert found.v_low[own].tolist() == [30 * MILLIGRAMS]
    assert found.v_count[own].tolist() == [1]


@pytest.mark.parametrize(
    ("above", "below", "whole"),
    [(5, 2, 2), (7, 2, 4), (8, 3, 3), (7, 3, 2), (6, 3, 2), (-5, 2, -2), (-7, 2, -4), (0, 7, 0)],
)
def test_a_product_is_rounded_half_to_even(above: int, below: int, whole: int) -> None:
    assert rounded(above, below) == whole


# --- what counts --------------------------------------------------------------------------------


def test_a_slot_counts_only_where_both_parts_count() -> None:
    rows = day_of()
    found = load(said(rows, [400] * 12 + [None] * 12, [None] * 6 + [250] * 18), rows)
    assert found.counts == Counts(24, 6, 6, 0, 0, 0, 0, 0)
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)


def test_enough_slots_of_both_parts_together_are_needed() -> None:
    rows = day_of()
    assert load(said(rows, [400] * 20, [250] * 24), rows).outcome is Outcome.COMPLIANT
    short = load(said(rows, [400] * 20, [None] + [250] * 23), rows)  # 19 of 24 are 79 %
    assert short.reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    ("cod", "flow", "kind"),
    [
        (1, 0, "calibrating"),
        (0, 1, "calibrating"),
        (2, 0, "faulty"),
        (1, 2, "faulty"),
        (2, 1, "faulty"),
        (9, 2, "unknown"),
        (2, 9, "unknown"),
    ],
)
def test_a_slot_is_set_aside_as_the_worse_of_its_parts(cod: int, flow: int, kind: str) -> None:
    rows = day_of()
    given = said(rows, [400] * 23, [250] * 23)
    given += readings(rows[CODES], [400], CODES, first=23, status=cod)
    given += readings(rows[FLOWS], [250], FLOWS, first=23, status=flow)
    counts = load(given, rows).counts
    assert (counts.received, counts.valid, getattr(counts, kind)) == (24, 23, 1)


def test_a_part_outside_its_instruments_range_fails_the_load_too() -> None:
    rows = day_of()
    counts = load(said(rows, [400] * 23 + [300_000], [250] * 24), rows).counts
    assert (counts.valid, counts.failed) == (23, 1)


def test_what_is_not_there_makes_nothing() -> None:
    rows = day_of()
    found = load([], rows)
    assert (found.reason, found.counts.received) == (Reason.NO_DATA, 0)
    assert load(readings(rows[CODES], [400] * 24), rows).reason is Reason.NO_DATA


def test_a_part_that_is_no_row_of_the_window_makes_nothing() -> None:
    rows = day_of()
    alone = [rows[CODES], rows[LOADS]]
    found = findings(alone, readings(rows[CODES], [400] * 24), CLOSED, [DAY])
    assert found[1, "day", MONDAY].reason is Reason.NO_DATA


def test_every_day_is_made_of_its_own_parts() -> None:
    """Two stations in one window, the second's parts before its load and another's behind."""
    one, other = day_of(), day_of()
    other = [replace(row, series=Series("MAU02", row.series.parameter)) for row in other]
    given = said(one, [500] * 24, [250] * 24)
    given += [(row + 4, at, 2 * value, status) for row, at, value, status in given]
    found = findings([*one, *other], given, CLOSED, [DAY])
    assert found[LOADS, "day", MONDAY].mean == 30 * MILLIGRAMS
    assert found[4 + LOADS, "day", MONDAY].mean == 120 * MILLIGRAMS
    assert found[4 + VOLUMES, "day", MONDAY].mean == 1200 * MILLIGRAMS


def test_the_slots_rise_by_row_and_index() -> None:
    one, other = day_of(), day_of()
    other = [replace(row, series=Series("MAU02", row.series.parameter)) for row in other]
    given = said(one, [500] * 24, [250] * 24)
    given += [(row + 4, at, value, status) for row, at, value, status in given]
    found = slots([*one, *other], given)
    for row, index in ((found.row, found.index), (found.v_row, found.v_index)):
        assert (np.diff(row * 24 + index) > 0).all()
        assert len(row) == 8 * 24


# --- conflicts, proofs, periods -----------------------------------------------------------------


def contested(flow: int) -> list[Row]:
    """A day at the limit in whose last hour the flow has a second value."""
    rows = day_of()
    given = said(rows, [500] * 24, [250] * 23 + [200])
    return [*given, *readings(rows[FLOWS], [flow], FLOWS, first=23)]


def test_two_values_of_a_part_that_differ_about_the_limit_contest_the_load() -> None:
    found = load(contested(260))
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSABLE, Reason.CONTESTED)
    assert (found.mean, found.counts.conflicting) == (None, 1)


def test_two_values_that_agree_about_the_limit_contest_nothing() -> None:
    found = load(contested(240))
    assert (found.outcome, found.counts.conflicting) == (Outcome.NEAR, 1)


def test_lowest_goes_with_lowest_and_highest_with_highest() -> None:
    rows = day_of()
    given = said(rows, [100], [20]) + said(rows, [300], [50])
    found = slots(rows, given)
    own = found.v_row == LOADS
    assert found.v_low[own].tolist() == [480_000]  # 10 mg/L x 2 m3/h x 0.024
    assert found.v_high[own].tolist() == [3_600_000]  # 30 mg/L x 5 m3/h x 0.024
    assert found.v_conflict[own].tolist() == [True]


def test_a_load_is_proven_when_it_stands_with_the_product_of_the_minima() -> None:
    noon = MONDAY + 12 * 3600
    given = said(day_of(), [1000] * 12, [250] * 12)  # 60 kg/day for half a day: 30 with nothing
    assert load(given, day_of(load="30"), noon).reason is Reason.PERIOD_OPEN
    assert load(given, day_of(load="29.999999"), noon).reason is Reason.PROVEN
    # Instruments that cannot show less than 10 mg/L and 10 m3/h: 2.4 kg/day in missing slots.
    least = day_of(load="31.2", low=100)
    assert least[LOADS].low == 2_400_000
    assert load(given, least, noon).reason is Reason.PERIOD_OPEN
    assert load(given, day_of(load="31.199999", low=100), noon).reason is Reason.PROVEN


@pytest.mark.parametrize("basis", ["day", "hour", "quarter_hour"])
def test_only_the_mean_that_the_permit_binds_is_owed(basis: str) -> None:
    cod, _, of, _ = day_of(basis=basis)
    assert [owes(of, period) for period in (HOUR, DAY)] == [basis == "hour", basis == "day"]
    assert owes(cod, DAY)
    assert owes(cod, HOUR)
    assert not owes(replace(of, owed=False), replace(DAY, name=basis))


# --- why ----------------------------------------------------------------------------------------


def test_the_formula_tells_the_product_and_the_comparison() -> None:
    rows = day_of(load="20")
    found = load(said(rows, [500] * 24, [250] * 24), rows)
    assert formula(found, rows[LOADS]) == (
        "each slot: FlowOut x COD x 0.024, rounded half to even to 0.000001 kg/day; "
        "sum 720 > limit 20 x n 24 = 480 kg/day"
    )
    assert (
        "Tải lượng COD, ngày 09/03/2026: nghi vượt giới hạn – trung bình lớn hơn giới hạn. "
        "Trung bình 30 kg/ngày, giới hạn 20"
        in (summary(found, LOAD, "CCN Mẫu 01", simulated=False)["vi"])
    )


def test_the_formula_of_a_volume_and_of_a_load_without_a_limit() -> None:
    rows = day_of()
    given = said(rows, [500] * 24, [250] * 24)
    found = findings(rows, given, CLOSED, [DAY])[VOLUMES, "day", MONDAY]
    assert formula(found, rows[VOLUMES]).startswith("each slot: FlowOut x 24, rounded")
    bare = replace(rows[LOADS], limit=None)
    assert formula(replace(found, limit=None), bare) == "no limit: nothing was compared"


def test_a_reading_without_its_counterpart_is_left_out_and_says_so() -> None:
    rows = day_of()
    given = said(rows, [400, 410, 420], [250, None, 260])
    given += readings(rows[FLOWS], [255], FLOWS, first=1, status=2)
    found = explain_parts(window(rows, given), [FLOWS, CODES], MONDAY, MONDAY + 86400)
    assert [(row, one.slot, one.counted, one.reason, one.used) for row, one in found] == [
        (FLOWS, 0, True, "counted", 250),
        (FLOWS, 1, False, "device_error", None),
        (FLOWS, 2, True, "counted", 260),
        (CODES, 0, True, "counted", 400),
        (CODES, 1, False, "other_part_missing", None),
        (CODES, 2, True, "counted", 420),
    ]


# --- beside a slow reference --------------------------------------------------------------------

_VALUE = st.tuples(st.integers(0, 23), st.integers(0, 900), st.sampled_from([0, 0, 0, 0, 1, 2, 9]))


@given(st.lists(_VALUE, max_size=40), st.lists(_VALUE, max_size=40), st.integers(1, 40))
def test_the_day_is_what_fractions_say(
    cod: list[tuple[int, int, int]], flow: list[tuple[int, int, int]], limit: int
) -> None:
    rows = day_of(load=str(limit), completeness=Fraction(1, 24))
    given = [
        (row, MONDAY + hour * 3600, value, status)
        for row, values in ((CODES, cod), (FLOWS, flow))
        for hour, value, status in values
    ]
    found = load(given, rows)
    sums = {}
    for pick in (min, max):
        products = []
        for hour in range(24):
            pair = [
                [value for at, value, status in values if (at, status) == (hour, 0)]
                for values in (cod, flow)
            ]
            if all(pair):
                exact = Fraction(pick(pair[0]) * pick(pair[1]), 100) * Fraction(24, 1000)
                products.append(round(exact * MILLIGRAMS))  # Fraction rounds half to even
        sums[pick] = products
    assert found.counts.valid == len(sums[max])
    over = {sum(p) > limit * MILLIGRAMS * len(p) for p in sums.values()}
    if not sums[max]:
        assert found.mean is None
    elif len(over) == 2:
        assert found.reason in (Reason.CONTESTED, Reason.PROVEN)
    elif found.reason is Reason.CONTESTED:  # near or not: neither is above
        assert over == {False}
    else:
        assert (found.outcome is Outcome.EXCEEDED) == over.pop()
    if found.mean is not None:
        assert found.mean == Fraction(sum(sums[max]), len(sums[max]))

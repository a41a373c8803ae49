"""Why a verdict fell as it did: each reading once, the comparison made, one sentence for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.explain import Explained, explain_readings
from rules.model import (
    DAY,
    HOUR,
    Counts,
    Finding,
    Flag,
    Limit,
    Outcome,
    Parameter,
    Period,
    Reason,
    Status,
)
from rules.terms import Dry
from rules.wording import comparison, formula, summary
from tests.meta.test_words import word_offences
from tests.rules.reference import slot_number
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

NOON = MONDAY + 43200


def explained(of: DayTerms, given: Sequence[Row], period: Period = DAY) -> list[Explained]:
    """The readings of MONDAY, or of its first hour."""
    return explain_readings(window([of], given), 0, MONDAY, MONDAY + period.length)


# --- the readings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status", "flag", "tests", "counted", "reason"),
    [
        pytest.param(1000, 0, Flag.GOOD, (), True, "counted", id="measuring"),
        pytest.param(0, 0, Flag.GOOD, (), True, "counted", id="the instrument's minimum"),
        pytest.param(200000, 0, Flag.GOOD, (), True, "counted", id="the instrument's maximum"),
        pytest.param(1000, 1, Flag.NOT_EVALUATED, (), False, "calibrating", id="calibrating"),
        pytest.param(1000, 2, Flag.NOT_EVALUATED, (), False, "device_error", id="device error"),
        pytest.param(1000, 9, Flag.NOT_EVALUATED, (), False, "unknown_status", id="unknown"),
        pytest.param(
            -1, 0, Flag.FAIL, ("gross_range",), False, "outside_instrument_range", id="negative"
        ),
        pytest.param(
            200001, 0, Flag.FAIL, ("gross_range",), False, "outside_instrument_range", id="too high"
        ),
        pytest.param(
            -1, 1, Flag.NOT_EVALUATED, (), False, "calibrating", id="calibrating, and negative"
        ),
    ],
)
def test_what_became_of_a_reading(
    value: int, status: int, flag: Flag, tests: tuple[str, ...], counted: bool, reason: str
) -> None:
    (one,) = explained(terms(), [(0, MONDAY + 600, value, status)])
    used = value if counted else None
    assert one == Explained(MONDAY + 600, value, status, 2, flag, tests, counted, reason, used)


def test_two_values_for_one_instant_are_both_told_and_suspect() -> None:
    of = terms()
    given = [*readings(of, [1500] * 12), (0, MONDAY + 300, 1501, 0)]
    clash = [one for one in explained(of, given) if one.reason == "contested"]
    assert [(one.observed_at, one.value) for one in clash] == [
        (MONDAY + 300, 1500),
        (MONDAY + 300, 1501),
    ]
    assert {one.flag for one in clash} == {Flag.SUSPECT}
    assert hour_finding(of, given).reason is Reason.CONTESTED


@pytest.mark.parametrize(
    ("value", "status"),
    [
        pytest.param(1500, Status.CALIBRATING, id="the same value, calibrating"),
        pytest.param(9999, Status.FAULT, id="another value, with a device error"),
        pytest.param(-1, Status.MEASURING, id="another value, outside the instrument's range"),
    ],
)
def test_what_does_not_count_contests_nothing(value: int, status: Status) -> None:
    given = [(0, MONDAY, 1500, 0), (0, MONDAY, value, int(status))]
    found = explained(terms(), given)
    assert sorted(one.counted for one in found) == [False, True]
    assert "contested" not in {one.reason for one in found}


def test_what_does_not_count_is_no_side_of_a_conflict() -> None:
    given = [(0, MONDAY, 1500, 0), (0, MONDAY, 1501, 0), (0, MONDAY, 1502, int(Status.FAULT))]
    told = [(one.reason, one.flag, one.counted) for one in explained(terms(), given)]
    assert told[:2] == [("contested", Flag.SUSPECT, True)] * 2
    assert told[2] == ("device_error", Flag.NOT_EVALUATED, False)


def test_readings_of_other_series_are_not_told() -> None:
    rows = [terms(), ph_terms()]
    given = [*readings(rows[0], [1500] * 288), *readings(rows[1], [700] * 288, row=1)]
    found = explain_readings(window(rows, given), 1, MONDAY, MONDAY + 86400)
    assert [one.value for one in found] == [700] * 288


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        pytest.param(False, [MONDAY, MONDAY + 1, MONDAY + 3599], id="start"),
        pytest.param(True, [MONDAY + 1, MONDAY + 3599, MONDAY + 3600], id="end"),
    ],
)
def test_an_hour_tells_the_readings_of_its_own_slots(ends: bool, told: list[int]) -> None:
    instants = (-1, 0, 1, 3599, 3600, 3601)
    given = [(0, MONDAY + off, 1000, 0) for off in instants]
    found = explained(terms(stamp_ends=ends), given, HOUR)
    assert [one.observed_at for one in found] == told


def test_a_window_without_readings_explains_none() -> None:
    assert explained(terms(), []) == []


# Few instants and values, so that repeats, conflicts and full slots come up often.
offsets = st.one_of(
    st.sampled_from((-1, 0, 1, 30, 31, 270, 300, 3599, 3600, 3601, 86399, 86400, 86401)),
    st.integers(-400, 4000),
)
values = st.sampled_from((-1, 0, 1499, 1500, 1501, 200000, 200001))
statuses = st.sampled_from((0, 0, 0, 1, 2, 9))
rows_given = st.lists(st.tuples(offsets, values, statuses), max_size=40)
intervals = st.sampled_from((60, 300, 900))
periods = st.sampled_from((HOUR, DAY))


def placed(given: Sequence[tuple[int, int, int]]) -> list[Row]:
    return [(0, MONDAY + offset, value, status) for offset, value, status in given]


@given(rows_given, intervals, st.booleans(), periods)
def test_every_distinct_reading_of_the_period_once(
    said: list[tuple[int, int, int]], interval: int, ends: bool, period: Period
) -> None:
    of = terms(interval=interval, stamp_ends=ends)
    found = explained(of, placed(said), period)
    slots = {reading: slot_number(interval, ends, reading[0]) for reading in said}
    owed = {
        (MONDAY + offset, value, status, slot)
        for (offset, value, status), slot in slots.items()
        if slot is not None and slot * interval < period.length
    }
    told = [(one.observed_at, one.value, one.status, one.slot) for one in found]
    assert told == sorted(owed)
    assert explained(of, placed(said[::-1] + said), period) == found


@given(rows_given, intervals, st.booleans(), periods)
def test_the_readings_told_are_those_of_the_finding(
    said: list[tuple[int, int, int]], interval: int, ends: bool, period: Period
) -> None:
    of = terms(interval=interval, stamp_ends=ends, completeness=Fraction(1, 1440))
    found = explained(of, placed(said), period)
    judged = findings([of], placed(said), CLOSED, [period])[0, period.name, MONDAY]
    counts = judged.counts
    counted = [one for one in found if one.counted]
    assert len({one.slot for one in found}) == counts.received
    assert len({one.slot for one in counted}) == counts.valid
    assert len({one.slot for one in found if one.reason == "contested"}) == counts.conflicting
    if len({one.observed_at for one in counted}) == len(counted) == counts.valid:
        total = sum(one.value for one in counted)
        assert judged.mean == (Fraction(total, counts.valid) if counted else None)


@given(st.lists(st.tuples(values, statuses), min_size=1, max_size=12))
def test_counted_readings_are_the_valid_slots_when_a_slot_has_one_instant(
    said: list[tuple[int, int]],
) -> None:
    of = terms()
    given = [(0, MONDAY + slot * 300, value, status) for slot, (value, status) in enumerate(said)]
    found, counts = explained(of, given, HOUR), hour_finding(of, given).counts
    by_reason = {
        "counted": counts.valid,
        "calibrating": counts.calibrating,
        "device_error": counts.faulty,
        "unknown_status": counts.unknown,
        "outside_instrument_range": counts.failed,
    }
    reasons = [one.reason for one in found]
    assert {reason: reasons.count(reason) for reason in by_reason} == by_reason
    assert len(found) == counts.received == len(said)


# --- the comparison ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1500, "sum 43200 <= limit 150 x n 288 = 43200 mg/L", id="at the limit"),
        pytest.param(1501, "sum 43228.8 > limit 150 x n 288 = 43200 mg/L", id="a quantum above"),
        pytest.param(0, "sum 0 <= limit 150 x n 288 = 43200 mg/L", id="nothing measured"),
    ],
)
def test_the_comparison_of_a_mean(value: int, expected: str) -> None:
    of = terms()
    assert formula(day_finding(of, readings(of, [value] * 288)), of) == expected


def test_a_sum_that_no_decimal_writes_stays_a_quotient() -> None:
    of = terms()
    given = [*readings(of, [1500] * 12), (0, MONDAY + 60, 1500, 0), (0, MONDAY + 120, 1501, 0)]
    found = hour_finding(of, given)  # 11 slots of 150, and one of 4501/30
    assert formula(found, of) == "sum 54001/30 > limit 150 x n 12 = 1800 mg/L"


@given(
    st.lists(st.integers(0, 3000), min_size=20, max_size=24),
    st.sampled_from(("150", "74.25", "0.3", "133.65")),
    st.sampled_from(("0.1", "0.000001", "0.5")),
)
def test_the_comparison_told_is_true_and_decides(given: list[int], high: str, quantum: str) -> None:
    of = terms(parameter(quantum=quantum), high)
    rows = [(0, MONDAY + n * 150, value, 0) for n, value in enumerate(given)]  # two a slot
    found = hour_finding(of, rows)
    text = formula(found, of)
    match = re.fullmatch(r"sum (\S+) (>|<=) limit (\S+) x n (\d+) = (\S+) mg/L", text)
    assert match is not None
    assert found.mean is not None
    total, bound, n, product = (Fraction(match[group]) for group in (1, 3, 4, 5))
    assert (bound, product) == (Fraction(high), Fraction(high) * n)
    assert total == found.mean * n * Fraction(quantum)
    assert (match[2] == ">") is (total > product) is (found.outcome is Outcome.EXCEEDED)


@pytest.mark.parametrize(("low", "minimum"), [(0, "0"), (2, "0.2"), (-15, "-1.5")])
def test_the_comparison_of_an_early_proof(low: int, minimum: str) -> None:
    of = terms(low=low)
    given = readings(of, [3100] * 144)
    given += readings(of, [9000] * 10, first=144, status=Status.CALIBRATING)
    found = day_finding(of, given, NOON + 3600)
    assert found.reason is Reason.PROVEN
    assert formula(found, of) == (
        f"sum of 144 valid slots 44640 + missing 144 x minimum {minimum} "
        "> limit 150 x n 288 = 43200 mg/L"
    )


def test_a_proof_with_contested_values_stands_on_the_lowest() -> None:
    of = terms()
    given = [*readings(of, [3100] * 160), (0, MONDAY, 3200, 0)]
    found = day_finding(of, given, NOON + 7200)
    assert (found.reason, found.counts.conflicting) == (Reason.PROVEN, 1)
    assert "160 valid slots (of conflicting values the lowest) +" in formula(found, of)


def test_a_period_that_could_not_be_judged_compared_nothing() -> None:
    of = terms()
    found = replace(day_finding(of, []), reason=Reason.INTERNAL_ERROR)
    assert formula(found, of) == "the monitor failed to judge this period: nothing was compared"


def test_a_mean_that_was_not_compared_tells_what_it_lacks() -> None:
    of = terms(interval=60)
    found = hour_finding(of, readings(of, [1000] * 47))
    assert found.reason is Reason.INSUFFICIENT_DATA
    assert formula(found, of).startswith("valid 47 x 5 >= expected 60 x 4 is required")


def test_both_ends_of_a_range_are_told() -> None:
    of = ph_terms()
    given = readings(of, [700] * 288)
    told = (formula(hour_finding(of, given), of), formula(day_finding(of, given), of))
    assert told[0] == "5.5 <= mean of valid slots <= 9; near within 0.2 of an end"
    assert told[1] == "every assessable hour: 5.5 <= mean <= 9; a day exceeds when any hour does"


@pytest.mark.parametrize("lack", [Reason.LIMIT_MISSING, Reason.NO_PERMIT])
@pytest.mark.parametrize("of", [terms(), ph_terms()], ids=["mean", "range"])
def test_without_a_limit_nothing_was_compared(of: DayTerms, lack: Reason) -> None:
    bare = replace(of, limit=None, lack=lack)
    found = day_finding(bare, readings(bare, [700] * 288))
    assert found.reason is lack
    assert formula(found, bare) == "no limit: nothing was compared"


@pytest.mark.parametrize(
    ("of", "value", "other", "numbers"),
    [
        pytest.param(terms(), 1500, 1501, "limit 150 ", id="mean"),
        pytest.param(ph_terms(), 900, 901, "limit 5.5–9 ", id="range"),
    ],
)
def test_contested_values_were_compared_both_ways(
    of: DayTerms, value: int, other: int, numbers: str
) -> None:
    found = hour_finding(of, [*readings(of, [value] * 12), (0, MONDAY, other, 0)])
    assert found.reason is Reason.CONTESTED
    text = formula(found, of)
    assert "lowest" in text
    assert "highest" in text
    assert numbers in f"{text} "
    assert "required" not in text  # there were readings enough


def test_a_rest_is_told_by_its_outflow() -> None:
    of = terms(dry=Dry("FlowOut", Fraction(5)))
    flow = terms(FLOW, limit=None, lack=Reason.LIMIT_MISSING)
    given = [*readings(of, [9999] * 288), *readings(flow, [4] * 288, row=1)]
    found = findings([of, flow], given, CLOSED, [DAY])[0, "day", MONDAY]
    assert found.reason is Reason.NO_DISCHARGE
    assert formula(found, of).startswith("FlowOut: every valid slot below ")
    assert comparison(found, of, FLOW) == {
        "vi": "FlowOut: mọi khoảng hợp lệ đều dưới mức ghi trong giấy phép, 0,5 mg/L",
        "en": "FlowOut: every valid slot below the permit's figure, 0.5 mg/L",
    }


def test_a_period_of_a_regulation_goes_by_its_own_words() -> None:
    of, quarter = terms(), Period("quarter_hour", 900, "15 phút", "15 minutes")
    found = findings([of], readings(of, [1600] * 288), CLOSED, [quarter])[0, "quarter_hour", MONDAY]
    told = summary(found, COD, PLACE, simulated=False, period=quarter)
    assert "COD, 15 phút 00:00 09/03/2026 (UTC+7): cảnh báo sớm: trung bình 15 phút" in told["vi"]
    assert "COD, 15 minutes 00:00 09/03/2026 (UTC+7): early warning" in told["en"]
    unnamed = summary(found, COD, PLACE, simulated=False)
    assert "COD, quarter_hour 00:00" in unnamed["vi"]


def test_the_comparison_in_vietnamese_has_the_same_numbers_with_commas() -> None:
    of = terms(parameter(), "150.5")
    found = hour_finding(of, readings(of, [1501] * 12))
    assert comparison(found, of) == {
        "vi": "tổng 1801,2 <= giới hạn 150,5 x n 12 = 1806 mg/L",
        "en": "sum 1801.2 <= limit 150.5 x n 12 = 1806 mg/L",
    }


# --- the sentence -----------------------------------------------------------------------------

PLACE = "CCN Mẫu 01"
FOOTERS = {
    "vi": "Dữ liệu tự động, chờ xác minh; không thay thế kết luận của cơ quan có thẩm quyền.",
    "en": "Automatic data awaiting verification; it does not replace the finding of the "
    "competent authority.",
}
PREFIXES = {"vi": "[DỮ LIỆU MÔ PHỎNG] ", "en": "[SIMULATED DATA] "}


def finding(
    outcome: Outcome,
    reason: Reason,
    period: Period = DAY,
    mean: Fraction | None = None,
    bound: Limit | None = None,
) -> Finding:
    """A finding with this verdict; what is not about the sentence is left plain."""
    end = MONDAY + period.length
    counts = Counts(12, 11, 10, 1, 0, 0, 0, 0)
    series = terms().series
    return Finding(
        series, period.name, MONDAY, end, outcome, reason, mean, bound, counts, final=True
    )


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("period", [HOUR, DAY, Period("quarter", 900)])
@pytest.mark.parametrize("reason", list(Reason))
def test_every_sentence_carries_the_footer_and_says_what_is_simulated(
    reason: Reason, period: Period, simulated: bool
) -> None:
    for outcome in Outcome:
        found = finding(outcome, reason, period, Fraction(1501), limit("150"))
        said = summary(found, COD, PLACE, simulated)
        assert said.keys() == {"vi", "en"}
        for language, text in said.items():
            assert text.endswith(f" {FOOTERS[language]}")
            begins = (PREFIXES[language] if simulated else "") + f"{PLACE}, COD, "
            assert text.startswith(begins)
        assert word_offences(said.items()) == []


def test_no_two_reasons_read_alike() -> None:
    said = [
        summary(finding(Outcome.NOT_ASSESSABLE, reason), COD, PLACE, False) for reason in Reason
    ]
    for language in ("vi", "en"):
        assert len({one[language] for one in said}) == len(Reason)


@pytest.mark.parametrize(
    ("outcome", "period", "vi", "en"),
    [
        pytest.param(
            Outcome.EXCEEDED, DAY, ": nghi vượt giới hạn –", ": suspected exceedance –", id="day"
        ),
        pytest.param(
            Outcome.EXCEEDED,
            HOUR,
            ": cảnh báo sớm: trung bình giờ vượt giới hạn –",
            ": early warning: hourly mean over the limit –",
            id="hour",
        ),
        pytest.param(Outcome.COMPLIANT, DAY, ": trong giới hạn –", ": within the limit –"),
        pytest.param(Outcome.NEAR, HOUR, ": gần giới hạn –", ": near the limit –"),
        pytest.param(Outcome.NOT_APPLICABLE, DAY, ": không áp dụng –", ": not applicable –"),
    ],
)
def test_the_verdict_in_the_words_of_the_field(
    outcome: Outcome, period: Period, vi: str, en: str
) -> None:
    said = summary(finding(outcome, Reason.ABOVE_LIMIT, period), COD, PLACE, False)
    assert vi in said["vi"]
    assert en in said["en"]


def test_too_few_readings_are_not_enough_data() -> None:
    found = finding(Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)
    said = summary(found, COD, PLACE, False)
    assert "không đủ dữ liệu để đánh giá" in said["vi"]
    assert "not enough data to assess" in said["en"]
    assert "10/12" in said["vi"]
    assert "10 of 12" in said["en"]


@pytest.mark.parametrize(
    ("of", "mean", "bound", "vi", "en"),
    [
        pytest.param(
            COD, Fraction(1501), limit("150"), "150,1 mg/L, giới hạn 150 (Giấy phép Mẫu)",
            "150.1 mg/L, limit 150 (Giấy phép Mẫu)", id="a mean",
        ),
        pytest.param(
            COD, Fraction(2000, 3), limit("74.25"), "66,667 mg/L, giới hạn 74,25 (",
            "66.667 mg/L, limit 74.25 (", id="rounded for show only",
        ),
        pytest.param(
            PH, Fraction(905), limit("9", "5.5"), "9,05, giới hạn 5,5–9 (", "9.05, limit 5.5–9 (",
            id="a pH has two ends and no unit",
        ),
    ],
)  # fmt: skip
def test_the_numbers_as_each_language_writes_them(
    of: Parameter, mean: Fraction, bound: Limit, vi: str, en: str
) -> None:
    found = finding(Outcome.EXCEEDED, Reason.ABOVE_LIMIT, DAY, mean, bound)
    said = summary(found, of, PLACE, False)
    assert f"Trung bình {vi}" in said["vi"]
    assert f"Mean {en}" in said["en"]


def test_without_a_mean_no_number_is_shown() -> None:
    said = summary(finding(Outcome.NOT_ASSESSABLE, Reason.NO_DATA), COD, PLACE, False)
    assert "Trung bình" not in said["vi"]
    assert "Mean" not in said["en"]


@pytest.mark.parametrize(
    ("period", "vi", "en"),
    [
        pytest.param(DAY, "ngày 09/03/2026:", "day 09/03/2026:", id="a local day"),
        pytest.param(
            HOUR, "giờ 00:00 09/03/2026 (UTC+7):", "hour 00:00 09/03/2026 (UTC+7):", id="hour"
        ),
    ],
)
def test_times_are_those_of_hanoi(period: Period, vi: str, en: str) -> None:
    said = summary(finding(Outcome.COMPLIANT, Reason.WITHIN_LIMIT, period), COD, PLACE, False)
    assert vi in said["vi"]
    assert en in said["en"]

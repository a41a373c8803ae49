"""The figures of reports: equal to a plain recount, whatever the findings and alerts are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.days import DAY_SECONDS
from rules.model import Outcome, Series, finding_id
from tests.cast import DAY0, DAY1, HOUR
from tolich.reports.figures import (
    Capture,
    Occurrence,
    captured,
    exceeded_days,
    occurrences,
    ratios,
    tally,
)
from tolich.reports.judged import Judged, Trouble, judged, trouble

NAMES = ("valid", "calibrating", "faulty", "failed", "unknown")
LENGTHS = {"hour": HOUR, "day": DAY_SECONDS}


def finding(
    start: int,
    outcome: str = "exceeded",
    *,
    period: str = "hour",
    station: str = "MAU01",
    parameter: str = "COD",
    mean: float | None = 140,
    low: float | None = None,
    slots: Sequence[int] = (4, 0, 0, 0, 0),
) -> Judged:
    """A finding that starts so many seconds after DAY0; `slots` by NAMES."""
    begin = DAY0 + start
    counts = dict(zip(NAMES, slots, strict=True))
    counts |= {"received": sum(slots), "expected": sum(slots) + 1, "conflicting": 0}
    return Judged(
        station, parameter, period, begin, begin + LENGTHS[period],
        finding_id(Series(station, parameter), period, begin), 1, outcome, "above_limit", mean,
        "mg/L", low, 100, "giấy phép", counts, True, begin + DAY_SECONDS, "1.1", 1,
    )  # fmt: skip


def alert(
    start: int, end: int | None, number: int = 1, parameter: str = "COD", period: str = "hour"
) -> Trouble:
    """An exceedance alert of MAU01 in seconds after DAY0."""
    ended = None if end is None else DAY0 + end
    state = "active" if end is None else "ended"
    return Trouble(f"A{number}", "MAU01", parameter, period, state, DAY0 + start, ended, None, None)


OUTCOMES = st.sampled_from([outcome.value for outcome in Outcome])


@st.composite
def told(draw: st.DrawFn) -> list[Judged]:
    """Findings of two stations and parameters over three days, none twice, in any order."""
    places = st.tuples(
        st.sampled_from(("MAU01", "MAU02")),
        st.sampled_from(("COD", "pH")),
        st.sampled_from(("hour", "day")),
        st.integers(0, 71),
    )
    slots = st.tuples(*[st.integers(0, 4)] * len(NAMES))
    found = {}
    for station, parameter, period, number in draw(st.lists(places, max_size=40)):
        start = number * HOUR if period == "hour" else number % 3 * DAY_SECONDS
        found[station, parameter, period, start] = finding(
            start, draw(OUTCOMES), period=period, station=station, parameter=parameter,
            slots=draw(slots),
        )  # fmt: skip
    return draw(st.permutations(list(found.values())))


def of(findings: list[Judged], station: str, parameter: str, period: str) -> list[Judged]:
    return [one for one in findings if one[:3] == (station, parameter, period)]


# --- ratios -------------------------------------------------------------------------------


@given(told(), st.integers(0, 200))
def test_ratios_are_a_plain_recount(findings: list[Judged], owed: int) -> None:
    every = [(s, p) for s in ("MAU01", "MAU02") for p in ("COD", "pH")]
    duty = {(*series, period): owed for series in every for period in ("day", "hour")}
    rows = ratios(sorted(findings), duty)
    assert [row.series for row in rows] == every
    for row in rows:
        for counted, period in ((row.days, "day"), (row.hours, "hour")):
            found = of(findings, *row.series, period)
            for outcome in Outcome:
                expected = sum(one.outcome == outcome for one in found)
                assert getattr(counted, outcome.value) == expected
            assert counted.owed == max(owed, len(found))
            assert sum(counted[1:]) == counted.owed
        hours = of(findings, *row.series, "hour")
        exceeded = {(one.start - DAY0) // DAY_SECONDS for one in hours if one.outcome == "exceeded"}
        assert row.days_with_hour == len(exceeded)


@given(told())
def test_the_days_behind_a_row_name_what_exceeded_and_nothing_else(findings: list[Judged]) -> None:
    for row in ratios(sorted(findings), {}):
        named = []
        for day in exceeded_days(row):
            named += [*(() if day.whole is None else (day.whole,)), *day.hours]
            assert {one.day for one in named[-1:]} == {day.day}
        own = of(findings, *row.series, "day") + of(findings, *row.series, "hour")
        expected = [one.id for one in own if one.outcome == "exceeded"]
        assert sorted(one.id for one in named) == sorted(expected)


def test_what_is_not_assessable_widens_no_share() -> None:
    hours = [finding(n * HOUR, "not_assessable" if n else "exceeded") for n in range(4)]
    counted = tally(hours, 10)
    assert (counted.share, counted.compliant, counted.not_assessable) == (0.1, 0, 3)
    assert counted.missing == 6


def test_nothing_owed_has_no_share() -> None:
    assert tally([], 0).share is None


# --- data capture ---------------------------------------------------------------------------


@given(told())
def test_capture_is_a_plain_recount(findings: list[Judged]) -> None:
    for row in captured(sorted(findings), {}):
        days = of(findings, *row.series, "day")
        sums = {name: sum(day.counts[name] for day in days) for name in days[0].counts}
        assert row.together == Capture(
            sums["expected"], sums["received"], sums["valid"], sums["calibrating"],
            sums["faulty"], sums["failed"] + sums["unknown"], sums["conflicting"],
        )  # fmt: skip
        together = row.together
        assert together.received == sum(together[2:6])
        assert together.valid_share == sums["valid"] / sums["expected"]
        assert together.received_share == sums["received"] / sums["expected"]


def test_a_series_without_a_day_is_a_row_all_the_same() -> None:
    (row,) = captured([], {("MAU01", "COD", "day"): 3, ("MAU01", "COD", "hour"): 72})
    assert (row.series, row.missing, row.together.expected) == (("MAU01", "COD"), 3, 0)
    assert row.together.valid_share is None


# --- exceedances ----------------------------------------------------------------------------


def hours(*numbers: int) -> list[Judged]:
    return [finding(number * HOUR) for number in numbers]


def split(found: list[Occurrence]) -> list[tuple[int, int, list[int], str | None]]:
    """Day, number, hours since DAY0 and alert of occurrences."""
    return [
        (
            (one.first.day - DAY0) // DAY_SECONDS,
            one.number,
            [(each.start - DAY0) // HOUR for each in one.findings],
            None if one.alert is None else one.alert.id,
        )
        for one in found
    ]


SPLITS = {
    "one alert, a clean hour within": (
        hours(3, 5), [alert(3 * HOUR, 8 * HOUR)], [(0, 1, [3, 5], "A1")],
    ),
    "two alerts in a row": (
        hours(3, 4), [alert(3 * HOUR, 4 * HOUR), alert(4 * HOUR, 9 * HOUR, 2)],
        [(0, 1, [3], "A1"), (0, 2, [4], "A2")],
    ),
    "an alert over midnight is an occurrence of both days": (
        hours(23, 24, 25), [alert(23 * HOUR, None)], [(0, 1, [23], "A1"), (1, 1, [24, 25], "A1")],
    ),
    "no alert: what adjoins belongs together": (
        hours(1, 2, 4), [], [(0, 1, [1, 2], None), (0, 2, [4], None)],
    ),
    "not raised yet, then raised": (
        hours(1, 2, 3), [alert(3 * HOUR, None)], [(0, 1, [1, 2], None), (0, 2, [3], "A1")],
    ),
    "an alert of another series, or of days": (
        hours(1), [alert(0, None, 7, "pH"), alert(0, None, 8, period="day")], [(0, 1, [1], None)],
    ),
    "what is within the limit is none": (
        [finding(HOUR, outcome) for outcome in ("near", "compliant", "not_assessable")], [], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("findings", "alerts", "expected"), SPLITS.values(), ids=SPLITS)
def test_occurrences_of_a_day(
    findings: list[Judged], alerts: list[Trouble], expected: list[tuple[int, int, list[int], str]]
) -> None:
    assert split(occurrences(findings[::-1], alerts)) == expected


@given(
    told(),
    st.lists(st.tuples(st.integers(0, 71), st.integers(1, 30)), max_size=4),
)
def test_every_exceeded_finding_is_in_one_occurrence_of_its_day(
    findings: list[Judged], spans: list[tuple[int, int]]
) -> None:
    alerts = [
        alert(begin * HOUR, (begin + length) * HOUR, number)
        for number, (begin, length) in enumerate(spans)
    ]
    found = occurrences(findings, alerts)
    inside = [one.id for each in found for one in each.findings]
    exceeded = [one.id for one in findings if one.outcome == "exceeded"]
    assert sorted(inside) == sorted(exceeded)
    days: dict[tuple[object, ...], list[int]] = {}
    for each in found:
        (place,) = {(one.day, *one[:3]) for one in each.findings}
        days.setdefault(place, []).append(each.number)
        assert each.lasted == each.findings[-1].end - each.first.start
        for one in each.findings:
            assert each.alert is None or each.alert.covers(one)
    assert all(numbers == [*range(1, len(numbers) + 1)] for numbers in days.values())


WORST = {
    "above": ([140, 150, 120], None, 100, 150),
    "above and below a range": ([9.5, 3.0, 9.8], 6, 9, 3.0),
    "some without a mean": ([None, 101, None], None, 100, 101),
}


@pytest.mark.parametrize(("means", "low", "high", "worst"), WORST.values(), ids=WORST)
def test_the_worst_is_farthest_outside(
    means: list[float | None], low: float | None, high: float, worst: float
) -> None:
    some = [finding(n * HOUR, mean=mean, low=low) for n, mean in enumerate(means)]
    (one,) = occurrences([each._replace(high=high) for each in some], [])
    assert one.worst.mean == worst


def test_only_without_a_mean_the_value_is_none() -> None:
    (one,) = occurrences([finding(0, mean=None)], [])
    assert one.worst.mean is None


# --- from shapes ----------------------------------------------------------------------------

ALERT = {
    "id": "A7", "kind": "exceedance", "station": "MAU01", "parameter": "COD", "period": "hour",
    "state": "ended", "started_at": "2026-03-10T01:00:00+07:00",
    "ended_at": "2026-03-10T05:00:00+07:00",
}  # fmt: skip


def test_an_alert_says_when_people_acted() -> None:
    assert trouble(ALERT)[5:] == (DAY0 + HOUR, DAY0 + 5 * HOUR, None, None)
    responses = {"received_after": 600, "explained_after": None, "closed_after": 7200}
    done = trouble({**ALERT, "ended_at": None, "work": {"responses": responses}})
    assert done[6:] == (None, 600, 7200)


def test_a_finding_without_a_limit_has_none() -> None:
    counts = dict.fromkeys((*NAMES, "received", "expected", "conflicting"), 0)
    shape = {
        "id": "MAU01:NH4:day:2026-03-11T00:00:00+07:00", "station": "MAU01", "parameter": "NH4",
        "period": "day", "start": "2026-03-11T00:00:00+07:00", "end": "2026-03-12T00:00:00+07:00",
        "outcome": "not_assessable", "reason": "limit_missing", "mean": None, "unit": "mg/L",
        "limit": None, "counts": counts, "final": True, "revision": 3, "engine": "1.1",
        "judged_at": "2026-03-12T00:10:00+07:00",
    }  # fmt: skip
    one = judged(shape, 2)
    assert (one.low, one.high, one.citation, one.day) == (None, None, "", DAY1)
    assert one.named == "MAU01:NH4:day:2026-03-11T00:00:00+07:00?revision=3"

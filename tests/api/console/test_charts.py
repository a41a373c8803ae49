"""Pictures: what is missing is never joined, limits are steps, and nothing is only a colour."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.charts.axes import Plane, px, reach, time_ticks, value_ticks
from api.console.charts.bars import capture_bar, ratio, ratio_bar
from api.console.charts.series import Course, Interval, Mean, Point, picture
from api.console.charts.spark import spark
from api.console.charts.strip import by_day, strip
from api.console.marks import Mark
from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start, rfc3339

T0 = day_start(date(2026, 3, 10))
LIMIT = {"low": None, "high": 100.0}
RANGE = {"low": 6.0, "high": 9.0}


def course(points: list[Point], **more: Any) -> str:
    """The picture of a day with some readings."""
    return str(picture(Course(T0, T0 + DAY_SECONDS, 900, points, **more), "COD", "vi"))


def every(seconds: int, n: int, start: int = T0, **more: Any) -> list[Point]:
    """Readings at a distance."""
    return [Point(start + k * seconds, 50.0, "00", **more) for k in range(n)]


def lines(shown: str) -> int:
    """How many stretches of readings are drawn."""
    return len(re.findall(r'<polyline class="reading"', shown))


def test_a_gap_is_left_open() -> None:
    whole = every(300, 24)
    assert lines(course(whole)) == 1
    assert lines(course([*whole[:10], *whole[16:]])) == 2


def test_a_slow_station_has_no_gaps() -> None:
    hourly = every(HOUR_SECONDS, 5)
    assert lines(course(hourly)) == 1
    faster = every(60, 30, T0 + 5 * HOUR_SECONDS)
    assert lines(course([*hourly, *faster])) == 2  # open where the pace changes: never joined


def test_a_lone_reading_between_two_gaps_is_a_point() -> None:
    lone = Point(T0 + 6 * HOUR_SECONDS, 50.0, "00")
    shown = course([*every(300, 6), lone, *every(300, 6, T0 + 12 * HOUR_SECONDS)])
    assert lines(shown) == 2
    assert '<circle class="reading"' in shown


@given(st.lists(st.integers(0, 287), min_size=2, max_size=60, unique=True))
def test_no_line_crosses_what_is_missing(slots: list[int]) -> None:
    shown = course([Point(T0 + 300 * slot, 50.0, "00") for slot in sorted(slots)])
    plane = Plane(T0, T0 + DAY_SECONDS, *reach([50.0]))
    for drawn in re.findall(r'<polyline class="reading" points="([^"]+)"', shown):
        places = [float(point.split(",")[0]) for point in drawn.split()]
        known = {plane.x(T0 + 300 * slot) for slot in slots}
        assert set(places) <= known


def test_what_does_not_count_is_a_pattern_not_a_line() -> None:
    shown = course([*every(300, 6), Point(T0 + 1800, 900.0, "01"), Point(T0 + 3600, 0.0, "02")])
    assert 'class="band calibrating"' in shown
    assert 'class="band fault"' in shown
    assert "900" not in re.sub(r'data-points="[^"]*"', "", shown)  # nor does it set the scale


def test_the_limit_is_a_step_where_the_permit_changes() -> None:
    means = [
        Mean(T0 + k * HOUR_SECONDS, T0 + (k + 1) * HOUR_SECONDS, 50.0, Mark.WITHIN, None, high)
        for k, high in enumerate([100.0, 100.0, 60.0])
    ]
    shown = course([], means=means, bounds=(None, 60.0))
    (path,) = re.findall(r'<path class="limit" d="([^"]+)"', shown)
    assert path.count("M") == 1
    heights = {place.split()[1].split("H")[0] for place in re.split("[ML]", path) if place}
    assert len(heights) == 2


def test_without_a_limit_no_line_is_drawn() -> None:
    assert 'class="limit"' not in course(every(300, 6))


def test_late_readings_are_ringed() -> None:
    assert "late" not in course(every(300, 6))
    assert course(every(300, 6, late=True)).count('class="late"') == 6


def test_an_alert_shows_its_beginning_and_its_end() -> None:
    over = Interval(T0 + 3600, T0 + 7200, Mark.SUSPECTED, "/alerts/A1", "Nghi vượt giới hạn")
    ongoing = Interval(T0 + 3600, None, Mark.EARLY, "/alerts/A2", "Cảnh báo sớm")
    both = course(every(300, 6), alerts=[over, ongoing])
    assert 'href="/alerts/A1"' in both
    assert "<title>Nghi vượt giới hạn</title>" in both
    first, second = both.split('href="/alerts/A2"')
    assert first.count("<line x1=") - second.count("<line x1=") == 1


def test_a_mean_without_enough_data_has_no_height() -> None:
    shown = course([], means=[Mean(T0, T0 + 3600, None, Mark.UNASSESSED)])
    assert 'class="mean"' not in shown
    assert 'class="band unassessed"' in shown


# --- scales -------------------------------------------------------------------------------------


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    ticks = value_ticks(low, low + span)
    assert 2 <= len(ticks) <= 12
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)


@pytest.mark.parametrize("days", [1, 2, 7, 30, 90, 365])
def test_times_are_written_now_and_then(days: int) -> None:
    ticks = list(time_ticks(T0, T0 + days * DAY_SECONDS))
    assert 1 <= len(ticks) <= 14
    assert all(T0 <= when < T0 + days * DAY_SECONDS for when, _ in ticks)


@given(st.lists(st.floats(-1e4, 1e4), max_size=8))
def test_a_range_holds_its_values(values: list[float]) -> None:
    low, high = reach(values)
    assert low < high
    assert all(low <= value <= high for value in values)


def test_a_place_is_written_short() -> None:
    assert px(12.0) == "12"
    assert px(12.5) == "12.5"


# --- small ones ---------------------------------------------------------------------------------


def shape(value: float | None, status: str = "00", limit: Any = LIMIT) -> dict[str, Any]:
    """A parameter of a sight."""
    return {"value": value, "status": status, "limit": limit}


def test_the_ratio_is_of_what_counts_and_has_one() -> None:
    assert ratio(shape(50.0)) == 0.5
    assert ratio(shape(50.0, "01")) is None
    assert ratio(shape(7.0, limit=RANGE)) is None
    assert ratio(shape(50.0, limit=None)) is None


@pytest.mark.parametrize(("value", "level"), [(50.0, "well"), (90.0, "near"), (100.1, "over")])
def test_the_bar_says_how_near(value: float, level: str) -> None:
    shown = str(ratio_bar(shape(value), "giới hạn 100", "vi"))
    assert f'class="{level}"' in shown
    assert 'aria-label="' in shown


def test_what_was_owed_is_shared_out() -> None:
    counts = {"expected": 200, "valid": 100, "calibrating": 20, "faulty": 0, "failed": 10}
    shown = str(capture_bar(counts, "vi"))
    assert "hợp lệ 50,0 %" in shown
    assert "thiếu 35,0 %" in shown
    widths = [float(width) for width in re.findall(r'width="([\d.]+)"', shown)]
    assert sum(widths) == pytest.approx(400)


def hours(*means: float | None) -> list[dict[str, Any]]:
    """Hours of a sight, one after the other."""
    return [{"start": rfc3339(T0 + k * HOUR_SECONDS), "mean": mean} for k, mean in enumerate(means)]


def test_a_missing_hour_is_left_open_in_the_small_picture_too() -> None:
    assert str(spark(hours(1, 2, 3, 4), LIMIT)).count("<polyline") == 1
    assert str(spark(hours(1, 2, None, 4, 5), LIMIT)).count("<polyline") == 2
    assert "<svg" not in str(spark(hours(None), LIMIT))


def test_every_day_of_the_year_has_its_place() -> None:
    today = date(2026, 3, 10)
    found = [
        {
            "id": f"m01:COD:day:{k}",
            "start": rfc3339(day_start(today - timedelta(days=k))),
            "outcome": outcome,
            "reason": "",
        }
        for k, outcome in ((1, "exceeded"), (2, "compliant"), (3, "not_assessable"))
    ]
    shown = str(strip(by_day(found), today, "COD", lambda both: both.vi))
    assert shown.count("<rect") == 365
    assert shown.count('class="none"') == 362
    assert 'href="/findings/m01:COD:day:1"' in shown
    assert "09/03/2026: Nghi vượt giới hạn" in shown
    assert ">?</text>" in shown  # not enough data has its sign
    assert shown.count("✓") == 0  # a year of ticks would say nothing

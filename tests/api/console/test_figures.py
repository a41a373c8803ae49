"""Numbers and times in either language, and states in their order."""

from __future__ import annotations

from typing import Any

import pytest

from api.console.both import Both, same
from api.console.figures import ago, clock, lasting, limit, number, percent, reading, unit
from api.console.marks import Mark, of_finding, of_parameter, of_station
from rules.days import rfc3339

NOW = 1773165600  # 01:00 on 11/03/2026 in Hanoi


def test_numbers_have_the_signs_of_the_language() -> None:
    assert number(1234.5, "vi") == "1.234,5"
    assert number(1234.5, "en") == "1,234.5"
    assert number(None, "vi") == "–"
    assert number(3.0, "vi", 1) == "3,0"
    assert percent(0.125, "vi", 1) == "12,5 %"


@pytest.mark.parametrize(
    ("value", "said"), [(0.123, "0,12"), (12.34, "12,3"), (1234.5, "1.234"), (10.0, "10")]
)
def test_a_value_has_about_three_digits(value: float, said: str) -> None:
    assert reading(value, "vi") == said


def test_limits_and_units() -> None:
    assert limit({"low": 6, "high": 9}, "vi") == "6–9"
    assert limit({"low": None, "high": 67.5}, "vi") == "67,5"
    assert unit("m3/day", "vi") == "m³/ngày"
    assert unit("-", "vi") == ""


def test_times_are_hanois() -> None:
    assert clock(rfc3339(NOW)) == "01:00 11/03/2026"
    assert clock(rfc3339(NOW - 600), NOW) == "00:50"
    assert clock(rfc3339(NOW - 7200), NOW) == "23:00 10/03/2026"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 giây"), (300, "5 phút"), (7200, "2 giờ"), (100_000, "27 giờ"), (200_000, "2 ngày")],
)
def test_lengths_of_time(seconds: int, said: str) -> None:
    assert lasting(seconds, "vi") == said
    assert ago(rfc3339(NOW - seconds), NOW, "vi") == f"{said} trước"


def test_words_are_filled_in_their_language() -> None:
    said = Both("{n} trạm: {what}", "{n} stations: {what}").filled(n=2, what=Mark.NEAR.words)
    assert said.vi == "2 trạm: Gần giới hạn"
    assert said.en == "2 stations: Near limit"
    assert same("pH") == ("pH", "pH")


# --- states -------------------------------------------------------------------------------------


def sight(state: str = "measuring", **changes: Any) -> dict[str, Any]:
    """A station with one parameter that is well."""
    hour = {"outcome": "compliant", "reason": "within_limit"}
    one = {
        "parameter": "COD", "status": "00", "limit": {"low": None, "high": 100.0},
        "hours": [hour], "day": None,
    }  # fmt: skip
    return {"state": state, "alerts": [], "parameters": [one | changes]}


def marked(shown: dict[str, Any]) -> Mark:
    """The state of its one parameter."""
    return of_parameter(shown["parameters"][0], shown)


def test_well_is_only_what_was_judged_well() -> None:
    assert marked(sight()) is Mark.WITHIN
    assert marked(sight(hours=[])) is Mark.UNASSESSED
    assert marked(sight(limit=None)) is Mark.NO_LIMIT
    assert marked(sight(limit=None, hours=[])) is Mark.NOT_APPLICABLE
    assert marked(sight(status="01")) is Mark.CALIBRATING
    assert marked(sight(status="02")) is Mark.FAULT


def test_nothing_is_green_on_no_data() -> None:
    silent = sight("no_signal")
    assert marked(silent) is Mark.NO_SIGNAL
    assert of_station(silent) is Mark.NO_SIGNAL


def test_an_alert_comes_before_everything_else() -> None:
    shown = sight("no_signal")
    shown["alerts"] = [{"parameter": "COD", "kind": "exceedance", "severity": "critical"}]
    assert marked(shown) is Mark.SUSPECTED


def test_a_station_is_as_its_worst() -> None:
    shown = sight()
    other = dict(shown["parameters"][0], parameter="TSS", status="02")
    shown["parameters"].append(other)
    assert of_station(shown) is Mark.FAULT


def test_an_hour_warns_and_a_day_is_a_suspicion() -> None:
    assert of_finding("exceeded", "above_limit", "hour") is Mark.EARLY
    assert of_finding("exceeded", "above_limit", "day") is Mark.SUSPECTED
    assert of_finding("not_assessable", "contested", "day") is Mark.CONTESTED
    assert of_finding("not_assessable", "limit_missing", "day") is Mark.NO_LIMIT


def test_no_signal_stands_before_a_suspected_exceedance_and_all_is_well_last() -> None:
    order = sorted(Mark, key=lambda mark: mark.rank)
    assert order[:2] == [Mark.NO_SIGNAL, Mark.SUSPECTED]
    assert order.index(Mark.UNASSESSED) < order.index(Mark.WITHIN)

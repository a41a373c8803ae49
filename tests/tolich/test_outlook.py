"""The outlook of the day under way, from readings that came through the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from rules.days import DAY_SECONDS, rfc3339
from tests.cast import (
    DAY0,
    DAY1,
    HELD_TOGETHER,
    HOUR,
    MINUTE,
    Said,
    Stage,
    copied,
    hours_of,
    message,
    run_of,
    stage,
)
from tolich.ports import EVERYTHING, Delivery, Scope, Shape

NOON = DAY0 + 12 * HOUR
PAST = 30


def whole_day(station: str, day: int, values: Sequence[float]) -> Delivery:
    """One message with a day of slots; `day` counts from DAY0."""
    start = day * DAY_SECONDS
    said = [Said("COD", start + n * HELD_TOGETHER, value) for n, value in enumerate(values)]
    return message(station, *said)


def turned(before: float, after: float) -> list[float]:
    """A day of slots that changes its level at noon."""
    return [before] * 48 + [after] * 48


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """MAU01 with 30 past days of COD, of which ten rose by a half from noon's forecast."""
    of = stage(tmp_path_factory.mktemp("lived"), DAY0 + HOUR)
    days = [turned(40, 80) if n < 10 else turned(60, 60) for n in range(PAST)]
    pipeline = of.pipeline()
    pipeline.submit([whole_day("MAU01", n - PAST, values) for n, values in enumerate(days)])
    yield of
    of.close()


@pytest.fixture
def on(lived: Stage, tmp_path: Path) -> Iterator[Stage]:
    of = copied(lived, tmp_path / "on")
    yield of
    of.close()


def outlook_of(
    of: Stage, deliveries: Iterable[Delivery], now: int, station: str = "MAU01", key: str = "COD"
) -> Shape:
    """The outlook at plant time `now`, after these deliveries."""
    of.clock.set(now)
    pipeline = of.pipeline()
    pipeline.submit(list(deliveries))
    page = of.reads(pipeline).outlook(EVERYTHING, station, key)
    assert page is not None
    (shape,) = page.items
    return shape


def test_past_days_say_how_likely_it_is(on: Stage) -> None:
    shape = outlook_of(on, hours_of("MAU01", "COD", 0, [80] * 12), NOON)
    limit, summary = shape.pop("limit"), shape.pop("summary")
    assert shape == {
        "station": "MAU01", "cluster": "ccn-mau-01", "plant": "mau-01", "parameter": "COD",
        "start": rfc3339(DAY0), "end": rfc3339(DAY1), "at": rfc3339(NOON),
        "for_operation_only": True, "state": "probability", "reason": None,
        "probability": 0.333333, "level": "amber", "certain": None,
        "mean_so_far": 80, "forecast": 80, "required_remaining_mean": 120, "unit": "mg/L",
        "valid": 48, "elapsed": 48, "expected": 96, "history_days": 30, "simulated": True,
    }  # fmt: skip
    assert (limit["high"], limit["verification"]) == (100, "permit")
    assert "từ nay đến nửa đêm phải giữ trung bình không quá 120 mg/L" in summary["vi"]
    assert "[SIMULATED DATA] Trạm mau-01, COD, 12:00 10/03/2026 (UTC+7): Risk" in summary["en"]


def test_the_last_hours_weigh_more_than_the_morning(on: Stage) -> None:
    today = hours_of("MAU01", "COD", 0, [200] * 9 + [50, 40, 30, 80])
    shape = outlook_of(on, today, NOON + 55 * MINUTE)
    assert (shape["valid"], shape["elapsed"]) == (52, 51)
    recent = (50 + 40 + 30 + 80) / 4  # three full hours and the one under way
    total = 4 * (9 * 200 + 50 + 40 + 30 + 80)
    assert shape["forecast"] == pytest.approx((total + 44 * recent) / 96, abs=1e-6)
    assert shape["required_remaining_mean"] == pytest.approx((9600 - total) / 44, abs=1e-6)


def test_a_gap_does_not_help_a_day_that_is_above_its_limit(on: Stage) -> None:
    today = hours_of("MAU01", "COD", 0, [110] * 10)
    gone = [*today[:36], *hours_of("MAU01", "COD", 10 * HOUR, [110] * 2)]  # hour 9 is lost
    shape = outlook_of(on, gone, NOON - MINUTE)
    assert (shape["valid"], shape["elapsed"], shape["expected"]) == (44, 47, 96)
    assert shape["required_remaining_mean"] == pytest.approx((100 * 92 - 110 * 44) / 48, abs=1e-6)


def test_a_revised_past_is_what_counts(on: Stage) -> None:
    """A day of which only six hours came counts once the rest has come, and not before."""
    part = [whole_day("MAU01", -31, [60.0] * 24)]
    today = hours_of("MAU01", "COD", 0, [80] * 12)
    assert outlook_of(on, [*part, *today], NOON)["history_days"] == 30
    rest = run_of("MAU01", "COD", -31 * DAY_SECONDS + 6 * HOUR, [60] * 72)
    shape = outlook_of(on, rest, NOON + MINUTE)
    assert (shape["history_days"], shape["probability"]) == (31, round(10 / 31, 6))


def test_two_months_are_looked_at(on: Stage) -> None:
    days = [whole_day("MAU01", n, turned(40, 80)) for n in (-61, -60)]
    shape = outlook_of(on, [*days, *hours_of("MAU01", "COD", 0, [80] * 12)], NOON)
    assert shape["history_days"] == 31


def test_without_a_past_there_is_no_probability(on: Stage) -> None:
    shape = outlook_of(on, run_of("MAU02", "COD", 900, [80] * 48), NOON, "MAU02")
    assert (shape["state"], shape["reason"]) == ("persistence", "history_short")
    assert (shape["probability"], shape["level"], shape["history_days"]) == (None, None, 0)
    assert (shape["forecast"], shape["required_remaining_mean"]) == (80, 120)


def test_a_time_that_ends_its_slot_leaves_that_slot_ahead(on: Stage) -> None:
    """MAU02 above its limit, an hour lost: at 11:50 the slot until 12:00 is still to come."""
    today = run_of("MAU02", "COD", 900, [110] * 36) + run_of("MAU02", "COD", 36900, [110] * 7)
    shape = outlook_of(on, today, NOON - 10 * MINUTE, "MAU02")
    assert (shape["valid"], shape["elapsed"]) == (43, 47)
    assert shape["required_remaining_mean"] == pytest.approx((100 * 92 - 110 * 43) / 49, abs=1e-6)


def test_the_limit_of_today_counts(on: Stage) -> None:
    shape = outlook_of(on, run_of("MAU02", "COD", 24 * HOUR + 900, [50] * 48), DAY1 + 12 * HOUR,
                       "MAU02")  # fmt: skip
    assert shape["limit"]["high"] == 60
    assert shape["required_remaining_mean"] == 70


# --- when it is silent --------------------------------------------------------------------------


def silent(shape: Shape) -> str:
    """The reason of an outlook that says nothing else."""
    said = ("probability", "level", "forecast", "required_remaining_mean")
    assert [shape[name] for name in said] == [None] * 4
    assert shape["state"] == "off"
    return str(shape["reason"])


def test_too_few_readings_are_not_assessable(on: Stage) -> None:
    morning = hours_of("MAU01", "COD", 0, [80] * 9)
    noon = run_of("MAU01", "COD", 11 * HOUR, [80] * 2)
    shape = outlook_of(on, [*morning, *noon], NOON)  # 38 of 48, four fifths are 38.4
    assert silent(shape) == "insufficient_data"
    assert (shape["mean_so_far"], shape["certain"]) == (80, None)
    late = run_of("MAU01", "COD", 10 * HOUR, [80])
    assert outlook_of(on, late, NOON)["state"] == "probability"


def test_calibration_does_not_count(on: Stage) -> None:
    today = run_of("MAU01", "COD", 0, [80] * 48, status="01")
    assert silent(outlook_of(on, today, NOON)) == "no_data"


def test_values_that_contest_an_hour_silence_the_outlook(on: Stage) -> None:
    today = hours_of("MAU01", "COD", 0, [80] * 12)
    clash = run_of("MAU01", "COD", 5 * HOUR, [200] * 4)
    assert silent(outlook_of(on, [*today, *clash], NOON)) == "contested"


def test_values_that_change_no_verdict_count_at_their_highest(on: Stage) -> None:
    today = hours_of("MAU01", "COD", 0, [80] * 12)
    shape = outlook_of(on, [*today, *run_of("MAU01", "COD", 5 * HOUR, [84])], NOON)
    assert shape["state"] == "probability"
    assert shape["mean_so_far"] == pytest.approx((48 * 80 + 4) / 48, abs=1e-6)


def test_what_is_proven_needs_no_forecast(on: Stage) -> None:
    shape = outlook_of(on, hours_of("MAU01", "COD", 0, [201] * 12), NOON)
    assert silent(shape) == "proven"
    assert (shape["certain"], shape["mean_so_far"]) == ("exceeding", 201)


def test_a_proof_that_rests_on_which_value_is_right_is_none(on: Stage) -> None:
    """With the higher values of one hour the sum passes 9,600, with the lower it does not."""
    today = hours_of("MAU01", "COD", 0, [198] * 11 + [200])
    clash = run_of("MAU01", "COD", 11 * HOUR, [240] * 4)
    shape = outlook_of(on, [*today, *clash], NOON)
    assert (shape["certain"], shape["state"], shape["probability"]) == (None, "probability", 1)


def test_a_plant_that_may_not_have_discharged_is_not_certain_to_exceed(on: Stage) -> None:
    """MAU03 rests while its outflow is below 0.5; no outflow has been seen today."""
    shape = outlook_of(on, hours_of("MAU03", "COD", 0, [201] * 12), NOON, "MAU03")
    assert (shape["certain"], shape["state"]) == (None, "persistence")
    flow = run_of("MAU03", "FlowOut", 0, [3])
    assert silent(outlook_of(on, flow, NOON, "MAU03")) == "proven"


# --- what is asked for --------------------------------------------------------------------------


def test_every_limited_parameter_is_answered(on: Stage) -> None:
    page = on.reads(on.pipeline()).outlook(EVERYTHING, "MAU01", None)
    assert page is not None
    assert {one["parameter"]: one["reason"] for one in page.items} == {
        "COD": "no_data",
        "pH": "judged_by_range",
    }
    assert page.next is None


def test_what_has_no_limit_says_so_when_it_is_asked_for(on: Stage) -> None:
    shape = outlook_of(on, run_of("MAU01", "FlowOut", 0, [3] * 48), NOON, key="FlowOut")
    assert silent(shape) == "limit_missing"
    assert shape["limit"] is None


def test_what_is_not_measured_or_not_seen_is_absent(on: Stage) -> None:
    reads = on.reads(on.pipeline())
    page = reads.outlook(EVERYTHING, "MAU01", "TSS")
    assert page is not None
    assert page.items == []
    assert reads.outlook(EVERYTHING, "MAU99", None) is None
    assert reads.outlook(Scope(clusters=frozenset({"ccn-mau-02"})), "MAU01", None) is None

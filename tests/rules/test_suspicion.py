"""Suspicion: what is learnt from 28 days, and what is strange about a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rules.days import DAY_SECONDS, day_start
from rules.model import Refused
from rules.suspicion import (
    ENGINE,
    FLOORS,
    HISTORY,
    LEARNT,
    TOLD_FROM,
    Baseline,
    Detector,
    State,
    Usual,
    judged,
    learn,
    look,
    read_baseline,
    resting,
    unusual_flow,
)
from rules.suspicion_words import DETECTORS, look_words, reason_words, state_words
from rules.traces import Course
from tests.rules.courses import FIRST, made, with_day

LONG = made(LEARNT + HISTORY + 3)
BASELINE = learn(replace(LONG, values=LONG.values[:, :LEARNT],
                         calibrating=LONG.calibrating[:, :LEARNT]))  # fmt: skip
TUESDAY = FIRST + 35 * DAY_SECONDS


def part(course: Course, first: int, last: int) -> Course:
    """Some days of a course."""
    return replace(
        course, first=course.day(first), values=course.values[:, first:last],
        calibrating=course.calibrating[:, first:last],
    )  # fmt: skip


def usual(**centres: float) -> Baseline:
    """A baseline whose spreads are all 1."""
    names = {name.replace("_", " "): Usual(value, 1.0) for name, value in centres.items()}
    return Baseline(FIRST, ENGINE, names)


LEVELS = usual(level_COD=0, level_TSS=0, level_NH4=0, flow=100)


# --- learning -----------------------------------------------------------------------------------


def test_a_baseline_needs_exactly_its_days() -> None:
    with pytest.raises(Refused, match="needs 28 days in a row, not 27"):
        learn(part(LONG, 0, 27))


def test_days_that_show_too_little_make_none() -> None:
    values = LONG.values[:, :LEARNT].copy()
    values[:, :9] = np.nan  # 19 days are left
    course = replace(part(LONG, 0, LEARNT), values=values)
    with pytest.raises(Refused, match="fewer than 20 of the 28 days"):
        learn(course)
    values[:, 8] = LONG.values[:, 8]
    assert "level COD" in learn(course).usual


def test_a_baseline_is_the_middle_and_the_spread_never_below_its_floor() -> None:
    levels = np.median(np.log(LONG.values[0, :LEARNT]), axis=1)
    known = BASELINE.usual["level COD"]
    assert known.centre == pytest.approx(np.median(levels), abs=1e-6)
    assert known.spread >= FLOORS["level"]
    assert BASELINE.usual["repeated"] == Usual(0.0, FLOORS["repeated"])


def test_a_baseline_comes_back_as_it_was_written() -> None:
    again = read_baseline(BASELINE.text())
    assert again == BASELINE
    assert again.digest == BASELINE.digest
    other = replace(BASELINE, first=FIRST + DAY_SECONDS)
    assert other.digest != BASELINE.digest


# --- looking ------------------------------------------------------------------------------------


def test_an_honest_day_has_nothing_to_inspect() -> None:
    found = look(BASELINE, part(LONG, LEARNT, LEARNT + HISTORY + 1))
    assert (found.state, found.reasons) == (State.NOTHING_FOUND, ())
    assert 0 <= found.score < 1
    assert found.day == LONG.day(LEARNT + HISTORY)


def test_without_a_baseline_or_with_another_version_nothing_is_evaluated() -> None:
    course = part(LONG, LEARNT, LEARNT + HISTORY + 1)
    for baseline in (None, replace(BASELINE, engine="suspicion 0")):
        found = look(baseline, course)
        assert found.state is State.NOT_EVALUATED
        assert (found.score, found.reasons, found.silent) == (0, (), tuple(Detector))


def test_a_replayed_day_is_told_with_what_was_seen() -> None:
    last = HISTORY
    course = part(LONG, LEARNT, LEARNT + HISTORY + 1)
    found = look(BASELINE, with_day(course, last, course.values[:, 3]))
    assert found.state is State.NEEDS_INSPECTION
    assert {one.detector for one in found.reasons} >= {Detector.REPLAY, Detector.ECHO}
    assert [one.score for one in found.reasons] == sorted(
        (one.score for one in found.reasons), reverse=True
    )
    assert found.score == found.reasons[0].score
    replay = next(one for one in found.reasons if one.detector is Detector.REPLAY)
    assert replay.seen == {"repeated": (277.0, 0.0)}


def test_a_day_with_nothing_known_is_not_evaluated() -> None:
    found = judged(BASELINE, TUESDAY, {"step": np.nan})
    assert (found.state, found.silent) == (State.NOT_EVALUATED, tuple(Detector))


def levels(*apart: float, flow: float = 100.0) -> dict[str, float]:
    """Traces of a day that are so many spreads below the usual."""
    each = zip(("COD", "TSS", "NH4"), apart, strict=False)
    return {"flow": flow} | {f"level {name}": -far for name, far in each}


def test_the_second_lowest_of_the_levels_counts() -> None:
    told = TOLD_FROM[Detector.DROP]
    assert judged(LEVELS, TUESDAY, levels(99, told, 0)).state is State.NEEDS_INSPECTION
    assert judged(LEVELS, TUESDAY, levels(99, told - 0.01, 0)).state is State.NOTHING_FOUND
    assert judged(LEVELS, TUESDAY, levels(99)).state is State.NOT_EVALUATED
    assert judged(LEVELS, TUESDAY, levels(-99, -99, -99)).score == 0


@pytest.mark.parametrize(
    "kind, detector", [("noise", Detector.NOISE), ("spread", Detector.COLLAPSE)]
)
def test_two_quantities_must_agree(kind: str, detector: Detector) -> None:
    baseline = usual(**{f"{kind}_{name}": 0.0 for name in ("COD", "TSS", "NH4")})
    today = {f"{kind} COD": -50.0, f"{kind} TSS": 0.0, f"{kind} NH4": 0.0}
    assert judged(baseline, TUESDAY, today).reasons == ()
    found = judged(baseline, TUESDAY, today | {f"{kind} NH4": -50.0})
    assert [one.detector for one in found.reasons] == [detector]
    up = judged(baseline, TUESDAY, dict.fromkeys(today, 50.0))
    assert bool(up.reasons) == (detector is Detector.NOISE)


@pytest.mark.parametrize("far", [-50.0, 50.0])
def test_a_swing_may_be_too_small_or_too_large(far: float) -> None:
    found = judged(usual(swing=0), TUESDAY, {"swing": far})
    assert found.reasons[0].statistic == 50


@pytest.mark.parametrize("flow, gated", [(70, False), (69, True), (125, False), (126, True)])
def test_rain_and_rest_silence_the_levels(flow: float, gated: bool) -> None:
    found = judged(LEVELS, TUESDAY, levels(99, 99, 99, flow=flow))
    assert (Detector.DROP in found.silent) == gated == found.rested


def test_without_a_flow_only_the_calendar_gates() -> None:
    today = levels(99, 99, 99)
    assert not unusual_flow(usual(level_COD=0), today)
    assert not unusual_flow(LEVELS, today | {"flow": np.nan})
    assert not unusual_flow(usual(flow=0), today)


@pytest.mark.parametrize(
    "day, rests",
    [
        (date(2026, 3, 28), False),  # a Saturday
        (date(2026, 3, 29), True), (date(2026, 3, 30), True), (date(2026, 3, 31), False),
        (date(2026, 4, 30), True), (date(2026, 9, 3), True), (date(2026, 2, 12), False),
        (date(2026, 2, 13), True), (date(2026, 2, 28), True), (date(2026, 3, 4), False),
    ],
)  # fmt: skip
def test_sundays_holidays_and_the_day_after_rest(day: date, rests: bool) -> None:
    assert resting(day_start(day)) is rests


# --- words --------------------------------------------------------------------------------------

BANNED = ("cheat", "guilt", "illegal", "gian dối")  # the rest tests/meta/test_words.py holds


def test_every_word_asks_for_an_inspection_and_accuses_nobody() -> None:
    assert set(DETECTORS) == set(Detector) == set(TOLD_FROM)
    assert state_words(State.NEEDS_INSPECTION) == ("Cần kiểm tra", "Needs inspection")
    found = judged(LEVELS, TUESDAY, levels(99, 99, 99))
    said = [*look_words(found, True), *look_words(found, False)]
    said += [word for both in DETECTORS.values() for word in both]
    said += [word for state in State for word in state_words(state)]
    assert not [word for word in BANNED for text in said if word in text.lower()]


def test_a_reason_says_how_far_and_from_where_on() -> None:
    found = judged(LEVELS, TUESDAY, levels(99, 24, 0))
    vi, en = reason_words(found.reasons[0])
    assert vi.endswith(
        f"lệch 24.0 lần mức dao động của chính trạm, báo từ {TOLD_FROM[Detector.DROP]:.1f}"
    )
    assert "24.0 of the station's own spreads" in en
    assert look_words(found, True)[1] == f"Needs inspection: {en}."
    quiet = judged(LEVELS, TUESDAY, levels(0, 0, 0))
    assert look_words(quiet, True) == ("Không có gì bất thường.", "Nothing unusual.")
    assert "tolich suspicion baseline" in look_words(quiet, False)[1]

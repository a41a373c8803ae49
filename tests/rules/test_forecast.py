"""The outlook of a day: what is certain, what may remain, how likely it is to exceed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.forecast import (
    DAYS_NEEDED,
    HOURS,
    Certain,
    Level,
    Outlook,
    PastDay,
    PastHour,
    Progress,
    Stage,
    Withheld,
    certainty,
    level,
    outlook,
    required,
    residuals,
)
from rules.model import Outcome, Reason
from rules.terms import Terms
from tests.rules.windows import DayTerms, day_finding, limit, ph_terms, readings, terms

SLOTS = 288
SHARE = Fraction(4, 5)
HIGH = Fraction(1500)  # the limit of `terms()` in quanta of 0.1


def at(hour: int, so_far: int, recent: int | None = None, **changes: Any) -> Progress:
    """A day without gaps at a full hour: mean so far, and mean of the last three hours."""
    valid, lately = hour * 12, min(hour, 3) * 12
    usual = Progress(
        total=Fraction(valid * so_far),
        valid=valid,
        expected=SLOTS,
        elapsed=valid,
        ahead=SLOTS - valid,
        hour=hour,
        recent_total=Fraction(lately * (so_far if recent is None else recent)),
        recent_valid=lately,
    )
    return replace(usual, **changes)


def past(levels: Sequence[float], valid: int = 12) -> list[PastHour]:
    """A day of hourly levels."""
    return [PastHour(mean * valid, valid, 12) for mean in levels]


def turned(before: float, after: float, hour: int = 12) -> PastDay:
    """A day that changes its level at an hour."""
    return past([before] * hour + [after] * (HOURS - hour))


STEADY = [turned(1000, 1000)] * DAYS_NEEDED


# --- what is certain ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        # 144 slots of 1000 and 144 of 0 to 2000: a mean of 500 to 1500.
        (499, Certain.EXCEEDING),
        (500, None),
        (1499, None),
        (1500, Certain.WITHIN),
    ],
)
def test_certainties_begin_exactly_at_the_range(high: int, expected: Certain | None) -> None:
    assert certainty(replace(terms(), high=2000), at(12, 1000), Fraction(high)) is expected


@pytest.mark.parametrize(("level", "expected"), [(2000, None), (2001, Certain.EXCEEDING)])
def test_missing_slots_hold_no_less_than_the_minimum(level: int, expected: Certain | None) -> None:
    assert certainty(terms(low=1000), at(12, level), HIGH) is expected


def test_the_judgement_settles_what_it_has_proven() -> None:
    found = outlook(terms(), at(12, 1000, proven=True), STEADY)
    assert (found.stage, found.withheld) == (Stage.OFF, Withheld.PROVEN)
    assert (found.certain, found.probability) == (Certain.EXCEEDING, None)
    assert (found.forecast, found.required) == (None, None)
    assert found.mean == 1000


def test_what_may_yet_be_excused_is_not_certain_to_exceed() -> None:
    sure = at(12, 4000)
    assert outlook(terms(), sure, []).withheld is Withheld.PROVEN
    found = outlook(terms(), replace(sure, firm=False), [turned(4000, 4000)] * 30)
    assert (found.certain, found.probability, found.level) == (None, 1.0, Level.RED)


def test_a_day_that_cannot_exceed_any_more_has_probability_nought() -> None:
    assert outlook(terms(), at(23, 100), []).certain is None  # an hour at 20,000 would do it
    found = outlook(replace(terms(), high=30000), at(23, 100), [])
    assert (found.stage, found.certain) == (Stage.CERTAIN, Certain.WITHIN)
    assert (found.probability, found.level, found.withheld) == (0.0, Level.LOW, None)


def hourly(high: int) -> DayTerms:
    """One reading an hour, from 0 to 300.0; any share of them is enough."""
    of = replace(terms(high=str(high)), interval=3600, low=0, high=3000)
    return replace(of, completeness=Fraction(1, HOURS))


def known_of(slots: Sequence[int | None]) -> Progress:
    """The progress of an hourly day of which these slots are known."""
    valid = [value for value in slots if value is not None]
    return Progress(
        total=Fraction(sum(valid)),
        valid=len(valid),
        expected=HOURS,
        elapsed=len(valid),
        ahead=HOURS - len(valid),
        hour=len(valid),
        recent_total=Fraction(sum(valid)),
        recent_valid=len(valid),
    )


values = st.integers(0, 3000)


@given(
    day=st.lists(st.tuples(values, st.integers(0, 3)), min_size=HOURS, max_size=HOURS),
    high=st.integers(1, 300),
)
def test_no_rest_of_the_day_contradicts_a_certainty(day: list[tuple[int, int]], high: int) -> None:
    """Each slot is known by now (two in four), comes later, or never comes."""
    of = hourly(high)
    known = [value if fate < 2 else None for value, fate in day]
    ended = [value if fate < 3 else None for value, fate in day]
    if not any(value is not None for value in known):
        return
    said = certainty(of, known_of(known), Fraction(high * 10))
    outcome = day_finding(of, readings(of, ended)).outcome
    if said is not None:
        assert (outcome is Outcome.EXCEEDED) == (said is Certain.EXCEEDING)


@given(low=st.integers(0, 3000), high=st.integers(1, 300), valid=st.integers(1, 23))
def test_a_certainty_agrees_with_the_proof_of_the_judgement(
    low: int, high: int, valid: int
) -> None:
    of, known = hourly(high), [low] * valid
    said = certainty(of, known_of(known), Fraction(high * 10))
    verdict = day_finding(of, readings(of, known), now=of.day + valid * 3600)
    assert (verdict.reason is Reason.PROVEN) == (said is Certain.EXCEEDING)


# --- what may remain ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (at(12, 1600), 1400),
        (at(12, 1000), 2000),
        (at(18, 2100), -300),  # cannot be reached
        (at(23, 500), 24500),
        (at(24, 1000), None),
        # An hour was lost: below the limit it may come late, above it it will not help.
        (at(12, 1000, elapsed=156, ahead=132), 2000),
        (at(12, 1600, elapsed=156, ahead=132), Fraction(1500 * 276 - 144 * 1600, 132)),
        (at(12, 1500, elapsed=156, ahead=132), 1500),
        (at(23, 1600, elapsed=288, ahead=0), None),
    ],
)
def test_the_required_mean(progress: Progress, expected: Fraction | None) -> None:
    assert required(progress, HIGH) == expected


@given(
    total=st.integers(0, 10**6),
    valid=st.integers(1, SLOTS - 1),
    ahead=st.integers(0, SLOTS),
    late=st.integers(0, SLOTS),
)
def test_keeping_the_required_mean_keeps_the_limit(
    total: int, valid: int, ahead: int, late: int
) -> None:
    missing = SLOTS - valid
    ahead, late = min(ahead, missing), min(late, missing - min(ahead, missing))
    progress = at(0, 0, total=Fraction(total), valid=valid, ahead=ahead)
    mean = required(progress, HIGH)
    if mean is None:
        assert ahead == 0
        return
    came = ahead + late  # some of the gaps may be filled late
    assert total + mean * came <= HIGH * (valid + came)
    if ahead == missing:
        assert total + mean * missing == HIGH * SLOTS


# --- how likely it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risen", "expected"),
    [(0, Level.LOW), (8, Level.LOW), (9, Level.AMBER), (20, Level.AMBER), (21, Level.RED)],
)
def test_the_probability_is_the_share_of_past_days_that_rose_as_much(
    risen: int, expected: Level
) -> None:
    days = [turned(1000, 2000)] * risen + [turned(1000, 1000)] * (30 - risen)
    found = outlook(terms(), at(12, 1200), days)  # 1.5 x 1200 is above the limit, 1200 is not
    assert (found.stage, found.withheld, found.days) == (Stage.PROBABILITY, None, 30)
    assert found.probability == risen / 30
    assert found.level is expected
    assert [found.mean, found.forecast, found.required] == [1200, 1200, 1800]


@pytest.mark.parametrize(("probability", "expected"), [(0.3, "amber"), (0.7, "red"), (0, "low")])
def test_levels_begin_at_their_probability(probability: float, expected: str) -> None:
    assert level(probability) == expected
    assert level(probability - 1e-9) != expected or expected == "low"


def test_a_forecast_exactly_at_the_limit_does_not_exceed() -> None:
    assert outlook(terms(), at(12, 1500), STEADY).probability == 0.0
    assert outlook(terms(), at(12, 1501), STEADY).probability == 1.0


def test_persistence_goes_on_with_the_last_hours() -> None:
    found = outlook(terms(), at(12, 1000, recent=2000), STEADY)
    assert found.forecast == 1500
    assert found.mean == 1000


rising = st.floats(0.5, 2)


@given(
    turns=st.lists(rising, min_size=30, max_size=40),
    so_far=st.integers(1, 3000),
    highs=st.tuples(st.integers(1, 400), st.integers(1, 400)),
)
def test_a_higher_limit_is_never_likelier_to_be_exceeded(
    turns: list[float], so_far: int, highs: tuple[int, int]
) -> None:
    days = [turned(1000, 1000 * turn) for turn in turns]
    said = [
        outlook(terms(high=str(high)), at(12, so_far), days).probability for high in sorted(highs)
    ]
    if None not in said:
        assert said == sorted(said, reverse=True, key=float)  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "withheld"), [(29, Withheld.HISTORY_SHORT), (30, None)])
def test_a_short_history_gives_the_forecast_alone(days: int, withheld: Withheld | None) -> None:
    found = outlook(terms(), at(12, 1200), STEADY[:days])
    assert found.withheld is withheld
    assert (found.probability is None) == (found.level is None) == (withheld is not None)
    assert found.stage is (Stage.PROBABILITY if withheld is None else Stage.PERSISTENCE)
    assert [found.forecast, found.days] == [1200, days]


def test_the_first_hour_has_no_past_to_compare_with() -> None:
    minutes = at(0, 0, total=Fraction(6000), valid=6, elapsed=6, recent_total=Fraction(6000),
                 recent_valid=6)  # fmt: skip
    found = outlook(terms(), minutes, STEADY)
    assert (found.stage, found.withheld) == (Stage.PERSISTENCE, Withheld.TOO_EARLY)
    assert found.forecast == 1000


# --- residuals of past days ---------------------------------------------------------------------


def errors(day: PastDay, hour: int) -> list[float]:
    return [round(float(np.exp(one)), 9) for one in residuals([day], hour, SHARE)]


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (turned(1000, 2000), 12, [1.5]),
        (turned(1000, 2000), 11, [1.5]),
        (turned(1000, 2000), 13, [round(108 / 86, 9)]),
        (turned(1000, 2000), 15, [1.0]),
        (turned(1000, 2000, hour=1), 1, [round(47 / 24, 9)]),
        (turned(1000, 2000, hour=1), 2, [round(47 / 36, 9)]),
        (turned(1000, 2000), 0, []),  # nothing came before
        (turned(1000, 2000)[:23], 12, []),  # an hour is not on record
        (past([1000] * 24, valid=9), 12, []),  # three quarters
        (past([1000] * 24, valid=10), 12, [1.0]),
        ([*past([0] * 5, valid=0), *past([1000] * 19)], 12, []),  # 19 of 24 hours
        ([*past([0] * 4, valid=0), *past([1000] * 20)], 12, []),  # 8 of 12 by noon
        ([*past([0] * 4, valid=0), *past([1000] * 20)], 20, [1.0]),
        ([*past([1000] * 12), *past([0] * 4, valid=0), *past([1000] * 8)], 15, []),  # a recent gap
        (turned(0, 1000), 12, []),  # a forecast of nought
        (turned(1000, -3000), 12, []),  # a mean below nought
        (turned(0, 0), 12, []),
    ],
)
def test_residuals(day: PastDay, hour: int, expected: list[float]) -> None:
    assert errors(day, hour) == expected


def test_residuals_weigh_slots_not_hours() -> None:
    thin = [*past([1000] * 23), *past([4000], valid=6)]
    whole = (23 * 12 * 1000 + 6 * 4000) / (23 * 12 + 6)
    assert errors(thin, 12) == [round(whole / 1000, 9)]


# --- when nothing is said -----------------------------------------------------------------------

GAP: dict[str, Any] = {"recent_total": Fraction(0), "recent_valid": 0}
EMPTY: dict[str, Any] = {"total": Fraction(0), "valid": 0, **GAP}


@pytest.mark.parametrize(
    ("of", "progress", "withheld"),
    [
        (terms(limit=None, lack=Reason.NO_PERMIT), at(12, 1000), Withheld.NO_PERMIT),
        (ph_terms(limit=None, lack=Reason.NO_PERMIT), at(12, 700), Withheld.NO_PERMIT),
        (terms(limit=None, lack=Reason.LIMIT_MISSING), at(12, 1000), Withheld.LIMIT_MISSING),
        (terms(limit=replace(limit("9"), high=None)), at(12, 1000), Withheld.LIMIT_MISSING),
        (ph_terms(), at(12, 700), Withheld.JUDGED_BY_RANGE),
        (terms(), at(12, 1000, proven=True, contested=True), Withheld.PROVEN),
        (terms(), at(12, 1000, contested=True), Withheld.CONTESTED),
        (terms(), at(12, 1000, **EMPTY), Withheld.NO_DATA),
        (terms(low=2000), at(12, 1000, **EMPTY), Withheld.NO_DATA),
        (terms(), at(12, 1000, elapsed=180), None),
        (terms(), at(12, 1000, elapsed=181), Withheld.INSUFFICIENT_DATA),
        (terms(), at(12, 1000, **GAP), Withheld.RECENT_GAP),
        (terms(), at(12, 0), Withheld.NOT_POSITIVE),
        (terms(low=-500), at(12, -100), Withheld.NOT_POSITIVE),
        (terms(low=-500), at(12, 100, recent=-300), Withheld.NOT_POSITIVE),
    ],
)
def test_what_bars_an_outlook(of: Terms, progress: Progress, withheld: Withheld | None) -> None:
    found = outlook(of, progress, STEADY)
    assert found.withheld is withheld
    if withheld is not None:
        assert found.stage is Stage.OFF
        assert silent(found) == (None, None, None, None, 0)


def silent(found: Outlook) -> tuple[object, ...]:
    return (found.probability, found.level, found.forecast, found.required, found.days)


@pytest.mark.parametrize("changes", [EMPTY, {"contested": True}])
def test_a_day_without_a_mean_shows_none(changes: dict[str, Any]) -> None:
    assert outlook(terms(), at(12, 1000, **changes), STEADY).mean is None


# --- is the probability honest? -----------------------------------------------------------------


@pytest.fixture(scope="module")
def plant() -> list[PastDay]:
    """400 days of an hourly lognormal AR(1) series around 60 mg/L with a daily wave."""
    chance = np.random.default_rng(20260309)
    level = 0.0
    days: list[PastDay] = []
    for _ in range(400):
        hours = []
        for hour in range(HOURS):
            level = 0.97 * level + 0.07 * chance.standard_normal()
            wave = 0.15 * np.sin(2 * np.pi * (hour - 9) / HOURS)
            hours.append(600 * float(np.exp(level + wave)))
        days.append(past(hours))
    return days


def so_far(day: PastDay, hour: int) -> Progress:
    """A past day as it stood at an hour."""
    known, lately = day[:hour], day[hour - 3 : hour]
    return at(
        hour,
        0,
        total=Fraction(sum(one.total for one in known)),
        recent_total=Fraction(sum(one.total for one in lately)),
    )


@pytest.mark.parametrize("hour", [6, 12, 18])
def test_the_probability_tells_more_than_the_base_rate(plant: list[PastDay], hour: int) -> None:
    means = [sum(one.total for one in day) / (12 * HOURS) for day in plant]
    high = round(float(np.quantile(means, 0.85)) / 10)
    of = terms(high=str(high))
    found = [outlook(of, so_far(plant[n], hour), plant[n - 60 : n]) for n in range(60, len(plant))]
    said = [1.0 if one.certain is Certain.EXCEEDING else one.probability for one in found]
    probability = np.array(said, np.float64)
    exceeded = np.array(means[60:]) > high * 10
    base, alarm = exceeded.mean(), probability >= 0.3
    precision, recall = exceeded[alarm].mean(), alarm[exceeded].mean()
    assert 0.05 < base < 0.4
    assert precision > 2 * base
    assert recall > 2 * alarm.mean()
    assert np.mean((probability - exceeded) ** 2) < 0.7 * base * (1 - base)
    assert abs(probability.mean() - base) < 0.05

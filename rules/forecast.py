"""Early warning: how likely it is that the mean of the day under way ends above its limit.

For those who run the plant, and for nothing else: no verdict, no alert and no finding reads
what is computed here. The forecast is persistence (the rest of the day stays at the level of
the last hours); how far such forecasts were wrong on past days at the same hour says how
likely it is that this one is (split conformal). The two certainties are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import exp, log
from typing import NamedTuple

from rules.model import Averaging, Reason
from rules.terms import Terms

DAYS_NEEDED = 30
"""Past days with a residual at the hour, before a share of them is called a probability."""

RECENT_HOURS = 3
"""How many hours, of the same day, are the level that persistence goes on with."""

AMBER, RED = 0.3, 0.7
"""Probabilities from which on an outlook is shown amber or red: engineering settings."""

HOURS = 24


class Stage(StrEnum):
    """How much an outlook says."""

    OFF = "off"  # nothing but the reason
    PERSISTENCE = "persistence"  # a forecast without a probability, and the reason
    PROBABILITY = "probability"
    CERTAIN = "certain"  # within the limit whatever the missing slots hold


class Withheld(StrEnum):
    """Why an outlook says less than a probability."""

    NO_PERMIT = "no_permit"
    LIMIT_MISSING = "limit_missing"
    JUDGED_BY_RANGE = "judged_by_range"
    PROVEN = "proven"  # already exceeded whatever comes
    CONTESTED = "contested"
    NO_DATA = "no_data"
    INSUFFICIENT_DATA = "insufficient_data"
    RECENT_GAP = "recent_gap"  # no mean of the last hours to go on with
    NOT_POSITIVE = "not_positive"  # residuals are logarithms of ratios
    TOO_EARLY = "too_early"  # no full hour yet
    HISTORY_SHORT = "history_short"


class Level(StrEnum):
    """A probability in one word."""

    LOW = "low"
    AMBER = "amber"
    RED = "red"


class Certain(StrEnum):
    """What stands whatever readings fill the missing slots, inside the instrument's range."""

    EXCEEDING = "exceeding"
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Progress:
    """One series' day so far. Totals are sums of slot values in quanta, exact."""

    total: Fraction
    valid: int  # slots in `total`
    expected: int  # slots of the whole day
    elapsed: int  # slots that have ended
    ahead: int  # slots whose readings are still to come; fewer than are missing after a gap
    hour: int  # full hours since local midnight: the checkpoint
    recent_total: Fraction  # of the last hours of the same day, with the one under way
    recent_valid: int
    proven: bool = False  # the judgement says so
    contested: bool = False
    firm: bool = True  # False: conflicting values or no discharge may still excuse the day


class PastHour(NamedTuple):
    """One hour of a past day: the sum of its valid slots in quanta; 0, 0 without a mean."""

    total: float
    valid: int
    expected: int


PastDay = Sequence[PastHour]
"""The 24 hours of a past local day in order; a day with fewer is not complete."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be said of the day under way. Values are quanta; None: cannot be said."""

    stage: Stage
    withheld: Withheld | None
    probability: float | None
    level: Level | None
    certain: Certain | None
    mean: Fraction | None  # of the day so far
    forecast: Fraction | None
    required: Fraction | None  # mean of the rest at which the day ends exactly at the limit
    days: int  # past days that the probability rests on


def outlook(terms: Terms, progress: Progress, history: Sequence[PastDay]) -> Outlook:
    """The outlook of one series, whose terms are those of the day under way."""
    high = highest(terms)
    withheld = _barred(terms, progress, high)
    if high is None or withheld is not None:
        return _off(progress, withheld or Withheld.LIMIT_MISSING)
    errors = residuals(history, progress.hour, terms.completeness)
    forecast = _persistence(progress)
    certain = certainty(terms, progress, high)
    stage, lack, probability = _said(certain, progress, errors, float(forecast), float(high))
    return Outlook(
        stage=stage,
        withheld=lack,
        probability=probability,
        level=None if probability is None else level(probability),
        certain=certain,
        mean=_mean(progress),
        forecast=forecast,
        required=required(progress, high),
        days=len(errors),
    )


def highest(terms: Terms) -> Fraction | None:
    """The upper limit in quanta; None when nothing limits the mean from above."""
    high = terms.limit.high if terms.limit else None
    return None if high is None else terms.parameter.quanta(high)


def certainty(terms: Terms, progress: Progress, high: Fraction) -> Certain | None:
    """What the valid slots settle, however many of the missing ones are ever filled."""
    missing, whole = progress.expected - progress.valid, progress.expected * high
    if progress.firm and progress.total + missing * terms.low > whole:
        return Certain.EXCEEDING
    return Certain.WITHIN if progress.total + missing * terms.high <= whole else None


def required(progress: Progress, high: Fraction) -> Fraction | None:
    """The mean of the remaining slots at which the day ends exactly at its limit, in quanta.

    (n x limit - total) / (n - k); below the instrument's range it cannot be reached. A day
    above its limit so far has only the slots still to come to make up for it: gaps that stay
    empty do not help. None when there are none.
    """
    missing = progress.expected - progress.valid
    owing = progress.valid * high - progress.total
    slots = min(progress.ahead, missing) if owing < 0 else missing
    return high + owing / slots if slots > 0 else None


def residuals(history: Sequence[PastDay], hour: int, completeness: Fraction) -> list[float]:
    """ln(true mean / forecast at that hour) of every complete past day that has one."""
    errors = (_residual(day, hour, completeness) for day in history)
    return [error for error in errors if error is not None]


def level(probability: float) -> Level:
    """Low, amber from 0.3, red from 0.7."""
    if probability >= RED:
        return Level.RED
    return Level.AMBER if probability >= AMBER else Level.LOW


def _barred(terms: Terms, progress: Progress, high: Fraction | None) -> Withheld | None:
    """Why nothing is said at all, the most fundamental reason first."""
    if terms.lack is Reason.NO_PERMIT:
        return Withheld.NO_PERMIT
    if terms.parameter.averaging is Averaging.RANGE:
        return Withheld.JUDGED_BY_RANGE
    if high is None:
        return Withheld.LIMIT_MISSING
    if progress.proven:
        return Withheld.PROVEN
    if progress.contested:
        return Withheld.CONTESTED
    if not progress.valid:
        return Withheld.NO_DATA
    if certainty(terms, progress, high) is Certain.EXCEEDING:
        return Withheld.PROVEN
    return _too_little(terms.completeness, progress)


def _too_little(completeness: Fraction, progress: Progress) -> Withheld | None:
    if not _enough(progress.valid, progress.elapsed, completeness):
        return Withheld.INSUFFICIENT_DATA
    if not progress.recent_valid:
        return Withheld.RECENT_GAP
    return None if _persistence(progress) > 0 else Withheld.NOT_POSITIVE


def _off(progress: Progress, withheld: Withheld) -> Outlook:
    return Outlook(
        stage=Stage.OFF,
        withheld=withheld,
        probability=None,
        level=None,
        certain=Certain.EXCEEDING if withheld is Withheld.PROVEN else None,
        mean=_mean(progress),
        forecast=None,
        required=None,
        days=0,
    )


def _said(
    certain: Certain | None, progress: Progress, errors: list[float], forecast: float, high: float
) -> tuple[Stage, Withheld | None, float | None]:
    if certain is Certain.WITHIN:
        return Stage.CERTAIN, None, 0.0
    if progress.hour == 0:
        return Stage.PERSISTENCE, Withheld.TOO_EARLY, None
    if len(errors) < DAYS_NEEDED:
        return Stage.PERSISTENCE, Withheld.HISTORY_SHORT, None
    above = sum(forecast * exp(error) > high for error in errors)
    return Stage.PROBABILITY, None, above / len(errors)


def _mean(progress: Progress) -> Fraction | None:
    """The mean so far; a contested day has none to show."""
    if not progress.valid or (progress.contested and not progress.proven):
        return None
    return progress.total / progress.valid


def _persistence(progress: Progress) -> Fraction:
    """The day's mean if every missing slot has the mean of the last hours."""
    missing = progress.expected - progress.valid
    recent = progress.recent_total / progress.recent_valid
    return (progress.total + missing * recent) / progress.expected


def _residual(day: PastDay, hour: int, completeness: Fraction) -> float | None:
    expected, valid, total = _added(day)
    due, known, before = _added(day[:hour])
    _, recent, lately = _added(day[max(0, hour - RECENT_HOURS) : hour])
    if len(day) != HOURS or not (recent and _enough(valid, expected, completeness)):
        return None
    if not _enough(known, due, completeness):
        return None
    truth = total / valid
    forecast = (before + (expected - known) * lately / recent) / expected
    return log(truth / forecast) if truth > 0 and forecast > 0 else None


def _added(hours: PastDay) -> tuple[int, int, float]:
    """Expected and valid slots of some hours, and their sum."""
    return (
        sum(hour.expected for hour in hours),
        sum(hour.valid for hour in hours),
        sum(hour.total for hour in hours),
    )


def _enough(valid: int, expected: int, share: Fraction) -> bool:
    return valid * share.denominator >= expected * share.numerator

"""The verdicts on days held against the true means, with the quality checks and without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS
from rules.model import Outcome
from simulators.scoring.accepted import Table
from simulators.scoring.seen import Mask, Readings, Series, Verdict
from simulators.scoring.truth import Daily, Interval, Truth

COMPLETE = 0.8
"""Share of its readings that a mean needs (rules: completeness)."""

PH_OFF = 0.2
"""What a pH may be off (Circular 10/2021)."""

AFTER = 3600
"""Seconds after a piece of trouble in which its readings are not called good."""

Exceeds = dict[tuple[str, str, int], bool]
"""By station, channel and day; what cannot be assessed is not in it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Station-days and series-days that could be assessed, and how the verdicts on them came out.

    A station-day agrees when every series of it that was assessed does.
    """

    station_days: int
    station_days_agree: int
    series_days: int
    both: int  # exceeded, and truly so
    missed: int  # truly exceeded, called within the limit
    false: int  # called exceeded, truly within
    neither: int

    @property
    def share(self) -> float:
        """Of assessable station-days."""
        return self.station_days_agree / self.station_days if self.station_days else 1.0


@dataclass(frozen=True, slots=True)
class Bias:
    """How far daily means lie from the true ones: shares of the truth, of pH its unit."""

    days: int
    mean: float
    p95: float  # of its size


@dataclass(frozen=True, slots=True)
class Discarded:
    """Good readings, and those of them that the monitor did not count."""

    good: int
    discarded: int

    @property
    def share(self) -> float:
        """Of good readings."""
        return self.discarded / self.good if self.good else 0.0


@dataclass(frozen=True, slots=True)
class Miss:
    """A series-day whose verdict differs from the truth.

    `cause` is the trouble that made its readings untrue, `close` (the true mean lies within what
    instruments may be off from the limit), or None.
    """

    station: str
    channel: str
    day: int
    true_mean: float
    mean: float | None
    true_exceeds: bool
    cause: str | None


CLOSE = "close"


def said(verdicts: Sequence[Verdict]) -> Exceeds:
    """What the monitor said of every day that it could assess."""
    assessed = (Outcome.COMPLIANT, Outcome.NEAR, Outcome.EXCEEDED)
    return {
        (one.station, one.channel, one.day): one.outcome is Outcome.EXCEEDED
        for one in verdicts
        if one.outcome in assessed
    }


def unchecked(truth: Truth, readings: Mapping[Series, Readings], interval: int) -> Exceeds:
    """What would be said if every reading that calls itself a measurement counted."""
    found: Exceeds = {}
    for day in truth.days:
        own = readings.get((day.station, day.channel))
        if own is None:
            continue
        inside = own.measuring & _within(own, day.day, day.day + DAY_SECONDS)
        if inside.sum() * interval >= COMPLETE * DAY_SECONDS:
            found[day.station, day.channel, day.day] = _exceeds(own, inside, day)
    return found


def _exceeds(own: Readings, inside: Mask, day: Daily) -> bool:
    value = own.value[inside]
    if day.low is None:
        return day.high is not None and float(value.mean()) > day.high
    hour = (own.at[inside] - day.day) // HOUR_SECONDS
    counts = np.bincount(hour, minlength=24)
    means = np.bincount(hour, weights=value, minlength=24)[counts > 0] / counts[counts > 0]
    return bool((means < day.low).any() or (day.high is not None and (means > day.high).any()))


def _within(own: Readings, start: int, end: int) -> Mask:
    found: Mask = (own.at >= start) & (own.at < end)
    return found


def agreement(truth: Truth, exceeds: Exceeds) -> Agreement:
    """How the verdicts agree with the truth."""
    stations: dict[tuple[str, int], bool] = {}
    tally = {(true, called): 0 for true in (True, False) for called in (True, False)}
    for day in truth.days:
        called = exceeds.get((day.station, day.channel, day.day))
        if called is None or day.exceeds is None:
            continue
        tally[day.exceeds, called] += 1
        key = (day.station, day.day)
        stations[key] = stations.get(key, True) and called == day.exceeds
    return Agreement(
        len(stations), sum(stations.values()), sum(tally.values()), tally[True, True],
        tally[True, False], tally[False, True], tally[False, False],
    )  # fmt: skip


def misses(truth: Truth, verdicts: Sequence[Verdict], table: Table) -> list[Miss]:
    """Every series-day that was assessed otherwise than is true, and what explains it."""
    exceeds, means = said(verdicts), {(v.station, v.channel, v.day): v.mean for v in verdicts}
    troubles = _untrue(truth, table)
    return [
        Miss(*key, one.mean, means.get(key), one.exceeds, _why(one, troubles, table.tolerance))
        for one in truth.days
        if one.exceeds is not None
        and exceeds.get(key := (one.station, one.channel, one.day), one.exceeds) != one.exceeds
    ]


def _why(day: Daily, troubles: Mapping[str, list[Interval]], tolerance: float) -> str | None:
    for one in troubles[day.station]:
        touches = one.start < day.day + DAY_SECONDS and day.day < one.end + AFTER
        if touches and one.concerns(day.channel):
            return one.kind
    ends = [end for end in (day.low, day.high) if end is not None]
    means = day.hours if day.low is not None and day.hours else (day.mean,)
    off = PH_OFF if day.low is not None else tolerance * abs(ends[-1])
    near = any(mean is not None and abs(mean - end) <= off for mean in means for end in ends)
    return CLOSE if near else None


def _untrue(truth: Truth, table: Table) -> dict[str, list[Interval]]:
    """The trouble of each station that makes readings untrue."""
    troubles: dict[str, list[Interval]] = defaultdict(list)
    for one in truth.intervals:
        if table.untrue(one.layer, one.kind):
            troubles[one.station].append(one)
    return troubles


def bias(truth: Truth, verdicts: Sequence[Verdict]) -> dict[str, Bias]:
    """How far the daily means of assessed days lie from the truth, by channel."""
    exceeds, means = said(verdicts), {(v.station, v.channel, v.day): v.mean for v in verdicts}
    off: dict[str, list[float]] = defaultdict(list)
    for one in truth.days:
        key = (one.station, one.channel, one.day)
        mean = means.get(key)
        if key in exceeds and mean is not None and (one.channel == "pH" or one.mean > 0):
            off[one.channel].append(
                mean - one.mean if one.channel == "pH" else mean / one.mean - 1.0
            )
    return {channel: _bias(np.array(found)) for channel, found in sorted(off.items())}


def _bias(off: np.typing.NDArray[np.float64]) -> Bias:
    return Bias(len(off), float(off.mean()), float(np.quantile(np.abs(off), 0.95)))


def discarded(
    truth: Truth, readings: Mapping[Series, Readings], table: Table
) -> dict[str, Discarded]:
    """By channel: readings that no trouble touched, and how many of them did not count."""
    troubles = _untrue(truth, table)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (station, channel), own in readings.items():
        good = own.measuring.copy()
        for one in troubles[station]:
            if one.concerns(channel):
                good &= ~_within(own, one.start, one.end + AFTER)
        counts[channel][0] += int(good.sum())
        counts[channel][1] += int((good & ~own.counted).sum())
    return {channel: Discarded(*found) for channel, found in sorted(counts.items())}

"""The figures of the reports: pure functions of findings and alerts.

Shares divide by the periods owed, never by those that could be assessed: what has not enough
data is counted as such, beside what was within the limit and never among it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from tolich.reports.judged import Judged, Trouble

SeriesKey = tuple[str, str]
"""Station and parameter."""

# --- exceedances by day -------------------------------------------------------------------


class Occurrence(NamedTuple):
    """One exceedance on one local day: its exceeded findings, and the alert they belong to.

    `number` counts the occurrences of a series and period on that day, from 1.
    """

    number: int
    findings: tuple[Judged, ...]
    alert: Trouble | None

    @property
    def first(self) -> Judged:
        """The finding it begins with on this day."""
        return self.findings[0]

    @property
    def worst(self) -> Judged:
        """The finding whose mean lies farthest outside the limit."""
        return max(self.findings, key=_outside)

    @property
    def lasted(self) -> int:
        """Seconds from its beginning to the end of its last exceeded period, on this day."""
        return self.findings[-1].end - self.first.start


def _outside(finding: Judged) -> float:
    """How far a mean lies outside its limit; without a mean, as little as any."""
    if finding.mean is None:
        return float("-inf")
    above = finding.mean - finding.high if finding.high is not None else float("-inf")
    below = finding.low - finding.mean if finding.low is not None else float("-inf")
    return max(above, below)


def occurrences(findings: Iterable[Judged], alerts: Sequence[Trouble]) -> list[Occurrence]:
    """Exceeded findings by day, station, parameter and period, each day's in order of time.

    Findings of one alert are one occurrence of a day; without an alert, those that adjoin.
    """
    exceeded = [one for one in findings if one.outcome == "exceeded"]
    exceeded.sort(key=lambda one: (one.day, one.station, one.parameter, one.period, one.start))
    of = _by_place(alerts)
    found = []
    for _, same in groupby(exceeded, key=lambda one: (one.day, *_place(one))):
        for number, (alert, run) in enumerate(_runs(same, of), start=1):
            found.append(Occurrence(number, tuple(run), alert))
    return found


def _place(one: Judged | Trouble) -> tuple[str, str, str]:
    return (one.station, one.parameter, one.period)


def _by_place(alerts: Sequence[Trouble]) -> dict[tuple[str, str, str], list[Trouble]]:
    found: dict[tuple[str, str, str], list[Trouble]] = {}
    for alert in alerts:
        found.setdefault(_place(alert), []).append(alert)
    return found


def _runs(
    findings: Iterable[Judged], alerts: Mapping[tuple[str, str, str], list[Trouble]]
) -> Iterator[tuple[Trouble | None, list[Judged]]]:
    """Findings of one day and place, cut where another alert begins or a gap has none."""
    run: list[Judged] = []
    last: Trouble | None = None
    for one in findings:
        alert = next((a for a in alerts.get(_place(one), ()) if a.covers(one)), None)
        adjoins = alert is not None or (bool(run) and run[-1].end == one.start)
        if run and (alert != last or not adjoins):
            yield last, run
            run = []
        run.append(one)
        last = alert
    if run:
        yield last, run


# --- ratios of a year, or of any days ------------------------------------------------------


class Tally(NamedTuple):
    """The findings of one series and period, by outcome. `missing` are owed without a finding."""

    owed: int
    exceeded: int
    near: int
    compliant: int
    not_assessable: int
    not_applicable: int
    missing: int

    @property
    def share(self) -> float | None:
        """Exceeded of all that is owed; None where nothing is."""
        return self.exceeded / self.owed if self.owed else None


def tally(findings: Sequence[Judged], owed: int) -> Tally:
    """Counts of outcomes. `owed` is never taken to be less than there are findings."""
    counts = Counter(one.outcome for one in findings)
    owed = max(owed, len(findings))
    return Tally(
        owed=owed,
        exceeded=counts["exceeded"],
        near=counts["near"],
        compliant=counts["compliant"],
        not_assessable=counts["not_assessable"],
        not_applicable=counts["not_applicable"],
        missing=owed - len(findings),
    )


class Ratios(NamedTuple):
    """What a year's row says of one series."""

    series: SeriesKey
    days: Tally
    hours: Tally
    days_with_hour: int  # local days with at least one hour exceeded
    day_findings: tuple[Judged, ...]
    hour_findings: tuple[Judged, ...]


def ratios(findings: Iterable[Judged], owed: Mapping[tuple[str, str, str], int]) -> list[Ratios]:
    """Days and hours exceeded of every series; `owed` by station, parameter and period."""
    days, hours = _by_series(findings, "day"), _by_series(findings, "hour")
    found = []
    for series in sorted({*days, *hours, *(key[:2] for key in owed)}):
        day, hour = days.get(series, ()), hours.get(series, ())
        found.append(
            Ratios(
                series,
                tally(day, owed.get((*series, "day"), 0)),
                tally(hour, owed.get((*series, "hour"), 0)),
                len({one.day for one in hour if one.outcome == "exceeded"}),
                tuple(day),
                tuple(hour),
            )
        )
    return found


def _by_series(findings: Iterable[Judged], period: str) -> dict[SeriesKey, list[Judged]]:
    found: dict[SeriesKey, list[Judged]] = {}
    for one in findings:
        if one.period == period:
            found.setdefault((one.station, one.parameter), []).append(one)
    return found


class ExceededDay(NamedTuple):
    """A local day on which the day's mean or an hour of a series exceeded its limit."""

    series: SeriesKey
    day: int  # local midnight
    whole: Judged | None  # the day's finding, when that exceeded
    hours: tuple[Judged, ...]  # the hours that exceeded


def exceeded_days(of: Ratios) -> list[ExceededDay]:
    """The days behind the figures of a series, in order."""
    whole = {one.day: one for one in of.day_findings if one.outcome == "exceeded"}
    hours: dict[int, list[Judged]] = {}
    for one in of.hour_findings:
        if one.outcome == "exceeded":
            hours.setdefault(one.day, []).append(one)
    return [
        ExceededDay(of.series, day, whole.get(day), tuple(hours.get(day, ())))
        for day in sorted({*whole, *hours})
    ]


# --- data capture ----------------------------------------------------------------------------


class Capture(NamedTuple):
    """Slots of some days by what was in them. Received are the four after it together."""

    expected: int
    received: int
    valid: int
    calibrating: int
    faulty: int
    rejected: int  # failed a check, or an unknown status
    conflicting: int  # of the received, those with several values

    @property
    def received_share(self) -> float | None:
        """Received of expected; None where nothing was expected."""
        return self.received / self.expected if self.expected else None

    @property
    def valid_share(self) -> float | None:
        """Valid of expected; None where nothing was expected."""
        return self.valid / self.expected if self.expected else None


def capture(findings: Iterable[Judged]) -> Capture:
    """The slots of some findings together."""
    slots: Counter[str] = Counter()
    for one in findings:
        slots.update(one.counts)
    return Capture(
        expected=slots["expected"],
        received=slots["received"],
        valid=slots["valid"],
        calibrating=slots["calibrating"],
        faulty=slots["faulty"],
        rejected=slots["failed"] + slots["unknown"],
        conflicting=slots["conflicting"],
    )


class Captured(NamedTuple):
    """What the row of one series says: all its days together, and how many have no finding."""

    series: SeriesKey
    together: Capture
    missing: int
    findings: tuple[Judged, ...]


def captured(
    findings: Iterable[Judged], owed: Mapping[tuple[str, str, str], int]
) -> list[Captured]:
    """Data capture of every series over its days."""
    days = _by_series(findings, "day")
    series = sorted({*days, *(key[:2] for key in owed if key[2] == "day")})
    return [
        Captured(
            one,
            capture(days.get(one, ())),
            tally(days.get(one, ()), owed.get((*one, "day"), 0)).missing,
            tuple(days.get(one, ())),
        )
        for one in series
    ]

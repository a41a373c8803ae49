"""Alerts held against what was true: which were about something, and which were false."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight
from simulators.scoring.accepted import Table
from simulators.scoring.seen import SeenAlert
from simulators.scoring.truth import Daily, Interval, Truth

NEAR_SHARE = 0.85
"""A near alert lasts until the mean is below this share of the limit (rules.ladder)."""

NEAR_RANGE = 0.3
"""The same for a pH: so far inside an end of its range (rules.alerts)."""


TAIL = 3600
"""Seconds before the end of a run in which a silence may have begun that only its end made."""


class Cause(StrEnum):
    """What an alert turns out to be about."""

    TRUE = "true"  # the water, or trouble of a kind it may be about
    FAULT = "fault"  # an instrument's or a line's trouble, taken for something else
    TAMPER = "tamper"  # somebody interfered; taken for something else
    NOTHING = "nothing"


FALSE = (Cause.FAULT, Cause.NOTHING)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert, or some of one kind at a station less than `merge` apart, and its cause."""

    name: str
    station: str
    began: int
    cause: Cause
    blamed: str | None  # the kind of trouble that was taken for it
    alerts: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many alarms there were and what they were about."""

    station_days: float
    by_cause: Mapping[Cause, int]
    false_by_name: Mapping[str, int]  # name and what was taken for it, "near_hour < drift"

    @property
    def false(self) -> int:
        """Alarms about nothing that was true."""
        return sum(self.by_cause.get(cause, 0) for cause in FALSE)

    @property
    def per_station_day(self) -> float:
        """False alarms a station and day."""
        return self.false / self.station_days if self.station_days else 0.0


def alarms_of(truth: Truth, alerts: Sequence[SeenAlert], table: Table) -> list[Alarm]:
    """Every alarm that was not withdrawn, with its cause."""
    days = {(one.station, one.channel, one.day): one for one in truth.days}
    troubles: dict[str, list[Interval]] = defaultdict(list)
    for interval in truth.intervals:
        troubles[interval.station].append(interval)
    standing = [one for one in alerts if one.state != "withdrawn" and not _cut(one, truth)]
    judged = [(one, *_cause(one, days, troubles[one.station], table)) for one in standing]
    return _merged(judged, table.merge)


def counted(truth: Truth, alarms: Sequence[Alarm]) -> Alarms:
    """The alarms in numbers."""
    station_days = len(truth.stations) * (truth.end - truth.start) / DAY_SECONDS
    false = [one for one in alarms if one.cause in FALSE]
    named = Counter(f"{one.name} < {one.blamed or 'nothing'}" for one in false)
    return Alarms(
        station_days, dict(Counter(one.cause for one in alarms)), dict(named.most_common())
    )


def _cut(alert: SeenAlert, truth: Truth) -> bool:
    """Whether it is only about the simulation having ended."""
    return alert.kind in ("silence", "outage") and alert.began >= truth.end - TAIL


Judged = tuple[SeenAlert, Cause, str | None]


def _merged(judged: Sequence[Judged], merge: int) -> list[Alarm]:
    """Alerts of one name and cause at one station that begin soon after each other are one."""
    last: dict[tuple[str, str, Cause], int] = {}
    found: dict[tuple[str, str, Cause, int], Alarm] = {}
    for alert, cause, blamed in sorted(judged, key=lambda one: one[0].began):
        key = (alert.name, alert.station, cause)
        first = last.get(key)
        if first is not None and alert.began - found[(*key, first)].began < merge:
            old = found[(*key, first)]
            found[(*key, first)] = Alarm(*key[:2], old.began, cause, old.blamed, old.alerts + 1)
        else:
            last[key] = alert.began
            found[(*key, alert.began)] = Alarm(
                alert.name, alert.station, alert.began, cause, blamed, 1
            )
    return list(found.values())


Days = Mapping[tuple[str, str, int], Daily]


def _cause(
    alert: SeenAlert, days: Days, troubles: Sequence[Interval], table: Table
) -> tuple[Cause, str | None]:
    if alert.kind in ("exceedance", "near") and _in_the_water(alert, days, table.tolerance):
        return Cause.TRUE, None
    touching = [one for one in troubles if _touches(one, alert, table)]
    meant = table.explained_by(alert.name)
    if any(one.kind in meant for one in touching):
        return Cause.TRUE, None
    return _blame([one for one in touching if table.untrue(one.layer, one.kind)])


def _touches(one: Interval, alert: SeenAlert, table: Table) -> bool:
    """Whether trouble may have made an alert: it began by when the alert was known, not long
    after it ended."""
    lead = table.leads(alert.name)
    begun = one.start - lead <= max(alert.began, alert.known)
    return begun and alert.began <= one.end + table.grace and one.concerns(alert.channel)


def _blame(touching: Sequence[Interval]) -> tuple[Cause, str | None]:
    for layers, cause in (
        (("sample", "signal"), Cause.TAMPER),
        (("sensor", "transport"), Cause.FAULT),
    ):
        for one in touching:
            if one.layer in layers:
                return cause, one.kind
    return Cause.NOTHING, None


def _in_the_water(alert: SeenAlert, days: Days, tolerance: float) -> bool:
    """Whether the true mean was, within what instruments may be off, as the alert says."""
    near, channel = alert.kind == "near", alert.channel or ""
    last = max(alert.began, alert.ended or alert.began)
    if alert.period == "day":
        found = (days.get((alert.station, channel, day)) for day in _steps(alert.began, last))
        return any(one is not None and _reaches(one, one.mean, near, tolerance) for one in found)
    # The line and the analyser delay what they show: the hour before may be the one.
    for hour in _hours(alert.began - HOUR_SECONDS, last):
        day = days.get((alert.station, channel, midnight(hour)))
        if day is None or not day.hours:
            continue
        mean = day.hours[(hour - day.day) // HOUR_SECONDS]
        if mean is not None and _reaches(day, mean, near, tolerance):
            return True
    return False


def _steps(first: int, last: int) -> range:
    return range(first, max(first + 1, last), DAY_SECONDS)


def _hours(first: int, last: int) -> range:
    return range(first, max(first + 2 * HOUR_SECONDS, last), HOUR_SECONDS)


def _reaches(day: Daily, mean: float, near: bool, tolerance: float) -> bool:
    """Whether a true mean comes near a limit, or so close that an instrument may pass it."""
    if day.low is not None and day.high is not None:  # a range, of pH
        margin = NEAR_RANGE if near else 0.2  # what the instrument may be off (TT10)
        return mean > day.high - margin or mean < day.low + margin
    share = NEAR_SHARE if near else 1.0 - tolerance
    return day.high is not None and mean > share * (1.0 - (tolerance if near else 0)) * day.high

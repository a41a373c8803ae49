"""Silence: how long a station, or one parameter of it, has been quiet, and how much it matters."""

from __future__ import annotations

from functools import cache

from rules.model import Severity

LADDER = (
    (600, Severity.INFO),
    (1800, Severity.WARNING),
    (3600, Severity.MAJOR),
    (7200, Severity.CRITICAL),
)
"""Seconds of silence at which an alert is raised, and climbs."""

PARAMETER_CEILING = Severity.WARNING
"""As far as the silence of one parameter climbs while its station speaks: an instrument's
trouble, which the station's verdicts already show as data that cannot be assessed."""

Rungs = tuple[tuple[int, Severity], ...]


def quiet_since(last_heard: int | None, connected_since: int, watched_from: int = 0) -> int:
    """When a silence began: never before our own connection came up.

    `last_heard` is the greatest min(observed, received) of the station or series. What was
    never heard is missed from the day on which it was to begin, `watched_from`.
    """
    if last_heard is None:
        return max(connected_since, watched_from)
    return max(last_heard, connected_since)


@cache
def rungs(interval: int, refresh: int = 0, ceiling: Severity = Severity.CRITICAL) -> Rungs:
    """The ladder of something that reports every `interval` seconds.

    A station that reports every hour is not silent after ten minutes: the ladder begins when
    two reports are overdue. An analyser that has a fresh value only every `refresh` seconds
    may report only then.
    """
    late = max(0, 2 * max(interval, refresh) - LADDER[0][0])
    highest = _RANK[ceiling]
    return tuple((s + late, level) for s, level in LADDER if _RANK[level] <= highest)


def severity(since: int, now: int, interval: int) -> Severity | None:
    """The rung a station has reached at `now`; None while it may still be on time."""
    return reached(rungs(interval), now - since)


def reached(ladder: Rungs, quiet: int) -> Severity | None:
    """The rung reached after `quiet` seconds; None below the first."""
    found = None
    for seconds, level in ladder:
        if quiet >= seconds:
            found = level
    return found


def next_rung(ladder: Rungs, quiet: int) -> int | None:
    """The seconds of silence at which the next rung is reached; None above the last."""
    return next((seconds for seconds, _ in ladder if seconds > quiet), None)


def rank(level: Severity) -> int:
    """How high a severity is, to compare."""
    return _RANK[level]


_RANK = {level: place for place, level in enumerate(Severity)}

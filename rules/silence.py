"""Silence: how long a station has said nothing, and how much that matters."""

from __future__ import annotations

from rules.model import Severity

LADDER = (
    (600, Severity.INFO),
    (1800, Severity.WARNING),
    (3600, Severity.MAJOR),
    (7200, Severity.CRITICAL),
)
"""Seconds of silence at which an alert is raised, and climbs."""


def quiet_since(last_heard: int | None, connected_since: int) -> int:
    """When a silence began: never before our own connection came up.

    `last_heard` is the greatest min(observed, received) of the station.
    """
    return connected_since if last_heard is None else max(last_heard, connected_since)


def severity(since: int, now: int, interval: int) -> Severity | None:
    """The rung reached at `now`; None while a station may still be on time.

    A station that reports every hour is not silent after ten minutes: the ladder begins
    when two reports are overdue.
    """
    late = max(0, 2 * interval - LADDER[0][0])
    quiet = now - since - late
    reached = [level for seconds, level in LADDER if quiet >= seconds]
    return reached[-1] if reached else None

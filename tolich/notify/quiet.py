"""Quiet hours: when a person may be told what is not critical."""

from __future__ import annotations

from dataclasses import dataclass

from rules.days import DAY_SECONDS, midnight


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the local day, in seconds after midnight; from 22:00 to 6:00 runs over it."""

    start: int
    end: int


def quiet_of(start: str | None, end: str | None) -> Quiet | None:
    """Quiet hours as accounts have them, "22:00" to "06:00"; None unless both are given."""
    return None if start is None or end is None else Quiet(_seconds(start), _seconds(end))


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def not_before(quiet: Quiet | None, severity: str, now: int) -> int:
    """The wall time until which a message waits; 0: it does not. Critical ones never do."""
    if quiet is None or quiet.start == quiet.end or severity == "critical":
        return 0
    today = midnight(now)
    for day in (today - DAY_SECONDS, today):
        start = day + quiet.start
        end = day + quiet.end + (DAY_SECONDS if quiet.end < quiet.start else 0)
        if start <= now < end:
            return end
    return 0

"""Quiet hours: when a person may be told what is not critical."""

from __future__ import annotations

from dataclasses import dataclass

from rules.days import DAY_SECONDS, midnight


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the local day, in seconds after midnight; from 22:00 to 6:00 runs over it."""

    start: int
    end: int


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

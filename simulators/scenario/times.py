"""Times and durations as a scenario writes them: `3d06:00` after its start, `10h`, an instant."""

from __future__ import annotations

import re
from datetime import date, datetime

from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start, instant

UNITS = {"s": 1, "m": 60, "h": HOUR_SECONDS, "d": DAY_SECONDS}
_DURATION = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_AFTER = re.compile(r"([0-9]+)d(?:([0-9]{2}):([0-5][0-9]))?")


def duration(text: str) -> int:
    """Seconds of `10h`, `30m`, `1d12h`, `90s` or `-7h`. Raises ValueError saying what is read."""
    bare = text.removeprefix("-").removeprefix("+")
    found = _DURATION.fullmatch(bare)
    if found is None or not bare:
        raise ValueError(f"expected a duration such as 10h, 30m or 1d12h, found {text!r}")
    counts = [int(count or 0) for count in found.groups()]
    seconds = sum(
        count * UNITS[unit] for count, unit in zip(counts, ("d", "h", "m", "s"), strict=True)
    )
    return -seconds if text.startswith("-") else seconds


def moment(text: str, start: int) -> int:
    """UTC epoch seconds of a time. `start` is when the scenario begins.

    `3d06:00` is 6 o'clock on the fourth day; a day is its local midnight; an instant names its
    zone. Raises ValueError saying what is read.
    """
    after = _AFTER.fullmatch(text)
    if after is not None:
        days, hours, minutes = (int(part or 0) for part in after.groups())
        if hours > 23:
            raise ValueError(f"{text!r} has no such hour; expected 00:00 to 23:59")
        return start + days * DAY_SECONDS + hours * HOUR_SECONDS + minutes * 60
    try:
        return start + duration(text)
    except ValueError:
        return _dated(text)


def _dated(text: str) -> int:
    try:
        if len(text) == len("2026-03-01"):
            return day_start(date.fromisoformat(text))
        found = datetime.fromisoformat(text)
    except ValueError:
        said = "expected a time such as 3d06:00 (after the start) or 2026-03-04T06:00:00+07:00"
        raise ValueError(f"{said}, found {text!r}") from None
    if found.tzinfo is None:
        raise ValueError(f"{text!r} names no zone; write +07:00 behind it")
    return instant(found)

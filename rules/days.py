"""The local calendar: Hanoi days and hours as UTC epoch seconds.

Vietnam has kept UTC+7 without daylight saving since 1975 (a test holds this against the
time-zone database), so a day is arithmetic and needs no look-up.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

OFFSET = 7 * 3600
ZONE = timezone(timedelta(seconds=OFFSET), "Asia/Ho_Chi_Minh")
DAY_SECONDS = 86400
HOUR_SECONDS = 3600


def midnight(at: int) -> int:
    """The local midnight that opens the day of `at`; both in UTC epoch seconds."""
    return at - (at + OFFSET) % DAY_SECONDS


def day_start(day: date) -> int:
    """The instant at which a local calendar day begins, UTC epoch seconds."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_SECONDS - OFFSET


def local_date(at: int) -> date:
    """The local calendar day of an instant."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + (at + OFFSET) // DAY_SECONDS)


@lru_cache(maxsize=16384)  # a list tells the same hours for every series
def rfc3339(at: int) -> str:
    """UTC epoch seconds as `2026-11-22T08:35:00+07:00`."""
    return datetime.fromtimestamp(at, ZONE).isoformat()


def instant(moment: datetime) -> int:
    """An aware datetime as UTC epoch seconds, fractions cut off."""
    return int(moment.astimezone(UTC).timestamp() // 1)

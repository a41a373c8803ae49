"""Times as senders write them, as UTC epoch seconds."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from ingest.rejections import Refusal, quoted
from rules.days import ZONE, day_start, instant, rfc3339

AHEAD = 600
"""Seconds after plant time from which on a reading's time is refused."""

OLDEST = day_start(date(2000, 1, 1))
"""Clocks that lost their battery say 1970 or 1980; nobody measured for us before this."""

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.\d{1,18})?([Zz]|[+-]\d\d:[0-5]\d)?", re.ASCII
)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)


@lru_cache(maxsize=8192)  # a thousand stations report the same few instants
def rfc3339_instant(text: str) -> int:
    """An RFC 3339 time, fractions cut off. Raises Refusal: time_invalid, time_naive.

    Stricter than `datetime.fromisoformat`, which also takes weeks, days without a time and
    times without separators.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Refusal("time_invalid", f"{quoted(text)} is not an RFC 3339 time")
    moment, offset = match.groups()
    try:
        if offset is None:
            datetime.fromisoformat(moment)
            raise Refusal("time_naive", f"{quoted(text)} has no offset from UTC")
        return instant(datetime.fromisoformat(moment + offset.upper()))
    except (ValueError, OverflowError) as error:
        raise Refusal("time_invalid", f"{quoted(text)} does not exist: {error}") from error


def stamp_instant(text: str) -> int | None:
    """A TT10 time `yyyyMMddHHmmss`, GMT+7; None when it is not one."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return instant(datetime(year, month, day, hour, minute, second, tzinfo=ZONE))
    except (ValueError, OverflowError):
        return None


def believable(at: int, now: int) -> int:
    """`at` itself when a station may say so at plant time `now`.

    Raises Refusal: time_in_future, time_too_old.
    """
    if at >= now + AHEAD:
        # Not spelled out: the year 9999 in UTC is the year 10000 here, which has no spelling.
        raise Refusal("time_in_future", f"{at - now} s ahead of {rfc3339(now)}, the plant's time")
    if at < OLDEST:
        raise Refusal("time_too_old", f"{rfc3339(at)} lies before {rfc3339(OLDEST)}")
    return at

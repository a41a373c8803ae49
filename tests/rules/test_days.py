"""Hanoi days are arithmetic: held against the time-zone database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.days import ZONE, day_start, instant, local_date, midnight, rfc3339

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def test_every_day_from_1990_to_2050_begins_where_the_database_says() -> None:
    day, last = date(1990, 1, 1), date(2050, 12, 31)
    while day <= last:
        begins = datetime(day.year, day.month, day.day, tzinfo=HANOI)
        start = int(begins.timestamp())
        assert day_start(day) == start
        assert begins.utcoffset() == timedelta(hours=7)
        assert (midnight(start), midnight(start - 1)) == (start, start - 86400)
        assert (local_date(start), local_date(start + 86399)) == (day, day)
        day += timedelta(days=1)


@given(st.integers(631_126_800, 2_556_032_400))
def test_any_second_is_where_the_database_says(at: int) -> None:
    there = datetime.fromtimestamp(at, HANOI)
    assert local_date(at) == there.date()
    assert midnight(at) == int(there.replace(hour=0, minute=0, second=0).timestamp())
    assert rfc3339(at) == there.isoformat()
    assert instant(datetime.fromisoformat(rfc3339(at))) == at


@pytest.mark.parametrize(
    ("moment", "at"),
    [
        (datetime(1970, 1, 1, 7, tzinfo=ZONE), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC), -1),
        (datetime(2026, 3, 9, 0, 0, 0, 1, tzinfo=HANOI), 1_772_989_200),
        (datetime(2026, 3, 8, 12, tzinfo=timezone(timedelta(hours=-5))), 1_772_989_200),
    ],
)
def test_an_instant_is_whole_seconds_cut_off(moment: datetime, at: int) -> None:
    assert instant(moment) == at

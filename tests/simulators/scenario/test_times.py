"""Times and durations as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from rules.days import instant
from simulators.scenario.times import duration, moment

START = instant(datetime.fromisoformat("2026-03-01T00:00:00+07:00"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10h", 36000), ("30m", 1800), ("1d12h", 129600), ("90s", 90), ("-7h", -25200), ("0d", 0)],
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "instant_text"),
    [
        ("3d06:00", "2026-03-04T06:00:00+07:00"),
        ("5d", "2026-03-06T00:00:00+07:00"),
        ("90m", "2026-03-01T01:30:00+07:00"),
        ("2026-03-04", "2026-03-04T00:00:00+07:00"),
        ("2026-03-04T00:00:00Z", "2026-03-04T07:00:00+07:00"),
    ],
)
def test_moments(text: str, instant_text: str) -> None:
    assert moment(text, START) == instant(datetime.fromisoformat(instant_text))


@pytest.mark.parametrize("text", ["", "10", "h", "10x", "1h2d", "5 h", "1.5h", "-"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="10h"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3d24:00", "no such hour"),
        ("tomorrow", "3d06:00"),
        ("2026-03-04T06:00:00", "no zone"),
        ("2026-02-30", "3d06:00"),
    ],
)
def test_what_is_no_time_says_what_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        moment(text, START)

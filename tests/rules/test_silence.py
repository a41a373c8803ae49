"""Silence: since when, and how much it matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Severity
from rules.silence import LADDER, quiet_since, severity

ORDER = [None, *Severity]


@pytest.mark.parametrize(
    ("heard", "connected", "since"),
    [
        pytest.param(None, 500, 500, id="never heard: since we listen"),
        pytest.param(100, 500, 500, id="heard before our connection came up"),
        pytest.param(900, 500, 900, id="heard since"),
        pytest.param(500, 500, 500, id="heard as it came up"),
    ],
)
def test_when_a_silence_begins(heard: int | None, connected: int, since: int) -> None:
    assert quiet_since(heard, connected) == since


@pytest.mark.parametrize(
    ("quiet", "level"),
    [
        (0, None),
        (599, None),
        (600, Severity.INFO),
        (1799, Severity.INFO),
        (1800, Severity.WARNING),
        (3599, Severity.WARNING),
        (3600, Severity.MAJOR),
        (7199, Severity.MAJOR),
        (7200, Severity.CRITICAL),
        (10**6, Severity.CRITICAL),
    ],
)
@pytest.mark.parametrize("interval", [60, 300])
def test_the_ladder(quiet: int, level: Severity | None, interval: int) -> None:
    assert severity(1000, 1000 + quiet, interval) is level


@pytest.mark.parametrize(
    ("interval", "first"), [(300, 600), (600, 1200), (900, 1800), (3600, 7200)]
)
def test_a_slow_station_is_silent_when_two_reports_are_overdue(interval: int, first: int) -> None:
    assert severity(0, first - 1, interval) is None
    assert severity(0, first, interval) is Severity.INFO
    climbs = [seconds - LADDER[0][0] for seconds, _ in LADDER]
    assert [severity(0, first + climb, interval) for climb in climbs] == list(Severity)


@given(st.integers(0, 10**5), st.integers(0, 10**4), st.sampled_from((60, 300, 900, 3600)))
def test_silence_only_climbs(quiet: int, more: int, interval: int) -> None:
    before, after = severity(0, quiet, interval), severity(0, quiet + more, interval)
    assert ORDER.index(before) <= ORDER.index(after)

"""Silence: since when, and how much it matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Severity
from rules.silence import (
    LADDER,
    PARAMETER_CEILING,
    next_rung,
    quiet_since,
    rank,
    reached,
    rungs,
    severity,
)

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


# --- a single parameter -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "refresh", "first"),
    [
        pytest.param(60, 0, 600, id="fast"),
        pytest.param(300, 900, 1800, id="COD: a fresh value every 15 minutes"),
        pytest.param(300, 1800, 3600, id="NH4: every 30 minutes"),
        pytest.param(3600, 900, 7200, id="reports more rarely than it measures"),
    ],
)
def test_a_parameter_is_silent_when_two_fresh_values_are_overdue(
    interval: int, refresh: int, first: int
) -> None:
    ladder = rungs(interval, refresh, PARAMETER_CEILING)
    assert reached(ladder, first - 1) is None
    assert reached(ladder, first) is Severity.INFO
    assert next_rung(ladder, first - 1) == first


def test_the_silence_of_a_parameter_climbs_to_its_ceiling_and_no_further() -> None:
    ladder = rungs(300, 0, PARAMETER_CEILING)
    assert reached(ladder, 10**7) is PARAMETER_CEILING
    assert next_rung(ladder, 10**7) is None


def test_what_was_never_heard_is_missed_from_the_day_it_was_to_begin() -> None:
    assert quiet_since(None, 500, 900) == 900
    assert quiet_since(None, 900, 500) == 900
    assert quiet_since(700, 500, 900) == 700  # it spoke, whatever the register says


@given(st.integers(0, 9000), st.sampled_from((60, 300, 900, 3600)), st.sampled_from((0, 900, 1800)))
def test_the_next_rung_is_where_the_level_changes(quiet: int, interval: int, refresh: int) -> None:
    ladder = rungs(interval, refresh)
    at = next_rung(ladder, quiet)
    assert at is None or reached(ladder, at) is not reached(ladder, quiet)
    assert at is None or reached(ladder, at - 1) is reached(ladder, quiet)


def test_the_next_rung_of_what_is_on_a_rung_is_the_one_above() -> None:
    assert [next_rung(LADDER, seconds) for seconds, _ in LADDER] == [1800, 3600, 7200, None]


def test_severities_rise() -> None:
    assert [rank(level) for level in Severity] == sorted(rank(level) for level in Severity)
    assert rank(Severity.CRITICAL) > rank(Severity.MAJOR) > rank(Severity.WARNING)

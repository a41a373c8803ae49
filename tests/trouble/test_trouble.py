"""Trouble of instruments and lines never looks like pollution, and tells the officer once a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.days import DAY_SECONDS
from rules.model import AlertKind, Severity
from rules.pushing import Message
from rules.register import Register, load_register
from simulators.events import Broken, Calibration, Fault, Frozen, Missing, Silence
from tests.cast import CATALOGUE, REGULATIONS
from tests.trouble.__main__ import keeps
from tests.trouble.running import Counted, Readings, run
from tests.trouble.scenario import (
    LIMITED,
    OF_SERIES,
    OF_STATION,
    START,
    STUCK_HOURS,
    register,
    troubled,
)

PLANTS, SEED = 6, 7
"""A few plants and days: `python -m tests.trouble` runs 70 of them for 30 days."""


def loaded(plants: int) -> Register:
    return load_register("register", register(plants), CATALOGUE, REGULATIONS)


def counted(folder: Path, days: int, *, faults: bool) -> Counted:
    return run(folder, PLANTS, days, SEED, faults, lambda _: None)


def test_water_that_keeps_every_limit_alerts_nobody(tmp_path: Path) -> None:
    found = counted(tmp_path, 1, faults=False)
    assert found.readings == PLANTS * 7 * (288 + 12)
    assert found.alerts == {}
    assert found.sent == {}
    assert found.judged.true == found.readings
    assert found.judged.true_failed == 0


def test_no_trouble_of_instruments_or_lines_looks_like_pollution(tmp_path: Path) -> None:
    found = counted(tmp_path, 3, faults=True)
    for kind in (AlertKind.EXCEEDANCE, AlertKind.NEAR):
        assert {key: n for key, n in found.alerts.items() if key[0] == kind} == {}
    assert found.most == 1
    assert keeps(found)
    # It did happen, and was noticed.
    kinds = {kind for kind, _, _ in found.alerts}
    assert {"silence", "outage", "instrument", "integrity"} <= kinds
    assert max(found.pushed.values()) > 1
    assert min(found.judged.faulty.values()) > 0


def test_every_kind_of_trouble_befalls_and_outlasts_its_threshold() -> None:
    events = [one for of in troubled(loaded(70), 30, 1).written.values() for one in of]
    assert len({type(one) for one in events}) == len(OF_SERIES) + len(OF_STATION) == 9
    assert {one.parameter for one in events if isinstance(one, Fault)} == set(LIMITED)
    assert {one.shows for one in events if isinstance(one, Fault)} == set(Broken)
    assert min(one.end - one.start for one in events if isinstance(one, Fault)) > 4 * 3600
    assert min(one.end - one.start for one in events if isinstance(one, Silence)) > 3600
    assert min(one.end - one.start for one in events if isinstance(one, Missing)) > 7200
    assert min(one.end - one.start for one in events if isinstance(one, Calibration)) > 7200
    for one in events:
        assert START <= one.start < START + 30 * DAY_SECONDS
        if isinstance(one, Frozen):
            assert one.end - one.start > STUCK_HOURS[one.parameter] * 3600


def test_the_thresholds_are_those_of_the_catalogue() -> None:
    fails = {key: CATALOGUE[key].checks.flat_line for key in STUCK_HOURS}
    assert {key: flat.fail for key, flat in fails.items() if flat} == {
        key: hours * 3600 for key, hours in STUCK_HOURS.items()
    }


def test_a_seed_is_a_scenario() -> None:
    once, again, other = (troubled(loaded(5), 10, seed).written for seed in (1, 1, 2))
    assert once == again != other


SOUND = Readings(1000, 9, {}, {})
ONE = [Message(0, Severity.MAJOR, 1)]


@pytest.mark.parametrize(
    ("alerts", "sent", "judged", "kept"),
    [
        ({}, {0: ONE, 86400: ONE}, SOUND, True),
        ({("exceedance", "hour", "warning"): 3}, {}, SOUND, True),
        ({("exceedance", "day", "critical"): 1}, {}, SOUND, False),
        ({}, {0: ONE * 2}, SOUND, False),
        ({}, {}, Readings(1000, 10, {}, {}), False),
    ],
)
def test_the_command_tells_a_run_that_does_not_keep_the_rule(
    alerts: dict[tuple[str, str, str], int],
    sent: dict[int, list[Message]],
    judged: Readings,
    kept: bool,
) -> None:
    assert keeps(Counted(0, alerts, sent, {}, judged)) is kept

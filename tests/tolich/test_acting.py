"""What the demonstration makes of a scenario: when it plays, its register, what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from rules.days import DAY_SECONDS, OFFSET, day_start, local_date, midnight, rfc3339
from rules.model import Refused
from rules.register import load_register
from simulators.message import Outgoing
from simulators.scenario.spec import Scenario
from simulators.scenario.truth import IntervalRow, Row
from tolich.commands.acting import (
    DEMO,
    Progress,
    Unfolding,
    around,
    history_days,
    laid_over,
    register_around,
    waiting,
)
from tolich.packs import load_catalogue, load_regulations

NOW = 1_795_400_000  # 2026-11-23, afternoon
TODAY = (NOW + OFFSET) // DAY_SECONDS


@pytest.fixture(scope="module")
def demo() -> Scenario:
    return around(DEMO, NOW)


def test_the_demonstration_lies_around_now(demo: Scenario) -> None:
    assert demo.first == TODAY - 35
    assert history_days(demo, NOW) == 35
    assert (demo.step(TODAY - 1), demo.step(TODAY)) == (600, 60)
    assert demo.first + demo.days > TODAY + 30


def test_a_scenario_without_a_live_part_ends_its_history_today() -> None:
    found = around("toxic_shock", NOW)
    assert history_days(found, NOW) == 6
    assert found.first == TODAY - 6


def test_a_name_that_does_not_ship_is_refused() -> None:
    with pytest.raises(Refused, match="did you mean 'toxic_shock'"):
        around("toxic_schock", NOW)


def test_the_register_loads_with_its_regulations(demo: Scenario) -> None:
    raw = register_around(DEMO, demo)
    register = load_register("demo", raw, load_catalogue(), load_regulations())
    assert len(register.stations) == 20
    permits = {one.plant: one for one in register.permits.values()}
    assert "COD" not in permits["plant-mau12"].limits
    assert permits["plant-mau13"].no_discharge is not None
    assert register.stations["MAU01"].camera
    since = local_date(NOW) - timedelta(days=35)
    assert {str(one["from"]) for one in raw["stations"].values()} == {since.isoformat()}
    assert day_start(since) == midnight(NOW) - 35 * DAY_SECONDS


def test_mappings_are_laid_over() -> None:
    under = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert laid_over(under, {"a": {"c": None, "f": [4]}, "e": 5}) == {
        "a": {"b": 1, "f": [4]},
        "e": 5,
    }
    assert under == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def _message(due: int) -> Outgoing:
    return Outgoing("t", b"", due)


def test_progress_is_told_once_it_has_caught_up() -> None:
    sent: list[Outgoing] = []
    said: list[Mapping[str, float]] = []
    steps: list[str] = []
    progress = Progress(sent.append, 0, 1000, True, said.append)

    def waits(seconds: float) -> bool:
        steps.append("waits")
        return False

    wait = waiting(progress, lambda: steps.append("drained"), waits)
    for due in range(400):
        progress(_message(due))
    assert [one["sent"] for one in said] == [200, 400]
    assert [one["history"] for one in said] == [0.199, 0.399]
    assert wait(1.0) is False
    assert wait(1.0) is False
    assert steps == ["drained", "waits", "waits"]
    progress(_message(1001))
    assert said[2:] == [{"history": 1.0, "sent": 400}]
    assert len(sent) == 401


def test_a_run_that_goes_on_sends_nothing_old() -> None:
    sent: list[Outgoing] = []
    progress = Progress(sent.append, 0, 1000, False, lambda _: None)
    for due in (999, 1000, 1001):
        progress(_message(due))
    assert [one.due for one in sent] == [1001]


def _interval(begins: int) -> IntervalRow:
    return {
        "type": "interval", "id": str(begins), "kind": "gap", "leigh": "K", "layer": "sensor",
        "station": "MAU01", "channel": "COD", "t0": rfc3339(begins), "t1": rfc3339(begins + 60),
        "effect": {},
    }  # fmt: skip


def test_the_truth_log_says_nothing_before_it_begins() -> None:
    written: list[list[Row]] = []
    coming = [_interval(NOW + at) for at in (0, 10, 10, 20)]
    unfolding = Unfolding(written.append, list(coming))
    for at in (NOW - 1, NOW + 10, NOW + 11, NOW + 20):
        unfolding.until(at)
    assert written == [coming[:3], coming[3:]]

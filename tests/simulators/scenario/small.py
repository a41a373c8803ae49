"""Small scenarios for the tests, and what comes of them."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from functools import cache
from typing import Any

from rules.parameters import Catalogue
from simulators.message import Outgoing
from simulators.scenario.course import Stage, Stand, days, opening, stage
from simulators.scenario.loading import load_scenario
from simulators.scenario.spec import Scenario
from simulators.sensors.tables import SensorTables, read_sensors
from simulators.treatment.tables import Tables, read_tables
from tolich.packs import load_catalogue

SMALL: dict[str, Any] = {
    "version": 1,
    "title": {"vi": "Nhỏ", "en": "Small"},
    "shows": {"vi": "Hai trạm.", "en": "Two stations."},
    "seed": 7,
    "clock": {"start": "2026-04-06", "days": 2},
    "defaults": {"limits": {"COD": 75, "NH4": 5, "pH": [6, 9]}},
    "stations": [{"id": "MAU01"}, {"id": "MAU02", "sends": "tt10"}],
}


@cache
def tables() -> tuple[Tables, SensorTables, Catalogue]:
    """What every scenario is read against."""
    return read_tables(), read_sensors(), load_catalogue()


def raw(**changed: Any) -> dict[str, Any]:
    """The small scenario with other sections."""
    return {**deepcopy(SMALL), **changed}


def scenario(**changed: Any) -> Scenario:
    """The same, understood."""
    return load_scenario("small.yaml", raw(**changed), *tables()[:2])


def built(**changed: Any) -> Stage:
    """The same, built."""
    return stage(scenario(**changed), *tables())


_OPENED: dict[tuple[object, ...], Stand] = {}


def opened(made: Stage) -> Stand:
    """Its plants on the first day. What happens later does not change them, so they are kept."""
    scenario = made.scenario
    key = scenario.seed, scenario.first, tuple(place.plant for place in scenario.places)
    if key not in _OPENED:
        _OPENED[key] = opening(made)
    return _OPENED[key]


def sent(made: Stage) -> list[Outgoing]:
    """Everything it sends, in order."""
    return [one for _, messages in days(made, opened(made)) for one in messages]


def by_station(messages: list[Outgoing]) -> dict[str, list[Outgoing]]:
    """Messages by the station of their topic."""
    found: dict[str, list[Outgoing]] = defaultdict(list)
    for one in messages:
        found[one.topic.split("/")[3]].append(one)
    return found

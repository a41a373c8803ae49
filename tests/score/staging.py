"""A scenario made ready to be run: its register, its messages, and its truth as it unfolds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rules.days import DAY_SECONDS, OFFSET
from simulators.message import Outgoing
from simulators.scenario.course import Stage, days, stage
from simulators.scenario.library import parsed
from simulators.scenario.loading import load_scenario
from simulators.scenario.registering import register_of
from simulators.scenario.spec import Scenario
from simulators.scenario.truth import daily, first_row, intervals, line
from simulators.scoring.truth import Truth, read_truth
from simulators.sensors.tables import SensorTables, read_sensors
from simulators.treatment.tables import Tables, read_tables
from tolich.packs import load_catalogue

PLANTS: Tables = read_tables()
SENSORS: SensorTables = read_sensors()


@dataclass(slots=True)
class Staged:
    """The truth is whole once every message has been taken."""

    scenario: Scenario
    built: Stage
    _truth: list[str] = field(default_factory=list)

    @property
    def register(self) -> dict[str, Any]:
        """As a register file would say it."""
        return register_of(self.scenario)

    @property
    def start(self) -> int:
        """The midnight that opens it."""
        return self.scenario.first * DAY_SECONDS - OFFSET

    @property
    def end(self) -> int:
        """The midnight that ends it."""
        return self.start + self.scenario.days * DAY_SECONDS

    def messages(self) -> Iterator[Outgoing]:
        """Everything that is sent before the end, in the order in which it is sent."""
        self._truth = [line(first_row(self.scenario)), *map(line, intervals(self.built))]
        for told, sent in days(self.built):
            self._truth += map(line, daily(self.scenario, told))
            yield from (one for one in sent if one.due < self.end)

    @property
    def lines(self) -> list[str]:
        """The truth log so far."""
        return self._truth

    def truth(self) -> Truth:
        """The truth log, read."""
        return read_truth(self._truth)


def staged(name: str, length: int | None = None, seed: int | None = None) -> Staged:
    """A shipped scenario, `length` days of it at most."""
    return staged_of(name, parsed(name), length, seed)


def staged_of(name: str, raw: object, length: int | None = None, seed: int | None = None) -> Staged:
    """A parsed scenario."""
    found = load_scenario(name, raw, PLANTS, SENSORS)
    if length is not None:
        found = replace(found, days=min(length, found.days))
    if seed is not None:
        found = replace(found, seed=seed)
    return Staged(found, stage(found, PLANTS, SENSORS, load_catalogue()))

"""Whose readings a destination gets, and from which local day on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from rules.days import day_start
from rules.register import Station


@dataclass(frozen=True, slots=True)
class Choice:
    """`stations` None means all but the simulated ones: those go out only when named."""

    stations: frozenset[str] | None
    since: date

    def covers(self, station: Station) -> bool:
        """Whether the destination gets a station's files at all."""
        return station.id in self.stations if self.stations is not None else not station.simulated

    def takes(self, station: Station | None, at: int) -> bool:
        """Whether the destination gets a station's file of an instant."""
        return station is not None and at >= day_start(self.since) and self.covers(station)

    def text(self) -> str:
        """The choice as the store keeps it: equal choices, equal texts."""
        named = None if self.stations is None else sorted(self.stations)
        return json.dumps({"since": self.since.isoformat(), "stations": named})


def read_choice(text: str) -> Choice:
    """The choice that `Choice.text` wrote."""
    said = json.loads(text)
    named = said["stations"]
    since = date.fromisoformat(said["since"])
    return Choice(None if named is None else frozenset(named), since)

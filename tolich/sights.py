"""The seam of the console: what a person sees of a station at a glance, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from tolich.ports import Reads, Scope, Shape


@dataclass(frozen=True, slots=True)
class Heard:
    """The stations whose messages were stored after `after` of the question; `upto` the newest."""

    upto: int
    stations: frozenset[str]


class SightReads(Reads, Protocol):
    """Every read, with those that only the console makes."""

    def heard(self, scope: Scope, after: int) -> Heard:
        """Which stations sent something after a message; 0 asks for all of them."""
        ...

    def sights(self, scope: Scope, stations: Collection[str] | None) -> list[Shape]:
        """Stations by id as `stations` has them, with what a card needs beside that.

        `ward`, `contacts` of the plant, `capacity` (m3/day), `alerts` that are active, and for
        each parameter `limit` of today, `hours` (of the last day, oldest first: start, mean,
        outcome, reason, ratio) and `day`, the last that closed. None asks for all.
        """
        ...

    def closed(
        self, scope: Scope, station: str, period: str, start: int, end: int
    ) -> dict[str, list[Shape]] | None:
        """Closed periods that begin in [start, end) by parameter, oldest first, in short.

        Each as in `hours`, with `end`, `limit`, `counts` and `revision`. None: no such station.
        """
        ...

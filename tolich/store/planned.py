"""Announced maintenance and stations out of service, on record; never backdated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from rules.work import WorkState
from tolich.store.ledger import Append, canonical
from tolich.store.schema import planned
from tolich.store.statements import next_key

Place = tuple[str, str | None]
"""A station, and a parameter of it or None for what is about the whole station."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One announcement as it stands: `end` is when it really ends, None while nobody knows."""

    id: int
    kind: WorkState  # one of rules.work.SUPPRESSED
    station: str
    parameter: str | None
    start: int
    end: int | None
    row: Mapping[Any, Any]
    ended_by: Mapping[Any, Any] | None = None

    def during(self, start: int, end: int) -> bool:
        """Whether it holds at any time of [start, end); an instant where both are equal."""
        begun = self.start < end or self.start == start
        return begun and (self.end is None or start < self.end) and self.end != self.start

    def covers(self, place: Place) -> bool:
        """Whether it is about this place: a parameter's plan is about that parameter alone."""
        station, parameter = place
        return self.station == station and self.parameter in (None, parameter)


def plans(connection: Connection, stations: Collection[str] | None = None) -> list[Plan]:
    """Every announcement of some stations (None: of all), oldest first, each as it stands."""
    query = select(planned).order_by(planned.c.id)
    if stations is not None:
        query = query.where(planned.c.station.in_(stations))
    rows = list(connection.execute(query).mappings())
    ends = {row["ends"]: row for row in rows if row["ends"] is not None}
    return [_plan(row, ends.get(row["id"])) for row in rows if row["ends"] is None]


def _plan(row: Mapping[Any, Any], ended_by: Mapping[Any, Any] | None) -> Plan:
    end = row["end"]
    if ended_by is not None:
        at = max(row["start"], ended_by["at"])
        end = at if end is None else min(end, at)
    return Plan(
        row["id"], WorkState(row["kind"]), row["station"], row["parameter"], row["start"], end,
        row, ended_by,
    )  # fmt: skip


def plans_at(
    connection: Connection, now: int, stations: Collection[str] | None = None
) -> list[Plan]:
    """The announcements that hold at plant time `now`."""
    return [plan for plan in plans(connection, stations) if plan.during(now, now)]


def covering(some: Iterable[Plan], places: Sequence[Place]) -> Plan | None:
    """The plan that covers the first of some places, if every one of them is covered.

    Out of service goes before maintenance.
    """
    found = [[plan for plan in some if plan.covers(place)] for place in places]
    if not found or not all(found):
        return None
    return min(found[0], key=lambda plan: (plan.kind is not WorkState.OUT_OF_SERVICE, plan.id))


def announce(append: Append, row: Mapping[str, Any]) -> int:
    """Put an announcement, or the end of one, on record; returns its key."""
    full = {"id": next_key(append.connection, planned), "at": append.at, **row}
    seq = append.entry("planned", full["id"], canonical(full))
    append.connection.execute(insert(planned).values(seq=seq, **full))
    return int(full["id"])

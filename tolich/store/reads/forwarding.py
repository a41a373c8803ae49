"""What was forwarded to whom, and what waits: one line a destination and station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, func, select

from rules.days import rfc3339
from rules.register import Station
from tolich.forwarding.choice import read_choice
from tolich.forwarding.destination import Kind
from tolich.forwarding.remedies import REMEDIES
from tolich.ports import Page, Scope, Shape
from tolich.store.cursors import decode, encode
from tolich.store.forwarding import State
from tolich.store.reads.scoped import Scoped
from tolich.store.schema import forward, forward_destination


@dataclass(slots=True)
class _Waiting:
    """What one station still owes one destination."""

    backlog: int = 0
    oldest: int | None = None
    trouble: RowMapping | None = None  # of its oldest file that was refused


class _Line(NamedTuple):
    to: RowMapping
    station: Station


@dataclass(slots=True)
class _Found:
    """The rows behind a page, by destination and station."""

    waiting: dict[tuple[str, str], _Waiting] = field(default_factory=dict)
    newest: dict[tuple[str, str], RowMapping] = field(default_factory=dict)
    held: dict[tuple[str, str], int] = field(default_factory=dict)


class ForwardingReads(Scoped):
    """Forwarding, by destination and station."""

    def forwarding(
        self,
        scope: Scope,
        station: str | None,
        destination_name: str | None,
        cursor: str | None,
        limit: int,
    ) -> Page:
        """How far each destination has got with each station that it is to get files of."""
        after = tuple(map(str, decode(cursor, "forwarding", str, str))) if cursor else ("", "")
        stations = self._filtered(scope, station, None)
        with self._engine.connect() as connection:
            lines = [
                _Line(to, one)
                for to in _destinations(connection, destination_name)
                for one in stations
                if (to["name"], one.id) > after and read_choice(to["choice"]).covers(one)
            ]
            some = lines[:limit]
            found = _found(connection, some)
        shapes = [_shape(line, found) for line in some]
        more = len(lines) > limit
        last = (some[-1].to["name"], some[-1].station.id) if more else ()
        return Page(shapes, encode("forwarding", *last) if more else None)


def _destinations(connection: Connection, name: str | None) -> list[RowMapping]:
    columns = forward_destination.c
    query = select(forward_destination).where(columns.active).order_by(columns.name)
    if name is not None:
        query = query.where(columns.name == name)
    return list(connection.execute(query).mappings())


def _found(connection: Connection, lines: Sequence[_Line]) -> _Found:
    found = _Found()
    for name in sorted({line.to["name"] for line in lines}):
        stations = [line.station.id for line in lines if line.to["name"] == name]
        for row in _waiting(connection, name, stations):
            found.waiting[name, row["station"]] = _Waiting(row["backlog"], row["oldest"])
        for row in _refused(connection, name, stations):
            found.waiting[name, row["station"]].trouble = row
        for one in stations:
            newest = connection.execute(_newest(name, one)).mappings().one_or_none()
            if newest is not None:
                found.newest[name, one] = newest
    return found


def _waiting(connection: Connection, name: str, stations: Sequence[str]) -> list[RowMapping]:
    columns = forward.c
    query = (
        select(
            columns.station,
            func.count().label("backlog"),
            func.min(columns.at).label("oldest"),
        )
        .where(columns.destination == name, columns.due.isnot(None), columns.station.in_(stations))
        .group_by(columns.station)
    )
    return list(connection.execute(query).mappings())


def _refused(connection: Connection, name: str, stations: Sequence[str]) -> list[RowMapping]:
    """The oldest refused file of each station: one at most waits for another attempt."""
    columns = forward.c
    query = (
        select(forward)
        .where(
            columns.destination == name, columns.due.isnot(None), columns.kind.isnot(None),
            columns.station.in_(stations),
        )
        .order_by(columns.at.desc())
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def _newest(name: str, station: str) -> Any:
    """The newest file that was taken: the table's key leads to it from its end."""
    columns = forward.c
    return (
        select(columns.at, columns.sent_at, columns.receipt, columns.left_out)
        .where(columns.destination == name, columns.station == station, columns.digest.isnot(None))
        .order_by(columns.at.desc())
        .limit(1)
    )


def _shape(line: _Line, found: _Found) -> Shape:
    to, station = line
    key = (to["name"], station.id)
    waiting, newest = found.waiting.get(key, _Waiting()), found.newest.get(key)
    return {
        "destination": to["name"],
        "url": to["url"],
        "station": station.id,
        "cluster": station.cluster,
        "plant": station.plant,
        "newest_sent": None if newest is None else rfc3339(newest["at"]),
        "sent_at": None if newest is None else rfc3339(newest["sent_at"]),
        "receipt": None if newest is None else newest["receipt"],
        "left_out": 0 if newest is None else newest["left_out"],
        "backlog": waiting.backlog,
        "oldest_waiting": None if waiting.oldest is None else rfc3339(waiting.oldest),
        "state": _state(waiting, to),
        "error": _error(waiting, to),
        "simulated": station.simulated,
    }


def _state(waiting: _Waiting, to: RowMapping) -> str:
    """A station that owes nothing has nothing wrong, whatever the destination says."""
    if not waiting.backlog:
        return State.SENT
    refused = waiting.trouble is not None and waiting.trouble["state"] == State.FAILED
    return State.FAILED if refused else State.PENDING


def _error(waiting: _Waiting, to: RowMapping) -> Shape | None:
    """The last trouble: the destination's own goes before that of a file."""
    row = to if to["kind"] is not None else waiting.trouble
    if row is None or not waiting.backlog:
        return None
    return {
        "kind": row["kind"],
        "detail": row["detail"],
        "since": rfc3339(row["failing_since"]),
        "next_attempt": rfc3339(row["due"]),
        "attempts": row["attempts"],
        "remedy": REMEDIES[Kind(row["kind"])],
    }

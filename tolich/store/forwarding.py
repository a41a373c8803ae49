"""What is owed to each destination, and what became of it, by station and instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, Engine, case, delete, func, null, select, update

from rules.model import Series
from rules.tt10 import Written
from tolich.store.database import writing
from tolich.store.readings import readings_between
from tolich.store.schema import follower, forward, forward_destination
from tolich.store.statements import excluded, upsert

AT_ONCE = 0
"""Wall time of an attempt that need not wait."""


class State(StrEnum):
    """How far the file of an instant has got."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"  # refused for good unless somebody does something; tried again all the same
    HELD = "held"  # changed after it was sent, to a destination that wants no second file
    EMPTY = "empty"  # none of its readings can be written


class Touched(NamedTuple):
    """An instant of a station of which a batch brought a reading."""

    station: str
    at: int
    seq: int


@dataclass(frozen=True, slots=True)
class Owed:
    """A file that a destination is still to get."""

    station: str
    at: int
    seq: int
    attempts: int
    digest: bytes | None  # of what was sent before, if anything was


@dataclass(frozen=True, slots=True)
class Became:
    """What became of an owed file. `due` None: nothing more is owed until a reading comes."""

    owed: Owed
    state: State
    due: int | None = None
    digest: bytes | None = None
    receipt: str | None = None
    left_out: int = 0
    kind: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """How a destination as a whole fares."""

    due: int = AT_ONCE
    attempts: int = 0
    failing_since: int | None = None


class ForwardQueue:
    """The rows of one destination. Wall times are given by the caller."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self._engine = engine

    def touch(self, touched: Iterable[Touched]) -> None:
        """These instants are owed, if they were not before the batch that touched them."""
        rows = [
            {
                "destination": self.name, "station": one.station, "at": one.at, "seq": one.seq,
                "state": State.PENDING, "due": AT_ONCE, "attempts": 0, "left_out": 0,
            }
            for one in touched
        ]  # fmt: skip
        with writing(self._engine).begin() as connection:
            new = excluded(connection, forward)
            change = {
                "seq": new["seq"],
                "state": State.PENDING,
                # A file that waits for its next attempt goes on waiting.
                "due": func.coalesce(forward.c.due, AT_ONCE),
            }
            upsert(
                connection, forward, rows, ("destination", "station", "at"), change,
                new["seq"] > forward.c.seq,
            )  # fmt: skip

    def owed(self, now: int, limit: int) -> list[Owed]:
        """What may be sent at wall time `now`, oldest first; a waiting file holds its station."""
        columns = forward.c
        mine = (columns.destination == self.name, columns.due.isnot(None))
        held = select(columns.station).where(*mine, columns.due > now)
        query = (
            select(columns.station, columns.at, columns.seq, columns.attempts, columns.digest)
            .where(*mine, columns.station.not_in(held))
            .order_by(columns.at, columns.station)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [Owed(*row) for row in connection.execute(query)]

    def pause(self) -> Pause:
        """How the destination as a whole fares."""
        columns = forward_destination.c
        query = select(columns.due, columns.attempts, columns.failing_since).where(
            columns.name == self.name
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).one_or_none()
        return Pause() if found is None else Pause(*found)

    def settle(self, became: Sequence[Became], now: int) -> None:
        """Write down what became of files; one that a reading touched meanwhile stays owed."""
        with writing(self._engine).begin() as connection:
            for one in became:
                self._settle(connection, one, now)

    def rest(self, due: int, now: int, kind: str, detail: str) -> None:
        """The destination as a whole did not answer or refused us: nothing is tried until `due`."""
        columns = forward_destination.c
        values = {
            "due": due, "attempts": columns.attempts + 1, "kind": kind, "detail": detail,
            "failing_since": func.coalesce(columns.failing_since, now),
        }  # fmt: skip
        with writing(self._engine).begin() as connection:
            connection.execute(
                update(forward_destination).where(columns.name == self.name).values(**values)
            )

    def well(self) -> None:
        """The destination answers again."""
        columns = forward_destination.c
        values = {"due": AT_ONCE, "attempts": 0, "kind": None, "detail": None}
        with writing(self._engine).begin() as connection:
            connection.execute(
                update(forward_destination)
                .where(columns.name == self.name)
                .values(failing_since=None, **values)
            )

    def _settle(self, connection: Connection, one: Became, now: int) -> None:
        columns = forward.c
        changes: dict[str, object] = {
            "attempts": 0, "failing_since": None, "kind": one.kind, "detail": one.detail,
            "left_out": one.left_out,
        }  # fmt: skip
        if one.digest is not None:
            changes |= {"digest": one.digest, "sent_at": now, "receipt": one.receipt}
        if one.due is not None:
            changes["attempts"] = one.owed.attempts + 1
            changes["failing_since"] = func.coalesce(columns.failing_since, now)
        unchanged = columns.seq == one.owed.seq
        changes["state"] = case((unchanged, one.state), else_=State.PENDING)
        due = null() if one.due is None else one.due
        changes["due"] = case((unchanged, due), else_=one.due or AT_ONCE)
        connection.execute(
            update(forward)
            .where(
                columns.destination == self.name,
                columns.station == one.owed.station,
                columns.at == one.owed.at,
            )
            .values(**changes)
        )


def readings_at(
    engine: Engine, keys: Mapping[Series, int], owed: Sequence[Owed]
) -> list[list[Written]]:
    """Everything on record for each of these stations and instants, in their order."""
    by_station: dict[str, dict[int, str]] = {}
    for series, key in keys.items():
        by_station.setdefault(series.station, {})[key] = series.parameter
    with engine.connect() as connection:
        return [_at(connection, by_station.get(one.station, {}), one.at) for one in owed]


def _at(connection: Connection, names: Mapping[int, str], at: int) -> list[Written]:
    if not names:
        return []
    rows = readings_between(connection, list(names), at, at)
    return [Written(names[row[0]], row[2], row[3]) for row in rows]


class Configured(NamedTuple):
    """A destination as the settings have it; nothing of it is secret."""

    name: str
    url: str
    choice: str  # whose readings it gets, as text: any other text is another choice


def configure(engine: Engine, configured: Sequence[Configured]) -> None:
    """Which destinations there are; those of earlier settings are kept, idle.

    Where the choice of readings has changed the record is followed from its beginning again:
    what was sent stays sent, and what is no longer wanted is no longer owed.
    """
    columns = forward_destination.c
    with writing(engine).begin() as connection:
        query = select(columns.name, columns.choice)
        before = {name: choice for name, choice in connection.execute(query)}
        connection.execute(update(forward_destination).values(active=False))
        # Started again, perhaps with other settings: whatever was wrong is tried at once.
        rows = [
            {**one._asdict(), "active": True, "due": AT_ONCE, "attempts": 0} for one in configured
        ]
        new = excluded(connection, forward_destination)
        change = {name: new[name] for name in ("url", "choice", "active", "due", "attempts")}
        upsert(connection, forward_destination, rows, ["name"], change)
        for one in configured:
            if before.get(one.name, one.choice) != one.choice:
                _begin_again(connection, one.name)


def _begin_again(connection: Connection, name: str) -> None:
    columns = forward.c
    mine = (columns.destination == name, columns.due.isnot(None))
    connection.execute(delete(forward).where(*mine))
    connection.execute(delete(follower).where(follower.c.name == follower_name(name)))


def follower_name(destination_name: str) -> str:
    """Under which name the position of a destination in the record is kept."""
    return f"forward:{destination_name}"


def backlog(engine: Engine, name: str) -> int:
    """How many files a destination is still to get."""
    columns = forward.c
    query = select(func.count()).where(columns.destination == name, columns.due.isnot(None))
    with engine.connect() as connection:
        return int(connection.execute(query).scalar() or 0)


def failing(engine: Engine, name: str, since: int) -> list[str]:
    """What of a destination has failed since wall time `since` or longer, for health."""
    whole = forward_destination.c
    about = select(whole.detail).where(whole.name == name, whole.failing_since <= since)
    columns = forward.c
    stations = (
        select(columns.station, func.min(columns.detail))
        .where(columns.destination == name, columns.due.isnot(None), columns.failing_since <= since)
        .group_by(columns.station)
        .order_by(columns.station)
    )
    with engine.connect() as connection:
        said = [f"takes no files: {detail}" for (detail,) in connection.execute(about)]
        said += [f"station {one}: {detail}" for one, detail in connection.execute(stations)]
    return said

"""Judging closed days again, on somebody's word: a row that says who and why, and due days."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from tolich.store.ledger import Append, canonical
from tolich.store.prunings import judged_from
from tolich.store.schema import rejudgement, station_day
from tolich.store.statements import next_key


@dataclass(frozen=True, slots=True)
class Again:
    """Which station-days to judge again: None does not limit; both days are inclusive."""

    station: str | None = None
    first: int | None = None  # local midnights
    last: int | None = None


def days_on_record(connection: Connection, again: Again) -> int:
    """How many station-days it is about."""
    query = select(func.count()).select_from(station_day).where(_meant(connection, again))
    return int(connection.execute(query).scalar_one())


def rejudge(append: Append, again: Again, author: str, reason: str) -> int:
    """Put it on record and make the days due under the present terms; returns how many."""
    connection = append.connection
    days = days_on_record(connection, again)
    row: dict[str, object] = {
        "entered_at": append.at, "author": author, "reason": reason, "station": again.station,
        "first": again.first, "last": again.last, "days": days,
    }  # fmt: skip
    key = next_key(connection, rejudgement)
    seq = append.entry("rejudgement", key, canonical({"id": key, **row}))
    connection.execute(insert(rejudgement).values(id=key, seq=seq, **row))
    marked = update(station_day).where(_meant(connection, again))
    connection.execute(marked.values(due=0, terms=None, rejudgement=key))
    return days


def _meant(connection: Connection, again: Again) -> ColumnElement[bool]:
    here = station_day.c
    # Never judged: nothing to judge again. Pruned: nothing to judge it by.
    wanted = [here.judged_raw >= 0, here.day >= judged_from(connection)]
    if again.station is not None:
        wanted.append(here.station == again.station)
    if again.first is not None:
        wanted.append(here.day >= again.first)
    if again.last is not None:
        wanted.append(here.day <= again.last)
    return and_(*wanted)

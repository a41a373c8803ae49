"""What people do about alerts, on record: acts as chained rows, and where each alert stands.

`alert_work` is a convenience: folding the transitions and actions of an alert in the order of
the record gives the same (rules/work.py). Whoever appends holds the head's lock, so two
people never both win.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from rules.model import AlertKind, Change
from rules.work import (
    HELD_BY_PLANS,
    Act,
    Event,
    Explanation,
    Passing,
    Work,
    WorkState,
    due_at,
    planned_now,
    step,
    work,
)
from tolich.store.ledger import Append, News, canonical
from tolich.store.planned import covering, plans_at
from tolich.store.schema import action, alert, alert_work, transition
from tolich.store.statements import next_key, upsert

Acted = Act | Passing


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts, as the record keeps it."""

    account: int
    name: str
    role: str


MONITOR = Author(0, "tolich", "monitor")


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry of an alert's record: an event, and the row that says it."""

    seq: int
    event: Event
    row: Mapping[Any, Any]


# --- where an alert stands ----------------------------------------------------------------------


def current(connection: Connection, key: int) -> Work | None:
    """How far people are with an alert; of one that was never noted, folded from its record."""
    query = select(alert_work.c.body).where(alert_work.c.alert == key)
    body = connection.execute(query).scalar()
    return _folded(connection, key) if body is None else read_work(body)


def works(
    connection: Connection, keys: Collection[int], until: int | None = None
) -> dict[int, Work]:
    """The same of several alerts; with `until` as it was after that seq of the record."""
    known: dict[int, Work] = {}
    if until is None:
        query = select(alert_work).where(alert_work.c.alert.in_(keys))
        rows = connection.execute(query).mappings()
        known = {row["alert"]: read_work(row["body"]) for row in rows}
    missing = [key for key in keys if key not in known]
    return known | {key: of for key in missing if (of := _folded(connection, key, until))}


def _folded(connection: Connection, key: int, until: int | None = None) -> Work | None:
    record = history(connection, key)
    return work(one.event for one in record if until is None or one.seq <= until)


def note_missing(connection: Connection) -> int:
    """Note where every alert stands that was never noted; returns how many there were."""
    missing = select(alert.c.id).where(alert.c.id.not_in(select(alert_work.c.alert)))
    found = list(connection.execute(missing).scalars())
    for key in found:
        of = _folded(connection, key)
        if of is not None:
            _note(connection, key, of)
    return len(found)


def is_missing(connection: Connection) -> bool:
    """Whether any alert was never noted: it was raised before there was work on alerts."""
    missing = select(alert.c.id).where(alert.c.id.not_in(select(alert_work.c.alert))).limit(1)
    return connection.execute(missing).scalar() is not None


def _note(connection: Connection, key: int, of: Work) -> None:
    row = {"alert": key, "state": of.state.value, "due": due_at(of), "body": work_body(of)}
    upsert(connection, alert_work, [row], ["alert"])


def work_body(of: Work) -> str:
    """Work as it is kept."""
    return canonical(asdict(of)).decode()


def read_work(body: str) -> Work:
    """Kept work as a value."""
    kept = json.loads(body)
    kept["state"] = WorkState(kept["state"])
    kept["explanation"] = Explanation(**kept["explanation"])
    return Work(**kept)


# --- its record ---------------------------------------------------------------------------------


def history(connection: Connection, key: int) -> list[Happened]:
    """Everything that ever happened to an alert, oldest first."""
    derived = select(transition).where(transition.c.alert == key)
    acts = select(action).where(action.c.alert == key)
    found = [
        Happened(row["seq"], _derived(row), row) for row in connection.execute(derived).mappings()
    ]
    found += [Happened(row["seq"], _acted(row), row) for row in connection.execute(acts).mappings()]
    return sorted(found, key=lambda one: one.seq)


def _derived(row: Mapping[Any, Any]) -> Event:
    active = json.loads(row["after"])["state"] == "active"
    return Event(Change(row["change"]), row["at"], active=active)


def _acted(row: Mapping[Any, Any]) -> Event:
    return _event(acted(row["act"]), row["at"], row["account"], json.loads(row["body"]))


def acted(name: str) -> Acted:
    """What an action's row names."""
    return Act(name) if name in set(Act) else Passing(name)


def _event(what: Acted, at: int, account: int, body: Mapping[str, Any]) -> Event:
    until = body.get("until") or body.get("deadline")
    seconds = None if until is None else int(datetime.fromisoformat(until).timestamp())
    return Event(what, at, account, until=seconds, plan=body.get("planned"))


# --- what is written ----------------------------------------------------------------------------


def moved(
    append: Append, key: int, kind: AlertKind, place: tuple[str, str | None], change: Change,
    active: bool,
) -> None:  # fmt: skip
    """A derived change of an alert of `place` (station, parameter), as its transition is written.

    What is raised in announced maintenance is marked so in the same transaction.
    """
    event = Event(change, append.at, active=active)
    after = step(current(append.connection, key), event)
    _note(append.connection, key, after)
    if not active or kind not in HELD_BY_PLANS or kind is AlertKind.OUTAGE:
        return
    plan = covering(plans_at(append.connection, append.at, [place[0]]), [place])
    if plan is not None:
        for what in planned_now(after, plan.kind):
            act(append, key, what, MONITOR, {"planned": plan.id})


def act(
    append: Append, key: int, what: Acted, by: Author, body: Mapping[str, Any]
) -> tuple[int, Work]:
    """Put an act on record; returns the key of its row and where the alert then stands.

    Raises rules.work.Barred where the alert's state does not allow it.
    """
    before = current(append.connection, key)
    if before is None:
        raise LookupError(f"alert {key} has no record")
    after = step(before, _event(what, append.at, by.account, body))
    row: dict[str, Any] = {
        "id": next_key(append.connection, action), "at": append.at, "alert": key,
        "account": by.account, "name": by.name, "role": by.role, "act": what.value,
        "body": canonical(dict(body)).decode(), "before": before.state.value,
        "after": after.state.value,
    }  # fmt: skip
    seq = append.entry("action", row["id"], canonical(row))
    append.connection.execute(insert(action).values(seq=seq, **row))
    append.news.append(
        News(seq, key, what.value, body=dict(body) | {"by": by.name, "account": by.account})
    )
    _note(append.connection, key, after)
    return row["id"], after


def open_work(
    connection: Connection, kinds: Sequence[AlertKind]
) -> Iterator[tuple[Mapping[Any, Any], Work]]:
    """The alerts of some kinds that go on, each with how far people are with it."""
    live = [state.value for state in WorkState if state not in _OVER]
    query = (
        select(alert, alert_work.c.body)
        .select_from(alert_work.join(alert, alert.c.id == alert_work.c.alert))
        .where(alert_work.c.state.in_(live), alert.c.kind.in_([str(kind) for kind in kinds]))
        .where(alert.c.state == "active")
        .order_by(alert.c.id)
    )
    for row in connection.execute(query).mappings():
        yield row, read_work(row["body"])


_OVER = (
    WorkState.RETURNED, WorkState.RETURNED_UNACKNOWLEDGED, WorkState.CLOSED, WorkState.WITHDRAWN,
)  # fmt: skip


def due_work(connection: Connection, now: int) -> Iterator[tuple[int, Work]]:
    """The alerts to which time has done something by `now`."""
    query = select(alert_work).where(alert_work.c.due <= now).order_by(alert_work.c.alert)
    for row in connection.execute(query).mappings():
        yield row["alert"], read_work(row["body"])

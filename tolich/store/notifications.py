"""The outbox: what is to be said to whom, written with what causes it, and what became of it.

A notification is queued in the transaction of its transition or action, so that neither is
there without the other. The sender takes what is due, and every attempt is on record before
it is made: what may have reached somebody keeps its key for good.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from tolich.notify.channel import Body, Language, Message
from tolich.store.alerts import public_id
from tolich.store.ledger import Append
from tolich.store.peopleschema import notification
from tolich.store.schema import head
from tolich.store.statements import insert_new, next_key

PENDING, SENT, FAILED, SUPERSEDED = "pending", "sent", "failed", "superseded"
STATES = (PENDING, SENT, FAILED, SUPERSEDED)
CRITICAL = "critical"

FLOOD = 10
"""Messages that one person can take within FLOOD_SECONDS (EEMUA 191); more become one."""

FLOOD_SECONDS = 600

MOST_MERGED = 200
"""Messages that one lists at most."""

_RANKS = ("info", "warning", "major", CRITICAL)


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to be sent. `not_before` is wall time; 0: at once."""

    key: str
    kind: str
    account: int
    channel: str
    address: str
    language: Language
    severity: str
    body: Body
    alert: int | None = None
    not_before: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. `next_at`: when to try again; None: there is no again."""

    id: int
    sent_at: int | None = None
    receipt: str | None = None
    error: str | None = None
    next_at: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is due."""

    id: int
    attempts: int  # made before
    queued_at: int
    channel: str
    account: int
    message: Message


def key_of(*parts: object) -> str:
    """An idempotency key: the same cause, receiver and channel always give the same."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:40]


# --- writing -------------------------------------------------------------------------------------


def queue(append: Append, notices: Iterable[Notice], now: int) -> int:
    """Write notices with what causes them; returns how many were new. `now` is wall time.

    A notice whose key is there already is passed over. One that is critical takes along what
    waits for the end of quiet hours to tell the same of its alert: it is never overtaken.
    """
    connection, new = append.connection, 0
    for one in _unknown(connection, list(notices)):
        new += 1
        row = _row(next_key(connection, notification), one, append.at, now)
        insert_new(connection, notification, [row])
        if one.severity == CRITICAL and one.alert is not None:
            connection.execute(
                update(notification)
                .where(*_same(one), notification.c.attempts == 0)
                .where(notification.c.not_before > now, notification.c.state == PENDING)
                .values(not_before=0, next_at=now)
            )
    return new


def _unknown(connection: Connection, notices: Sequence[Notice]) -> list[Notice]:
    query = select(notification.c.key).where(notification.c.key.in_([n.key for n in notices]))
    known = set(connection.execute(query).scalars())
    first = {one.key: one for one in reversed(notices)}
    return [one for key, one in reversed(first.items()) if key not in known]


def _same(one: Notice) -> list[ColumnElement[bool]]:
    of = notification.c
    return [of.alert == one.alert, of.channel == one.channel, of.address == one.address]


def _row(key: int, one: Notice, at: int, now: int) -> tuple[Any, ...]:
    not_before = 0 if one.severity == CRITICAL else one.not_before
    content = json.dumps(asdict(one.body), ensure_ascii=False)
    return (
        key, at, now, one.alert, one.kind, one.account, one.channel, one.address, one.language,
        one.severity, content, one.key, not_before, PENDING, 0, max(now, not_before), None, None,
        None, None,
    )  # fmt: skip


def attempt(connection: Connection, ids: Collection[int]) -> None:
    """Put on record that these are about to be sent."""
    of = notification.c
    connection.execute(update(notification).where(of.id.in_(ids)).values(attempts=of.attempts + 1))


def finish(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Put on record what became of attempts."""
    for one in outcomes:
        changed: dict[str, Any] = {"error": one.error}
        if one.sent_at is not None:
            changed |= {"state": SENT, "sent_at": one.sent_at, "receipt": one.receipt}
        elif one.next_at is not None:
            changed["next_at"] = one.next_at
        else:
            changed["state"] = FAILED
        connection.execute(
            update(notification).where(notification.c.id == one.id).values(**changed)
        )


def merge(connection: Connection, some: Sequence[Waiting], body: Body, kind: str, now: int) -> None:
    """Put one message in the place of several to the same address that were never tried."""
    # Keys are given under the head's lock, as in every append.
    connection.execute(select(head.c.seq).with_for_update())
    first, key = some[0], next_key(connection, notification)
    one = Notice(
        key_of(kind, *(w.message.key for w in some)), kind, first.account, first.channel,
        first.message.address, first.message.language,
        max((w.message.severity for w in some), key=_RANKS.index), body,
    )  # fmt: skip
    row = _row(key, one, max(w.message.created_at for w in some), now)
    connection.execute(
        insert(notification).values(dict(zip(notification.c.keys(), row, strict=True)))
    )
    pointed = {"state": SUPERSEDED, "merged_into": key}
    ids = [w.id for w in some]
    connection.execute(update(notification).where(notification.c.id.in_(ids)).values(**pointed))


def again(connection: Connection, number: int, now: int) -> bool:
    """Send a failed one once more, under its key; False when there is no failed one."""
    done = connection.execute(
        update(notification)
        .where(notification.c.id == number, notification.c.state == FAILED)
        .values(state=PENDING, queued_at=now, next_at=now)
    )
    return bool(done.rowcount)


# --- reading -------------------------------------------------------------------------------------


def due(
    connection: Connection,
    channel: str,
    now: int,
    resting: Collection[str],
    limit: int,
) -> list[Waiting]:
    """What may be sent over a channel now: critical first, then by its time.

    Not what waits for an earlier message of its alert to the same address, be it single or
    listed in a grouped one, nor anything to an address that rests.
    """
    of = notification.c
    query = (
        select(notification)
        .where(of.state == literal_column("'pending'"), of.channel == channel, of.next_at <= now)
        .where(of.address.not_in(list(resting)), ~_follows())
        .order_by(case((of.severity == CRITICAL, 0), else_=1), of.next_at, of.id)
        .limit(limit)
    )
    return [waiting(row) for row in connection.execute(query).mappings()]


def _follows() -> ColumnElement[bool]:
    """Whether an earlier message of the same alert to the same address is still on its way."""
    of, earlier, group = notification.c, notification.alias("earlier"), notification.alias("grp")
    joined = earlier.outerjoin(group, group.c.id == earlier.c.merged_into)
    return (
        select(earlier.c.id)
        .select_from(joined)
        .where(
            earlier.c.alert == of.alert,
            earlier.c.address == of.address,
            earlier.c.channel == of.channel,
            earlier.c.id < of.id,
            or_(
                earlier.c.state == PENDING,
                and_(earlier.c.state == SUPERSEDED, group.c.state == PENDING),
            ),
        )
        .exists()
    )


def given_up(
    connection: Connection, channels: Collection[str], before: int, busy: Collection[int]
) -> list[Outcome]:
    """What is not sent any more: it expired, or its channel is not set up.

    Expired is what was queued, or let out of quiet hours, before a wall time.
    """
    of = notification.c
    waits = [of.state == literal_column("'pending'"), of.id.not_in(list(busy))]
    old = and_(of.queued_at < before, of.not_before < before)
    query = select(of.id, of.channel, of.error).where(
        *waits, or_(of.channel.not_in(list(channels)), old)
    )
    return [
        Outcome(
            one.id,
            error=f"expired: {one.error or 'nothing was tried'}"
            if one.channel in channels
            else f"no channel {one.channel!r} is set up: see `notify` in the settings",
        )
        for one in connection.execute(query.limit(1000))
    ]


def floods(connection: Connection, channels: Collection[str], now: int) -> list[list[Waiting]]:
    """Of each address, the messages to merge: more than FLOOD that fell due within FLOOD_SECONDS.

    Left single: what is critical, what leads up to it on the same alert, and what was tried.
    """
    of = notification.c
    waits = [of.state == PENDING, of.channel.in_(list(channels)), of.next_at <= now]
    single = [of.attempts == 0, of.severity != CRITICAL]
    crowded = (
        select(of.channel, of.address)
        .where(*waits, *single)
        .group_by(of.channel, of.address)
        .having(func.count() > FLOOD)
    )
    found = []
    for channel, address in connection.execute(crowded).all():
        query = select(notification).where(*waits, of.channel == channel, of.address == address)
        rows = connection.execute(query.order_by(of.next_at, of.id)).mappings().all()
        pressing = {r["alert"] for r in rows if r["severity"] == CRITICAL} - {None}
        calm = [r for r in rows if not r["attempts"] and r["alert"] not in pressing]
        crowd = _crowd([r for r in calm if r["severity"] != CRITICAL and r["kind"] != "grouped"])
        if crowd:
            found.append([waiting(row) for row in crowd])
    return found


def _crowd(rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Those that lie with more than FLOOD in one stretch; `rows` are in order of their time."""
    times = [row["next_at"] for row in rows]
    crowded: dict[int, RowMapping] = {}
    reached = 0
    for index, time in enumerate(times):
        end = bisect_right(times, time + FLOOD_SECONDS)
        if end - index > FLOOD:
            crowded |= {int(row["id"]): row for row in rows[max(index, reached) : end]}
            reached = end
    return [crowded[key] for key in sorted(crowded)][:MOST_MERGED]


def newest(connection: Connection) -> int:
    """The greatest id; 0 when there is none."""
    return int(connection.execute(select(func.max(notification.c.id))).scalar() or 0)


def pending(connection: Connection) -> int:
    """How many wait, for whatever."""
    query = select(func.count()).select_from(notification)
    return int(
        connection.execute(
            query.where(notification.c.state == literal_column("'pending'"))
        ).scalar_one()
    )


def waiting(row: RowMapping) -> Waiting:
    """A row as a message that can be sent."""
    message = Message(
        key=row["key"],
        kind=row["kind"],
        address=row["address"],
        severity=row["severity"],
        language=cast("Language", row["language"]),
        created_at=row["created_at"],
        alert=None if row["alert"] is None else public_id(row["alert"]),
        body=Body(**json.loads(row["body"])),
    )
    return Waiting(
        row["id"], row["attempts"], row["queued_at"], row["channel"], row["account"], message
    )

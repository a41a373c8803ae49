"""Pruning: bytes and readings of old batches go, the chain and what proves it stay.

What is left of a message is its topic, its digest and how it came; in the place of its
readings stays their digest. A signed row of the record says who did it, when and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from rules.checks import LONGEST
from rules.days import local_date
from rules.model import Problem, Refused
from tolich.evidence.checkpoint import PRUNING, public_of, sign
from tolich.evidence.links import ReadingRow, content_of, readings_digest
from tolich.store.batches import remainder
from tolich.store.checkpoints import last_checkpoint
from tolich.store.ledger import Append, appending
from tolich.store.schema import chain, pruned, pruning, raw, reading, station_day
from tolich.store.signed import pruning_body
from tolich.store.statements import insert_rows, next_key

MESSAGES = 20_000
"""Messages in one transaction: so long nothing else is written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go. `first` and `last` are the seqs of batches; zeros when there is nothing."""

    before: int
    first: int
    last: int
    messages: int
    readings: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants everything gone that came before a local midnight, and why."""

    before: int
    author: str
    reason: str


def judged_from(connection: Connection) -> int:
    """The first local midnight whose day can still be judged: before it, readings are gone."""
    newest = connection.execute(select(func.max(pruning.c.before))).scalar()
    return 0 if newest is None else int(newest) + LONGEST


def planned(connection: Connection, before: int) -> Plan:
    """What came before a plant time and is still there. Raises Refused when it may not go."""
    done = connection.execute(select(func.max(pruning.c.last))).scalar() or 0
    seqs = select(chain.c.seq).where(
        chain.c.kind == "batch", chain.c.seq > done, chain.c.at < before
    )
    bounds = seqs.with_only_columns(func.min(chain.c.seq), func.max(chain.c.seq))
    first, last = connection.execute(bounds).one()
    if first is None:
        return Plan(before, 0, 0, 0, 0)
    _refuse_unsigned(connection, last)
    _refuse_open(connection, before)
    keys = select(func.min(raw.c.id), func.max(raw.c.id), func.count())
    low, high, messages = connection.execute(keys.where(raw.c.seq.between(first, last))).one()
    count = select(func.count()).select_from(reading).where(reading.c.raw.between(low, high))
    return Plan(before, first, last, messages, connection.execute(count).scalar_one())


def _refuse_unsigned(connection: Connection, last: int) -> None:
    newest = last_checkpoint(connection)
    if newest is None or newest.upto < last:
        said = "there is no checkpoint after what would go; wait a day, or export some evidence"
        raise Refused([Problem("command line", "--before", said)])


def _refuse_open(connection: Connection, before: int) -> None:
    """A day that is still to be judged needs its readings, and those its checks look back at."""
    open_days = select(station_day.c.station, station_day.c.day).where(
        station_day.c.day < before + LONGEST, station_day.c.due.is_not(None)
    )
    found = connection.execute(open_days.order_by(station_day.c.day).limit(1)).one_or_none()
    if found is not None:
        said = f"{found.station} {local_date(found.day)} is not closed yet and needs its readings"
        raise Refused([Problem("command line", "--before", said)])


def prune(engine: Engine, key: Ed25519PrivateKey, plan: Plan, asked: Asked, now: int) -> int:
    """Take out what was planned, some batches a transaction; returns how many signed rows say so.

    What was done before an interruption is done and proved; the rest is planned again.
    """
    after, made = plan.first - 1, 0
    while after < plan.last:
        with appending(engine, now) as append:
            _refuse_open(append.connection, asked.before)
            first, after = _some(append.connection, after, plan.last)
            _prune(append, key, asked, first, after)
            made += 1
    return made


def _some(connection: Connection, after: int, last: int) -> tuple[int, int]:
    """The next batches, as many as go into one transaction."""
    query = (
        select(raw.c.seq, func.count())
        .where(raw.c.seq > after, raw.c.seq <= last)
        .group_by(raw.c.seq)
        .order_by(raw.c.seq)
        .limit(MESSAGES)
    )
    seqs: list[int] = []
    messages = 0
    for seq, count in connection.execute(query):
        if seqs and messages + count > MESSAGES:
            break
        seqs.append(seq)
        messages += count
    return seqs[0], seqs[-1]


def _prune(append: Append, key: Ed25519PrivateKey, asked: Asked, first: int, last: int) -> None:
    connection = append.connection
    mine = raw.c.seq.between(first, last)
    left = connection.execute(select(raw.c.id, raw.c.topic).where(mine).order_by(raw.c.id)).all()
    low, high = left[0].id, left[-1].id
    digests, count = _stand_in(connection, low, high)
    told = hashlib.sha256()
    for (message, topic), digest in zip(left, digests, strict=True):
        told.update(remainder(message, topic, digest))
    insert_rows(connection, pruned, [(low + n, digest) for n, digest in enumerate(digests)])
    connection.execute(delete(reading).where(reading.c.raw.between(low, high)))
    connection.execute(update(raw).where(mine).values(payload=b""))
    row: dict[str, Any] = {
        "id": next_key(connection, pruning), "entered_at": append.at, "before": asked.before,
        "author": asked.author, "reason": asked.reason, "first": first, "last": last,
        "messages": len(left), "readings": count, "digest": told.digest(),
        "public": public_of(key),
    }  # fmt: skip
    row["signature"] = sign(key, PRUNING, pruning_body(row))
    seq = append.entry("pruning", row["id"], content_of("pruning", row))
    connection.execute(insert(pruning).values(seq=seq, **row))


def _stand_in(connection: Connection, low: int, high: int) -> tuple[Sequence[bytes], int]:
    """The digest of the readings of each message, and how many readings there are."""
    rows: list[list[ReadingRow]] = [[] for _ in range(high - low + 1)]
    count = 0
    for series, at, value, status, key in connection.execute(
        select(reading).where(reading.c.raw.between(low, high))
    ):
        rows[key - low].append((series, at, value, status, key))
        count += 1
    return [readings_digest(some) for some in rows], count

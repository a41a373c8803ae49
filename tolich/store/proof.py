"""The proof: the chain walked again, and every row compared with the digest it was given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine, RowMapping, func, select

from tolich.store.ledger import GENESIS, canonical, link
from tolich.store.peopleschema import account_change, told
from tolich.store.schema import (
    action,
    amendment,
    chain,
    finding,
    head,
    limit,
    planned,
    raw,
    register_entry,
    rejection,
    rejudgement,
    terms,
    transition,
    version,
)
from tolich.store.verdicts import COVERED

TOGETHER = 2000

TABLES = {
    "batch": raw,
    "finding": finding,
    "transition": transition,
    "rejection": rejection,
    "register": register_entry,
    "limit": limit,
    "version": version,
    "terms": terms,
    "rejudgement": rejudgement,
    "amendment": amendment,
    "action": action,
    "planned": planned,
    "account": account_change,
    "told": told,
}
UNNUMBERED = ("limit", "version", "terms")
"""Kinds whose rows do not carry their seq; their digest covers the body as it is."""

KEYED = (
    "finding", "rejection", "register", "rejudgement", "amendment", "account", "told", "action",
    "planned",
)  # fmt: skip
"""Kinds whose rows have a key of their own beside the seq."""


class Broken(Exception):
    """The record is not what was written; the message names the first broken row."""


def entries(engine: Engine) -> int:
    """How many entries the chain has."""
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(chain)).scalar() or 0)


def verify_chain(engine: Engine, progress: Callable[[int], None]) -> int:
    """Walk the chain from its beginning; returns the number of entries. Raises Broken."""
    with engine.connect() as connection:
        last = connection.execute(select(head.c.seq, head.c.digest)).one_or_none()
        seq, digest, at = 0, GENESIS, 0
        for entry in _entries(connection):
            seq += 1
            name = f"seq {entry['seq']} ({entry['kind']} {entry['row']})"
            if entry["seq"] != seq:
                raise Broken(f"{name}: seq {seq} is missing")
            if entry["at"] < at:
                raise Broken(f"{name}: plant time steps back")
            content = _content(connection, entry["kind"], entry["row"], entry["seq"])
            if content is None:
                raise Broken(f"{name}: the row is missing")
            previous = digest
            digest = link(previous, seq, entry["at"], entry["kind"], entry["row"], content)
            if (previous, digest) != (bytes(entry["previous"]), bytes(entry["digest"])):
                raise Broken(f"{name}: the row or its entry was changed")
            at = entry["at"]
            if seq % TOGETHER == 0:
                progress(seq)
        if last is not None and (last.seq, bytes(last.digest)) != (seq, digest):
            raise Broken(f"the record ends at seq {seq}, but its head says {last.seq}")
        _nothing_added(connection)
        progress(seq)
        return seq


def _entries(connection: Connection) -> Iterator[RowMapping]:
    after = 0
    while True:
        query = select(chain).where(chain.c.seq > after).order_by(chain.c.seq).limit(TOGETHER)
        some = connection.execute(query).mappings().all()
        yield from some
        if len(some) < TOGETHER:
            return
        after = some[-1]["seq"]


def _content(connection: Connection, kind: str, row: int, seq: int) -> bytes | None:
    """What an entry's digest covers, from the row as it is now."""
    if kind == "batch":
        return _batch(connection, seq)
    table = TABLES.get(kind)
    if table is None:
        return None
    key = table.c.seq if table is transition else table.c.id  # both are the table's own key
    found = connection.execute(select(table).where(key == row)).mappings().one_or_none()
    if found is None or found.get("seq", seq) != seq:
        return None
    if kind in UNNUMBERED:
        return str(found["body"]).encode()
    return canonical(_covered(kind, found))


def _nothing_added(connection: Connection) -> None:
    """Every row of evidence has its entry: one put in from outside has none."""
    for kind, table in TABLES.items():
        if kind in UNNUMBERED:
            known = set(
                connection.execute(select(chain.c.row).where(chain.c.kind == kind)).scalars()
            )
            added = set(connection.execute(select(table.c.id)).scalars()) - known
        else:
            entry = select(chain.c.seq).where(chain.c.seq == table.c.seq, chain.c.kind == kind)
            query = select(table.c.seq).where(~entry.exists()).limit(1)
            added = set(connection.execute(query).scalars())
        if added:
            raise Broken(f"{kind} {min(added)}: a row without an entry in the chain was put in")
    for kind in KEYED:
        table = TABLES[kind]
        query = select(table.c.seq).group_by(table.c.seq).having(func.count() > 1).limit(1)
        twice = connection.execute(query).scalar()
        if twice is not None:
            raise Broken(f"seq {twice} ({kind}): a second row was put in")


def _batch(connection: Connection, seq: int) -> bytes | None:
    query = select(raw.c.topic, raw.c.payload).where(raw.c.seq == seq).order_by(raw.c.id)
    digests = []
    for topic, payload in connection.execute(query):
        digests.append(hashlib.sha256(topic.encode() + b"\0" + bytes(payload)).digest())
    return b"".join(digests) or None


def _covered(kind: str, found: RowMapping) -> object:
    """What of a row its digest covers: all but its own seq and what may change later."""
    if kind == "finding":
        return [found[name] for name in COVERED]
    if kind == "transition":
        return [value for key, value in found.items() if key != "seq"]
    return {key: value for key, value in found.items() if key != "seq"}

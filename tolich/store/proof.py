"""The proof: the chain walked again, and every row compared with the digest it was given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine, RowMapping, func, select

from tolich.store.ledger import GENESIS, canonical, link
from tolich.store.schema import (
    chain,
    finding,
    head,
    limit,
    raw,
    register_entry,
    rejection,
    transition,
    version,
)
from tolich.store.verdicts import COVERED

TOGETHER = 2000


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
            digest = link(digest, seq, entry["at"], entry["kind"], entry["row"], content)
            if digest != bytes(entry["digest"]):
                raise Broken(f"{name}: the row or its entry was changed")
            at = entry["at"]
            if seq % TOGETHER == 0:
                progress(seq)
        if last is not None and (last.seq, bytes(last.digest)) != (seq, digest):
            raise Broken(f"the record ends at seq {seq}, but its head says {last.seq}")
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
    if kind in ("limit", "version"):
        table = limit if kind == "limit" else version
        body = connection.execute(select(table.c.body).where(table.c.id == row)).scalar()
        return None if body is None else str(body).encode()
    table = {
        "finding": finding,
        "transition": transition,
        "rejection": rejection,
        "register": register_entry,
    }[kind]
    found = connection.execute(select(table).where(table.c.seq == seq)).mappings().one_or_none()
    return None if found is None else canonical(_covered(kind, found))


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

"""Writing checkpoints: the record as it stands, signed, as a row of the record itself."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, insert, select

from tolich.evidence.checkpoint import Checkpoint
from tolich.evidence.links import content_of
from tolich.evidence.merkle import root
from tolich.store.ledger import Append, appending
from tolich.store.registry import chain_series
from tolich.store.schema import chain, checkpoint, head
from tolich.store.signed import checkpoint_of, digests

MOST = 1 << 20
"""Entries under one checkpoint at most: the paths of a bundle are worked out in memory."""


def last_checkpoint(connection: Connection) -> Checkpoint | None:
    """The newest checkpoint on record."""
    query = select(checkpoint).order_by(checkpoint.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else checkpoint_of(row)


def recorded(connection: Connection) -> tuple[int, int]:
    """The seq and the plant time of the last entry; zeros where there is none."""
    row = connection.execute(select(head.c.seq, head.c.at)).one_or_none()
    return (0, 0) if row is None else (row.seq, row.at)


def sign_record(engine: Engine, key: Ed25519PrivateKey, now: int) -> int:
    """Sign everything that is on record by now; returns how many checkpoints that took.

    The roots are worked out before the record is locked: nothing that comes in waits for them.
    """
    with appending(engine, now) as append:
        chain_series(append)
    with engine.connect() as connection:
        wanted, _ = recorded(connection)
    made = 0
    while True:
        with engine.connect() as connection:
            last = last_checkpoint(connection)
            signed = 0 if last is None else last.upto
            if signed >= wanted:
                return made
            upto = min(wanted, signed + MOST)
            tree = root(digests(connection, signed + 1, upto))
            end = connection.execute(select(chain.c.digest).where(chain.c.seq == upto))
            digest = bytes(end.scalar_one())
        with appending(engine, now) as append:
            if last_checkpoint(append.connection) == last:  # else another process was first
                number = 1 if last is None else last.number + 1
                one = Checkpoint(number, append.at, signed + 1, upto, digest, tree, b"")
                _write(append, one.signed(key))
                made += 1


def _write(append: Append, one: Checkpoint) -> None:
    row = {
        "id": one.number, "at": one.at, "first": one.first, "upto": one.upto, "head": one.head,
        "root": one.root, "public": one.public, "signature": one.signature,
    }  # fmt: skip
    seq = append.entry("checkpoint", one.number, content_of("checkpoint", row))
    append.connection.execute(insert(checkpoint).values(seq=seq, **row))

"""The ordered record: every append takes the head's lock, so seq has no gap and `at` no step back.

Each entry's digest covers the one before it, so that nothing can be taken out, put in or
changed unseen; `verify` walks the chain again and names the first broken row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.exc import OperationalError

from tolich.ports import NotDurable
from tolich.store.database import writing
from tolich.store.schema import chain, head
from tolich.store.statements import insert_rows, marked

_LAST = select(head.c.seq, head.c.at, head.c.digest).with_for_update()

GENESIS = hashlib.sha256(b"tolich evidence chain 1").digest()


@dataclass(slots=True)
class Append:
    """One transaction that adds to the record. Entries are numbered as they are made."""

    connection: Connection
    at: int  # plant time of every entry
    seq: int  # of the last entry
    digest: bytes
    _chained: list[tuple[Any, ...]] = field(default_factory=list)
    _later: dict[Table, list[tuple[Any, ...]]] = field(default_factory=dict)

    def entry(self, kind: str, row: int, content: bytes) -> int:
        """Chain one row of evidence; returns its seq."""
        self.seq += 1
        previous = self.digest
        self.digest = link(previous, self.seq, self.at, kind, row, content)
        self._chained.append((self.seq, self.at, kind, row, self.digest, previous))
        return self.seq

    def later(self, table: Table, row: tuple[Any, ...]) -> None:
        """A row that nobody reads in this transaction: written with its like at the end."""
        self._later.setdefault(table, []).append(row)

    def finish(self) -> None:
        """Write the chain and move the head; the caller's commit makes it durable."""
        if not self._chained:
            return
        for table, rows in self._later.items():
            insert_rows(self.connection, table, rows)
        insert_rows(self.connection, chain, self._chained)
        mark = marked(self.connection)
        self.connection.exec_driver_sql(
            f"UPDATE head SET seq = {mark}, at = {mark}, digest = {mark}",
            (self.seq, self.at, self.digest),
        )


def link(previous: bytes, seq: int, at: int, kind: str, row: int, content: bytes) -> bytes:
    """The digest of one entry."""
    named = f"{seq}:{at}:{kind}:{row}:".encode()
    return hashlib.sha256(previous + named + content).digest()


def canonical(values: object) -> bytes:
    """One spelling a value, for digests: compact JSON, keys sorted, text as it is."""
    return _ENCODER.encode(values).encode()


def _hexadecimal(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical spelling")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_hexadecimal
)


@contextmanager
def appending(engine: Engine, now: int) -> Iterator[Append]:
    """A transaction on the record; all of it or none. Raises NotDurable when it did not commit."""
    try:
        with writing(engine).begin() as connection:
            last = connection.execute(_LAST).one_or_none()
            if last is None:
                connection.execute(insert(head).values(id=1, seq=0, at=now, digest=GENESIS))
            seq, at, digest = (0, now, GENESIS) if last is None else last
            append = Append(connection, max(now, at), seq, bytes(digest))
            yield append
            append.finish()
    except OperationalError as error:
        raise NotDurable(str(error.orig)) from error

"""The ordered record: every append takes the head's lock, so seq has no gap and `at` no step back.

Each entry's digest covers the one before it, so that nothing can be taken out, put in or
changed unseen; `verify` walks the chain again and names the first broken row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.exc import InterfaceError, OperationalError

from tolich.evidence.links import GENESIS as GENESIS
from tolich.evidence.links import canonical as canonical
from tolich.evidence.links import link as link
from tolich.ports import NotDurable
from tolich.store.database import writing
from tolich.store.schema import chain, head
from tolich.store.statements import insert_rows, marked

_LAST = select(head.c.seq, head.c.at, head.c.digest).with_for_update()


class News(NamedTuple):
    """Something that happened to an alert in a transaction, of which people may have to be told."""

    seq: int
    alert: int
    what: str  # a rules.model.Change, or an act or a passing of rules.work
    before: str | None = None  # of a change: the severity until then
    body: Mapping[str, Any] = {}  # of an act: what its row keeps


@dataclass(slots=True)
class Append:
    """One transaction that adds to the record. Entries are numbered as they are made."""

    connection: Connection
    at: int  # plant time of every entry
    seq: int  # of the last entry
    digest: bytes
    news: list[News] = field(default_factory=list)
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


@contextmanager
def appending(
    engine: Engine, now: int, last_of_all: Callable[[Append], None] | None = None
) -> Iterator[Append]:
    """A transaction on the record; all of it or none. Raises NotDurable when it did not commit.

    `last_of_all` adds what follows from the rest, in the same transaction.
    """
    try:
        with writing(engine).begin() as connection:
            last = connection.execute(_LAST).one_or_none()
            if last is None:
                connection.execute(insert(head).values(id=1, seq=0, at=now, digest=GENESIS))
            seq, at, digest = (0, now, GENESIS) if last is None else last
            append = Append(connection, max(now, at), seq, bytes(digest))
            yield append
            if last_of_all is not None:
                last_of_all(append)
            append.finish()
    except (OperationalError, InterfaceError) as error:
        raise NotDurable(str(error.orig)) from error

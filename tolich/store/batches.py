"""Batches in the proof: the messages of each, how they came, and the readings they added."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, func, select

from tolich.evidence.links import (
    Broken,
    ReadingRow,
    Row,
    batch_content,
    canonical,
    early_content,
    identity,
    leaf,
    readings_digest,
)
from tolich.store.schema import pruned, pruning, raw, reading


@dataclass(slots=True)
class Range:
    """The batches of one pruning, and what is left of their messages, as it is walked."""

    id: int
    first: int
    last: int
    messages: int
    readings: int
    digest: bytes
    chained: bool = False  # its own entry was seen
    walked: int = 0
    left: hashlib._Hash = field(default_factory=hashlib.sha256)

    def take(self, message: Row, readings: bytes) -> None:
        """One more message of which only this is left."""
        self.walked += 1
        self.left.update(remainder(message["id"], message["topic"], readings))


def remainder(key: int, topic: str, readings: bytes) -> bytes:
    """What the digest of a pruning covers of one message: all that its batch does not."""
    return canonical([key, topic, readings]) + b"\n"


def ranges(connection: Connection) -> list[Range]:
    """What was pruned, oldest batches first."""
    query = select(
        pruning.c.id, pruning.c.first, pruning.c.last, pruning.c.messages, pruning.c.readings,
        pruning.c.digest,
    ).order_by(pruning.c.first)  # fmt: skip
    return [Range(*row[:5], bytes(row[5])) for row in connection.execute(query)]


class Batches:
    """The entries of batches, in the order of the chain."""

    def __init__(self, connection: Connection) -> None:
        self.uncovered = 0
        self.pruned = 0
        self._connection = connection
        self._ranges = ranges(connection)
        self._next = self._first_raw()
        self._told = ""

    def contents(self, row: int, seq: int, name: str) -> list[bytes]:
        """What a batch's digest covers now, and what it would have covered in early records."""
        query = select(raw).where(raw.c.seq == seq).order_by(raw.c.id)
        messages = self._connection.execute(query).mappings().all()
        keys = [message["id"] for message in messages]
        if keys != list(range(row, row + len(keys))) or not keys:
            raise Broken(f"{name}: a message is missing, moved or put in")
        if row != self._next:
            raise Broken(f"{name}: message {self._next} is missing")
        self._next = row + len(keys)
        of = next((one for one in self._ranges if one.first <= seq <= one.last), None)
        self._told = ""
        digests = [self._identity(message, of, name) for message in messages]
        added = self._added(messages, of, name)
        leaves = [
            leaf(digest, message["received_at"], message["source"], readings)
            for message, digest, readings in zip(messages, digests, added, strict=True)
        ]
        return [batch_content(leaves), early_content(digests)]

    def proved(self, entry: RowMapping, spelling: int) -> None:
        """A batch's digest fits; `spelling` 1 is that of early records."""
        if entry["kind"] == "batch" and spelling == 1:
            self.uncovered += 1

    def suspect(self, entry: RowMapping) -> str:
        """What to say of an entry whose digest does not fit."""
        if entry["kind"] != "batch":
            return "the row or its entry was changed"
        return "one of its messages, their readings or its entry was changed"

    def look(self, kind: str, row: Row) -> None:
        """The entry of a pruning: what it says is under its digest."""
        if kind == "pruning":
            for one in self._ranges:
                one.chained = one.chained or one.id == row["id"]

    def ended(self) -> None:
        """The walk is over: what was pruned must be what the prunings say, nothing left over."""
        for one in self._ranges:
            if one.walked != one.messages or one.left.digest() != one.digest:
                raise Broken(f"pruning {one.id}: what is left of its messages was changed")
            if not one.chained:
                raise Broken(f"pruning {one.id}: a row without an entry in the chain was put in")
        self._no_strangers()

    def _first_raw(self) -> int:
        return 1

    def _identity(self, message: Row, of: Range | None, name: str) -> bytes:
        """The identity of a message: from its bytes, or as kept when they were pruned."""
        kept = bytes(message["hash"])
        if of is not None:
            if message["payload"]:
                raise Broken(f"{name}: message {message['id']} was pruned, and has bytes again")
            return kept
        found = identity(message["topic"], bytes(message["payload"]))
        if kept != found:
            raise Broken(f"{name}: message {message['id']} was changed")
        return found

    def _added(self, messages: Sequence[Row], of: Range | None, name: str) -> list[bytes]:
        first, last = messages[0]["id"], messages[-1]["id"]
        rows: dict[int, list[ReadingRow]] = {message["id"]: [] for message in messages}
        query = select(reading).where(reading.c.raw.between(first, last))
        for series, at, value, status, key in self._connection.execute(query):
            rows[key].append((series, at, value, status, key))
        if of is None:
            return [readings_digest(rows[message["id"]]) for message in messages]
        if any(rows.values()):
            raise Broken(f"{name}: its readings were pruned, and some are back")
        return self._stood_for(messages, of, name)

    def _stood_for(self, messages: Sequence[Row], of: Range, name: str) -> list[bytes]:
        first, last = messages[0]["id"], messages[-1]["id"]
        query = select(pruned.c.raw, pruned.c.readings).where(pruned.c.raw.between(first, last))
        kept = {key: bytes(digest) for key, digest in self._connection.execute(query)}
        for message in messages:
            if message["id"] not in kept:
                raise Broken(f"{name}: what stands for the readings of {message['id']} is missing")
            of.take(message, kept[message["id"]])
        self.pruned += len(messages)
        return [kept[message["id"]] for message in messages]

    def _no_strangers(self) -> None:
        """No reading and no stand-in belongs to a message that is not on record."""
        known = select(raw.c.id)
        query = select(reading.c.raw).where(reading.c.raw.not_in(known)).limit(1)
        stranger = self._connection.execute(query).scalar()
        if stranger is not None:
            raise Broken(f"reading of message {stranger}: there is no such message")
        count = self._connection.execute(select(func.count()).select_from(pruned)).scalar() or 0
        if count != self.pruned:
            raise Broken(f"pruned: {count} rows stand for {self.pruned} pruned messages")

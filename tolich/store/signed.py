"""Signatures in the proof: checkpoints and prunings on record, and checkpoints from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from tolich.evidence.checkpoint import PRUNING, Checkpoint, is_signed, key_name
from tolich.evidence.links import Broken, Row, canonical
from tolich.evidence.merkle import root
from tolich.store.schema import chain, checkpoint, pruning

TOGETHER = 10_000


class Signed:
    """Compares what was signed with the entries as they are walked."""

    def __init__(
        self, connection: Connection, outside: Sequence[Checkpoint], keys: Sequence[bytes]
    ) -> None:
        self.count = 0
        self.upto = 0
        self.names: set[str] = set()
        self._connection = connection
        self._keys = list(keys)
        self._outside = sorted(outside, key=lambda one: one.upto)
        self._waiting = list(self._outside)
        for one in self._outside:
            self._trusted(one.public, f"checkpoint {one.number} from outside")

    def look(self, kind: str, row: Row, name: str) -> None:
        """A row that is signed: a checkpoint or a pruning."""
        if kind == "checkpoint":
            self._checkpoint(checkpoint_of(row), name)
        elif kind == "pruning":
            self._trusted(bytes(row["public"]), name)
            if not is_signed(
                bytes(row["public"]), PRUNING, pruning_body(row), bytes(row["signature"])
            ):
                raise Broken(f"{name}: the signature does not fit")

    def passed(self, seq: int, digest: bytes) -> None:
        """An entry was walked: checkpoints from outside that end with it must say the same."""
        while self._waiting and self._waiting[0].upto == seq:
            one = self._waiting.pop(0)
            if one.head != digest or self._root(one) != one.root:
                raise Broken(
                    f"seq {one.first} to {one.upto}: these entries are not those of checkpoint "
                    f"{one.number} from outside; the record was written anew"
                )

    def ended(self, seq: int) -> None:
        """The walk is over: no checkpoint from outside may lie beyond the end."""
        if self._waiting:
            one = self._waiting[-1]
            raise Broken(
                f"the record ends at seq {seq}, but checkpoint {one.number} from outside was "
                f"signed at seq {one.upto}; its end was cut off"
            )
        on_record = {one.number: one for one in checkpoints(self._connection)}
        for one in self._outside:
            if one.number not in on_record:
                raise Broken(
                    f"the record ends at seq {seq}, before checkpoint {one.number} from outside "
                    "was put on record; its end was cut off"
                )
            if on_record[one.number] != one:
                raise Broken(f"checkpoint {one.number} is not the one from outside")

    def _checkpoint(self, one: Checkpoint, name: str) -> None:
        self._trusted(one.public, name)
        if not one.genuine():
            raise Broken(f"{name}: the signature does not fit")
        if (one.number, one.first) != (self.count + 1, self.upto + 1) or one.upto < one.first:
            raise Broken(f"{name}: it does not follow the checkpoint before it")
        query = select(chain.c.digest).where(chain.c.seq == one.upto)
        if bytes(self._connection.execute(query).scalar() or b"") != one.head:
            raise Broken(f"{name}: it was signed over another record")
        if self._root(one) != one.root:
            raise Broken(f"{name}: its root is not that of seq {one.first} to {one.upto}")
        self.count, self.upto = one.number, one.upto
        self.names.add(one.key)

    def _trusted(self, public: bytes, name: str) -> None:
        if self._keys and public not in self._keys:
            raise Broken(f"{name}: signed by key {key_name(public)}, which was not given")

    def _root(self, one: Checkpoint) -> bytes:
        return root(digests(self._connection, one.first, one.upto))


def digests(connection: Connection, first: int, upto: int) -> Iterator[bytes]:
    """The digests of some entries, in order."""
    for start in range(first, upto + 1, TOGETHER):
        end = min(start + TOGETHER - 1, upto)
        query = select(chain.c.digest).where(chain.c.seq.between(start, end))
        for digest in connection.execute(query.order_by(chain.c.seq)).scalars():
            yield bytes(digest)


def checkpoint_of(row: Row) -> Checkpoint:
    """A checkpoint on record as a value."""
    return Checkpoint(
        row["id"], row["at"], row["first"], row["upto"], bytes(row["head"]), bytes(row["root"]),
        bytes(row["public"]), bytes(row["signature"]),
    )  # fmt: skip


def checkpoints(connection: Connection, after: int = 0) -> list[Checkpoint]:
    """The checkpoints on record whose own entries come after a seq, oldest first."""
    query = select(checkpoint).where(checkpoint.c.seq > after).order_by(checkpoint.c.id)
    return [checkpoint_of(row) for row in connection.execute(query).mappings()]


def pruning_body(row: Row) -> bytes:
    """What the signature of a pruning covers."""
    return canonical({name: row[name] for name in _PRUNING})


_PRUNING = [name for name in pruning.c.keys() if name not in ("seq", "signature")]

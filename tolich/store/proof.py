"""The proof: the chain walked again, and every row compared with the digest it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, RowMapping, func, inspect, select

from tolich.evidence.checkpoint import Checkpoint
from tolich.evidence.links import GENESIS, content_of, link
from tolich.evidence.links import Broken as Broken
from tolich.store.batches import Batches
from tolich.store.derived import compare
from tolich.store.kinds import KEYED, TABLES, UNNUMBERED
from tolich.store.schema import chain, head, metadata, transition
from tolich.store.signed import Signed

TOGETHER = 2000


@dataclass(frozen=True, slots=True)
class Proven:
    """What a sound record holds."""

    entries: int
    uncovered: int = 0  # batches from before readings were covered
    pruned: int = 0  # messages whose bytes were taken out, as signed rows say
    checkpoints: int = 0
    outside: int = 0  # checkpoints from outside that it agrees with
    signed: int = 0  # the last entry under a checkpoint
    keys: Sequence[str] = field(default_factory=tuple)  # that signed them, by short name


def entries(engine: Engine) -> int:
    """How many entries the chain has."""
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(chain)).scalar() or 0)


def missing_tables(engine: Engine) -> list[str]:
    """Tables that a store of this version has and this one has not."""
    return sorted(set(metadata.tables) - set(inspect(engine).get_table_names()))


def verify_chain(engine: Engine, progress: Callable[[int], None]) -> int:
    """Walk the chain from its beginning; returns the number of entries. Raises Broken."""
    return verify_record(engine, progress).entries


def verify_record(
    engine: Engine,
    progress: Callable[[int], None],
    outside: Sequence[Checkpoint] = (),
    keys: Sequence[bytes] = (),
) -> Proven:
    """Walk the whole record. Raises Broken, naming the first broken row.

    `outside` are checkpoints that were kept elsewhere: the record must go as far and be the
    same. With `keys` (public ones) only what these have signed counts as signed.
    """
    with engine.connect() as connection:
        signed = Signed(connection, outside, keys)
        batches = Batches(connection)
        seq = _walk(connection, batches, signed, progress)
        signed.ended(seq)
        _nothing_added(connection)
        batches.ended()
        compare(connection)
        progress(seq)
        return Proven(
            seq, batches.uncovered, batches.pruned, signed.count, len(outside), signed.upto,
            sorted(signed.names),
        )  # fmt: skip


def _walk(
    connection: Connection, batches: Batches, signed: Signed, progress: Callable[[int], None]
) -> int:
    """Every entry in order; returns the seq of the last."""
    seq, digest, at = 0, GENESIS, 0
    for entry in _entries(connection):
        seq += 1
        name = f"seq {entry['seq']} ({entry['kind']} {entry['row']})"
        if entry["seq"] != seq:
            raise Broken(f"{name}: seq {seq} is missing")
        if entry["at"] < at:
            raise Broken(f"{name}: plant time steps back")
        contents = _contents(connection, batches, signed, entry, name)
        previous = digest
        made = [
            link(previous, seq, entry["at"], entry["kind"], entry["row"], content)
            for content in contents
        ]
        digest = bytes(entry["digest"])
        if previous != bytes(entry["previous"]) or digest not in made:
            raise Broken(f"{name}: {batches.suspect(entry)}")
        batches.proved(entry, made.index(digest))
        signed.passed(seq, digest)
        at = entry["at"]
        if seq % TOGETHER == 0:
            progress(seq)
    _compare_head(connection, seq, digest, at)
    return seq


def _compare_head(connection: Connection, seq: int, digest: bytes, at: int) -> None:
    last = connection.execute(select(head)).mappings().all()
    if not last and not seq:
        return
    if len(last) != 1 or last[0]["id"] != 1:
        raise Broken(f"the head of the record has {len(last)} rows, and should be row 1")
    if (last[0]["seq"], bytes(last[0]["digest"])) != (seq, digest):
        raise Broken(f"the record ends at seq {seq}, but its head says {last[0]['seq']}")
    if last[0]["at"] != at:
        raise Broken(f"the head of the record says {last[0]['at']}, its last entry {at}")


def _entries(connection: Connection) -> Iterator[RowMapping]:
    after = 0
    while True:
        query = select(chain).where(chain.c.seq > after).order_by(chain.c.seq).limit(TOGETHER)
        some = connection.execute(query).mappings().all()
        yield from some
        if len(some) < TOGETHER:
            return
        after = some[-1]["seq"]


def _contents(
    connection: Connection, batches: Batches, signed: Signed, entry: RowMapping, name: str
) -> list[bytes]:
    """What an entry's digest may cover, from the row as it is now: one, or two of a batch."""
    kind, row, seq = entry["kind"], entry["row"], entry["seq"]
    if kind == "batch":
        return batches.contents(row, seq, name)
    table = TABLES.get(kind)
    if table is None:
        raise Broken(f"{name}: there is no such kind of entry")
    key = table.c.seq if table is transition else table.c.id  # both are the table's own key
    found = connection.execute(select(table).where(key == row)).mappings().one_or_none()
    if found is None or found.get("seq", seq) != seq:
        raise Broken(f"{name}: the row is missing")
    content = content_of(kind, found)
    signed.look(kind, found, name)
    batches.look(kind, found)
    return [content]


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
            query = select(table.c.seq).where(table.c.seq.is_not(None), ~entry.exists()).limit(1)
            added = set(connection.execute(query).scalars())
        if added:
            raise Broken(f"{kind} {min(added)}: a row without an entry in the chain was put in")
    for kind in KEYED:
        table = TABLES[kind]
        query = (
            select(table.c.seq)
            .where(table.c.seq.is_not(None))
            .group_by(table.c.seq)
            .having(func.count() > 1)
            .limit(1)
        )
        twice = connection.execute(query).scalar()
        if twice is not None:
            raise Broken(f"seq {twice} ({kind}): a second row was put in")

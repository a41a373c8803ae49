"""Stores copied whole: from SQLite or PostgreSQL into a file, and from such a file into either.

The copy is always an SQLite file: it needs no server to be proved, and it goes back into
either kind of store.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, func, select
from sqlalchemy.engine import URL

from rules.model import Problem, Refused
from tolich.evidence.links import canonical
from tolich.store.database import (
    migrate,
    migrate_within,
    newest_schema,
    on_sqlite,
    open_engine,
    schema_version,
    writing,
)
from tolich.store.peopleschema import account
from tolich.store.schema import head
from tolich.store.statements import insert_rows

TOGETHER = 5000
"""Rows that are read and written at once."""

_PAGES = 4096
"""Pages of a file between two looks at how far it is."""

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, and the SHA-256 of all of them in the order of keys."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a record; seq 0 where there is none."""

    seq: int
    at: int
    digest: str


Contents = Mapping[str, Content]
"""By table."""


def tables() -> Sequence[Table]:
    """Every table of this version."""
    return account.metadata.sorted_tables


def frozen(file: Path) -> Engine:
    """A copy, to be read only: not a byte of the file is changed by looking at it."""
    return create_engine(
        URL.create(
            "sqlite", database=f"file:{file}", query={"mode": "ro", "immutable": "1", "uri": "true"}
        )
    )


def copy_out(engine: Engine, file: Path, progress: Progress) -> None:
    """Copy a store, as it is at one moment, into a new file; whoever writes to it goes on.

    Raises Refused for a store of another schema than this version's.
    """
    with engine.connect() as connection:
        _refuse_other(schema_version(connection))
    if on_sqlite(engine):
        _copy_file(engine, file, progress)
        return
    target = open_engine(URL.create("sqlite", database=str(file)))
    migrate(target)
    with engine.connect() as source, writing(target).begin() as connection:
        _copy_rows(source, connection, progress)
    target.dispose()
    _into_one_file(file)


def copy_in(file: Path, engine: Engine, expected: Contents, progress: Progress) -> Contents:
    """Fill a store without any content from a copy, in one transaction; returns what it then holds.

    Raises Refused, and leaves everything as it was, where there is content already, or where
    what arrived is not what was `expected`.
    """
    source = frozen(file)
    with source.connect() as copied, writing(engine).begin() as connection:
        _refuse_content(connection)
        migrate_within(connection)
        _copy_rows(copied, connection, progress)
        found = contents(connection, progress)
        refuse_difference(str(file), expected, found)
    source.dispose()
    return found


def head_of(connection: Connection) -> Head:
    """The last entry of a record."""
    row = connection.execute(select(head)).mappings().one_or_none()
    return (
        Head(0, 0, "") if row is None else Head(row["seq"], row["at"], bytes(row["digest"]).hex())
    )


def contents(connection: Connection, progress: Progress) -> Contents:
    """What every table holds."""
    found: dict[str, Content] = {}
    done, total = 0, _rows(connection)
    for table in tables():
        digest, rows = hashlib.sha256(), 0
        for some in _batches(connection, table):
            for row in some:
                digest.update(canonical(row) + b"\n")
            rows += len(some)
            done += len(some)
            progress(done, total)
        found[table.name] = Content(rows, digest.hexdigest())
    return found


def refuse_difference(name: str, expected: Contents, found: Contents) -> None:
    """Raises Refused, naming every table that does not hold what it should."""
    problems = [
        Problem(name, key, f"expected {one.rows} rows, found {found[key].rows}, or others of them")
        for key, one in expected.items()
        if key in found and found[key] != one
    ]
    problems += [
        Problem(name, key, "there is no such table") for key in expected if key not in found
    ]
    if problems:
        raise Refused(problems)


def _refuse_other(found: str | None) -> None:
    if found != newest_schema():
        said = (
            f"has schema {found or 'none'}, this version of tolich {newest_schema()}: use the "
            "version that runs, or start this one on it once"
        )
        raise Refused([Problem("store", "schema", said)])


def _refuse_content(connection: Connection) -> None:
    """A store that was never migrated has no tables, which is as good as empty ones."""
    if schema_version(connection) is None:
        return
    _refuse_other(schema_version(connection))
    filled = [table.name for table in tables() if _count(connection, table)]
    if filled:
        said = f"is not empty ({', '.join(filled)}): restore into a new database"
        raise Refused([Problem("store", "content", said)])


def _copy_file(engine: Engine, file: Path, progress: Progress) -> None:
    """SQLite's own online backup, pinned to one moment by an open transaction."""
    assert engine.url.database is not None
    with (
        closing(sqlite3.connect(engine.url.database)) as source,
        closing(sqlite3.connect(file)) as target,
    ):
        source.isolation_level = None
        source.execute("BEGIN")
        source.execute("SELECT seq FROM head").fetchall()  # the moment is the first read
        source.backup(target, pages=_PAGES, progress=_told(progress))
        source.execute("ROLLBACK")
    _into_one_file(file)


def _told(progress: Progress) -> Callable[[int, int, int], None]:
    return lambda _status, remaining, total: progress(total - remaining, total)


def _into_one_file(file: Path) -> None:
    """Without a log beside it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _copy_rows(source: Connection, target: Connection, progress: Progress) -> None:
    done, total = 0, _rows(source)
    for table in tables():
        for some in _batches(source, table):
            insert_rows(target, table, some)
            done += len(some)
            progress(done, total)


def _batches(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table in the order of its key, some at a time, bytes as bytes."""
    query = select(table).order_by(*table.primary_key)
    streamed = {"stream_results": True, "yield_per": TOGETHER}
    for some in connection.execute(query, execution_options=streamed).partitions():
        yield [tuple(row) for row in some]


def _rows(connection: Connection) -> int:
    return sum(_count(connection, table) for table in tables())


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

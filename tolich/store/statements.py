"""Statements that both kinds of store understand: insert, and insert or move forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[tuple[Any, ...]]
"""Rows as tuples, in the order of the table's columns."""


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows. They go to the driver as they are: these are the hottest writes there are."""
    if rows:
        connection.exec_driver_sql(_sql(connection, table, new=False), list(rows))


def insert_new(connection: Connection, table: Table, rows: Rows) -> int:
    """Insert rows, passing over those already there; returns how many were new."""
    if not rows:
        return 0
    return connection.exec_driver_sql(_sql(connection, table, new=True), list(rows)).rowcount


_SQL: dict[tuple[str, str, bool], str] = {}


def _sql(connection: Connection, table: Table, *, new: bool) -> str:
    """The text of an insert, made once a kind of store."""
    key = (connection.dialect.name, table.name, new)
    if key not in _SQL:
        quoted = connection.dialect.identifier_preparer.quote
        names = ", ".join(quoted(name) for name in table.c.keys())
        marks = ", ".join([marked(connection)] * len(table.c))
        statement = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"
        _SQL[key] = f"{statement} ON CONFLICT DO NOTHING" if new else statement
    return _SQL[key]


def merge_rows(
    connection: Connection, table: Table, key: Sequence[str], changes: str, rows: Rows
) -> None:
    """Insert rows, or make `changes` (SQL) where their `key` is there: `excluded` is the new."""
    if rows:
        names = ", ".join(table.c.keys()[: len(rows[0])])
        marks = ", ".join([marked(connection)] * len(rows[0]))
        statement = (
            f"INSERT INTO {table.name} ({names}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
        )
        connection.exec_driver_sql(statement, list(rows))


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keys: Iterable[str],
    change: Mapping[str, Any] | None = None,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows, or change those already there; all their other columns unless told which."""
    if not rows:
        return
    key_names = list(keys)
    statement = _insert(connection, table)
    new = statement.excluded
    changes = change or {name: new[name] for name in table.c.keys() if name not in key_names}
    connection.execute(
        statement.on_conflict_do_update(index_elements=key_names, set_=changes, where=where),
        list(rows),
    )


def excluded(connection: Connection, table: Table) -> Any:
    """The row that was to be inserted, for use in `change` and `where` of `upsert`."""
    return _insert(connection, table).excluded


def next_key(connection: Connection, table: Table) -> int:
    """The key after the greatest; safe under the head's lock, which every append holds."""
    ((found,),) = plain_rows(connection, f'SELECT max(id) FROM "{table.name}"', ())
    return int(found or 0) + 1


def marked(connection: Connection) -> str:
    """What stands for a value in a statement that goes to the driver as it is."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def plain_rows(
    connection: Connection, statement: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    """The rows of a statement as the driver gives them, for what is read thousands of times."""
    result = connection.exec_driver_sql(statement, tuple(values))
    rows: list[tuple[Any, ...]] = list(result.cursor.fetchall())
    result.close()
    return rows

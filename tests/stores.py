"""Where the stores of tests live: files, or databases of a real PostgreSQL.

A test folder that holds `store.url` has its store on the server, so that another process that
is given the folder finds it there. The server is asked for no durability here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from sqlalchemy import Engine, event

from tests.postgres import PASSWORD, shared_server
from tolich.store.database import on_sqlite, open_engine, sqlite_url


class Kind(StrEnum):
    """What a store is kept in."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(slots=True)
class _Now:
    """The kind that stores are made of; the databases, and what was opened of them, so far."""

    kind: Kind = Kind.SQLITE
    databases: list[str] = field(default_factory=list)
    opened: list[Engine] = field(default_factory=list)


_now = _Now()


@contextmanager
def stores_on(kind: Kind) -> Iterator[Kind]:
    """While this lasts, new stores are of this kind; skips where there is no such server."""
    if kind is Kind.POSTGRESQL:
        shared_server()
    before, _now.kind = _now.kind, kind
    try:
        with letting_go():
            yield kind
    finally:
        _now.kind = before


@contextmanager
def letting_go() -> Iterator[None]:
    """Databases that are made while this lasts go when it ends, with all connections to them."""
    engines, databases = len(_now.opened), len(_now.databases)
    try:
        yield
    finally:
        while len(_now.opened) > engines:
            _now.opened.pop().dispose()
        while len(_now.databases) > databases:
            shared_server().drop(_now.databases.pop())


def chosen() -> Kind:
    """The kind of which stores are made now."""
    return _now.kind


def opened(folder: Path) -> Engine:
    """The store of a folder, not waiting for the disk: these tests lose no power."""
    named = folder / "store.url"
    if named.exists():
        _now.opened.append(
            open_engine(named.read_text(encoding="ascii"), folder / "store.password")
        )
        return _now.opened[-1]
    engine = open_engine(sqlite_url(folder))
    event.listen(engine, "connect", _no_waiting)
    return engine


def _no_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def empty(folder: Path) -> Engine:
    """A store without any table, of the chosen kind."""
    folder.mkdir(parents=True, exist_ok=True)
    if _now.kind is Kind.POSTGRESQL:
        _keep(folder, shared_server().database())
    return opened(folder)


def filled(folder: Path, fill: Callable[[Engine], None]) -> None:
    """A store as `fill` makes it, in a folder; what it makes is made once and copied."""
    folder.mkdir(parents=True, exist_ok=True)
    if _now.kind is Kind.POSTGRESQL:
        _keep(folder, shared_server().database(_database(fill)))
    else:
        (folder / "evidence.db").write_bytes(_file(fill))


def copy(engine: Engine, source: Path, target: Path) -> None:
    """A copy of a store in another folder. Connections to the source are let go."""
    target.mkdir(parents=True, exist_ok=True)
    if (source / "store.url").exists():
        engine.dispose()
        name = (source / "store.url").read_text(encoding="ascii").rpartition("/")[2]
        _keep(target, shared_server().database(name))
        return
    _settle(engine)
    shutil.copy(source / "evidence.db", target / "evidence.db")


def settings_file(folder: Path) -> Path:
    """A settings file that names the store of a folder, for commands."""
    told = {"data": str(folder), "mqtt": None}
    if (folder / "store.url").exists():
        told["store"] = (folder / "store.url").read_text(encoding="ascii")
        told["store_password_file"] = str(folder / "store.password")
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


def in_sql_of(engine: Engine, statement: str) -> str:
    """A statement with SQLite's spelling of bytes, as the engine's store spells them."""
    return statement if on_sqlite(engine) else statement.replace("x'", "'\\x")


def _settle(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep(folder: Path, name: str) -> None:
    """The folder's store is a database of the shared server from now on."""
    _now.databases.append(name)
    (folder / "store.url").write_text(shared_server().url(name), encoding="ascii")
    (folder / "store.password").write_text(PASSWORD, encoding="utf-8")


@cache
def _file(fill: Callable[[Engine], None]) -> bytes:
    with TemporaryDirectory(prefix="tolich-cast-") as name:
        folder = Path(name)
        engine = opened(folder)
        fill(engine)
        _settle(engine)
        engine.dispose()
        return (folder / "evidence.db").read_bytes()


@cache
def _database(fill: Callable[[Engine], None]) -> str:
    """A database to copy; it stays until the server ends."""
    server = shared_server()
    name = server.database()
    secret = server.folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    engine = open_engine(server.url(name), secret)
    fill(engine)
    engine.dispose()
    return name

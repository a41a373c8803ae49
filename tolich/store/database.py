"""Opening the store: engine, durability settings and migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from tolich.store.wal import BOUND

_MIGRATIONS = Path(__file__).with_name("migrations")


def sqlite_url(data: Path) -> URL:
    """The URL of the SQLite store in a data folder."""
    return URL.create("sqlite", database=str(data / "evidence.db"))


def open_engine(url: URL | str) -> Engine:
    """An engine whose commits are durable when they return.

    SQLite: write-ahead log, synchronous=FULL, and transactions that SQLAlchemy begins itself
    (BEGIN IMMEDIATE for writers, see `writing`), because the driver's own would begin late.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-65536",
        "temp_store=MEMORY",
        "mmap_size=268435456",
        f"wal_autocheckpoint={BOUND}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def writing(engine: Engine) -> Engine:
    """The same store, for transactions that write."""
    return engine.execution_options(writing=True)


def migrate(engine: Engine) -> None:
    """Bring the store to the newest schema."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

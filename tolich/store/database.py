"""Opening the store: engine, durability settings and migrations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InterfaceError, OperationalError

from rules.model import Problem, Refused
from tolich.store.wal import BOUND

AWAY = (OperationalError, InterfaceError)
"""What a store raises that does not answer."""

_MIGRATIONS = Path(__file__).with_name("migrations")


def sqlite_url(data: Path) -> URL:
    """The URL of the SQLite store in a data folder."""
    return URL.create("sqlite", database=str(data / "evidence.db"))


def open_engine(url: URL | str, password_file: Path | None = None) -> Engine:
    """An engine whose commits are durable when they return, and whose readers see one moment.

    SQLite: write-ahead log, synchronous=FULL, and transactions that SQLAlchemy begins itself
    (BEGIN IMMEDIATE for writers, see `writing`), because the driver's own would begin late.
    PostgreSQL: synchronous_commit=on whatever the server's default; what reads is REPEATABLE
    READ, so that several statements see one state; what writes takes its turn, as on SQLite.
    The password is read from its file at every connection, so that it can be changed.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": TURN_SECONDS})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        connect_args=_POSTGRESQL,
    )
    if password_file is not None:
        event.listen(engine, "do_connect", _with_password(password_file))
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def on_sqlite(engine: Engine) -> bool:
    """Whether a store is a file of ours, and not on a server."""
    return engine.dialect.name == "sqlite"


TURN_SECONDS = 30
"""How long a transaction that writes waits for its turn before it is given up."""

_POSTGRESQL = {
    "application_name": "tolich",
    "connect_timeout": 10,
    # A server that is gone without a word (its machine lost power) is noticed, not waited for.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": f"-c synchronous_commit=on -c lock_timeout={TURN_SECONDS}s -c timezone=UTC "
    "-c client_encoding=UTF8",
}

_WRITERS = 0x746F6C696368
"""The advisory lock that what writes takes, one at a time: "tolich"."""


def _with_password(file: Path) -> Callable[[Any, Any, Any, dict[str, Any]], None]:
    def add(_dialect: Any, _record: Any, _given: Any, named: dict[str, Any]) -> None:
        named["password"] = file.read_text(encoding="utf-8").strip()

    return add


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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writing", False))


def writing(engine: Engine) -> Engine:
    """The same store, for transactions that write: one at a time, each seeing all before it."""
    if on_sqlite(engine):
        return engine.execution_options(writing=True)
    # Not REPEATABLE READ: having waited for its turn, it must see what came meanwhile.
    return engine.execution_options(writing=True, isolation_level="READ COMMITTED")


def migrate(engine: Engine) -> None:
    """Bring the store to the newest schema. Raises Refused when a newer version has made it."""
    with writing(engine).begin() as connection:
        migrate_within(connection)


def migrate_within(connection: Connection) -> None:
    """The same, as part of a transaction."""
    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = schema_version(connection)
    if found is not None and found not in known:
        said = (
            f"a newer version of tolich made this store (schema {found}; this version knows up "
            f"to {max(known)}): install that version, or restore a backup from before it"
        )
        raise Refused([Problem("store", "schema", said)])
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "postgresql":
        _order_by_bytes(connection)


def refuse_lossy(engine: Engine) -> None:
    """Raises Refused for a server that forgets what it has committed, or cannot hold our texts."""
    if on_sqlite(engine):
        return
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in _NEEDED_OF_SERVER
        }
    problems = [
        Problem("store", name, f"the server has {found[name]!r}, and must have {needed!r}: {why}")
        for name, (needed, why) in _NEEDED_OF_SERVER.items()
        if found[name] != needed
    ]
    if problems:
        raise Refused(problems)


_NEEDED_OF_SERVER = {
    "fsync": ("on", "without it a loss of power loses what was acknowledged"),
    "full_page_writes": ("on", "without it a loss of power can leave half-written pages"),
    "server_encoding": ("UTF8", "createdb --encoding=UTF8 --template=template0"),
}


def schema_version(connection: Connection) -> str | None:
    """The schema that a store has; None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return found


def newest_schema() -> str:
    """The schema that this version makes."""
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


def alembic_config() -> Config:
    """What Alembic needs to know; the connection is added to its attributes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _order_by_bytes(connection: Connection) -> None:
    """Text sorts and compares by its bytes, as on SQLite, whatever language the database has.

    Done after every migration and not in each, so that none can forget it.
    """
    columns = connection.exec_driver_sql(
        "SELECT c.relname, a.attname FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' "
        "WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 "
        "AND NOT a.attisdropped AND a.atttypid = 'text'::regtype "
        "AND a.attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C')"
    ).all()
    for table, column in columns:
        connection.exec_driver_sql(
            f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE text COLLATE "C"'
        )

"""One writer a store: a lock on the data folder, let go by the system when a process dies.

A store on a server can be reached from other folders and machines, so there the server holds
a lock as well, for as long as the connection lives that took it.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from tolich.ports import NotDurable
from tolich.store.database import on_sqlite

PATIENCE = 10.0
"""Seconds to wait for a writer that is just ending."""


class AlreadyWriting(Exception):
    """Another writer holds this data folder, or this store."""


@contextmanager
def writer_lock(data: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder's writer lock. Raises AlreadyWriting when another process keeps it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "writer.lock").open("w") as file:
        _acquire(file.fileno(), data, time.monotonic() + patience)
        yield


def _acquire(file: int, data: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise AlreadyWriting(
                    f"another `tolich` already writes to {data}; stop it, or use another --data"
                ) from error
            time.sleep(0.05)


@contextmanager
def alone_on(engine: Engine, patience: float = PATIENCE) -> Iterator[Callable[[], None]]:
    """Be the only writer of a store on a server. Raises AlreadyWriting when there is another.

    Gives a check for before each batch: the lock went with its connection if that was lost, and
    is taken again; NotDurable says that the server is away, or that another has taken it.
    """
    if on_sqlite(engine):  # the lock on its folder does
        yield lambda: None
        return
    sole = _Sole(engine)
    deadline = time.monotonic() + patience
    while not sole.held():
        if time.monotonic() >= deadline:
            sole.close()
            raise AlreadyWriting(f"another `tolich` already writes to {_place(engine)}; stop it")
        time.sleep(0.05)
    try:
        yield sole.check
    finally:
        sole.close()


def _place(engine: Engine) -> str:
    """A store on a server, as people know it."""
    return f"{engine.url.database} on {engine.url.host}:{engine.url.port or 5432}"


_ALONE = 0x746F6C6963
"""The advisory lock of the one writer; not that of each transaction."""


class _Sole:
    """The server's lock, on a connection that does nothing else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def check(self) -> None:
        try:
            if self.held():
                return
        except DBAPIError as error:
            raise NotDurable(str(error.orig)) from error
        raise NotDurable(f"another `tolich` has begun to write to {_place(self._engine)}")

    def held(self) -> bool:
        """Whether the lock is ours, taken now if need be. Raises DBAPIError: no answer."""
        if self._connection is not None and self._lives(self._connection):
            return True
        self.close()
        # Outside any transaction: an open one would hold back what the server tidies up.
        connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ALONE})").scalar():
            connection.close()
            return False
        self._connection = connection
        return True

    def close(self) -> None:
        """Let the lock go, with its connection: one that went back to the pool would keep it."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _lives(self, connection: Connection) -> bool:
        try:
            connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            return False
        return True

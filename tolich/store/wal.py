"""SQLite's write-ahead log, carried over into the database beside the commits, not inside them.

SQLite does it by itself inside the commit that makes the log long enough, and that commit waits
for it: one late reading in a hundred took twice as long as the others. Here a thread of its own
does it in small steps, without holding anybody up (PASSIVE); the commit does it only when the
log has become very long all the same, so that it stays bounded.
"""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

BOUND = 50_000
"""Pages of 4 KB in the log from which on a commit carries them over itself: 200 MB."""

EVERY = 0.5
"""Seconds between two steps: as much as is written in that time is carried over at once."""

log = structlog.get_logger("tolich.store")


class LogKeeper:
    """Carries the log of a SQLite store over while others write."""

    def __init__(self, engine: Engine, every: float = EVERY) -> None:
        self._engine = engine
        self._every = every

    def step(self) -> int:
        """Carry over what can be; the pages that are left because somebody still reads them."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _, length, done = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        return int(length) - int(done)

    def run(self, stop: threading.Event) -> None:
        """Step until told to stop; of a store that is not SQLite there is nothing to keep."""
        if self._engine.dialect.name != "sqlite":
            return
        while not stop.wait(self._every):
            try:
                self.step()
            except OperationalError as error:
                # The record itself is not touched by this: the commits go on and the log grows.
                log.error("the write-ahead log was not carried over", reason=str(error.orig))

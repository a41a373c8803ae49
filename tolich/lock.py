"""One writer a store: a lock on the data folder, let go by the system when a process dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for a writer that is just ending."""


class AlreadyWriting(Exception):
    """Another writer holds this data folder."""


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

"""Child processes that never outlive their parent: each watches a pipe that closes with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType

GRACE = 8.0
"""Seconds a child may take to end by itself."""


class Child:
    """One `tolich` command run as a child. Leaving the context ends it."""

    def __init__(self, arguments: Sequence[str], *, output: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tolich", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if output else None,
            # A Ctrl-C at the terminal is the parent's to handle; it then ends us in order.
            start_new_session=True,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the pipe, wait, and end it by force only if it does not listen."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None


def end_with_parent(end: Callable[[], None]) -> None:
    """Call `end` once when the parent is gone or asks us to stop; then leave by force."""
    threading.Thread(target=_watch, args=(end,), name="parent", daemon=True).start()


def _watch(end: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    end()
    threading.Event().wait(GRACE / 2)
    os._exit(0)

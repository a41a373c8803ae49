"""Threads that follow the record do not end because the store was away for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

log = structlog.get_logger()

AGAIN = 1.0
"""Seconds until a follower asks a store again that did not answer."""

Run = Callable[[threading.Event], None]
"""Goes on until the event is set."""


def steadily(run: Run, again: float = AGAIN) -> Run:
    """The same, begun again whenever the store did not answer: its position is in the store."""

    def steady(stop: threading.Event) -> None:
        while True:
            try:
                run(stop)
            except (OperationalError, InterfaceError) as error:
                log.error("the store did not answer", reason=str(error.orig))
                if stop.wait(again):
                    return
            else:
                return

    return steady

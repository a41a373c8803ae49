"""Follows the ordered record and writes down which files are owed; says how all of it fares."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from rules.register import Register
from tolich.forwarding.choice import Choice
from tolich.ports import Entry, Record
from tolich.store.forwarding import ForwardQueue, Touched, backlog, failing, follower_name
from tolich.store.health import beat, forget

log = structlog.get_logger()

PROCESS = "forwarding"
KINDS = ("batch",)
ENTRIES = 50
"""Entries read at a time."""

ROWS = 2000
"""Rows in one transaction: it must not keep the writer waiting."""

WAIT = 0.5
BEAT = 5.0
"""Seconds between looks for news, and between signs of life."""

PATIENCE = 3600
"""Seconds of wall time that something may fail before health says so."""


class Follower:
    """Writes down what one destination is owed, at its own pace and from where it was."""

    def __init__(
        self, record: Record, queue: ForwardQueue, choice: Choice, register: Callable[[], Register]
    ) -> None:
        self.name = queue.name
        self._record = record
        self._queue = queue
        self._choice = choice
        self._register = register

    def step(self) -> bool:
        """Write down what is new; True when there may be more."""
        name = follower_name(self.name)
        position, head = self._record.position(name), self._record.head()
        entries = self._record.follow(position, ENTRIES, KINDS)
        # Rows first: after a stop in between they are written again, which changes nothing.
        for rows in _pieces(list(self._touched(entries)), ROWS):
            self._queue.touch(rows)
        more = len(entries) == ENTRIES
        last = entries[-1].seq if entries else 0
        reached = last if more else max(last, head)
        if reached > position:
            self._record.advance(name, reached)
        return more

    def _touched(self, entries: Sequence[Entry]) -> Iterator[Touched]:
        stations = self._register().stations
        seen: dict[tuple[str, int], int] = {}
        for entry in entries:
            for reading in entry.content["readings"]:
                seen[reading["station"], reading["observed_at"]] = entry.seq
        for (station, at), seq in seen.items():
            if self._choice.takes(stations.get(station), at):
                yield Touched(station, at, seq)


class Forwarding:
    """All followers in one thread, and the sign of life of the whole."""

    def __init__(
        self, engine: Engine, followers: Sequence[Follower], wall: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._followers = followers
        self._wall = wall
        self._beaten = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then nobody is to miss us."""
        while not stop.is_set():
            try:
                if not self.step():
                    stop.wait(WAIT)
            except OperationalError as error:
                log.error("the store did not answer", reason=str(error.orig))
                stop.wait(WAIT)
        forget(self._engine, PROCESS)

    def step(self) -> bool:
        """One turn of every follower; True when there may be more."""
        more = [follower.step() for follower in self._followers]
        if time.monotonic() - self._beaten >= BEAT:
            self._beaten = time.monotonic()
            self.tell()
        return any(more)

    def tell(self) -> None:
        """Say how much is owed, and what has failed for too long."""
        since = self._wall() - PATIENCE
        names = [follower.name for follower in self._followers]
        problems = [
            f"destination {name}: {said}"
            for name in names
            for said in failing(self._engine, name, since)
        ]
        owed = sum(backlog(self._engine, name) for name in names)
        beat(self._engine, PROCESS, problems, {"forward_backlog": owed})


def _pieces(rows: Sequence[Touched], size: int) -> Iterator[Sequence[Touched]]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]

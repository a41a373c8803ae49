"""Pushing what is owed to one destination, oldest first, with patience.

A destination that is away, or refuses us as a whole, is tried again ever more rarely; a file
that is refused holds its own station only. A file is settled after its receipt: a stop in
between sends the same bytes under the same name once more.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from rules.model import Series
from rules.register import Register, Station
from rules.tt10 import Tt10File, Unwritable, Written, tt10_file
from tolich.forwarding.destination import LASTING, WHOLE, Destination, Kind, Outgoing, Trouble
from tolich.forwarding.place import folder_of
from tolich.store.forwarding import Became, ForwardQueue, Owed, State, readings_at

log = structlog.get_logger()

TOGETHER = 100
"""Files in one connection; one, where the last attempt came to nothing."""

POLL = 1.0
"""Seconds between looks for what is owed."""

FIRST, LONGEST = 5, 900
"""Seconds before the second attempt, and at most between two, for what mends by waiting."""

FIRST_LASTING, LONGEST_LASTING = 300, 3600
"""The same for what somebody has to mend."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How files for a destination are made."""

    folder: str  # template, tolich.forwarding.place
    line_end: str
    resend: bool  # whether a file that changes after it was sent is sent again


@dataclass(frozen=True, slots=True)
class Registry:
    """What the store's rows mean."""

    register: Callable[[], Register]
    keys: Callable[[], Mapping[Series, int]]


def back_off(attempts: int, trouble: Trouble, rng: random.Random) -> int:
    """Seconds to wait after this many attempts that failed; never all destinations at once."""
    lasting = trouble.kind in LASTING
    first, longest = (FIRST_LASTING, LONGEST_LASTING) if lasting else (FIRST, LONGEST)
    wait = min(longest, first << min(attempts, 16))
    return max(1, round(wait * rng.uniform(0.5, 1.0)))


@dataclass(slots=True)
class _Made:
    """A look's work: what to push, whose it is, and what is settled without pushing."""

    files: list[Outgoing] = field(default_factory=list)
    owed: list[tuple[Owed, Tt10File, bytes]] = field(default_factory=list)
    settled: list[Became] = field(default_factory=list)
    held: set[str] = field(default_factory=set)  # stations whose later files must wait


class Sender:
    """Pushes one destination's files. `wall` gives wall time, in epoch seconds."""

    def __init__(
        self,
        engine: Engine,
        queue: ForwardQueue,
        destination: Destination,
        manner: Manner,
        registry: Registry,
        wall: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._destination = destination
        self._manner = manner
        self._registry = registry
        self._wall = wall
        self._rng = random.Random(queue.name)

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            try:
                more = self.step()
            except OperationalError as error:
                log.error("the store did not answer", reason=str(error.orig))
                more = False
            if not more:
                stop.wait(POLL)

    def step(self) -> bool:
        """Push what may be pushed now, once; True when there may be more."""
        now = self._wall()
        pause = self._queue.pause()
        if pause.due > now:
            return False
        owed = self._queue.owed(now, 1 if pause.attempts else TOGETHER)
        if not owed:
            return False
        made = self._make(owed, now)
        whole = self._push(made, now) if made.files else None
        if made.settled:
            self._queue.settle(made.settled, now)
        if whole is not None:
            self._rest(whole, pause.attempts, now)
        elif made.files and pause.failing_since is not None:
            self._queue.well()
        return whole is None

    def _make(self, owed: Sequence[Owed], now: int) -> _Made:
        made = _Made()
        stations = self._registry.register().stations
        found = readings_at(self._engine, self._registry.keys(), owed)
        for one, readings in zip(owed, found, strict=True):
            if one.station not in made.held:
                self._make_one(one, stations.get(one.station), readings, made, now)
        return made

    def _make_one(
        self, one: Owed, station: Station | None, readings: list[Written], made: _Made, now: int
    ) -> None:
        try:
            if station is None:
                raise Unwritable(f"station {one.station} is no longer in the register")
            file = tt10_file(station, one.at, readings, self._manner.line_end)
        except Unwritable as error:
            made.settled.append(self._failed(one, Trouble(Kind.UNWRITABLE, str(error)), now))
            made.held.add(one.station)
            return
        digest = hashlib.sha256(file.content).digest()
        done = self._needless(one, file, digest)
        if done is not None:
            made.settled.append(Became(one, done, left_out=file.left_out))
            return
        folder = folder_of(self._manner.folder, station, one.at)
        made.files.append(Outgoing(folder, file.name, file.content))
        made.owed.append((one, file, digest))

    def _needless(self, one: Owed, file: Tt10File, digest: bytes) -> State | None:
        """The state of an instant whose file need not be pushed; None when it must be."""
        if one.digest == digest:
            return State.SENT
        if not file.content:
            return State.EMPTY
        return State.HELD if one.digest is not None and not self._manner.resend else None

    def _push(self, made: _Made, now: int) -> Trouble | None:
        """Push, and settle what became of it; what concerns the destination as a whole is
        returned."""
        sent = self._destination.send(made.files)
        for (one, file, digest), receipt in zip(made.owed, sent.receipts, strict=False):
            became = Became(one, State.SENT, None, digest, receipt, file.left_out)
            made.settled.append(became)
        if sent.trouble is not None and sent.trouble.kind in WHOLE:
            return sent.trouble
        if sent.trouble is not None:
            one = made.owed[len(sent.receipts)][0]
            made.settled.append(self._failed(one, sent.trouble, now))
        return None

    def _failed(self, one: Owed, trouble: Trouble, now: int) -> Became:
        due = now + back_off(one.attempts, trouble, self._rng)
        state = State.FAILED if trouble.kind in LASTING else State.PENDING
        where = {"destination": self._queue.name, "station": one.station}
        log.warning("file not forwarded", **where, kind=trouble.kind, reason=trouble.detail)
        return Became(one, state, due, kind=trouble.kind, detail=trouble.detail)

    def _rest(self, trouble: Trouble, attempts: int, now: int) -> None:
        due = now + back_off(attempts, trouble, self._rng)
        self._queue.rest(due, now, trouble.kind, trouble.detail)
        # Told once, however often it is tried: the API and health say how it goes on.
        tell = log.debug if attempts else log.warning
        name = self._queue.name
        tell("destination rests", destination=name, kind=trouble.kind, reason=trouble.detail)

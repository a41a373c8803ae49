"""Once a local day the record is signed, and what was signed leaves this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from rules.days import local_date
from tolich.evidence.checkpoint import as_json
from tolich.leaving import Leaving, NotLeft
from tolich.ports import Clock, NotDurable, Record
from tolich.store.checkpoints import last_checkpoint, recorded, sign_record
from tolich.store.schema import checkpoint
from tolich.store.signed import checkpoints

log = structlog.get_logger()

LOOK = 5.0
"""Seconds between looks whether a day has passed."""

AGAIN = 60.0
"""Seconds (monotonic) until a destination that failed is tried again."""


@dataclass(slots=True)
class Destination:
    """A way out, and from when on it may be tried again."""

    leaving: Leaving
    after: float = 0.0


class Checkpointer:
    """Signs once a local day of plant time. Every destination gets every checkpoint, in order."""

    def __init__(
        self,
        engine: Engine,
        key: Ed25519PrivateKey,
        clock: Clock,
        record: Record,
        leaving: Mapping[str, Leaving],
    ) -> None:
        self.problems: dict[str, str] = {}  # of destinations that have not got everything
        self._engine = engine
        self._key = key
        self._clock = clock
        self._record = record
        self._ways = {name: Destination(way) for name, way in leaving.items()}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, in a thread of its own: nothing that comes in waits for this."""
        while not stop.is_set():
            try:
                self.step()
            except (NotDurable, OperationalError) as error:
                log.error("the record was not signed", reason=str(error))
            stop.wait(LOOK)

    def step(self) -> None:
        """Sign when a day has passed; send what has not left yet."""
        if self._owed():
            made = sign_record(self._engine, self._key, self._clock.now())
            log.info("the record was signed", checkpoints=made)
        for name, way in self._ways.items():
            if time.monotonic() >= way.after:
                self._send(name, way)

    def _owed(self) -> bool:
        with self._engine.connect() as connection:
            seq, _ = recorded(connection)
            last = last_checkpoint(connection)
        if last is None:
            return seq > 0
        return local_date(self._clock.now()) > local_date(last.at)

    def _send(self, name: str, way: Destination) -> None:
        """Everything that a destination has not taken yet, oldest first, until it refuses."""
        follower = f"checkpoints:{name}"
        with self._engine.connect() as connection:
            waiting = checkpoints(connection, self._record.position(follower))
        for one in waiting:
            try:
                way.leaving.leave(one.file, as_json(one))
            except NotLeft as error:
                way.after = time.monotonic() + AGAIN
                self.problems[name] = str(error)
                log.error("a checkpoint has not left", file=one.file, to=name, reason=str(error))
                return
            self._record.advance(follower, self._own_seq(one.number))
        self.problems.pop(name, None)

    def _own_seq(self, number: int) -> int:
        with self._engine.connect() as connection:
            query = checkpoint.select().where(checkpoint.c.id == number)
            return int(connection.execute(query).mappings().one()["seq"])

"""The writer: gathers what arrived while the last batch was written, stores it, acknowledges it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import structlog
from sqlalchemy.exc import OperationalError

from tolich.collecting import seldom_collecting
from tolich.pipeline import Pipeline
from tolich.ports import Arrival, NotDurable, Source
from tolich.store.health import WRITER, beat

log = structlog.get_logger()

BATCH = 10_000
"""Messages in one transaction at most."""

BUSY = 50
"""Messages that arrived while the last batch was written from which on we count as flooded."""

WAIT = 0.05
"""Seconds to wait for a message before looking at what time has made due."""

TICK = 0.25
"""Seconds between looks at what time has made due while messages flow."""

BEAT = 2.0
"""Seconds between signs of life."""

PAUSE = 1.0
"""Seconds to wait after a failed commit before taking anything again."""


class Writer:
    """One per store. Sources deliver from their own threads; this one stores and judges."""

    def __init__(
        self,
        pipeline: Pipeline,
        sources: Sequence[Source],
        connected: Callable[[], int | None],
        others: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.pipeline = pipeline
        self.problems: list[str] = []
        self._sources = sources
        self._connected = connected
        self._others = others  # counters of what else runs in this process
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._ticked = 0.0
        self._beaten = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; what was gathered by then is stored first."""
        for source in self._sources:
            source.start(self._arrivals.put)
        try:
            with seldom_collecting():
                while not stop.is_set():
                    self.step()
        finally:
            for source in self._sources:
                source.stop()
            self._beat()

    def step(self) -> int:
        """One turn: a batch if there is one, then what time has made due. Returns its size."""
        batch = self._gather()
        if batch:
            self._store(batch)
        self._pass_time(len(batch))
        return len(batch)

    def _gather(self) -> list[Arrival]:
        """Whatever has arrived; waits briefly when nothing has."""
        try:
            batch = [self._arrivals.get(timeout=WAIT)]
        except queue.Empty:
            return []
        while len(batch) < BATCH:
            try:
                batch.append(self._arrivals.get_nowait())
            except queue.Empty:
                break
        return batch

    def _store(self, batch: Sequence[Arrival]) -> None:
        try:
            receipts = self.pipeline.submit(
                [arrival.delivery for arrival in batch], len(batch) >= BUSY
            )
        except NotDurable as error:
            self._refuse(str(error))
            return
        self.problems.clear()
        for arrival, receipt in zip(batch, receipts, strict=True):
            arrival.done(receipt)

    def _refuse(self, reason: str) -> None:
        """Nothing of the batch was stored: everything unacknowledged must come again."""
        log.error("batch not stored", reason=reason)
        self.problems[:] = [reason]
        while not self._arrivals.empty():
            self._arrivals.get_nowait()
        self._beat()
        time.sleep(PAUSE)
        for source in self._sources:
            source.again()

    def _pass_time(self, waiting: int) -> None:
        """`waiting` messages had arrived while the last batch was written."""
        mono = time.monotonic()
        if not waiting or mono - self._ticked >= TICK:
            self._ticked = mono
            try:
                self.pipeline.tick(self._connected(), busy=waiting >= BUSY)
            except (NotDurable, OperationalError) as error:
                self.problems[:] = [str(error)]
                log.error("what fell due was not stored", reason=str(error))
        if mono - self._beaten >= BEAT:
            self._beat()

    def _beat(self) -> None:
        self._beaten = time.monotonic()
        # Anybody may ask whether we are well: the log, not the answer, names the plants.
        days = len(self.pipeline.settler.broken)
        broken = [f"{days} station-days could not be judged: the log names them"] if days else []
        if self.pipeline.counters.poison:
            broken.append(f"{self.pipeline.counters.poison} messages could not be understood by us")
        counters = asdict(self.pipeline.counters) | {
            "queue": self._arrivals.qsize(),
            "due": len(self.pipeline.waiting.due),
        }
        try:
            told = {**counters, **self._others()}
            beat(self.pipeline.engine, WRITER, [*self.problems, *broken], told)
        except OperationalError as error:  # whoever asks sees that no sign of life comes
            log.error("no sign of life was given", reason=str(error.orig))

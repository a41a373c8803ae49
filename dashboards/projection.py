"""The follower that copies the record into InfluxDB, at its own pace and from where it was.

The series in InfluxDB are a projection: they can be thrown away and written again, because
writing a point twice changes nothing. So the position moves only after a write is confirmed,
and a server that is down costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Protocol

import structlog

from dashboards.lines import KINDS, Malformed, lines_of
from tolich.ports import Entry, Record

FIRST_ENTRIES, ENTRIES = 8, 200
"""Entries read at a time: a few at first, since each may hold one reading or thousands."""

LINES = 5000
"""Lines written at a time: the size at which InfluxDB writes fastest."""

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
IDLE_WAIT = 0.5
BEAT = 5.0
"""Seconds between signs of life; the store misses whoever is quiet for 15."""

log = structlog.get_logger("tolich.dashboards")


class Unavailable(Exception):
    """The lines were not written, or it is not known that they were: write them again."""


class PartlyWritten(Exception):
    """The server took the lines but for `dropped` that it will never take (its retention)."""

    def __init__(self, dropped: int, why: str) -> None:
        super().__init__(f"{dropped} lines were refused for good: {why}")
        self.dropped = dropped


class LineSink(Protocol):
    """Where lines go."""

    def write(self, lines: Sequence[str]) -> None:
        """Return once the lines are stored. Raises Unavailable or PartlyWritten."""
        ...


@dataclass(slots=True)
class Tally:
    """What a projection has done since it began, for metrics."""

    written: int = 0  # lines
    dropped: int = 0  # lines the server will never take
    unreadable: int = 0  # entries that could not be put into lines
    failed: int = 0  # writes that were not confirmed
    lag: int = 0  # entries of the record, of any kind, still to go
    up: bool = True  # the last write was confirmed


def _nobody(tally: Tally) -> None:
    """Nobody is told."""


class Projection:
    """Follows the record and writes its readings, findings and alerts to a sink."""

    def __init__(
        self,
        record: Record,
        sink: LineSink,
        name: str = "influxdb",
        told: Callable[[Tally], None] = _nobody,
    ) -> None:
        """`told` hears every few seconds how it goes, while it runs."""
        self.name = name
        self.tally = Tally()
        self._told = told
        self._said = 0.0
        self._record = record
        self._sink = sink
        self._down = False
        self._asked = min(FIRST_ENTRIES, ENTRIES)

    def step(self) -> int:
        """Write the next entries and move on; the number of entries, 0 when all is written.

        Raises Unavailable when the sink did not confirm; the position is then where it was.
        """
        position = self._record.position(self.name)
        # Asked before the entries: whatever is committed in between is not skipped.
        head = self._record.head()
        self.tally.lag = max(0, head - position)
        entries = self._record.follow(position, self._asked, KINDS)
        lines = [line for entry in entries for line in self._lines(entry)]
        self._write(lines)
        reached = _reached(entries, head, self._asked)
        self._asked = _next_asked(self._asked, len(lines))
        if reached > position:
            self._record.advance(self.name, reached)
        self.tally.lag = max(0, head - reached)
        return len(entries)

    def run(self, stop: Event) -> None:
        """Step until told to stop; while the sink is away, ask again ever more slowly."""
        wait = FIRST_WAIT
        while not stop.is_set():
            try:
                if not self.step():
                    stop.wait(IDLE_WAIT)
                wait = FIRST_WAIT
                self._tell_back()
                self._tell()
            except Unavailable as reason:
                self._tell_down(reason)
                self._pause(stop, wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def _pause(self, stop: Event, wait: float) -> None:
        """Wait, and go on giving signs of life: being patient is not being gone."""
        while wait > 0 and not stop.is_set():
            self._tell(now=True)
            stop.wait(min(wait, BEAT))
            wait -= BEAT

    def _tell(self, now: bool = False) -> None:
        mono = monotonic()
        if now or mono - self._said >= BEAT:
            self._said = mono
            self._told(self.tally)

    def _lines(self, entry: Entry) -> list[str]:
        try:
            return lines_of(entry)
        except Malformed as reason:
            # Held back for it, everything after it would be missing too; the record keeps it.
            self.tally.unreadable += 1
            log.error("projection_entry_unreadable", follower=self.name, reason=str(reason))
            return []

    def _write(self, lines: Sequence[str]) -> None:
        for begin in range(0, len(lines), LINES):
            chunk = lines[begin : begin + LINES]
            try:
                self._sink.write(chunk)
                self.tally.written += len(chunk)
            except PartlyWritten as partly:
                self.tally.written += len(chunk) - partly.dropped
                self.tally.dropped += partly.dropped
                log.warning("projection_lines_dropped", follower=self.name, reason=str(partly))
            except Unavailable:
                self.tally.failed += 1
                raise

    def _tell_down(self, reason: Unavailable) -> None:
        if not self._down:
            log.warning("projection_waits", follower=self.name, reason=str(reason))
        self._down = True
        self.tally.up = False

    def _tell_back(self) -> None:
        if self._down:
            log.info("projection_goes_on", follower=self.name, lag=self.tally.lag)
        self._down = False
        self.tally.up = True


def _reached(entries: Sequence[Entry], head: int, asked: int) -> int:
    """How far the record is finished: a short answer means that no more was there up to head."""
    last = entries[-1].seq if entries else 0
    return last if len(entries) == asked else max(last, head)


def _next_asked(asked: int, lines: int) -> int:
    """So many entries that they make about one write: less is slow, more is held in memory."""
    if lines > LINES:
        return max(1, asked // 2)
    return min(ENTRIES, 2 * asked) if 2 * lines < LINES else asked

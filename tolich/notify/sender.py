"""The sender of the outbox: what is due goes out, in order per alert and address.

One thread reads and writes the store; a few others, some for each channel, wait for receivers,
so that a dead channel holds up none but itself. An address that does not answer rests, so that
it costs one attempt a minute and not one a message.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from random import Random

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from tolich.notify.channel import Channel, Language, Retry, Sent, Undeliverable
from tolich.notify.templates import Kind
from tolich.notify.texts import grouped
from tolich.store import notifications
from tolich.store.database import writing
from tolich.store.notifications import Outcome, Waiting

log = structlog.get_logger()

SLOTS = 2
"""Messages on their way over one channel at once."""

WAIT = 0.25
"""Seconds between looks at what is due."""

FIRST_PAUSE = 5.0
"""Seconds before the second attempt; each further one waits twice as long ..."""

LONGEST_PAUSE = 900.0
"""... up to this."""

LONGEST_REST = 60.0
"""Seconds that an address which did not answer is left alone, at most."""

TIDY = 10
"""Seconds between looks for what has expired and what is no longer a flood."""

PROGRAMS = frozenset({"webhook"})
"""Channels whose receivers are programs: they hear of everything singly."""

Address = tuple[str, str]
"""Channel and address."""


@dataclass(slots=True)
class Counters:
    """What the sender has done since it started."""

    notifications_sent: int = 0
    notifications_retried: int = 0  # attempts that did not come through
    notifications_failed: int = 0  # given up
    notifications_merged: int = 0  # listed in one message instead of sent singly


@dataclass(slots=True)
class _Rest:
    """How an address that does not answer is left alone."""

    failures: int = 0
    until: float = 0  # wall time


@dataclass(slots=True)
class Sender:
    """One per store, in the writer's process."""

    engine: Engine
    channels: Mapping[str, Channel]
    wall: Callable[[], int]
    chance: Random
    expire_after: int
    public_url: str
    counters: Counters = field(default_factory=Counters)
    _done: queue.SimpleQueue[Outcome] = field(default_factory=queue.SimpleQueue)
    _unwritten: list[Outcome] = field(default_factory=list)
    _busy: dict[int, Address] = field(default_factory=dict)
    _resting: dict[Address, _Rest] = field(default_factory=dict)
    _pools: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    _news: threading.Event = field(default_factory=threading.Event)
    _tidied: int | None = None
    _looked: tuple[int, int] = (0, 0)  # wall time and greatest id of the last look for floods

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; what is on its way then is waited for, and put on record."""
        try:
            while not stop.is_set():
                if not self.step():
                    self._news.wait(WAIT)
                    self._news.clear()
        finally:
            self.close()

    def step(self) -> int:
        """Record what came back and send what is due; returns how many were handed out."""
        try:
            self._record()
            self._gather()
            self._tidy()
            return sum(self._hand_out(channel) for channel in self.channels)
        except OperationalError as error:
            log.error("the outbox was not written", reason=str(error.orig))
            return 0

    def close(self) -> None:
        """Wait for what is on its way and put it on record."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._pools.clear()
        try:
            self._record()
        except OperationalError as error:  # sent again at the next start, under the same key
            log.error("the outbox was not written", reason=str(error.orig))

    def counted(self) -> dict[str, int]:
        """The counters, and how many messages are pending."""
        with self.engine.connect() as connection:
            waiting = notifications.pending(connection)
        return {**asdict(self.counters), "notifications_pending": waiting}

    # --- the store's side, in one thread ---------------------------------------------------------

    def _record(self) -> None:
        """What came back is written before anything else is sent; unwritten, it is not lost."""
        while not self._done.empty():
            self._unwritten.append(self._done.get())
        if not self._unwritten:
            return
        with writing(self.engine).begin() as connection:
            notifications.finish(connection, self._unwritten)
        for one in self._unwritten:
            self._count(one)
            self._busy.pop(one.id, None)
        self._unwritten.clear()

    def _count(self, one: Outcome) -> None:
        place = self._busy.get(one.id, ("", ""))
        if one.sent_at is not None:
            self.counters.notifications_sent += 1
            self._resting.pop(place, None)
        elif one.next_at is not None:
            self.counters.notifications_retried += 1
            self._rest(place)
            log.warning("notification not delivered", id=one.id, channel=place[0], why=one.error)
        else:
            self.counters.notifications_failed += 1
            log.error("notification given up", id=one.id, channel=place[0], why=one.error)

    def _rest(self, place: Address) -> None:
        """Leave an address alone for a while, longer each time it did not answer."""
        failures = self._resting[place].failures + 1 if place in self._resting else 1
        pause = min(LONGEST_REST, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
        self._resting[place] = _Rest(failures, self.wall() + pause)

    def _gather(self) -> None:
        """Put one message in the place of a flood; before any of it is sent, if it came at once."""
        people = [name for name in self.channels if name not in PROGRAMS]
        with self.engine.connect() as connection:
            looked = (self.wall(), notifications.newest(connection))
            if looked == self._looked:
                return
            floods = notifications.floods(connection, people, looked[0])
        if floods:
            self._merge(floods, looked[0])
        self._looked = looked

    def _tidy(self) -> None:
        """Give up what has expired, and what no channel is set up for."""
        now = self.wall()
        if self._tidied is not None and 0 <= now - self._tidied < TIDY:
            return
        busy = list(self._busy)
        with self.engine.connect() as connection:
            over = notifications.given_up(
                connection, list(self.channels), now - self.expire_after, busy
            )
        if over:
            with writing(self.engine).begin() as connection:
                notifications.finish(connection, over)
        for one in over:
            self._count(one)
        self._tidied = now

    def _merge(self, floods: list[list[Waiting]], now: int) -> None:
        with writing(self.engine).begin() as connection:
            for some in floods:
                language: Language = some[0].message.language
                body = grouped([one.message.body.title for one in some], language, self.public_url)
                notifications.merge(connection, some, body, Kind.GROUPED, now)
        self.counters.notifications_merged += sum(len(some) for some in floods)

    def _hand_out(self, channel: str) -> int:
        now = self.wall()
        taken = {address for of, address in self._busy.values() if of == channel}
        free = SLOTS - len(taken)
        if free <= 0:
            return 0
        resting = {
            a for (of, a), rest in self._resting.items() if of == channel and rest.until > now
        }
        with self.engine.connect() as connection:
            found = notifications.due(connection, channel, now, taken | resting, 50)
        first: dict[str, Waiting] = {}
        for one in found:  # one at a time to an address
            first.setdefault(one.message.address, one)
        chosen = list(first.values())[:free]
        if not chosen:
            return 0
        with writing(self.engine).begin() as connection:
            notifications.attempt(connection, [one.id for one in chosen])
        for one in chosen:
            self._busy[one.id] = (channel, one.message.address)
            self._pool(channel).submit(self._try, channel, one).add_done_callback(_tell)
        return len(chosen)

    def _pool(self, channel: str) -> ThreadPoolExecutor:
        if channel not in self._pools:
            self._pools[channel] = ThreadPoolExecutor(SLOTS, thread_name_prefix=f"notify-{channel}")
        return self._pools[channel]

    # --- the receivers' side, in the channel's threads -------------------------------------------

    def _try(self, channel: str, one: Waiting) -> None:
        later = self._later(one, None)
        outcome = Outcome(one.id, error="internal error: see the log", next_at=later)
        try:
            outcome = self._sent(channel, one)
        finally:  # even by a mistake of ours no message is lost
            self._done.put(outcome)
            self._news.set()

    def _sent(self, channel: str, one: Waiting) -> Outcome:
        try:
            sent: Sent = self.channels[channel].send(one.message)
        except Retry as retry:
            return Outcome(one.id, error=retry.why, next_at=self._later(one, retry.after))
        except Undeliverable as refused:
            return Outcome(one.id, error=refused.why)
        return Outcome(one.id, sent_at=self.wall(), receipt=sent.receipt)

    def _later(self, one: Waiting, asked: int | None) -> int:
        """The next attempt: twice as late each time, spread by chance, never before asked."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(one.attempts, 16))
        spread = pause * (0.5 + self.chance.random() / 2)
        return int(self.wall() + max(spread, asked or 0)) + 1


def _tell(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        log.error("a channel failed by a mistake of ours", exc_info=error)

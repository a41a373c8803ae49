"""What changes while people look: rendered once for everybody who sees the same, and pushed.

A watcher is told `fill` (an element by its id, and what it is now) or `news` (stations that
something came from; the page asks for its parts again). Nothing here is a record: a watcher
that was away, or reads too slowly, loads its page anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import anyio.to_thread
from anyio import CapacityLimiter
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.jsonbody import compact
from tolich.ports import Scope

log = logging.getLogger(__name__)

POLL = 0.1
"""Seconds between two looks at what came in: what a person sees lags by about as much."""

_REST = 3.0
"""How many times as long as a look took no other follows."""

HEARTBEAT = 15.0
BEHIND = 200
"""Events that a slow watcher may be behind before it has to load its page anew."""


class Fill(NamedTuple):
    """An element of a page, by its id, as it is now."""

    id: str
    html: str


class Sight(Protocol):
    """What one kind of page shows of the plants of one scope, kept up to date."""

    def changed(self) -> tuple[Sequence[Fill], Collection[str]]:
        """What is new since the last call: elements to fill, and stations with news.

        Reads the store: called in a thread.
        """
        ...

    def since(self, message: int) -> Sequence[Fill]:
        """What is new since a message that a page was made with. Reads the store."""
        ...


class Kind(NamedTuple):
    """Watchers that are told the same."""

    page: str
    scope: Scope
    lang: str


@dataclass(slots=True, eq=False)
class _Watcher:
    still: Callable[[], bool]
    queue: asyncio.Queue[ServerSentEvent | None] = field(
        default_factory=lambda: asyncio.Queue(BEHIND)
    )

    def tell(self, events: Sequence[ServerSentEvent]) -> bool:
        for event in events:
            if self.queue.full():
                return False
            self.queue.put_nowait(event)
        return True

    def end(self) -> None:
        if self.queue.full():
            self.queue.get_nowait()  # a live view may drop: it is about to load its page anew
        self.queue.put_nowait(None)


@dataclass(slots=True)
class _Channel:
    sight: Sight
    watchers: set[_Watcher] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Watch:
    """Everybody who looks at a page that changes."""

    def __init__(self, poll: float = POLL) -> None:
        self._poll = poll
        self._channels: dict[Kind, _Channel] = {}
        self._limiter = CapacityLimiter(1)  # looks must not crowd out requests
        self._closed = False

    async def follow(
        self, kind: Kind, make: Callable[[], Sight], since: int, still: Callable[[], bool]
    ) -> AsyncIterator[ServerSentEvent]:
        """Events for as long as somebody looks, and may.

        `since` is the newest message that the page was made with: what came between is told first.
        `make` reads the store for the first who looks at what `kind` says.
        """
        yield ServerSentEvent("{}", event="begun")
        watcher = _Watcher(still)
        known = self._channels.get(kind)
        sight = known.sight if known else await run_in_threadpool(make)
        self._join(kind, watcher, sight)
        try:
            for one in await run_in_threadpool(sight.since, since):
                yield _fill(one)
            while (event := await watcher.queue.get()) is not None:
                yield event
            yield ServerSentEvent("{}", event="reload")
        finally:
            self._leave(kind, watcher)

    def _join(self, kind: Kind, watcher: _Watcher, sight: Sight) -> None:
        if self._closed:
            watcher.end()
            return
        channel = self._channels.setdefault(kind, _Channel(sight))
        channel.watchers.add(watcher)
        if channel.task is None:
            channel.task = asyncio.create_task(self._run(kind, channel), name="console-watch")
            channel.task.add_done_callback(lambda task: self._stopped(kind, task))

    def _leave(self, kind: Kind, watcher: _Watcher) -> None:
        channel = self._channels.get(kind)
        if channel is None:
            return
        channel.watchers.discard(watcher)
        if not channel.watchers:
            del self._channels[kind]
            if channel.task is not None:
                channel.task.cancel()

    async def _run(self, kind: Kind, channel: _Channel) -> None:
        now = asyncio.get_running_loop().time
        looked = now()
        while True:
            began = now()
            fills, stations = await anyio.to_thread.run_sync(
                channel.sight.changed, limiter=self._limiter
            )
            self._tell(channel, [*map(_fill, fills), *_news(stations)])
            if now() - looked >= HEARTBEAT:
                await self._look_who_watches(channel)
                looked = now()
            # In a flood looking gets long: then rest longer, the writer needs the machine.
            await asyncio.sleep(max(self._poll, _REST * (now() - began)))

    def _tell(self, channel: _Channel, events: Sequence[ServerSentEvent]) -> None:
        for watcher in [one for one in channel.watchers if not one.tell(events)]:
            channel.watchers.discard(watcher)
            watcher.end()

    async def _look_who_watches(self, channel: _Channel) -> None:
        for watcher in list(channel.watchers):
            if not await anyio.to_thread.run_sync(watcher.still, limiter=self._limiter):
                channel.watchers.discard(watcher)
                watcher.end()

    def _stopped(self, kind: Kind, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            return
        log.error("console: live view of %s failed", kind.page, exc_info=task.exception())
        channel = self._channels.pop(kind, None)
        for watcher in channel.watchers if channel else ():
            watcher.end()

    def close(self) -> None:
        """End every view; call from the event loop."""
        self._closed = True
        for channel in self._channels.values():
            for watcher in channel.watchers:
                watcher.end()

    def open(self) -> None:
        """Take watchers, also again after a stop."""
        self._closed = False


class _Shared(ServerSentEvent):
    """An event for many watchers: put into bytes once, not once for each of them."""

    _bytes: bytes | None = None

    def encode(self) -> bytes:
        if self._bytes is None:
            self._bytes = super().encode()
        return self._bytes


def _fill(one: Fill) -> ServerSentEvent:
    return _Shared(compact({"id": one.id, "html": one.html}).decode(), event="fill")


def _news(stations: Collection[str]) -> list[ServerSentEvent]:
    if not stations:
        return []
    said = compact({"stations": sorted(stations)}).decode()
    return [_Shared(said, event="news")]

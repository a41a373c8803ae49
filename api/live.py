"""The live stream: transitions as they are recorded, to any number of live views.

One poller asks the store for what is new, once for all views of the same scope. A view that
comes back is served from the store until it has caught up, then from the poller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio.to_thread
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.jsonbody import compact
from tolich.ports import Reads, Scope, Shape

log = logging.getLogger(__name__)

RETRY = 2000  # milliseconds a browser waits before it comes back
SLOW = "this view read too slowly and its queue was full"
FAILED = "the store could not be read"
CHANGED = "the account ended, or sees other plants now"
CLOSING = "the monitor is shutting down"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, and how much at once. Times in seconds."""

    poll: float = 0.05  # between two looks that found nothing
    heartbeat: float = 15.0
    stalled: float = 60.0  # a send that takes longer ends the stream
    queue: int = 1000  # transitions a slow view may be behind
    page: int = 500


def always() -> bool:
    """Whoever began to watch still may."""
    return True


class Told(NamedTuple):
    """A transition as it is sent; written once for all views."""

    seq: int
    text: str

    @property
    def event(self) -> ServerSentEvent:
        """The event as it goes over the wire."""
        return ServerSentEvent(self.text, event="transition", id=str(self.seq))


def told(transition: Shape) -> Told:
    """A transition's shape, ready to be sent."""
    return Told(transition["seq"], compact(transition).decode())


class LiveView:
    """One live view: what it has still to be sent, and why it ended."""

    def __init__(self, position: int, size: int, still: Callable[[], bool] = always) -> None:
        self.position = position  # everything after this seq comes through the queue
        self.still = still  # whether whoever watches still may; reads the store
        self.ended: str | None = None
        self._queue: asyncio.Queue[Told | None] = asyncio.Queue(size)

    def tell(self, news: list[Told]) -> bool:
        """Queue what is new; False when this view has ended."""
        for one in news:
            if self._queue.full():
                # Live views may drop; the record may not. This view is told so, and resumes
                # from the store with its Last-Event-ID: nothing is lost to it.
                self.end(SLOW)
                return False
            self._queue.put_nowait(one)
        return True

    def end(self, reason: str) -> None:
        """Let the stream end, after what is queued, or at once when the monitor shuts down."""
        self.ended = reason
        if not self._queue.full():
            self._queue.put_nowait(None)  # wakes a stream that waits

    async def news(self) -> AsyncIterator[Told]:
        """What is new, until this view ends."""
        while self.ended is None or not (self._queue.empty() or self.ended == CLOSING):
            one = await self._queue.get()
            if one is None:
                return
            yield one


@dataclass(slots=True)
class _Channel:
    """The live views of one scope, and the seq up to which they have been told."""

    position: int
    views: set[LiveView] = field(default_factory=set)


class Hub:
    """Shares one poller among all live views."""

    def __init__(self, reads: Reads, pace: Pace) -> None:
        self.pace = pace
        self._reads = reads
        self._channels: dict[Scope, _Channel] = {}
        self._poller: asyncio.Task[None] | None = None
        self._closed = False
        # A thread of its own: waiting requests must not delay an alert.
        self._limiter = anyio.CapacityLimiter(1)

    async def follow(
        self, scope: Scope, after: int | None, still: Callable[[], bool] = always
    ) -> AsyncIterator[ServerSentEvent]:
        """Events after a seq, or from now on; a seq that was never reached counts as now.

        `still` is asked at every heartbeat; the stream ends once it says no.
        """
        head = int((await run_in_threadpool(self._reads.health))["seq"])
        begin = head if after is None else min(after, head)
        return self._events(scope, begin, head, still)

    async def _events(
        self, scope: Scope, begin: int, head: int, still: Callable[[], bool]
    ) -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(comment=f"after {begin}", retry=RETRY)
        last = begin
        async for one in self._recorded(scope, last):
            last = one.seq
            yield one.event
        view = self._join(scope, max(last, head), still)
        try:
            # What was recorded while the last page was on its way.
            async for one in self._recorded(scope, last, view.position):
                last = one.seq
                yield one.event
            async for one in view.news():
                if one.seq > last:
                    last = one.seq
                    yield one.event
            if view.ended in (SLOW, FAILED, CHANGED):
                yield _farewell(view.ended, last)
        finally:
            self._leave(scope, view)

    async def _recorded(
        self, scope: Scope, after: int, until: int | None = None
    ) -> AsyncIterator[Told]:
        """Transitions after a seq as the store has them, up to a seq or to the end."""
        more = until is None or after < until
        while more and not self._closed:
            page = await run_in_threadpool(self._reads.transitions, scope, after, self.pace.page)
            for shape in page.items:
                after = shape["seq"]
                yield told(shape)
            more = page.next is not None and (until is None or after < until)

    def _join(self, scope: Scope, position: int, still: Callable[[], bool]) -> LiveView:
        channel = self._channels.setdefault(scope, _Channel(position))
        view = LiveView(channel.position, self.pace.queue, still)
        if self._closed:
            view.end(CLOSING)
            return view
        channel.views.add(view)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), name="live-poller")
            self._poller.add_done_callback(self._stopped)
        return view

    def _leave(self, scope: Scope, view: LiveView) -> None:
        channel = self._channels.get(scope)
        if channel is None:
            return
        channel.views.discard(view)
        if not channel.views:
            del self._channels[scope]

    async def _poll(self) -> None:
        """Look for news while anybody watches, and for accounts that ended."""
        looked = asyncio.get_running_loop().time()
        while self._channels:
            if asyncio.get_running_loop().time() - looked >= self.pace.heartbeat:
                await self._look_who_watches()
                looked = asyncio.get_running_loop().time()
            came = [await self._advance(*one) for one in list(self._channels.items())]
            if not any(came):
                await asyncio.sleep(self.pace.poll)

    async def _look_who_watches(self) -> None:
        """End the views of those who may no longer watch."""
        for channel in list(self._channels.values()):
            for view in list(channel.views):
                if not await anyio.to_thread.run_sync(view.still, limiter=self._limiter):
                    channel.views.discard(view)
                    view.end(CHANGED)

    async def _advance(self, scope: Scope, channel: _Channel) -> bool:
        page = await anyio.to_thread.run_sync(
            self._reads.transitions, scope, channel.position, self.pace.page, limiter=self._limiter
        )
        news = [told(shape) for shape in page.items]
        if news:
            channel.position = news[-1].seq
            channel.views = {view for view in channel.views if view.tell(news)}
        return bool(news)

    def _stopped(self, poller: asyncio.Task[None]) -> None:
        if poller.cancelled() or poller.exception() is None:
            return
        log.error("live stream: %s", FAILED, exc_info=poller.exception())
        self._end_all(FAILED)

    def _end_all(self, reason: str) -> None:
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            for view in channel.views:
                view.end(reason)

    def open(self) -> None:
        """Take live views, also again after a stop."""
        self._closed = False

    def close(self) -> None:
        """End every stream; call from the event loop, before the server waits for them."""
        self._closed = True
        self._end_all(CLOSING)

    async def stop(self) -> None:
        """Close, and wait for the poller."""
        self.close()
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait([self._poller])


def _farewell(reason: str, last: int) -> ServerSentEvent:
    said = {
        "reason": reason,
        "after": last,
        "remedy": {
            "vi": "Kết nối lại với Last-Event-ID này; không mất bản ghi nào.",
            "en": "Connect again with this Last-Event-ID; nothing on record is lost.",
        },
    }
    return ServerSentEvent(compact(said).decode(), event="dropped", id=str(last))

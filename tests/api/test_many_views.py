"""Five hundred live views at once, one of which has stopped reading."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from api.live import CHANGED, SLOW, Pace
from rules.roles import Right
from tests.api import test_live
from tests.api.fakes import FakeReads
from tests.callers import caller
from tolich.ports import Caller

VIEWS = 500
FIRST, LAST = 10, 58
TOGETHER = 8
PATIENCE = 60.0

# A queue shorter than what comes: a view that reads nothing must be dropped, and only that.
PACE = Pace(poll=0.005, heartbeat=30.0, stalled=30.0, queue=10)


@dataclass
class Seen:
    """What one view was sent."""

    ids: list[int] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    waited: dict[int, asyncio.Event] = field(default_factory=dict)

    async def reached(self, seq: int) -> None:
        """Wait until an id has come."""
        if not self.ids or self.ids[-1] < seq:
            await self.waited.setdefault(seq, asyncio.Event()).wait()


async def connected(
    url: str, after: int | None = None, room: int | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A view over a socket of its own; `room` bounds what the socket takes unread."""
    parts = urlsplit(url)
    one = socket.socket()
    one.setblocking(False)
    if room is not None:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    await asyncio.get_running_loop().sock_connect(one, (parts.hostname, parts.port))
    reader, writer = await asyncio.open_connection(sock=one, limit=room or 65536)
    resume = "" if after is None else f"Last-Event-ID: {after}\r\n"
    head = f"GET {parts.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer all\r\n"
    writer.write(f"{head}{resume}\r\n".encode())
    return reader, writer


async def watch(url: str, seen: Seen, until: int, after: int | None = None) -> None:
    """Follow until an id has come."""
    reader, writer = await connected(url, after)
    try:
        while not seen.ids or seen.ids[-1] < until:
            raw = await reader.readline()
            assert raw, f"the view ended after {seen.ids[-1:]}"
            line = raw.decode().strip()
            if line.startswith(": after"):
                seen.begun.set()
            if line.startswith("id:"):
                seen.ids.append(int(line.removeprefix("id:")))
                if seen.ids[-1] in seen.waited:
                    seen.waited[seen.ids[-1]].set()
    finally:
        writer.close()


async def stopped_reading(
    url: str, begun: asyncio.Event
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A view that reads that it has begun, and nothing more."""
    reader, writer = await connected(url, room=4096)
    while not (await reader.readline()).startswith(b": after"):
        pass
    begun.set()
    return reader, writer


def test_one_that_stops_reading_holds_up_nobody() -> None:
    reads = FakeReads()
    reads.record(FIRST)
    expected = list(range(FIRST + 1, LAST + 1))

    async def all_at_once(url: str) -> tuple[list[Seen], list[int], str]:
        views = [Seen() for _ in range(VIEWS - 1)]
        stuck = asyncio.Event()
        tasks = [asyncio.create_task(watch(url, seen, LAST)) for seen in views]
        lazy, line = await stopped_reading(url, stuck)
        await asyncio.gather(*(seen.begun.wait() for seen in views), stuck.wait())
        # More than every buffer on the way and the queue: a view that does not read is behind,
        # while those that do are waited for, so that only that one can be.
        for first in range(0, len(expected), TOGETHER):
            for seq in expected[first : first + TOGETHER]:
                reads.record(seq)
                reads.recorded[-1]["note"] = "x" * 4000
            await asyncio.gather(*(seen.reached(reads.recorded[-1]["seq"]) for seen in views))
        await asyncio.gather(*tasks)
        # Only now it reads on: what it had been sent, then that it was dropped.
        rest, ids, word = await lazy.read(), [], ""
        line.close()
        for one in rest.decode().splitlines():
            ids += [int(one.removeprefix("id:"))] if one.startswith("id:") else []
            word = one if "reason" in one else word
        again = Seen()
        await watch(url, again, LAST, ids[-1])
        return views, sorted({*ids, *again.ids}), word

    with test_live.serving(reads, PACE, 8192) as (url, _):
        views, together, word = asyncio.run(asyncio.wait_for(all_at_once(url), PATIENCE))
    assert all(seen.ids == expected for seen in views)
    assert SLOW in word
    assert together == expected


@contextmanager
def _as(who: list[Caller]) -> Iterator[None]:
    before = test_live.CALLERS["all"]
    test_live.CALLERS["all"] = lambda: who[-1]
    try:
        yield
    finally:
        test_live.CALLERS["all"] = before


@pytest.mark.parametrize("change", [{"name": "another"}, {"rights": frozenset({Right.READ})}])
def test_a_view_ends_with_the_account_that_began_it(change: dict[str, object]) -> None:
    reads, who = FakeReads(), [caller()]
    pace = Pace(poll=0.005, heartbeat=0.02)
    with (
        _as(who),
        test_live.serving(reads, pace) as (url, _),
        test_live.following(url) as lines,
    ):
        next(lines)
        who.append(caller(**change))  # type: ignore[arg-type]
        event = next(test_live.events(lines))
    assert event["event"] == "dropped"
    assert CHANGED in event["data"]

"""The live stream over a real socket: resuming, scope, heartbeats, slow views, the end."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sse_starlette import ServerSentEvent

from api.app import create_app
from api.live import FAILED, SLOW, Hub, Pace
from api.serving import Server
from api.view import Parts
from tests.api.fakes import (
    FakeAmending,
    FakeClock,
    FakeIntake,
    FakeReads,
    FakeReports,
    FakeWorking,
    transition,
)
from tests.callers import KnownCallers, caller
from tolich.ports import EVERYTHING, Caller, Scope
from tolich.store.database import open_engine

QUICK = Pace(poll=0.005, heartbeat=0.05)
PATIENCE = httpx.Timeout(10)
ONLY_MAU_02 = Scope(clusters=frozenset({"mau-02"}))


CALLERS: dict[str, Callable[[], Caller]] = {"all": caller, "mau-02": lambda: caller(ONLY_MAU_02)}


@contextmanager
def serving(
    reads: FakeReads, pace: Pace = QUICK, room: int | None = None
) -> Iterator[tuple[str, Server]]:
    """The API on a port; `room` bounds what the system keeps for a client that does not read."""
    clock = FakeClock()
    accounts = KnownCallers(open_engine("sqlite://"), clock, CALLERS)
    parts = Parts(
        reads,
        FakeIntake(),
        FakeAmending(),
        accounts,
        clock,
        lambda: b"",
        FakeWorking(),
        FakeReports(),
    )
    app = create_app(parts, pace)
    server = Server(app, "127.0.0.1", 0, log_level="warning")
    sock = server.config.bind_socket()
    if room is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
    sock.listen()  # from here on a client waits; it is not refused
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/api/v1/stream", server
    finally:
        server.should_exit = True
        thread.join(10)
        sock.close()
    assert not thread.is_alive()


@pytest.fixture
def reads() -> FakeReads:
    found = FakeReads()
    found.record(2, 3, 5)
    return found


@pytest.fixture
def url(reads: FakeReads) -> Iterator[str]:
    with serving(reads) as (url, _):
        yield url


@contextmanager
def following(url: str, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of a stream, once it has begun."""
    named = {"authorization": "Bearer all"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.stream("GET", url, headers=named, timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """The events of a stream, without comments."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name and value:
            event[name] = value
        elif not line:
            if "event" in event:
                yield event
            event = {}


def seqs(lines: Iterator[str], count: int) -> list[int]:
    """The next `count` ids."""
    told = events(lines)
    return [int(next(told)["id"]) for _ in range(count)]


def test_a_stream_begins_at_the_head(url: str, reads: FakeReads) -> None:
    with following(url) as lines:
        reads.record(7, 8)
        told = events(lines)
        first, second = next(told), next(told)
    assert (first["event"], first["id"], second["id"]) == ("transition", "7", "8")
    assert json.loads(first["data"]) == transition(7)


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("?after=0", {}, [2, 3, 5]),
        ("?after=2", {}, [3, 5]),
        ("", {"last_event_id": "2"}, [3, 5]),
        ("?after=0", {"last_event_id": "3"}, [5]),
        ("?after=5", {}, []),
        ("?after=99", {}, []),  # of another record: goes on from now
    ],
)
def test_a_stream_resumes_without_gap_or_repetition(
    query: str, header: dict[str, str], expected: list[int], url: str, reads: FakeReads
) -> None:
    with following(url + query, **header) as lines:
        reads.record(7)
        assert seqs(lines, len(expected) + 1) == [*expected, 7]


def test_a_long_backlog_and_news_join(reads: FakeReads) -> None:
    reads.record(*range(6, 1206))
    pace = Pace(poll=0.001, page=7)
    with serving(reads, pace) as (url, _), following(url + "?after=5") as lines:
        first = seqs(lines, 1)
        for seq in range(1206, 1406):
            reads.record(seq)
        assert first + seqs(lines, 1399) == list(range(6, 1406))


def test_views_share_one_poller_and_see_their_own_plants(url: str, reads: FakeReads) -> None:
    with (
        following(url) as one,
        following(url) as two,
        following(url, authorization="Bearer mau-02") as three,
    ):
        reads.record(7)
        reads.record(8, station="m03")
        assert seqs(one, 2) == seqs(two, 2) == [7, 8]
        assert seqs(three, 1) == [8]
    assert set(reads.asked) == {EVERYTHING, ONLY_MAU_02}


def test_a_quiet_stream_has_a_heartbeat(url: str) -> None:
    with following(url) as lines:
        assert next(line for line in lines if "heartbeat" in line) == ": heartbeat"


def test_streams_end_when_the_server_stops(reads: FakeReads) -> None:
    with serving(reads) as (url, server), following(url) as lines:
        server.should_exit = True
        assert list(events(lines)) == []


def test_polling_stops_with_the_last_view(reads: FakeReads) -> None:
    async def watch() -> None:
        hub = Hub(reads, QUICK)
        stream = await hub.follow(EVERYTHING, None)
        assert (await anext(stream)).comment == "after 5"
        waiting = asyncio.ensure_future(next_id(stream))
        reads.record(7)
        assert await waiting == 7
        waiting = asyncio.ensure_future(next_id(stream))
        while not (pollers := polling()):
            await asyncio.sleep(0)
        reads.record(8)
        assert await waiting == 8
        await closing(stream)
        await asyncio.wait(pollers)
        assert polling() == []

    run(watch)


def test_a_slow_view_is_told_and_resumes_from_the_record(reads: FakeReads) -> None:
    async def watch() -> None:
        hub = Hub(reads, Pace(poll=0.001, queue=3))
        stream = await hub.follow(EVERYTHING, None)
        await anext(stream)
        waiting = asyncio.ensure_future(next_id(stream))
        reads.record(7)
        assert await waiting == 7
        reads.record(*range(8, 20))
        rest = [event async for event in stream]
        assert [event.id for event in rest] == ["8", "9", "10", "10"]
        assert rest[-1].event == "dropped"
        said = json.loads(str(rest[-1].data))
        assert (said["reason"], said["after"]) == (SLOW, 10)
        again = await hub.follow(EVERYTHING, said["after"])
        await anext(again)
        assert [await next_id(again) for _ in range(9)] == list(range(11, 20))
        await closing(again)
        await hub.stop()

    run(watch)


def test_views_are_told_when_the_store_breaks_and_the_next_one_polls_again(
    reads: FakeReads, caplog: pytest.LogCaptureFixture
) -> None:
    async def watch() -> None:
        hub = Hub(reads, QUICK)
        stream = await hub.follow(EVERYTHING, None)
        await anext(stream)
        waiting = asyncio.ensure_future(next_id(stream))
        reads.record(7)
        assert await waiting == 7
        reads.broken = OSError("disk I/O error")
        last = await anext(stream)
        assert last.event == "dropped"
        assert json.loads(str(last.data))["reason"] == FAILED
        reads.broken = None
        again = await hub.follow(EVERYTHING, 7)
        await anext(again)
        waiting = asyncio.ensure_future(next_id(again))
        reads.record(9)
        assert await waiting == 9
        await closing(again)
        await hub.stop()

    run(watch)
    assert "disk I/O error" in caplog.text


def run(watch: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(watch(), 10))


def polling() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "live-poller"]


async def next_id(stream: AsyncIterator[ServerSentEvent]) -> int:
    return int((await anext(stream)).id or 0)


async def closing(stream: AsyncIterator[ServerSentEvent]) -> None:
    await stream.aclose()  # type: ignore[attr-defined]

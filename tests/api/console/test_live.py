"""What is pushed: once for all who see the same, never to who may not, and never without end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from api.console import live
from api.console.live import Fill, Kind, Watch
from tolich.ports import Scope

OURS, THEIRS = Scope(frozenset({"a"})), Scope(frozenset({"b"}))


@dataclass
class Told:
    """A sight that shows what it is given."""

    news: list[tuple[Sequence[Fill], Collection[str]]] = field(default_factory=list)
    looked: int = 0

    def changed(self) -> tuple[Sequence[Fill], Collection[str]]:
        self.looked += 1
        return self.news.pop(0) if self.news else ((), ())

    def since(self, message: int) -> Sequence[Fill]:
        return [Fill("before", f"<p>{message}</p>")]


async def events(watch: Watch, kind: Kind, sight: Told, n: int, **more: Any) -> list[Any]:
    """The first events that somebody is told after `begun`."""
    found: list[Any] = []
    may = more.get("may", lambda: True)
    async for event in watch.follow(kind, lambda: sight, 7, may):
        found.append(event)
        if len(found) > n:
            break
    return found[1:]


def run(asked: Any) -> Any:
    """A coroutine that must not take long."""

    async def bounded() -> Any:
        with anyio.fail_after(20):
            return await asked()

    return asyncio.run(bounded())


def test_what_came_in_between_is_told_first() -> None:
    sight = Told([([Fill("card-m01", "<li>61,5</li>")], {"m01"})])

    async def asked() -> list[Any]:
        return await events(Watch(0.001), Kind("overview", OURS, "vi"), sight, 3)

    first, fill, news = run(asked)
    assert (first.event, first.data) == ("fill", '{"id":"before","html":"<p>7</p>"}')
    assert (fill.event, fill.data) == ("fill", '{"id":"card-m01","html":"<li>61,5</li>"}')
    assert (news.event, news.data) == ("news", '{"stations":["m01"]}')


def test_those_who_see_the_same_share_one_look() -> None:
    watch, made = Watch(0.001), []

    def make() -> Told:
        made.append(Told([([Fill("x", "<p>1</p>")], ())]))
        return made[-1]

    async def one(scope: Scope) -> str:
        async for event in watch.follow(Kind("overview", scope, "vi"), make, 0, lambda: True):
            if event.event == "fill" and '"x"' in str(event.data):
                return str(event.data)
        return ""

    async def asked() -> None:
        first = asyncio.create_task(one(OURS))
        await asyncio.sleep(0)
        assert await first
        await one(THEIRS)

    run(asked)
    assert len(made) == 2  # one for each scope, whoever else looks


def test_a_slow_watcher_loads_its_page_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEHIND", 3)
    sight = Told([([Fill(f"n{n}", "<p></p>") for n in range(50)], ())])

    async def asked() -> str:
        watch = Watch(0.001)
        view = watch.follow(Kind("overview", OURS, "vi"), lambda: sight, 0, lambda: True)
        last = ""
        async for event in view:
            last = str(event.event)
            await asyncio.sleep(0.02)  # reads, but slower than it is told
        return last

    assert run(asked) == "reload"


def test_a_view_ends_with_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.0)

    async def asked() -> list[Any]:
        kind = Kind("overview", OURS, "vi")
        return [event.event async for event in Watch(0.001).follow(kind, Told, 0, lambda: False)]

    assert run(asked)[-1] == "reload"


def test_nobody_looks_when_nobody_watches() -> None:
    sight = Told([([Fill("x", "<p></p>")], ())])

    async def asked() -> int:
        await events(Watch(0.001), Kind("overview", OURS, "vi"), sight, 2)
        await asyncio.sleep(0.02)
        before = sight.looked
        await asyncio.sleep(0.05)
        return sight.looked - before

    assert run(asked) == 0


def test_a_sight_that_fails_sends_everybody_to_a_new_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Told):
        def changed(self) -> tuple[Sequence[Fill], Collection[str]]:
            raise OSError("no disk")

    async def asked() -> list[Any]:
        kind = Kind("overview", OURS, "vi")
        return [e.event async for e in Watch(0.001).follow(kind, Broken, 0, lambda: True)]

    assert run(asked)[-1] == "reload"
    assert "live view of overview failed" in caplog.text


def test_a_closed_watch_takes_nobody() -> None:
    async def asked() -> list[Any]:
        watch = Watch(0.001)
        watch.close()
        kind = Kind("overview", OURS, "vi")
        return [e.event async for e in watch.follow(kind, Told, 0, lambda: True)]

    assert run(asked)[-1] == "reload"

"""`python -m tests.browser.speed`: how fast the console is, on a demonstration of its own.

First load: from the request of the overview until it is drawn, with nothing kept from before,
and the bytes that came over the wire. A live update: from publishing a reading until its value
stands on the screen. A hundred clients: their live connections are held open while the stations
speak; the processor time that the web process takes, and how fast the writer takes a heap of
messages with and without them. The machine's other work shows in the speeds, not in the
processor times.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table

from tests.browser.running import browser, log_in, watched
from tests.end_to_end.demo import Demo, judged, known, running
from tests.end_to_end.foreign import message, topic
from tests.end_to_end.monitor import until
from tolich.clock import wall

CLIENTS = 100
ROUNDS = 3
LOOKED = 15.0  # seconds for which the clients look
MESSAGES = 4000
STATION, PARAMETER = "MAU01", "COD"
_COUNTER = 'tolich_messages_total{process="writer"}'


def main() -> None:
    """Measure and print the table."""
    table = Table("what", "measured", "wanted", title="the console on this machine")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        demo = stack.enter_context(running(folder))
        until(lambda: judged(demo), "the history is judged", 300)
        assert known(demo)
        told = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        with browser() as chromium:
            table.add_row(*_first_load(chromium, told))
            table.add_row(*_live(chromium, demo, told))
        for row in _crowd(demo, told):
            table.add_row(*row)
    Console(width=110).print(table)


def _first_load(chromium: Browser, told: dict[str, Any]) -> tuple[str, str, str]:
    seconds, sizes = [], []
    for _ in range(5):
        with watched(chromium, told["api"]) as on:
            log_in(on, told["accounts"]["officer"], "/account")
            session = on.page.context.new_cdp_session(on.page)
            session.send("Network.enable")
            session.send("Network.clearBrowserCache")
            came: list[dict[str, Any]] = []
            session.on("Network.loadingFinished", lambda one, into=came: into.append(one))
            began = time.perf_counter()
            on.go("/")
            on.page.wait_for_selector("#cards > li")
            seconds.append(time.perf_counter() - began)
            sizes.append(sum(one["encodedDataLength"] for one in came))
    shown = f"{statistics.median(seconds):.2f} s, {max(sizes) / 1000:.0f} kB"
    return "first load of the overview (median of 5)", shown, "1.5 s, 2 MB"


def _live(chromium: Browser, demo: Demo, told: dict[str, Any]) -> tuple[str, str, str]:
    took = []
    with watched(chromium, told["api"]) as on, _publisher(demo) as station:
        log_in(on, told["accounts"]["officer"])
        on.page.wait_for_selector("#light.on")
        at = wall()
        for n in range(20):
            value = 520.5 + n  # no simulated station sends it
            card = on.page.locator(f"#card-{STATION} .value b", has_text=f"{520 + n},5")
            # Each reading a second of its own: two values for one instant would be contested.
            at = until(partial(_later, at), "the next second")
            said = message(at, {"p": PARAMETER, "v": value, "s": "00"})
            began = time.perf_counter()
            station.publish(topic(STATION, "readings"), said, qos=1)
            card.first.wait_for(timeout=10_000)
            took.append(time.perf_counter() - began)
    shown = f"p50 {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms"
    return "a reading, published until on the screen (20)", shown, "500 ms"


def _later(than: int) -> int:
    """The present second when it is a later one, else 0."""
    now = wall()
    return now if now > than else 0


@contextmanager
def _publisher(demo: Demo) -> Iterator[Client]:
    """A station that is connected."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="speed")
    client.connect("127.0.0.1", demo.ports[1])
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


# --- a crowd ------------------------------------------------------------------------------------


class Taken(NamedTuple):
    """What a stretch of time took."""

    seconds: float
    web: float  # seconds of processor time
    writer: float

    def share(self) -> str:
        """What the web process took of a core."""
        return f"{self.web / self.seconds:.2f} of a core ({self.web:.1f} s in {self.seconds:.0f} s)"

    def speed(self, messages: int) -> str:
        """How fast the writer was, and what a message took of a processor."""
        each = 1000 * self.writer / messages
        return f"{messages / self.seconds:,.0f} messages/s, {each:.2f} ms of a core each"


def _crowd(demo: Demo, told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    _written(demo, 0)  # the first heap is the slowest: connections, memory
    alone, crowded = [], []
    for turn in range(ROUNDS):  # in turns, because the machine has other work too
        alone.append(_written(demo, 2 * turn + 1))
        with _looking(told):
            calm = _measured(demo, lambda: time.sleep(LOOKED))
            crowded.append(_written(demo, 2 * turn + 2))
    yield f"{CLIENTS} clients that look: web process", calm.share(), "1 core"
    yield f"  the writer, {MESSAGES} messages at once, alone", _middle(alone), ""
    yield "  the same while the clients look", _middle(crowded), "the same"
    yield "  the web process meanwhile", crowded[-1].share(), "1 core"


def _middle(rounds: list[Taken]) -> str:
    seconds = statistics.median(one.seconds for one in rounds)
    return Taken(seconds, 0.0, statistics.median(one.writer for one in rounds)).speed(MESSAGES)


@contextmanager
def _looking(told: dict[str, Any]) -> Iterator[None]:
    """A crowd that looks, once each of it was told something."""
    key = told["accounts"]["officer"]["api_key"]
    command = [sys.executable, "-m", "tests.browser.crowd", told["api"], key, str(CLIENTS)]
    with Popen(command, stdin=PIPE, stdout=PIPE) as crowd:
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        try:
            assert crowd.stdout.readline() == b"looking\n"
            yield
            assert crowd.poll() is None, "the crowd lost a connection"
        finally:
            crowd.stdin.close()


def _written(demo: Demo, turn: int) -> Taken:
    """Publish many readings as fast as they are taken, until all are on record."""
    # No second twice: what is on record already would not be written.
    begin = wall() - 3600 + 250 * turn
    stations = [one["id"] for one in demo.api.all("stations")]
    before = _on_record(demo)

    def send() -> None:
        with _publisher(demo) as station:
            for n in range(MESSAGES):
                name = stations[n % len(stations)]
                at = begin + n // len(stations)  # some hundred seconds of every station
                said = message(at, {"p": "Temp", "v": 25.5, "s": "00"})
                station.publish(topic(name, "readings"), said, qos=1)
            until(lambda: _on_record(demo) - before >= MESSAGES, "all is on record", 240)

    return _measured(demo, send)


def _on_record(demo: Demo) -> int:
    """Messages that the writer has written, those of the simulated stations too."""
    said = demo.api.http.get("/metrics").text
    (line,) = [one for one in said.splitlines() if one.startswith(_COUNTER)]
    return int(float(line.split()[-1]))


def _measured(demo: Demo, work: Callable[[], object]) -> Taken:
    web, writer = _web_process(demo), demo.process.pid
    before, began = (_processor(web), _processor(writer)), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return Taken(seconds, _processor(web) - before[0], _processor(writer) - before[1])


def _web_process(demo: Demo) -> int:
    """The process that serves API and console."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"web" in words and str(demo.folder).encode() in b" ".join(words):
            return int(folder.name)
    raise AssertionError("the demonstration has no web process")


def _processor(process: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()

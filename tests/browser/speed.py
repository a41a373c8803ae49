"""`python -m tests.browser.speed`: how fast the console is, on a demonstration of its own.

First load: from the request of the overview until it is drawn, with nothing kept from before,
and the bytes that came over the wire. A live update: from publishing a reading until its value
stands on the screen. A hundred clients: their live connections are held open while the stations
speak; the share of a core that the web process takes, and how long the writer needs for a
message with and without them (published, until the API has the reading).
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table

from tests.browser.running import browser, log_in, watched
from tests.end_to_end.demo import Demo, judged, known, running
from tests.end_to_end.foreign import message, publish, topic
from tests.end_to_end.monitor import until
from tolich.clock import wall

CLIENTS = 100
LOOKED = 30.0  # seconds for which the clients look
STATION, PARAMETER = "MAU01", "COD"


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
            session.on("Network.loadingFinished", came.append)
            began = time.perf_counter()
            on.go("/")
            on.page.wait_for_selector("#cards > li")
            seconds.append(time.perf_counter() - began)
            sizes.append(sum(one["encodedDataLength"] for one in came))
    shown = f"{statistics.median(seconds):.2f} s, {max(sizes) / 1000:.0f} kB"
    return "first load of the overview (median of 5)", shown, "1.5 s, 2 MB"


def _live(chromium: Browser, demo: Demo, told: dict[str, Any]) -> tuple[str, str, str]:
    took = []
    with watched(chromium, told["api"]) as on:
        log_in(on, told["accounts"]["officer"])
        on.page.wait_for_selector("#light.on")
        for n in range(20):
            value = 40 + n / 10 + 0.05
            shown = f"{value:.2f}".replace(".", ",").rstrip("0")
            card = on.page.locator(f"#card-{STATION} .value b", has_text=shown)
            said = message(wall() - n % 2, {"p": PARAMETER, "v": value, "s": "00"})
            began = time.perf_counter()
            publish(demo.ports[1], topic(STATION, "readings"), said)
            card.first.wait_for(timeout=10_000)
            took.append(time.perf_counter() - began)
    shown = f"p50 {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms"
    return "a reading, published until on the screen (20)", shown, "500 ms"


def _crowd(demo: Demo, told: dict[str, Any]) -> list[tuple[str, str, str]]:
    web = _web_process(demo)
    alone = _taken(demo)
    stop = threading.Event()
    headers = {"Authorization": f"Bearer {told['accounts']['officer']['api_key']}"}
    heard = [0] * CLIENTS

    def look(n: int) -> None:
        address = f"{told['api']}/live?page=overview&since=0"
        with httpx.stream("GET", address, headers=headers, timeout=60) as answer:
            for line in answer.iter_lines():
                heard[n] += line.startswith("data:")
                if stop.is_set():
                    return

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = [pool.submit(look, n) for n in range(CLIENTS)]
        until(lambda: min(heard) > 1, "every client is told something", 60)
        before, began = _processor(web), time.perf_counter()
        crowded = _taken(demo)
        time.sleep(max(0.0, LOOKED - (time.perf_counter() - began)))
        share = (_processor(web) - before) / (time.perf_counter() - began)
        stop.set()
        for one in done:
            one.result(60)
    return [
        (f"{CLIENTS} clients that look: web process", f"{share:.2f} of a core", "1 core"),
        (
            "  a message until it is on record, p50",
            f"{crowded * 1000:.0f} ms (without them {alone * 1000:.0f} ms)",
            "the same",
        ),
    ]


def _taken(demo: Demo) -> float:
    """Seconds from publishing until the API has a reading, the middle of 15."""
    took = []
    for n in range(15):
        at = wall() - 3600 - 60 * n - 7
        began = time.perf_counter()
        said = message(at, {"p": PARAMETER, "v": 50.25, "s": "00"})
        publish(demo.ports[1], topic(STATION, "readings"), said)
        until(lambda at=at: _there(demo, at), "the reading is on record", 20)  # type: ignore[misc]
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _there(demo: Demo, at: int) -> bool:
    seconds = demo.api.get(f"stations/{STATION}/readings", parameter=PARAMETER, limit=200)["items"]
    stamps = {one["observed_at"] for one in seconds}
    return any(stamp.endswith(time.strftime("%M:%S+07:00", time.gmtime(at))) for stamp in stamps)


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

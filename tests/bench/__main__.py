"""`python -m tests.bench`: how fast each part is, measured in one run on this machine.

Method. Every row states what was done. Throughput from the broker is given as a ratio to a
consumer that only acknowledges, over the same broker in the same run, because the machine is
shared; the other rows are wall time.
"""

from __future__ import annotations

import argparse
import json
import queue
import resource
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table
from starlette.testclient import TestClient

from api.app import create_app
from ingest.mqtt import MqttSettings, MqttSource
from rules.days import DAY_SECONDS, midnight
from rules.judge import judge
from rules.window import Window
from simulators.publish import Broker, Publisher, flood
from tests.bench.history import stretch
from tests.bench.plant import INTERVAL, messages, place
from tests.bench.projecting import projecting
from tests.bench.publishing import publishing
from tests.bench.simulating import simulating
from tests.bench.storing import storing
from tests.bench.writing import writing
from tests.callers import HEADERS, KnownCallers, parts_of
from tests.servers import Mosquitto
from tolich.app import Place, waited
from tolich.clock import StepClock, wall
from tolich.collecting import seldom_collecting
from tolich.ports import Arrival, Delivery, Receipt
from tolich.settings import Settings
from tolich.store.wal import LogKeeper
from tolich.waiting import Waiting
from tolich.writer import Writer

PATIENCE = 600.0
READINGS = 8


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    stations: int
    messages: int
    judged_days: int


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--stations", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=40_000)
    parser.add_argument("--judged-days", type=int, default=73, help="of 100 stations")
    given = parser.parse_args()
    size = Size(given.stations, given.messages, given.judged_days)
    table = Table("what", "measured", "how", title="tolich on this machine")
    with TemporaryDirectory(prefix="tolich-bench-") as folder:
        measures = (
            judging, broker, late, starting, listing, storing, simulating, writing, publishing,
            projecting,
        )  # fmt: skip
        for measure in measures:
            # A process each: what one leaves in memory does not slow the next.
            with ProcessPoolExecutor(1, get_context("fork")) as alone:
                for row in alone.submit(measure, Path(folder), size).result():
                    table.add_row(*row)
    Console(width=120).print(table)


Row = tuple[str, str, str]


def judging(folder: Path, size: Size) -> list[Row]:
    """The pure judgement over whole stations, their quality checks included, on one core."""
    clock = StepClock(wall())
    days = size.judged_days
    first = midnight(clock.now()) - (days + 1) * DAY_SECONDS
    made = place(folder / "judge", WATERS, first - DAY_SECONDS, clock)
    registered = made.registered()
    windows = [
        stretch(registered, station, first, days)
        for station in registered.register.stations.values()
    ]
    now = first + (days + 1) * DAY_SECONDS
    judge(windows[0], now)
    began = time.perf_counter()
    for window in windows:
        judge(window, now)
    took = time.perf_counter() - began
    judged = sum(len(window.at) for window in windows)
    year = took * 100 * 365 / (WATERS * days)
    how = f"{WATERS} simulated stations x {days} days x 8 parameters at 5 min, all checks"
    both = _judged_by_two(windows, now) * 100 * 365 / (WATERS * days)
    return [
        ("judge, slots/s", f"{judged / took:,.0f}", f"{how}; {judged:,} slots"),
        ("  100 stations x 1 year", f"{year:.1f} s", "from that rate, one core"),
        ("  the same", f"{both:.1f} s", "measured on two cores: a process each for half of them"),
    ]


_judged: list[Window] = []
"""What the processes judge: they are forked from the one that has it."""


def _judged_by_two(windows: list[Window], now: int) -> float:
    """Seconds in which two processes judge windows, half of them each."""
    _judged[:] = windows
    with ProcessPoolExecutor(2, get_context("fork")) as two:
        list(two.map(_judge_every_second, (0, 1), (0, 0)))  # begun, and warm
        began = time.perf_counter()
        list(two.map(_judge_every_second, (0, 1), (now, now)))
        return time.perf_counter() - began


def _judge_every_second(first: int, now: int) -> None:
    """Judge every second window; with `now` 0 only the first of them, to warm up."""
    for window in _judged[first::2] if now else _judged[first : first + 1]:
        judge(window, now)


def broker(folder: Path, size: Size) -> list[Row]:
    """Mosquitto to durable commit, against a consumer that only acknowledges.

    Everything is published while the consumer is away (its session is kept), so that what is
    timed is how fast the consumer takes it and not how fast somebody publishes.
    """
    since = midnight(wall()) - DAY_SECONDS
    # Plant time stands where the data ends: the day is under way, its first hours have closed.
    clock = StepClock(since + (size.messages // size.stations) * INTERVAL)
    made = place(folder / "monitor", size.stations, since, clock)
    pipeline = made.pipeline()
    with Mosquitto(folder / "mosquitto") as server:
        sources = [_subscribed(server.port, name, clock) for name in ("bare", "monitor")]
        with Publisher(Broker(port=server.port, client_id="stations"), window=2000) as publisher:
            flood(publisher, messages(size.stations, size.messages, since), lambda _: None)
        bare = _only_acknowledged(sources[0], size.messages)
        writer = Writer(pipeline, [sources[1]], lambda: None)
        stop = threading.Event()
        thread = threading.Thread(target=writer.run, args=(stop,))
        began = time.perf_counter()
        thread.start()
        waited(lambda: pipeline.counters.messages >= size.messages, PATIENCE)
        durable = time.perf_counter() - began
        waited(lambda: not pipeline.waiting.due, PATIENCE)
        judged = time.perf_counter() - began
        stop.set()
        thread.join()
    readings = size.messages * READINGS
    how = f"{size.messages:,} QoS 1 messages of 8 readings, {size.stations} stations, none twice"
    return [
        ("Mosquitto -> durable, readings/s", f"{readings / durable:,.0f}", how),
        ("  ... until all is judged", f"{readings / judged:,.0f}", how),
        ("  only acknowledging, readings/s", f"{readings / bare:,.0f}", "same broker, same run"),
        ("  ratio", f"{bare / durable:.2f}", "durable / only acknowledging"),
        ("  findings written", f"{pipeline.counters.findings:,}", how),
        (
            "  memory",
            f"{_resident():.0f} MB",
            f"resident then, {size.stations} stations, this test",
        ),
        (
            "  store on disk, bytes a reading",
            f"{_stored_bytes(made) / readings:,.0f}",
            "messages, readings, findings and transitions of that, with their indexes",
        ),
    ]


def _stored_bytes(made: Place) -> int:
    """What the store holds, the log that is not yet carried over left out."""
    with made.engine.connect() as connection:
        pages, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)
            for name in ("page_count", "page_size")
        )
    return pages * size


def _resident() -> float:
    """Megabytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _subscribed(port: int, name: str, clock: StepClock) -> MqttSource:
    """A consumer whose session the broker keeps, away at the moment."""
    settings = MqttSettings(port=port, client_id=f"bench-{name}")
    source = MqttSource(settings, clock)
    source.start(lambda _: None)
    if not waited(lambda: source.connected_since() is not None, PATIENCE):
        raise RuntimeError("the broker did not answer")
    source.stop()
    return MqttSource(settings, clock)


def _only_acknowledged(source: MqttSource, count: int) -> float:
    """Seconds in which a consumer that stores nothing has acknowledged everything."""
    seen: queue.SimpleQueue[int] = queue.SimpleQueue()

    def put(arrival: Arrival) -> None:
        arrival.done(Receipt(0))
        seen.put(1)

    began = time.perf_counter()
    source.start(put)
    waited(lambda: seen.qsize() >= count, PATIENCE)
    took = time.perf_counter() - began
    source.stop()
    return took


def late(folder: Path, size: Size) -> list[Row]:
    """Late readings, one message at a time, on a store with days of history around them."""
    clock = StepClock(wall())
    first = midnight(clock.now()) - HISTORY * DAY_SECONDS
    made = place(folder / "late", WATERS, first, clock)
    filled = made.pipeline()
    known = [
        Delivery("http", one.topic, one.payload, clock.now())
        for one in messages(WATERS, WATERS * HISTORY * DAY_SECONDS // INTERVAL, first)
    ]
    for begin in range(0, len(known), 2000):
        filled.submit(known[begin : begin + 2000], busy=True)
    filled.settle(everything=True)
    with seldom_collecting(), _log_kept(made):  # as the writer runs
        alone = _lately(made, first, 1, only=True)
        alone_cold = _lately(made, first, WATERS, only=True)
        cold, warm = _lately(made, first, WATERS), _lately(made, first, 1)
    return [
        ("one late reading, p50 / p99", _middle_and_edge(alone), f"1 {_LATE}; one station"),
        ("  of another station each time", _middle_and_edge(alone_cold), f"1 {_LATE}, read anew"),
        ("one late message, p50 / p99", _middle_and_edge(warm), f"8 {_LATE}; one station"),
        ("  of another station each time", _middle_and_edge(cold), f"8 {_LATE}, read anew"),
    ]


@contextmanager
def _log_kept(made: Place) -> Iterator[None]:
    """The write-ahead log is carried over by a thread, as in the writer's process."""
    stop = threading.Event()
    thread = threading.Thread(target=LogKeeper(made.engine).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


HISTORY = 8
"""Days on record around late readings."""

WATERS = 8
"""Stations whose water is simulated for the judgement, or that have history."""

_LATE = f"readings 4 days ago of {HISTORY}, nobody streaming: committed with all their verdicts"


def _lately(made: Place, first: int, stations: int, *, only: bool = False) -> list[float]:
    """Seconds from a late message to the commit of all its verdicts, 200 times.

    Each comes by itself, as after a pause: a stream is stored first and judged once it is over.
    """
    pipeline = made.pipeline()
    took = []
    for number in range(200):
        if stations > 1:
            pipeline.settler.windows.forget()
        pipeline.waiting = Waiting()
        at = first + (HISTORY - 4) * DAY_SECONDS + 61 + number * INTERVAL + only
        topic = f"tolich/v1/do/S{number % stations}/readings"
        payload = next(iter(messages(1, 1, at + stations))).payload
        if only:
            said = json.loads(payload)
            payload = json.dumps(said | {"readings": said["readings"][:1]}).encode()
        began = time.perf_counter()
        pipeline.submit([Delivery("http", topic, payload, made.clock.now())])
        took.append(time.perf_counter() - began)
        if pipeline.waiting.due:
            raise RuntimeError("a late message was stored without its verdicts")
    return took


def _middle_and_edge(took: list[float], edge: float = 0.99) -> str:
    return f"{statistics.median(took) * 1000:.1f} / {_share(took, edge) * 1000:.1f} ms"


def starting(folder: Path, size: Size) -> list[Row]:
    """Opening the filled store: register, caches, what is due."""
    began = time.perf_counter()
    made, _ = _again(folder)
    made.pipeline()
    took = time.perf_counter() - began
    return [("start", f"{took:.2f} s", f"{size.stations} stations, the store just filled")]


def listing(folder: Path, size: Size) -> list[Row]:
    """720 hour findings of one series, as a program gets them from the API."""
    clock = StepClock(wall())
    first = midnight(clock.now()) - 31 * DAY_SECONDS
    made = place(folder / "listing", 1, first, clock)
    pipeline = made.pipeline()
    known = messages(1, 30 * DAY_SECONDS // INTERVAL, first)
    pipeline.submit([Delivery("http", m.topic, m.payload, clock.now()) for m in known], busy=True)
    pipeline.settle(everything=True)
    client = TestClient(
        create_app(parts_of(made, pipeline, KnownCallers(made.engine, clock))), headers=HEADERS
    )
    took, count = [], 0
    asked = "/api/v1/findings?station=S0&parameter=COD&period=hour&limit=720"
    with seldom_collecting():  # as the web process runs
        for _ in range(40):
            began = time.perf_counter()
            answer = client.get(asked)
            took.append(time.perf_counter() - began)
            count = len(answer.json()["items"])
    how = f"{count} hour findings of one series, through the API in this process, 40 times"
    return [("list findings, p50 / p95", _middle_and_edge(took, 0.95), how)]


def _again(folder: Path) -> tuple[Place, StepClock]:
    clock = StepClock(wall())
    return Place(Settings(data=folder / "monitor", mqtt=None), clock), clock


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    main()

"""`python -m tests.bench`: how fast each part is, measured in one run on this machine.

Method. Every row states what was done. Throughput from the broker is given as a ratio to a
consumer that only acknowledges, over the same broker in the same run, because the machine is
shared; the other rows are wall time.
"""

from __future__ import annotations

import argparse
import queue
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from ingest.mqtt import MqttSettings, MqttSource
from rules.days import DAY_SECONDS, midnight
from rules.judge import judge
from simulators.publish import Broker, Publisher, flood
from tests.bench.history import stretch
from tests.bench.plant import INTERVAL, messages, place
from tests.servers import Mosquitto
from tolich.app import Place, waited
from tolich.clock import StepClock, wall
from tolich.ports import EVERYTHING, Arrival, Delivery, FindingQuery, Receipt
from tolich.settings import Settings
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
        for measure in (judging, broker, late, starting, listing):
            for row in measure(Path(folder), size):
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
    return [
        ("judge, slots/s", f"{judged / took:,.0f}", f"{how}; {judged:,} slots"),
        ("  100 stations x 1 year", f"{year:.1f} s", "from that rate, one core"),
    ]


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
    ]


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
    cold, warm = _lately(made, first, WATERS), _lately(made, first, 1)
    return [
        ("one late message, p50 / p99", _middle_and_edge(warm), f"{_LATE}; one station"),
        ("  of another station each time", _middle_and_edge(cold), f"{_LATE}, read anew"),
    ]


HISTORY = 8
"""Days on record around late readings."""

WATERS = 8
"""Stations whose water is simulated for the judgement, or that have history."""

_LATE = f"8 late readings 4 days ago of {HISTORY}: committed, every day they touch judged again"


def _lately(made: Place, first: int, stations: int) -> list[float]:
    """Seconds from a late message to the commit of all its verdicts, 200 times."""
    pipeline = made.pipeline()
    took = []
    for number in range(200):
        if stations > 1:
            pipeline.settler.windows.forget()
        at = first + (HISTORY - 4) * DAY_SECONDS + 61 + number * INTERVAL
        topic = f"tolich/v1/do/S{number % stations}/readings"
        one = next(iter(messages(1, 1, at + stations)))
        began = time.perf_counter()
        pipeline.submit([Delivery("http", topic, one.payload, made.clock.now())])
        pipeline.settle(everything=True)  # what a stream of messages would have put off
        took.append(time.perf_counter() - began)
    return took


def _middle_and_edge(took: list[float]) -> str:
    return f"{statistics.median(took) * 1000:.1f} / {_share(took, 0.99) * 1000:.1f} ms"


def starting(folder: Path, size: Size) -> list[Row]:
    """Opening the filled store: register, caches, what is due."""
    began = time.perf_counter()
    made, _ = _again(folder)
    made.pipeline()
    took = time.perf_counter() - began
    return [("start", f"{took:.2f} s", f"{size.stations} stations, the store just filled")]


def listing(folder: Path, size: Size) -> list[Row]:
    """Hour findings of one series, as the API reads them."""
    made, _ = _again(folder)
    reads = made.reads(made.pipeline())
    query = FindingQuery(station="S1", parameter="COD", period="hour")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        found = reads.findings(EVERYTHING, query, None, 720)
        took.append(time.perf_counter() - began)
    how = f"{len(found.items)} hour findings of one series, without HTTP, 20 times"
    return [("list findings, p95", f"{_share(took, 0.95) * 1000:.1f} ms", how)]


def _again(folder: Path) -> tuple[Place, StepClock]:
    clock = StepClock(wall())
    return Place(Settings(data=folder / "monitor", mqtt=None), clock), clock


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    main()

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

import numpy as np
from rich.console import Console
from rich.table import Table

from ingest.mqtt import MqttSettings, MqttSource
from rules.days import DAY_SECONDS, midnight
from rules.judge import judge
from rules.terms import terms_of
from rules.window import Window
from simulators.publish import Broker, Publisher, flood
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
    """The pure judgement over whole station-days."""
    clock = StepClock(wall())
    made = place(folder / "judge", 100, clock.now() - 2 * DAY_SECONDS, clock)
    registered = made.registered()
    day = midnight(clock.now()) - DAY_SECONDS
    stations = registered.register.stations.values()
    terms = tuple(
        term
        for station in stations
        for term in terms_of(station, day, registered.register, registered.regulations)
    )
    slots = DAY_SECONDS // INTERVAL
    row = np.repeat(np.arange(len(terms)), slots)
    at = np.tile(day + np.arange(slots) * INTERVAL, len(terms))
    value = np.random.default_rng(1).integers(1_000_000, 8_000_000, len(at))
    window = Window.of_day(terms, day, (row, at, value, np.zeros(len(at), np.int64)))
    began = time.perf_counter()
    for _ in range(size.judged_days):
        judge(window, day + 2 * DAY_SECONDS)
    took = time.perf_counter() - began
    judged = len(at) * size.judged_days
    year = took * 365 / size.judged_days
    how = f"100 stations x {size.judged_days} days x 8 parameters, hours and days; {judged:,} slots"
    return [
        ("judge, slots/s", f"{judged / took:,.0f}", how),
        ("  a year of them", f"{year:.1f} s", how),
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
    """One late reading after another on the store just filled: stored and judged."""
    made, clock = _again(folder)
    pipeline = made.pipeline()
    pipeline.settle(everything=True)
    day = midnight(clock.now()) - DAY_SECONDS
    took = []
    for number in range(200):
        one = next(iter(messages(size.stations, 1, day + 61 + number)))
        topic = f"tolich/v1/do/S{number % size.stations}/readings"
        delivery = Delivery("http", topic, one.payload, clock.now())
        began = time.perf_counter()
        pipeline.submit([delivery])
        took.append(time.perf_counter() - began)
    return [
        ("one late message, p50", f"{statistics.median(took) * 1000:.1f} ms", _LATE),
        ("  p99", f"{_share(took, 0.99) * 1000:.1f} ms", _LATE),
    ]


_LATE = "8 late readings of one station: commit and its day judged again, 200 times"


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

"""How fast the record is copied into series, and how far behind it is while messages come."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Engine

from dashboards.influx import InfluxSink
from dashboards.projection import LineSink, Projection
from rules.days import DAY_SECONDS, midnight
from tests.bench.plant import INTERVAL, messages, place
from tests.dashboards.influx_servers import free_ports, victoria_metrics
from tests.influx_one import InfluxOneServer, InfluxOneSink
from tolich.app import Place, waited
from tolich.clock import StepClock, wall
from tolich.pipeline import Pipeline
from tolich.ports import Delivery
from tolich.store.record import StoreRecord

SECONDS = 10
RATE = 1000
STATIONS = 1000
BATCH = 200
"""Messages a batch while they come at a rate: five batches a second."""

Row = tuple[str, str, str]


class Size(Protocol):
    """How much is measured."""

    @property
    def stations(self) -> int: ...
    @property
    def messages(self) -> int: ...


def projecting(folder: Path, size: Size) -> list[Row]:
    """Points a second into each server that is installed, and the lag of the copy."""
    since = midnight(wall()) - 2 * DAY_SECONDS
    clock = StepClock(since + size.messages // size.stations * INTERVAL)
    made = place(folder / "projected", size.stations, since, clock)
    pipeline = made.pipeline()
    _submit(pipeline, clock, size.stations, since, size.messages)
    pipeline.settle(everything=True)
    rows: list[Row] = []
    for name, server in (("InfluxDB 1.x", influx_one), ("VictoriaMetrics", victoria)):
        try:
            with server(folder / name) as sink:
                rate, alone = _rates(_record(made.engine, pipeline), sink, name)
        except pytest.skip.Exception:
            continue
        how = f"{size.messages:,} messages of 8 readings with their findings, read from SQLite"
        rows.append((f"projected to {name}, points/s", f"{rate:,.0f}", how))
        rows.append(("  points per second of CPU", f"{alone:,.0f}", "this process, not the server"))
    made.engine.dispose()
    try:
        return [*rows, *_lag(folder)]
    except pytest.skip.Exception:
        return rows


@contextmanager
def influx_one(folder: Path) -> Iterator[LineSink]:
    """InfluxDB 1.x with authentication, through its `/write`."""
    server = InfluxOneServer(folder)
    server.start()
    sink = InfluxOneSink(server.url)
    try:
        yield sink
    finally:
        sink.close()
        server.kill()


@contextmanager
def victoria(folder: Path) -> Iterator[LineSink]:
    """VictoriaMetrics, through the sink that the monitor uses."""
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    with ExitStack() as stack:
        stack.enter_context(victoria_metrics(folder, port))
        sink = InfluxSink(f"http://127.0.0.1:{port}", "any", "any", "tolich")
        stack.callback(sink.close)
        yield sink


def _record(engine: Engine, pipeline: Pipeline) -> StoreRecord:
    return StoreRecord(engine, lambda: pipeline.registered, lambda: pipeline.series)


def _rates(record: StoreRecord, sink: LineSink, name: str) -> tuple[float, float]:
    """Points a second until all are confirmed, and a second of this process's CPU."""
    following = Projection(record, sink, f"bench {name}")
    began, busy = time.perf_counter(), time.process_time()
    while following.step():
        pass
    written = following.tally.written
    return written / (time.perf_counter() - began), written / (time.process_time() - busy)


def _submit(pipeline: Pipeline, clock: StepClock, stations: int, since: int, count: int) -> None:
    now = clock.now()
    known = [Delivery("http", m.topic, m.payload, now) for m in messages(stations, count, since)]
    for begin in range(0, count, 1000):
        pipeline.submit(known[begin : begin + 1000], busy=True)


@dataclass(slots=True)
class Watched:
    """When what was committed, and when the copy had it."""

    record: StoreRecord
    committed: list[tuple[int, float]] = field(default_factory=list)
    reached: list[tuple[int, float]] = field(default_factory=list)

    def commit(self) -> None:
        """Note the head as it is now."""
        self.committed.append((self.record.head(), time.perf_counter()))

    def lags(self) -> list[float]:
        """Seconds from each commit until the copy had moved past it."""
        return [
            next(at for seq, at in self.reached if seq >= head) - done
            for head, done in self.committed
        ]


class Noting(Projection):
    """Tells when it has moved on."""

    watched: Watched

    def step(self) -> int:
        """As ever, and noted."""
        wrote = super().step()
        position = self.watched.record.position(self.name)
        self.watched.reached.append((position, time.perf_counter()))
        return wrote


def _lag(folder: Path) -> list[Row]:
    """The copying as the writer has it, a thread beside the judging, messages at a rate."""
    since = midnight(wall()) - 2 * DAY_SECONDS
    clock = StepClock(since)
    made = place(folder / "lagging", STATIONS, since, clock)
    pipeline, stop = made.pipeline(), threading.Event()
    with influx_one(folder / "lag") as sink:
        record = _record(made.engine, pipeline)
        following = Noting(record, sink)
        following.watched = watched = Watched(record)
        thread = threading.Thread(target=following.run, args=[stop])
        thread.start()
        took = _at_a_rate(made, pipeline, clock, since, watched)
        waited(lambda: watched.reached[-1][0] >= watched.committed[-1][0], 120)
        stop.set()
        thread.join()
    made.engine.dispose()
    lags = sorted(watched.lags())
    how = f"{RATE * SECONDS / took:,.0f} messages/s for {took:.0f} s, judged in the same process"
    text = f"{statistics.median(lags):.2f} / {lags[-1]:.2f} s"
    return [("lag of the projection, p50 / greatest", text, how)]


def _at_a_rate(
    made: Place, pipeline: Pipeline, clock: StepClock, since: int, watched: Watched
) -> float:
    """Seconds in which all the messages were taken: longer where the machine is too slow."""
    known: Sequence[Delivery] = [
        Delivery("http", m.topic, m.payload, m.due + INTERVAL)
        for m in messages(STATIONS, RATE * SECONDS, since)
    ]
    began, pause = time.perf_counter(), threading.Event()
    for begin in range(0, len(known), BATCH):
        pause.wait(max(0.0, began + begin / RATE - time.perf_counter()))
        clock.set(known[begin].received_at)
        pipeline.submit(known[begin : begin + BATCH])
        watched.commit()
        pipeline.tick(None)
    return time.perf_counter() - began

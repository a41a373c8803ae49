"""InfluxDB killed under load and restarted empty: `python -m tests.influx_fault --minutes 5`.

A store takes and judges messages while a projection copies it to a real InfluxDB 1.x with
authentication on. The server is killed, stays away, and comes back with an empty folder. What is
counted: readings in the store against messages sent; how long a message took to be judged before
and during the outage; and after a rebuild each measurement's points against the store.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, perf_counter
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from dashboards.lines import KINDS, lines_of
from dashboards.places import Place, by_place
from dashboards.projection import Projection
from dashboards.rebuilding import Wanted, rebuild
from rules.days import DAY_SECONDS, midnight
from tests.bench.plant import INTERVAL, messages, place
from tests.influx_one import EVERYBODY, InfluxOneServer, InfluxOneSink, points_in
from tolich.app import waited
from tolich.clock import StepClock, wall
from tolich.pipeline import Pipeline
from tolich.ports import Delivery
from tolich.store.record import StoreRecord
from tolich.store.schema import reading

STATIONS = 4
UNREADABLE = 25
"""Every so manieth message is one that cannot be read: a rejection."""
PAUSE = Event()


class Compared(NamedTuple):
    """Points of one measurement in one bucket."""

    expected: int  # by the evidence store
    same: int  # of these, in InfluxDB with every field as the store has it
    found: int  # in InfluxDB at all


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was counted."""

    sent: int  # readings
    stored: int
    before: list[float]  # seconds from a message to its verdicts
    during: list[float]
    failed: int  # writes that were not confirmed
    points: dict[str, Compared]  # after the rebuild, by bucket and measurement


@dataclass(slots=True)
class Load:
    """Messages one after another, plant time going with them; the first station's are too high."""

    pipeline: Pipeline
    clock: StepClock
    since: int
    sent: int = 0  # readings
    count: int = 0  # messages

    def run(self, seconds: float, least: int) -> list[float]:
        """Seconds each message took to be judged; at least so many, for at least so long."""
        took: list[float] = []
        end = monotonic() + seconds
        while len(took) < least or monotonic() < end:
            one = self._next()
            began = perf_counter()
            self.pipeline.submit([one])
            self.pipeline.tick(None)
            took.append(perf_counter() - began)
            PAUSE.wait(0.02)  # fifty messages a second, so that days do not rush by
        return took

    def _next(self) -> Delivery:
        round_, station = divmod(self.count, STATIONS)
        at = self.since + round_ * INTERVAL
        one = [*messages(STATIONS, STATIONS, at)][station]
        self.clock.set(at + INTERVAL)
        self.count += 1
        if self.count % UNREADABLE == 0:
            broken = f"{{{self.count}".encode()  # the same again would be the same message
            return Delivery("http", one.topic, broken, self.clock.now())
        body = json.loads(one.payload)
        self.sent += len(body["readings"])
        if station == 0:
            for told in body["readings"]:
                told["v"] *= 1 if told["p"] == "pH" else 2.9  # between the limit and its triple
        return Delivery("http", one.topic, json.dumps(body).encode(), self.clock.now())


def fault(folder: Path, seconds: float, steps: int) -> Outcome:
    """Load before and during an outage of so many seconds, at least so many messages each."""
    server = InfluxOneServer(folder / "influxdb")
    server.start()
    sink = InfluxOneSink(server.url)
    since = midnight(wall()) - DAY_SECONDS
    clock = StepClock(since)
    made = place(folder / "store", STATIONS, since, clock)
    pipeline = made.pipeline()
    record = StoreRecord(made.engine, lambda: pipeline.registered, lambda: pipeline.series)
    following, stop = Projection(record, sink), Event()
    thread = Thread(target=following.run, args=[stop])
    thread.start()
    load = Load(pipeline, clock, since)
    try:
        before = load.run(seconds / 10, steps)
        server.kill()
        during = load.run(seconds, steps)
        pipeline.tick(None, fill=True)  # what was put off while messages came
        server.start()
        rebuild(record, sink, Wanted(), lambda done, head: None)
        _caught_up(record, following)
        return Outcome(
            load.sent, _stored(made.engine), before, during, following.tally.failed,
            _compared(record, sink),
        )  # fmt: skip
    finally:
        stop.set()
        thread.join(60)
        sink.close()
        server.kill()
        made.engine.dispose()


def _caught_up(record: StoreRecord, following: Projection) -> None:
    """Wait for the follower: it sleeps for up to half a minute, then repeats what it missed."""
    if not waited(lambda: record.position(following.name) >= record.head(), 90):
        raise RuntimeError("the projection did not go on when the server was back")


def _stored(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(reading)).scalar() or 0)


def _compared(record: StoreRecord, sink: InfluxOneSink) -> dict[str, Compared]:
    """By bucket and measurement: every point with all its fields against the record's."""
    written: dict[tuple[Place, str], list[str]] = {}
    after = 0
    while entries := record.follow(after, 500, KINDS):
        after = entries[-1].seq
        lines = [line for entry in entries for line in lines_of(entry)]
        for where, some in by_place(lines, EVERYBODY).items():
            for line in some:
                written.setdefault((where, line[: line.index(",")]), []).append(line)
    compared = {}
    for (where, measurement), lines in written.items():
        expected, found = points_in(lines), sink.points(where, measurement)
        same = sum(found.get(point) == fields for point, fields in expected.items())
        compared[f"{where.bucket} {measurement}"] = Compared(len(expected), same, len(found))
    return compared


def main() -> None:
    """Run once, and print what was counted."""
    parser = argparse.ArgumentParser(description="InfluxDB away under load, then empty")
    parser.add_argument("--minutes", type=float, default=5)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="tolich-influx-") as folder:
        found = fault(Path(folder), given.minutes * 60, 200)
    print(f"readings sent {found.sent:,}, stored {found.stored:,}")
    for name, took in (("before", found.before), ("during", found.during)):
        middle = statistics.median(took) * 1000
        edge = sorted(took)[int(len(took) * 0.99)] * 1000
        print(f"judged, {name}: p50 {middle:.1f} ms, p99 {edge:.1f} ms, {len(took)} messages")
    print(f"writes not confirmed: {found.failed}")
    for name, count in sorted(found.points.items()):
        print(f"{name}: {count.same:,} of {count.expected:,} points, {count.found:,} there")


if __name__ == "__main__":
    main()

"""InfluxDB killed under load and restarted empty: `python -m tests.influx_fault --minutes 5`.

A store takes and judges messages while a projection copies it to a real InfluxDB 1.x with
authentication on. The server is killed, stays away, and comes back with an empty folder. What is
counted: readings in the store against messages sent; how long a message took to be judged before
and during the outage; and after a rebuild each measurement's points against the store.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, perf_counter

import httpx
from sqlalchemy import Engine, func, select

from dashboards.lines import lines_of
from dashboards.places import FINDINGS, RAW, Place, by_place
from dashboards.projection import Projection, Unavailable
from dashboards.rebuilding import Wanted, rebuild
from rules.days import DAY_SECONDS, midnight
from tests.bench.plant import INTERVAL, messages, place
from tests.servers import free_port, need, until_open
from tolich.clock import StepClock, wall
from tolich.pipeline import Pipeline
from tolich.ports import Delivery
from tolich.store.record import StoreRecord
from tolich.store.schema import reading

EVERYBODY = "tolich"
ACCOUNT = ("root", "only-in-this-test")
STATIONS = 4
PAUSE = Event()
_CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = true
"""


class InfluxOneSink:
    """A sink on the `/write` of InfluxDB 1.x, which names a database and a policy."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=10, auth=ACCOUNT)

    def write(self, lines: Sequence[str]) -> None:
        """Raises Unavailable."""
        for where, some in by_place(lines, EVERYBODY).items():
            self._write(where, "\n".join(some).encode())

    def _write(self, where: Place, body: bytes) -> None:
        asked = {"db": where.database, "rp": where.policy, "precision": "s"}
        try:
            answer = self._client.post("/write", params=asked, content=body)
        except httpx.TransportError as failure:
            raise Unavailable(str(failure)) from failure
        if answer.status_code == httpx.codes.NOT_FOUND:
            self._make(where.database)
            answer = self._client.post("/write", params=asked, content=body)
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise Unavailable(answer.text)

    def _make(self, database: str) -> None:
        """Both policies, for ever: the data of this run may be of any age."""
        self.ask(f'CREATE DATABASE "{database}"')
        for policy in (FINDINGS, RAW):
            named = f'"{policy}" ON "{database}" DURATION INF REPLICATION 1'
            self.ask(f"CREATE RETENTION POLICY {named}")

    def ask(self, influxql: str) -> list[dict[str, list[list[int]]]]:
        """The series of one statement."""
        said = self._client.post("/query", data={"q": influxql}).json()
        found: list[dict[str, list[list[int]]]] = said["results"][0].get("series", [])
        return found

    def points(self, where: Place, measurement: str, fields: str) -> int:
        """How many points a measurement holds: every one has this field."""
        name = f'"{where.database}"."{where.policy}"."{measurement}"'
        found = self.ask(f"SELECT count({fields}) FROM {name}")
        return sum(value for value in found[0]["values"][0][1:]) if found else 0

    def close(self) -> None:
        """Release the connections."""
        self._client.close()


@dataclass(slots=True)
class Server:
    """InfluxDB 1.x with authentication, which can be killed and lose everything."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """With an empty folder, and its one account."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        config = self.folder / "influxdb.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, backup=free_port()))
        with (self.folder / "log").open("ab") as log:
            command = [need("influxd"), "run", "-config", str(config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until_open(self.process, self.port)
        made = f"CREATE USER {ACCOUNT[0]} WITH PASSWORD '{ACCOUNT[1]}' WITH ALL PRIVILEGES"
        httpx.post(f"{self.url}/query", data={"q": made}, trust_env=False).raise_for_status()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """At once, as a loss of power would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was counted."""

    sent: int  # readings
    stored: int
    before: list[float]  # seconds from a message to its verdicts
    during: list[float]
    failed: int  # writes that were not confirmed
    points: dict[str, int]  # after the rebuild, in InfluxDB
    expected: dict[str, int]  # by the store: distinct points


@dataclass(slots=True)
class Load:
    """Messages one after another, plant time going with them."""

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
            round_, station = divmod(self.count, STATIONS)
            at = self.since + round_ * INTERVAL
            one = [*messages(STATIONS, STATIONS, at)][station]
            self.clock.set(at + INTERVAL)
            self.count += 1
            self.sent += len(json.loads(one.payload)["readings"])
            began = perf_counter()
            self.pipeline.submit([Delivery("http", one.topic, one.payload, self.clock.now())])
            self.pipeline.tick(None)
            took.append(perf_counter() - began)
            PAUSE.wait(0.02)  # fifty messages a second, so that days do not rush by
        return took


def fault(folder: Path, seconds: float, steps: int) -> Outcome:
    """Load before and during an outage of so many seconds, at least so many messages each."""
    server = Server(folder / "influxdb")
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
        server.start()
        rebuild(record, sink, Wanted(), lambda done, head: None)
        return Outcome(
            load.sent, _stored(made.engine), before, during, following.tally.failed,
            *_counted(record, sink),
        )  # fmt: skip
    finally:
        stop.set()
        thread.join(60)
        sink.close()
        server.kill()
        made.engine.dispose()


def _stored(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(reading)).scalar() or 0)


COUNTED = {"reading": "value", "finding": "state"}


def _counted(record: StoreRecord, sink: InfluxOneSink) -> tuple[dict[str, int], dict[str, int]]:
    """Points in InfluxDB and distinct points of the record, by bucket and measurement."""
    expected: dict[tuple[Place, str], set[tuple[str, str]]] = {}
    after = 0
    while entries := record.follow(after, 500, ("batch", "finding")):
        after = entries[-1].seq
        lines = [line for entry in entries for line in lines_of(entry)]
        for where, some in by_place(lines, EVERYBODY).items():
            for line in some:
                series, _, rest = line.partition(" ")
                key = (where, series[: series.index(",")])
                expected.setdefault(key, set()).add((series, rest.rpartition(" ")[2]))
    found = {
        f"{where.bucket} {name}": sink.points(where, name, f'"{COUNTED[name]}"')
        for where, name in expected
    }
    return found, {f"{where.bucket} {name}": len(of) for (where, name), of in expected.items()}


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
        print(f"{name}: {count:,} of {found.expected[name]:,} points")


if __name__ == "__main__":
    main()

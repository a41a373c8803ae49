"""A store that forwards: stations with TT10 names, wall time to step, and what took the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ingest.topics import tt10_topic
from rules.tt10 import stamp
from tests.cast import CLUSTERS, DAY0, Stage, cast_register, stage
from tolich.forwarding.choice import Choice
from tolich.forwarding.destination import Destination, Outgoing, Sent, Trouble
from tolich.forwarding.follower import Follower
from tolich.forwarding.sender import Manner, Registry, Sender
from tolich.pipeline import Taking
from tolich.ports import EVERYTHING, Delivery, Scope, Shape
from tolich.store.forwarding import Configured, ForwardQueue, configure
from tolich.store.schema import reading, series

NAME = "so-mau"
WALL = 1_800_000_000
PREFIXES = {"MAU01": "HN_MAU01_NUO001", "MAU02": "HN_MAU02_NUO001"}


@dataclass
class Wall:
    """Wall time that moves only when told."""

    now: int = WALL

    def __call__(self) -> int:
        return self.now


@dataclass
class Inbox:
    """A destination that keeps what it takes, in the order of its taking."""

    came: list[tuple[str, bytes]] = field(default_factory=list)
    calls: int = 0
    away: Trouble | None = None
    refuses: dict[str, Trouble] = field(default_factory=dict)  # by folder

    def send(self, files: Sequence[Outgoing]) -> Sent:
        """Take files until one is refused."""
        self.calls += 1
        sent = Sent(trouble=self.away)
        for file in files if self.away is None else ():
            sent.trouble = self.refuses.get(file.folder.split("/")[0])
            if sent.trouble is not None:
                return sent
            self.came.append((f"{file.folder}/{file.name}", file.content))
            sent.receipts.append(f"{len(file.content)} bytes")
        return sent

    def names(self) -> list[str]:
        """The names of what came, without folders."""
        return [path.rpartition("/")[2] for path, _ in self.came]

    def holds(self) -> dict[str, bytes]:
        """What lies there: later files have taken the place of earlier ones."""
        return dict(self.came)


@dataclass
class Play:
    """A store, its pipeline, and one destination with everything that serves it."""

    on: Stage
    taking: Taking  # what stores readings; nothing here waits for verdicts
    destination: Destination
    wall: Wall = field(default_factory=Wall)
    resend: bool = True
    choice: Choice = field(default_factory=lambda: Choice(frozenset(CLUSTERS), date(2026, 1, 1)))

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A start of the writer: nothing is remembered but what the store holds."""
        engine = self.on.engine
        configure(engine, [Configured(NAME, "sftp://a@b:22/up", self.choice.text())])
        self.queue = ForwardQueue(engine, NAME)
        registry = Registry(lambda: self.taking.registered.register, lambda: self.taking.series)
        record = self.on.record(self.taking)
        self.follower = Follower(record, self.queue, self.choice, registry.register)
        manner = Manner("{station}/{yyyy}/{MM}/{dd}", "\r\n", self.resend)
        self.sender = Sender(engine, self.queue, self.destination, manner, registry, self.wall)

    def take(self, *deliveries: Delivery) -> None:
        """Store deliveries, and write down what is owed for them."""
        self.taking.submit(deliveries)
        while self.follower.step():
            pass

    def push(self) -> None:
        """Send until there is nothing more to send now."""
        while self.sender.step():
            pass

    def lines(self, scope: Scope = EVERYTHING, **asked: Any) -> list[Shape]:
        """What the API says, by destination and station."""
        wanted = {"station": None, "destination_name": None, **asked}
        return self.on.reads(self.taking).forwarding(scope, cursor=None, limit=100, **wanted).items

    def line(self, station: str) -> Shape:
        """What the API says of one station."""
        (found,) = self.lines(station=station)
        return found


def registered_stage(folder: Path, now: int) -> Stage:
    """The cast, with TT10 names for two of its stations."""
    of = stage(folder, now)
    mapping = cast_register()
    for name, prefix in PREFIXES.items():
        mapping["stations"][name]["tt10"] = {"prefix": prefix}
    of.enter(mapping)
    return of


def tt10(station: str, at: int, *lines: str) -> Delivery:
    """A TT10 file as a logger sends it; `at` in seconds after DAY0, lines without the time."""
    when = stamp(DAY0 + at)
    text = ""
    for line in lines:
        symbol, value, unit, status = line.split()
        text += f"{symbol}\t{value}\t{unit}\t{when}\t{status}\r\n"
    topic = tt10_topic(CLUSTERS[station], station, f"{PREFIXES[station]}_{when}.txt")
    return Delivery("folder", topic, text.encode(), DAY0 + at)


def cod(station: str, at: int, value: float) -> Delivery:
    """A file with one value of COD."""
    return tt10(station, at, f"COD {value} mg/L 00")


def name_of(station: str, at: int) -> str:
    """The name of a station's file; `at` in seconds after DAY0."""
    return f"{PREFIXES[station]}_{stamp(DAY0 + at)}.txt"


def everything(of: Stage) -> set[tuple[str, str, int, int, int]]:
    """Every reading of a store: station, parameter, instant, value, status."""
    query = select(
        series.c.station, series.c.parameter, reading.c.at, reading.c.value, reading.c.status
    ).join_from(reading, series, series.c.id == reading.c.series)
    with of.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(query)}


def play(folder: Path, destination: Destination, now: int, **more: Any) -> Iterator[Play]:
    """A play on a store of its own, closed afterwards."""
    of = registered_stage(folder, now)
    yield Play(of, of.taking(), destination, **more)
    of.close()

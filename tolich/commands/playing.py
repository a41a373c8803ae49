"""Playing a scenario into a sink, with its truth log beside it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import httpx
from rich.progress import Progress

from rules.days import DAY_SECONDS, OFFSET
from rules.model import Problem, Refused
from simulators.publish import Broker, Publisher
from simulators.scenario.course import Stage, Told, days, stage
from simulators.scenario.hearing import Hearing
from simulators.scenario.injecting import Begun
from simulators.scenario.live import Desk, Order, run_live
from simulators.scenario.sinks import (
    NotTaken,
    Paced,
    Posting,
    Sink,
    as_files,
    into_broker,
    into_folder,
    into_lines,
    pump,
)
from simulators.scenario.truth import Row, daily, first_row, intervals, line, samples
from tolich.clock import RealClock, ScaledClock, wall
from tolich.console import err, out
from tolich.ports import Clock

_TAKEN = re.compile(r"^tolich_messages_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)
LOOK = 0.2
"""Seconds between two looks at what the monitor has taken."""

PATIENCE = 120.0
"""Seconds without progress of the monitor after which it is given up."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where messages go."""

    named: str
    kind: str  # mqtt, http, folder or lines
    broker: Broker
    path: Path | None = None
    url: str = ""
    key_file: Path | None = None
    monitor: str | None = None

    @contextmanager
    def open(self) -> Iterator[tuple[Sink, Sink | None]]:
        """The sink, and what waits until it has taken everything."""
        with ExitStack() as held:
            if self.kind == "mqtt":
                yield into_broker(held.enter_context(Publisher(self.broker)))
            elif self.kind == "http":
                key = None if self.key_file is None else self.key_file.read_text().strip()
                posting = Posting(self.url, key)
                held.callback(posting.close)
                yield posting, None
            elif self.path is not None and self.kind == "folder":
                yield into_folder(self.path), None
            elif self.path is not None:
                file = held.enter_context(self.path.open("w", encoding="utf-8"))
                yield into_lines(file), None


def goal(
    to: str, broker: Broker, folder: Path | None, web: tuple[str, Path | None], monitor: str | None
) -> Goal:
    """Where a command line wants messages to go. Raises Refused."""
    url, key_file = web
    if to == "mqtt":
        return Goal(str(broker), to, broker, monitor=monitor)
    if to == "http":
        return Goal(url, to, broker, url=url, key_file=key_file)
    if to == "folder":
        if folder is None:
            raise Refused([Problem("command line", "--folder", "name the folder for the files")])
        return Goal(str(folder), to, broker, path=folder)
    if to.endswith(".jsonl"):
        return Goal(to, "lines", broker, path=Path(to))
    said = f"expected mqtt, http, folder or a file FILE.jsonl, found {to!r}"
    raise Refused([Problem("command line", "--to", said)])


def play(built: Stage, where: Goal, truth: Path | None, samples: bool) -> None:
    """Play a stage into its goal, and say how much went."""
    if where.kind == "folder":
        scenario = as_files(built.scenario)
        works, tables = built.works.tables, built.instruments.tables
        built = stage(scenario, works, tables, built.catalogue)
    with ExitStack() as held:
        log = Log(held, truth, samples)
        sink, flush = held.enter_context(where.open())
        log.opens(built)
        if built.scenario.speed is None:
            sent = _at_once(built, where, log, (sink, flush))
        else:
            sent = _live(built, where, log, sink)
    out.print(f"{sent} messages to {where.named}")


class Log:
    """The truth log, if one is wanted."""

    def __init__(self, held: ExitStack, path: Path | None, samples: bool) -> None:
        self._file: TextIO | None = None
        self._samples = samples
        if path is not None:
            self._file = held.enter_context(path.open("w", encoding="utf-8"))

    def write(self, rows: Iterator[Row] | list[Row]) -> None:
        """Append rows."""
        if self._file is not None:
            self._file.writelines(line(row) + "\n" for row in rows)
            self._file.flush()

    def opens(self, built: Stage) -> None:
        """What stands at its beginning."""
        if self._file is not None:
            self.write([first_row(built.scenario), *intervals(built)])

    def day(self, built: Stage, told: Told) -> None:
        """What a day adds."""
        if self._file is not None and told.sheets:
            self.write([*daily(built.scenario, told)])
            if self._samples:
                self.write([*samples(built.scenario, told)])


def _at_once(built: Stage, where: Goal, log: Log, into: tuple[Sink, Sink | None]) -> int:
    sink, flush = into
    paced: Paced | None = None if where.monitor is None else Watching(where.monitor)
    sent = 0
    with Progress(console=err) as bar:
        task = bar.add_task(built.scenario.name, total=built.scenario.days)
        for told, messages in days(built):
            sent += pump(messages, sink, _from(paced, sent), flush)
            log.day(built, told)
            bar.update(task, advance=1)
    return sent


@dataclass(frozen=True, slots=True)
class _From:
    """Counts on from what earlier days sent."""

    paced: Paced
    before: int

    def reached(self, due: int, sent: int) -> None:
        self.paced.reached(due, self.before + sent)


def _from(paced: Paced | None, before: int) -> Paced | None:
    return None if paced is None else _From(paced, before)


class Watching:
    """Reads in a monitor's metrics how many messages it has committed since we began."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/metrics"
        self._client = httpx.Client(timeout=10)
        self._began = self._taken()

    def reached(self, due: int, sent: int) -> None:
        """Return once so many messages are committed. Raises NotTaken when it stands still."""
        before, since = -1.0, time.monotonic()
        while (taken := self._taken() - self._began) < sent:
            if taken > before:
                before, since = taken, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                said = f"{taken:.0f} of {sent} messages committed, and no more for {PATIENCE:g} s"
                raise NotTaken(f"{self._url}: {said}")
            time.sleep(LOOK)

    def _taken(self) -> float:
        try:
            text = self._client.get(self._url).raise_for_status().text
        except httpx.HTTPError as error:
            raise NotTaken(f"no monitor at {self._url}: {error}; is it running?") from error
        return sum(float(count) for count in _TAKEN.findall(text))


@dataclass(frozen=True, slots=True)
class Shifted:
    """A clock that runs ahead of another, or behind it."""

    clock: Clock
    by: int

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        return self.clock.now() + self.by


def pace(built: Stage, speed: float) -> Clock:
    """The plant's clock: it begins now if the scenario holds now, else when the scenario does."""
    now = wall()
    start = built.scenario.first * DAY_SECONDS - OFFSET
    held = start <= now < start + built.scenario.days * DAY_SECONDS
    clock: Clock = RealClock() if speed == 1.0 else ScaledClock(now, speed)
    return clock if held else Shifted(clock, start - now)


def _live(built: Stage, where: Goal, log: Log, sink: Sink) -> int:
    speed = built.scenario.speed or 1.0
    stop = threading.Event()
    with ExitStack() as held:
        orders: Callable[[], Order | None] = _nobody
        if where.kind == "mqtt":
            hearing = Hearing(replace(where.broker, client_id=""), lambda one: _note(log, one))
            orders = held.enter_context(hearing).next
        out.print(f"{built.scenario.name} to {where.named}; Ctrl-C ends it")
        desk = Desk(
            clock=pace(built, speed),
            wait=lambda seconds: stop.wait(seconds / speed),
            orders=orders,
            sink=sink,
            told=log.day,
        )
        return run_live(built, desk)


def _nobody() -> Order | None:
    return None


def _note(log: Log, begun: Begun) -> None:
    log.write([*begun.rows])

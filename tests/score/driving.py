"""One run: broker, writer and web as processes, messages at full speed, plant time behind them."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rules.days import HOUR_SECONDS, midnight
from rules.roles import Role
from simulators.message import Outgoing
from simulators.publish import Broker, Publisher
from simulators.scoring.gathering import ApiAnswers
from simulators.scoring.seen import Shape
from tests.callers import caller
from tests.end_to_end.monitor import ROOT, listening, until
from tests.score.planttime import PlantTime
from tests.servers import Mosquitto, free_port
from tolich.accounts import StoreAccounts
from tolich.app import Place, prepare
from tolich.ports import AccountAsked
from tolich.settings import load_settings

STEP = 300
"""Plant seconds after which everything published must have been committed."""

SETTLES = 660
"""Plant seconds after each hour at which everything that has closed must have been judged."""

PATIENCE = 300.0
"""Seconds for anything the monitor is waited for."""

CHECKPOINTS = (6, 12, 18)
"""Local hours at which outlooks are kept."""

WINDOW = 2000

Progress = Callable[[int], None]
"""Told the plant time that has been reached."""


@dataclass(slots=True)
class Ran:
    """A run that has ended, its web process still there to be asked."""

    data: Path
    api: str
    key: str
    messages: int
    seconds: float
    outlooks: list[Shape] = field(default_factory=list)


@contextmanager
def ran(
    folder: Path,
    register: Mapping[str, Any],
    messages: Iterable[Outgoing],
    start: int,
    end: int,
    progress: Progress = lambda _: None,
    outlooks_from: int | None = None,
) -> Iterator[Ran]:
    """Everything sent, committed and judged; leaving ends the processes."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = PlantTime(folder / "time", start)
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder / "mosquitto"))
        settings, port = _settings(folder, register, broker.port), free_port()
        _change(settings, {"http": {"port": port}})
        key = _officer(settings, clock)
        for what in ("writer", "web"):
            stack.callback(_end, _started(folder, what, settings))
        answers = ApiAnswers(f"http://127.0.0.1:{port}", key)
        stack.callback(answers.close)
        until(lambda: clock.settled >= start, "the writer looks at the time", PATIENCE)
        until(lambda: listening(port), "the web process listens", PATIENCE)
        began = time.perf_counter()
        found = Ran(folder / "data", f"http://127.0.0.1:{port}", key, 0, 0.0)
        drive = _Drive(clock, found, answers, sorted(register["stations"]), outlooks_from)
        publisher = stack.enter_context(
            Publisher(Broker(port=broker.port, client_id="stations"), window=WINDOW)
        )
        drive.whole(publisher, messages, start, end, progress)
        found.seconds = time.perf_counter() - began
        yield found


@dataclass(slots=True)
class _Drive:
    clock: PlantTime
    found: Ran
    answers: ApiAnswers
    stations: list[str]
    outlooks_from: int | None

    def whole(
        self, publisher: Publisher, messages: Iterable[Outgoing], start: int, end: int,
        progress: Progress,
    ) -> None:  # fmt: skip
        for step, batch in itertools.groupby(messages, lambda one: (one.due - start) // STEP):
            self.pass_until(start + step * STEP, progress)
            for message in batch:
                self.clock.set(message.due)
                publisher.send(message)
                self.found.messages += 1
            self._committed()
        self.pass_until(end + HOUR_SECONDS, progress)
        publisher.drain()

    def pass_until(self, target: int, progress: Progress) -> None:
        """Step the time, stopping whenever an hour has closed until it has been judged."""
        now = self.clock.now()
        for at in range(_next_settling(now), target + 1, HOUR_SECONDS):
            self.clock.set(at)
            self._settled(at)
            self._keep_outlooks(at)
            progress(at)
        self.clock.set(target)

    def _committed(self) -> None:
        count = self.found.messages
        _spun(lambda: self.clock.taken >= count, f"{count} messages are committed")

    def _settled(self, at: int) -> None:
        _spun(lambda: self.clock.settled >= at, "what is due has been judged")

    def _keep_outlooks(self, at: int) -> None:
        hour = (at - midnight(at)) // HOUR_SECONDS
        if self.outlooks_from is None or at < self.outlooks_from or hour not in CHECKPOINTS:
            return
        for station in self.stations:
            self.found.outlooks += self.answers.outlooks(station)


def _next_settling(now: int) -> int:
    return now - (now - SETTLES) % HOUR_SECONDS + HOUR_SECONDS


def _spun(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE:g} s: {what}")
        time.sleep(0.001)


def _settings(folder: Path, register: Mapping[str, Any], mqtt: int) -> Path:
    file, path = folder / "register.yaml", folder / "tolich.yaml"
    file.write_text(yaml.safe_dump(dict(register), allow_unicode=True), encoding="utf-8")
    told = {
        "data": str(folder / "data"), "register": [str(file)], "mqtt": {"port": mqtt},
        "min_free_mb": 10,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


def _change(settings: Path, more: Mapping[str, Any]) -> None:
    told = yaml.safe_load(settings.read_text(encoding="utf-8")) | dict(more)
    settings.write_text(yaml.safe_dump(told), encoding="utf-8")


def _officer(settings: Path, clock: PlantTime) -> str:
    """The API key of somebody who sees every station."""
    place = Place(load_settings(settings), clock)
    prepare(place)
    register = place.registered().register
    accounts = StoreAccounts(place.engine, lambda: register, place.clock)
    asked = AccountAsked(Role.CITY_OFFICER, "Sở (mẫu)")
    accounts.create(caller(), "officer", asked, "mật khẩu để thử")
    made = accounts.new_key(caller(), "officer", "score", None, 1)
    place.engine.dispose()
    assert made is not None
    return str(made["key"])


def _started(folder: Path, what: str, settings: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.score.process", what, str(settings)]
    with (folder / f"{what}.log").open("ab") as log:
        return subprocess.Popen(  # the web ends when its standard input is closed
            [*command, str(folder / "time")], cwd=ROOT, stdin=subprocess.PIPE, stdout=log,
            stderr=log,
        )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)

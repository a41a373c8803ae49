"""A demonstration as the tests run it: one for all that look at it, on ports of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rules.days import HOUR_SECONDS, day_start
from tests.end_to_end.monitor import Api, start_tolich
from tests.servers import free_port

STOPS_WITHIN = 15.0


@contextmanager
def running(folder: Path, *more: str) -> Iterator[Demo]:
    """A demonstration on free ports, with its data in a folder; it ends with the block."""
    folder.mkdir(exist_ok=True)
    http, mqtt = free_port(), free_port()
    options = ("--http-port", str(http), "--mqtt-port", str(mqtt))
    begun = time.monotonic()
    where = ("--headless", "--data", str(folder))
    process = start_tolich(folder / "log", "demo", *where, *options, *more)
    api = Api(f"http://127.0.0.1:{http}")
    try:
        yield Demo(process, folder, (http, mqtt), begun, api)
    finally:
        api.close()
        process.send_signal(signal.SIGINT)  # nothing, when somebody has stopped it already
        process.wait(STOPS_WITHIN)


def judged(demo: Demo) -> bool:
    """Whether the whole history is judged; raises AssertionError when it has ended instead."""
    return alive(demo) and "live after" in demo.log()


class Demo(NamedTuple):
    """A demonstration that runs."""

    process: subprocess.Popen[bytes]
    folder: Path
    ports: tuple[int, int]  # of HTTP and of MQTT
    begun: float  # monotonic
    api: Api

    @property
    def today(self) -> date:
        """The local day on which it began: from then on its stations report every minute."""
        register = yaml.safe_load((self.folder / "register.yaml").read_text(encoding="utf-8"))
        return date.fromisoformat(str(register["stations"]["MAU05"]["interval"][1]["from"]))

    def at(self, days_ago: int, hour: int = 0) -> int:
        """A local hour some days before that day."""
        return day_start(self.today - timedelta(days=days_ago)) + hour * HOUR_SECONDS

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def transitions(self) -> list[dict[str, Any]]:
        """Every transition on record."""
        found: list[dict[str, Any]] = []
        after: Any = 0
        while after is not None:
            page = self.api.get("transitions", after=after, limit=1000)
            found += page["items"]
            after = page["next"]
        return found


def alive(demo: Demo) -> bool:
    """True; raises AssertionError with what it said when it has ended."""
    assert demo.process.poll() is None, f"tolich demo ended:\n{demo.log()}"
    return True


def known(demo: Demo) -> bool:
    """Whether the demonstration has told who may ask; from then on an officer asks."""
    told = demo.folder / "demo.json"
    if not told.exists():
        return False
    demo.api.ask_as(json.loads(told.read_text(encoding="utf-8"))["accounts"]["officer"]["api_key"])
    return True

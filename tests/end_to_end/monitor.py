"""`tolich serve` as a process of its own, and the clients that look at it from outside."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import yaml

from rules.days import local_date
from rules.roles import Role
from tests.callers import caller
from tests.servers import free_port
from tolich.accounts import StoreAccounts
from tolich.app import Place, prepare
from tolich.clock import RealClock, wall
from tolich.ports import AccountAsked
from tolich.settings import load_settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "register.yaml"

PATIENCE = 60.0
"""Seconds for anything to come true on a busy machine; what is awaited mostly takes one."""

_LOOK = 0.02  # seconds between two looks at a condition

Found = TypeVar("Found")


def until(found: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Look again and again until `found` gives something true, and return that.

    Raises AssertionError, naming `what` was awaited, when it does not in so many seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(_LOOK)


def recent_register(
    folder: Path, days: int, stations: Iterable[str] = (), parameters: Iterable[str] = ()
) -> Path:
    """The example register, its stations since some days ago; `stations` and `parameters` choose.

    Permits and plants stay as they are: they may limit what the chosen stations do not measure.
    """
    register: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    first = local_date(wall()) - timedelta(days=days)
    chosen = {key: one for key, one in register["stations"].items() if key in (stations or [key])}
    for station in chosen.values():
        station["from"] = first
        if parameters:
            station["series"] = {key: station["series"][key] for key in parameters}
            station.pop("tt10")
    register["stations"] = chosen
    path = folder / "register.yaml"
    path.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    return path


def start_tolich(log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A `tolich` command as a process of its own; what it says is added to a file."""
    command = [sys.executable, "-m", "tolich", *arguments]
    with log.open("ab") as file:
        return subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=file, stderr=file)


@cache
def _environment() -> dict[str, str]:
    """Ours, but where Python may keep nothing compiled it still does so for this test run.

    Compiling everything anew takes longer than starting; these tests start many times.
    """
    kept = dict(os.environ)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = mkdtemp(prefix="tolich-compiled-")
        atexit.register(shutil.rmtree, kept["PYTHONPYCACHEPREFIX"], ignore_errors=True)
    return kept


def listening(port: int) -> bool:
    """Whether anybody takes connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Api:
    """The API as a program sees it. Lists come whole, page after page."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=20.0)

    def ask_as(self, key: str) -> None:
        """Send an API key from now on."""
        self.http.headers["Authorization"] = f"Bearer {key}"

    def close(self) -> None:
        """Let the connections go."""
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON behind a path under /api/v1. Raises httpx.HTTPStatusError."""
        answer = self.http.get(f"/api/v1/{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every entry of a list."""
        return list(self._each(path, query))

    def _each(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(path, limit=1000, **query, **cursor)
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def status(self, path: str) -> int:
        """The HTTP status of a path; 0 while nobody answers."""
        try:
            return self.http.get(path).status_code
        except httpx.TransportError:
            return 0


class Monitor:
    """A monitor with a folder of its own. Entering starts it, leaving stops it in good order."""

    def __init__(
        self, folder: Path, mqtt: int, register: Path, watched: Path | None = None,
        store: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.data = folder / "data"
        self.port = free_port()
        self.api = Api(f"http://127.0.0.1:{self.port}")
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = folder / "tolich.yaml"
        self._log = folder / "serve.log"
        told = {
            "data": str(self.data),
            "register": [str(register)],
            "mqtt": {"port": mqtt},
            "http": {"port": self.port},
            "folder": None if watched is None else str(watched),
            "min_free_mb": 10,
            **(store or {}),
        }
        self.settings.write_text(yaml.safe_dump(told), encoding="utf-8")
        self.keys: dict[str, str] = {}  # of an officer who sees all, and of every station

    def __enter__(self) -> Self:
        self.start()
        self.until_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.api.close()
        if self.process is None:
            return
        if kind is None:
            self.stop()
        else:
            self.kill()

    def start(self) -> None:
        """Start; returns at once. The first time there are accounts before it does."""
        if not self.keys:
            self.keys = _accounts(self.settings)
            self.api.ask_as(self.keys["officer"])
        self.process = start_tolich(self._log, "serve", "--settings", str(self.settings))

    def until_ready(self) -> None:
        """Wait until the writer lives, the store is sound and the API says so."""
        until(self._ready, "the API answers /readyz with 200")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"tolich serve ended:\n{self.log()}"
        return self.api.status("/readyz") == 200

    def kill(self) -> None:
        """SIGKILL, as a crash would; its web process is left to notice by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def stop(self) -> None:
        """Stop in good order, the web process too. Raises AssertionError when it did not."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        ended = self.process.wait(PATIENCE)
        self.process = None
        assert ended == 0, f"tolich serve ended with {ended}:\n{self.log()}"
        until(lambda: not listening(self.port), "the API's port is let go")

    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text(encoding="utf-8")


def _accounts(settings: Path) -> dict[str, str]:
    """API keys of an officer and of a sender for all stations, made as the command line does."""
    place = Place(load_settings(settings), RealClock())
    prepare(place)
    register = place.registered().register
    accounts = StoreAccounts(place.engine, lambda: register, place.clock)
    by = caller()
    accounts.create(by, "officer", AccountAsked(Role.CITY_OFFICER, "Sở (mẫu)"), "mật khẩu để thử")
    accounts.create(by, "station", AccountAsked(Role.STATION, clusters=list(register.clusters)))
    made = {name: accounts.new_key(by, name, "test", None, 1) for name in ("officer", "station")}
    place.engine.dispose()
    return {name: shape["key"] for name, shape in made.items() if shape}

"""Real servers for line protocol, each on a free loopback port with a folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import httpx
import pytest

from dashboards.projection import Unavailable

DATABASE = "tolich"
_START_SECONDS = 30.0

_INFLUXD_CONFIG = """\
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
"""


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listened on a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def influxdb_one(folder: Path) -> Iterator[InfluxOne]:
    """Debian's InfluxDB 1.x with an empty database; skips when it is not installed."""
    program = _program("influxd")
    port, backup = free_ports(2)
    config = folder / "influxdb.conf"
    config.write_text(_INFLUXD_CONFIG.format(folder=folder, port=port, backup=backup))
    with _running([program, "run", "-config", str(config)], folder):
        url = f"http://127.0.0.1:{port}"
        _await_answer(f"{url}/ping", folder)
        with _client(url) as client:
            server = InfluxOne(client)
            server.create()
            yield server


@contextmanager
def victoria_metrics(folder: Path, port: int | None = None) -> Iterator[VictoriaMetrics]:
    """Debian's VictoriaMetrics, which takes `/api/v2/write`; skips when it is not installed."""
    program = _program("victoria-metrics")
    port = port or free_ports(1)[0]
    options = (
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder}/data",
        "-retentionPeriod=100y",
        "-memory.allowedBytes=64MB",
    )
    with _running([program, *options], folder):
        url = f"http://127.0.0.1:{port}"
        _await_answer(f"{url}/health", folder)
        with _client(url) as client:
            yield VictoriaMetrics(client)


class InfluxOne:
    """InfluxDB 1.x. Its `/write` takes the lines that `/api/v2/write` of later versions takes."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def create(self) -> None:
        """Make the database, empty."""
        for statement in ("DROP", "CREATE"):
            answer = self._client.post("/query", params={"q": f"{statement} DATABASE {DATABASE}"})
            answer.raise_for_status()

    def write(self, lines: Sequence[str]) -> None:
        """A LineSink."""
        answer = self._client.post(
            "/write", params={"db": DATABASE, "precision": "s"}, content="\n".join(lines).encode()
        )
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise Unavailable(answer.text)

    def query(self, influxql: str) -> list[dict[str, Any]]:
        """The series of one statement's result; times are epoch seconds."""
        answer = self._client.get(
            "/query", params={"db": DATABASE, "epoch": "s", "q": influxql}
        ).json()
        (result,) = answer["results"]
        assert "error" not in result, f"{influxql}: {result['error']}"
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def rows(self, influxql: str) -> list[dict[str, Any]]:
        """Every row of a result as a mapping, tags included."""
        return [
            dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
            for series in self.query(influxql)
            for values in series["values"]
        ]


class VictoriaMetrics:
    """VictoriaMetrics, read back through its own API."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def exported(self, metric: str) -> list[dict[str, Any]]:
        """Every stored series of a metric: its labels, values and times in milliseconds."""
        # Fresh points wait in memory for a moment; this makes them readable at once.
        self._client.get("/internal/force_flush").raise_for_status()
        answer = self._client.get("/api/v1/export", params={"match[]": metric})
        answer.raise_for_status()
        return [httpx.Response(200, text=line).json() for line in answer.text.splitlines()]


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=10)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; 'make services' installs it")
    return found


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(url: str, folder: Path) -> None:
    """Ask until the server answers; another program's start gives nothing to wait on."""
    end = monotonic() + _START_SECONDS
    pause = Event()
    while monotonic() < end:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pause.wait(0.05)
    pytest.fail(f"{url} did not answer; its log:\n{(folder / 'log').read_text()[-3000:]}")

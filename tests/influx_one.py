"""Debian's InfluxDB 1.x with authentication, which can be killed, and a sink on its `/write`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from dashboards.influx import PARTIAL
from dashboards.places import FINDINGS, RAW, Place, by_place
from dashboards.projection import PartlyWritten, Unavailable
from tests.servers import free_port, need, until_open

EVERYBODY = "tolich"
ACCOUNT = ("root", "only-in-this-test")

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

Point = tuple[str, int]
"""Measurement with its tags as line protocol has them but for escapes, and epoch seconds."""


class InfluxOneSink:
    """A sink on the `/write` of InfluxDB 1.x, which names a database and a policy."""

    def __init__(self, url: str, kept: str = "INF") -> None:
        """`kept` is how long readings are kept, as InfluxQL writes a duration."""
        self._kept = kept
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=10, auth=ACCOUNT)
        self._making = Lock()

    def write(self, lines: Sequence[str]) -> None:
        """Raises Unavailable, or PartlyWritten; of several buckets the first one's."""
        for where, some in by_place(lines, EVERYBODY).items():
            self._write(where, "\n".join(some).encode())

    def _write(self, where: Place, body: bytes) -> None:
        asked = {"db": where.database, "rp": where.policy, "precision": "s"}
        try:
            answer = self._client.post("/write", params=asked, content=body)
            if "database not found" in answer.text or "policy not found" in answer.text:
                self._make(where.database)
                answer = self._client.post("/write", params=asked, content=body)
        except httpx.TransportError as failure:
            raise Unavailable(str(failure)) from failure
        if partial := PARTIAL.search(answer.text):
            raise PartlyWritten(int(partial[1]), answer.text)
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise Unavailable(answer.text)

    def _make(self, database: str) -> None:
        """Both policies, findings first.

        Under a lock, since two threads may write to a server that came back empty, and one would
        find the database of the other without its policies.
        """
        with self._making:
            self.ask(f'CREATE DATABASE "{database}" WITH DURATION INF NAME "{FINDINGS}"')
            raw = f'"{RAW}" ON "{database}" DURATION {self._kept} REPLICATION 1'
            self.ask(f"CREATE RETENTION POLICY {raw}")

    def ask(self, influxql: str) -> list[dict[str, Any]]:
        """The series of one statement; times are epoch seconds. Raises Unavailable.

        A server that has just come back knows no account yet, and refuses everybody.
        """
        answer = self._client.post("/query", params={"epoch": "s"}, data={"q": influxql})
        if "results" not in answer.json():
            raise Unavailable(answer.text)
        (result,) = answer.json()["results"]
        found: list[dict[str, Any]] = result.get("series", [])
        return found

    def points(self, where: Place, measurement: str) -> dict[Point, dict[str, float]]:
        """Every point of a measurement with its fields."""
        name = f'"{where.database}"."{where.policy}"."{measurement}"'
        points: dict[Point, dict[str, float]] = {}
        for series in self.ask(f"SELECT * FROM {name} GROUP BY *"):
            tags = sorted((tag, value) for tag, value in series["tags"].items() if value)
            key = ",".join([measurement, *(f"{tag}={value}" for tag, value in tags)])
            for at, *values in series["values"]:
                named = zip(series["columns"][1:], values, strict=True)
                points[key, at] = {field: value for field, value in named if value is not None}
        return points

    def close(self) -> None:
        """Release the connections."""
        self._client.close()


def points_in(lines: Sequence[str]) -> dict[Point, dict[str, float]]:
    """What a server must hold after these lines, written in their order.

    Points of one series and second are merged by field, as InfluxDB does it.
    """
    points: dict[Point, dict[str, float]] = {}
    for line in lines:
        series, fields, at = re.split(r"(?<!\\) ", line)
        measurement, *tags = re.split(r"(?<!\\),", series)
        pairs = (field.split("=") for field in fields.split(","))
        values = {name: float(value.removesuffix("i")) for name, value in pairs}
        key = re.sub(r"\\(.)", r"\1", ",".join([measurement, *sorted(tags)]))
        points.setdefault((key, int(at)), {}).update(values)
    return points


@dataclass(slots=True)
class InfluxOneServer:
    """InfluxDB 1.x with authentication, which can be killed and lose everything."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """With an empty folder, and its one account. Skips where it is not installed."""
        program = need("influxd")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        config = self.folder / "influxdb.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, backup=free_port()))
        with (self.folder / "log").open("ab") as log:
            command = [program, "run", "-config", str(config)]
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

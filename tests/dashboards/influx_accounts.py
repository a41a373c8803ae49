"""Debian's InfluxDB 1.x with authentication on: a database a cluster, and accounts that read."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dashboards.places import by_place
from tests.servers import free_port, need, until_open

ADMIN = ("root", "only-in-this-test")
OFFICER = ("officer", "only-in-this-test-too")

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


class Refused(Exception):
    """The server answered with an error of its own."""


@dataclass(frozen=True, slots=True)
class Influx:
    """One server, as somebody with an account sees it."""

    url: str
    account: tuple[str, str]

    def asking(self, name: str) -> Influx:
        """The same server, asked by another account with the officer's kind of password."""
        return Influx(self.url, (name, OFFICER[1]))

    def query(self, influxql: str, database: str = "tolich") -> list[dict[str, Any]]:
        """The series of one statement; times are epoch milliseconds, as Grafana asks for them."""
        answer = httpx.post(
            f"{self.url}/query",
            params={"db": database, "epoch": "ms"},
            data={"q": influxql},
            auth=self.account,
            trust_env=False,
            timeout=30,
        )
        said = answer.json()
        if "error" in said:
            raise Refused(said["error"])
        (result,) = said["results"]
        if "error" in result:
            raise Refused(result["error"])
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def rows(self, influxql: str, database: str = "tolich") -> list[dict[str, Any]]:
        """Every row as a mapping, tags included."""
        return [
            dict(zip(series["columns"], row, strict=True)) | series.get("tags", {})
            for series in self.query(influxql, database)
            for row in series["values"]
        ]

    def write(self, lines: Sequence[str]) -> None:
        """A LineSink on the layout of docs/influxdb.md: findings twice, readings once."""
        for place, some in by_place(lines, "tolich").items():
            answer = httpx.post(
                f"{self.url}/write",
                params={"db": place.database, "rp": place.policy, "precision": "s"},
                content="\n".join(some).encode(),
                auth=self.account,
                trust_env=False,
                timeout=30,
            )
            assert answer.status_code == httpx.codes.NO_CONTENT, answer.text


@contextmanager
def influxdb_with_accounts(folder: Path, clusters: Sequence[str]) -> Iterator[Influx]:
    """A server with the databases of these clusters; skips where it is not installed.

    The account `officer` reads everything; an account named after a cluster reads that alone.
    """
    port, backup = free_port(), free_port()
    config = folder / "influxdb.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, backup=backup))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [need("influxd"), "run", "-config", str(config)], stdout=log, stderr=log
        )
    try:
        until_open(process, port)
        server = Influx(f"http://127.0.0.1:{port}", ADMIN)
        _furnish(server, clusters)
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _furnish(server: Influx, clusters: Sequence[str]) -> None:
    server.query(f"CREATE USER {ADMIN[0]} WITH PASSWORD '{ADMIN[1]}' WITH ALL PRIVILEGES")
    server.query(f"CREATE USER {OFFICER[0]} WITH PASSWORD '{OFFICER[1]}'")
    for database in ("tolich", *clusters):
        server.query(f'CREATE DATABASE "{database}" WITH DURATION INF NAME "findings"')
        server.query(f'GRANT READ ON "{database}" TO {OFFICER[0]}')
    for cluster in clusters:
        server.query(f'CREATE RETENTION POLICY "raw" ON "{cluster}" DURATION INF REPLICATION 1')
        server.query(f"CREATE USER \"{cluster}\" WITH PASSWORD '{OFFICER[1]}'")
        server.query(f'GRANT READ ON "{cluster}" TO "{cluster}"')

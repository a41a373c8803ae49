"""A real PostgreSQL for the tests: Debian's, in a folder of its own, on a loopback port."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest
from psycopg import sql

from tests.servers import free_port, until_open

PASSWORD = "khóa-thử-7%:@/"  # what a URL cannot hold unquoted

_SECONDS = 60.0

# As awkward as a database may be: it sorts as Vietnamese does, and commits lazily by default.
_CLUSTER = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=vi")
_RULES = """\
local all all trust
host all postgres 127.0.0.1/32 trust
host all tolich 127.0.0.1/32 scram-sha-256
"""


def programs() -> Path:
    """The folder of Debian's PostgreSQL; skips the test, by name, where it is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version, reverse=True)
    found = [*versions, *map(Path, filter(None, [shutil.which("initdb")]))]
    if not found:
        pytest.skip("postgresql is not installed: make services")
    return found[0].parent


def _version(path: Path) -> int:
    name = path.parents[1].name
    return int(name) if name.isdigit() else 0


def _unprivileged() -> list[str]:
    """What lets a command run as another user where we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


class Postgres:
    """A server with the user `tolich`, who needs a password. Leaving ends it at once.

    `durable` False: nothing is flushed to the disk, which survives its own crash all the same.
    With a `configuration` of its own it has that, and only its port and folder from here.
    """

    def __init__(self, *, durable: bool = False, configuration: Path | None = None) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tolich-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._configuration: Path | None = None
        if configuration is not None:  # where the server's own user may read it
            self._configuration = self.folder / "postgresql.conf"
            self._configuration.write_bytes(configuration.read_bytes())
            self._configuration.chmod(0o644)
        self._bin = programs()
        self._names = itertools.count(1)

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.cluster, "-U", "postgres", "-A", "trust", *_CLUSTER)
        (self.folder / "cluster" / "pg_hba.conf").write_text(_RULES, encoding="ascii")
        self.start()
        with self.master() as connection:
            role = sql.SQL("CREATE ROLE tolich LOGIN CREATEDB PASSWORD {}").format(PASSWORD)
            connection.execute(role)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def cluster(self) -> str:
        """Where the server keeps everything."""
        return str(self.folder / "cluster")

    def start(self) -> None:
        """Start, and wait until it answers queries."""
        command = [*_unprivileged(), str(self._bin / "postgres"), "-D", self.cluster]
        for name, value in self._options().items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until_open(self.process, self.port)
        while not self._answers():
            try:
                self.process.wait(0.02)  # a pause that ends at once when the server does
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(self.log())

    def _options(self) -> dict[str, object]:
        place = {
            "port": self.port, "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
        }  # fmt: skip
        if self._configuration is not None:
            return {**place, "config_file": self._configuration}
        lazy = "on" if self._durable else "off"
        return {
            **place, "max_connections": 60, "fsync": lazy, "full_page_writes": lazy,
            "synchronous_commit": "off", "shared_buffers": "64MB", "autovacuum": "off",
            "restart_after_crash": "off", "logging_collector": "off",
        }  # fmt: skip

    def stop(self) -> None:
        """End in good order; connections are cut."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End at once, without writing anything down: the next start recovers."""
        self._end(signal.SIGQUIT)

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def master(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the server's owner, outside any transaction."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, autocommit=True
        )

    def database(self, template: str | None = None) -> str:
        """A new database of `tolich`, empty or as another one; returns its name."""
        name = f"store_{os.getpid()}_{next(self._names)}"
        command = sql.SQL("CREATE DATABASE {} OWNER tolich").format(sql.Identifier(name))
        if template is not None:
            command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self.master() as connection:
            connection.execute(command)
        return name

    def drop(self, name: str) -> None:
        """Away with a database, whoever is still connected."""
        with self.master() as connection:
            gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(gone.format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """How the settings name a database: without the password."""
        return f"postgresql://tolich@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        try:
            self.master().close()
        except psycopg.OperationalError:  # it is still starting, or recovering
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [*_unprivileged(), str(self._bin / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, timeout=_SECONDS, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(_SECONDS)
        self.process = None


@cache
def shared_server() -> Postgres:
    """One server for all tests of this process, ended with it."""
    server = Postgres()
    server.__enter__()
    atexit.register(server.__exit__, None, None, None)
    return server

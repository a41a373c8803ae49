"""Real servers for the tests, each on a free loopback port with a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

DEPLOY = Path(__file__).parent.parent / "deploy"

_SECONDS = 20.0
"""How long a server may take to start or stop, and a client to finish."""

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # where Debian puts servers; not on everybody's PATH


def need(program: str) -> str:
    """The full path of a program; skips the test, by name, where it is not installed."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    if found is None:
        pytest.skip(f"{program} is not installed: make services")
    return found


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def run(command: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A program that ends by itself; its output is captured, its exit status not judged."""
    return subprocess.run(command, input=stdin, capture_output=True, timeout=_SECONDS, check=False)


def until_open(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a server that was just started takes connections."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(timeout=0.02)  # a pause that ends at once when the server does
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"{process.args!r} ended with {process.returncode}") from None
        return
    raise AssertionError(f"{process.args!r} did not open port {port} within {_SECONDS} s")


class Mosquitto:
    """Debian's broker with the configuration we ship; only places and accounts are replaced.

    Without `accounts` (password by name) anybody may do anything; with them the ACL template
    holds. `extra` lines end up in the configuration's listener section.
    """

    def __init__(
        self, folder: Path, accounts: Mapping[str, str] | None = None, extra: Sequence[str] = ()
    ) -> None:
        self.program = need("mosquitto")
        self.folder = folder
        self.accounts = accounts
        self.extra = extra
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        (self.folder / "store").mkdir(parents=True)
        (self.folder / "mosquitto.conf").write_text(self._configuration(), encoding="utf-8")
        if self.accounts is not None:
            self._write_passwords(self.accounts)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            command = [self.program, "-c", str(self.folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until_open(self.process, self.port)

    def stop(self) -> None:
        """Let it end in good order: it writes down what it holds."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop in good order, and start with the same port and folder."""
        self.stop()
        self.start()

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def publish(self, topic: str, payload: bytes, *options: str) -> int:
        """Publish at QoS 1 with a client that is not ours; its exit status.

        `options` are further ones of mosquitto_pub, such as "-r" or "-u", "name".
        """
        command = [need("mosquitto_pub"), "-p", str(self.port), "-q", "1", "-t", topic]
        return run([*command, "-s", *options], payload).returncode

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=_SECONDS)
            self.process = None

    def _configuration(self) -> str:
        shipped = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
        ours = {
            "listener": f"{self.port} 127.0.0.1",
            "certfile": None,  # TLS has tests of its own
            "keyfile": None,
            "tls_version": None,
            "persistence_location": f"{self.folder / 'store'}/",
            "allow_anonymous": "true" if self.accounts is None else "false",
            "password_file": None if self.accounts is None else str(self.folder / "passwd"),
            "acl_file": None if self.accounts is None else str(DEPLOY / "mosquitto/acl.example"),
        }
        lines = []
        for line in shipped.splitlines():
            option = line.partition(" ")[0]
            if option not in ours:
                lines.append(line)
            elif ours[option] is not None:
                lines.append(f"{option} {ours[option]}")
            if option == "listener":
                lines += self.extra
        # Started by root, it would become another user, who may not write here.
        return "\n".join([*lines, "user root", ""])

    def _write_passwords(self, accounts: Mapping[str, str]) -> None:
        file = self.folder / "passwd"
        file.write_text("".join(f"{n}:{p}\n" for n, p in accounts.items()), encoding="utf-8")
        done = run([need("mosquitto_passwd"), "-U", str(file)])
        assert done.returncode == 0, done.stderr

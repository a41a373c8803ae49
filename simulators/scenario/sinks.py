"""Where messages go: a broker, a folder of files, the HTTP endpoint, or lines of a file."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import quote, urlsplit

from rules.days import HOUR_SECONDS
from simulators.jsonl import line
from simulators.message import Outgoing
from simulators.publish import Publisher
from simulators.scenario.spec import Scenario

ATTEMPTS = 2
"""A kept connection may have been closed meanwhile: it is opened once more."""

Sink = Callable[[Outgoing], None]
"""Takes one message; returns once it has left our hands."""


class Paced(Protocol):
    """A monitor that says how far it is, for runs as fast as possible."""

    def reached(self, due: int, sent: int) -> None:
        """Return once the `sent` messages of this run, up to plant time `due`, are committed."""


class NotTaken(Exception):
    """The monitor's HTTP endpoint cannot be reached, or refused us."""


def pump(
    messages: Iterable[Outgoing], sink: Sink, paced: Paced | None = None, flush: Sink | None = None
) -> int:
    """Hand everything over; how many. With `paced` each hour of plant time waits for its commit.

    `flush` is called with the last message before each such wait.
    """
    sent, hour, last = 0, None, None
    for message in messages:
        now = message.due // HOUR_SECONDS
        if paced is not None and hour is not None and now != hour and last is not None:
            if flush is not None:
                flush(last)
            paced.reached(now * HOUR_SECONDS, sent)
        hour, last = now, message
        sink(message)
        sent += 1
    if last is not None and flush is not None:
        flush(last)
    if paced is not None and last is not None:
        paced.reached(last.due, sent)
    return sent


def into_broker(publisher: Publisher) -> tuple[Sink, Sink]:
    """Publishing, and waiting until everything published is acknowledged."""
    return publisher.send, lambda _: publisher.drain()


def into_lines(file: TextIO) -> Sink:
    """One JSON object a line, as `tolich replay` reads it."""
    return lambda message: _write(file, message)


def _write(file: TextIO, message: Outgoing) -> None:
    file.write(line(message) + "\n")


def into_folder(folder: Path) -> Sink:
    """TT10 files, complete when they appear under their names; one of the same name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    return lambda message: _place(folder, message)


def _place(folder: Path, message: Outgoing) -> None:
    name = file_name(message)
    if name is None:
        raise ValueError(f"{message.topic} carries no file; stations must send tt10")
    part = folder / f".{name}.part"
    part.write_bytes(message.payload)
    part.rename(folder / name)


def file_name(message: Outgoing) -> str | None:
    """The name of the file a message is, or None for JSON."""
    head, _, name = message.topic.rpartition("/")
    return name if head.endswith("/tt10") else None


def as_files(scenario: Scenario) -> Scenario:
    """The same scenario with every station sending TT10."""
    return replace(scenario, places=tuple(replace(p, sends="tt10") for p in scenario.places))


class Posting:
    """One kept connection to the monitor's ingest endpoint. Call it with each message."""

    def __init__(self, url: str, key: str | None = None, patience: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise NotTaken(f"{url!r} is no address; write http://127.0.0.1:8000")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=patience)
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._url = url
        self.refused = 0

    def __call__(self, message: Outgoing) -> None:
        status, said = self._sent(message)
        if status in (400, 422):  # nothing of it could be understood, which scenarios do on purpose
            self.refused += 1
        elif status != 202:
            raise NotTaken(f"{self._url} answered {status} to {message.topic}: {said[:200]}")

    def _sent(self, message: Outgoing) -> tuple[int, str]:
        path, kind = ingest_path(message)
        for attempt in range(ATTEMPTS):
            try:
                headers = {**self._headers, "Content-Type": kind}
                self._connection.request("POST", path, message.payload, headers)
                answer = self._connection.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if attempt == ATTEMPTS - 1:
                    raise NotTaken(f"no monitor at {self._url}: {error}; is it running?") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def ingest_path(message: Outgoing) -> tuple[str, str]:
    """The path and content type under which a message is posted."""
    cluster, station = message.topic.split("/")[2:4]
    path = f"/api/v1/ingest/{quote(cluster)}/{quote(station)}"
    name = file_name(message)
    if name is None:
        return path, "application/json"
    return f"{path}?filename={quote(name)}", "text/plain; charset=utf-8"

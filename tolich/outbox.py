"""What goes out over MQTT: transitions to `.../alerts`, rejections to `.../rejections`.

A follower of the ordered record: its position is kept, so that a stop loses nothing; what
was sent but not yet remembered is sent again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from rules.register import Register
from tolich.ports import Entry, Record

log = structlog.get_logger()

FOLLOWER = "mqtt"
KINDS = ("transition", "rejection")
TOGETHER = 200
WAIT = 0.1
"""Seconds between looks for news."""

Message = tuple[str, bytes]


class Publisher(Protocol):
    """Sends messages at QoS 1; False when any was not confirmed."""

    def publish_many(self, messages: Sequence[Message]) -> bool: ...


class Outbox:
    """Publishes transitions and rejections in the order of the record."""

    def __init__(
        self, record: Record, publisher: Publisher, register: Callable[[], Register], root: str
    ) -> None:
        self._record = record
        self._publisher = publisher
        self._register = register
        self._root = root

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            if not self.step():
                stop.wait(WAIT)

    def step(self) -> bool:
        """Send what is new; True when there may be more."""
        after = self._record.position(FOLLOWER)
        entries = self._record.follow(after, TOGETHER, KINDS)
        if not entries:
            return False
        messages = [message for entry in entries if (message := self._message(entry))]
        if messages and not self._publisher.publish_many(messages):
            log.warning("not all was published; it will be sent again", after=after)
            return False
        self._record.advance(FOLLOWER, entries[-1].seq)
        return len(entries) == TOGETHER

    def _message(self, entry: Entry) -> Message | None:
        station = entry.content["station"]
        if entry.kind == "transition":
            cluster, leaf = self._register().stations[station].cluster, "alerts"
        else:
            cluster, leaf = entry.content["cluster"], "rejections"
        if not cluster or not station:
            return None
        body = json.dumps(entry.content, ensure_ascii=False).encode()
        return f"{self._root}/{cluster}/{station}/{leaf}", body

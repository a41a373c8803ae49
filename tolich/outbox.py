"""What goes out over MQTT: transitions to `.../alerts`, rejections to `.../rejections`, and
requests for a sample to `.../sampler`.

A follower of the ordered record: its position is kept, so that a stop loses nothing; what
was sent but not yet remembered is sent again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Protocol

from rules.work import Act
from tolich.ports import Entry, Record, Shape

FOLLOWER = "mqtt"
KINDS = ("transition", "rejection", "action")
TOGETHER = 200
WAIT = 0.1
"""Seconds between looks for news."""

Message = tuple[str, bytes]

_LEAVES = {"transition": "alerts", "rejection": "rejections", "action": "sampler"}


class Publisher(Protocol):
    """Sends messages at QoS 1, in order; returns how many, from the first, were confirmed."""

    def publish_many(self, messages: Sequence[Message]) -> int: ...


class Outbox:
    """Publishes transitions, rejections and requests for samples in the order of the record."""

    def __init__(self, record: Record, publisher: Publisher, root: str) -> None:
        self._record = record
        self._publisher = publisher
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
        named = [(entry.seq, message) for entry in entries if (message := self._message(entry))]
        confirmed = self._publisher.publish_many([message for _, message in named]) if named else 0
        if confirmed < len(named):
            if confirmed:
                self._record.advance(FOLLOWER, named[confirmed - 1][0])
            return False
        self._record.advance(FOLLOWER, entries[-1].seq)
        return len(entries) == TOGETHER

    def _message(self, entry: Entry) -> Message | None:
        station, cluster = entry.content["station"], entry.content["cluster"]
        if not cluster or not station:
            return None  # a topic that names no station has nobody to tell
        content: Shape | None = entry.content
        if entry.kind == "action":
            content = sampler_request(entry.content)
        if content is None:
            return None
        body = json.dumps(content, ensure_ascii=False).encode()
        return f"{self._root}/{cluster}/{station}/{_LEAVES[entry.kind]}", body


def sampler_request(action: Shape) -> Shape | None:
    """What a sampler is told; None for any other act, and where a person takes the sample.

    `request` is the same when it is sent again: take one sample a request.
    """
    if action["act"] != Act.REQUEST_SAMPLE or not action["body"].get("sampler"):
        return None
    kept = ("alert", "station", "parameter", "at", "simulated")
    return {"request": action["id"], **{name: action[name] for name in kept}}

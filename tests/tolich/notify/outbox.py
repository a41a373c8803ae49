"""An outbox with a sender whose time and receivers a test controls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import select

from tests.cast import DAY0, Stage
from tests.tolich.notify.kinds import BODY
from tolich.notify.channel import Channel, Message, Sent
from tolich.notify.sender import Sender
from tolich.store.ledger import appending
from tolich.store.notifications import Notice, key_of, queue
from tolich.store.peopleschema import notification

WALL = 1_800_000_000
EXPIRE = 72 * 3600


@dataclass
class Heard:
    """A channel that keeps what it was asked to send; `opinion` may raise."""

    opinion: Callable[[Message], None] = lambda _: None
    asked: list[Message] = field(default_factory=list)
    took: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Sent:
        self.asked.append(message)
        self.opinion(message)
        self.took.append(message)
        return Sent(f"r{len(self.took)}")

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.took]


@dataclass
class Office:
    """A store, a sender on it, and the wall's clock."""

    on: Stage
    channels: dict[str, Channel]
    now: int = WALL
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new sender on the same store, as after a stop."""
        self.sender = Sender(
            self.on.engine, self.channels, lambda: self.now, Random(7), EXPIRE, "https://x.vn"
        )

    def queue(self, notices: Iterable[Notice]) -> int:
        """Queue, as a transition would."""
        with appending(self.on.engine, DAY0) as append:
            return queue(append, notices, self.now)

    def turn(self) -> None:
        """Send what is due, and what becomes due by that, until nothing is left at this time."""
        while self.sender.step():
            self.sender.close()

    def run(self, seconds: int, step: int = 1) -> None:
        """Let the wall's clock go on, sending all the while."""
        for _ in range(0, seconds, step):
            self.now += step
            self.turn()

    def rows(self) -> list[dict[str, Any]]:
        """The outbox."""
        with self.on.engine.connect() as connection:
            found = connection.execute(select(notification).order_by(notification.c.id)).mappings()
            return [dict(row) for row in found]

    def states(self) -> list[str]:
        """The states, in order of the outbox."""
        return [row["state"] for row in self.rows()]


def notice(number: int, **changes: Any) -> Notice:
    """A notice of its own: its number is its cause."""
    given: dict[str, Any] = {
        "key": key_of("transition", number, changes.get("channel", "sms"), changes.get("address")),
        "kind": "raised", "account": 1, "channel": "sms", "address": "0901234567",
        "language": "vi", "severity": "warning", "body": BODY, "alert": number,
    }  # fmt: skip
    return Notice(**given | changes)

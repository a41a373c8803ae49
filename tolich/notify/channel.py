"""What every channel is: one method, which delivers a message or says why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Language = Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class Body:
    """What a message says, in one language, in the forms that the channels need."""

    title: str  # one line
    text: str  # lines; ends with the link and the footer
    sms: str  # ASCII, at most 160 characters
    link: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)  # for templates and programs


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address.

    `key` stays the same however often it is sent: a receiver that looks at it hears once.
    """

    key: str
    kind: str
    address: str
    severity: str
    language: Language
    created_at: int  # plant time, UTC epoch seconds
    alert: str | None  # its public id
    body: Body


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver took it. `receipt` is what it called the message, for those who ask later."""

    receipt: str


class Retry(Exception):
    """Not delivered, and worth another attempt: after so many seconds, if the receiver said."""

    def __init__(self, why: str, after: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after = after


class Undeliverable(Exception):
    """Not delivered, and the same message will never be: somebody has to mend something."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Channel(Protocol):
    """A way to an address. It may be asked from several threads at once."""

    def send(self, message: Message) -> Sent:
        """Deliver, within the channel's own timeout. Raises Retry or Undeliverable."""
        ...

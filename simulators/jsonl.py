"""Messages as lines of text, to keep, look at and send again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from simulators.message import Outgoing


def write(messages: Iterable[Outgoing], file: TextIO) -> int:
    """One JSON object a line: topic, payload as text, due. Returns how many were written."""
    written = 0
    for message in messages:
        file.write(line(message) + "\n")
        written += 1
    return written


def line(message: Outgoing) -> str:
    """One message as a line, without its end."""
    return json.dumps(
        {"topic": message.topic, "payload": message.payload.decode(), "due": message.due},
        ensure_ascii=False,
    )


def read(lines: Iterable[str], name: str = "messages") -> Iterator[Outgoing]:
    """The messages of some lines; empty lines are passed over.

    Raises ValueError with the file's `name` and the line's number for a line that is not one.
    """
    for number, text in enumerate(lines, start=1):
        if text.strip():
            yield _message(text, f"{name}, line {number}")


def _message(text: str, place: str) -> Outgoing:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{place}: not JSON ({error}); write one object a line") from error
    if not isinstance(found, dict):
        raise ValueError(f"{place}: expected an object with topic, payload and due")
    topic, payload, due = found.get("topic"), found.get("payload"), found.get("due")
    if not isinstance(topic, str) or not isinstance(payload, str):
        raise ValueError(f"{place}: topic and payload must be texts")
    if not isinstance(due, int) or isinstance(due, bool):
        raise ValueError(f"{place}: due must be whole epoch seconds, such as 1795312800")
    return Outgoing(topic, payload.encode(), due)

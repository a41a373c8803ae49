"""The ways in which checkpoints leave this machine: folder, web address, mail."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

import httpx

from tolich.notify.channel import Body, Channel, Message, Retry, Undeliverable

TIMEOUT = 20.0
"""Seconds for a web address to answer."""


class NotLeft(Exception):
    """A file has not left: it is offered again."""


class Leaving(Protocol):
    """A way for signed checkpoints to leave this machine: folder, web address, mail."""

    def leave(self, name: str, content: bytes) -> None:
        """Hand a file over; the same file may come again. Raises NotLeft unless it was taken."""
        ...


class FolderLeaving:
    """Into a folder, best one that is kept on another machine. What is there is never replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def leave(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all. Raises NotLeft, also when another one has its name."""
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                self._compare(path, content)
                return
            beside = path.with_name(f".{name}.part")
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            raise NotLeft(f"{path}: {error.strerror}") from error

    def _compare(self, path: Path, content: bytes) -> None:
        if path.read_bytes() != content:
            raise NotLeft(
                f"{path} is another checkpoint of this number: the folder belongs to another "
                "record, or this record was put back to an earlier state"
            )


class WebhookLeaving:
    """By POST to a web address. The file's name goes along as idempotency key."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client

    def leave(self, name: str, content: bytes) -> None:
        """Send a file. Raises NotLeft unless the answer is a success."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": name}
        try:
            answer = self._client.post(self._url, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise NotLeft(f"{self._url}: {type(error).__name__}: {error}") from error
        if not answer.is_success:
            raise NotLeft(f"{self._url}: answered {answer.status_code}")


class MailLeaving:
    """By mail to one address. The text of the letter is the file, to be kept as it is."""

    def __init__(self, channel: Channel, address: str) -> None:
        self._channel = channel
        self._address = address

    def leave(self, name: str, content: bytes) -> None:
        """Send a letter. Raises NotLeft when the mail server did not take it."""
        text = content.decode()
        key = f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
        body = Body(f"tolich: {name}", text, name)
        letter = Message(key, "checkpoint", self._address, "info", "en", 0, None, body)
        try:
            self._channel.send(letter)
        except (Retry, Undeliverable) as error:
            raise NotLeft(f"{self._address}: {error}") from error

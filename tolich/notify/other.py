"""Everything else, through apprise: the address of an account is an apprise URL.

apprise answers yes or no; the reason is read from what it logs in the same thread.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import apprise

from tolich.notify.answers import Meaning, status_meaning
from tolich.notify.channel import Message, Retry, Sent, Undeliverable
from tolich.notify.posting import MOST_SAID
from tolich.notify.sections import Other

_STATUS = re.compile(r"\berror=(\d{3})\b")


class AppriseChannel:
    """Addresses are apprise URLs, such as `tgram://token/chat` or `ntfys://topic`."""

    def __init__(self, section: Other) -> None:
        self._timeout = section.timeout

    def send(self, message: Message) -> Sent:
        """Hand it to apprise. Raises Retry or Undeliverable."""
        asset = apprise.AppriseAsset(app_id="tolich", app_url="", async_mode=False)
        asset.http_redirects = False
        way = apprise.Apprise.instantiate(message.address, asset=asset, suppress_exceptions=True)
        if way is None:
            raise Undeliverable("not an address that apprise knows")
        way.socket_connect_timeout = way.socket_read_timeout = self._timeout
        text = "\n".join(message.body.text.splitlines()[1:]) or message.body.text
        with _overheard() as said:
            done = way.notify(body=text, title=message.body.title)
        if done:
            return Sent(f"{way.service_name}")
        why = " ".join(said)[:MOST_SAID] or "apprise says no more than that it failed"
        status = _STATUS.search(" ".join(said))
        if status is not None and status_meaning(int(status[1])) is Meaning.NEVER:
            raise Undeliverable(why)
        raise Retry(why)


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What apprise logs in this thread meanwhile, and nothing of what it says in others."""
    ears = _Ears()
    logger = logging.getLogger("apprise")
    logger.addHandler(ears)
    try:
        yield ears.said
    finally:
        logger.removeHandler(ears)


class _Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())

"""Everything else, through apprise: the address of an account is an apprise URL.

apprise answers yes or no; the reason is read from what it logs in the same thread.
"""

from __future__ import annotations

import logging
import re
import threading

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
        self._services = frozenset(section.services)

    def send(self, message: Message) -> Sent:
        """Hand it to apprise. Raises Retry or Undeliverable."""
        service = message.address.partition("://")[0].lower()
        if service not in self._services:
            raise Undeliverable(f"notify.apprise.services does not name {service!r}")
        asset = apprise.AppriseAsset(app_id="tolich", app_url="", async_mode=False)
        asset.http_redirects = False
        way = apprise.Apprise.instantiate(message.address, asset=asset, suppress_exceptions=True)
        if way is None:
            raise Undeliverable("not an address that apprise knows")
        way.socket_connect_timeout = way.socket_read_timeout = self._timeout
        text = "\n".join(message.body.text.splitlines()[1:]) or message.body.text
        attempt = _Attempt(way, text, message.body.title)
        attempt.start()
        attempt.join(2 * self._timeout)  # apprise bounds each read, not the whole
        if attempt.done is None:
            raise Retry(f"no whole answer within {2 * self._timeout:g} s")
        if attempt.done:
            return Sent(f"{way.service_name}")
        said = attempt.said
        why = " ".join(said)[:MOST_SAID] or "apprise says no more than that it failed"
        status = _STATUS.search(" ".join(said))
        if status is not None and status_meaning(int(status[1])) is Meaning.NEVER:
            raise Undeliverable(why)
        raise Retry(why)


class _Attempt(threading.Thread):
    """One call of apprise, in a thread of its own: what it logs there is about this call."""

    def __init__(self, way: apprise.NotifyBase, text: str, title: str) -> None:
        super().__init__(name="notify-apprise-attempt", daemon=True)
        self._way, self._text, self._title = way, text, title
        self.said: list[str] = []
        self.done: bool | None = None  # None: under way, or ended by a mistake of apprise's

    def run(self) -> None:
        """Ask apprise, and listen."""
        ears = _Ears(self.said)
        logger = logging.getLogger("apprise")
        logger.addHandler(ears)
        try:
            self.done = bool(self._way.notify(body=self._text, title=self._title))
        finally:
            logger.removeHandler(ears)


class _Ears(logging.Handler):
    """Hears what the thread that made it logs, and nothing of what others do meanwhile."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it is ours."""
        if record.thread == self._thread:
            self._said.append(record.getMessage())

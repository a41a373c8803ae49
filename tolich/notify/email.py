"""E-mail: a text part, the same as simple HTML, and a Message-ID made of the key."""

from __future__ import annotations

import html
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from tolich.notify.channel import Message, Retry, Sent, Undeliverable
from tolich.notify.posting import MOST_SAID, read_secret
from tolich.notify.sections import Email

_ADDRESS = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+")
_URL = re.compile(r"https?://[^\s<>\"]+")

_MENDED = frozenset({530, 534, 535, 538, 552})
"""5xx that pass: our account is refused until its password is mended, or the mailbox is full."""


class EmailChannel:
    """Addresses are e-mail addresses."""

    def __init__(self, section: Email, wall: Callable[[], int]) -> None:
        self._section = section
        self._wall = wall
        ca_file = None if section.ca_file is None else str(section.ca_file)
        self._trust = ssl.create_default_context(cafile=ca_file)

    def send(self, message: Message) -> Sent:
        """Hand it to the mail server. Raises Retry or Undeliverable."""
        letter = written(message, self._section.sender, self._wall())
        try:
            with self._server() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            status, said = next(iter(error.recipients.values()))
            raise _refused(status, said) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Undeliverable(f"the mail server cannot take it: {error}") from error
        except (smtplib.SMTPException, OSError) as error:  # ssl.SSLError is an OSError
            raise Retry(f"{type(error).__name__}: {error}") from error
        return Sent(str(letter["Message-ID"]))

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """A server that is ready to take a letter, cut off when the whole takes too long."""
        of = self._section
        server = (
            smtplib.SMTP_SSL(timeout=of.timeout, context=self._trust)
            if of.security == "tls"
            else smtplib.SMTP(timeout=of.timeout)
        )
        # The name its certificate is for. Giving it above would connect before it can be cut.
        server._host = of.host  # type: ignore[attr-defined]
        ending = threading.Timer(of.timeout, _cut, [server])
        ending.daemon = True
        ending.start()
        try:
            self._greet(server)
            yield server
            with suppress(smtplib.SMTPException, OSError):  # it has the letter already
                server.quit()
        finally:
            ending.cancel()
            server.close()

    def _greet(self, server: smtplib.SMTP) -> None:
        of = self._section
        status, said = server.connect(of.host, of.port)
        if status != 220:
            raise smtplib.SMTPConnectError(status, said)
        try:
            if of.security == "starttls":
                server.starttls(context=self._trust)
            if of.username is not None and of.password_file is not None:
                server.login(of.username, read_secret(of.password_file, "email.password_file"))
        except smtplib.SMTPNotSupportedError as error:
            raise Retry(f"the mail server at {of.host} does not offer it: {error}") from error


def _cut(server: smtplib.SMTP) -> None:
    """End a connection under the thread that waits on it; that thread sees it closed."""
    if server.sock is not None:
        with suppress(OSError):  # it has ended by itself
            # Not the method of a TLS socket, which would take its state from under the reader.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _refused(status: int, said: bytes | str) -> Exception:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    why = f"SMTP {status}: {' '.join(text.split())[:MOST_SAID]}"
    permanent = 500 <= status < 600 and status not in _MENDED
    return Undeliverable(why) if permanent else Retry(why)


def written(message: Message, sender: str, now: int) -> EmailMessage:
    """The letter. Raises Undeliverable when the address is none. `now` is wall time."""
    if not _ADDRESS.fullmatch(message.address):
        raise Undeliverable(f"{message.address!r} is not an e-mail address")
    domain = sender.partition("@")[2]
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.body.title.split())
    letter["From"] = sender
    letter["To"] = message.address
    letter["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    letter["Message-ID"] = f"<{message.key}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    if message.alert is not None:  # letters about one alert are shown together
        letter["References"] = f"<{message.alert}.alert@{domain}>"
    letter.set_content(message.body.text)
    letter.add_alternative(page(message), subtype="html")
    return letter


def page(message: Message) -> str:
    """The text as HTML, its addresses as links."""
    title, *lines = [_linked(line) for line in message.body.text.splitlines()] or [""]
    return (
        f'<!doctype html><html lang="{message.language}"><meta charset="utf-8"><body>'
        f"<p><b>{title}</b></p>" + "".join(f"<p>{line}</p>" for line in lines if line) + "</body>"
        "</html>"
    )


def _linked(line: str) -> str:
    parts, end = [], 0
    for found in _URL.finditer(line):
        url = html.escape(found.group())
        parts += [html.escape(line[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    return "".join([*parts, html.escape(line[end:])])

"""E-mail against a mail server of the tests' own, well-behaved and otherwise."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.servers import free_port
from tests.tolich.notify import receivers
from tests.tolich.notify.kinds import BODY, KEY, NOW, message, secret
from tests.tolich.notify.receivers import Manners, certificate, drips, misbehaving
from tolich.notify.channel import Retry, Undeliverable
from tolich.notify.email import EmailChannel
from tolich.notify.sections import Email

TO = "can.bo@example.vn"
GREETING = b"220 mail.example ESMTP\r\n"


class Box:
    """A mail server's opinion: takes letters, or says why not."""

    def __init__(self, to: str = "250 OK", letter: str = "250 taken") -> None:
        self.to, self.letter = to, letter
        self.got: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802
        self, _: Any, __: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.letter.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.got.append(email.message_from_bytes(content, policy=email.policy.default))
        return self.letter


def knows(_: Any, __: Any, ___: Any, mechanism: str, login: Any) -> AuthResult:
    """The one account there is."""
    right = (login.login, login.password) == (b"tolich", b"right")
    return AuthResult(success=right, handled=False)


@contextmanager
def served(box: Box, **options: Any) -> Iterator[int]:
    """A mail server on a loopback port."""
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def channel(port: int, **changes: Any) -> EmailChannel:
    given: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "security": "none", "sender": "monitor@tolich.example",
        "timeout": 1.0,
    }  # fmt: skip
    return EmailChannel(Email(**given | changes), lambda: NOW)


def test_a_letter_says_it_twice_and_carries_its_key() -> None:
    box = Box()
    with served(box) as port:
        sent = channel(port).send(message(TO))
    (letter,) = box.got
    assert sent.receipt == letter["Message-ID"] == f"<{KEY}@tolich.example>"
    assert (letter["To"], letter["From"]) == (TO, "monitor@tolich.example")
    assert letter["Subject"] == BODY.title
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["References"] == "<A12.alert@tolich.example>"
    text, page = (part.get_content() for part in letter.iter_parts())
    assert text.splitlines() == BODY.text.splitlines()
    assert "COD &lt;182&gt; &amp; co." in page
    assert '<a href="https://x.vn/a/A12">https://x.vn/a/A12</a>' in page
    assert "<182>" not in page


REPLIES = {
    "421 closing": Retry, "450 mailbox busy": Retry, "451 greylisted": Retry, "452 full": Retry,
    "550 no such user": Undeliverable, "551 not local": Undeliverable, "552 quota": Retry,
    "553 bad name": Undeliverable, "554 refused": Undeliverable,
}  # fmt: skip


@pytest.mark.parametrize(("reply", "meaning"), REPLIES.items())
@pytest.mark.parametrize("asked", ["to", "letter"])
def test_a_reply_decides(reply: str, meaning: type[Exception], asked: str) -> None:
    box = Box(**{asked: reply})
    with served(box) as port, pytest.raises(meaning, match=reply.replace(" ", ": ", 1)):
        channel(port).send(message(TO))
    assert box.got == []


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "a b@c.vn", "x@y.vn\nBcc: z@y.vn", "<a@b.vn>", "a@b.vn, c@d.vn"],
)
def test_what_is_no_address_is_never_sent(address: str) -> None:
    with pytest.raises(Undeliverable, match="not an e-mail address"):
        channel(free_port()).send(message(address))


@pytest.mark.parametrize(
    "manners",
    [
        receivers.stalls,
        receivers.hangs_up,
        receivers.babbles,
        receivers.resets,
        drips(b"250-hello\r\n" * 1000),
        drips(b"250-" + b"long " * 1000),
    ],
    ids=["stalls", "hangs up", "babbles", "resets", "drips lines", "drips one line"],
)
def test_bad_manners_are_no_reason_to_give_up(manners: Manners) -> None:
    """The drips would go on for minutes, each byte in time."""
    with misbehaving(manners, GREETING) as port, pytest.raises(Retry):
        channel(port, timeout=0.5).send(message(TO))


@pytest.mark.parametrize("greeting", [b"", b"554 go away\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"22"])
def test_a_server_without_a_greeting(greeting: bytes) -> None:
    meaning = Undeliverable if greeting.startswith(b"554") else Retry
    with misbehaving(receivers.stalls, greeting) as port, pytest.raises(meaning):
        channel(port, timeout=0.5).send(message(TO))


def test_nobody_listens() -> None:
    with pytest.raises(Retry):
        channel(free_port()).send(message(TO))


def context(file: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_certificate_that_is_trusted(security: str, tmp_path: Path) -> None:
    file, box = certificate(tmp_path), Box()
    tls = {"tls_context": context(file), "require_starttls": True}
    options: dict[str, Any] = tls if security == "starttls" else {"ssl_context": context(file)}
    with served(box, **options) as port:
        channel(port, security=security, ca_file=file).send(message(TO))
        with pytest.raises(Retry, match="CERTIFICATE_VERIFY_FAILED"):
            channel(port, security=security).send(message(TO))
    assert len(box.got) == 1


def test_no_letter_goes_over_a_line_that_was_to_be_encrypted() -> None:
    box = Box()
    with served(box) as port, pytest.raises(Retry, match="does not offer it"):
        channel(port, security="starttls").send(message(TO))
    assert box.got == []


def test_with_an_account(tmp_path: Path) -> None:
    box = Box()
    file = certificate(tmp_path)
    options = {"auth_required": True, "authenticator": knows, "tls_context": context(file)}
    account: dict[str, Any] = {
        "security": "starttls",
        "ca_file": file,
        "username": "tolich",
        "password_file": secret(tmp_path, "password", "wrong"),
    }
    with served(box, **options) as port:
        with pytest.raises(Retry, match="535"):
            channel(port, **account).send(message(TO))
        secret(tmp_path, "password", "right")
        channel(port, **account).send(message(TO))
    assert len(box.got) == 1

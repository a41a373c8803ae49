"""Every kind of channel that speaks HTTP, set up against a receiver of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cast import DAY0
from tests.tolich.notify.receivers import Answer, Request
from tolich.notify.channel import Body, Channel, Message
from tolich.notify.other import AppriseChannel
from tolich.notify.sections import Other, Sms, Webhook, Zalo
from tolich.notify.sms import SmsChannel
from tolich.notify.webhook import WebhookChannel
from tolich.notify.zalo import ZaloChannel

NOW = 1_800_000_000
KEY = "0123456789abcdef0123456789abcdef01234567"
PHONE = "0901 234 567"
TIMEOUT = 0.5

BODY = Body(
    title="CCN Mẫu 01: COD TB giờ 182 > 150 mg/L. Cảnh báo sớm, chờ xác minh",
    text="CCN Mẫu 01: COD <182> & co.\nMở: https://x.vn/a/A12\n\nDữ liệu tự động, chờ xác minh",
    sms="CCN Mau 01: COD TB gio 182 > 150 mg/L. https://x.vn/a/A12",
    link="https://x.vn/a/A12",
    fields={"plant": "CCN Mẫu 01", "value": "182 mg/L", "limit": ""},
)


def message(address: str) -> Message:
    """A message for an address."""
    return Message(KEY, "raised", address, "warning", "vi", DAY0, "A12", BODY)


@dataclass(frozen=True)
class Kind:
    """One kind: how it is set up against a port, where it sends, and what it takes for a yes."""

    name: str
    channel: Callable[[Path, str], Channel]  # a folder for its secrets, and the receiver's URL
    address: Callable[[str], str]
    yes: bytes  # a body of a 200 that means it was taken
    hears_retry_after: bool = True
    reads_body: bool = True


def secret(folder: Path, name: str, text: str) -> Path:
    """A file with a secret."""
    file = folder / name
    file.write_text(text + "\n", encoding="utf-8")
    return file


def webhook(folder: Path, _: str, **changes: object) -> Channel:
    section = Webhook(
        secret_file=secret(folder, "secret", "s3cret"), private_addresses=True, timeout=TIMEOUT
    )
    return WebhookChannel(section.model_copy(update=changes), "https://x.vn", lambda: NOW)


def zalo(folder: Path, url: str) -> Channel:
    pair = {"access_token": "at", "refresh_token": "rt", "expires_at": NOW + 86400}
    section = Zalo(
        app_id="app",
        secret_key_file=secret(folder, "zalo", "k"),
        token_file=secret(folder, "token", json.dumps(pair)),
        template="T1",
        zns_url=url,
        oa_url=url,
        token_url=url,
        timeout=TIMEOUT,
    )
    return ZaloChannel(section, lambda: NOW)


def sms(folder: Path, url: str) -> Channel:
    section = Sms(
        api_key_file=secret(folder, "api", "a"),
        secret_key_file=secret(folder, "key", "s"),
        brand="TOLICH",
        url=url,
        timeout=TIMEOUT,
    )
    return SmsChannel(section, lambda: NOW)


def other(_: Path, __: str) -> Channel:
    return AppriseChannel(Other(timeout=TIMEOUT, services=["json", "jsons"]))


WEBHOOK = Kind("webhook", webhook, lambda url: f"{url}/hook", b"", reads_body=False)
ZNS = Kind("zns", zalo, lambda _: PHONE, b'{"error":0,"message":"Success","data":{"msg_id":"m1"}}')
OA = Kind("oa", zalo, lambda _: "oa:77", b'{"error":0,"data":{"message_id":"m2"}}')
SMS = Kind("sms", sms, lambda _: PHONE, b'{"CodeResult":"100","SMSID":"s1"}')
APPRISE = Kind(
    "apprise",
    other,
    lambda url: url.replace("http", "json", 1),
    b"",
    hears_retry_after=False,
    reads_body=False,
)
KINDS = (WEBHOOK, ZNS, OA, SMS, APPRISE)


def saying(answer: Answer) -> Callable[[Request], Answer]:
    """A receiver that always says the same."""
    return lambda _: answer


def yes(kind: Kind, status: int = 200) -> Callable[[Request], Answer]:
    """A receiver that takes what a kind sends."""
    return saying(Answer(status, kind.yes))


def to(address: str, **changes: object) -> Message:
    """A message with something changed."""
    return replace(message(address), **changes)  # type: ignore[arg-type]

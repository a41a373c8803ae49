"""Programs that hear by HTTP: a CloudEvents 1.0 body, signed so that it can be believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from rules.days import rfc3339
from tolich.notify.answers import check_status
from tolich.notify.channel import Message, Sent
from tolich.notify.posting import Poster, read_secret
from tolich.notify.sections import Webhook

SIGNATURE = "Tolich-Signature"
"""`t=<wall time, epoch seconds>,v1=<hex HMAC-SHA256 of "<t>." and the body>`"""

TYPE = "vn.tolich.notification"


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def event(message: Message, source: str) -> dict[str, Any]:
    """A message as a CloudEvent; the same message is the same event, byte for byte."""
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"{TYPE}.{message.kind}",
        "subject": message.alert,
        "time": rfc3339(message.created_at),
        "datacontenttype": "application/json",
        "data": {
            "kind": message.kind,
            "severity": message.severity,
            "alert": message.alert,
            "language": message.language,
            "title": message.body.title,
            "text": message.body.text,
            "link": message.body.link,
            "fields": dict(message.body.fields),
        },
    }


class WebhookChannel:
    """Addresses are URLs."""

    def __init__(self, section: Webhook, source: str, wall: Callable[[], int]) -> None:
        self._section = section
        self._source = source
        self._wall = wall
        self._poster = Poster(section.timeout, section.ca_file, section.private_addresses)

    def send(self, message: Message) -> Sent:
        """Post it. Raises Retry or Undeliverable."""
        secret = read_secret(self._section.secret_file, "webhook.secret_file")
        said = {k: v for k, v in event(message, self._source).items() if v is not None}
        body = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
        now = self._wall()
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Idempotency-Key": message.key,
            SIGNATURE: signature(secret, now, body),
            "User-Agent": "tolich",
        }
        answer = self._poster.post(message.address, body, headers)
        check_status(answer.status, answer.said, answer.retry_after, now)
        return Sent(f"HTTP {answer.status}")

"""What a program that hears by HTTP can rely on."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from rules.days import rfc3339
from tests.cast import DAY0
from tests.tolich.notify.kinds import BODY, KEY, NOW, message, saying, secret, webhook
from tests.tolich.notify.receivers import Answer, Receiver, certificate
from tolich.notify.channel import Retry, Undeliverable
from tolich.notify.webhook import SIGNATURE


def test_the_body_is_a_cloud_event(tmp_path: Path) -> None:
    with Receiver(saying(Answer(204))) as receiver:
        webhook(tmp_path, "").send(message(f"{receiver.url}/a?b=c"))
    (got,) = receiver.got
    assert got.path == "/a?b=c"
    assert got.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(got.body) == {
        "specversion": "1.0",
        "id": KEY,
        "source": "https://x.vn",
        "type": "vn.tolich.notification.raised",
        "subject": "A12",
        "time": rfc3339(DAY0),
        "datacontenttype": "application/json",
        "data": {
            "kind": "raised",
            "severity": "warning",
            "alert": "A12",
            "language": "vi",
            "title": BODY.title,
            "text": BODY.text,
            "link": BODY.link,
            "fields": BODY.fields,
        },
    }


def test_the_signature_covers_the_time_and_the_body(tmp_path: Path) -> None:
    with Receiver(saying(Answer(200))) as receiver:
        webhook(tmp_path, "").send(message(receiver.url))
    (got,) = receiver.got
    stated = dict(part.split("=") for part in got.headers[SIGNATURE].split(","))
    assert stated["t"] == str(NOW)
    signed = f"{stated['t']}.".encode() + got.body
    assert stated["v1"] == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1",
             "192.168.1.1", "100.64.0.1", "0.0.0.0"],
)  # fmt: skip
def test_addresses_of_this_network_are_not_called(host: str, tmp_path: Path) -> None:
    with Receiver(saying(Answer(200))) as receiver:
        channel = webhook(tmp_path, "", private_addresses=False)
        with pytest.raises(Undeliverable, match="private_addresses"):
            channel.send(message(f"http://{host}:{receiver.port}/"))
    assert receiver.got == []


def test_a_certificate_of_our_own_can_be_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    with Receiver(saying(Answer(200)), file) as receiver:
        url = receiver.url.replace("http", "https")
        webhook(tmp_path, "", ca_file=file).send(message(url))
    assert len(receiver.got) == 1


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path, "elsewhere.example")
    with Receiver(saying(Answer(200)), file) as receiver:
        url = f"https://localhost:{receiver.port}"
        with pytest.raises(Retry, match="CERTIFICATE_VERIFY_FAILED"):
            webhook(tmp_path, "", ca_file=file).send(message(url))
    assert receiver.got == []


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Receiver(saying(Answer(200))) as receiver:
        channel = webhook(tmp_path, "")
        (tmp_path / "secret").unlink()
        with pytest.raises(Retry, match=r"notify\.webhook\.secret_file"):
            channel.send(message(receiver.url))
        secret(tmp_path, "secret", "new")  # read anew each time: no restart after a change
        channel.send(message(receiver.url))
    assert len(receiver.got) == 1

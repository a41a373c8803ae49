"""Zalo's tokens: renewed before their end, on disk before they are used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.tolich.notify.kinds import KEY, NOW, OA, PHONE, ZNS, message, secret, to, zalo
from tests.tolich.notify.receivers import Answer, Receiver, Request
from tolich.notify.channel import Retry, Undeliverable


class Service:
    """Zalo, as far as we know it: knows one access token and one refresh token at a time."""

    def __init__(self) -> None:
        self.access, self.refresh, self.lasts = "a0", "r0", "90000"
        self.renewals = 0

    def __call__(self, request: Request) -> Answer:
        if request.path == "/v4/oa/access_token":
            return self._renew(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers["access_token"] != self.access:
            return said({"error": -124, "message": "Access token invalid"})
        return said({"error": 0, "data": {"msg_id": "m1"}})

    def _renew(self, request: Request) -> Answer:
        form = parse_qs(request.body.decode())
        if form["refresh_token"] != [self.refresh]:
            return said({"error": -14014, "error_name": "Invalid refresh token"})
        self.renewals += 1
        self.access, self.refresh = f"a{self.renewals}", f"r{self.renewals}"
        pair = {"access_token": self.access, "refresh_token": self.refresh}
        return said(pair | {"expires_in": self.lasts})


def said(content: object) -> Answer:
    return Answer(200, json.dumps(content).encode())


def kept(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "token").read_text(encoding="utf-8"))
    return found


def keep(folder: Path, **pair: object) -> None:
    secret(folder, "token", json.dumps(pair))


def test_a_first_token_is_fetched_kept_and_used_again(tmp_path: Path) -> None:
    service = Service()
    with Receiver(service) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, refresh_token="r0")
        assert channel.send(message(PHONE)).receipt == "msg_id m1"
        channel.send(message(PHONE))
    assert service.renewals == 1
    pair = {"access_token": "a1", "refresh_token": "r1", "expires_at": NOW + 90000}
    assert kept(tmp_path) == pair
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0


def test_a_token_near_its_end_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    service = Service()
    with Receiver(service) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, access_token="a0", refresh_token="r0", expires_at=NOW + 200)
        channel.send(message(PHONE))
    assert [one.path for one in receiver.got] == ["/v4/oa/access_token", "/message/template"]


def test_a_token_that_is_refused_is_renewed_once(tmp_path: Path) -> None:
    service = Service()
    with Receiver(service) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, access_token="stale", refresh_token="r0", expires_at=NOW + 9000)
        channel.send(message(PHONE))
        assert service.renewals == 1
        service.access = "withdrawn"
        service.refresh = "withdrawn"
        with pytest.raises(Retry, match="put a new pair into"):
            channel.send(message(PHONE))
    assert kept(tmp_path)["refresh_token"] == "r1"  # what may still be mended is kept


def test_a_pair_that_cannot_be_kept_is_not_used(tmp_path: Path) -> None:
    """The old refresh token is used up, so the reason must say so at once."""
    service = Service()
    with Receiver(service) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, refresh_token="r0")
        (tmp_path / "token.new").mkdir()
        with pytest.raises(Retry, match="used up"):
            channel.send(message(PHONE))
    assert [one.path for one in receiver.got] == ["/v4/oa/access_token"]


def test_a_template_gets_its_values_and_none_is_empty(tmp_path: Path) -> None:
    with Receiver(Service()) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, refresh_token="r0")
        channel.send(message(PHONE))
    assert json.loads(receiver.got[-1].body) == {
        "phone": "84901234567",
        "template_id": "T1",
        "template_data": {"plant": "CCN Mẫu 01", "value": "182 mg/L", "limit": "-"},
        "tracking_id": KEY[:40],
    }


def test_a_follower_gets_the_text(tmp_path: Path) -> None:
    with Receiver(Service()) as receiver:
        channel = zalo(tmp_path, receiver.url)
        keep(tmp_path, refresh_token="r0")
        channel.send(message(OA.address("")))
    sent = json.loads(receiver.got[-1].body)
    assert sent["recipient"] == {"user_id": "77"}
    assert sent["message"]["text"].startswith("CCN Mẫu 01: COD")


def test_without_a_template_nothing_is_sent(tmp_path: Path) -> None:
    with Receiver(Service()) as receiver:
        channel = ZNS.channel(tmp_path, receiver.url)
        object.__setattr__(channel, "_section", _without_template(channel))
        with pytest.raises(Undeliverable, match="no ZNS template for ended"):
            channel.send(to(PHONE, kind="ended"))
    assert receiver.got == []


def _without_template(channel: Any) -> Any:
    return channel._section.model_copy(update={"template": None, "templates": {"raised": "T2"}})


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "{}"])
def test_a_token_file_without_a_token_is_named(text: str, tmp_path: Path) -> None:
    with Receiver(Service()) as receiver:
        channel = zalo(tmp_path, receiver.url)
        (tmp_path / "token").write_text(text, encoding="utf-8")
        with pytest.raises(Retry, match="token"):
            channel.send(message(PHONE))

"""Every kind of channel against one table of answers, and receivers that misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.tolich.notify import receivers
from tests.tolich.notify.kinds import (
    APPRISE,
    KEY,
    KINDS,
    OA,
    SMS,
    WEBHOOK,
    ZNS,
    Kind,
    message,
    saying,
    yes,
)
from tests.tolich.notify.receivers import Answer, Manners, Receiver, drips, misbehaving
from tolich.notify.answers import Meaning
from tolich.notify.channel import Channel, Retry, Sent, Undeliverable

SENT, AGAIN, NEVER = Meaning.SENT, Meaning.AGAIN, Meaning.NEVER

STATUSES = {
    200: SENT, 201: SENT, 202: SENT,
    301: NEVER, 302: NEVER, 307: NEVER, 308: NEVER,
    400: NEVER, 401: AGAIN, 403: AGAIN, 404: NEVER, 405: NEVER, 408: AGAIN, 409: AGAIN,
    410: NEVER, 413: NEVER, 415: NEVER, 422: NEVER, 425: AGAIN, 429: AGAIN, 451: NEVER,
    500: AGAIN, 501: AGAIN, 502: AGAIN, 503: AGAIN, 504: AGAIN,
}  # fmt: skip

each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))


def became(channel: Channel, address: str) -> tuple[Meaning, Sent | Retry | Undeliverable]:
    """What a channel made of one message."""
    try:
        return SENT, channel.send(message(address))
    except Retry as retry:
        return AGAIN, retry
    except Undeliverable as refused:
        return NEVER, refused


def against(
    kind: Kind, folder: Path, receiver: Receiver
) -> tuple[Meaning, Sent | Retry | Undeliverable]:
    return became(kind.channel(folder, receiver.url), kind.address(receiver.url))


@each
@pytest.mark.parametrize(("status", "meaning"), STATUSES.items())
def test_a_status_means_the_same_to_every_kind(
    kind: Kind, status: int, meaning: Meaning, tmp_path: Path
) -> None:
    headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
    with Receiver(saying(Answer(status, kind.yes, headers))) as receiver:
        found, said = against(kind, tmp_path, receiver)
    assert found is meaning, said
    assert len(receiver.got) == 1  # no redirect was followed, nothing was tried twice
    if meaning is not SENT:
        assert str(status) in str(said)


@each
@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("120", 120),
        ("Fri, 15 Jan 2027 08:01:40 GMT", 100),
        ("Fri, 15 Jan 2020 08:00:00 GMT", 0),
        ("999999999999", 6 * 3600),
        ("soon", None),
    ],
)
def test_retry_after_is_heard(kind: Kind, header: str, after: int | None, tmp_path: Path) -> None:
    with Receiver(saying(Answer(429, b"slow down", {"Retry-After": header}))) as receiver:
        found, said = against(kind, tmp_path, receiver)
    assert found is AGAIN
    assert isinstance(said, Retry)
    assert said.after == (after if kind.hears_retry_after else None)


@each
@pytest.mark.parametrize(
    "manners",
    [receivers.resets, receivers.hangs_up, receivers.stalls, receivers.babbles],
    ids=lambda manners: str(manners.__name__),
)
def test_bad_manners_are_no_reason_to_give_up(kind: Kind, manners: Manners, tmp_path: Path) -> None:
    with misbehaving(manners) as port:
        url = f"http://127.0.0.1:{port}"
        found, said = became(kind.channel(tmp_path, url), kind.address(url))
    assert found is AGAIN, said


@each
def test_a_drip_is_cut_off(kind: Kind, tmp_path: Path) -> None:
    """Byte after byte arrives in time, and the whole never: the good answer is not waited for."""
    with misbehaving(drips(receivers.http(kind.yes))) as port:
        url = f"http://127.0.0.1:{port}"
        found, said = became(kind.channel(tmp_path, url), kind.address(url))
    assert found is AGAIN
    assert "no whole answer within" in str(said)


@each
def test_nobody_listens(kind: Kind, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    found, said = became(kind.channel(tmp_path, url), kind.address(url))
    assert found is AGAIN, said


@each
def test_a_certificate_that_nobody_vouches_for(kind: Kind, tmp_path: Path) -> None:
    with Receiver(yes(kind), receivers.certificate(tmp_path)) as receiver:
        url = receiver.url.replace("http", "https")
        address = kind.address(url)
        found, said = became(kind.channel(tmp_path, url), address)
    assert found is AGAIN, said
    assert receiver.got == []


@pytest.mark.parametrize("kind", [ZNS, OA, SMS], ids=lambda kind: str(kind.name))
@pytest.mark.parametrize(
    "body", [b"", b"<html>oops", b"[1]", b"null", b"\xff\xfe", b"{}", b'{"error":null}']
)
def test_an_answer_that_says_nothing_is_asked_again(
    kind: Kind, body: bytes, tmp_path: Path
) -> None:
    with Receiver(saying(Answer(200, body))) as receiver:
        found, said = against(kind, tmp_path, receiver)
    assert found is AGAIN, said


@pytest.mark.parametrize("kind", [WEBHOOK, APPRISE], ids=lambda kind: str(kind.name))
def test_who_needs_no_answer_takes_any(kind: Kind, tmp_path: Path) -> None:
    with Receiver(saying(Answer(200, b"\xff<html>" * 20_000))) as receiver:
        assert against(kind, tmp_path, receiver)[0] is SENT


def zns(code: object) -> bytes:
    return json.dumps({"error": code, "message": "m"}).encode()


def esms(code: object) -> bytes:
    return json.dumps({"CodeResult": code, "ErrorMessage": "m"}).encode()


CODES: list[tuple[Kind, Callable[[object], bytes], object, Meaning]] = [
    (ZNS, zns, 0, SENT), (ZNS, zns, -108, NEVER), (ZNS, zns, -118, NEVER), (ZNS, zns, -115, AGAIN),
    (ZNS, zns, -144, AGAIN), (ZNS, zns, -141, NEVER), (ZNS, zns, -133, AGAIN),
    (ZNS, zns, -98765, AGAIN), (ZNS, zns, "0", SENT), (OA, zns, -213, NEVER), (OA, zns, -32, AGAIN),
    (SMS, esms, "100", SENT), (SMS, esms, 100, SENT), (SMS, esms, "124", SENT),
    (SMS, esms, "99", NEVER), (SMS, esms, "101", AGAIN), (SMS, esms, "103", AGAIN),
    (SMS, esms, "108", NEVER), (SMS, esms, "146", NEVER), (SMS, esms, "987", AGAIN),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spelled", "code", "meaning"), CODES)
def test_a_code_in_a_200_decides(
    kind: Kind,
    spelled: Callable[[object], bytes],
    code: object,
    meaning: Meaning,
    tmp_path: Path,
) -> None:
    with Receiver(saying(Answer(200, spelled(code)))) as receiver:
        found, said = against(kind, tmp_path, receiver)
    assert found is meaning, said
    if meaning is not SENT:
        assert f" {code}: " in str(said)


@each
def test_the_key_goes_along_and_stays(kind: Kind, tmp_path: Path) -> None:
    with Receiver(yes(kind)) as receiver:
        channel = kind.channel(tmp_path, receiver.url)
        for _ in range(2):
            channel.send(message(kind.address(receiver.url)))
    one, two = receiver.got
    assert one.body == two.body
    carried = {**one.headers, "body": one.body.decode()}
    if kind in (OA, APPRISE):  # neither has a place for one: a repetition may be seen twice
        assert not any(KEY in value for value in carried.values())
    else:
        assert any(KEY in value for value in carried.values())


@pytest.mark.parametrize("kind", [ZNS, SMS], ids=lambda kind: str(kind.name))
@pytest.mark.parametrize(
    "address", ["", "12", "abc", "+1 202 555 0100", "0901234567; x", "٠٩٠١٢٣٤٥٦٧"]
)
def test_what_is_no_number_is_never_sent(kind: Kind, address: str, tmp_path: Path) -> None:
    with Receiver(yes(kind)) as receiver:
        found, _ = became(kind.channel(tmp_path, receiver.url), address)
    assert found is NEVER
    assert receiver.got == []


@pytest.mark.parametrize("kind", [WEBHOOK, APPRISE], ids=lambda kind: str(kind.name))
@pytest.mark.parametrize("address", ["", "nonsense", "ftp://x/y", "http://", "https:///x"])
def test_what_is_no_address_is_never_sent(kind: Kind, address: str, tmp_path: Path) -> None:
    assert became(kind.channel(tmp_path, ""), address)[0] is NEVER

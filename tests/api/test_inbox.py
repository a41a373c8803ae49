"""Readings over HTTP: topics, receipts, bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api import examples, shapes
from api.inbox import MOST_BYTES
from tests.api.fakes import NOON, FakeIntake
from tests.api.test_problems import problem
from tolich.ports import Delivery, Receipt, Rejection

PATH = "/api/v1/ingest/mau-01/m01"
BODY = json.dumps(examples.MESSAGE).encode()
WRONG = Rejection("unknown_unit", "readings[2].u: 'mg/m3'", "Send mg/L.", "Gửi mg/L.", 2)
SHOWN = {
    "reason": "unknown_unit",
    "detail": "readings[2].u: 'mg/m3'",
    "remedy": {"vi": "Gửi mg/L.", "en": "Send mg/L."},
    "index": 2,
}


@pytest.mark.parametrize(
    "kind", [None, "application/json", "Application/JSON; charset=utf-8", "application/x+json"]
)
def test_a_message_gets_its_mqtt_topic(
    kind: str | None, client: TestClient, intake: FakeIntake
) -> None:
    answer = client.post(PATH, content=BODY, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "rejected": [], "rejected_count": 0}
    assert intake.came == [Delivery("http", "tolich/v1/mau-01/m01/readings", BODY, NOON)]


@pytest.mark.parametrize(
    ("query", "ending"),
    [("", "tt10"), ("?filename=HN_A_B_20261122083500.txt", "tt10/HN_A_B_20261122083500.txt")],
)
def test_a_tt10_file_gets_its_mqtt_topic(
    query: str, ending: str, client: TestClient, intake: FakeIntake
) -> None:
    content = b"\xef\xbb\xbfCOD\t61,5\tmg/L\t20261122083500\t00\r\n"
    kind = {"content-type": "text/plain; charset=utf-8"}
    assert client.post(PATH + query, content=content, headers=kind).status_code == 202
    assert intake.came == [Delivery("http", f"tolich/v1/mau-01/m01/{ending}", content, NOON)]


def test_what_was_rejected_is_told_beside_what_was_accepted(
    client: TestClient, intake: FakeIntake
) -> None:
    intake.receipt = Receipt(7, [WRONG])
    answer = client.post(PATH, content=BODY)
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 7, "rejected": [SHOWN], "rejected_count": 1}
    shapes.Accepted.model_validate(answer.json())


def test_nothing_accepted_is_a_problem_with_the_same_list(
    client: TestClient, intake: FakeIntake
) -> None:
    intake.receipt = Receipt(0, [WRONG])
    body = problem(client.post(PATH, content=BODY), "nothing-accepted")
    assert body["accepted"] == 0
    assert body["rejected"] == [SHOWN]
    assert body["detail"] == "readings[2].u: 'mg/m3'. Send mg/L."


def test_half_a_surrogate_in_a_rejection_is_still_json(
    client: TestClient, intake: FakeIntake
) -> None:
    intake.receipt = Receipt(1, [Rejection("unknown_parameter", "p: \ud83d", "", "")])
    answer = client.post(PATH, content=BODY)
    assert answer.json()["rejected"][0]["detail"] == "p: \ud83d"


def test_what_is_not_durable_is_not_accepted(client: TestClient, intake: FakeIntake) -> None:
    intake.full = True
    answer = client.post(PATH, content=BODY)
    assert "the disk is full" in problem(answer, "not-durable")["detail"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("size", [MOST_BYTES - 1, MOST_BYTES, MOST_BYTES + 1, 5 * MOST_BYTES])
def test_a_large_body_is_read_as_far_as_the_bound(
    size: int, client: TestClient, intake: FakeIntake
) -> None:
    assert client.post(PATH, content=bytes(size)).status_code == 202
    assert len(intake.came[0].payload) == min(size, MOST_BYTES + 1)


def test_an_empty_body_is_for_the_decoder_to_refuse(client: TestClient, intake: FakeIntake) -> None:
    client.post(PATH, content=b"")
    assert intake.came[0].payload == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/xml"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_what_cannot_be_understood_is_not_guessed(
    headers: dict[str, str], client: TestClient, intake: FakeIntake
) -> None:
    problem(client.post(PATH, content=BODY, headers=headers), "unsupported-media-type")
    assert intake.came == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/ingest/mau-01/%23",
        "/api/v1/ingest/+/m01",
        f"{PATH}?filename=a%2Fb",
        f"{PATH}?filename=a.txt",  # which goes with text/plain only
    ],
)
def test_a_name_that_is_no_level_of_a_topic_is_refused(
    path: str, client: TestClient, intake: FakeIntake
) -> None:
    problem(client.post(path, content=BODY), "invalid-request")
    assert intake.came == []


def test_an_unknown_parameter_is_refused(client: TestClient, intake: FakeIntake) -> None:
    body = problem(client.post(PATH + "?file=a.txt", content=BODY), "unknown-parameter")
    assert "did you mean 'filename'?" in body["detail"]
    assert intake.came == []


def test_a_body_in_many_pieces_is_put_together(client: TestClient, intake: FakeIntake) -> None:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(BODY), 7):
            yield BODY[start : start + 7]

    assert client.post(PATH, content=pieces()).status_code == 202
    assert intake.came[0].payload == BODY

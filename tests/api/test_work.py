"""Acts over HTTP: what is handed on, and how each refusal is told."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import work
from rules.model import Problem, Refused
from rules.roles import Role
from tests.api.conftest import World
from tests.api.fakes import NOON, FakeWorking
from tolich.ports import NotDurable
from tolich.workports import Attached, Conflict, Forbidden, Unattachable

AT = "2026-11-22T12:00:00+07:00"
BODIES: dict[str, dict[str, Any]] = {
    "acknowledge": {},
    "comment": {"text": "xem"},
    "explain": {"text": "xem"},
    "request-explanation": {"text": "vì sao", "deadline": AT},
    "shelve": {"text": "chờ", "until": AT},
    "unshelve": {},
    "close": {"text": "xong"},
    "reopen": {"text": "chưa"},
    "sample": {},
    "bottle": {"bottle": "B1", "taken_at": AT},
    "lab-result": {"bottle": "B1", "parameter": "COD", "value": 1.5, "lab": "L", "sheet": "1"},
}
ACTS = {
    "request-explanation": "request_explanation", "sample": "request_sample",
    "bottle": "take_sample", "lab-result": "lab_result",
}  # fmt: skip


@pytest.fixture
def working(world: World, client: TestClient) -> Iterator[FakeWorking]:
    vars(world.working).update(vars(FakeWorking()))
    yield world.working
    vars(world.working).update(vars(FakeWorking()))


@pytest.mark.parametrize("path", BODIES)
def test_an_act_is_handed_on(path: str, client: TestClient, working: FakeWorking) -> None:
    answer = client.post(f"/api/v1/alerts/A1/{path}", json=BODIES[path] | {"seen": 3})
    assert answer.status_code == 200, answer.text
    assert {"work", "actions", "samples", "camera"} <= answer.json().keys()
    ((caller, deed),) = working.came
    assert (deed.alert, deed.act, deed.seen) == ("A1", ACTS.get(path, path), 3)
    assert caller.name == "Sở (mẫu)"
    times = (deed.until, deed.deadline, deed.taken_at)
    assert [one for one in times if one is not None] == ([NOON] if AT in str(BODIES[path]) else [])
    assert client.post(f"/api/v1/alerts/A9/{path}", json=BODIES[path]).status_code == 404


def test_files_are_handed_on_as_bytes(client: TestClient, working: FakeWorking) -> None:
    sent = {"name": "a.pdf", "content": base64.b64encode(b"%PDF").decode()}
    client.post("/api/v1/alerts/A1/explain", json={"text": "xem", "attachments": [sent]})
    assert working.came[0][1].attachments == (Attached("a.pdf", b"%PDF"),)


REFUSALS: list[tuple[Exception, int, str, dict[str, Any]]] = [
    (
        Forbidden("chỉ cán bộ", "only officers", [Role.CITY_OFFICER]), 403,
        "Only officers. It is for city_officer to do.",
        {"roles": ["city_officer"], "message": {"vi": "Chỉ cán bộ.", "en": "Only officers."}},
    ),
    (
        Conflict("đã đóng", "closed", [{"at": AT, "what": "close", "by": "An", "role": "x"}], 4),
        409, f"Closed. What happened: {AT} close by An. Look again, then decide.",
        {"revision": 4, "happened": [{"at": AT, "what": "close", "by": "An", "role": "x"}]},
    ),
    (Unattachable(True, "10 MB"), 413, "10 MB. Send smaller files, or fewer.", {}),
    (Unattachable(False, "no such kind"), 415, "no such kind.", {}),
    (Refused([Problem("body", "until", "is over")]), 422, "until: is over.", {}),
    (NotDurable("disk"), 503, "Nothing was stored (disk): send the same again.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "status", "detail", "more"), REFUSALS, ids=lambda one: str(one))
def test_a_refusal_is_a_problem(
    why: Exception, status: int, detail: str, more: dict[str, Any], client: TestClient,
    working: FakeWorking,
) -> None:  # fmt: skip
    working.raises = why
    answer = client.post("/api/v1/alerts/A1/close", json={"text": "xong"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["detail"] == detail
    assert {name: said[name] for name in more} == more


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_not_read_beyond_what_is_taken(
    chunked: bool, client: TestClient, working: FakeWorking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_BYTES", 100)
    small, large = b'{"text": "xong"}', b'{"text": "' + b"x" * 100 + b'"}'
    for body, status in ((small, 200), (large, 413)):
        content: Any = iter([body]) if chunked else body
        headers = {"Content-Type": "application/json"}
        answer = client.post("/api/v1/alerts/A1/close", content=content, headers=headers)
        assert answer.status_code == status, answer.text
    assert len(working.came) == 1


def test_an_announcement_is_handed_on(client: TestClient, working: FakeWorking) -> None:
    said = {"kind": "maintenance", "station": "m01", "end": AT, "reason": "thay bơm"}
    assert client.post("/api/v1/planned", json=said).status_code == 201
    (asked,) = working.announced
    assert (asked.station, asked.start, asked.end) == ("m01", None, NOON)
    assert client.post("/api/v1/planned", json=said | {"kind": "holiday"}).status_code == 422
    assert client.post("/api/v1/planned/1/cancel", json={"reason": "xong"}).status_code == 200
    assert client.post("/api/v1/planned/2/cancel", json={"reason": "xong"}).status_code == 404
    assert client.get("/api/v1/planned").json()["items"]


def test_a_file_is_only_ever_saved(client: TestClient, working: FakeWorking) -> None:
    answer = client.get("/api/v1/attachments/1")
    disposition = answer.headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''phi%E1%BA%BFu%20%221%22.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert client.get("/api/v1/attachments/2").status_code == 404
    assert client.get("/api/v1/attachments/0").status_code == 422


def test_rights_of_every_act_are_in_the_description(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    rights = {path: paths[f"/api/v1/alerts/{{id}}/{path}"]["post"]["x-rights"] for path in BODIES}
    assert rights["close"] == ["read", "close"]
    assert rights["lab-result"] == ["read", "sample"]

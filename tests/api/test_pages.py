"""Health, metrics, pages, headers, and the description of it all."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.pages import example_of
from api.problems import KINDS, PROBLEM
from tests.api.fakes import FakeReads
from tests.api.test_problems import problem


def test_alive_whatever_the_store_says(client: TestClient, reads: FakeReads) -> None:
    reads.red = ["writer: no sign of life for 60 s"]
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_while_the_store_is_green(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"status": "green", "reasons": [], "seq": 0}


def test_not_ready_says_why(client: TestClient, reads: FakeReads) -> None:
    reads.red = ["writer: no sign of life for 60 s", "disk: 10 MB left"]
    body = problem(client.get("/readyz"), "not-ready")
    assert body["reasons"] == reads.red
    assert body["detail"] == "writer: no sign of life for 60 s; disk: 10 MB left"


def test_metrics_are_passed_on(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.text == "tolich_up 1.0\n"
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/api/v1/stations", "/nowhere"])
def test_every_answer_carries_the_headers(path: str, client: TestClient) -> None:
    headers = client.get(path, headers={"origin": "https://example.org"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == ("same-origin" if path == "/" else "no-referrer")
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_the_reference_loads_nothing(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.findall(r"<(?:script|link|img|iframe)\b|(?:src|href)=\"https?:", answer.text) == []
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_the_reference_shows_every_operation_and_every_problem(client: TestClient) -> None:
    page = client.get("/docs").text
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page
    for kind in KINDS:
        assert f'id="problem-{kind}"' in page


# --- the description --------------------------------------------------------------------------

CONTRACT = {
    *(f"get /api/v1/{path}" for path in ("stations", "stations/{id}", "stations/{id}/readings")),
    "get /api/v1/stations/{id}/outlook",
    "get /api/v1/stations/{id}/commission",
    *("get /api/v1/findings/{id}/revisions", "get /api/v1/amendments", "post /api/v1/amendments"),
    *(f"get /api/v1/{path}" for path in ("findings", "findings/{id}", "findings/{id}/why")),
    *(f"get /api/v1/{path}" for path in ("alerts", "alerts/{id}", "alerts/{id}/why")),
    *(f"get /api/v1/{path}" for path in ("transitions", "stream", "rejected", "forwarding", "me")),
    *(f"get /api/v1/{path}" for path in ("regulations", "regulations/{id}", "permits")),
    *("get /api/v1/notifications", "get /api/v1/responses", "get /api/v1/alarm-load"),
    *("get /api/v1/suspicions", "get /api/v1/suspicions/{id}", "get /api/v1/suspicion-looks"),
    "post /api/v1/what-if",
    *("get /api/v1/register", "post /api/v1/register"),
    *("get /api/v1/register/history/{kind}/{id}", "post /api/v1/register/{kind}/{id}/undo"),
    *(f"get /api/v1/exports/{name}.{{form}}" for name in ("readings", "findings", "alerts")),
    "get /api/v1/reports/{kind}.{form}",
    "post /api/v1/ingest/{cluster}/{station}",
    *("get /api/v1/oidc/login", "get /api/v1/oidc/callback"),
    *("post /api/v1/login", "post /api/v1/logout", "patch /api/v1/me"),
    *(f"{method} /api/v1/accounts" for method in ("get", "post")),
    *(f"{method} /api/v1/accounts/{{name}}" for method in ("get", "patch")),
    "post /api/v1/accounts/{name}/reset",
    *(f"{method} /api/v1/accounts/{{name}}/keys" for method in ("get", "post")),
    "delete /api/v1/accounts/{name}/keys/{key}",
    *(f"post /api/v1/alerts/{{id}}/{act}" for act in ("acknowledge", "comment", "explain")),
    *(f"post /api/v1/alerts/{{id}}/{act}" for act in ("request-explanation", "shelve", "unshelve")),
    *(f"post /api/v1/alerts/{{id}}/{act}" for act in ("close", "reopen")),
    *(f"post /api/v1/alerts/{{id}}/{act}" for act in ("sample", "bottle", "lab-result")),
    *(f"get /api/v1/alerts/{{id}}/{what}" for what in ("actions", "page")),
    *(f"{method} /api/v1/planned" for method in ("get", "post")),
    *("get /api/v1/attachments/{id}", "post /api/v1/planned/{id}/cancel"),
    *(f"get {path}" for path in ("/healthz", "/readyz", "/metrics")),
}


def operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_description_holds_the_contract(app: FastAPI) -> None:
    assert {name for name, _ in operations(app)} == CONTRACT


def test_every_operation_is_described_in_full(app: FastAPI) -> None:
    described = app.openapi()
    for name, operation in operations(app):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        good = [answer for status, answer in operation["responses"].items() if status[0] in "23"]
        assert len(good) == 1, name
        for media in good[0].get("content", {}).values():
            assert example_of(media, described) is not None, name


def test_every_error_is_described_as_a_problem(app: FastAPI) -> None:
    for name, operation in operations(app):
        bad = {
            status: one for status, one in operation["responses"].items() if status[0] not in "23"
        }
        assert "500" in bad, name
        assert "/api/v1" not in name or "unknown-parameter" in str(bad["400"]), name
        for answer in bad.values():
            assert list(answer["content"]) == [PROBLEM], name
            assert answer["content"][PROBLEM]["examples"], name


def test_every_reference_of_the_description_leads_somewhere(app: FastAPI) -> None:
    described = app.openapi()
    named = re.findall(r"'#/components/schemas/(\w+)'", str(described))
    assert set(named) <= set(described["components"]["schemas"])
    assert "Problem" in named

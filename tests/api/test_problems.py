"""Every error is a problem document that names the place and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.problems import KINDS
from tests.api.fakes import FakeReads, finding_id

ID = finding_id("m01", -1)


def problem(answer: Response, kind: str) -> dict[str, Any]:
    """The document, after looking at what all of them have."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/docs#problem-{kind}"
    assert body["title"] == KINDS[kind].title
    assert body["status"] == answer.status_code == KINDS[kind].status
    assert body["detail"]
    return body


UNKNOWN = {
    "findings?staton=m01": "did you mean 'station'?",
    "findings?form=2026-11-22T05:00:00Z": "did you mean 'from'?",
    "findings?start=2026-11-22T05:00:00Z": "'start'",
    "alerts?severity=x": "known here: as_of, cluster, cursor, kind, limit, since, state, station",
    "stations?station=m01": "known here: cursor, limit",
    "stations/m01?x=1": "takes no 'x' or any other",
    f"findings/{ID}?rev=2": "known here: revision",
    f"findings/{ID}/why?language=vi": "did you mean 'lang'?",
    "transitions?cursor=5": "known here: after, limit",
    "stream?afer=5": "did you mean 'after'?",
    "me?all": "'all'",
}


@pytest.mark.parametrize(("path", "said"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_unknown_parameter_is_named(path: str, said: str, client: TestClient) -> None:
    body = problem(client.get(f"/api/v1/{path}"), "unknown-parameter")
    assert said in body["detail"]
    assert body["parameter"] in path


def test_a_parameter_given_twice_is_refused(client: TestClient) -> None:
    answer = client.get("/api/v1/findings?station=m01&station=m02")
    assert "'station'" in problem(answer, "repeated-parameter")["detail"]


BAD_TIMES = {
    "2026-11-22T08:00:00": "has no zone",
    "2026-11-22 08:00:00": "has no zone",
    "2026-11-22": "is not a time",
    "1795323600": "is not a time",
    "now": "is not a time",
    "2026-02-30T08:00:00Z": "is not in the calendar",
    "2026-11-22T25:00:00Z": "is not in the calendar",
    "": "is not a time",
}


@pytest.mark.parametrize(("text", "said"), BAD_TIMES.items(), ids=BAD_TIMES)
@pytest.mark.parametrize(
    "path",
    [
        "findings?from=",
        "findings?to=",
        "findings?as_of=",
        "alerts?since=",
        "stations/m01/readings?from=",
    ],
)
def test_a_bad_time_is_named(path: str, text: str, said: str, client: TestClient) -> None:
    body = problem(client.get(f"/api/v1/{path}{text}"), "bad-time")
    name = path.partition("?")[2].rstrip("=")
    assert [(one["in"], one["name"]) for one in body["errors"]] == [("query", name)]
    assert said in body["detail"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_times_at_the_ends_of_the_calendar_pass(text: str, client: TestClient) -> None:
    answer = client.get("/api/v1/findings", params={"from": text})
    assert answer.status_code == 200


def test_an_interval_that_ends_before_it_begins_is_refused(client: TestClient) -> None:
    times = "from=2026-11-22T08:00:01Z&to=2026-11-22T08:00:00Z"
    for path in ("findings", "stations/m01/readings"):
        problem(client.get(f"/api/v1/{path}?{times}"), "bad-interval")


@pytest.mark.parametrize("path", ["stations", "findings", "alerts", "regulations", "permits"])
def test_a_bad_cursor_is_refused(path: str, client: TestClient) -> None:
    body = problem(client.get(f"/api/v1/{path}?cursor=tomorrow"), "bad-cursor")
    assert "next" in body["detail"]


INVALID = {
    "findings?limit=0": "limit",
    "findings?limit=1001": "limit",
    "findings?limit=many": "limit",
    "findings?outcome=bad": "outcome",
    "findings?final=perhaps": "final",
    "alerts?state=open": "state",
    "alerts?kind=exceedence": "kind",
    "transitions?after=-1": "after",
    f"transitions?after={2**63}": "after",
    f"findings/{ID}?revision=0": "revision",
    f"findings/{ID}/why?lang=fr": "lang",
    "stream?after=x": "after",
}


@pytest.mark.parametrize(("path", "name"), INVALID.items(), ids=INVALID)
def test_an_invalid_value_is_named(path: str, name: str, client: TestClient) -> None:
    body = problem(client.get(f"/api/v1/{path}"), "invalid-request")
    assert [(one["in"], one["name"]) for one in body["errors"]] == [("query", name)]
    assert body["detail"].startswith(f"{name}: ")


def test_a_nul_character_is_refused_before_the_store_sees_it(client: TestClient) -> None:
    problem(client.get("/api/v1/findings?station=%00"), "invalid-request")
    problem(client.get("/api/v1/stations/m%0001"), "invalid-request")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api/v1",
        "/api/v1/station",
        "/api/v2/stations",
        "/api/v1/stations/",
        "/api/v1/findings/m01",
        f"/api/v1/findings/{ID}?revision=7",
        "/api/v1/regulations/QCVN",
    ],
)
def test_what_is_not_there(path: str, client: TestClient) -> None:
    body = problem(client.get(path), "not-found")
    assert body["instance"] == path.partition("?")[0]


@pytest.mark.parametrize("path", ["/api/v1/stations", "/api/v1/stream", "/healthz", "/"])
def test_a_wrong_method_says_which_is_right(path: str, client: TestClient) -> None:
    answer = client.delete(path)
    problem(answer, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_the_instance_is_a_valid_reference(client: TestClient) -> None:
    answer = client.get("/api/v1/stations/tr%E1%BA%A1m%20%3F")
    assert problem(answer, "not-found")["instance"] == "/api/v1/stations/tr%E1%BA%A1m%20%3F"


def test_an_error_of_ours_tells_nothing_of_the_inside(client: TestClient, reads: FakeReads) -> None:
    reads.broken = RuntimeError("no such table: finding")
    answer = client.get("/api/v1/findings")
    assert "table" not in problem(answer, "internal-error")["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"

"""What if over HTTP: one answer within a bound, lines beyond it, and what is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from api import examples
from api.compared import Comparison
from api.whatif import MOST_BYTES, MOST_DAYS
from rules.model import Problem
from tests.api.fakes import FakeReads
from tests.api.test_problems import problem
from tolich.ports import Scope

PATH = "/api/v1/what-if"
QUESTION = json.dumps(examples.QUESTION)
LINES = {"accept": "application/x-ndjson"}


def test_the_answer_has_counts_and_differences(client: TestClient, reads: FakeReads) -> None:
    answer = client.post(PATH, content=QUESTION)
    assert answer.status_code == 200
    assert answer.json() == examples.COMPARISON
    Comparison.model_validate(answer.json())
    assert answer.headers["vary"] == "Accept"
    (asked,) = reads.queries
    assert asked["permit"]["completeness"] == Decimal("0.8")


def test_lines_come_with_progress_and_end_with_the_result(client: TestClient) -> None:
    answer = client.post(PATH, content=QUESTION, headers=LINES)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [key for line in lines for key in line] == ["difference", "progress", "result"]
    assert lines[1]["progress"] == {"done": 23, "total": 23}
    whole = {**lines[2]["result"], "differences": [lines[0]["difference"]]}
    assert whole == examples.COMPARISON


@pytest.mark.parametrize("days", [MOST_DAYS, MOST_DAYS + 1])
def test_an_answer_in_one_piece_is_bounded_and_lines_are_not(
    days: int, client: TestClient, reads: FakeReads
) -> None:
    reads.station_days = days
    answer = client.post(PATH, content=QUESTION)
    if days <= MOST_DAYS:
        assert answer.status_code == 200
    else:
        body = problem(answer, "too-much")
        assert f"{days} station-days" in body["detail"]
        assert "Accept: application/x-ndjson" in body["detail"]
        assert body["station_days"] == days
    assert client.post(PATH, content=QUESTION, headers=LINES).status_code == 200


def test_the_scope_of_whoever_asks_applies(
    client: TestClient, reads: FakeReads, seen: list[Scope]
) -> None:
    seen.append(Scope(clusters=frozenset({"mau-02"})))
    client.post(PATH, content=QUESTION)
    assert reads.asked == [seen[-1]]


def test_what_is_wrong_with_a_question_is_named_at_once(
    client: TestClient, reads: FakeReads
) -> None:
    reads.refused = [
        Problem("what-if", "permit.limit", "unknown key; did you mean 'limits'?"),
        Problem("what-if", "to", "lies before from: exchange the two"),
    ]
    body = problem(client.post(PATH, content=QUESTION, headers=LINES), "invalid-request")
    assert body["errors"][0] == {
        "in": "body",
        "name": "permit.limit",
        "detail": "unknown key; did you mean 'limits'?",
    }
    assert "to: lies before from" in body["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"from": NaN}', "NaN is not a number"),
        ("[" * 60_000, "not JSON"),
        (b"\xff", "not JSON"),
        (" " * (MOST_BYTES + 1), "bytes at most"),
    ],
)
def test_a_body_that_is_no_question_is_refused(
    body: str | bytes, said: str, client: TestClient, reads: FakeReads
) -> None:
    assert said in problem(client.post(PATH, content=body), "invalid-request")["detail"]
    assert reads.queries == []


def test_a_misspelt_query_parameter_is_refused(client: TestClient) -> None:
    problem(client.post(f"{PATH}?from=2026-01-01", content=QUESTION), "unknown-parameter")

"""Amendments over HTTP: what reaches the store, and what is refused with its field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.decided import Amendment
from api.examples import AMEND
from rules.days import rfc3339
from tests.api.fakes import NOON, FakeAmending, FakeReads
from tolich.ports import Amend, AmendmentQuery, Scope

PATH = "/api/v1/amendments"
USUAL = {
    "station": "m01", "parameter": "COD", "act": "exclude", "reason": "mẫu",
    "from": rfc3339(NOON), "to": rfc3339(NOON + 60),
}  # fmt: skip


def refused(client: TestClient, body: object) -> dict[str, str]:
    """What is wrong, by field, and that the detail says the same."""
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = {one["name"]: one["detail"] for one in answer.json()["errors"]}
    assert all(f"{name}: {detail}" in answer.json()["detail"] for name, detail in told.items())
    return told


def test_the_example_is_taken(client: TestClient, amending: FakeAmending) -> None:
    answer = client.post(PATH, json=AMEND)
    assert answer.status_code == 201
    Amendment.model_validate(answer.json())
    (came,) = amending.came
    assert (came.act, came.value, came.unit) == ("confirm", Decimal("61.5"), "mg/L")
    assert came.end == (came.start or 0) + 1
    assert came.document == AMEND["document"]


def test_every_field_reaches_the_store(client: TestClient, amending: FakeAmending) -> None:
    assert client.post(PATH, json=USUAL).status_code == 201
    assert amending.came == [
        Amend("m01", "COD", "exclude", "Sở (mẫu)", "mẫu", NOON, NOON + 60)
    ]  # fmt: skip
    back = {name: USUAL[name] for name in ("station", "parameter", "reason")}
    assert client.post(PATH, json={**back, "act": "reverse", "reverses": 1}).json()["reverses"] == 1


@pytest.mark.parametrize("number", ["61.1", 61.1])
def test_a_value_is_taken_exactly(
    number: object, client: TestClient, amending: FakeAmending
) -> None:
    assert client.post(PATH, json={**USUAL, "act": "value", "value": number}).status_code == 201
    assert amending.came[0].value == Decimal("61.1")


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a misspelt key": ({"staton": "m01"}, "body", "did you mean 'station'?"),
    "a strange act": ({"act": "delete"}, "act", "'exclude', 'confirm', 'value' or 'reverse'"),
    "both ways of time": ({"at": rfc3339(NOON)}, "at", "goes without `from` and `to`"),
    "an author": ({"author": "Sở"}, "body", "'author' is not known here"),
    "a NUL": ({"reason": "a\0b"}, "reason", "pattern"),
    "many words": ({"reason": "a" * 2001}, "reason", "2000 characters"),
    "not a number": ({"value": "many"}, "value", "decimal"),
    "a number without end": ({"value": "1e400"}, "value", "digits"),
    "no number at all": ({"value": "NaN"}, "value", "finite"),
    "a reversal of nothing": ({"reverses": 0}, "reverses", "greater"),
    "a reversal beyond any": ({"reverses": 2**63}, "reverses", "less"),
    "a strange station": ({"station": "m99"}, "station", "no station 'm99' that you may see"),
}


@pytest.mark.parametrize(("change", "field", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(
    change: dict[str, Any], field: str, said: str, client: TestClient, amending: FakeAmending
) -> None:
    told = refused(client, {**USUAL, **change})
    assert set(told) == {field}
    assert said in told[field]
    assert amending.came == []


def test_a_time_without_a_zone_says_how_to_write_one(client: TestClient) -> None:
    answer = client.post(PATH, json={**USUAL, "from": "2026-11-22T08:00:00"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/docs#problem-bad-time")
    assert "has no zone" in answer.json()["detail"]


@pytest.mark.parametrize("body", [[], "x", None, 5])
def test_a_body_that_is_no_object_is_refused(body: object, client: TestClient) -> None:
    assert client.post(PATH, json=body).status_code == 422


def test_a_station_outside_the_scope_is_as_absent_as_an_unknown_one(
    client: TestClient, seen: list[Scope], amending: FakeAmending
) -> None:
    seen[:] = [Scope(clusters=frozenset({"mau-02"}))]
    assert "that you may see" in refused(client, USUAL)["station"]
    assert amending.came == []


def test_what_was_not_stored_is_to_be_sent_again(
    client: TestClient, amending: FakeAmending
) -> None:
    amending.full = True
    answer = client.post(PATH, json=USUAL)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "/docs#problem-not-durable"


def test_filters_reach_the_store(client: TestClient, reads: FakeReads) -> None:
    assert client.get(f"{PATH}?station=m01&parameter=COD").status_code == 200
    assert reads.queries == [AmendmentQuery("m01", "COD")]

"""The register is changed by those who see all of it, where it is changed at all."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.api.test_problems import problem
from tolich.ports import Scope


def test_whoever_sees_some_clusters_does_not_see_the_register(
    client: TestClient, seen: list[Scope]
) -> None:
    seen.append(Scope(clusters=frozenset({"mau-01"})))
    assert "every cluster" in problem(client.get("/api/v1/register"), "forbidden")["detail"]
    answer = client.get("/setup", headers={"accept": "text/html"})
    assert answer.status_code == 403


def test_a_process_that_does_not_change_the_register_says_so(client: TestClient) -> None:
    problem(client.get("/api/v1/register"), "not-found")

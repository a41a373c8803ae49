"""The whole API against its own description, asked at random by accounts of two roles.

Nothing answers 500, every answer has the shape and the status that are described, and nothing
of a foreign plant shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import (
    not_a_server_error,
)
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests.cast import Stage
from tests.tolich.test_permissions import FOREIGN, Place, application, prepared
from tolich.clock import StepClock
from tolich.store.health import WRITER, beat

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
SENT = ("method", "url", "headers", "params", "json", "content", "data", "files")
ENDLESS, READY = "/api/v1/stream", "/readyz"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepared(tmp_path_factory.mktemp("described"))


@pytest.fixture(scope="module")
def on(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    copy = tmp_path_factory.mktemp("described-copy") / "copy"
    shutil.copytree(place.folder, copy)
    found = Stage(copy, StepClock(place.now))
    yield found
    found.close()


@pytest.fixture(scope="module")
def described(on: Stage) -> Any:
    app = application(on)
    return schemathesis.openapi.from_asgi("/openapi.json", app).exclude(path=ENDLESS)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks the application at random."""

    engine: Engine
    client: TestClient
    headers: dict[str, str]

    def ask(self, case: Case[Any]) -> Any:
        """An answer that holds what the description says."""
        sent = case.as_transport_kwargs(headers=self.headers)
        sent = {name: sent[name] for name in SENT if sent.get(name) is not None}
        if case.path == READY:  # by wall time, a writer's sign of life would soon be old
            beat(self.engine, WRITER, [], {})
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        answer = self.client.request(**sent)
        case.validate_response(answer, checks=CHECKS, headers=self.headers)
        return answer


def asker(described: Any, on: Stage, place: Place, role: str) -> Asker:
    """An account of a role."""
    client = TestClient(described.app, raise_server_exceptions=False)
    return Asker(on.engine, client, {"Authorization": f"Bearer {place.keys[role]}"})


def wrong(described: Any, ask: Callable[[Case[Any]], None]) -> Iterator[str]:
    """Every operation that answers otherwise than it is described, with an example."""
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def asking(case: Case[Any]) -> None:
            ask(case)

        try:
            asking()
        except (AssertionError, FailureGroup) as error:
            yield f"{operation.label}: {error}"


def test_an_investor_is_answered_as_described_and_sees_no_other_plant(
    described: Any, on: Stage, place: Place
) -> None:
    investor = asker(described, on, place, "investor")

    def ask(case: Case[Any]) -> None:
        answer = investor.ask(case)
        if FOREIGN not in f"{case.formatted_path} {case.query} {case.body!r}":
            assert FOREIGN not in answer.text
            assert "mau-02" not in answer.text

    found = "\n".join(wrong(described, ask))
    if found:
        pytest.fail(found)


def test_an_officer_is_answered_as_described(described: Any, on: Stage, place: Place) -> None:
    found = "\n".join(wrong(described, asker(described, on, place, "city_officer").ask))
    if found:
        pytest.fail(found)

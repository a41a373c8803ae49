"""Logging in over HTTP: the cookie, pages of other sites, waiting, and sending readings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import COOKIE, guarded
from api.view import Parts
from rules.roles import Role
from tests.api.fakes import (
    FakeAmending,
    FakeClock,
    FakeIntake,
    FakeReads,
    FakeReports,
    FakeWorking,
)
from tests.callers import KnownCallers, caller, empty_store
from tolich.ports import AccountAsked

GOOD = "mưa tháng bảy gãy cành trám"
HOST = "http://testserver"


@pytest.fixture
def accounts(tmp_path: Path) -> KnownCallers:
    made = KnownCallers(empty_store(tmp_path), FakeClock(), {})
    made.create(caller(), "officer", AccountAsked(Role.CITY_OFFICER), GOOD)
    return made


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def app(accounts: KnownCallers, intake: FakeIntake) -> FastAPI:
    return create_app(
        Parts(
            FakeReads(),
            intake,
            FakeAmending(),
            accounts,
            FakeClock(),
            lambda: b"",
            FakeWorking(),
            FakeReports(),
        )
    )


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found


def log_in(client: TestClient, **said: str) -> int:
    """The status of a log-in."""
    answer = client.post("/api/v1/login", json={"name": "officer", "password": GOOD, **said})
    status: int = answer.status_code
    return status


def test_a_log_in_is_a_cookie_no_script_can_read(client: TestClient) -> None:
    answer = client.post("/api/v1/login", json={"name": "officer", "password": GOOD})
    assert answer.json()["account"]["name"] == "officer"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie  # plain HTTP here
    assert client.get("/api/v1/me").json()["account"]["role"] == "city_officer"
    assert client.get("/api/v1/stations").status_code == 200
    gone = client.post("/api/v1/logout", headers={"Origin": HOST})
    assert gone.status_code == 204
    assert COOKIE not in client.cookies
    assert client.get("/api/v1/me").status_code == 401


def test_over_tls_the_cookie_stays_there(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        answer = client.post("/api/v1/login", json={"name": "officer", "password": GOOD})
        assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "null", HOST + ":81"])
def test_a_page_of_another_site_cannot_act(origin: str | None, client: TestClient) -> None:
    log_in(client)
    headers = {} if origin is None else {"Origin": origin}
    refused = client.patch("/api/v1/me", json={"language": "en"}, headers=headers)
    assert refused.status_code == 403
    assert client.get("/api/v1/me").json()["account"]["language"] == "vi"
    own = client.patch("/api/v1/me", json={"language": "en"}, headers={"Origin": HOST})
    assert own.json()["account"]["language"] == "en"


@pytest.mark.parametrize("said", [{"password": "wrong"}, {"name": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_sound_the_same(
    said: dict[str, str], client: TestClient
) -> None:
    answer = client.post("/api/v1/login", json={"name": "officer", "password": GOOD, **said})
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("There is no such account, or")
    assert not answer.json()["new_password_needed"]
    assert "set-cookie" not in answer.headers


def test_too_many_tries_are_told_to_wait(client: TestClient) -> None:
    assert [log_in(client, password="wrong") for _ in range(5)] == [401] * 5
    answer = client.post("/api/v1/login", json={"name": "officer", "password": GOOD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_one_time_password_asks_for_ones_own(client: TestClient, accounts: KnownCallers) -> None:
    shape = accounts.reset(caller(), "officer")
    assert shape is not None
    once = shape["one_time_password"]
    answer = client.post("/api/v1/login", json={"name": "officer", "password": once})
    assert (answer.status_code, answer.json()["new_password_needed"]) == (401, True)
    weak = {"name": "officer", "password": once, "new_password": "short"}
    refused = client.post("/api/v1/login", json=weak)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["name"] == "new_password"
    assert log_in(client, password=once, new_password=GOOD + "!") == 200


def test_a_misspelt_key_says_what_was_meant(client: TestClient) -> None:
    answer = client.post("/api/v1/login", json={"name": "officer", "pasword": GOOD})
    assert answer.status_code == 422
    assert "did you mean 'password'" in answer.json()["detail"]


def test_a_sender_sends_for_its_own_stations_and_not_too_fast(
    client: TestClient, accounts: KnownCallers, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = caller(name="logger", stations=frozenset({"m01"}))
    accounts._known = {"logger": lambda: sender}
    headers = {"Authorization": "Bearer logger"}
    body = {"ts": "2026-11-22T08:35:00+07:00", "readings": []}
    sent = [
        client.post(f"/api/v1/ingest/mau-01/{name}", json=body, headers=headers).status_code
        for name in ("m01", "m02", "nowhere")
    ]
    assert sent == [202, 404, 404]
    assert len(intake.came) == 1
    monkeypatch.setattr(accounts, "may_send", lambda _: 2.5)
    slow = client.post("/api/v1/ingest/mau-01/m01", json=body, headers=headers)
    assert (slow.status_code, slow.headers["retry-after"]) == (429, "3")
    assert len(intake.came) == 1


def test_an_endpoint_that_says_no_right_starts_no_application() -> None:
    router = APIRouter()

    @router.get("/open")
    def forgotten() -> None:
        """Says nothing about who may call it."""

    with pytest.raises(ValueError, match="/open"):
        guarded([router])

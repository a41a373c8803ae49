"""Logging in through a provider: a small one of our own on loopback, honest and otherwise."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.testclient import TestClient

from api.app import create_app
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
from tolich.oidc import Client, OpenIdProvider
from tolich.ports import AccountAsked, LoginRefused

KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
SECRET = "bí mật của chúng ta"


@dataclass
class Town:
    """A provider that knows one person, and lies as it is told."""

    claims: dict[str, Any] = field(default_factory=dict)  # other than they should be
    key: RSAKey | OctKey = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    nonce: str = ""
    described: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def token(self) -> str:
        """The identity of the one it knows."""
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": "tolich", "sub": "abc-123", "iat": now, "exp": now + 300,
            "nonce": self.nonce, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def answers(self, path: str) -> Any:
        """The JSON behind a path."""
        places = {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                **self.described,
            },
            "/keys": KeySet([KEY]).as_dict(private=False),
            "/token": {"id_token": self.token()},
        }
        return places[path]


@contextmanager
def serving(town: Town) -> Iterator[Town]:
    """The provider on a port of loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said = dict(parse_qsl(body))
            town.asked.append(said | {"authorization": self.headers.get("Authorization", "")})
            self._answer()

        def _answer(self) -> None:
            body = json.dumps(town.answers(self.path)).encode()
            self.send_response(town.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    town.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield town
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def town() -> Iterator[Town]:
    with serving(Town()) as found:
        yield found


@pytest.fixture
def provider(town: Town) -> OpenIdProvider:
    return OpenIdProvider(Client(town.address, "tolich", SECRET, "http://testserver/back"))


def begun(provider: OpenIdProvider, town: Town) -> tuple[str, dict[str, list[str]]]:
    """A log-in under way: its state, and what was asked of the provider's page."""
    place, state = provider.begin()
    asked = parse_qs(urlsplit(place).query)
    town.nonce = asked["nonce"][0]
    return state, asked


def test_the_subject_of_whoever_comes_back(provider: OpenIdProvider, town: Town) -> None:
    state, asked = begun(provider, town)
    assert asked["state"] == [state]
    assert (asked["response_type"], asked["scope"]) == (["code"], ["openid"])
    assert asked["code_challenge_method"] == ["S256"]
    assert provider.finish(state, "a code") == "abc-123"
    (sent,) = town.asked
    assert (sent["code"], sent["grant_type"]) == ("a code", "authorization_code")
    assert len(sent["code_verifier"]) >= 43
    assert sent["authorization"].startswith("Basic ")


def test_a_state_serves_once_and_only_here(provider: OpenIdProvider, town: Town) -> None:
    state, _ = begun(provider, town)
    provider.finish(state, "x")
    for one in (state, "guessed"):
        with pytest.raises(LoginRefused, match="not begun here"):
            provider.finish(one, "x")


def test_a_log_in_left_lying_is_forgotten(town: Town) -> None:
    now = [int(time.time())]
    provider = OpenIdProvider(
        Client(town.address, "tolich", SECRET, "http://testserver/back"), lambda: now[0]
    )
    state, _ = begun(provider, town)
    now[0] += 601
    with pytest.raises(LoginRefused, match="too long ago"):
        provider.finish(state, "x")


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "http://127.0.0.1:1"}},
    "for somebody else": {"claims": {"aud": "another client"}},
    "over": {"claims": {"exp": int(time.time()) - 3600}},
    "without end": {"claims": {"exp": None}},
    "nobody": {"claims": {"sub": None}},
    "another log-in": {"claims": {"nonce": "of another"}},
    "another key": {"key": OTHER},
    "our own secret as the key": {"key": OctKey.import_key(SECRET), "algorithm": "HS256"},
    "down": {"status": 503},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_lets_nobody_in(lie: dict[str, Any], provider: OpenIdProvider, town: Town) -> None:
    state, _ = begun(provider, town)
    for name, value in lie.items():
        setattr(town, name, value)
    with pytest.raises(LoginRefused):
        provider.finish(state, "x")


def test_a_provider_under_another_name_is_not_ours(provider: OpenIdProvider, town: Town) -> None:
    town.described = {"issuer": "http://elsewhere.example"}
    with pytest.raises(LoginRefused, match="calls itself"):
        provider.begin()


@pytest.fixture
def client(tmp_path: Path, provider: OpenIdProvider) -> Iterator[TestClient]:
    clock = FakeClock()
    accounts = KnownCallers(empty_store(tmp_path), clock, {})
    accounts.create(caller(), "officer", AccountAsked(Role.CITY_OFFICER, subject="abc-123"))
    parts = Parts(
        FakeReads(),
        FakeIntake(),
        FakeAmending(),
        accounts,
        clock,
        lambda: b"",
        FakeWorking(),
        FakeReports(),
        provider,
    )
    with TestClient(create_app(parts), follow_redirects=False) as found:
        yield found


def come_back(client: TestClient, town: Town, **changes: str) -> Any:
    """What the provider's page makes the browser ask."""
    sent = client.get("/api/v1/oidc/login")
    assert sent.status_code == 302
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    town.nonce = asked["nonce"][0]
    query = {"state": asked["state"][0], "code": "x", **changes}
    return client.get("/api/v1/oidc/callback", params=query)


def test_a_browser_is_logged_in(client: TestClient, town: Town) -> None:
    answer = come_back(client, town)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert client.get("/api/v1/me").json()["account"]["name"] == "officer"


def test_a_browser_that_did_not_begin_is_not(client: TestClient, town: Town) -> None:
    client.get("/api/v1/oidc/login")
    client.cookies.clear()
    answer = client.get("/api/v1/oidc/callback", params={"state": "x", "code": "x"})
    assert answer.status_code == 401
    assert "another browser" in answer.json()["detail"]


def test_whom_no_account_names_is_not_let_in(client: TestClient, town: Town) -> None:
    town.claims = {"sub": "somebody else"}
    answer = come_back(client, town)
    assert answer.status_code == 401
    assert "no account here is yours" in answer.json()["detail"]
    assert client.get("/api/v1/me").status_code == 401


def test_what_the_provider_refused_is_said(client: TestClient, town: Town) -> None:
    answer = come_back(client, town, error="access_denied", error_description="not today")
    assert (answer.status_code, "not today" in answer.json()["detail"]) == (401, True)


def test_without_a_provider_there_is_no_such_log_in(tmp_path: Path) -> None:
    accounts = KnownCallers(empty_store(tmp_path), FakeClock(), {})
    parts = Parts(
        FakeReads(),
        FakeIntake(),
        FakeAmending(),
        accounts,
        FakeClock(),
        lambda: b"",
        FakeWorking(),
        FakeReports(),
    )
    with TestClient(create_app(parts)) as client:
        assert client.get("/api/v1/oidc/login").status_code == 404

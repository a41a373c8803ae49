"""Logging in with an OpenID Connect provider: authorization code with PKCE, and nothing else.

The provider says who somebody is; what they may do is their account's here. Whom no account
names by `subject` is not let in: none is made on the way.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tolich.clock import wall
from tolich.ports import Begun, LoginRefused

LASTS = 600
"""Seconds somebody has at the provider's page."""

MOST_BEGUN = 1000
"""Log-ins under way at most; the oldest are forgotten."""

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures by the provider's own key; never one that our secret could make."""

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows us as. `back` is the address it sends people back to."""

    issuer: str
    client_id: str
    secret: str
    back: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    verifier: str
    nonce: str
    until: int


class OpenIdProvider:
    """The `Provider` port over HTTP."""

    def __init__(self, client: Client, now: Callable[[], int] = wall) -> None:
        self._client = client
        self._now = now
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        self._waiting: dict[str, _Waiting] = {}
        self._lock = threading.Lock()

    def begin(self) -> Begun:
        """Where to send somebody, and the state they must come back with. Raises LoginRefused."""
        place = self._described()["authorization_endpoint"]
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._remember(state, _Waiting(verifier, nonce, self._now() + LASTS))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code", "client_id": self._client.client_id, "scope": "openid",
            "redirect_uri": self._client.back, "state": state, "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(), "code_challenge_method": "S256",
        }  # fmt: skip
        return Begun(f"{place}?{urlencode(asked)}", state)

    def finish(self, state: str, code: str) -> str:
        """The subject of whoever came back. Raises LoginRefused."""
        with self._lock:
            begun = self._waiting.pop(state, None)
        if begun is None or begun.until < self._now():
            raise LoginRefused("This log-in was not begun here, or too long ago: begin again.")
        claims = self._claims(self._token(code, begun.verifier))
        if claims.get("nonce") != begun.nonce:
            raise LoginRefused("The provider's answer belongs to another log-in: begin again.")
        return str(claims["sub"])

    def _remember(self, state: str, begun: _Waiting) -> None:
        with self._lock:
            while len(self._waiting) >= MOST_BEGUN:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[state] = begun

    def _token(self, code: str, verifier: str) -> str:
        """The ID token that a code is worth."""
        described = self._described()
        asked = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
            "redirect_uri": self._client.back,
        }  # fmt: skip
        who = (self._client.client_id, self._client.secret)
        answer = self._asked("POST", described["token_endpoint"], data=asked, auth=who)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise LoginRefused("The provider gave no identity with its answer.")
        return token

    def _claims(self, token: str) -> dict[str, Any]:
        """What a token says, once its signature, issuer, audience and time are right."""
        described = self._described()
        keys = KeySet.import_key_set(self._asked("GET", described["jwks_uri"]))  # type: ignore[arg-type]
        registry = jwt.JWTClaimsRegistry(
            now=self._now(),
            leeway=60,
            iss={"essential": True, "value": self._client.issuer},
            aud={"essential": True, "value": self._client.client_id},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            registry.validate(read.claims)
        except (JoseError, ValueError) as error:
            raise LoginRefused(f"The provider's answer does not hold: {error}") from error
        return dict(read.claims)

    def _described(self) -> dict[str, Any]:
        """What the provider says of itself."""
        place = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
        described = self._asked("GET", place)
        if described.get("issuer") != self._client.issuer:
            said = f"The provider calls itself {described.get('issuer')!r}, the settings do not."
            raise LoginRefused(said)
        return described

    def _asked(self, method: str, place: str, **sent: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, place, **sent)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise LoginRefused(
                f"The provider of log-ins did not answer as it should: {error}"
            ) from error
        if not isinstance(found, dict):
            raise LoginRefused("The provider of log-ins answered something else.")
        return found

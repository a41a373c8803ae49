"""Who asks, and whether they may. Without an account nothing is answered but signs of life.

A program sends its API key as `Authorization: Bearer`; a browser has the cookie of a log-in.
Every endpoint says with `needs` which right it takes; `guarded` refuses an application in
which one says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from api.problems import Trouble
from rules.roles import RIGHTS, Right
from tolich.ports import Accounts, Caller

COOKIE = "tolich_login"

_BEARER = HTTPBearer(auto_error=False, description="An API key, of `tolich users key`.")
_LOGIN = APIKeyCookie(name=COOKIE, auto_error=False, description="Of a log-in.")
_SAFE = ("GET", "HEAD", "OPTIONS")


def asking(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    token: Annotated[str | None, Depends(_LOGIN)],
) -> Caller:
    """Who asks. Raises Trouble when nobody is known to."""
    accounts: Accounts = request.app.state.seams.accounts
    if bearer is not None:
        caller = accounts.by_key(bearer.credentials)
    elif token is not None:
        _same_origin(request)
        caller = accounts.by_session(token)
    else:
        said = "Send an API key as `Authorization: Bearer KEY`, or log in at POST /api/v1/login."
        raise _unknown(said)
    if caller is None:
        what = "API key" if bearer is not None else "log-in"
        raise _unknown(f"This {what} is not, or no longer, in force: get a new one.")
    return caller


Asking = Annotated[Caller, Depends(asking)]


def still(request: Request, caller: Caller) -> Callable[[], bool]:
    """Whether who sent a request would be let in again, and see the same."""
    accounts: Accounts = request.app.state.seams.accounts
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    token = request.cookies.get(COOKIE, "")

    def known() -> bool:
        again = accounts.by_key(key) if kind.lower() == "bearer" else accounts.by_session(token)
        return again == caller

    return known


def give_cookie(answer: Response, token: str, request: Request) -> None:
    """Send the cookie of a log-in: no script reads it, no other site makes a browser send it."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=secure)


class Needs:
    """A dependency that lets only callers with a right pass; None: any account."""

    def __init__(self, right: Right | None) -> None:
        self.right = right

    def __call__(self, caller: Asking) -> None:
        """Raises Trouble when the caller may not."""
        if self.right is None or self.right in caller.rights:
            return
        roles = ", ".join(str(role) for role, rights in RIGHTS.items() if self.right in rights)
        limited = self.right in RIGHTS[caller.role]
        why = "this API key is limited to less" if limited else f"you are {caller.role}"
        raise Trouble("forbidden", f"It takes the right {self.right!r} of {roles}; {why}.")


def needs(right: Right | None) -> Any:
    """What an endpoint or router lists under `dependencies` to say which right it takes."""
    return Depends(Needs(right))


def rights_needed(dependant: Dependant) -> Iterator[Right | None]:
    """Every right that an endpoint takes."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call.right
        yield from rights_needed(inner)


def guarded(routers: Iterable[APIRouter]) -> dict[tuple[str, str], list[Right]]:
    """The rights that each endpoint takes, by method and path.

    Raises ValueError when one does not say who may call it.
    """
    found: dict[tuple[str, str], list[Right]] = {}
    for route in (route for router in routers for route in router.routes):
        assert isinstance(route, APIRoute), "parts of the API hold endpoints only"
        needed = list(rights_needed(route.dependant))
        if not needed:
            raise ValueError(f"{route.path}: say with needs(...) which right it takes")
        for method in route.methods or ():
            found[method.lower(), route.path] = [right for right in needed if right is not None]
    return found


def _unknown(said: str) -> Trouble:
    return Trouble("login-needed", said, headers={"WWW-Authenticate": 'Bearer realm="tolich"'})


def _same_origin(request: Request) -> None:
    """A cookie goes with requests that another site makes a browser send: refuse to act on them."""
    if request.method in _SAFE:
        return
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        said = "A log-in acts only from pages of this address: send its Origin, or use an API key."
        raise Trouble("forbidden", said)

"""Logging in through an OpenID Connect provider, where one is set up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import give_cookie
from api.problems import Trouble, errors
from api.view import Seams, Within
from tolich.ports import LoginRefused, Provider

STATE = "tolich_oidc"
"""The cookie that ties a log-in to the browser that began it."""

router = APIRouter(prefix="/oidc", tags=["accounts"])

_THERE: dict[int | str, dict[str, str]] = {302: {"description": "On to the next page."}}


def _provider(seams: Seams) -> Provider:
    if seams.provider is None:
        said = "No provider of log-ins is set up here; log in with name and password."
        raise Trouble("not-found", said)
    return seams.provider


@router.get(
    "/login",
    summary="Log in with the provider",
    status_code=302,
    response_class=Response,
    responses=_THERE | errors("not-found", "wrong-login"),
)
def begin(request: Request, seams: Within) -> Response:
    """Sends a browser to the provider's page."""
    try:
        begun = _provider(seams).begin()
    except LoginRefused as why:
        raise Trouble("wrong-login", str(why)) from why
    answer = RedirectResponse(begun.address, 302)
    # Lax: the provider's page sends the browser back, and the cookie must come along.
    answer.set_cookie(
        STATE, begun.state, max_age=600, path="/api/v1/oidc", httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.get(
    "/callback",
    summary="Come back from the provider",
    status_code=302,
    response_class=Response,
    responses=_THERE | errors("not-found", "wrong-login", "invalid-request"),
)
def finish(
    request: Request,
    seams: Within,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str | None, Query(max_length=4000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    error_description: Annotated[str | None, Query(max_length=2000)] = None,
    iss: Annotated[str | None, Query(max_length=2000)] = None,
    session_state: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Logs in whoever the provider names, if an account has this subject."""
    provider = _provider(seams)
    if code is None or error is not None:
        said = error_description or error or "no code"
        raise Trouble("wrong-login", f"The provider let nobody in: {said}.")
    if request.cookies.get(STATE) != state:
        raise Trouble("wrong-login", "This log-in was begun in another browser: begin again.")
    try:
        login = seams.accounts.log_in_as(provider.finish(state, code))
    except LoginRefused as why:
        raise Trouble("wrong-login", str(why)) from why
    if login is None:
        said = "You are known to the provider, but no account here is yours: ask the administrator."
        raise Trouble("wrong-login", said)
    answer = RedirectResponse("/", 302)
    give_cookie(answer, login.token, request)
    answer.delete_cookie(STATE, path="/api/v1/oidc")
    return answer

"""Logging in, one's own account, and the accounts that an administrator keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.answers import found
from api.asking import GREATEST
from api.auth import COOKIE, Asking, give_cookie, needs
from api.jsonbody import Json
from api.people import (
    Account,
    AccountMade,
    AccountPage,
    Credentials,
    KeyMade,
    KeyPage,
    LoggedIn,
    Me,
    Own,
    StationKeyMade,
    Wanted,
    WantedKey,
    WantedNew,
)
from api.problems import Trouble, absent, errors, refused
from api.view import Within
from rules.days import rfc3339
from rules.model import Refused
from rules.roles import Right
from tolich.ports import AccountAsked, LoginRefused, NotDurable

open_router = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"], dependencies=[needs(None)])
administering = APIRouter(
    prefix="/accounts", tags=["accounts"], dependencies=[needs(Right.ACCOUNTS)]
)

sending = APIRouter(tags=["accounts"], dependencies=[needs(Right.REGISTER)])

KeyId = Annotated[int, Path(ge=1, le=GREATEST)]


@contextmanager
def _storing() -> Iterator[None]:
    """What the store refuses, as problems."""
    try:
        yield
    except Refused as wrong:
        raise refused(wrong.problems) from wrong
    except NotDurable as error:
        detail = f"Nothing was stored ({error}): send the same again."
        raise Trouble("not-durable", detail, headers={"Retry-After": "5"}) from error


@open_router.post(
    "/login",
    summary="Log in",
    response_model=LoggedIn,
    responses=errors("wrong-login", "invalid-request", "too-many", "not-durable"),
)
def log_in(request: Request, seams: Within, said: Credentials) -> Json:
    """Sets the cookie of a log-in that lasts twelve hours, or until POST /logout."""
    client = request.client.host if request.client else ""
    try:
        with _storing():
            login = seams.accounts.log_in(said.name, said.password, said.new_password, client)
    except LoginRefused as why:
        raise _not_logged_in(why) from why
    expires = {"expires_at": rfc3339(login.expires_at)}
    answer = Json(seams.accounts.me(login.caller) | expires)
    give_cookie(answer, login.token, request)
    return answer


def _not_logged_in(why: LoginRefused) -> Trouble:
    if why.wait:
        seconds = str(ceil(why.wait))
        said = f"{why} Wait {seconds} s."
        return Trouble("too-many", said, headers={"Retry-After": seconds})
    return Trouble("wrong-login", str(why), {"new_password_needed": why.change})


@router.post(
    "/logout",
    summary="Log out",
    status_code=204,
    response_class=Response,
    responses=errors(),
)
def log_out(request: Request, seams: Within) -> Response:
    """Ends this log-in. An API key stays in force."""
    token = request.cookies.get(COOKIE)
    if token is not None:
        seams.accounts.log_out(token)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/me", summary="Who you are here", response_model=Me, responses=errors())
def me(seams: Within, caller: Asking) -> Json:
    """Your account, what you may do, and the plants you see."""
    return Json(seams.accounts.me(caller))


@router.patch(
    "/me",
    summary="Change your own language, contacts or quiet hours",
    response_model=Me,
    responses=errors("invalid-request", "not-durable"),
)
def change_me(seams: Within, caller: Asking, own: Own) -> Json:
    """What is left out stays as it is."""
    with _storing():
        return Json(seams.accounts.change_me(caller, AccountAsked(**own.model_dump())))


@administering.get(
    "", summary="All accounts by name", response_model=AccountPage, responses=errors()
)
def accounts(seams: Within) -> Json:
    """Every account, disabled ones too; none is ever deleted."""
    return Json({"items": seams.accounts.listed(), "next": None})


@administering.post(
    "",
    summary="A new account",
    status_code=201,
    response_model=AccountMade,
    responses=errors("invalid-request", "not-durable"),
)
def create(seams: Within, caller: Asking, wanted: WantedNew) -> Json:
    """The answer holds the password for the first log-in, this once."""
    asked = AccountAsked(**wanted.model_dump(exclude={"name"}))
    with _storing():
        return Json(seams.accounts.create(caller, wanted.name, asked), 201)


@administering.get(
    "/{name}",
    summary="One account",
    response_model=Account,
    responses=errors("not-found", "invalid-request"),
)
def account(seams: Within, name: str) -> Json:
    """An account, without its secrets."""
    return found(seams.accounts.one(name), "account", name)


@administering.patch(
    "/{name}",
    summary="Change an account",
    response_model=Account,
    responses=errors("not-found", "invalid-request", "not-durable"),
)
def change(seams: Within, caller: Asking, name: str, wanted: Wanted) -> Json:
    """What is left out stays as it is. A disabled account is logged out everywhere at once."""
    with _storing():
        shape = seams.accounts.change(caller, name, AccountAsked(**wanted.model_dump()))
    return found(shape, "account", name)


@administering.post(
    "/{name}/reset",
    summary="A new one-time password",
    response_model=AccountMade,
    responses=errors("not-found", "invalid-request", "not-durable"),
)
def reset(seams: Within, caller: Asking, name: str) -> Json:
    """For somebody who forgot theirs; every log-in of the account ends."""
    with _storing():
        return found(seams.accounts.reset(caller, name), "account", name)


@administering.get(
    "/{name}/keys",
    summary="API keys",
    response_model=KeyPage,
    responses=errors("not-found", "invalid-request"),
)
def keys(seams: Within, name: str) -> Json:
    """The keys of an account, newest first; never the keys themselves."""
    kept = seams.accounts.keys(name)
    if kept is None:
        raise absent("account", name)
    return Json({"items": kept, "next": None})


@administering.post(
    "/{name}/keys",
    summary="A new API key",
    status_code=201,
    response_model=KeyMade,
    responses=errors("not-found", "invalid-request", "not-durable"),
)
def new_key(seams: Within, caller: Asking, name: str, wanted: WantedKey) -> Json:
    """The answer holds the key, this once: only its digest is kept."""
    with _storing():
        made = seams.accounts.new_key(caller, name, wanted.label, wanted.rights, wanted.days)
    answer = found(made, "account", name)
    answer.status_code = 201
    return answer


@administering.delete(
    "/{name}/keys/{key}",
    summary="Revoke an API key",
    status_code=204,
    response_class=Response,
    responses=errors("not-found", "invalid-request", "not-durable"),
)
def revoke(seams: Within, caller: Asking, name: str, key: KeyId) -> Response:
    """It is refused from now on."""
    with _storing():
        if not seams.accounts.revoke(caller, name, key):
            raise absent("API key", str(key))
    return Response(status_code=204)


@sending.post(
    "/stations/{id}/keys",
    summary="A new API key with which a station sends over HTTP",
    status_code=201,
    response_model=StationKeyMade,
    responses=errors("not-found", "invalid-request", "not-durable"),
)
def station_key(seams: Within, caller: Asking, id: str) -> Json:  # noqa: A002
    """It takes in readings of this station and does nothing else; shown this once."""
    with _storing():
        made = seams.accounts.station_key(caller, id)
    answer = found(made, "station", id)
    answer.status_code = 201
    return answer

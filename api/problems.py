"""Errors as RFC 9457 problem documents: every answer that is not a success has this shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.headers import SECURITY
from api.jsonbody import Json
from rules.model import Problem as WrongField
from tolich.ports import BadCursor

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
BAD_TIME = "bad_time"  # the type of a validation error that says how to write a time


class Kind(NamedTuple):
    """One kind of problem: its status and its title, the same every time."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "unknown-parameter": Kind(400, "Unknown query parameter"),
    "repeated-parameter": Kind(400, "Query parameter given more than once"),
    "bad-time": Kind(400, "A time must be RFC 3339 with its zone"),
    "bad-interval": Kind(400, "An interval must not end before it begins"),
    "bad-cursor": Kind(400, "Not a cursor of this list"),
    "incomplete-body": Kind(400, "The request ended before its body did"),
    "login-needed": Kind(401, "Nobody is known to ask this"),
    "wrong-login": Kind(401, "Not logged in"),
    "forbidden": Kind(403, "Not yours to do"),
    "not-found": Kind(404, "Nothing here"),
    "method-not-allowed": Kind(405, "Method not allowed"),
    "conflict": Kind(409, "Something happened in between"),
    "too-large": Kind(413, "Larger than what is kept"),
    "unsupported-media-type": Kind(415, "Content type not understood"),
    "invalid-request": Kind(422, "The request is not what this endpoint takes"),
    "too-much": Kind(422, "More than one answer holds"),
    "nothing-accepted": Kind(422, "Nothing of this message was accepted"),
    "too-many": Kind(429, "Too many requests"),
    "http-error": Kind(400, "The request could not be answered"),
    "internal-error": Kind(500, "Something went wrong here"),
    "not-durable": Kind(503, "Nothing was stored; send it again"),
    "store-away": Kind(503, "The store does not answer"),
    "not-ready": Kind(503, "Not ready"),
}
ASK_AGAIN = 5
"""Seconds after which to ask a store again that did not answer."""
AWAY = "The database cannot be reached just now; what was judged stays judged, and on record"
_EVERYWHERE = ("unknown-parameter", "repeated-parameter", "login-needed", "forbidden")
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 415: "unsupported-media-type"}


class Trouble(Exception):
    """A request that cannot be answered; becomes a problem document.

    `kind` is a key of KINDS, `detail` says what was found and how to mend it, `more` are
    further members of the document.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.more = more
        self.headers = headers


def type_of(kind: str) -> str:
    """The `type` of a problem: the place in the documentation that explains it."""
    return f"/docs#problem-{kind}"


def document(
    request: Request,
    kind: str,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """The problem document that answers `request`; `status` only where the kind leaves it open."""
    known = KINDS[kind]
    code = status or known.status
    body = {
        "type": type_of(kind),
        "title": known.title,
        "status": code,
        "detail": detail,
        "instance": quote(request.scope["path"], safe="/:+@"),
        **(more or {}),
    }
    # An answer to an unforeseen error is sent from outside the middleware, hence SECURITY here.
    return Json(body, code, {**SECURITY, **(headers or {})}, media_type=PROBLEM)


def absent(what: str, name: str) -> Trouble:
    """The 404 of an object that does not exist, or that the caller may not see."""
    return Trouble("not-found", f"There is no {what} {name!r} that you may see.")


def refused(problems: Sequence[WrongField]) -> Trouble:
    """Every field that is wrong, as errors of validation are told."""
    told = [{"in": "body", "name": one.key, "detail": one.message} for one in problems]
    detail = " ".join(f"{one.key}: {one.message}." for one in problems)
    return Trouble("invalid-request", detail, {"errors": told})


def errors(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation under /api/v1, for its description."""
    return described(*_EVERYWHERE, *kinds)


def described(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The error responses of any operation; what any may meet is always among them."""
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in dict.fromkeys((*kinds, "internal-error", "store-away")):
        status, title = KINDS[kind]
        schema = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        answer = answers.setdefault(status, {"description": "", "content": {PROBLEM: schema}})
        answer["description"] = "; ".join(filter(None, (answer["description"], title)))
        answer["content"][PROBLEM]["examples"][kind] = {"value": _example(kind)}
    return answers


def _example(kind: str) -> dict[str, Any]:
    status, title = KINDS[kind]
    return {
        "type": type_of(kind),
        "title": title,
        "status": status,
        "detail": "What was found, where, and how to mend it.",
        "instance": "/api/v1/...",
    }


# --- what turns exceptions into documents -----------------------------------------------------


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.exception_handler(Trouble)(trouble)
    app.exception_handler(BadCursor)(_bad_cursor)
    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(HTTPException)(http)
    app.exception_handler(ClientDisconnect)(_gone)
    app.exception_handler(Exception)(_unforeseen)


async def trouble(request: Request, said: Trouble) -> Json:
    """The document of a Trouble."""
    return document(request, said.kind, said.detail, headers=said.headers, more=said.more)


async def _bad_cursor(request: Request, said: BadCursor) -> Json:
    detail = f"{str(said) or 'unknown cursor'}: pass the `next` of a page of this list, unchanged."
    return document(request, "bad-cursor", detail)


async def invalid(request: Request, said: RequestValidationError) -> Json:
    """The document of a request that is not what an endpoint takes."""
    found = said.errors()
    bad_times = [one for one in found if one["type"] == BAD_TIME]
    kind = "bad-time" if bad_times else "invalid-request"
    listed = [_field(one) for one in bad_times or found]
    detail = " ".join(f"{one['name']}: {one['detail']}." for one in listed)
    return document(request, kind, detail, more={"errors": listed})


def _field(error: Mapping[str, Any]) -> dict[str, str]:
    where: Sequence[Any] = error["loc"]
    name = ".".join(str(part) for part in where[1:]) or str(where[0])
    return {"in": str(where[0]), "name": name, "detail": str(error["msg"])}


async def http(request: Request, said: HTTPException) -> Json:
    """The document of what the framework refuses."""
    kind = _BY_STATUS.get(said.status_code, "http-error")
    detail = f"{request.method} {request.scope['path']}: {said.detail}. What there is: /docs."
    return document(request, kind, detail, status=said.status_code, headers=said.headers)


async def _gone(request: Request, said: ClientDisconnect) -> Json:
    return document(request, "incomplete-body", "Nothing was stored: send the whole body again.")


async def away(request: Request, said: Exception) -> Json:
    """The document of a store that does not answer; what it said is for the log."""
    log.error("store_away: %s", said)
    headers = {"Retry-After": str(ASK_AGAIN)}
    return document(request, "store-away", f"{AWAY}.", headers=headers)


async def _unforeseen(request: Request, said: Exception) -> Json:
    # What it was goes to the log, not to the caller: it may name files, tables or plants.
    return document(request, "internal-error", "The error is in the log of this monitor.")

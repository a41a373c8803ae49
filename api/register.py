"""The register: what stands in it, its history, and changes to it, looked at before they count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from api.answers import listed
from api.auth import Asking, needs
from api.jsonbody import Json
from api.problems import Trouble, absent, errors, refused
from api.registered import (
    CHANGES,
    EntryPage,
    Previewed,
    Undoing,
    entry_shape,
    preview_shape,
)  # fmt: skip
from api.view import Within
from rules.model import Problem, Refused
from rules.roles import Right
from tolich.ports import EVERYTHING, Caller, NotDurable, Page
from tolich.registering import Preview, Registering

MOST_BYTES = 4 * 1024 * 1024
"""Of a body: the register of a city."""

RETRY_AFTER = {"Retry-After": "1"}
router = APIRouter(tags=["register"], dependencies=[needs(Right.REGISTER)])

Kind = Annotated[
    Literal["clusters", "plants", "stations", "permits"], Path(description="Of the register.")
]
Id = Annotated[str, Path(max_length=64, description="Id of the entry.")]
Seen = Annotated[
    int | None,
    Query(ge=0, le=2**63 - 1, description="What was changed after this number is refused."),
]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": CHANGES}},
    }
}


async def _registering(seams: Within, caller: Asking) -> Registering:
    """The register, for those who see all of it. Raises Trouble."""
    if caller.scope != EVERYTHING:
        raise Trouble("forbidden", "The register is changed by those who see every cluster.")
    if seams.registering is None:
        raise absent("register", "of this process")
    return seams.registering


Registers = Annotated[Registering, Depends(_registering)]
"""The register; what takes it also needs Right.REGISTER."""


@router.get(
    "/register",
    summary="The register as it stands",
    response_model=EntryPage,
    responses=errors("invalid-request"),
)
def register(registering: Registers) -> Json:
    """Every cluster, plant, station and permit as its YAML has it; all of them on one page."""
    return listed(Page([entry_shape(one) for one in registering.entries()]))


@router.get(
    "/register/history/{kind}/{id}",
    summary="Every row of one entry, newest first",
    response_model=EntryPage,
    responses=errors("not-found", "invalid-request"),
)
def history(registering: Registers, kind: Kind, id: Id) -> Json:  # noqa: A002
    """Who entered what, when, from which document; `body` null: taken out."""
    rows = registering.history(kind, id)
    if not rows:
        raise absent(kind, id)
    return listed(Page([entry_shape(one) for one in rows]))


@router.post(
    "/register",
    summary="Change the register, or see what would change",
    response_model=Previewed,
    responses=errors("incomplete-body", "invalid-request", "too-large", "not-durable"),
    openapi_extra=_BODY,
)
async def change(
    request: Request,
    registering: Registers,
    caller: Asking,
    preview: Annotated[bool, Query(description="Only look: nothing is stored.")] = False,
    seen: Seen = None,
) -> Json:
    """The body has the shape of the register's YAML, with `document`: from what it is entered.

    An entry given as null is taken out. All of it is entered or nothing; `problems` of a
    preview, and the errors of a refusal, name every place that is wrong.
    """
    changes = _parsed(await _bounded(request))
    document = changes.pop("document", "")
    if not isinstance(document, str):
        raise refused([Problem("", "document", "expected a text")])
    if preview:
        found = await run_in_threadpool(registering.preview, changes, seen)
    else:
        found = await run_in_threadpool(_entered, registering, changes, caller, document, seen)
    return Json(preview_shape(found))


@router.post(
    "/register/{kind}/{id}/undo",
    summary="Let an entry be what it was before its newest row",
    response_model=Previewed,
    responses=errors("incomplete-body", "invalid-request", "not-durable"),
)
def undo(
    registering: Registers,
    caller: Asking,
    kind: Kind,
    id: Id,  # noqa: A002
    said: Undoing,
) -> Json:
    """Adds a row; refused when something depends on the entry as it is, naming what."""
    try:
        found = registering.undo(kind, id, caller.name, said.document, said.seen)
    except Refused as wrong:
        raise refused(wrong.problems) from wrong
    except NotDurable as why:
        raise _not_durable() from why
    return Json(preview_shape(found))


def _entered(
    registering: Registering,
    changes: Mapping[str, Any],
    caller: Caller,
    document: str,
    seen: int | None,
) -> Preview:
    try:
        return registering.enter(changes, caller.name, document, seen)
    except Refused as wrong:
        raise refused(wrong.problems) from wrong
    except NotDurable as why:
        raise _not_durable() from why


def _not_durable() -> Trouble:
    return Trouble("not-durable", "The register was not changed.", headers=RETRY_AFTER)


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Trouble("too-large", f"Changes have {MOST_BYTES} bytes at most.")
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    """A JSON object with its numbers exact. Raises Trouble."""
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Trouble("invalid-request", f"The body is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise refused([Problem("", "(top)", "expected a mapping of keys to values")])
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")

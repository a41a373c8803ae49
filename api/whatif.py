"""What if: stored history under other permits, as one answer or as lines while it is judged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.answers import Accept, prefers_lines
from api.auth import needs
from api.compared import Comparison
from api.examples import QUESTION
from api.jsonbody import Json, compact
from api.problems import Trouble, errors
from api.view import Seen, Within
from rules.model import Refused
from rules.roles import Right
from tolich.ports import Shape

MOST_DAYS = 400
"""Station-days of an answer in one piece; more come as lines."""

MOST_BYTES = 64 * 1024
LINES = "application/x-ndjson"

router = APIRouter(tags=["law"], dependencies=[needs(Right.WHAT_IF)])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": QUESTION}},
    }
}
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {LINES: {"schema": {"type": "string"}, "example": '{"progress": {...}}\n'}}}
}


@router.post(
    "/what-if",
    summary="Stored history under another permit or regulation, beside today's",
    response_model=Comparison,
    responses={**errors("incomplete-body", "invalid-request", "too-much"), **_LINES},
    openapi_extra=_BODY,
)
async def what_if(request: Request, view: Seen, seams: Within, accept: Accept = "") -> Response:
    """Nothing is kept. With Accept: application/x-ndjson there is no bound on the days:
    lines `{"difference": ...}`, `{"progress": ...}`, and `{"result": ...}` when all is judged.
    """
    asked = _parsed(await _bounded(request))
    try:
        comparing = await to_thread.run_sync(view.what_if, asked, limiter=seams.aside)
    except Refused as refused:
        raise _refused(refused) from refused
    vary = {"Vary": "Accept"}
    if prefers_lines(accept):
        return StreamingResponse(
            _streamed(comparing.lines, seams.aside), media_type=LINES, headers=vary
        )
    if comparing.station_days > MOST_DAYS:
        said = (
            f"{comparing.station_days} station-days are asked about, an answer in one piece has "
            f"{MOST_DAYS} at most: ask about fewer, or send Accept: {LINES}."
        )
        raise Trouble("too-much", said, {"station_days": comparing.station_days})
    return Json(await _whole(comparing.lines, seams.aside), headers=vary)


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Trouble("invalid-request", f"A question has {MOST_BYTES} bytes at most.")
    return bytes(body)


def _parsed(body: bytes) -> object:
    """A JSON text with its numbers exact. Raises Trouble naming the place."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Trouble("invalid-request", f"The body is not JSON: {error}.") from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def _refused(of: Refused) -> Trouble:
    listed = [{"in": "body", "name": one.key, "detail": one.message} for one in of.problems]
    detail = " ".join(f"{one['name']}: {one['detail']}." for one in listed)
    return Trouble("invalid-request", detail, {"errors": listed})


async def _steps(
    lines: Iterator[list[Shape]], aside: CapacityLimiter
) -> AsyncIterator[list[Shape]]:
    """One stretch after the other, all comparisons together in one thread at a time."""
    while (found := await to_thread.run_sync(next, lines, None, limiter=aside)) is not None:
        yield found


async def _streamed(lines: Iterator[list[Shape]], aside: CapacityLimiter) -> AsyncIterator[bytes]:
    async for found in _steps(lines, aside):
        yield b"".join(compact(line) + b"\n" for line in found)


async def _whole(lines: Iterator[list[Shape]], aside: CapacityLimiter) -> Shape:
    differences: list[Shape] = []
    result: Shape = {}
    async for found in _steps(lines, aside):
        differences += [line["difference"] for line in found if "difference" in line]
        result = next((line["result"] for line in found if "result" in line), result)
    return {**result, "differences": differences}

"""Messages over HTTP: the same bytes as over MQTT, answered once they are on disk."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from api.auth import Asking, needs
from api.examples import MESSAGE, TT10
from api.jsonbody import Json
from api.problems import Trouble, absent, errors
from api.shapes import Accepted
from api.view import Seams, Within
from rules.roles import Right
from tolich.ports import Delivery, NotDurable, Receipt, Rejection, Shape

MOST_BYTES = 1024 * 1024
RETRY_AFTER = "5"  # seconds

router = APIRouter(tags=["ingest"], dependencies=[needs(Right.INGEST)])

_JSON = ("", "application/json", "application/octet-stream")
_PART = r"^[^/+#\x00-\x1f\x7f]+$"  # one level of an MQTT topic
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": MESSAGE},
            "text/plain": {"schema": {"type": "string"}, "example": TT10},
        },
    }
}


@router.post(
    "/ingest/{cluster}/{station}",
    summary="Send readings of a station",
    status_code=202,
    response_model=Accepted,
    responses=errors(
        "incomplete-body",
        "not-found",
        "too-many",
        "unsupported-media-type",
        "invalid-request",
        "nothing-accepted",
        "not-durable",
    ),
    openapi_extra=_BODY,
)
async def ingest(
    request: Request,
    seams: Within,
    caller: Asking,
    cluster: Annotated[str, Path(pattern=_PART)],
    station: Annotated[str, Path(pattern=_PART)],
    filename: Annotated[
        str | None, Query(pattern=_PART, description="Name of the TT10 file, for text/plain.")
    ] = None,
) -> Json:
    """The JSON message of MQTT, or as text/plain a TT10 file. 202 means it is on disk."""
    if station not in caller.stations:
        raise absent("station", station)
    wait = seams.accounts.may_send(caller)
    if wait:
        said = "Send several readings in one message, or the backlog more slowly."
        raise Trouble("too-many", said, headers={"Retry-After": str(ceil(wait))})
    ending = _ending(request, filename)
    topic = f"tolich/v1/{cluster}/{station}/{ending}"
    return _answer(await _submit(seams, topic, await _bounded(request)))


def _ending(request: Request, filename: str | None) -> str:
    """The last levels of the topic: what kind of message this is."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Trouble("unsupported-media-type", "Send the body as it is, without Content-Encoding.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/plain":
        return f"tt10/{filename}" if filename else "tt10"
    if kind not in _JSON and not kind.endswith("+json"):
        said = f"{kind!r} is neither application/json (the message) nor text/plain (a TT10 file)."
        raise Trouble("unsupported-media-type", said)
    if filename is not None:
        raise Trouble("invalid-request", "`filename` goes with Content-Type text/plain only.")
    return "readings"


async def _bounded(request: Request) -> bytes:
    """The body, or its first MOST_BYTES + 1: enough for the decoder to see it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: MOST_BYTES + 1 - len(body)]
        if len(body) > MOST_BYTES:
            break
    return bytes(body)


async def _submit(seams: Seams, topic: str, payload: bytes) -> Receipt:
    delivery = Delivery("http", topic, payload, seams.now())
    try:
        (receipt,) = await run_in_threadpool(seams.submit, [delivery])
    except NotDurable as error:
        detail = f"Not stored ({error}): send the same again, it will not count twice."
        raise Trouble("not-durable", detail, headers={"Retry-After": RETRY_AFTER}) from error
    return receipt


def _answer(receipt: Receipt) -> Json:
    rejected = [_rejection(one) for one in receipt.rejected]
    outcome = {
        "accepted": receipt.accepted,
        "rejected": rejected,
        "rejected_count": len(rejected),
    }
    if rejected and not receipt.accepted:
        first = receipt.rejected[0]
        raise Trouble("nothing-accepted", f"{first.detail.rstrip('.')}. {first.remedy_en}", outcome)
    return Json(outcome, 202)


def _rejection(of: Rejection) -> Shape:
    return {
        "reason": of.reason,
        "detail": of.detail,
        "remedy": {"vi": of.remedy_vi, "en": of.remedy_en},
        "index": of.index,
    }

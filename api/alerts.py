"""Alerts, why they stand, and every change on record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import WHY, Accept, Lang, explained, found, listed
from api.asking import GREATEST, MOST, USUAL, After, Alerts, Pages
from api.auth import Asking, needs, still
from api.examples import TRANSITION
from api.explained import Why
from api.jsonbody import Json
from api.live import Pace, told
from api.problems import errors
from api.shapes import Alert, AlertPage, TransitionPage
from api.view import Seen, Within
from rules.roles import Right

router = APIRouter(tags=["alerts"], dependencies=[needs(Right.READ)])


@router.get(
    "/alerts",
    summary="Alerts, newest first",
    response_model=AlertPage,
    responses=errors("invalid-request", "bad-cursor", "bad-time"),
)
def alerts(view: Seen, query: Alerts, paging: Pages) -> Json:
    """Intervals of trouble: suspected exceedances, silence, conflicts and the rest."""
    return listed(view.alerts(query, paging))


@router.get(
    "/alerts/{id}",
    summary="One alert",
    response_model=Alert,
    responses=errors("not-found", "invalid-request"),
)
def alert(view: Seen, id: str) -> Json:  # noqa: A002 - the name in the contract
    """An alert as it stands."""
    return found(view.alert(id), "alert", id)


@router.get(
    "/alerts/{id}/why",
    summary="Why an alert stands",
    response_model=Why,
    responses=WHY | errors("not-found", "invalid-request"),
)
def alert_why(
    view: Seen,
    id: str,  # noqa: A002
    accept: Accept = "*/*",
    lang: Lang = "vi",
) -> Response:
    """The finding that raised it, explained, and its own history.

    With `Accept: text/plain` the explanation as a page of text in the language of `lang`.
    """
    return explained(view.alert_why(id), "alert", id, accept, lang)


@router.get(
    "/transitions",
    summary="Every change of an alert or a finding, oldest first",
    response_model=TransitionPage,
    responses=errors("invalid-request"),
)
def transitions(
    view: Seen,
    after: Annotated[int, After] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> Json:
    """The record to follow: pass `next`, or the last seq you have, as `after`."""
    return listed(view.transitions(after, limit))


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events until the client leaves.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": told(TRANSITION).event.encode().decode(),
            }
        },
    }
}


@router.get(
    "/stream",
    summary="Transitions as they are recorded (server-sent events)",
    response_class=Response,
    responses=_STREAM | errors("invalid-request"),
)
async def stream(
    request: Request,
    view: Seen,
    seams: Within,
    caller: Asking,
    after: Annotated[int | None, After] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=GREATEST)] = None,
) -> Response:
    """Events named `transition`, whose id is the seq, from now on.

    `Last-Event-ID` (as browsers send it) or else `after` resumes without a gap. A view that
    reads too slowly ends with an event `dropped` and resumes the same way.
    """
    # A browser that reconnects keeps the `after` of its URL; the header is the newer of the two.
    begin = after if last_event_id is None else last_event_id
    return _Stream(await view.follow(begin, still(request, caller)), seams.pace)


class _Stream(EventSourceResponse):
    """A live stream that ends quietly when its client has stopped reading."""

    def __init__(self, events: Any, pace: Pace) -> None:
        super().__init__(
            events,
            ping=pace.heartbeat,
            ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
            send_timeout=pace.stalled,
            shutdown_grace_period=1.0,  # the hub ends the stream itself, properly
            sep="\n",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the client leaves or stops reading."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            return

"""What people do about alerts: receive, explain, sample, close; and maintenance announced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Message

from api import alertpage
from api.answers import Accept, Lang, found, listed, prefers_text
from api.asking import GREATEST, Pages, StationFilter
from api.auth import Asking, needs
from api.headers import saved_as
from api.inbox import RETRY_AFTER
from api.jsonbody import Json
from api.problems import Trouble, absent, errors, refused
from api.view import Seen, Within
from api.worked import (
    ActionPage,
    Announcing,
    AskingFor,
    Bottle,
    Brief,
    Ending,
    LabResult,
    Plan,
    PlanPage,
    Reasoned,
    Sent,
    Shelving,
    WithFiles,
    WorkedAlert,
)
from rules.model import Refused
from rules.roles import Right
from rules.work import Act
from tolich.ports import Caller, NotDurable, Page, Shape
from tolich.workports import (
    Announcement,
    Attached,
    Conflict,
    Deed,
    Forbidden,
    Unattachable,
    Working,
)

MOST_BYTES = 72 * 1024 * 1024
"""Of a body: five files of 10 MB in base64, and words."""


class _Bounded(APIRoute):
    """Refuses a body that is larger than anything taken here, before it is held in memory."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The endpoint, behind a count of what comes."""
        inner: Callable[[Request], Awaitable[Any]] = super().get_route_handler()

        async def counted(request: Request) -> Any:
            came = 0

            async def receive() -> Message:
                nonlocal came
                message = await request.receive()
                came += len(message.get("body", b""))
                if came > MOST_BYTES:
                    raise _too_large(f"The body has more than {MOST_BYTES} bytes")
                return message

            try:
                return await inner(Request(request.scope, receive))
            except HTTPException as error:
                # Whatever happens while a body is read the framework calls a parsing error.
                if isinstance(error.__cause__, Trouble):
                    raise error.__cause__ from None
                raise

        return counted


router = APIRouter(tags=["work"], route_class=_Bounded, dependencies=[needs(Right.READ)])


class Desk:
    """Everything one caller may do about alerts; the scope is inside."""

    def __init__(self, working: Working, caller: Caller) -> None:
        self._working = working
        self._caller = caller

    def done(self, alert: str, act: Act, said: Sent) -> Json:
        """The alert after an act, or the problem that stood in its way."""
        with _problems():
            shape = self._working.act(self._caller, _deed(alert, act, said))
        return found(shape, "alert", alert)

    def actions(self, alert: str) -> Page | None:
        """Everything done about an alert."""
        return self._working.actions(self._caller.scope, alert)

    def file(self, key: int) -> Response:
        """An attachment, to be saved: nothing of it is ever shown as a page of ours."""
        kept = self._working.attachment(self._caller.scope, key)
        if kept is None:
            raise absent("attachment", str(key))
        headers = {"Content-Disposition": saved_as(kept.name), "X-Content-Type-Options": "nosniff"}
        return Response(kept.content, media_type=kept.media_type, headers=headers)

    def plans(self, station: str | None, paging: Pages) -> Page:
        """Announcements."""
        scope = self._caller.scope
        return self._working.plans(scope, station, paging.cursor, paging.limit)

    def announce(self, said: Announcing) -> Shape:
        """An announcement on record."""
        asked = Announcement(
            said.kind, said.station, said.parameter, said.start, said.end, said.reason,
            said.document,
        )  # fmt: skip
        with _problems():
            return self._working.announce(self._caller, asked)

    def cancel(self, plan: int, reason: str) -> Shape | None:
        """An announcement ended."""
        with _problems():
            return self._working.cancel(self._caller, plan, reason)


async def _desk(seams: Within, caller: Asking) -> Desk:
    return Desk(seams.working, caller)


AtDesk = Annotated[Desk, Depends(_desk)]
Key = Annotated[int, Path(ge=1, le=GREATEST)]


def _deed(alert: str, act: Act, said: Sent) -> Deed:
    given = {name: getattr(said, name) for name in type(said).model_fields}
    files = tuple(Attached(one.name, one.content) for one in given.pop("attachments", ()))
    return Deed(alert, act.value, attachments=files, **given)


@contextmanager
def _problems() -> Iterator[None]:
    """What the store refuses, as problems."""
    try:
        yield
    except Forbidden as why:
        roles = ", ".join(str(role) for role in why.roles)
        said = f"{_sentence(why.en)} It is for {roles} to do."
        told: Shape = {"roles": [str(role) for role in why.roles], "message": _both(why)}
        raise Trouble("forbidden", said, told) from why
    except Conflict as why:
        told = {"happened": why.happened, "revision": why.revision, "message": _both(why)}
        raise Trouble("conflict", _told(why), told) from why
    except Unattachable as why:
        if why.too_large:
            raise _too_large(str(why)) from why
        raise Trouble("unsupported-media-type", f"{why}.") from why
    except Refused as wrong:
        raise refused(wrong.problems) from wrong
    except NotDurable as error:
        detail = f"Nothing was stored ({error}): send the same again."
        raise Trouble("not-durable", detail, headers={"Retry-After": RETRY_AFTER}) from error


def _both(why: Forbidden | Conflict) -> Shape:
    return {"vi": _sentence(why.vi), "en": _sentence(why.en)}


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:] + "."


def _told(why: Conflict) -> str:
    """What happened, by whom and when, in one line."""
    done = "; ".join(f"{one.get('at')} {one['what']} by {one['by']}" for one in why.happened)
    return f"{_sentence(why.en)} What happened: {done}. Look again, then decide."


def _too_large(said: str) -> Trouble:
    return Trouble("too-large", f"{said}. Send smaller files, or fewer.")


# --- acts ---------------------------------------------------------------------------------------


_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Json])


def _act(path: str, summary: str, right: Right) -> Callable[[_Endpoint], _Endpoint]:
    """The endpoint of an act."""
    return router.post(
        f"/alerts/{{id}}/{path}",
        summary=summary,
        response_model=WorkedAlert,
        dependencies=[needs(right)],
        responses=errors(
            "bad-time", "invalid-request", "forbidden", "not-found", "conflict", "too-large",
            "unsupported-media-type", "not-durable",
        ),
    )  # fmt: skip


@_act("acknowledge", "Receive an alert (tiếp nhận)", Right.ACKNOWLEDGE)
def acknowledge(desk: AtDesk, id: str, said: Brief) -> Json:  # noqa: A002 - named by the contract
    """It was received, and somebody looks at it. This admits nothing."""
    return desk.done(id, Act.ACKNOWLEDGE, said)


@_act("comment", "Say something about an alert", Right.COMMENT)
def comment(desk: AtDesk, id: str, said: WithFiles) -> Json:  # noqa: A002
    """Kept for good, with its author and up to five files."""
    return desk.done(id, Act.COMMENT, said)


@_act("explain", "The plant's explanation (giải trình)", Right.EXPLAIN)
def explain(desk: AtDesk, id: str, said: WithFiles) -> Json:  # noqa: A002
    """Dated by when it is entered. The alert counts as received."""
    return desk.done(id, Act.EXPLAIN, said)


@_act("request-explanation", "Ask the plant for an explanation", Right.REQUEST)
def request_explanation(desk: AtDesk, id: str, said: AskingFor) -> Json:  # noqa: A002
    """By a deadline; what is not there then is marked overdue. It takes back a first close."""
    return desk.done(id, Act.REQUEST_EXPLANATION, said)


@_act("shelve", "No reminders for a while", Right.SHELVE)
def shelve(desk: AtDesk, id: str, said: Shelving) -> Json:  # noqa: A002
    """Time-boxed, with a reason. The plant's side shelves silence, instruments and outages only."""
    return desk.done(id, Act.SHELVE, said)


@_act("unshelve", "Reminders again", Right.SHELVE)
def unshelve(desk: AtDesk, id: str, said: Brief) -> Json:  # noqa: A002
    """Ends a shelf before its time."""
    return desk.done(id, Act.UNSHELVE, said)


@_act("close", "Close an alert", Right.CLOSE)
def close(desk: AtDesk, id: str, said: Reasoned) -> Json:  # noqa: A002
    """Officers only. A suspected exceedance takes two different ones; after the first it is
    `closing`."""
    return desk.done(id, Act.CLOSE, said)


@_act("reopen", "Take a close back", Right.CLOSE)
def reopen(desk: AtDesk, id: str, said: Reasoned) -> Json:  # noqa: A002
    """Of an alert that is closed, or closed by the first of two officers."""
    return desk.done(id, Act.REOPEN, said)


@_act("sample", "Ask for a sample", Right.SAMPLE)
def sample(desk: AtDesk, id: str, said: Brief) -> Json:  # noqa: A002
    """Told to the station's sampler over MQTT where it has one; else somebody has to go there."""
    return desk.done(id, Act.REQUEST_SAMPLE, said)


@_act("bottle", "Say in which bottle a sample is", Right.SAMPLE)
def bottle(desk: AtDesk, id: str, said: Bottle) -> Json:  # noqa: A002
    """It belongs to the oldest request that has no bottle yet."""
    return desk.done(id, Act.TAKE_SAMPLE, said)


@_act("lab-result", "Enter what a laboratory found", Right.SAMPLE)
def lab_result(desk: AtDesk, id: str, said: LabResult) -> Json:  # noqa: A002
    """Shown beside what the station said when the sample was taken, with the deviation."""
    return desk.done(id, Act.LAB_RESULT, said)


# --- what was done ------------------------------------------------------------------------------


@router.get(
    "/alerts/{id}/actions",
    summary="Everything done about an alert, oldest first",
    response_model=ActionPage,
    responses=errors("not-found", "invalid-request"),
)
def actions(desk: AtDesk, id: str) -> Json:  # noqa: A002
    """By people and, where the role is `monitor`, by the passing of time; all on one page."""
    page = desk.actions(id)
    if page is None:
        raise absent("alert", id)
    return listed(page)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it came, to be saved.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 ..."}
            for kind in (
                "application/pdf",
                "image/jpeg",
                "image/png",
                "image/webp",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        },
    }
}


@router.get(
    "/attachments/{id}",
    summary="A file that came with an act",
    response_class=Response,
    responses=_FILE | errors("not-found", "invalid-request"),
)
def attachment(desk: AtDesk, id: Key) -> Response:  # noqa: A002
    """Its SHA-256 stands in the act's `body`."""
    return desk.file(id)


_PAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The page.",
        "content": {
            "text/html": {"schema": {"type": "string"}, "example": "<!doctype html> ..."},
            "text/plain": {"schema": {"type": "string"}, "example": "PHIẾU THEO DÕI CẢNH BÁO A12"},
        },
    }
}


@router.get(
    "/alerts/{id}/page",
    summary="An alert on one page, to be printed",
    response_class=Response,
    responses=_PAGE | errors("not-found", "invalid-request"),
)
def page(
    view: Seen,
    id: str,  # noqa: A002
    accept: Accept = "*/*",
    lang: Lang = "vi",
) -> Response:
    """Why it stands, what was done about it by whom and when, its samples. HTML without scripts,
    or with `Accept: text/plain` text."""
    alert, why = view.alert(id), view.alert_why(id)
    if alert is None or why is None:
        raise absent("alert", id)
    headers = {"Vary": "Accept", "Content-Language": lang}
    if prefers_text(accept):
        return PlainTextResponse(alertpage.text(why, alert, lang), headers=headers)
    return HTMLResponse(alertpage.html(why, alert, lang), headers=headers)


# --- announced beforehand -----------------------------------------------------------------------


@router.get(
    "/planned",
    summary="Announced maintenance and stations out of service, newest first",
    response_model=PlanPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def planned(desk: AtDesk, paging: Pages, station: StationFilter = None) -> Json:
    """Those that are over or were taken back included."""
    return listed(desk.plans(station, paging))


@router.post(
    "/planned",
    summary="Announce maintenance, or a station out of service",
    status_code=201,
    response_model=Plan,
    dependencies=[needs(Right.ANNOUNCE)],
    responses=errors("bad-time", "invalid-request", "forbidden", "not-durable"),
)
def announce(desk: AtDesk, said: Announcing) -> Json:
    """Beforehand, never backdated. What happens in it is judged, recorded and shown all the same.

    Alerts about silence, instruments, contradicting values and outages are marked; an
    exceedance never is. Out of service is for officers, with a document.
    """
    return Json(desk.announce(said), 201)


@router.post(
    "/planned/{id}/cancel",
    summary="End an announcement early, or take it back",
    response_model=Plan,
    dependencies=[needs(Right.ANNOUNCE)],
    responses=errors("invalid-request", "forbidden", "not-found", "conflict", "not-durable"),
)
def cancel(desk: AtDesk, id: Key, said: Ending) -> Json:  # noqa: A002
    """A row of its own: what was announced stays on record."""
    return found(desk.cancel(id, said.reason), "announcement", str(id))

"""What a person sees instead of a page: nothing here, not yours, log in first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

import htpy as h
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import problems
from api.console.both import Both
from api.console.frame import HEADERS, document, shown
from api.console.visitor import visitor_of
from api.problems import KINDS, Trouble

_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/a/")

_TITLES: Mapping[int, Both] = {
    400: Both("Yêu cầu chưa đúng", "Not understood"),
    403: Both("Tài khoản này không có quyền", "Not yours to see or do"),
    404: Both("Không tìm thấy", "Not found"),
    405: Both("Không có ở đây", "Not here"),
    409: Both("Đã có người làm trước", "Somebody was first"),
    413: Both("Tệp quá lớn", "Too large"),
    422: Both("Chưa lưu được", "Not saved"),
    503: Both("Chưa lưu được, hãy gửi lại", "Nothing was stored; send it again"),
}
_WRONG = Both("Có lỗi", "Something went wrong")
_HINTS: Mapping[int, Both] = {
    403: Both(
        "Việc này cần quyền khác với quyền của tài khoản đang dùng.",
        "This takes a right that this account does not have.",
    ),
    404: Both(
        "Trang không tồn tại, hoặc tài khoản này không được xem.",
        "There is no such page, or this account does not see it.",
    ),
}
_SILENT = Both("Kho dữ liệu không trả lời", "The store does not answer")
_AWAY = Both(
    "Hiện không kết nối được cơ sở dữ liệu; những gì đã đánh giá vẫn được lưu. Hãy thử lại sau.",
    "The database cannot be reached just now; what was judged stays on record. Try again later.",
)
_BACK = Both("Về trang đầu", "To the first page")


def install(app: FastAPI, away: Sequence[type[Exception]]) -> None:
    """Answer people with pages and programs with problem documents.

    `away` are the errors of a store that does not answer.
    """
    app.exception_handler(Trouble)(_trouble)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(RequestValidationError)(_invalid)
    for kind in away:
        app.exception_handler(kind)(_away)


def for_people(request: Request) -> bool:
    """Whether a page was asked for: programs ask under /api, or for anything but HTML."""
    wants_page = "text/html" in request.headers.get("accept", "")
    return wants_page and not request.scope["path"].startswith(_FOR_PROGRAMS)


async def _trouble(request: Request, said: Trouble) -> Response:
    if not for_people(request):
        return await problems.trouble(request, said)
    if said.kind == "login-needed":
        return to_log_in(request)
    return refusal(request, KINDS[said.kind].status, said.detail)


async def _http(request: Request, said: HTTPException) -> Response:
    if not for_people(request):
        return await problems.http(request, said)
    return refusal(request, said.status_code, str(said.detail))


async def _away(request: Request, said: Exception) -> Response:
    document = await problems.away(request, said)
    if not for_people(request):
        return document
    visitor = visitor_of(request, None, request.app.state.seams.now())
    return refusal(request, 503, visitor.say(_AWAY), _SILENT)


async def _invalid(request: Request, said: RequestValidationError) -> Response:
    if not for_people(request):
        return await problems.invalid(request, said)
    detail = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in said.errors())
    return refusal(request, 400, detail)


def refusal(request: Request, status: int, detail: str, why: Both | None = None) -> HTMLResponse:
    """A page that says what was refused, and the way back."""
    visitor = visitor_of(request, None, request.app.state.seams.now())
    say, title = visitor.say, why or _TITLES.get(status, _WRONG)
    page = document(
        visitor,
        title,
        h.div(".refusal")[
            h.p(".code")[str(status)],
            h.h1[say(title)],
            h.p[say(_HINTS[status])] if status in _HINTS else h.p[detail],
            h.p[h.a(".button", href="/")[say(_BACK)]],
        ],
        bare=True,
    )
    return shown(page, status)


def inside(address: str) -> str:
    """An address on this server; anything that could lead elsewhere becomes the first page."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() else "/"


def to_log_in(request: Request) -> Response:
    """To the log-in and back; a link from elsewhere is first followed once more from here.

    The cookie is not sent with a request that another site began (SameSite=Strict), so somebody
    who is logged in and follows the link of a message looks like a stranger until then.
    """
    address = inside(visitor_of(request, None, 0).path) if request.method == "GET" else "/"
    if request.headers.get("sec-fetch-site") == "cross-site":
        again = f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(address)}">'
        return HTMLResponse(again, 200, HEADERS)
    return RedirectResponse(f"/login?next={quote(address, safe='')}", 303)

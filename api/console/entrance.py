"""Coming in and going out, and what a browser remembers: language and colours."""

from __future__ import annotations

from math import ceil
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import COOKIE, Asking, give_cookie, needs
from api.console.assets import address
from api.console.both import Both
from api.console.frame import document, shown
from api.console.kit import field, notice
from api.console.refusals import inside
from api.console.visitor import LANGUAGE, THEME, THEMES, Visitor, visitor_of
from api.view import Seams, Within
from rules.model import Refused
from tolich.ports import LoginRefused, NotDurable

open_router = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, dependencies=[needs(None)])

TITLE = Both("Đăng nhập", "Log in")
_LEAD = Both(
    "Giám sát nước thải cụm công nghiệp: số liệu tự động, giấy phép, và lý do của từng kết quả.",
    "Wastewater of industrial clusters: automatic readings, permits, and the reason of every "
    "verdict.",
)
_NAME = Both("Tên tài khoản", "Account")
_PASSWORD = Both("Mật khẩu", "Password")
_NEW = Both("Mật khẩu mới", "New password")
_NEW_HINT = Both(
    "Mật khẩu đang dùng chỉ dùng một lần: hãy chọn mật khẩu mới.",
    "The present password is for one use: choose a new one.",
)
_PROVIDER = Both("Đăng nhập bằng tài khoản cơ quan", "Log in with your organisation's account")
_WRONG = Both("Tên hoặc mật khẩu không đúng.", "Name or password is wrong.")
_WAIT = Both("Thử lại sau {n} giây.", "Try again in {n} s.")
_AGAIN = Both("Chưa lưu được, hãy thử lại.", "Nothing was stored; try again.")

YEAR = 365 * 86400


@open_router.get("/login")
def log_in_page(
    request: Request,
    seams: Within,
    onward: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """The form; whoever is logged in already is sent on."""
    if seams.accounts.by_session(request.cookies.get(COOKIE, "")) is not None:
        return RedirectResponse(inside(onward), 303)
    visitor = visitor_of(request, None, seams.now())
    return shown(_form(visitor, seams, inside(onward)))


@open_router.post("/login")
def log_in(
    request: Request,
    seams: Within,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    new_password: Annotated[str | None, Form(max_length=1000)] = None,
    onward: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Logs in and goes to the page that was asked for."""
    visitor = visitor_of(request, None, seams.now())
    client = request.client.host if request.client else ""
    try:
        login = seams.accounts.log_in(name, password, new_password or None, client)
    except LoginRefused as why:
        said = _WAIT.filled(n=ceil(why.wait)) if why.wait else _NEW_HINT if why.change else _WRONG
        form = _form(visitor, seams, inside(onward), visitor.say(said), name, change=why.change)
        return shown(form, 429 if why.wait else 401)
    except Refused as wrong:
        told = "; ".join(one.message for one in wrong.problems)
        return shown(_form(visitor, seams, inside(onward), told, name, change=True), 422)
    except NotDurable:
        return shown(_form(visitor, seams, inside(onward), visitor.say(_AGAIN), name), 503)
    answer = RedirectResponse(inside(onward), 303)
    give_cookie(answer, login.token, request)
    return answer


def _form(
    visitor: Visitor,
    seams: Seams,
    onward: str,
    said: str | None = None,
    name: str = "",
    *,
    change: bool = False,
) -> h.Element:
    say = visitor.say
    return document(
        visitor,
        TITLE,
        h.div(".entrance")[
            h.img(src=address("icon.svg"), alt="", width="72", height="72"),
            h.h1["Tô Lịch"],
            h.p(".faint")[say(_LEAD)],
            notice("bad", said) if said else None,
            h.form(".stack", method="post", action="/login")[
                h.input(type="hidden", name="next", value=onward),
                field(
                    say(_NAME),
                    h.input(name="name", value=name, autocomplete="username", required=True),
                ),
                field(say(_PASSWORD), _secret("password", "current-password")),
                field(say(_NEW), _secret("new_password", "new-password")) if change else None,
                h.button(".button", type="submit")[say(TITLE)],
            ],
            h.p[h.a(href="/api/v1/login/oidc")[say(_PROVIDER)]] if seams.provider else None,
            _languages(visitor),
        ],
        bare=True,
    )


def _secret(name: str, complete: str) -> h.VoidElement:
    return h.input(type="password", name=name, autocomplete=complete, required=True)


def _languages(visitor: Visitor) -> h.Element:
    other, words = ("en", "English") if visitor.lang == "vi" else ("vi", "Tiếng Việt")
    return h.form(method="post", action="/language")[
        h.input(type="hidden", name="language", value=other),
        h.input(type="hidden", name="next", value=visitor.path),
        h.button(".quiet", type="submit", lang=other)[words],
    ]


@router.post("/logout")
def log_out(request: Request, seams: Within, caller: Asking) -> Response:
    """Ends this log-in."""
    seams.accounts.log_out(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@open_router.post("/language")
def language(
    language: Annotated[str, Form(max_length=8)],
    onward: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Remembers the language of this browser."""
    return _remembering(LANGUAGE, "en" if language == "en" else "vi", onward)


@open_router.post("/theme")
def theme(
    theme: Annotated[str, Form(max_length=8)],
    onward: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Remembers the colours of this browser."""
    return _remembering(THEME, next((one for one in THEMES if one == theme), "auto"), onward)


def _remembering(name: str, value: str, onward: str) -> Response:
    answer = RedirectResponse(inside(onward), 303)
    answer.set_cookie(name, value, max_age=YEAR, path="/", samesite="lax")
    return answer

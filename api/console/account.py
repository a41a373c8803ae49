"""The visitor's own account: who one is here, what one sees, language, contacts, quiet hours."""

from __future__ import annotations

from typing import Annotated

import htpy as h
from fastapi import APIRouter, Form, Query
from starlette.responses import RedirectResponse, Response

from api.auth import Asking, needs
from api.console.both import Both, same
from api.console.frame import document, shown
from api.console.kit import facts, field, notice, section, select
from api.console.visitor import Visiting, Visitor
from api.view import Seams, Within
from api.words import word
from api.workwords import ROLES
from rules.model import Refused
from tolich.ports import AccountAsked, Caller, NotDurable, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(None)])

TITLE = Both("Tài khoản", "Account")
_NAME = Both("Tên tài khoản", "Account")
_ROLE = Both("Vai trò", "Role")
_SEES = Both("Được xem", "Sees")
_ALL = Both("mọi cụm công nghiệp", "every cluster")
_LANGUAGE = Both("Ngôn ngữ của thông báo", "Language of messages")
_EMAIL = Both("Thư điện tử", "E-mail")
_SMS = Both("Số điện thoại nhận tin nhắn", "Phone number for messages")
_QUIET = Both("Giờ yên tĩnh (trừ mức rất nghiêm trọng)", "Quiet hours (but for critical ones)")
_QUIET_FROM = Both("Từ", "From")
_QUIET_TO = Both("Đến", "To")
_SAVE = Both("Lưu", "Save")
_SAVED = Both("Đã lưu.", "Saved.")
_AGAIN = Both("Chưa lưu được, hãy gửi lại.", "Nothing was stored; send it again.")
_OWN = Both("Thông tin liên hệ", "Contacts and messages")
_PASSWORD = Both(
    "Đổi mật khẩu: đăng xuất, rồi đăng nhập với mật khẩu mới ở bước nhập mật khẩu một lần do "
    "người quản trị cấp.",
    "To change the password, ask an administrator for a one-time password and log in with it.",
)
_NAMES = {"vi": same("Tiếng Việt"), "en": same("English")}


@router.get("/account")
def account(
    visitor: Visiting,
    seams: Within,
    caller: Asking,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """One's own account."""
    said = notice("good", visitor.say(_SAVED)) if saved else None
    return shown(_page(visitor, seams.accounts.me(caller), said))


@router.post("/account")
def change(
    visitor: Visiting,
    seams: Within,
    caller: Asking,
    language: Annotated[str, Form(max_length=8)] = "vi",
    email: Annotated[str, Form(max_length=200)] = "",
    sms: Annotated[str, Form(max_length=40)] = "",
    quiet_from: Annotated[str, Form(max_length=8)] = "",
    quiet_to: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Changes what one may change oneself."""
    contacts = {name: said for name, said in (("email", email), ("sms", sms)) if said.strip()}
    asked = AccountAsked(
        language=language, contacts=contacts, quiet_from=quiet_from, quiet_to=quiet_to
    )
    return _changed(visitor, seams, caller, asked)


def _changed(visitor: Visitor, seams: Seams, caller: Caller, asked: AccountAsked) -> Response:
    try:
        seams.accounts.change_me(caller, asked)
    except Refused as wrong:
        said = [f"{one.key}: {one.message}" for one in wrong.problems]
        problems = notice("bad", h.ul[(h.li[one] for one in said)])
        return shown(_page(visitor, seams.accounts.me(caller), problems), 422)
    except NotDurable:
        failed = notice("bad", visitor.say(_AGAIN))
        return shown(_page(visitor, seams.accounts.me(caller), failed), 503)
    return RedirectResponse("/account?saved=true", 303)


def _page(visitor: Visitor, me: Shape, said: h.Node) -> h.Element:
    say, own = visitor.say, me["account"]
    return document(
        visitor,
        TITLE,
        h.h1[say(TITLE)],
        said,
        section(
            own["display"] or own["name"],
            facts(
                [
                    (say(_NAME), own["name"]),
                    (say(_ROLE), word(ROLES, own["role"], visitor.lang)),
                    (say(_SEES), _scope(me["scope"], visitor)),
                ]
            ),
            h.p(".faint")[say(_PASSWORD)],
        ),
        section(say(_OWN), _form(own, visitor)),
    )


def _scope(scope: Shape | str, visitor: Visitor) -> str:
    if isinstance(scope, str):
        return visitor.say(_ALL)
    named = [*(scope.get("clusters") or ()), *(scope.get("plants") or ())]
    return ", ".join(named) or "–"


def _form(own: Shape, visitor: Visitor) -> h.Element:
    say = visitor.say
    contacts = own["contacts"]
    languages = {code: say(name) for code, name in _NAMES.items()}
    return h.form(".stack", method="post", action="/account")[
        field(say(_LANGUAGE), select("language", languages, own["language"])),
        field(say(_EMAIL), h.input(type="email", name="email", value=contacts.get("email", ""))),
        field(say(_SMS), h.input(type="tel", name="sms", value=contacts.get("sms", ""))),
        h.fieldset[
            h.legend[say(_QUIET)],
            h.div(".row")[
                field(say(_QUIET_FROM), _time("quiet_from", own)),
                field(say(_QUIET_TO), _time("quiet_to", own)),
            ],
        ],
        h.div[h.button(".button", type="submit")[say(_SAVE)]],
    ]


def _time(name: str, own: Shape) -> h.VoidElement:
    return h.input(type="time", name=name, value=own[name] or "")

"""What every page has: head, navigation, language, colours, the connection's light, the footer."""

from __future__ import annotations

from typing import NamedTuple

import htpy as h
from starlette.responses import HTMLResponse

from api.console.assets import address
from api.console.both import Both, same
from api.console.figures import ZONE_NAMED, clock
from api.console.visitor import Theme, Visitor
from api.words import word
from api.workwords import ROLES
from rules.roles import Right
from rules.wording import FOOTER, SIMULATED

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With "no-referrer" a browser sends no Origin with a form, and no form would be taken.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_SKIP = Both("Đến nội dung chính", "Skip to content")
_NAVIGATION = Both("Điều hướng chính", "Main navigation")
_LIVE = Both("Đang cập nhật trực tiếp", "Live")
_LOST = Both("Mất kết nối, đang thử lại", "Connection lost, trying again")
_LOG_OUT = Both("Đăng xuất", "Log out")
_ACCOUNT = Both("Tài khoản", "Account")
_OTHER_LANGUAGE = Both("English", "Tiếng Việt")
_COLOURS = Both("Giao diện", "Colours")
_THEMES: dict[Theme, Both] = {
    "auto": Both("Theo máy", "As the device"),
    "light": Both("Sáng", "Light"),
    "dark": Both("Tối", "Dark"),
}
_PRINT = Both("In trang này", "Print this page")


class Place(NamedTuple):
    """A page of the navigation, and the right it takes (None: any account)."""

    path: str
    name: Both
    right: Right | None


PLACES = (
    Place("/", Both("Tổng quan", "Overview"), Right.READ),
    Place("/alerts", Both("Cảnh báo", "Alerts"), Right.READ),
    Place("/quality", Both("Chất lượng dữ liệu", "Data quality"), Right.READ),
    Place("/what-if", Both("Nếu như", "What if"), Right.WHAT_IF),
    Place("/setup", Both("Thiết lập", "Setting up"), Right.REGISTER),
)
MINE = Place("/mine", Both("Trạm của tôi", "My plant"), Right.READ)


def document(
    visitor: Visitor,
    title: Both,
    *content: h.Node,
    simulated: bool = False,
    live: str | None = None,
    bare: bool = False,
) -> h.Element:
    """A whole page. `live`: what it watches (see live.py); `bare`: without navigation."""
    say = visitor.say
    name = say(title)
    return h.html(lang=visitor.lang, data_theme=visitor.theme)[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.title[f"{name} · Tô Lịch"],
            h.link(rel="icon", href=address("icon.svg"), type="image/svg+xml"),
            h.link(rel="stylesheet", href=address("console.css")),
            h.script(src=address("console.js"), type="module"),
        ],
        h.body(
            ".bare" if bare else "",
            data_live=live,
            data_now=str(visitor.now),
        )[
            h.a(".skip", href="#main")[say(_SKIP)],
            None if bare else _top(visitor),
            h.p(".simulated", role="note")[say(Both(*SIMULATED))] if simulated else None,
            h.main("#main", tabindex="-1")[content],
            _foot(visitor),
        ],
    ]


def shown(page: h.Element, status: int = 200) -> HTMLResponse:
    """A page as an answer."""
    return HTMLResponse(str(page), status, HEADERS)


def fragment(*parts: h.Node) -> HTMLResponse:
    """Part of a page, for a page that asks for it again."""
    return HTMLResponse(str(h.fragment[parts]), 200, HEADERS)


def _top(visitor: Visitor) -> h.Element:
    say = visitor.say
    places = ((MINE,) if visitor.answers else ()) + PLACES
    return h.header(".top")[
        h.a(".brand", href="/")[
            h.img(src=address("icon.svg"), alt="", width="28", height="28"), "Tô Lịch"
        ],
        h.nav(aria_label=say(_NAVIGATION))[
            h.ul[
                (
                    h.li[
                        h.a(
                            href=place.path,
                            aria_current="page" if _within(visitor.path, place.path) else None,
                        )[say(place.name)]
                    ]
                    for place in places
                    if place.right is None or visitor.may(place.right)
                )
            ]
        ],
        h.div(".tools")[
            h.span("#light.light", role="status", data_live=say(_LIVE), data_lost=say(_LOST)),
            _language(visitor),
            _menu(visitor),
        ],
    ]


def _within(path: str, place: str) -> bool:
    here = path.partition("?")[0]
    return here == place or (place != "/" and here.startswith(f"{place}/"))


def _language(visitor: Visitor) -> h.Element:
    other = "en" if visitor.lang == "vi" else "vi"
    button = h.button(".quiet", type="submit", lang=other)[visitor.say(_OTHER_LANGUAGE)]
    return _choice(visitor, "/language", "language", other, button)


def _menu(visitor: Visitor) -> h.Element | None:
    caller, say = visitor.caller, visitor.say
    if caller is None:
        return None
    return h.details(".menu")[
        h.summary(aria_label=say(_ACCOUNT))[caller.name],
        h.div[
            h.p(".faint")[word(ROLES, caller.role, visitor.lang)],
            h.a(href="/account")[say(_ACCOUNT)],
            h.button(".quiet", type="button", data_print=True)[say(_PRINT)],
            h.fieldset[
                h.legend[say(_COLOURS)],
                (
                    _choice(visitor, "/theme", "theme", theme, _theme(visitor, theme, name))
                    for theme, name in _THEMES.items()
                ),
            ],
            h.form(method="post", action="/logout")[
                h.button(".quiet", type="submit")[say(_LOG_OUT)]
            ],
        ],
    ]


def _theme(visitor: Visitor, theme: Theme, name: Both) -> h.Element:
    pressed = "true" if theme == visitor.theme else "false"
    return h.button(".quiet", type="submit", aria_pressed=pressed)[visitor.say(name)]


def _choice(visitor: Visitor, action: str, name: str, value: str, button: h.Element) -> h.Element:
    """A form that sets a cookie and comes back to the page."""
    return h.form(".inline", method="post", action=action)[
        h.input(type="hidden", name=name, value=value),
        h.input(type="hidden", name="next", value=visitor.path),
        button,
    ]


def _foot(visitor: Visitor) -> h.Element:
    say = visitor.say
    return h.footer(".foot")[
        h.p[h.strong[say(Both(*FOOTER))]],
        h.p(".faint")[f"{clock(visitor.now)}, {say(ZONE_NAMED)} · ", h.a(href="/docs")[say(_API)]],
    ]


_API = same("API")

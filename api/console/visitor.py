"""Who looks at a page: the account behind the log-in, its language and its colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Depends, Request

from api.auth import Asking
from api.console.both import Both
from api.view import Within
from api.words import Language
from rules.roles import OFFICERS, PLANT_SIDE, Right
from tolich.ports import Caller

LANGUAGE = "tolich_language"
THEME = "tolich_theme"
Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a page; `caller` None before the log-in."""

    caller: Caller | None
    lang: Language
    theme: Theme
    path: str  # of the page with its query, to come back to
    now: int  # plant time

    def say(self, words: Both) -> str:
        """Words in the visitor's language."""
        return words.of(self.lang)

    def may(self, right: Right) -> bool:
        """Whether the visitor has a right."""
        return self.caller is not None and right in self.caller.rights

    @property
    def watches(self) -> bool:
        """Whether the visitor watches plants on the public's behalf."""
        return self.caller is not None and self.caller.role in OFFICERS

    @property
    def answers(self) -> bool:
        """Whether the visitor answers for a plant."""
        return self.caller is not None and self.caller.role in PLANT_SIDE


def visitor_of(request: Request, caller: Caller | None, now: int) -> Visitor:
    """The visitor of a request; what the cookies do not say the account or the browser does."""
    return Visitor(caller, _language(request, caller), _theme(request), _address(request), now)


def visiting(request: Request, caller: Asking, seams: Within) -> Visitor:
    """The visitor of a page that takes an account."""
    return visitor_of(request, caller, seams.now())


Visiting = Annotated[Visitor, Depends(visiting)]


def _language(request: Request, caller: Caller | None) -> Language:
    chosen = request.cookies.get(LANGUAGE)
    if chosen in ("vi", "en"):
        return "vi" if chosen == "vi" else "en"
    return "vi" if caller is None else caller.language


def _theme(request: Request) -> Theme:
    chosen = request.cookies.get(THEME)
    return next((theme for theme in THEMES if theme == chosen), "auto")


def _address(request: Request) -> str:
    path = quote(request.scope["path"], safe="/:+@")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path

"""How endpoints answer: lists, objects, and text where a person asked for text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Header, Query
from starlette.responses import PlainTextResponse, Response

from api.jsonbody import Json
from api.problems import absent
from api.whytext import render
from api.words import Language
from tolich.ports import Page, Shape

Accept = Annotated[str, Header(include_in_schema=False)]
Lang = Annotated[Literal["vi", "en"], Query(description="The language of the text.")]

WHY: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": "TÓM TẮT\nCCN Mẫu 01, COD, ..."}
        }
    }
}
"""What an explanation may also be, for the description of an operation."""


def listed(page: Page) -> Json:
    """A page as the contract spells it."""
    return Json({"items": page.items, "next": page.next})


def found(shape: Shape | None, what: str, name: str) -> Json:
    """An object; Trouble when there is none."""
    if shape is None:
        raise absent(what, name)
    return Json(shape)


def explained(why: Shape | None, what: str, name: str, accept: str, lang: Language) -> Response:
    """An explanation, as JSON or as text; Trouble when there is none."""
    if why is None:
        raise absent(what, name)
    vary = {"Vary": "Accept"}
    if prefers_text(accept):
        return PlainTextResponse(render(why, lang), headers=vary | {"Content-Language": lang})
    return Json(why, headers=vary)


def prefers_text(accept: str) -> bool:
    """Whether an Accept header asks for text/plain rather than JSON, which any wildcard means."""
    return _weight(accept, "text/plain") > _weight(
        accept, "application/json", "application/*", "*/*"
    )


def prefers_lines(accept: str) -> bool:
    """Whether an Accept header asks for JSON lines rather than one JSON text."""
    return _weight(accept, "application/x-ndjson") > _weight(accept, "application/json")


def _weight(accept: str, *kinds: str) -> float:
    weights = [0.0]
    for part in accept.lower().split(","):
        kind, *settings = (piece.strip() for piece in part.split(";"))
        if kind in kinds:
            weights.append(_quality(settings))
    return max(weights)


def _quality(settings: list[str]) -> float:
    for setting in settings:
        name, _, value = setting.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0

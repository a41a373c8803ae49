"""Why a verdict stands, on a page that a lawyer reads: the same sections as the printed text."""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h

from api.console.kit import table
from api.console.visitor import Visitor
from api.whyreadings import grid
from api.whytext import day_of, heading, sections
from api.words import Language
from tolich.ports import Shape

_LEFT_OUT = frozenset({"summary"})
"""Stands at the head of the page already."""


def explained(why: Shape, visitor: Visitor) -> Iterator[h.Element]:
    """Section by section; what there is nothing to say of is left out."""
    lang = visitor.lang
    for name, lines in sections(why, lang).items():
        if not lines or name in _LEFT_OUT:
            continue
        body: h.Node = (
            _readings(why, lang)
            if name == "readings"
            else h.ul(".lines")[(h.li[line.strip()] for line in lines if line.strip())]
        )
        yield h.section(".part.why", id=f"why-{name}")[h.h2[_title(name, lang)], body]


def _title(name: str, lang: Language) -> str:
    return heading(name, lang).capitalize()


def _readings(why: Shape, lang: Language) -> h.Node:
    rows, notes = grid(why["readings"], lang, day_of(why))
    said = [h.p(".faint")[note] for note in notes]
    if not rows:
        return said
    return [table(_title("readings", lang), rows[0], rows[1:]), said]

"""Bars: a value beside its limit, and what became of the readings that were owed."""

from __future__ import annotations

import htpy as h

from api.console.figures import percent
from api.words import Language
from tolich.ports import Shape

_WIDTH, _HEIGHT = 64, 8
_FULL = 1.25
"""The ratio at the right end; the limit's own mark stands at 100 %."""


def ratio_bar(one: Shape, words: str | None, lang: Language) -> h.Node:
    """The newest value beside its limit: full at 100 %. Nothing for a range or without a limit."""
    share = ratio(one)
    if share is None or words is None:
        return h.span(".ratio.none", title=words)[words]
    filled = min(share, _FULL) / _FULL * _WIDTH
    mark = _WIDTH / _FULL
    said = f"{percent(share, lang)} · {words}"
    return h.span(".ratio", title=said)[
        h.svg(viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=said)[
            h.rect(".track", width=_WIDTH, height=_HEIGHT, rx=2),
            h.rect(f".{_level(share)}", width=f"{filled:.1f}", height=_HEIGHT, rx=2),
            h.line(".limit", x1=f"{mark:.1f}", x2=f"{mark:.1f}", y1=0, y2=_HEIGHT),
        ]
    ]


def ratio(one: Shape) -> float | None:
    """The newest value over an upper limit; None for a range, and when it does not count."""
    of = one["limit"]
    if of is None or of["low"] is not None or not of["high"] or one["status"] != "00":
        return None
    return float(one["value"]) / float(of["high"])


def _level(share: float) -> str:
    return "over" if share > 1 else "near" if share >= 0.9 else "well"

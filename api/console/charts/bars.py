"""Bars: a value beside its limit, and what became of the readings that were owed."""

from __future__ import annotations

from collections.abc import Mapping

import htpy as h

from api.console.both import Both
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
        h.svg(
            viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
            role="img",
            aria_label=said,
            preserveAspectRatio="none",
        )[
            h.rect(".track", width=_WIDTH, height=_HEIGHT),
            h.rect(f".{_level(share)}", width=f"{filled:.1f}", height=_HEIGHT),
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


_PARTS = (
    ("valid", "well", Both("hợp lệ", "valid")),
    ("calibrating", "calibrating", Both("hiệu chuẩn", "calibrating")),
    ("faulty", "fault", Both("lỗi thiết bị", "device error")),
    ("failed", "failed", Both("không đạt kiểm tra", "failed a check")),
    ("missing", "missing", Both("thiếu", "missing")),
)


def capture_bar(counts: Mapping[str, int], lang: Language) -> h.Element:
    """What became of the slots that were owed: valid, set aside, failed, missing."""
    owed = max(1, counts["expected"])
    known = {name: counts.get(name, 0) for name, _, _ in _PARTS}
    known["missing"] = max(0, owed - sum(known.values()))
    shares = [(css, words, known[name] / owed) for name, css, words in _PARTS if known[name]]
    said = ", ".join(f"{words.of(lang)} {percent(share, lang, 1)}" for _, words, share in shares)
    places: list[h.Element] = []
    x = 0.0
    for css, _, share in shares:
        width = share * 400
        places.append(h.rect(f".{css}", x=f"{x:.1f}", width=f"{width:.1f}", height=14))
        x += width
    return h.span(".capture")[
        h.svg(viewBox="0 0 400 14", role="img", aria_label=said, preserveAspectRatio="none")[
            places
        ],
        h.span(".faint")[said],
    ]

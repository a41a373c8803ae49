"""A new station's first day on one page: what is in order, what is not, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence

import htpy as h
from fastapi import APIRouter
from starlette.responses import Response

from api.auth import needs
from api.console.both import Both
from api.console.figures import clock, number, percent
from api.console.frame import document, shown
from api.console.kit import facts, notice, section, table
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen
from rules.roles import Right
from tolich.ports import Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Chạy thử trạm", "Commissioning")
_STATES = {
    "passed": (
        "good",
        Both("Đạt: 24 giờ đã theo dõi, mọi mục đều đạt.", "Passed: 24 hours, every line in order."),
    ),
    "not_passed": (
        "bad",
        Both("Chưa đạt: xem các mục chưa đạt bên dưới.", "Not passed: see the lines below."),
    ),
    "watching": (
        "plain",
        Both(
            "Đang theo dõi: chưa đủ 24 giờ số liệu; trang này cập nhật theo từng giờ.",
            "Watching: there are not yet 24 hours of readings; this page moves on every hour.",
        ),
    ),
}
_STATION, _PLANT = Both("Trạm", "Station"), Both("Nhà máy", "Plant")
_FROM, _TO = Both("Từ", "From"), Both("Đến", "To")
_LINES = Both("Các mục đã xem", "What was looked at")
_COLUMNS = (
    Both("Mục", "Line"),
    Both("Kết quả", "Result"),
    Both("Đo được", "Found"),
    Both("Mức cần", "Needed"),
)
_WHOLE = Both("Toàn trạm", "The station as a whole")
_PASSED, _FAILED = Both("✓ đạt", "✓ in order"), Both("✗ chưa đạt", "✗ not in order")
_UNKNOWN, _OPTIONAL = Both("… chưa biết", "… not known yet"), Both("– nên thử", "– worth trying")
_REFUSED = Both("Bản tin bị từ chối và cách khắc phục", "Refused messages and their remedies")
_REFUSED_COLUMNS = (
    Both("Nhận lúc", "Received"),
    Both("Lý do", "Reason"),
    Both("Cách khắc phục", "Remedy"),
)
_SETTINGS = Both(
    "Các mức là thiết lập kỹ thuật của phần mềm, không phải quy định pháp luật.",
    "The thresholds are engineering settings of this program, not law.",
)
_SIGNED = Both("Người lập, ngày, chữ ký", "Made by, date, signature")
_EXPECTED = Both("Đại diện trạm, ngày, chữ ký", "For the station, date, signature")
_SECONDS, _MINUTES = Both("giây", "s"), Both("phút", "min")
_AT_LEAST, _AT_MOST = ("hours", "received", "measuring", "calibrated"), ("gap", "clock", "failed")


@router.get("/stations/{id}/commission")
def commission(view: Seen, visitor: Visiting, id: str) -> Response:  # noqa: A002
    """The page to look at while a station is set up, and to print when it has passed."""
    found = view.commission(id)
    if found is None:
        raise absent("station", id)
    say, lang = visitor.say, visitor.lang
    kind, words = _STATES[found["state"]]
    page = document(
        visitor,
        TITLE,
        h.h1[f"{say(TITLE)}: {found['name']}"],
        notice(kind, h.p[say(words)]),
        facts(
            (
                (say(_STATION), h.a(href=f"/stations/{id}")[found["station"]]),
                (say(_PLANT), found["plant"]),
                (say(_FROM), clock(found["from"])),
                (say(_TO), clock(found["to"])),
            )
        ),
        section(say(_LINES), *_tables(found["lines"], visitor), h.p(".faint")[say(_SETTINGS)]),
        _refused(found["rejections"], visitor),
        h.p(".faint")[found["note"][lang]],
        h.div(".signatures")[h.p[say(_SIGNED)], h.p[say(_EXPECTED)]],
        simulated=found["simulated"],
    )
    return shown(page)


def _tables(lines: Sequence[Shape], visitor: Visitor) -> list[h.Node]:
    """The station's own lines, then each parameter's."""
    names = list(dict.fromkeys(line["parameter"] for line in lines))
    made: list[h.Node] = []
    for name in names:
        title = name or visitor.say(_WHOLE)
        rows = [_row(line, visitor) for line in lines if line["parameter"] == name]
        heads = [visitor.say(one) for one in _COLUMNS]
        made += [h.h3[title], table(title, heads, rows, numeric=frozenset({2, 3}))]
    return made


def _row(line: Shape, visitor: Visitor) -> list[h.Node]:
    return [
        line["title"][visitor.lang],
        _result(line, visitor),
        _amount(line["found"], line, visitor),
        _needed(line, visitor),
    ]


def _result(line: Shape, visitor: Visitor) -> h.Element:
    if line["passed"] is None:
        said, css = (_OPTIONAL if line["optional"] else _UNKNOWN), "faint"
    else:
        said, css = (_PASSED, "well") if line["passed"] else (_FAILED, "ill")
    return h.span(class_=css)[visitor.say(said)]


def _needed(line: Shape, visitor: Visitor) -> str:
    sign = "≥ " if line["key"] in _AT_LEAST else "≤ " if line["key"] in _AT_MOST else ""
    return sign + _amount(line["needed"], line, visitor) if line["needed"] is not None else "–"


def _amount(value: float | None, line: Shape, visitor: Visitor) -> str:
    if value is None:
        return "–"
    if line["unit"] == "share":
        return percent(value, visitor.lang, 1)
    if line["unit"] == "s":
        return _span(value, visitor)
    written = number(value, visitor.lang)
    return written if line["unit"] in ("count", "") else f"{written} {line['unit']}"


def _span(seconds: float, visitor: Visitor) -> str:
    """Seconds, or minutes where there are many; before its time it is negative."""
    if abs(seconds) < 120:
        return f"{number(seconds, visitor.lang)} {visitor.say(_SECONDS)}"
    return f"{number(seconds / 60, visitor.lang)} {visitor.say(_MINUTES)}"


def _refused(found: Sequence[Shape], visitor: Visitor) -> h.Node:
    if not found:
        return None
    rows: list[list[h.Node]] = [
        [clock(one["received_at"]), one["detail"], one["remedy"][visitor.lang]] for one in found
    ]
    say = visitor.say
    return section(say(_REFUSED), table(say(_REFUSED), [say(c) for c in _REFUSED_COLUMNS], rows))

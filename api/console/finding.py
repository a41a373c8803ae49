"""The page of a finding: what was found of one series in one period, and why."""

from __future__ import annotations

import htpy as h
from fastapi import APIRouter
from starlette.responses import Response

from api.asking import restored
from api.auth import needs
from api.console.both import Both
from api.console.charts.series import picture
from api.console.course import course_of, span_of
from api.console.figures import at, limit, percent, reading, unit
from api.console.frame import document, shown
from api.console.kit import badge, facts, section, table, when
from api.console.marks import of_finding
from api.console.visitor import Visiting, Visitor
from api.console.why import explained
from api.problems import absent
from api.view import Seen, View
from rules.roles import Right
from tolich.ports import Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Vì sao: {what}", "Why: {what}")
_MEAN = Both("Trung bình", "Mean")
_LIMIT = Both("Giới hạn", "Limit")
_VALID = Both("Hợp lệ", "Valid")
_RATIO = Both("So với giới hạn", "Of the limit")
_REVISION = Both("Bản ghi", "Revision")
_JUDGED = Both("Đánh giá lúc", "Judged")
_OPEN = Both("Kỳ chưa kết thúc", "The period is still open")
_AROUND = Both("Số liệu quanh kỳ này", "Readings around it")
_REVISIONS = Both("Các lần đánh giá", "Every revision")
_COLUMNS = (
    Both("Lần", "Revision"),
    Both("Đánh giá lúc", "Judged"),
    Both("Kết quả", "Verdict"),
    Both("Trung bình", "Mean"),
)
_STATION = Both("Trang của trạm", "The station's page")
_BESIDE = 6 * 3600
"""Seconds shown before and after the period."""


@router.get("/findings/{id:path}")
def finding(view: Seen, visitor: Visiting, id: str) -> Response:  # noqa: A002 - as in the API
    """Everything about one finding, on one page to read or to print."""
    name = restored(id)
    why = view.finding_why(name, None)
    if why is None:
        raise absent("finding", name)
    page = document(
        visitor,
        TITLE.filled(what=name),
        _head(why, visitor),
        around(view, why, visitor),
        h.div(".whys")[explained(why, visitor)],
        _revisions(view, why, visitor),
        simulated=why["simulated"],
    )
    return shown(page)


def _head(why: Shape, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    mark = of_finding(why["outcome"], why["reason"], why["period"])
    name = unit(why["unit"], lang)
    counts = why["counts"]
    return h.section(".head")[
        h.div(".row")[h.h1[f"{why['station']} · {why['parameter']}"], badge(mark, say)],
        h.p(".summary", data_mark=mark.css)[why["summary"][lang]],
        facts(
            [
                (say(_MEAN), f"{reading(why['mean'], lang)} {name}"),
                (say(_LIMIT), f"{limit(why['limit'], lang)} {name}" if why["limit"] else "–"),
                (say(_RATIO), percent(why["ratio"], lang)),
                (say(_VALID), f"{counts['valid']}/{counts['expected']}"),
                (say(_REVISION), str(why["revision"]) if why["final"] else say(_OPEN)),
                (say(_JUDGED), when(why["judged_at"], visitor)),
            ]
        ),
        h.p(".no-print")[
            h.a(href=f"/stations/{why['station']}?parameter={why['parameter']}")[say(_STATION)]
        ],
    ]


def around(view: View, why: Shape, visitor: Visitor) -> h.Node:
    """The readings before, in and after a period, with means and limit."""
    found = view.sights([why["station"]])
    measured = {one["parameter"]: one for one in (found[0]["parameters"] if found else [])}
    if why["parameter"] not in measured:
        return None  # a load: its parts are told in words
    begin = int(at(why["start"]).timestamp()) - _BESIDE
    end = int(at(why["end"]).timestamp()) + _BESIDE
    stretch = span_of(None, begin, min(end, visitor.now), visitor.now)
    chosen = measured[why["parameter"]]
    course, _ = course_of(view, found[0], chosen, stretch, visitor)
    title = visitor.say(_AROUND)
    return section(title, picture(course, title, visitor.lang))


def _revisions(view: View, why: Shape, visitor: Visitor) -> h.Node:
    page = view.revisions(why["id"])
    if page is None or len(page.items) < 2:
        return None
    say, period = visitor.say, why["period"]
    rows = [
        [
            str(one["revision"]),
            when(one["judged_at"], visitor),
            badge(of_finding(one["outcome"], one["reason"], period), say),
            reading(one["mean"], visitor.lang),
        ]
        for one in page.items
    ]
    return section(
        say(_REVISIONS),
        table(say(_REVISIONS), [say(one) for one in _COLUMNS], rows, numeric=frozenset({3})),
    )

"""A large screen to read from afar: at the gate of a plant, or in the control room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth import needs
from api.console.both import Both
from api.console.figures import at, limit, reading, unit
from api.console.frame import document, fragment, shown
from api.console.kit import badge, empty
from api.console.marks import of_parameter, of_station
from api.console.overview import summary
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen, View
from rules.roles import Right
from tolich.ports import Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Bảng hiển thị", "Display board")
_LIMIT = Both("giới hạn {limit} {unit}", "limit {limit} {unit}")
_STATIONS = Both("{n} trạm quan trắc", "{n} monitoring stations")
_NONE = Both("Chưa có trạm nào", "No stations yet")
_NONE_HINT = Both("Bảng sẽ hiện khi có số liệu.", "The board shows once readings come.")
_MOST_DETAILED = 2
"""Up to so many stations are shown with every value; more as large tiles."""


@router.get("/board")
def board(
    view: Seen, visitor: Visiting, station: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """One station with its values, or every station as a tile; nothing can be done here."""
    page = document(
        visitor,
        TITLE,
        content(view, visitor, station),
        simulated=any(one["simulated"] for one in view.sights()),
        live=f"/live?page=station&since={view.heard(0).upto}",
        bare=True,
    )
    return shown(page)


@router.get("/board-content")
def board_content(
    view: Seen, visitor: Visiting, station: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """The board's content alone, while readings come in."""
    return fragment(content(view, visitor, station))


def content(view: View, visitor: Visitor, station: str | None) -> h.Element:
    """What stands on the board."""
    sights = view.sights(None if station is None else [station])
    if station is not None and not sights:
        raise absent("station", station)
    asked = f"?station={station}" if station else ""
    return h.div("#board.board", data_part=f"/board-content{asked}")[
        h.h1[visitor.say(TITLE)] if not sights else None,
        empty(visitor.say(_NONE), visitor.say(_NONE_HINT)) if not sights else None,
        _detailed(sights, visitor) if len(sights) <= _MOST_DETAILED else _all(sights, visitor),
    ]


def _detailed(sights: Sequence[Shape], visitor: Visitor) -> h.Node:
    return [
        h.section[
            _top(sight["plant_name"], visitor),
            badge(of_station(sight), visitor.say),
            h.ul(".values")[(_value(one, sight, visitor) for one in sight["parameters"])],
        ]
        for sight in sights
    ]


def _top(title: str, visitor: Visitor) -> h.Element:
    return h.div(".row.between")[h.h1[title], h.time(".clock")[f"{at(visitor.now):%H:%M %d/%m/%Y}"]]


def _value(one: Shape, sight: Shape, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    mark = of_parameter(one, sight)
    name = unit(one["unit"], lang)
    bound = _LIMIT.filled(limit=limit(one["limit"], lang), unit=name)
    return h.li(data_mark=mark.css)[
        h.span(".name")[one["name"][lang]],
        h.b[reading(one["value"], lang)],
        h.span(".unit")[name],
        h.span(".faint")[say(bound) if one["limit"] else ""],
        h.span(".sign")[f"{mark.sign} {say(mark.words)}"],
    ]


def _all(sights: Sequence[Shape], visitor: Visitor) -> h.Node:
    """Every station as a tile, under the sentence that says what needs attention."""
    marks = {one["id"]: of_station(one) for one in sights}
    return [
        _top(visitor.say(_STATIONS.filled(n=len(sights))), visitor),
        summary(marks, visitor.say),
        _tiles(sights, visitor),
    ]


def _tiles(sights: Sequence[Shape], visitor: Visitor) -> h.Element:
    ordered = sorted(sights, key=lambda one: (of_station(one).rank, one["id"]))
    return h.ul(".walls")[
        (
            h.li(data_mark=of_station(one).css)[
                h.span(".sign", aria_hidden="true")[of_station(one).sign],
                h.b[one["cluster_name"]],
                h.span[visitor.say(of_station(one).words)],
            ]
            for one in ordered
        )
    ]

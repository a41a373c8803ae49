"""The list of alerts: what needs the visitor first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asking import Paging
from api.auth import needs
from api.console.both import Both
from api.console.frame import document, fragment, shown
from api.console.kit import age, empty, when
from api.console.stationwords import alert_words, mark_of_alert
from api.console.visitor import Visiting, Visitor
from api.view import Seen, View
from api.words import SEVERITIES, word
from api.workwords import WORK
from rules.roles import Right
from rules.work import WorkState
from tolich.ports import AlertQuery, Page, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Cảnh báo", "Alerts")
_MINE = Both("Cần bạn xử lý", "Needs you")
_MINE_NONE = Both("Không có cảnh báo nào chờ bạn.", "No alert waits for you.")
_MINE_HINT = Both(
    "Cảnh báo chưa tiếp nhận, chờ đóng hoặc chờ giải trình sẽ hiện ở đây.",
    "Alerts to receive, to close or to explain show here.",
)
_OTHERS = Both("Đang theo dõi", "Being followed")
_PAST = Both("Đã xong", "Done")
_SEARCHED = Both("Trạm {station}", "Station {station}")
_EVERY = Both("Mọi trạm", "Every station")
_SINCE = Both("Bắt đầu", "Began")
_ENDED = Both("kết thúc", "ended")
_DEADLINE = Both("giải trình trước {when}", "explanation by {when}")
_OVERDUE = Both("quá hạn giải trình", "explanation overdue")
_MORE = Both("Cũ hơn", "Older")
_UNRECEIVED = (WorkState.UNACKNOWLEDGED, WorkState.RETURNED_UNACKNOWLEDGED)
_OVER = (WorkState.CLOSED, WorkState.WITHDRAWN)
_SEVERITY = ("critical", "major", "warning", "info")
MOST = 200


@router.get("/alerts")
def alerts(
    view: Seen,
    visitor: Visiting,
    station: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Every alert of the visitor's scope, or of one station."""
    found = view.alerts(AlertQuery(station=station), Paging(cursor, MOST))
    page = document(
        visitor,
        TITLE,
        h.h1[visitor.say(TITLE)],
        _chosen(station, visitor),
        listed(view, found, visitor, station, cursor),
        simulated=any(one["simulated"] for one in found.items),
        live=f"/live?page=station&since={view.heard(0).upto}",
    )
    return shown(page)


@router.get("/alerts-list")
def alerts_list(
    view: Seen, visitor: Visiting, station: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """The list alone, for a page that is open while alerts come."""
    found = view.alerts(AlertQuery(station=station), Paging(None, MOST))
    return fragment(listed(view, found, visitor, station, None))


def _chosen(station: str | None, visitor: Visitor) -> h.Node:
    if station is None:
        return None
    said = visitor.say(_SEARCHED.filled(station=station))
    return h.p[said, " · ", h.a(href="/alerts")[visitor.say(_EVERY)]]


def listed(
    view: View, found: Page, visitor: Visitor, station: str | None, cursor: str | None
) -> h.Element:
    """The groups: what needs the visitor, what goes on, what is done."""
    stations = {one["station"] for one in found.items}
    names = {one["id"]: one["cluster_name"] for one in view.sights(stations)}
    groups: dict[Both, list[Shape]] = {_MINE: [], _OTHERS: [], _PAST: []}
    for one in found.items:
        groups[_group(one, visitor)].append(one)
    asked = f"?station={station}" if station else ""
    return h.div("#alerts", data_part=f"/alerts-list{asked}" if cursor is None else None)[
        (
            _section(title, ones, names, visitor)
            for title, ones in groups.items()
            if ones or title is _MINE
        ),
        h.p[h.a(".button", href=f"/alerts?cursor={found.next}")[visitor.say(_MORE)]]
        if found.next
        else None,
    ]


def needs_me(one: Shape, visitor: Visitor) -> bool:
    """Whether an alert waits for something that this visitor can do."""
    state = WorkState(one["work"]["state"])
    asked = one["work"]["explanation"]
    if visitor.answers:
        explain = asked is not None and asked["answered_at"] is None and asked["deadline"]
        return state in _UNRECEIVED or bool(explain)
    if not visitor.watches:
        return False
    return state in (*_UNRECEIVED, WorkState.CLOSING, WorkState.RETURNED)


def _group(one: Shape, visitor: Visitor) -> Both:
    if one["work"] is None or WorkState(one["work"]["state"]) in _OVER:
        return _PAST
    return _MINE if needs_me(one, visitor) else _OTHERS


def _section(
    title: Both, alerts: Sequence[Shape], names: dict[str, str], visitor: Visitor
) -> h.Element:
    say = visitor.say
    if not alerts:
        return h.section[h.h2[say(title)], empty(say(_MINE_NONE), say(_MINE_HINT))]
    ordered = sorted(alerts, key=lambda one: _SEVERITY.index(one["severity"]))
    return h.section[
        h.h2[f"{say(title)} ({len(alerts)})"],
        h.ul(".rows")[(_row(one, names, visitor) for one in ordered)],
    ]


def _row(one: Shape, names: dict[str, str], visitor: Visitor) -> h.Element:
    say, lang, mark = visitor.say, visitor.lang, mark_of_alert(one)
    what = f" · {one['parameter']}" if one["parameter"] else ""
    return h.li(data_mark=mark.css)[
        h.span(".sign", aria_hidden="true")[mark.sign],
        h.div[
            h.h3[
                h.a(href=f"/alerts/{one['id']}")[
                    f"{names.get(one['station'], one['station'])}{what}: {alert_words(one, lang)}"
                ]
            ],
            h.p(".faint")[
                f"{one['id']} · {word(SEVERITIES, one['severity'], lang)} · {say(_SINCE)} ",
                when(one["started_at"], visitor),
                [f" · {say(_ENDED)} ", when(one["ended_at"], visitor)] if one["ended_at"] else None,
            ],
        ],
        h.div(".state")[
            h.b[word(WORK, one["work"]["state"], lang) if one["work"] else "–"],
            list(_waits(one, visitor)),
        ],
    ]


def _waits(one: Shape, visitor: Visitor) -> Iterator[h.Node]:
    """The clocks that run: since when nobody has received it, and until when to explain."""
    work = one["work"]
    if work is None:
        return
    if WorkState(work["state"]) in _UNRECEIVED:
        yield h.p(".faint")[age(work["responses"]["raised_at"], visitor, 3600)]
    asked = work["explanation"]
    if asked is not None and asked["answered_at"] is None and asked["deadline"] is not None:
        said = _OVERDUE if asked["overdue"] else _DEADLINE.filled(when=_hour(asked["deadline"]))
        yield h.p(".faint")[visitor.say(said)]


def _hour(stamp: str) -> str:
    return f"{stamp[11:16]} {stamp[8:10]}/{stamp[5:7]}"

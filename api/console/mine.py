"""The plant's own page, for a phone: did my data arrive, am I within limits, what must I do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import htpy as h
from fastapi import APIRouter
from starlette.responses import Response

from api.asking import Paging
from api.auth import needs
from api.console.alerts import needs_me
from api.console.both import Both
from api.console.figures import ago, at, clock, lasting, limit, percent, reading, unit
from api.console.frame import document, fragment, shown
from api.console.kit import empty, section, table
from api.console.marks import Mark, of_finding
from api.console.stationwords import alert_words
from api.console.visitor import Visiting, Visitor
from api.view import Seen, View
from api.words import SEVERITIES, word
from rules.days import DAY_SECONDS, midnight
from rules.roles import Right
from tolich.ports import AlertQuery, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Trạm của tôi", "My plant")
_ARRIVED_Q = Both("Số liệu đã đến cơ quan quản lý chưa?", "Did my data reach the authority?")
_ARRIVED = Both("Đã đến: {ago}", "Yes: {ago}")
_SILENT = Both("Chưa nhận được từ {when}", "Nothing since {when}")
_NEVER = Both("Chưa nhận được số liệu nào", "Nothing has been received yet")
_SENT = Both("Đã chuyển tiếp đến {where}", "Passed on to {where}")
_WITHIN_Q = Both("Đến nửa đêm có trong giới hạn không?", "Am I within limits until midnight?")
_WELL = Both("Đang trong giới hạn", "Within limits so far")
_CARE = Both("Cần giữ thấp hơn", "Keep it lower")
_OVER = Both("Hôm nay vượt giới hạn", "Over the limit today")
_UNKNOWN = Both("Chưa đủ số liệu để nói", "Not enough data to say")
_KEEP = Both(
    "{parameter}: giữ trung bình ≤ {value} {unit} đến nửa đêm (giới hạn {limit}); "
    "khả năng vượt {chance}",
    "{parameter}: keep the mean ≤ {value} {unit} until midnight (limit {limit}); "
    "chance of exceeding {chance}",
)
_CERTAIN = Both(
    "{parameter}: trung bình ngày chắc chắn vượt {limit} {unit}",
    "{parameter}: the daily mean is certain to exceed {limit} {unit}",
)
_DO_Q = Both("Phải làm gì bây giờ?", "What must I do now?")
_NOTHING = Both("Không có việc gì chờ bạn", "Nothing waits for you")
_RECEIVE = Both("Tiếp nhận {n} cảnh báo", "Receive {n} alerts")
_EXPLAIN = Both("Giải trình trước {when}: {what}", "Explain by {when}: {what}")
_MONTH = Both("Tháng này", "This month")
_RESPONSES = Both("Thời gian xử lý cảnh báo, 30 ngày", "How soon alerts were answered, 30 days")
_OPERATION = Both("Tham khảo vận hành", "For operation only")
_DAYS_COLUMNS = (
    Both("Thông số", "Parameter"),
    Both("Ngày phải có", "Days owed"),
    Both("Trong giới hạn", "Within"),
    Both("Gần", "Near"),
    Both("Nghi vượt", "Suspected"),
    Both("Không đủ dữ liệu", "Not enough data"),
)
_STEP_COLUMNS = (
    Both("Mức", "Severity"),
    Both("Cảnh báo", "Alerts"),
    Both("Tiếp nhận (giữa)", "Received (median)"),
    Both("Giải trình (giữa)", "Explained (median)"),
)
_NONE = Both("Tài khoản này chưa được giao trạm nào", "No plant is given to this account")
_NONE_HINT = Both("Hãy hỏi người quản trị.", "Ask your administrator.")
_OTHERS = Both("và {n} cảnh báo khác", "and {n} other alerts")
_LISTED = 6
_MORE = Both("Tất cả về trạm này", "Everything about this station")


class Answer(NamedTuple):
    """An answer to one of the three questions: how it stands, in words, and details."""

    mark: Mark
    words: str
    details: Sequence[h.Node] = ()


@router.get("/mine")
def mine(view: Seen, visitor: Visiting) -> Response:
    """The stations of the visitor's scope, each with its three answers."""
    sights = view.sights()
    page = document(
        visitor,
        TITLE,
        h.h1(".visually-hidden")[visitor.say(TITLE)],
        _stations(view, sights, visitor),
        (_month(view, sight, visitor) for sight in sights),
        _responses(view, visitor) if sights else None,
        simulated=any(sight["simulated"] for sight in sights),
        live=f"/live?page=station&since={view.heard(0).upto}",
    )
    return shown(page)


@router.get("/mine-answers")
def answers(view: Seen, visitor: Visiting) -> Response:
    """The answers alone, for a page that is open while readings come in."""
    return fragment(_stations(view, view.sights(), visitor))


def _stations(view: View, sights: Sequence[Shape], visitor: Visitor) -> h.Element:
    say = visitor.say
    if not sights:
        return h.div("#mine")[empty(say(_NONE), say(_NONE_HINT))]
    return h.div("#mine", data_part="/mine-answers")[
        (
            h.section(".mine")[
                h.h2[h.a(href=f"/stations/{sight['id']}")[sight["plant_name"]]],
                _answered(say(_ARRIVED_Q), arrived(view, sight, visitor), visitor),
                _answered(say(_WITHIN_Q), within(view, sight, visitor), visitor),
                _answered(say(_DO_Q), to_do(view, sight, visitor), visitor),
            ]
            for sight in sights
        )
    ]


def _answered(question: str, answer: Answer, visitor: Visitor) -> h.Element:
    return h.article(".answer", data_mark=answer.mark.css)[
        h.span(".sign", aria_hidden="true")[answer.mark.sign],
        h.div[
            h.h3(".faint")[question],
            h.p(".lead")[answer.words],
            h.ul[(h.li[one] for one in answer.details)] if answer.details else None,
        ],
    ]


def arrived(view: View, sight: Shape, visitor: Visitor) -> Answer:
    """Whether the station's data arrives, and how far it was passed on."""
    say = visitor.say
    details = [
        say(_SENT.filled(where=f"{one['destination']} ({clock(one['newest_sent'], visitor.now)})"))
        for one in view.forwarding(sight["id"], None, Paging(None, 20)).items
        if one["newest_sent"]
    ]
    heard = sight["last_heard"]
    if heard is None:
        return Answer(Mark.NO_SIGNAL, say(_NEVER), details)
    if sight["state"] == "no_signal":
        return Answer(Mark.NO_SIGNAL, say(_SILENT.filled(when=clock(heard, visitor.now))), details)
    words = _ARRIVED.filled(ago=ago(heard, visitor.now, visitor.lang))
    return Answer(Mark.WITHIN, say(words), details)


def within(view: View, sight: Shape, visitor: Visitor) -> Answer:
    """How today is likely to end; the parameters that need care, with what they may still have."""
    say = visitor.say
    page = view.outlook(sight["id"], None)
    told = [one for one in (page.items if page else []) if one["limit"] is not None]
    judged = [one for one in told if one["probability"] is not None or one["certain"]]
    if not judged:
        return Answer(Mark.UNASSESSED, say(_UNKNOWN))
    names = {one["parameter"]: one["name"][visitor.lang] for one in sight["parameters"]}
    care = [one for one in judged if one["level"] in ("amber", "red")]
    details = [*(say(_advice(one, names, visitor)) for one in care)]
    if care:
        details.append(say(_OPERATION))
    if any(one["certain"] == "exceeding" or one["required_remaining_mean"] is None for one in care):
        return Answer(Mark.SUSPECTED, say(_OVER), details)
    return Answer(Mark.NEAR, say(_CARE), details) if care else Answer(Mark.WITHIN, say(_WELL))


def _advice(one: Shape, names: dict[str, str], visitor: Visitor) -> Both:
    lang = visitor.lang
    said = {
        "parameter": names.get(one["parameter"], one["parameter"]),
        "limit": limit(one["limit"], lang),
        "unit": unit(one["unit"], lang),
    }
    keep = one["required_remaining_mean"]
    if keep is None or one["probability"] is None:
        return _CERTAIN.filled(**said)
    chance = percent(min(0.97, one["probability"]), lang)
    return _KEEP.filled(**said, value=reading(keep, lang), chance=chance)


def to_do(view: View, sight: Shape, visitor: Visitor) -> Answer:
    """What waits for the visitor: alerts to receive, explanations to give, with their deadlines."""
    say = visitor.say
    found = view.alerts(AlertQuery(station=sight["id"]), Paging(None, 100)).items
    waiting = [one for one in found if one["work"] is not None and needs_me(one, visitor)]
    if not waiting:
        return Answer(Mark.WITHIN, say(_NOTHING))
    details: list[h.Node] = []
    for one in waiting[:_LISTED]:
        words = f"{one['parameter'] or ''} {alert_words(one, visitor.lang)}".strip()
        asked = one["work"]["explanation"]
        if asked is not None and asked["deadline"] and asked["answered_at"] is None:
            words = say(_EXPLAIN.filled(when=clock(asked["deadline"], visitor.now), what=words))
        began = clock(one["started_at"], visitor.now)
        details.append([h.a(href=f"/alerts/{one['id']}")[words], f" · {began}"])
    if len(waiting) > _LISTED:
        said = say(_OTHERS.filled(n=len(waiting) - _LISTED))
        details.append(h.a(href="/alerts")[said])
    return Answer(Mark.EARLY, say(_RECEIVE.filled(n=len(waiting))), details)


# --- the month ----------------------------------------------------------------------------------


def _month(view: View, sight: Shape, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    today = midnight(visitor.now)
    begin = today - (at(visitor.now).day - 1) * DAY_SECONDS
    found = view.closed(sight["id"], "day", begin, today) or {}
    rows: list[list[h.Node]] = [
        [one["name"][lang], *map(str, _tally(found[one["parameter"]]))]
        for one in sight["parameters"]
        if found.get(one["parameter"])
    ]
    title = f"{say(_MONTH)}: {sight['plant_name']}"
    return section(
        title,
        table(title, [say(one) for one in _DAYS_COLUMNS], rows, numeric=frozenset(range(1, 6))),
        h.p[h.a(href=f"/stations/{sight['id']}")[say(_MORE)]],
    )


def _tally(days: Sequence[Shape]) -> Iterator[int]:
    marks = [of_finding(one["outcome"], one["reason"], "day") for one in days]
    yield len(days)
    yield marks.count(Mark.WITHIN)
    yield marks.count(Mark.NEAR)
    yield marks.count(Mark.SUSPECTED)
    yield sum(mark in (Mark.UNASSESSED, Mark.NO_LIMIT, Mark.CONTESTED) for mark in marks)


def _severity(one: Shape) -> int:
    return ("critical", "major", "warning", "info").index(one["severity"])


def _responses(view: View, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang

    def median(step: Shape) -> str:
        return "–" if step["median"] is None else lasting(step["median"], lang)

    rows: list[list[h.Node]] = [
        [
            word(SEVERITIES, one["severity"], lang),
            str(one["alerts"]),
            median(one["received"]),
            median(one["explained"]),
        ]
        for one in sorted(view.responses(None, None, None).items, key=_severity)
    ]
    return section(
        say(_RESPONSES),
        table(
            say(_RESPONSES), [say(one) for one in _STEP_COLUMNS], rows, numeric=frozenset({1, 2, 3})
        ),
    )

"""Evidence of quality: what was refused and how to mend it, instruments, clocks, silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asking import Paging
from api.auth import needs
from api.console.both import Both
from api.console.charts.bars import capture_bar
from api.console.frame import document, shown
from api.console.kit import age, badge, empty, section, table, when
from api.console.marks import Mark, of_station
from api.console.stationwords import alert_words
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen, View
from api.words import SEVERITIES, word
from rules.days import DAY_SECONDS, midnight
from rules.roles import Right
from tolich.ports import AlertQuery, Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Chất lượng dữ liệu", "Data quality")
_STATION = Both("Trạm", "Station")
_EVERY = Both("Mọi trạm", "Every station")
_CAPTURE = Both("Thu nhận số liệu ngày hôm qua", "Data capture, yesterday")
_CAPTURE_MONTH = Both("Thu nhận số liệu 30 ngày", "Data capture, 30 days")
_REJECTED = Both("Bản tin bị từ chối", "Refused messages")
_REJECTED_NONE = Both("Không có bản tin nào bị từ chối.", "No message was refused.")
_REJECTED_HINT = Both(
    "Bản tin không đọc được sẽ hiện ở đây kèm cách khắc phục.",
    "What cannot be understood shows here with its remedy.",
)
_REJECTED_COLUMNS = (
    Both("Nhận lúc", "Received"),
    Both("Trạm", "Station"),
    Both("Lý do", "Reason"),
    Both("Cách khắc phục", "Remedy"),
)
_SILENT = Both("Mất tín hiệu", "No signal")
_SILENT_NONE = Both("Mọi trạm đều có tín hiệu.", "Every station reports.")
_INSTRUMENTS = Both("Thiết bị và đồng hồ", "Instruments and clocks")
_INSTRUMENTS_NONE = Both(
    "Không có cảnh báo nào về thiết bị, hiệu chuẩn hay đồng hồ.",
    "No alert about instruments, calibration or clocks.",
)
_INSTRUMENT_COLUMNS = (
    Both("Trạm", "Station"),
    Both("Thông số", "Parameter"),
    Both("Vấn đề", "Matter"),
    Both("Mức", "Severity"),
    Both("Từ", "Since"),
    Both("Đến", "Until"),
)
_CALIBRATED = Both("Hiệu chuẩn và lỗi thiết bị, 30 ngày", "Calibrations and device errors, 30 days")
_CALIBRATED_COLUMNS = (
    Both("Thông số", "Parameter"),
    Both("Khoảng hiệu chuẩn", "Slots calibrating"),
    Both("Khoảng lỗi thiết bị", "Slots in device error"),
    Both("Không đạt kiểm tra", "Failed a check"),
    Both("Ngày không đủ dữ liệu", "Days without enough data"),
)
_SUBJECTS = {
    "fault": Both("lỗi thiết bị kéo dài", "device error for too long"),
    "calibration": Both("hiệu chuẩn quá lâu hoặc quá thường", "calibration too long or too often"),
    "overdue": Both("quá hạn hiệu chuẩn", "calibration overdue"),
    "drift": Both("trôi giữa các lần hiệu chuẩn", "drift between calibrations"),
    "clock": Both("đồng hồ trạm lệch", "the station's clock is off"),
    "rejections": Both("nhiều bản tin bị từ chối", "messages refused again and again"),
    "range": Both("khoảng đo nhỏ hơn 3 lần giới hạn", "range below 3 x the limit"),
}
_MORE = Both("Cũ hơn", "Older")
MONTH = 30 * DAY_SECONDS
_ROWS = 50


@router.get("/quality")
def quality(
    view: Seen,
    visitor: Visiting,
    station: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """All stations of the visitor's scope, or one of them in more detail."""
    say = visitor.say
    sights = view.sights(None if station is None else [station])
    if station is not None and not sights:
        raise absent("station", station)
    page = document(
        visitor,
        TITLE,
        h.h1[say(TITLE) if station is None else f"{say(TITLE)}: {sights[0]['cluster_name']}"],
        h.p[h.a(href="/quality")[say(_EVERY)]] if station else None,
        _calibrated(view, sights[0], visitor) if station else _captured(sights, visitor),
        _silent(sights, visitor),
        _instruments(view, station, visitor),
        _refused(view, station, cursor, visitor),
        simulated=any(sight["simulated"] for sight in sights),
    )
    return shown(page)


def _captured(sights: Sequence[Shape], visitor: Visitor) -> h.Element:
    """Of each station what arrived yesterday, the least first."""
    rows = [(sight, counts) for sight in sights if (counts := _yesterday(sight))["expected"]]
    rows.sort(key=lambda row: row[1]["valid"] / row[1]["expected"])
    return section(
        visitor.say(_CAPTURE),
        h.ul(".captures")[
            (
                h.li[
                    h.a(href=f"/quality?station={sight['id']}")[sight["cluster_name"]],
                    capture_bar(counts, visitor.lang),
                ]
                for sight, counts in rows
            )
        ],
    )


def _yesterday(sight: Shape) -> Counter[str]:
    """The slots of the last closed day of all parameters together."""
    total: Counter[str] = Counter()
    for one in sight["parameters"]:
        if one["day"] is not None:
            total.update(one["day"]["counts"])
    return total


def _calibrated(view: View, sight: Shape, visitor: Visitor) -> h.Node:
    say, lang = visitor.say, visitor.lang
    today = midnight(visitor.now)
    found = view.closed(sight["id"], "day", today - MONTH, today) or {}
    known = [one for one in sight["parameters"] if found.get(one["parameter"])]
    rows: list[list[h.Node]] = []
    bars: list[h.Node] = []
    for one in known:
        days = found[one["parameter"]]
        total: Counter[str] = Counter()
        for each in days:
            total.update(each["counts"])
        lacking = sum(each["outcome"] == "not_assessable" for each in days)
        numbers = (total["calibrating"], total["faulty"], total["failed"], lacking)
        rows.append([one["name"][lang], *map(str, numbers)])
        bars.append(h.li[h.span[one["name"][lang]], capture_bar(total, lang)])
    columns = [say(one) for one in _CALIBRATED_COLUMNS]
    numeric = frozenset(range(1, 5))
    return [
        section(say(_CAPTURE_MONTH), h.ul(".captures")[bars]),
        section(say(_CALIBRATED), table(say(_CALIBRATED), columns, rows, numeric=numeric)),
    ]


def _silent(sights: Sequence[Shape], visitor: Visitor) -> h.Element:
    say = visitor.say
    silent = [sight for sight in sights if of_station(sight) is Mark.NO_SIGNAL]
    if not silent:
        return section(say(_SILENT), h.p(".faint")[say(_SILENT_NONE)])
    return section(
        say(_SILENT),
        h.ul(".plain")[
            (
                h.li[
                    badge(Mark.NO_SIGNAL, say), " ",
                    h.a(href=f"/stations/{sight['id']}")[sight["cluster_name"]], " ",
                    age(sight["last_heard"], visitor),
                ]
                for sight in silent
            )
        ],
    )  # fmt: skip


def _instruments(view: View, station: str | None, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    query = AlertQuery(kind="instrument", station=station)
    found = view.alerts(query, Paging(None, 200)).items
    if not found:
        return section(say(_INSTRUMENTS), h.p(".faint")[say(_INSTRUMENTS_NONE)])
    rows: list[list[h.Node]] = [
        [
            h.a(href=f"/quality?station={one['station']}")[one["station"]],
            one["parameter"] or "–",
            h.a(href=f"/alerts/{one['id']}")[_matter(one, visitor)],
            word(SEVERITIES, one["severity"], lang),
            when(one["started_at"], visitor),
            when(one["ended_at"], visitor),
        ]
        for one in found
    ]
    return section(
        say(_INSTRUMENTS),
        table(say(_INSTRUMENTS), [say(one) for one in _INSTRUMENT_COLUMNS], rows),
    )


def _matter(one: Shape, visitor: Visitor) -> str:
    known = _SUBJECTS.get(one["subject"] or "")
    return visitor.say(known) if known else alert_words(one, visitor.lang)


def _refused(view: View, station: str | None, cursor: str | None, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    page = view.rejected(station, Paging(cursor, _ROWS))
    if not page.items:
        return section(say(_REJECTED), empty(say(_REJECTED_NONE), say(_REJECTED_HINT)))
    rows: list[list[h.Node]] = [
        [
            when(one["received_at"], visitor),
            one["station"] or "–",
            one["detail"],
            one["remedy"][lang],
        ]
        for one in page.items
    ]
    asked = f"station={station}&" if station else ""
    return section(
        say(_REJECTED),
        table(say(_REJECTED), [say(one) for one in _REJECTED_COLUMNS], rows),
        h.p[h.a(href=f"/quality?{asked}cursor={page.next}")[say(_MORE)]] if page.next else None,
    )

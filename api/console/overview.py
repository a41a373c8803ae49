"""The first page of an officer: every plant that he sees, the most pressing first, live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth import needs
from api.console.both import Both, Say
from api.console.charts.bars import ratio_bar
from api.console.charts.spark import spark
from api.console.figures import limit, reading, unit
from api.console.frame import document, shown
from api.console.kit import age, badge, empty
from api.console.live import Fill
from api.console.marks import Mark, of_parameter, of_station
from api.console.visitor import Visiting, Visitor
from api.view import Seen, View
from rules.roles import Right
from tolich.ports import Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

TITLE = Both("Tổng quan", "Overview")
_QUIET = Both(
    "Không có việc gì cần xử lý ngay: {n} trạm đều có số liệu và trong giới hạn.",
    "Nothing needs you now: all {n} stations report and are within their limits.",
)
_SOME = Both("Cần chú ý: {what}.", "Needs attention: {what}.")
_REST = Both("{n} trạm khác trong giới hạn.", "{n} other stations are within their limits.")
_ALL = Both("Tất cả", "All")
_FILTER = Both("Lọc theo trạng thái", "Filter by state")
_WARD = Both("Phường, xã", "Ward")
_EVERY_WARD = Both("Mọi phường, xã", "Every ward")
_SEARCH = Both("Tìm trạm, cụm hoặc phường", "Find a station, cluster or ward")
_MAP = Both("Sơ đồ các cụm theo phường, xã", "Clusters by ward")
_PLANTS = Both("Các trạm, cần chú ý nhất xếp trước", "Stations, the most pressing first")
_NONE = Both("Chưa có trạm nào", "No stations yet")
_NONE_HINT = Both(
    "Khai báo cụm, nhà máy, trạm và giấy phép ở trang Thiết lập; số đo đầu tiên sẽ hiện ở đây.",
    "Register a cluster, plant, station and permit under Setting up; its first reading shows here.",
)
_SET_UP = Both("Bắt đầu thiết lập", "Begin setting up")
_NO_MATCH = Both("Không có trạm nào khớp với bộ lọc.", "No station matches the filter.")
_CALL = Both("Gọi {who}", "Ring {who}")
_HEARD = Both("Nhận", "Heard")
_LIMIT_SHORT = Both("giới hạn {limit}", "limit {limit}")
_ALERTS = Both("{n} cảnh báo", "{n} alerts")

_CALM = frozenset({Mark.WITHIN, Mark.NOT_APPLICABLE})
_SHOWN = 5
"""Parameters on a card; the others are on the station's page."""


@router.get("/")
def overview(
    view: Seen,
    visitor: Visiting,
    state: Annotated[str | None, Query()] = None,
    ward: Annotated[str | None, Query()] = None,
    find: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Every station of the visitor's scope. The filters also work without the script."""
    upto = view.heard(0).upto
    sights = sorted(view.sights(), key=_place)
    page = document(
        visitor,
        TITLE,
        *_content(sights, visitor, state, ward, find),
        simulated=any(sight["simulated"] for sight in sights),
        live=f"/live?page=overview&since={upto}",
    )
    return shown(page)


def _content(
    sights: Sequence[Shape],
    visitor: Visitor,
    state: str | None,
    ward: str | None,
    find: str | None,
) -> Iterable[h.Node]:
    say = visitor.say
    if not sights:
        on = h.p[h.a(".button", href="/setup")[say(_SET_UP)]]
        leads = on if visitor.may(Right.REGISTER) else None
        return [h.h1[say(TITLE)], empty(say(_NONE), say(_NONE_HINT), leads)]
    marks = {sight["id"]: of_station(sight) for sight in sights}
    kept = [sight for sight in sights if _matches(sight, marks[sight["id"]], state, ward, find)]
    return [
        h.h1(".visually-hidden")[say(TITLE)],
        summary(marks, say),
        _schematic(sights, marks, visitor),
        _filters(sights, visitor, state, ward, find),
        counts(marks, say, state),
        h.h2(".visually-hidden")[say(_PLANTS)],
        h.ul("#cards.cards", data_sorted=True)[(card(sight, visitor) for sight in kept)],
        h.p("#nothing.faint", hidden=bool(kept))[say(_NO_MATCH)],
    ]


def _place(sight: Shape) -> tuple[int, float, str]:
    """The most pressing first; of the same state the one nearest to (or furthest over) a limit."""
    return of_station(sight).rank, -_worst_ratio(sight), str(sight["id"])


def _worst_ratio(sight: Shape) -> float:
    hours = [one["hours"][-1]["ratio"] for one in sight["parameters"] if one["hours"]]
    return max((ratio for ratio in hours if ratio is not None), default=0.0)


def _matches(
    sight: Shape, mark: Mark, state: str | None, ward: str | None, find: str | None
) -> bool:
    return (
        state in (None, "", mark.css)
        and ward in (None, "", sight["ward"])
        and (not find or find.casefold() in _words(sight))
    )


def _words(sight: Shape) -> str:
    names = (sight["id"], sight["name"], sight["plant_name"], sight["cluster_name"], sight["ward"])
    return " ".join(names).casefold()


# --- what needs attention -----------------------------------------------------------------------


def summary(marks: Mapping[str, Mark], say: Say) -> h.Element:
    """One sentence that says what needs attention."""
    counted = Counter(marks.values())
    pressing = [mark for mark in Mark if mark not in _CALM and counted[mark]]
    if not pressing:
        said: list[h.Node] = [say(_QUIET.filled(n=len(marks)))]
    else:
        what = ", ".join(f"{counted[mark]} {say(mark.words).lower()}" for mark in pressing)
        calm = sum(counted[mark] for mark in _CALM)
        rest = [" ", say(_REST.filled(n=calm))] if calm else None
        said = [h.strong[say(_SOME.filled(what=what))], rest]
    # A silent station stands first in every list, but does not hide what is suspected elsewhere.
    worst = Mark.SUSPECTED if counted[Mark.SUSPECTED] else [*pressing, Mark.WITHIN][0]
    return h.p("#summary.summary", data_mark=worst.css)[said]


def counts(marks: Mapping[str, Mark], say: Say, chosen: str | None) -> h.Element:
    """How many stations are in each state; each a filter."""
    counted = Counter(marks.values())
    return h.nav("#counts.counts", aria_label=say(_FILTER))[
        _count(say(_ALL), len(marks), "", not chosen),
        (
            _count(say(mark.words), counted[mark], mark.css, chosen == mark.css)
            for mark in Mark
            if counted[mark]
        ),
    ]


def _count(words: str, n: int, css: str, chosen: bool) -> h.Element:
    return h.a(
        href=f"/?state={css}" if css else "/",
        data_filter=css,
        data_mark=css or None,
        aria_current="true" if chosen else None,
    )[h.b[str(n)], " ", words]


def _filters(
    sights: Sequence[Shape], visitor: Visitor, state: str | None, ward: str | None, find: str | None
) -> h.Element:
    say = visitor.say
    wards = sorted({sight["ward"] for sight in sights})
    return h.search[
        h.form(".filters", method="get", action="/", data_filters=True)[
            h.input(type="hidden", name="state", value=state or ""),
            h.input(
                type="search",
                name="find",
                value=find or "",
                placeholder=say(_SEARCH),
                aria_label=say(_SEARCH),
                autocomplete="off",
            ),
            h.select(name="ward", aria_label=say(_WARD))[
                h.option(value="")[say(_EVERY_WARD)],
                (h.option(value=one, selected=one == ward)[one] for one in wards),
            ],
        ]
    ]


def _schematic(sights: Sequence[Shape], marks: Mapping[str, Mark], visitor: Visitor) -> h.Element:
    """Every cluster as a tile under its ward: all of the city at one look, without a map."""
    by_ward: dict[str, list[Shape]] = {}
    for sight in sorted(sights, key=lambda one: (one["ward"], one["cluster_name"], one["id"])):
        by_ward.setdefault(sight["ward"], []).append(sight)
    return h.section(".schematic", aria_label=visitor.say(_MAP))[
        (
            h.div(".ward")[
                h.p(".faint")[ward],
                h.ul[(h.li[tile(one, marks[one["id"]], visitor.say)] for one in group)],
            ]
            for ward, group in by_ward.items()
        )
    ]


def tile(sight: Shape, mark: Mark, say: Say) -> h.Element:
    """One station in the schematic."""
    return h.a(
        ".tile",
        id=f"tile-{sight['id']}",
        href=f"/stations/{sight['id']}",
        data_mark=mark.css,
        title=f"{sight['cluster_name']}: {say(mark.words)}",
    )[
        h.span(".sign", aria_hidden="true")[mark.sign],
        h.span(".visually-hidden")[f"{sight['cluster_name']}: {say(mark.words)}"],
        h.span(aria_hidden="true")[sight["id"]],
    ]


# --- the card of a station ----------------------------------------------------------------------


def card(sight: Shape, visitor: Visitor) -> h.Element:
    """A station at a glance."""
    say, mark = visitor.say, of_station(sight)
    return h.li(
        ".card",
        id=f"card-{sight['id']}",
        data_mark=mark.css,
        data_rank=f"{mark.rank:02d}-{999 - min(999, round(100 * _worst_ratio(sight))):03d}",
        data_ward=sight["ward"],
        data_words=_words(sight),
    )[
        h.header[
            h.h3[h.a(href=f"/stations/{sight['id']}")[sight["cluster_name"]]],
            badge(mark, say),
        ],
        h.p(".faint")[f"{sight['name']} · {sight['ward']}"],
        h.ul(".measured")[(_line(one, sight, visitor) for one in _chosen(sight))],
        h.footer[
            h.span[say(_HEARD), " ", age(sight["last_heard"], visitor, 2 * sight["interval"])],
            _active(sight, say),
            (_phone(one, say) for one in sight["contacts"][:1]),
        ],
    ]


def _chosen(sight: Shape) -> list[Shape]:
    """The parameters of a card: those in trouble and those with a limit come first."""

    def place(one: Shape) -> tuple[bool, int]:
        return one["limit"] is None, of_parameter(one, sight).rank

    return sorted(sight["parameters"], key=place)[:_SHOWN]


def _line(one: Shape, sight: Shape, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    mark = of_parameter(one, sight)
    name = one["name"][lang] if len(one["name"][lang]) <= 12 else one["parameter"]
    bound = limit(one["limit"], lang)
    return h.li(data_mark=mark.css)[
        h.span(".name", title=one["name"][lang])[name],
        h.span(".value")[
            h.b[reading(one["value"], lang)], " ", h.span(".faint")[unit(one["unit"], lang)]
        ],
        ratio_bar(one, say(_LIMIT_SHORT.filled(limit=bound)) if one["limit"] else None, lang),
        spark(one["hours"], one["limit"]),
        h.span(".sign", title=say(mark.words), role="img", aria_label=say(mark.words))[mark.sign],
    ]


def _active(sight: Shape, say: Say) -> h.Node:
    if not sight["active_alerts"]:
        return None
    words = _ALERTS.filled(n=sight["active_alerts"])
    return h.a(href=f"/alerts?station={sight['id']}")[say(words)]


def _phone(one: Shape, say: Say) -> h.Element:
    number_only = "".join(sign for sign in one["phone"] if sign.isdigit() or sign == "+")
    return h.a(".phone", href=f"tel:{number_only}", title=say(_CALL.filled(who=one["name"])))[
        "☎ ", one["phone"]
    ]


# --- live ---------------------------------------------------------------------------------------


class OverviewSight:
    """The overview of one scope in one language, kept up to date for everybody who looks."""

    def __init__(self, view: View, visitor: Callable[[], Visitor], seq: int) -> None:
        self._view = view
        self._visitor = visitor
        self._message = view.heard(0).upto
        self._seq = seq
        self._marks = {sight["id"]: of_station(sight) for sight in view.sights()}

    def changed(self) -> tuple[Sequence[Fill], Collection[str]]:
        """The cards that something came for, or whose alerts changed, and the counts."""
        heard = self._view.heard(self._message)
        news = self._view.transitions(self._seq, 500).items
        self._message = heard.upto
        self._seq = news[-1]["seq"] if news else self._seq
        stations = heard.stations | {one["station"] for one in news}
        return (self._fills(stations) if stations else ()), stations

    def since(self, message: int) -> Sequence[Fill]:
        """The cards of stations that sent something after a message."""
        return self._fills(self._view.heard(message).stations)

    def _fills(self, stations: Collection[str]) -> list[Fill]:
        sights = self._view.sights(stations)
        visitor = self._visitor()
        say = visitor.say
        fills: list[Fill] = []
        for sight in sights:
            mark = self._marks[sight["id"]] = of_station(sight)
            fills.append(Fill(f"card-{sight['id']}", str(card(sight, visitor))))
            fills.append(Fill(f"tile-{sight['id']}", str(tile(sight, mark, say))))
        fills.append(Fill("summary", str(summary(self._marks, say))))
        fills.append(Fill("counts", str(counts(self._marks, say, None))))
        return fills

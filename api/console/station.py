"""The page of a station: what it measures, how it is judged, by which permit, and how it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import htpy as h
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.asking import Paging
from api.auth import needs
from api.console import stationwords as words
from api.console.charts.bars import capture_bar, ratio_bar
from api.console.charts.series import picture
from api.console.charts.spark import spark
from api.console.charts.strip import by_day, strip
from api.console.course import SPANS, Span, course_of, span_of
from api.console.figures import day, lasting, limit, number, percent, reading, unit
from api.console.frame import document, fragment, shown
from api.console.kit import age, badge, facts, section, table, when
from api.console.marks import of_finding, of_parameter, of_station
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen, View
from api.words import VERIFICATION, word
from rules.days import DAY_SECONDS, local_date, midnight
from rules.roles import Right
from tolich.ports import Shape

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

ALL = Paging(None, 1000)
YEAR = 366 * DAY_SECONDS
MONTH = 30 * DAY_SECONDS


@router.get("/stations/{id}")
def station(
    view: Seen,
    visitor: Visiting,
    id: str,  # noqa: A002 - as in the API
    parameter: Annotated[str | None, Query(max_length=64)] = None,
    span: Annotated[str | None, Query(max_length=8)] = None,
    begin: Annotated[int | None, Query(alias="from", ge=0)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0)] = None,
) -> Response:
    """A station as a whole, with the course of one parameter over a stretch of time."""
    upto = view.heard(0).upto
    sight = _sight(view, id)
    chosen = _chosen(sight, parameter)
    stretch = span_of(span, begin, end, visitor.now)
    page = document(
        visitor,
        words.TITLE.filled(name=sight["cluster_name"]),
        _head(sight, visitor),
        cards(view, sight, chosen["parameter"], visitor),
        _course(view, sight, chosen, stretch, visitor),
        _year(view, sight, visitor),
        _permit(view, sight, visitor),
        _arrival(view, sight, visitor),
        simulated=sight["simulated"],
        live=f"/live?page=station&since={upto}",
    )
    return shown(page)


@router.get("/stations/{id}/cards")
def station_cards(
    view: Seen,
    visitor: Visiting,
    id: str,  # noqa: A002
    parameter: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The cards alone, for a page that is open while readings come in."""
    sight = _sight(view, id)
    return fragment(cards(view, sight, _chosen(sight, parameter)["parameter"], visitor))


@router.get("/stations/{id}/head")
def station_head(view: Seen, visitor: Visiting, id: str) -> Response:  # noqa: A002
    """The head alone: state, last message, alerts."""
    return fragment(_head(_sight(view, id), visitor))


@router.get("/stations/{id}/course")
def station_course(
    view: Seen,
    visitor: Visiting,
    id: str,  # noqa: A002
    parameter: Annotated[str | None, Query(max_length=64)] = None,
    span: Annotated[str | None, Query(max_length=8)] = None,
) -> Response:
    """The picture alone, of a stretch that ends now."""
    sight = _sight(view, id)
    stretch = span_of(span, None, None, visitor.now)
    return fragment(_course(view, sight, _chosen(sight, parameter), stretch, visitor))


def _sight(view: View, name: str) -> Shape:
    found = view.sights([name])
    if not found:
        raise absent("station", name)
    return found[0]


def _chosen(sight: Shape, parameter: str | None) -> Shape:
    """The parameter of the picture: the one asked for, else the one that needs a look first."""
    known: dict[str, Shape] = {one["parameter"]: one for one in sight["parameters"]}
    if parameter in known:
        return known[parameter]
    return min(
        known.values(), key=lambda one: (one["limit"] is None, of_parameter(one, sight).rank)
    )


# --- the head -----------------------------------------------------------------------------------


def _head(sight: Shape, visitor: Visitor) -> h.Element:
    say, name = visitor.say, sight["id"]
    heard = age(sight["last_heard"], visitor, 2 * sight["interval"])
    return h.section(
        "#head.head", data_part=f"/stations/{name}/head", data_station=name
    )[
        h.div(".row")[h.h1[sight["cluster_name"]], badge(of_station(sight), say)],
        h.p(".faint")[f"{sight['plant_name']} · {sight['name']} ({name}) · {sight['ward']}"],
        facts(
            [
                (say(words.HEARD), heard),
                (say(words.INTERVAL), lasting(sight["interval"], visitor.lang)),
                (say(words.CAPACITY), f"{number(sight['capacity'], visitor.lang)} m³/"
                    + say(words.PER_DAY)),
                (say(words.CONTACTS), _contacts(sight["contacts"])),
            ]
        ),
        h.ul(".alerts")[(_alert(one, visitor) for one in _pressing(sight["alerts"]))],
    ]  # fmt: skip


def _contacts(contacts: Sequence[Shape]) -> h.Node:
    if not contacts:
        return "–"
    return h.span[
        (
            h.a(".phone", href=f"tel:{one['phone'].replace(' ', '')}")[
                f"☎ {one['phone']} ({one['name']}, {one['role']})"
            ]
            for one in contacts
        )
    ]


def _pressing(alerts: Iterable[Shape]) -> list[Shape]:
    order = ("critical", "major", "warning", "info")
    return sorted(alerts, key=lambda one: (order.index(one["severity"]), one["started_at"]))


def _alert(one: Shape, visitor: Visitor) -> h.Element:
    mark = words.mark_of_alert(one)
    what = f" · {one['parameter']}" if one["parameter"] else ""
    return h.li(data_mark=mark.css)[
        h.a(href=f"/alerts/{one['id']}")[
            h.span(".sign", aria_hidden="true")[mark.sign],
            f" {words.alert_words(one, visitor.lang)}{what}",
        ],
        " ",
        h.span(".faint")[visitor.say(words.SINCE), " ", when(one["started_at"], visitor)],
    ]


# --- cards --------------------------------------------------------------------------------------


def cards(view: View, sight: Shape, chosen: str, visitor: Visitor) -> h.Element:
    """One card a parameter, with how the day is likely to end."""
    name = sight["id"]
    ahead = view.outlook(name, None)
    by_parameter = {one["parameter"]: one for one in (ahead.items if ahead else [])}
    return h.ul(
        "#parameters.parameters",
        data_part=f"/stations/{name}/cards?parameter={chosen}",
        data_station=name,
    )[
        (
            _card(one, sight, by_parameter.get(one["parameter"]), chosen, visitor)
            for one in sight["parameters"]
        )
    ]


def _card(
    one: Shape, sight: Shape, ahead: Shape | None, chosen: str, visitor: Visitor
) -> h.Element:
    say, lang = visitor.say, visitor.lang
    mark = of_parameter(one, sight)
    bound = f"{limit(one['limit'], lang)} {unit(one['unit'], lang)}"
    said = say(words.LIMIT.filled(limit=bound)) if one["limit"] else say(words.NO_LIMIT)
    return h.li(".parameter", data_mark=mark.css)[
        h.header[
            h.h3[
                h.a(
                    href=f"/stations/{sight['id']}?parameter={one['parameter']}#course",
                    aria_current="true" if one["parameter"] == chosen else None,
                )[one["name"][lang]]
            ],
            badge(mark, say),
        ],
        h.p(".big")[
            h.b[reading(one["value"], lang)], " ", h.span[unit(one["unit"], lang)],
            age(one["observed_at"], visitor, 2 * sight["interval"]),
        ],
        ratio_bar(one, said, lang) if one["limit"] else h.span(".faint")[said],
        spark(one["hours"], one["limit"]),
        _today(ahead, visitor) if ahead else None,
    ]  # fmt: skip


def _today(ahead: Shape, visitor: Visitor) -> h.Element:
    """Today's mean so far and how it may end; for operation only."""
    say, lang = visitor.say, visitor.lang
    name = unit(ahead["unit"], lang)
    rows = [(say(words.MEAN_SO_FAR), f"{reading(ahead['mean_so_far'], lang)} {name}")]
    if ahead["probability"] is not None:
        rows.append((say(words.PROBABILITY), _probability(ahead["probability"], lang)))
    if ahead["required_remaining_mean"] is not None:
        rows.append(
            (say(words.REMAINING), f"≤ {reading(ahead['required_remaining_mean'], lang)} {name}")
        )
    return h.div(".today", data_level=ahead["level"])[
        h.dl[(h.div[h.dt[term], h.dd[said]] for term, said in rows)],
        h.p(".faint")[say(words.OPERATION_ONLY)],
    ]


def _probability(share: float, lang: str) -> str:
    """A probability from some past days: never quite none, never quite sure."""
    shown = min(0.97, max(0.03, share))
    sign = "<" if share < 0.03 else ">" if share > 0.97 else ""
    return f"{sign} {percent(shown, 'vi' if lang == 'vi' else 'en')}".strip()


# --- the course ---------------------------------------------------------------------------------


def _course(view: View, sight: Shape, chosen: Shape, stretch: Span, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    parameter, name = chosen["parameter"], sight["id"]
    course, rows = course_of(view, sight, chosen, stretch, visitor)
    title = f"{chosen['name'][lang]} ({unit(chosen['unit'], lang) or 'pH'}), {say(stretch.words)}"
    part = f"/stations/{name}/course?parameter={parameter}&span={stretch.name}"
    return h.section(
        "#course.part",
        data_part=part if stretch.moves else None,
        data_station=name if stretch.moves else None,
    )[
        h.div(".row.between")[
            h.h2[title],
            h.nav(".spans", aria_label=say(words.SPAN))[
                (
                    h.a(
                        href=f"/stations/{name}?parameter={parameter}&span={one.name}#course",
                        aria_current="true" if one.name == stretch.name else None,
                    )[say(one.words)]
                    for one in SPANS
                )
            ],
        ],
        picture(course, title, lang),
        _legend(visitor),
        h.details(".figures")[
            h.summary[say(words.TABLE)],
            table(
                title,
                [say(one) for one in words.COLUMNS],
                [_row(one, visitor) for one in reversed(rows)],
                numeric=frozenset({2, 3, 4}),
            ),
        ],
    ]


def _row(one: Shape, visitor: Visitor) -> list[h.Node]:
    lang = visitor.lang
    mark = of_finding(one["outcome"], one["reason"], one["period"])
    counts = one["counts"]
    return [
        h.a(href=f"/findings/{one['id']}")[when(one["start"], visitor)],
        badge(mark, visitor.say),
        reading(one["mean"], lang),
        limit(one["limit"], lang),
        f"{counts['valid']}/{counts['expected']}",
    ]


def _legend(visitor: Visitor) -> h.Element:
    return h.ul(".legend")[
        (h.li(class_=css)[visitor.say(said)] for css, said in words.LEGEND.items())
    ]


# --- the year, the permit, the arrival ----------------------------------------------------------


def _year(view: View, sight: Shape, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    today = midnight(visitor.now)
    found = view.closed(sight["id"], "day", today - YEAR, today) or {}
    limited = [one for one in sight["parameters"] if found.get(one["parameter"])]
    return section(
        say(words.YEAR),
        h.div(".years")[
            (
                h.div(".year")[
                    h.h3[one["name"][lang]],
                    strip(
                        by_day(found[one["parameter"]]),
                        local_date(visitor.now),
                        f"{one['name'][lang]}: {say(words.YEAR)}",
                        say,
                    ),
                    h.p(".faint")[_shares(found[one["parameter"]], visitor)],
                ]
                for one in limited
            )
        ],
        h.p(".faint")[say(words.YEAR_NONE)] if not limited else None,
    )


def _shares(days: Sequence[Shape], visitor: Visitor) -> str:
    """How many days were how, of the days that were owed."""
    counted: dict[str, int] = {}
    for one in days:
        said = visitor.say(of_finding(one["outcome"], one["reason"], "day").words)
        counted[said] = counted.get(said, 0) + 1
    owed = visitor.say(words.OWED.filled(n=len(days)))
    return f"{owed}: " + " · ".join(f"{n} {said.lower()}" for said, n in counted.items())


def _permit(view: View, sight: Shape, visitor: Visitor) -> h.Element:
    say, today = visitor.say, local_date(visitor.now).isoformat()
    binding = [
        one
        for one in view.permits(ALL).items
        if one["plant"] == sight["plant"]
        and one["from"] <= today
        and (one["until"] is None or today <= one["until"])
    ]
    if not binding:
        return section(say(words.PERMIT), h.p[say(words.NO_PERMIT)])
    return section(say(words.PERMIT), *_paper(binding[0], sight["parameters"], visitor))


def _paper(permit: Shape, measured: Sequence[Shape], visitor: Visitor) -> Iterator[h.Node]:
    say, lang = visitor.say, visitor.lang
    yield facts(
        [
            (say(words.DOCUMENT), f"{permit['document']} {permit['number']}"),
            (say(words.DATED), day(f"{permit['date']}T00:00:00+07:00")),
            (say(words.PAGE), permit["page"]),
            (say(words.IN_FORCE), day(f"{permit['from']}T00:00:00+07:00")),
            (say(words.COMPLETENESS), percent(permit["completeness"], lang)),
        ]
    )
    rows: list[list[h.Node]] = []
    for one in measured:
        bound = permit["limits"].get(one["parameter"])
        if bound is None:
            continue
        rows.append(
            [
                one["name"][lang],
                f"{limit(bound, lang)} {unit(bound['unit'], lang)}",
                word(VERIFICATION, bound["verification"], lang),
                h.ol(".trace")[(h.li[step] for step in bound["trace"])],
            ]
        )
    yield table(say(words.PERMIT), [say(one) for one in words.LIMIT_COLUMNS], rows)


def _arrival(view: View, sight: Shape, visitor: Visitor) -> h.Element:
    """Did the data arrive, was it understood, and was it passed on."""
    say, lang, name = visitor.say, visitor.lang, sight["id"]
    today = midnight(visitor.now)
    found = view.closed(name, "day", today - MONTH, today) or {}
    rejected = view.rejected(name, Paging(None, 5)).items
    sent = view.forwarding(name, None, Paging(None, 20)).items
    return section(
        say(words.ARRIVAL),
        h.h3[say(words.CAPTURE)],
        h.ul(".captures")[
            (
                h.li[h.span[one["name"][lang]], capture_bar(_sum(found[one["parameter"]]), lang)]
                for one in sight["parameters"]
                if found.get(one["parameter"])
            )
        ],
        h.h3[say(words.FORWARDED)],
        _forwarded(sent, visitor),
        h.h3[say(words.REJECTED)],
        _rejected(rejected, name, visitor),
    )


def _sum(days: Sequence[Shape]) -> Mapping[str, int]:
    total: dict[str, int] = {}
    for one in days:
        for name, n in one["counts"].items():
            total[name] = total.get(name, 0) + n
    return total


def _forwarded(sent: Sequence[Shape], visitor: Visitor) -> h.Element:
    say = visitor.say
    if not sent:
        return h.p(".faint")[say(words.NOT_FORWARDED)]
    return table(
        say(words.FORWARDED),
        [say(one) for one in words.FORWARD_COLUMNS],
        [
            [
                one["destination"],
                when(one["newest_sent"], visitor),
                say(words.FORWARD_STATES[one["state"]]),
            ]
            for one in sent
        ],
    )


def _rejected(rejected: Sequence[Shape], name: str, visitor: Visitor) -> h.Element:
    say, lang = visitor.say, visitor.lang
    if not rejected:
        return h.p(".faint")[say(words.NONE_REJECTED)]
    return h.div[
        table(
            say(words.REJECTED),
            [say(one) for one in words.REJECT_COLUMNS],
            [[when(r["received_at"], visitor), r["detail"], r["remedy"][lang]] for r in rejected],
        ),
        h.p[h.a(href=f"/quality?station={name}")[say(words.MORE_REJECTED)]],
        h.p[h.a(href=f"/stations/{name}/commission")[say(words.COMMISSION)]],
    ]

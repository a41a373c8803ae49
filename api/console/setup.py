"""Setting up: the register as a tree, and each entry with its history and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import htpy as h
from fastapi import APIRouter, Form, Query
from starlette.responses import RedirectResponse, Response

from api.auth import Asking, needs
from api.console import setupwords as words
from api.console.differing import differences, label, shown
from api.console.entering import address, form_of, steps, translated
from api.console.figures import clock, day, number
from api.console.forms import Around
from api.console.frame import document
from api.console.frame import shown as answered
from api.console.kit import empty, facts, field, notice, section, table
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.register import Registers
from rules.model import Refused
from rules.register import KINDS
from rules.roles import Right
from tolich.ports import NotDurable
from tolich.registering import Entry, Registering

router = APIRouter(include_in_schema=False, dependencies=[needs(Right.REGISTER)])

DONE = {"entered": words.ENTERED, "undone": words.UNDONE}


@router.get("/setup")
def setup(
    registering: Registers,
    visitor: Visiting,
    find: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """The register as a tree, or those of its clusters in which something is found."""
    say, standing = visitor.say, registering.entries()
    around = Around(standing, registering.law())
    add = h.a(".button", href=form_of("clusters"))[say(words.NEW["clusters"])]
    sheet = h.a(href="/setup/sheet")[say(words.BY_SHEET)]
    if not standing:
        content: h.Node = empty(say(words.EMPTY), say(words.EMPTY_HINT), h.p[add, " ", sheet])
    else:
        trees = [_cluster(one, around, visitor) for one in _found(find, around)]
        nothing = None if trees else h.p(".faint")[say(words.NO_MATCH)]
        sending = h.a(href="/setup/first")[say(words.NEXT_STATION)]
        heads = h.div(".row.between")[add, sheet, sending, _search(find, visitor)]
        content = [heads, nothing, trees]
    page = document(
        visitor,
        words.TITLE,
        h.h1[say(words.TITLE)],
        h.p[say(words.LEAD)],
        content,
        simulated=any((one.body or {}).get("simulated") for one in standing),
    )
    return answered(page)


@router.get("/setup/entries/{kind}/{id}")
def entry(
    registering: Registers,
    visitor: Visiting,
    kind: str,
    id: str,  # noqa: A002
    done: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """One entry: what it says, what comes next, who changed it, and the way back."""
    said = notice("good", visitor.say(DONE[done])) if done in DONE else None
    return answered(_page(registering, visitor, kind, id, said, leading=done == "entered"))


@router.post("/setup/entries/{kind}/{id}/undo")
def undo(
    registering: Registers,
    caller: Asking,
    visitor: Visiting,
    kind: str,
    id: str,  # noqa: A002
    why: Annotated[str, Form(max_length=500)] = "",
    seen: Annotated[int | None, Form(ge=0, le=2**63 - 1)] = None,
) -> Response:
    """Brings back what was before the newest row, or says what depends on the entry as it is."""
    say = visitor.say
    try:
        registering.undo(kind, id, caller.name, why, seen)
    except Refused as refused:
        lines = translated(refused.problems, visitor)
        said = notice("bad", h.p[say(words.UNDO_REFUSED)], h.ul[(h.li[one] for one in lines)])
        return answered(_page(registering, visitor, kind, id, said), 422)
    except NotDurable:
        said = notice("bad", say(words.AGAIN))
        return answered(_page(registering, visitor, kind, id, said), 503)
    return RedirectResponse(f"{address(kind, id)}?done=undone", 303)


# --- the tree -----------------------------------------------------------------------------------


def _search(find: str, visitor: Visitor) -> h.Element:
    said = visitor.say(words.FIND)
    control = h.input(type="search", name="find", value=find, placeholder=said, aria_label=said)
    return h.search[h.form(".filters", method="get", action="/setup")[control]]


def _found(find: str, around: Around) -> list[Entry]:
    """The clusters that are, or hold, something with these words in its id or name."""
    wanted = find.strip().casefold()
    return [
        one
        for one in around.of("clusters")
        if any(wanted in _named(each).casefold() for each in _held(one, around))
    ]


def _held(cluster: Entry, around: Around) -> Iterator[Entry]:
    yield cluster
    plants = [one for one in around.of("plants") if _in(one, "cluster", cluster.id)]
    yield from plants
    for kind in ("stations", "permits"):
        for one in around.of(kind):
            if any(_in(one, "plant", plant.id) for plant in plants):
                yield one


def _named(of: Entry) -> str:
    body = of.body or {}
    return " ".join(str(body.get(key, "")) for key in ("name", "number", "ward")) + f" {of.id}"


def _cluster(of: Entry, around: Around, visitor: Visitor) -> h.Element:
    say, body = visitor.say, of.body or {}
    plants = [one for one in around.of("plants") if _in(one, "cluster", of.id)]
    return h.section(".part.tree")[
        h.div(".row.between")[
            h.h2[_link(of), " ", h.span(".faint")[_places(body)]],
            _add("plants", of.id, visitor),
        ],
        h.ul(".branches")[(_plant(one, around, visitor) for one in plants)]
        if plants
        else h.p(".faint")[say(words.NO_PLANT)],
    ]


def _places(body: Mapping[str, Any]) -> str:
    return " · ".join(str(body[key]) for key in ("ward", "investor") if body.get(key))


def _plant(of: Entry, around: Around, visitor: Visitor) -> h.Element:
    say, body = visitor.say, of.body or {}
    capacity = number(float(body.get("capacity") or 0), visitor.lang)
    stations = [one for one in around.of("stations") if _in(one, "plant", of.id)]
    permits = [one for one in around.of("permits") if _in(one, "plant", of.id)]
    return h.li[
        h.div(".row.between")[
            h.h3[
                _link(of), " ", h.span(".faint")[say(words.CAPACITY_SHORT.filled(n=capacity))]
            ],
            h.span(".row")[_add("stations", of.id, visitor), _add("permits", of.id, visitor)],
        ],
        h.ul(".branches")[
            (_leaf(one, _station_words(one.body or {}, visitor)) for one in stations),
            None if stations else h.li(".faint")[say(words.NO_STATION)],
            (_leaf(one, _permit_words(one.body or {}, visitor)) for one in permits),
            None if permits else h.li(".faint")[say(words.NO_PERMIT)],
        ],
    ]  # fmt: skip


def _in(one: Entry, key: str, of: str) -> bool:
    return (one.body or {}).get(key) == of


def _link(of: Entry) -> h.Element:
    name = (of.body or {}).get("name") or (of.body or {}).get("number") or of.id
    return h.a(href=address(of.kind, of.id))[f"{name} ({of.id})"]


def _leaf(of: Entry, said: str) -> h.Element:
    return h.li[_link(of), " ", h.span(".faint")[said]]


def _add(kind: str, of: str, visitor: Visitor) -> h.Element:
    return h.a(".add", href=form_of(kind, of=of))["+ ", visitor.say(words.NEW[kind])]


def _station_words(body: Mapping[str, Any], visitor: Visitor) -> str:
    interval = body.get("interval")
    seconds = interval[-1].get("seconds") if isinstance(interval, list) else interval
    what = ", ".join(body.get("series") or {})
    return " · ".join(
        [
            visitor.say(words.KINDS["stations"]),
            visitor.say(words.MEASURES.filled(what=what, seconds=seconds)),
            *_days(body, visitor),
        ]
    )


def _permit_words(body: Mapping[str, Any], visitor: Visitor) -> str:
    named = (body.get("regulation") or {}).get("id")
    limited = ", ".join(body.get("limits") or {})
    parts = [str(body.get("document", "")), *_days(body, visitor), limited, str(named or "")]
    return " · ".join(part for part in parts if part)


def _days(body: Mapping[str, Any], visitor: Visitor) -> Iterator[str]:
    for key, said in (("from", words.FROM_DAY), ("until", words.TO_DAY)):
        if body.get(key):
            yield visitor.say(said.filled(day=day(str(body[key]))))


# --- one entry ----------------------------------------------------------------------------------


def _page(
    registering: Registering, visitor: Visitor, kind: str, name: str, said: h.Node, *,
    leading: bool = False,
) -> h.Element:  # fmt: skip
    rows = registering.history(kind, name) if kind in KINDS else ()
    if not rows:
        raise absent("entry", name)
    say, newest = visitor.say, rows[0]
    title = words.ENTRY.filled(kind=words.KINDS[kind], id=name)
    return document(
        visitor,
        title,
        steps(kind, visitor),
        h.div(".row.between")[h.h1[say(title)], h.a(href="/setup")[say(words.BACK)]],
        said,
        _next(newest, Around(registering.entries(), registering.law()), visitor, leading),
        _standing(newest, visitor),
        _history(rows, visitor),
        _undo(rows, visitor),
    )


def _standing(newest: Entry, visitor: Visitor) -> h.Element:
    say = visitor.say
    if newest.body is None:
        return section(say(words.STANDS), h.p[say(words.GONE)])
    plain = {key: part for key, part in newest.body.items() if key not in _TABLES}
    pairs = [
        (label(one.path, visitor), shown(one.after, visitor, one.path))
        for one in differences(None, plain)
    ]
    change = h.a(".button", href=form_of(newest.kind, id=newest.id))[say(words.CHANGE)]
    tables = [
        _parameters(key, newest.body[key], visitor) for key in _TABLES if newest.body.get(key)
    ]
    return section(say(words.STANDS), facts(pairs), tables, h.p(".no-print.after")[change])


_TABLES = {
    "series": (words.SERIES, {"low": words.LOW, "high": words.HIGH, "interval": words.INTERVAL}),
    "limits": (
        words.LIMITS,
        {"min": words.MIN, "max": words.MAX, "unit": words.UNIT, "page": words.PAGE},
    ),
}


def _parameters(key: str, of: Mapping[str, Any], visitor: Visitor) -> h.Node:
    """What is measured, or limited: a row a parameter; what has no column stands in the last."""
    say, (title, columns) = visitor.say, _TABLES[key]
    rows: list[list[h.Node]] = []
    for parameter, one in of.items():
        others = {name: part for name, part in (one or {}).items() if name not in columns}
        more = ", ".join(
            f"{each.path} {shown(each.after, visitor)}" for each in differences(None, others)
        )
        cells = [shown((one or {}).get(name), visitor) for name in columns]
        rows.append([h.b[parameter], *cells, more])
    heads = [say(words.PARAMETER), *(say(said) for said in columns.values()), say(words.MORE)]
    return [h.h3(".after")[say(title)], table(say(title), heads, rows)]


def _next(newest: Entry, around: Around, visitor: Visitor, leading: bool) -> h.Node:
    """What a register that is being filled needs next; `leading`: this was just entered."""
    say = visitor.say
    if newest.body is None:
        return None
    for kind, of in _lacking(newest, around):
        return h.p(".next")[
            h.b[say(words.NEXT), ": "],
            h.a(".button", href=form_of(kind, of=of))[say(words.NEW[kind])],
        ]
    station = _station_of(newest, around)
    if station is None or not leading:
        return None
    return h.p(".next")[
        h.b[say(words.NEXT), ": "],
        h.a(".button", href=f"/setup/first?station={quote(station)}")[say(words.NEXT_STATION)],
        h.span(".hint")[" ", say(words.NEXT_STATION_HINT)],
    ]


def _station_of(newest: Entry, around: Around) -> str | None:
    """The station whose readings the entry is about."""
    if newest.kind == "stations":
        return newest.id
    plant = str((newest.body or {}).get("plant"))
    of = (one.id for one in around.of("stations") if _in(one, "plant", plant))
    return next(of, None) if newest.kind == "permits" else None


def _lacking(newest: Entry, around: Around) -> Iterator[tuple[str, str]]:
    """Kinds of entries that this one still needs, each with what it would be of."""
    body = newest.body or {}
    if newest.kind == "clusters":
        if not any(_in(one, "cluster", newest.id) for one in around.of("plants")):
            yield "plants", newest.id
        return
    plant = newest.id if newest.kind == "plants" else str(body.get("plant"))
    for kind in ("stations", "permits"):
        if not any(_in(one, "plant", plant) for one in around.of(kind)):
            yield kind, plant


def _history(rows: Sequence[Entry], visitor: Visitor) -> h.Element:
    say = visitor.say
    earlier = [*(row.body for row in rows[1:]), None]
    lines = [
        [
            clock(row.entered_at), row.by, row.document,
            _changed(before, row.body, visitor, first=row is rows[-1]),
        ]
        for row, before in zip(rows, earlier, strict=True)
    ]  # fmt: skip
    heads = [say(one) for one in words.HISTORY_COLUMNS]
    return section(say(words.HISTORY), table(say(words.HISTORY), heads, lines))


def _changed(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    visitor: Visitor,
    *,
    first: bool,
) -> h.Node:
    if first or after is None:
        return visitor.say(words.FIRST_ROW if first else words.TAKEN_OUT)
    return h.ul(".plain")[
        (
            h.li[
                f"{label(one.path, visitor)}: {shown(one.before, visitor, one.path)} → ",
                h.b[shown(one.after, visitor, one.path)],
            ]
            for one in differences(before, after)
        )
    ]


def _undo(rows: Sequence[Entry], visitor: Visitor) -> h.Element:
    say, newest = visitor.say, rows[0]
    name = words.UNDO if len(rows) > 1 else words.UNDO_NEW
    return h.section(".part.acts.no-print")[
        h.details(".act.calm", id="undo")[
            h.summary[say(name)],
            h.form(".stack", method="post", action=f"{address(newest.kind, newest.id)}/undo")[
                h.p(".hint")[say(words.UNDO_HINT)],
                h.p(".hint")[say(words.OLD_DAYS)],
                h.input(type="hidden", name="seen", value=str(newest.number)),
                field(say(words.WHY), h.input(name="why", required=True, maxlength="500")),
                h.button(".button", type="submit")[say(name)],
            ],
        ]
    ]

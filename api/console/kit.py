"""Small parts that pages are built of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import htpy as h

from api.console.both import Both, Say
from api.console.figures import ago, at, clock
from api.console.marks import Mark
from api.console.visitor import Visitor

_WRONG = Both("Chưa lưu được: xem các mục dưới đây.", "Not saved: see below.")


def badge(mark: Mark, say: Say) -> h.Element:
    """A state: its sign, its words, its colour."""
    return h.span(".badge", data_mark=mark.css)[
        h.span(".sign", aria_hidden="true")[mark.sign], say(mark.words)
    ]


def when(stamp: str | None, visitor: Visitor) -> h.Node:
    """A moment, as time and date."""
    if stamp is None:
        return "–"
    return h.time(datetime=stamp)[clock(stamp, visitor.now)]


def age(stamp: str | None, visitor: Visitor, stale: float | None = None) -> h.Node:
    """How long ago, kept up to date by the page; amber from `stale` seconds on."""
    if stamp is None:
        return h.span(".age")["–"]
    old = stale is not None and visitor.now - at(stamp).timestamp() > stale
    return h.time(
        ".age",
        datetime=stamp,
        title=clock(stamp),
        data_age=True,
        data_stale=None if stale is None else str(int(stale)),
        class_="age stale" if old else "age",
    )[ago(stamp, visitor.now, visitor.lang)]


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[h.Node]],
    *,
    numeric: frozenset[int] = frozenset(),
    hidden_caption: bool = True,
) -> h.Element:
    """A table; the columns in `numeric` are set right. It scrolls by itself when it is wide."""

    def css(column: int) -> str:
        return "number" if column in numeric else ""

    return h.div(".wide", tabindex="0", role="region", aria_label=caption)[
        h.table[
            h.caption(class_="visually-hidden" if hidden_caption else "")[caption],
            h.thead[h.tr[(h.th(scope="col", class_=css(n))[head] for n, head in enumerate(heads))]],
            h.tbody[
                (h.tr[(h.td(class_=css(n))[cell] for n, cell in enumerate(row))] for row in rows)
            ],
        ]
    ]


def empty(title: str, hint: str, *more: h.Node) -> h.Element:
    """What stands where there is nothing to show: what it means, and what to do."""
    return h.div(".empty")[h.p(".lead")[title], h.p(".faint")[hint], more]


def notice(kind: str, *content: h.Node) -> h.Element:
    """A message about what was done: `kind` is good, bad or plain."""
    role = "alert" if kind == "bad" else "status"
    return h.div(f".notice.{kind}", role=role)[content]


def wrong(problems: Iterable[str], say: Say) -> h.Element:
    """Everything that was wrong with a form, at once."""
    return notice("bad", h.p[say(_WRONG)], h.ul[(h.li[one] for one in problems)])


def field(
    label: str, control: h.Node, *, hint: str | None = None, wrong: str | None = None
) -> h.Element:
    """A labelled control with its hint and what was wrong with it."""
    return h.label(".field")[
        h.span(".label")[label],
        control,
        h.span(".hint")[hint] if hint else None,
        h.span(".wrong")[wrong] if wrong else None,
    ]


def select(name: str, options: Mapping[str, str], chosen: str | None) -> h.Element:
    """A choice of one; `options` are value to words."""
    return h.select(name=name)[
        (h.option(value=value, selected=value == chosen)[words] for value, words in options.items())
    ]


def section(title: str, *content: h.Node, id: str | None = None) -> h.Element:  # noqa: A002
    """A part of a page under its heading."""
    return h.section(".part", id=id)[h.h2[title], content]


def facts(pairs: Iterable[tuple[str, h.Node]]) -> h.Element:
    """Names and what they are."""
    return h.dl(".facts")[(h.div[h.dt[name], h.dd[said]] for name, said in pairs)]

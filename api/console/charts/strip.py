"""A year in cells: one a day, each the day's outcome, in weeks; a cell leads to its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import htpy as h

from api.console.both import Say
from api.console.charts.axes import px
from api.console.figures import at, day
from api.console.marks import Mark, of_finding
from tolich.ports import Shape

_CELL = 13
_DAYS = 365


def strip(days: Mapping[date, Shape], today: date, title: str, say: Say) -> h.Element:
    """The last 365 days of one parameter; days without a finding are left empty."""
    first = today - timedelta(days=_DAYS - 1)
    begin = first - timedelta(days=first.weekday())
    weeks = (today - begin).days // 7 + 1
    return h.div(".strip")[
        h.svg(viewBox=f"0 0 {weeks * _CELL} {7 * _CELL + 16}", role="group", aria_label=title)[
            list(_months(first, today, begin)),
            list(_cells(days, first, today, begin, say)),
        ]
    ]


def _cells(
    days: Mapping[date, Shape], first: date, today: date, begin: date, say: Say
) -> Iterator[h.Node]:
    for n in range((today - first).days + 1):
        when = first + timedelta(days=n)
        x, y = (when - begin).days // 7 * _CELL, 16 + when.weekday() * _CELL
        found = days.get(when)
        if found is None:
            yield h.rect(".none", x=x + 1, y=y + 1, width=_CELL - 2, height=_CELL - 2, rx=2)
            continue
        mark = of_finding(found["outcome"], found["reason"], "day")
        words = f"{day(when)}: {say(mark.words)}"
        yield h.a(href=f"/findings/{found['id']}", aria_label=words)[
            h.g(data_mark=mark.css)[
                h.title[words],
                h.rect(x=x + 1, y=y + 1, width=_CELL - 2, height=_CELL - 2, rx=2),
                _sign(mark, x, y),
            ]
        ]


def _sign(mark: Mark, x: int, y: int) -> h.Node:
    """Only what is not within the limit carries its sign: a year of ticks would say nothing."""
    if mark is Mark.WITHIN:
        return None
    return h.text(x=px(x + _CELL / 2), y=px(y + _CELL - 3.2), text_anchor="middle")[mark.sign]


def _months(first: date, today: date, begin: date) -> Iterator[h.Node]:
    when = first.replace(day=1) + timedelta(days=32)
    when = when.replace(day=1)
    while when <= today:
        x = (when - begin).days // 7 * _CELL
        yield h.text(".month", x=x, y=11)[when.strftime("%m/%y")]
        when = (when + timedelta(days=32)).replace(day=1)


def by_day(found: list[Shape]) -> dict[date, Shape]:
    """Findings of days by their local day."""
    return {at(one["start"]).date(): one for one in found}

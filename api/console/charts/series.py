"""A series over time: readings, means, the limit as steps, and what does not count, as SVG.

Gaps stay open, the limit moves when the permit does, calibration is hatched, a device error is
a dashed band, late readings are ringed, and alerts have their beginning and end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import htpy as h

from api.console.charts.axes import Plane, px, reach, time_ticks, value_ticks
from api.console.figures import number
from api.console.marks import Mark
from api.words import Language

_RINGS = 40


@dataclass(frozen=True, slots=True)
class Point:
    """One reading: epoch seconds, value, status as two digits, and whether it came late."""

    at: int
    value: float
    status: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Mean:
    """A closed period and its mean; `value` None where there was not enough data."""

    start: int
    end: int
    value: float | None
    mark: Mark
    low: float | None = None  # the limit of the period
    high: float | None = None
    name: str = ""  # its finding
    words: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """An alert: from, to (None: goes on), where to read about it, and its name."""

    start: int
    end: int | None
    mark: Mark
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Course:
    """Everything a picture of one series shows."""

    begin: int
    end: int
    gap: int  # seconds without a reading from which on the line is broken
    points: Sequence[Point] = ()
    means: Sequence[Mean] = ()
    alerts: Sequence[Interval] = ()
    bounds: tuple[float | None, float | None] = field(default=(None, None))  # today's limit


def picture(course: Course, title: str, lang: Language) -> h.Element:
    """The whole picture. `title` says in words what it shows."""
    plane = _plane(course)
    return h.div(
        ".chart",
        tabindex="0",  # on a phone it scrolls
        role="group",
        aria_label=title,
        data_begin=course.begin,
        data_end=course.end,
        data_left=plane.left,
        data_right=plane.width - plane.right,
        data_width=plane.width,
        data_points=_coded(course),
    )[
        h.svg(viewBox=f"0 0 {plane.width} {plane.height}", role="presentation")[
            _patterns(),
            list(_grid(plane, lang)),
            list(_bands(course, plane)),
            list(_alerts(course, plane)),
            list(_limits(course, plane)),
            list(_means(course, plane)),
            list(_lines(course, plane)),
            list(_late(course, plane)),
        ]
    ]


def _plane(course: Course) -> Plane:
    counted = [point.value for point in course.points if point.status == "00"]
    means = [mean.value for mean in course.means if mean.value is not None]
    ends = [end for mean in course.means for end in (mean.low, mean.high) if end is not None]
    ends += [end for end in course.bounds if end is not None]
    low, high = reach([*counted, *means, *ends])
    return Plane(course.begin, course.end, low, high)


def _coded(course: Course) -> str:
    """Times and values for the pointer, as short as they can be."""
    shown = [(p.at, p.value) for p in course.points] or [
        (m.start, m.value) for m in course.means if m.value is not None
    ]
    return " ".join(f"{when - course.begin}:{value:g}" for when, value in shown)


def _patterns() -> h.Element:
    """Hatching, so that what does not count is not told by its colour alone."""
    return h.defs[
        h.pattern(
            id="hatch", width=8, height=8, patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )[h.line(".hatch", x1=0, x2=0, y1=0, y2=8)],
        h.pattern(id="cross", width=8, height=8, patternUnits="userSpaceOnUse")[
            h.line(".cross", x1=0, x2=5, y1=4, y2=4)
        ],
    ]  # fmt: skip


def _grid(plane: Plane, lang: Language) -> Iterator[h.Node]:
    for value in value_ticks(plane.low, plane.high):
        y = px(plane.y(value))
        yield h.line(".grid", x1=plane.left, x2=plane.width - plane.right, y1=y, y2=y)
        yield h.text(x=plane.left - 8, y=px(plane.y(value) + 4), text_anchor="end")[
            number(value, lang)
        ]
    for when, words in time_ticks(plane.begin, plane.end):
        x = px(plane.x(when))
        yield h.line(".grid", x1=x, x2=x, y1=plane.top, y2=plane.foot)
        yield h.text(x=x, y=plane.foot + 18, text_anchor="middle")[words]


def _bands(course: Course, plane: Plane) -> Iterator[h.Node]:
    """Calibration and device errors from reading to reading; means without enough data."""
    for status, css in (("01", "calibrating"), ("02", "fault")):
        for run in _runs([p for p in course.points if p.status == status], course.gap):
            begin, end = plane.x(run[0].at), plane.x(run[-1].at + course.gap / 2)
            yield _band(css, begin, end, plane)
    for mean in course.means:
        if mean.value is None and mean.mark is not Mark.NOT_APPLICABLE:
            yield _band("unassessed", plane.x(mean.start), plane.x(mean.end), plane)


def _band(css: str, begin: float, end: float, plane: Plane) -> h.Element:
    width, height = px(max(1.0, round(end - begin, 1))), plane.foot - plane.top
    return h.rect(f".band.{css}", x=px(begin), y=plane.top, width=width, height=height)


def _alerts(course: Course, plane: Plane) -> Iterator[h.Node]:
    for alert in course.alerts:
        begin, end = plane.x(alert.start), plane.x(alert.end or course.end)
        yield h.a(href=alert.href, aria_label=alert.words)[
            h.g(".alert", data_mark=alert.mark.css)[
                h.title[alert.words],
                h.rect(x=px(begin), y=2, width=px(max(3.0, round(end - begin, 1))), height=8, rx=2),
                h.line(x1=px(begin), x2=px(begin), y1=2, y2=plane.foot),
                h.line(x1=px(end), x2=px(end), y1=2, y2=plane.foot) if alert.end else None,
            ]
        ]


def _limits(course: Course, plane: Plane) -> Iterator[h.Node]:
    """The limit of each period as a step; before any period closed, today's."""
    last = max((mean.end for mean in course.means), default=course.begin)
    for low in (True, False):
        steps = [(mean.start, mean.end, mean.low if low else mean.high) for mean in course.means]
        steps.append((last, course.end, course.bounds[0 if low else 1]))
        path = _steps(steps, plane)
        if path:
            yield h.path(".limit", d=path)


def _steps(steps: Sequence[tuple[int, int, float | None]], plane: Plane) -> str:
    """One end of the limit as a path; where there was none it is interrupted."""
    path, joined = "", False
    for start, end, value in steps:
        if value is not None:
            place = f"{px(plane.x(start))} {px(plane.y(value))}"
            path += f"{'L' if joined else 'M'}{place}H{px(plane.x(end))}"
        joined = value is not None
    return path


def _means(course: Course, plane: Plane) -> Iterator[h.Node]:
    for mean in course.means:
        if mean.value is None:
            continue
        x1, x2, y = px(plane.x(mean.start)), px(plane.x(mean.end)), px(plane.y(mean.value))
        line = h.line(".mean", data_mark=mean.mark.css, x1=x1, x2=x2, y1=y, y2=y)[
            h.title[mean.words]
        ]
        yield h.a(href=f"/findings/{mean.name}")[line] if mean.name else line


def _lines(course: Course, plane: Plane) -> Iterator[h.Node]:
    for run in _runs([p for p in course.points if p.status == "00"], course.gap):
        if len(run) == 1:
            yield h.circle(
                ".reading", cx=px(plane.x(run[0].at)), cy=px(plane.y(run[0].value)), r="1.6"
            )
        else:
            path = " ".join(f"{plane.x(p.at)},{plane.y(p.value)}" for p in run)
            yield h.polyline(".reading", points=path)


def _late(course: Course, plane: Plane) -> Iterator[h.Node]:
    late = [point for point in course.points if point.late]
    # What came late as a whole is one stretch of rings: some dozen say it as well as a thousand,
    # and leave the readings to be seen.
    for point in late[:: max(1, len(late) // _RINGS)]:
        yield h.circle(".late", cx=px(plane.x(point.at)), cy=px(plane.y(point.value)), r="3.5")


def _runs(points: Sequence[Point], gap: int) -> Iterator[list[Point]]:
    """Stretches without a gap: what is missing is never joined.

    A distance is a gap when it is longer than `gap` and than twice the distances beside it: a
    station that sent every five minutes last week and every minute now has none.
    """
    steps = [b.at - a.at for a, b in pairwise(points)]
    run: list[Point] = []
    for n, point in enumerate(points):
        if run and steps[n - 1] > max(gap, 2.2 * _beside(steps, n - 1)):
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _beside(steps: Sequence[int], n: int) -> int:
    """The shorter of the distances before and after one."""
    return min((steps[m] for m in (n - 1, n + 1) if 0 <= m < len(steps)), default=0)

"""The course of one parameter over a stretch of time: what is read for its picture and table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, pairwise

from api.asking import Paging
from api.console import stationwords as words
from api.console.both import Both
from api.console.charts.series import Course, Interval, Mean, Point
from api.console.figures import at, limit, reading
from api.console.marks import of_finding
from api.console.visitor import Visitor
from api.view import View
from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight
from tolich.ports import AlertQuery, Shape

LATE = 900
"""Seconds after which a reading is ringed as late."""

READINGS = 3 * DAY_SECONDS
"""Stretches up to this long show every reading, longer ones only means."""

HOURS = 31 * DAY_SECONDS
"""Stretches up to this long show hours, longer ones days."""

_MOST = 12_000  # readings in one picture


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; `moves`: its end is now."""

    name: str
    words: Both
    begin: int
    end: int
    moves: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A length that can be chosen."""

    name: str
    words: Both
    seconds: int


SPANS = (
    Choice("24h", Both("24 giờ", "24 hours"), DAY_SECONDS),
    Choice("3d", Both("3 ngày", "3 days"), 3 * DAY_SECONDS),
    Choice("7d", Both("7 ngày", "7 days"), 7 * DAY_SECONDS),
    Choice("30d", Both("30 ngày", "30 days"), 30 * DAY_SECONDS),
    Choice("365d", Both("365 ngày", "365 days"), 365 * DAY_SECONDS),
)
_SHORTEST = 1800


def span_of(name: str | None, begin: int | None, end: int | None, now: int) -> Span:
    """The stretch that was asked for; from and to, when both fit, else a length that ends now."""
    if begin is not None and end is not None and end - begin >= _SHORTEST:
        shortened = max(begin, end - 366 * DAY_SECONDS)
        return Span("own", _own(shortened, end), shortened, end, moves=False)
    chosen = next((one for one in SPANS if one.name == name), SPANS[0])
    begun = now - chosen.seconds
    if chosen.seconds > READINGS:
        begun = midnight(begun)
    return Span(chosen.name, chosen.words, begun, now)


def _own(begin: int, end: int) -> Both:
    said = f"{at(begin):%H:%M %d/%m/%Y} – {at(end):%H:%M %d/%m/%Y}"
    return Both(said, said)


def course_of(
    view: View, sight: Shape, chosen: Shape, span: Span, visitor: Visitor
) -> tuple[Course, list[Shape]]:
    """What the picture shows, and the findings of its table, oldest first."""
    period, length = (
        ("hour", HOUR_SECONDS) if span.end - span.begin <= HOURS else ("day", DAY_SECONDS)
    )
    closed = view.closed(sight["id"], period, span.begin - length + 1, span.end) or {}
    found = [one | {"period": period} for one in closed.get(chosen["parameter"], [])]
    points = _points(view, sight, chosen, span) if span.end - span.begin <= READINGS else []
    bound = chosen["limit"] or {"low": None, "high": None}
    course = Course(
        begin=span.begin,
        end=span.end,
        gap=max(2 * sight["interval"], _cycle(points)) + 60,
        points=points,
        means=[_mean(one, visitor) for one in found],
        alerts=_alerts(view, sight, chosen, span, visitor),
        bounds=(bound["low"], bound["high"]),
    )
    return course, found


def _points(view: View, sight: Shape, chosen: Shape, span: Span) -> list[Point]:
    """Readings, oldest first."""
    found: list[Point] = []
    cursor: str | None = None
    for _ in count():
        page = view.readings(
            sight["id"], chosen["parameter"], span.begin, span.end, Paging(cursor, 1000)
        )
        if page is None:
            break
        found += [_point(one) for one in page.items]
        cursor = page.next
        if cursor is None or len(found) >= _MOST:
            break
    return found[::-1]


def _point(one: Shape) -> Point:
    observed = int(at(one["observed_at"]).timestamp())
    came = at(one["received_at"]).timestamp() - observed
    return Point(observed, one["value"], one["status"], came > LATE)


def _cycle(points: list[Point]) -> int:
    """The usual distance of readings, so that a slow instrument has no gaps between them."""
    steps = sorted(b.at - a.at for a, b in pairwise(points))
    return 2 * steps[len(steps) // 2] if steps else 0


def _mean(one: Shape, visitor: Visitor) -> Mean:
    mark = of_finding(one["outcome"], one["reason"], one["period"])
    bound = one["limit"] or {"low": None, "high": None}
    lang = visitor.lang
    said = f"{at(one['start']):%H:%M %d/%m}: {visitor.say(mark.words)}"
    if one["mean"] is not None:
        beside = f"{visitor.say(words.LIMIT_IS)} {limit(one['limit'], lang)}"
        said += f", {reading(one['mean'], lang)} ({beside})"
    return Mean(
        start=int(at(one["start"]).timestamp()),
        end=int(at(one["end"]).timestamp()),
        value=one["mean"],
        mark=mark,
        low=bound["low"],
        high=bound["high"],
        name=one["id"],
        words=said,
    )


def _alerts(
    view: View, sight: Shape, chosen: Shape, span: Span, visitor: Visitor
) -> list[Interval]:
    query = AlertQuery(station=sight["id"])
    found = view.alerts(query, Paging(None, 200)).items
    return [
        Interval(
            start=int(at(one["started_at"]).timestamp()),
            end=None if one["ended_at"] is None else int(at(one["ended_at"]).timestamp()),
            mark=words.mark_of_alert(one),
            href=f"/alerts/{one['id']}",
            words=words.alert_words(one, visitor.lang),
        )
        for one in found
        if one["parameter"] in (None, chosen["parameter"])
        and one["state"] != "withdrawn"
        and at(one["started_at"]).timestamp() < span.end
        and (one["ended_at"] is None or at(one["ended_at"]).timestamp() > span.begin)
    ]

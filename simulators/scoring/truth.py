"""What is known to be true of a run: its scenario, what happened, and the true daily means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from rules.days import DAY_SECONDS, day_start, instant
from rules.loading import meant

LAYERS = ("process", "sensor", "sample", "signal", "transport")
HOURS = 24
TYPES = ("scenario", "interval", "daily", "sample")


class BadTruth(Exception):
    """A line of the truth log was not understood."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Something that happened at a station in [start, end), UTC epoch seconds."""

    id: str
    kind: str
    layer: str  # one of LAYERS
    station: str
    channel: str | None  # None: the station as a whole
    start: int
    end: int
    leigh: str | None = None
    effect: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lasts(self) -> int:
        """Seconds."""
        return self.end - self.start

    def within(self, start: int, end: int) -> Interval:
        """The part of it in [start, end)."""
        return replace(self, start=max(self.start, start), end=min(self.end, end))

    def concerns(self, channel: str | None) -> bool:
        """Whether it may show in a channel (None: in the station as a whole)."""
        return self.channel is None or channel is None or self.channel == channel


@dataclass(frozen=True, slots=True)
class Daily:
    """What was true of a series on a local day. `exceeds` None: no limit binds it."""

    station: str
    channel: str
    day: int  # the local midnight that begins it, UTC epoch seconds
    mean: float
    exceeds: bool | None
    low: float | None
    high: float | None
    sent: float  # share of the day's readings that were ever sent
    hours: tuple[float | None, ...] = ()  # true means of its 24 hours, where the log has them


@dataclass(frozen=True, slots=True)
class Truth:
    """A whole truth log."""

    name: str
    start: int
    end: int
    stations: tuple[str, ...]
    intervals: tuple[Interval, ...]
    days: tuple[Daily, ...]


def read_truth(lines: Iterable[str], name: str = "truth") -> Truth:
    """The rows of a truth log, one JSON object a line. Raises BadTruth naming line and key."""
    header: dict[str, Any] | None = None
    intervals: list[Interval] = []
    days: list[Daily] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        row = _Row(_parsed(text, f"{name}, line {number}"), f"{name}, line {number}")
        kind = row.one_of("type", TYPES)
        if kind == "scenario":
            header = row.raw
        elif kind == "interval":
            intervals.append(_interval(row))
        elif kind == "daily":
            days.append(_daily(row))
    if header is None:
        raise BadTruth(f"{name}: no row of type 'scenario'; is this a truth log?")
    return _whole(_Row(header, name), intervals, days)


def _whole(header: _Row, intervals: list[Interval], days: list[Daily]) -> Truth:
    start = header.day("start")
    end = start + int(header.number("days") * DAY_SECONDS)
    # Faults by chance may begin before the first day, and what is written may lie after the last.
    during = [one.within(start, end) for one in intervals if one.start < end and one.end > start]
    named = header.raw.get("stations")
    seen = {one.station for one in days} | {one.station for one in intervals}
    listed = {str(one) for one in named} if isinstance(named, list) else set()
    return Truth(
        header.text("name"), start, end, tuple(sorted(seen | listed)),
        tuple(sorted(during, key=lambda one: (one.start, one.id))), tuple(days),
    )  # fmt: skip


def _interval(row: _Row) -> Interval:
    effect = row.raw.get("effect")
    found = Interval(
        id=row.text("id"),
        kind=row.text("kind"),
        layer=row.one_of("layer", LAYERS),
        station=row.text("station"),
        channel=row.maybe("channel", row.text),
        start=row.at("t0"),
        end=row.at("t1"),
        leigh=row.maybe("leigh", row.text),
        effect=effect if isinstance(effect, dict) else {},
    )
    if found.end < found.start:
        raise BadTruth(f"{row.place}: t1 lies before t0")
    return found


def _daily(row: _Row) -> Daily:
    low, high = _bounds(row)
    free = low is None and high is None
    exceeds = row.raw.get("true_exceed")
    if exceeds is not None and not isinstance(exceeds, bool):
        raise BadTruth(f"{row.place}: true_exceed must be true, false or null")
    return Daily(
        row.text("station"), row.text("channel"), row.day("date"), row.number("true_mean"),
        None if free else exceeds, low, high, row.number("sent_share"), _hours(row),
    )  # fmt: skip


def _hours(row: _Row) -> tuple[float | None, ...]:
    found = row.raw.get("true_hours")
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) != HOURS:
        raise BadTruth(f"{row.place}: true_hours must be a list of {HOURS} numbers")
    return tuple(float(one) if _numeric(one) else None for one in found)


def _bounds(row: _Row) -> tuple[float | None, float | None]:
    limit = row.raw.get("limit")
    if not isinstance(limit, list) or len(limit) != 2:
        raise BadTruth(f"{row.place}: limit must be [least, most], null where there is none")
    return _bound(row, limit[0]), _bound(row, limit[1])


def _bound(row: _Row, found: object) -> float | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise BadTruth(f"{row.place}: a limit must be a number or null")
    return float(found)


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row and where it stands; every look that fails names the place."""

    raw: dict[str, Any]
    place: str

    def text(self, key: str) -> str:
        found = self.raw.get(key)
        if not isinstance(found, str) or not found:
            raise BadTruth(f"{self.place}: {key} must be a text{self._near(key)}")
        return found

    def number(self, key: str) -> float:
        found = self.raw.get(key)
        if not _numeric(found):
            raise BadTruth(f"{self.place}: {key} must be a number{self._near(key)}")
        return float(found)  # type: ignore[arg-type]

    def at(self, key: str) -> int:
        said = self.text(key)
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise BadTruth(f"{self.place}: {key} is no RFC 3339 time: {said!r}")
        return instant(moment)

    def day(self, key: str) -> int:
        said = self.text(key)
        try:
            return day_start(date.fromisoformat(said))
        except ValueError as error:
            raise BadTruth(
                f"{self.place}: {key} is no date such as 2026-03-01: {said!r}"
            ) from error

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        found = self.text(key)
        if found not in known:
            raise BadTruth(f"{self.place}: {key} is {found!r}{meant(found, known)}")
        return found

    def maybe(self, key: str, take: Callable[[str], Found]) -> Found | None:
        return None if self.raw.get(key) is None else take(key)

    def _near(self, key: str) -> str:
        return "" if key in self.raw else meant(key, self.raw)


def _numeric(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _parsed(text: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadTruth(f"{place}: not JSON ({error}); write one object a line") from error
    if not isinstance(found, dict):
        raise BadTruth(f"{place}: expected an object")
    return found

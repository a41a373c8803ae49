"""Station-days that wait to be judged: at once, or when the stream of late data has moved on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tolich.news import News, add_news
from tolich.store.intake import StationDay

QUIET = 0.25
"""Seconds (monotonic) without any message after which nobody is streaming any more."""

FLOODED = 2.0
"""The same for one station-day while messages come faster than they are stored."""

PASSED = 2
"""Batches that leave a station-day alone (for QUIET at least) before a stream has moved on."""

DEADLINE = 10.0
"""Seconds (monotonic) after which a due station-day is judged even while data streams in."""


@dataclass(slots=True)
class _Due:
    """Since when a station-day waits to be judged, and which batch added to it last."""

    since: float  # monotonic
    last: float  # monotonic
    batch: int
    streaming: bool
    news: News | None  # the readings it waits with; None: all of it must be judged

    def hear(self, news: News | None) -> None:
        """More readings came."""
        if news is None or self.news is None:
            self.news = None
        else:
            add_news(self.news, news)


@dataclass(slots=True)
class Waiting:
    """Station-days that wait to be judged, and which stations are streaming."""

    due: dict[StationDay, _Due] = field(default_factory=dict)
    touched: dict[str, tuple[float, int]] = field(default_factory=dict)  # when, which batch
    batch: int = 0
    last: float = 0.0

    def touch(self, days: Mapping[StationDay, News | None], now: float) -> None:
        """A batch came with new readings for these station-days."""
        self.batch += 1
        self.last = now
        stations = set()
        for day, news in days.items():
            stations.add(day[0])
            at, batch = self.touched.get(day[0], (-QUIET, -PASSED))
            streaming = now - at < QUIET or (self.batch - batch < PASSED and now - at < DEADLINE)
            waiting = self.due.setdefault(day, _Due(now, now, self.batch, streaming, {}))
            waiting.last, waiting.batch = now, self.batch
            waiting.hear(news)
            waiting.streaming = waiting.streaming or streaming
        for station in stations:
            self.touched[station] = (now, self.batch)

    def news(self, day: StationDay) -> News | None:
        """The readings that a station-day waits with; None when all of it must be judged."""
        waiting = self.due.get(day)
        return None if waiting is None else waiting.news

    def rest(self, now: float) -> None:
        """A transaction ended: silence is counted from here, not from before our own work."""
        self.last = now

    def add(self, day: StationDay, now: float) -> None:
        """A station-day is due for another cause than new readings of ours."""
        quiet = _Due(now, now - QUIET, self.batch - PASSED, False, None)
        self.due.setdefault(day, quiet).news = None

    def doubt(self) -> None:
        """What was remembered of readings is not known to be all: judge whole days."""
        self.touched.clear()  # what was not stored has not come
        for waiting in self.due.values():
            waiting.news = None

    def ready(self, now: float, busy: bool) -> list[StationDay]:
        """What should be judged now: what nobody adds to any more, or has waited too long."""
        if now - self.last >= QUIET:
            return list(self.due)
        rest = FLOODED if busy else QUIET
        return [
            day
            for day, waiting in self.due.items()
            if now - waiting.since >= DEADLINE
            or (self.batch - waiting.batch >= PASSED and now - waiting.last >= rest)
            or not (busy or waiting.streaming)
        ]

"""Which readings made a station-day due: only series that feel them need be judged again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.days import DAY_SECONDS
from rules.reach import Span
from tolich.store.intake import ReadingRow, StationDay
from tolich.windows import REACH

News = dict[int, Span]
"""By series key, the readings that came since a station-day was last judged."""


def news_of(
    days: Mapping[StationDay, Sequence[ReadingRow]], owed: Iterable[StationDay], today: int
) -> dict[StationDay, News | None]:
    """What a batch brought for each station-day that it makes due, its neighbours' included.

    None where all of a day must be judged: those `owed`, and one that is still open.
    """
    found: dict[StationDay, News | None] = {day: {} for day in days}
    found |= dict.fromkeys(owed)
    for (station, day), rows in days.items():
        if day >= today:
            found[(station, day)] = None
        looking = range(day - DAY_SECONDS, day + REACH + 1, DAY_SECONDS)
        known = [news for at in looking if (news := found.get((station, at))) is not None]
        if rows and known:
            own = _spans(rows)
            for news in known:
                add_news(news, own)
    return found


def add_news(news: News, more: News) -> None:
    """Add what came since."""
    for series, span in more.items():
        news[series] = news[series].and_also(span) if series in news else span


def _spans(rows: Iterable[ReadingRow]) -> News:
    times: dict[int, list[int]] = {}
    for series, at, *_ in rows:
        times.setdefault(series, []).append(at)
    return {series: Span(min(own), max(own)) for series, own in times.items()}

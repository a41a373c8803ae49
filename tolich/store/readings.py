"""Readings of a station's day, and of what its quality checks look at around it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from rules.days import DAY_SECONDS
from rules.lines import step_of
from rules.terms import Terms
from tolich.store.intake import ReadingRow
from tolich.store.statements import marked, plain_rows

ALL = 2**63 - 1
"""No message is newer."""

SOON = 10_800
"""Seconds in which most series have moved by a step."""


def readings_between(
    connection: Connection, series: Sequence[int], start: int, end: int, until: int = ALL
) -> Sequence[ReadingRow]:
    """Readings of some series observed in [start, end], both ends: a time may close its slot.

    Those that came with a message up to `until`, a raw id.
    """
    mark = marked(connection)
    keys = ", ".join([mark] * len(series))
    # Plain text: this is read thousands of times, and building it anew would cost more than it.
    statement = (
        "SELECT series, at, value, status, raw FROM reading "
        f"WHERE series IN ({keys}) AND at BETWEEN {mark} AND {mark}"
    )
    rows = plain_rows(connection, statement, (*series, start, end))
    return rows if until == ALL else [row for row in rows if row[4] <= until]


def readings_before(
    connection: Connection,
    terms: Sequence[Terms],
    series: Sequence[int],
    day: int,
    until: int = ALL,
) -> list[ReadingRow]:
    """What the checks of a day look back at: each series as far as its own checks reach.

    `series` are the keys of the terms, in their order.
    """
    reach = [term.checks.reach for term in terms]
    found: list[ReadingRow] = []
    for far in sorted(set(reach) - {0}):
        keys = [key for key, own in zip(series, reach, strict=True) if own == far]
        found += readings_between(connection, keys, day - far, day - 1, until)
    return found


def varied(connection: Connection, series: int, terms: Terms, after: int, before: int) -> bool:
    """Whether readings strictly between two instants differ by a step of their resolution.

    Only those that compete for certain: measuring, inside the instrument's range, and alone
    at their instant. Water seldom rests for long, so the first hours mostly tell.
    """
    soon = after + SOON
    if soon < before and varied(connection, series, terms, after, soon):
        return True
    mark = marked(connection)
    statement = (
        "SELECT min(one), max(one) FROM (SELECT min(value) AS one FROM reading "
        f"WHERE series = {mark} AND at > {mark} AND at < {mark} AND status = 0 "
        f"AND value BETWEEN {mark} AND {mark} GROUP BY at HAVING min(value) = max(value)) alone"
    )
    given = (series, after, before, terms.low, terms.high)
    ((lowest, highest),) = plain_rows(connection, statement, given)
    return lowest is not None and highest - lowest >= step_of(terms)


def readings_after(
    connection: Connection,
    terms: Sequence[Terms],
    series: Sequence[int],
    day: int,
    until: int = ALL,
) -> list[ReadingRow]:
    """What the checks of a day look ahead to, a few slots of the next."""
    ahead = max((term.checks.ahead * term.interval for term in terms), default=0)
    end = day + DAY_SECONDS
    if not ahead:
        return []
    return list(readings_between(connection, series, end + 1, end + ahead, until))

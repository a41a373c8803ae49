"""Station-days that are owed: from a station's first to today, whether or not anything came."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, func, select

from rules.days import DAY_SECONDS, day_start
from rules.register import Register
from tolich.store.intake import StationDay
from tolich.store.schema import station_day


def missing_days(
    connection: Connection, register: Register, today: int, settled: Callable[[str], bool]
) -> list[StationDay]:
    """Owed station-days that have no row yet.

    Today is owed by every station that was ever heard. Days between that a station skipped
    are missing once it is `settled`: while it still sends its backlog they may yet come.
    """
    table = station_day
    spans = select(
        table.c.station, func.min(table.c.day), func.max(table.c.day), func.count()
    ).group_by(table.c.station)
    missing: list[StationDay] = []
    for station, first, last, count in connection.execute(spans).all():
        if station not in register.stations:
            continue
        if last < today:
            missing.append((station, today))
        span = (max(last, today) - first) // DAY_SECONDS + 1
        if count < span - (last < today) and settled(station):
            missing += _skipped(connection, register, station, today)
    return missing


def _skipped(
    connection: Connection, register: Register, station: str, today: int
) -> list[StationDay]:
    """The days without a row between a station's first and today, from its registration on.

    A stray reading from before the station was registered owes nothing.
    """
    since = day_start(register.stations[station].since)
    query = select(station_day.c.day).where(
        station_day.c.station == station, station_day.c.day >= since
    )
    have = set(connection.execute(query).scalars())
    first = min(have, default=today)
    return [(station, day) for day in range(first, today, DAY_SECONDS) if day not in have]

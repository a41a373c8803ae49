"""What the store knows of how instruments are kept: calibrations, faults, arrivals, rejections."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from sqlalchemy import Connection, func, literal_column, select

from tolich.store.intake import Arrived
from tolich.store.schema import latest, raw, reading, rejection, series, station_state

Aside = tuple[int, int]
"""observed_at and status of a reading that was not measuring."""

MOST_ARRIVALS = 20_000
"""Messages read again after a start, at most: enough for an hour of a thousand stations."""


def set_aside(connection: Connection, keys: Collection[int], since: int) -> dict[int, list[Aside]]:
    """By series, the readings since an instant whose status was not measuring."""
    query = (
        select(reading.c.series, reading.c.at, reading.c.status)
        .where(
            reading.c.series.in_(keys),
            reading.c.at >= since,
            reading.c.status != literal_column("0"),  # spelled as in the index it is read from
        )
        .order_by(reading.c.series, reading.c.at)
    )
    rows = connection.execute(query)
    return {
        key: [(at, status) for _, at, status in some]
        for key, some in groupby(rows, lambda row: int(row[0]))
    }


def newest_at(connection: Connection, keys: Collection[int]) -> dict[int, int]:
    """By series, the time of the newest reading."""
    query = select(latest.c.series, latest.c.at).where(latest.c.series.in_(keys))
    return {key: at for key, at in connection.execute(query)}


def first_at(connection: Connection, station: str) -> int | None:
    """The time of a station's earliest reading."""
    query = select(station_state.c.first_at).where(station_state.c.station == station)
    return connection.execute(query).scalar()


def measured(connection: Connection, key: int, start: int, end: int) -> list[tuple[int, int]]:
    """(observed_at, quanta) of a series' measuring readings from start to before end."""
    query = select(reading.c.at, reading.c.value).where(
        reading.c.series == key, reading.c.at >= start, reading.c.at < end, reading.c.status == 0
    )
    return [(at, value) for at, value in connection.execute(query)]


def refused_at(connection: Connection, station: str, most: int) -> list[int]:
    """When the newest rejections of a station came, at most so many."""
    query = (
        select(rejection.c.received_at)
        .where(rejection.c.station == station)
        .order_by(rejection.c.id.desc())
        .limit(most)
    )
    return [int(at) for at in connection.execute(query).scalars()]


def newest_raw(connection: Connection) -> int:
    """The newest message; 0 when there is none."""
    return int(connection.execute(select(func.max(raw.c.id))).scalar() or 0)


def raw_before(connection: Connection, received: int) -> int:
    """The newest message that came before an instant, by halving: its time has no index."""
    low, high = 0, newest_raw(connection)
    while low < high:
        middle = (low + high + 1) // 2
        query = select(raw.c.received_at).where(raw.c.id >= middle).order_by(raw.c.id).limit(1)
        if int(connection.execute(query).scalar_one()) < received:
            low = middle
        else:
            high = middle - 1
    return low


def arrivals(connection: Connection, after: int) -> Iterator[Arrived]:
    """The newest messages with readings whose key is above `after`."""
    begin = max(after, newest_raw(connection) - MOST_ARRIVALS)
    query = (
        select(series.c.station, raw.c.received_at, func.max(reading.c.at))
        .select_from(raw.join(reading, reading.c.raw == raw.c.id))
        .join(series, series.c.id == reading.c.series)
        .where(raw.c.id > begin)
        .group_by(raw.c.id, series.c.station, raw.c.received_at)
    )
    for station, received, observed in connection.execute(query):
        yield Arrived(station, received, observed)

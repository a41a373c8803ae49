"""How far stations and series were heard: the greatest min(observed, received), from the store."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from tolich.store.schema import latest, raw, reading, series, station_state


def heard_stations(connection: Connection) -> dict[str, tuple[int, int]]:
    """Of every station ever heard: how far, and its newest message."""
    query = select(station_state.c.station, station_state.c.heard, station_state.c.raw)
    return {station: (heard, newest) for station, heard, newest in connection.execute(query)}


def spoken_series(connection: Connection, stations: Collection[str] | None) -> dict[int, int]:
    """Of every series ever heard, by its key, how far; None looks at all stations."""
    query = select(latest.c.series, latest.c.at, raw.c.received_at).join(
        raw, raw.c.id == latest.c.raw
    )
    if stations is not None:
        of = select(series.c.id).where(series.c.station.in_(stations))
        query = query.where(latest.c.series.in_(of))
    found: dict[int, int] = {}
    for key, at, received in connection.execute(query).all():
        ahead = at > received  # then an older reading may have been heard later
        found[key] = _ahead(connection, key, at, received) if ahead else at
    return found


def _ahead(connection: Connection, key: int, at: int, received: int) -> int:
    """How far a series was heard whose newest reading came before its time.

    Only readings from after `received` can reach further, and of those there are few: what
    is far ahead is refused on the way in.
    """
    query = (
        select(reading.c.at, raw.c.received_at)
        .join(raw, raw.c.id == reading.c.raw)
        .where(reading.c.series == key, reading.c.at > received, reading.c.at <= at)
    )
    return max(min(int(when), int(came)) for when, came in connection.execute(query))

"""Writing what came in: raw messages, readings, rejections, and what they make due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from rules.days import DAY_SECONDS, local_date, midnight
from rules.model import Series
from rules.register import Register, Station
from rules.window import day_of
from tolich.evidence.links import ReadingRow as ReadingRow
from tolich.evidence.links import batch_content, identity, leaf, readings_digest
from tolich.ports import Decoded, Delivery
from tolich.store.ledger import Append, canonical
from tolich.store.schema import (
    latest,
    raw,
    reading,
    rejection,
    station_day,
    station_state,
)
from tolich.store.statements import insert_new, marked, merge_rows, next_key, plain_rows

NEVER = -1
"""The newest message a station-day was judged with, when it never was: it has no findings."""

KEPT_BYTES = 4096
"""How much of a rejected payload is kept beside its reason."""

StationDay = tuple[str, int]
"""A station and a local midnight."""


class Arrived(NamedTuple):
    """When a message came, and the newest time it speaks of: the clock of its station."""

    station: str
    received: int
    observed: int


@dataclass(slots=True)
class Taken:
    """What a batch added: new readings by station-day, and how far each station was heard."""

    rows: dict[StationDay, list[ReadingRow]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)  # greatest min(observed, received)
    first: dict[str, int] = field(default_factory=dict)  # earliest observed_at
    newest: dict[str, int] = field(default_factory=dict)  # newest raw id
    spoken: dict[int, int] = field(default_factory=dict)  # `heard` of each series, by its key
    arrived: list[Arrived] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # stations that sent what was rejected
    owed: set[StationDay] = field(default_factory=set)  # whose readings became older than before
    duplicates: int = 0


def take(
    append: Append,
    register: Register,
    series_ids: dict[Series, int],
    deliveries: Sequence[Delivery],
    decoded: Sequence[Decoded],
) -> Taken:
    """Store a batch. A message seen before adds nothing, however often it comes."""
    connection = append.connection
    hashes = [identity(delivery.topic, delivery.payload) for delivery in deliveries]
    known = _known(connection, hashes)
    fresh: list[tuple[Delivery, Decoded, bytes]] = []
    for delivery, content, digest in zip(deliveries, decoded, hashes, strict=True):
        if digest not in known:
            known.add(digest)
            fresh.append((delivery, content, digest))
    taken = Taken(duplicates=len(deliveries) - len(fresh))
    if fresh:
        first = _store_raw(append, fresh)
        said = [
            _collect(taken, register, series_ids, delivery, content, first + offset)
            for offset, (delivery, content, _) in enumerate(fresh)
        ]
        _owe_from_first(connection, register, taken)
        _spread(connection, register, series_ids, taken, midnight(append.at))
        if _store_readings(connection, taken) != sum(map(len, said)):
            said = _added(connection, first, len(fresh))
        _chain_batch(append, first, fresh, said)
        _store_rejections(append, fresh)
    return taken


def _known(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(hashes), 500):
        some = hashes[start : start + 500]
        marks = ", ".join([marked(connection)] * len(some))
        rows = plain_rows(connection, f"SELECT hash FROM raw WHERE hash IN ({marks})", some)
        found.update(bytes(known) for (known,) in rows)
    return found


def _store_raw(append: Append, fresh: Sequence[tuple[Delivery, Decoded, bytes]]) -> int:
    """Store the messages of a batch under the entry that follows; returns the first's id."""
    first = next_key(append.connection, raw)
    seq = append.seq + 1
    insert_new(
        append.connection,
        raw,
        [
            (first + offset, seq, d.received_at, d.source, d.topic, d.payload, digest)
            for offset, (d, _, digest) in enumerate(fresh)
        ],
    )
    return first


def _chain_batch(
    append: Append,
    first: int,
    fresh: Sequence[tuple[Delivery, Decoded, bytes]],
    added: Sequence[Sequence[ReadingRow]],
) -> None:
    """The entry of a batch: its messages, how they came, and the readings each of them added."""
    leaves = [
        leaf(digest, delivery.received_at, delivery.source, readings_digest(rows))
        for (delivery, _, digest), rows in zip(fresh, added, strict=True)
    ]
    append.entry("batch", first, batch_content(leaves))


def _added(connection: Connection, first: int, count: int) -> list[list[ReadingRow]]:
    """The readings that some messages added: what was there before stays with its own message."""
    added: list[list[ReadingRow]] = [[] for _ in range(count)]
    for series, at, value, status, key in connection.execute(
        select(reading).where(reading.c.raw >= first)
    ):
        added[key - first].append((series, at, value, status, key))
    return added


def _collect(
    taken: Taken,
    register: Register,
    series_ids: dict[Series, int],
    delivery: Delivery,
    content: Decoded,
    raw_id: int,
) -> list[ReadingRow]:
    """Note what a message says; returns its readings."""
    own: list[ReadingRow] = []
    station = content.station
    if content.rejected and (named := station or topic_place(delivery.topic)[1]):
        taken.refused.add(named)
    if station is None or not content.readings:
        return own
    ends = register.stations[station].stamp_ends
    keys: dict[str, int] = {}
    spoken: dict[int, int] = {}
    day, rows = -DAY_SECONDS, []
    for parameter, at, value, status in content.readings:
        key = keys.get(parameter)
        if key is None:
            key = keys[parameter] = series_ids[Series(station, parameter)]
        if not day < at < day + DAY_SECONDS:  # neighbours mostly share a day
            day = day_of(at, ends)
            rows = taken.rows.setdefault((station, day), [])
        row = (key, at, value, status, raw_id)
        rows.append(row)
        own.append(row)
        if at > spoken.get(key, 0):
            spoken[key] = at
    received = delivery.received_at
    for key, at in spoken.items():
        taken.spoken[key] = max(taken.spoken.get(key, 0), min(at, received))
    observed = [reading.observed_at for reading in content.readings]
    heard = min(max(observed), received)
    taken.arrived.append(Arrived(station, received, max(observed)))
    taken.heard[station] = max(taken.heard.get(station, heard), heard)
    first = min(observed)
    taken.first[station] = min(taken.first.get(station, first), first)
    taken.newest[station] = raw_id
    return own


def _owe_from_first(connection: Connection, register: Register, taken: Taken) -> None:
    """A reading from before a station's first: what came between, on that day, is owed now."""
    for station, first in first_readings(connection, taken.first).items():
        if taken.first[station] < first:
            day = day_of(first, register.stations[station].stamp_ends)
            taken.rows.setdefault((station, day), [])
            taken.owed.add((station, day))


def _spread(
    connection: Connection,
    register: Register,
    series_ids: dict[Series, int],
    taken: Taken,
    today: int,
) -> None:
    """A reading makes due every day whose quality checks look at it, if that day is on record.

    Later days look back as far as a check reaches, the day before a few slots ahead.
    """
    wanted: set[StationDay] = set()
    for (station, day), rows in taken.rows.items():
        if not rows:
            continue
        of = register.stations[station]
        wanted |= days_before(of, day, min(row[1] for row in rows))
        if day < today:  # nothing later is on record of what has just come
            reach = {
                series_ids[Series(station, key)]: e.checks.reach for key, e in of.series.items()
            }
            wanted |= days_after(of, day, max(row[1] + reach[row[0]] for row in rows))
    wanted -= set(taken.rows)
    if wanted:
        for found in on_record(connection, wanted):
            taken.rows[found] = []


def days_before(station: Station, day: int, first: int) -> set[StationDay]:
    """The day whose quality checks look ahead to a reading of `day`, observed at `first`."""
    entries = station.series.values()
    ahead = max(e.checks.ahead * e.interval(local_date(day)) for e in entries)
    return {(station.id, day - DAY_SECONDS)} if first <= day + ahead else set()


def days_after(station: Station, day: int, reaching: int) -> set[StationDay]:
    """The days whose quality checks look back at a reading of `day` that reaches so far."""
    return {(station.id, later) for later in range(day + DAY_SECONDS, reaching + 1, DAY_SECONDS)}


def on_record(connection: Connection, days: set[StationDay]) -> list[StationDay]:
    """Those of some station-days that are on record, in order."""
    stations, at = {station for station, _ in days}, {day for _, day in days}
    marks, times = (", ".join([marked(connection)] * len(some)) for some in (stations, at))
    statement = (
        f"SELECT station, day FROM station_day WHERE station IN ({marks}) AND day IN ({times})"
    )
    return sorted({*plain_rows(connection, statement, (*stations, *at))} & days)


def first_readings(connection: Connection, stations: Collection[str]) -> dict[str, int]:
    """By station, when its earliest reading was observed; those never heard are left out."""
    marks = ", ".join([marked(connection)] * len(stations))
    statement = f"SELECT station, first_at FROM station_state WHERE station IN ({marks})"
    return dict(plain_rows(connection, statement, list(stations))) if stations else {}


def _store_readings(connection: Connection, taken: Taken) -> int:
    """Store what is new of a batch's readings; returns how many are."""
    rows = [row for day in taken.rows.values() for row in day]
    added = insert_new(connection, reading, rows)
    _store_latest(connection, rows)
    states = [(s, taken.first[s], taken.heard[s], newest) for s, newest in taken.newest.items()]
    merge_rows(connection, station_state, ["station"], _STATE, states)
    mark_due(connection, taken.rows, 0)
    return added


_STATE = """
    first_at = CASE WHEN excluded.first_at < station_state.first_at
        THEN excluded.first_at ELSE station_state.first_at END,
    heard = CASE WHEN excluded.heard > station_state.heard
        THEN excluded.heard ELSE station_state.heard END,
    raw = excluded.raw"""
"""Of a station that was heard before: the earliest, the furthest, the newest."""

_LATEST = """at = excluded.at, value = excluded.value, status = excluded.status, raw = excluded.raw
    WHERE excluded.at >= latest.at"""
"""Of a series that was heard before: what is no older than what is there."""


def _store_latest(connection: Connection, rows: Iterable[ReadingRow]) -> None:
    newest: dict[int, ReadingRow] = {}
    for row in rows:
        if row[0] not in newest or row[1:] > newest[row[0]][1:]:
            newest[row[0]] = row
    merge_rows(connection, latest, ["series"], _LATEST, list(newest.values()))


def mark_due(connection: Connection, days: Iterable[StationDay], due: int) -> None:
    """Make station-days due at a plant time (0: at once), keeping what they were judged with."""
    rows = [(station, day, due, NEVER) for station, day in days]
    merge_rows(connection, station_day, ["station", "day"], "due = excluded.due", rows)


def mark_judged(
    connection: Connection, rows: Sequence[tuple[int | None, int, int, int | None, str, int]]
) -> None:
    """Station-days were judged.

    Each is (next due, newest message, newest amendment, kept terms, station, day).
    """
    mark = marked(connection)
    connection.exec_driver_sql(
        f"UPDATE station_day SET due = {mark}, judged_raw = {mark}, "
        f"judged_amendment = {mark}, terms = {mark}, "
        f"rejudgement = NULL WHERE station = {mark} AND day = {mark}",
        list(rows),
    )


def mark_unowed(connection: Connection, days: Sequence[StationDay]) -> None:
    """Station-days that owe nothing under the present register wait for nothing."""
    for station, day in days:
        here = (station_day.c.station == station) & (station_day.c.day == day)
        connection.execute(update(station_day).where(here).values(due=None))


def _store_rejections(append: Append, fresh: Sequence[tuple[Delivery, Decoded, bytes]]) -> None:
    rows = []
    key = next_key(append.connection, rejection)
    for delivery, content, digest in fresh:
        cluster, station = topic_place(delivery.topic)
        for refused in content.rejected:
            row = {
                "id": key,
                "received_at": delivery.received_at,
                "source": delivery.source,
                "topic": delivery.topic,
                "cluster": cluster,
                "station": station,
                "reason": refused.reason,
                "detail": refused.detail,
                "remedy_en": refused.remedy_en,
                "remedy_vi": refused.remedy_vi,
                "index": refused.index,
                "payload": delivery.payload[:KEPT_BYTES],
                "length": len(delivery.payload),
                "hash": digest,
            }
            row["seq"] = append.entry("rejection", key, canonical(row))
            rows.append(row)
            key += 1
    if rows:
        append.connection.execute(rejection.insert(), rows)


def topic_place(topic: str) -> tuple[str | None, str | None]:
    """The cluster and station a topic names, known to us or not: `.../v1/{cluster}/{station}/x`."""
    parts = topic.split("/")
    return (parts[2], parts[3]) if len(parts) >= 5 else (None, None)

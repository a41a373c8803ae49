"""Replay: the same messages through the same pipeline, judged from nothing.

There is no second implementation to disagree with: what differs between a record and its
replay can only be what the design says describes arrival (revisions, ids, silence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Engine, func, select

from rules.model import Series
from rules.parameters import Catalogue
from rules.terms import Terms
from tolich.pipeline import Decode, Pipeline
from tolich.ports import (
    EVERYTHING,
    AlertQuery,
    Decoded,
    Delivery,
    FindingQuery,
    Page,
    Reads,
    Registered,
    Shape,
)
from tolich.store.amendments import write
from tolich.store.intake import StationDay
from tolich.store.ledger import appending
from tolich.store.schema import amendment, head, raw, station_day
from tolich.store.terms import KeptTerms

TOGETHER = 500

Row = dict[str, Any]
"""An amendment as its table has it."""

ARRIVAL = ("revision", "judged_at", "final")
"""What in a finding describes arrival, not judgement."""


def stored_messages(engine: Engine) -> int:
    """How many messages a store holds."""
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(raw)).scalar() or 0)


def stored_deliveries(engine: Engine) -> Iterator[Delivery]:
    """Every message of a store, in the order in which it came."""
    after = 0
    while True:
        query = select(raw).where(raw.c.id > after).order_by(raw.c.id).limit(TOGETHER)
        with engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            yield Delivery("replay", row["topic"], bytes(row["payload"]), row["received_at"])
        if len(rows) < TOGETHER:
            return
        after = rows[-1]["id"]


def recorded_until(engine: Engine) -> int:
    """Plant time of a store's last entry."""
    with engine.connect() as connection:
        return int(connection.execute(select(head.c.at)).scalar() or 0)


def recorded_terms(engine: Engine) -> Callable[[StationDay], tuple[Terms, ...] | None]:
    """What each closed day of a store was judged by, so that its replay judges by the same."""
    kept = KeptTerms()

    def terms(day: StationDay) -> tuple[Terms, ...] | None:
        query = select(station_day.c.terms).where(
            station_day.c.station == day[0], station_day.c.day == day[1]
        )
        with engine.connect() as connection:
            key = connection.execute(query).scalar()
            return None if key is None else kept.of(connection, key)

    return terms


def stored_amendments(engine: Engine) -> list[Row]:
    """Every amendment of a store, in the order of record."""
    query = select(amendment).order_by(amendment.c.id)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def replay_into(
    pipeline: Pipeline,
    deliveries: Iterable[Delivery],
    progress: Callable[[int], None],
    amended: Iterable[Row] = (),
) -> None:
    """Put deliveries and amendments through a pipeline and judge everything they made due.

    Amendments come last: what they say does not depend on when they were entered.
    """
    remaining = iter(deliveries)
    done = 0
    while batch := list(islice(remaining, TOGETHER)):
        pipeline.submit(batch, busy=True)
        done += len(batch)
        progress(done)
    enter_again(pipeline, amended)
    pipeline.tick(None, fill=True)


def enter_again(pipeline: Pipeline, amended: Iterable[Row]) -> None:
    """Put amendments of another store on record; those of series that are gone are left out."""
    stations = pipeline.registered.register.stations
    with appending(pipeline.engine, pipeline.clock.now()) as append:
        for old in amended:
            key = pipeline.series.get(Series(old["station"], old["parameter"]))
            if key is not None and old["station"] in stations:
                own = {"entered_at": append.at, "series": key}
                kept = {name: value for name, value in old.items() if name != "seq"}
                write(append, stations[old["station"]], kept | own)


def as_received(decode: Decode) -> Decode:
    """A decoder that judges each message's times by when it was received, not by the present."""

    def decoder(
        delivery: Delivery, registered: Registered, catalogue: Catalogue, now: int
    ) -> Decoded:
        return decode(delivery, registered, catalogue, min(now, delivery.received_at))

    return decoder


def verdicts(reads: Reads) -> Iterator[Shape]:
    """Findings and alerts of a store without what describes arrival, in one fixed order."""
    found = {
        shape["id"]: shape for shape in _all(lambda c: reads.findings(EVERYTHING, _FINAL, c, 1000))
    }
    for name in sorted(found):
        yield {key: value for key, value in found[name].items() if key not in ARRIVAL}
    alerts = [
        {key: shape[key] for key in _ALERT}
        for shape in _all(lambda c: reads.alerts(EVERYTHING, AlertQuery(), c, 1000))
        if shape["kind"] not in ("silence", "outage", "instrument")
        and shape["state"] != "withdrawn"
    ]
    yield from sorted(alerts, key=lambda shape: [str(value) for value in shape.values()])


_FINAL = FindingQuery(final=True)
_ALERT = ("kind", "station", "parameter", "period", "started_at", "ended_at", "severity", "finding")


def _all(page: Callable[[str | None], Page]) -> Iterator[Shape]:
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        if found.next is None:
            return
        cursor = found.next

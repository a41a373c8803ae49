"""The daily digest: what is open, what happened yesterday, and how much of its data came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from rules.days import DAY_SECONDS, local_date, midnight
from rules.register import Register
from rules.roles import OFFICERS, PLANT_SIDE
from tolich.notify.channel import Language
from tolich.notify.templates import Kind
from tolich.notify.texts import Digest, DigestPlace, about, body
from tolich.store.alerts import ACTIVE, WITHDRAWN
from tolich.store.peopleschema import told
from tolich.store.schema import alert, finding, series
from tolich.store.shapes import alert_shape

HOUR = 7
"""Hour of the local day from which the digest of the day before is sent."""

READERS = OFFICERS | PLANT_SIDE

Titles = Callable[[RowMapping], str]


def digest_due(now: int) -> int | None:
    """The local midnight of the day whose digest is to have been sent; None before the hour."""
    today = midnight(now)
    return today - DAY_SECONDS if now - today >= HOUR * 3600 else None


def had_digest(connection: Connection, account: int, now: int) -> bool:
    """Whether an account had its digest today."""
    query = select(told.c.id).where(
        told.c.account == account, told.c.kind == Kind.DIGEST.value, told.c.at >= midnight(now)
    )
    return connection.execute(query.limit(1)).scalar() is not None


def gathered(
    connection: Connection,
    register: Register,
    plants: frozenset[str] | None,
    day: int,
    language: Language,
    public_url: str,
) -> Digest | None:
    """A day of the plants an account sees; None when there is nothing of them on record."""
    stations = {
        key: one for key, one in register.stations.items() if plants is None or one.plant in plants
    }
    counts = _counts(connection, day)
    rows = list(_alerts(connection, stations, day))

    def title(row: RowMapping) -> str:
        shape = alert_shape(row, stations[row["station"]])
        return body(Kind.RAISED, about(shape, None, register, public_url), language).title

    places = [
        place
        for plant in sorted({one.plant for one in stations.values()})
        if (place := _place(register, plant, stations, rows, counts, day, title)) is not None
    ]
    return Digest(local_date(day), places) if places else None


def _place(
    register: Register,
    plant: str,
    stations: Mapping[str, Any],
    rows: Sequence[RowMapping],
    counts: Mapping[str, tuple[int, int]],
    day: int,
    title: Titles,
) -> DigestPlace | None:
    own = {key for key, one in stations.items() if one.plant == plant}
    here = [row for row in rows if row["station"] in own]
    expected = sum(counts.get(key, (0, 0))[0] for key in own)
    valid = sum(counts.get(key, (0, 0))[1] for key in own)
    if not here and not expected:
        return None
    name = register.plants[plant].name
    simulated = any(stations[key].simulated for key in own)
    is_open = [title(row) for row in here if row["state"] == ACTIVE]
    happened = [title(row) for row in here if row["started_at"] >= day]
    return DigestPlace(name, simulated, is_open, happened, expected, valid)


def _alerts(connection: Connection, stations: Mapping[str, Any], day: int) -> Iterator[RowMapping]:
    """The alerts that are open, or began on a day."""
    began = (alert.c.started_at >= day) & (alert.c.started_at < day + DAY_SECONDS)
    query = select(alert).where(alert.c.state != WITHDRAWN, (alert.c.state == ACTIVE) | began)
    for row in connection.execute(query.order_by(alert.c.id)).mappings():
        if row["station"] in stations:
            yield row


def _counts(connection: Connection, day: int) -> dict[str, tuple[int, int]]:
    """By station, the slots expected and valid on a day."""
    query = (
        select(series.c.station, func.sum(finding.c.expected), func.sum(finding.c.valid))
        .select_from(finding.join(series, series.c.id == finding.c.series))
        .where(finding.c.period == "day", finding.c.start == day, finding.c.superseded.is_(None))
        .group_by(series.c.station)
    )
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for station, expected, valid in connection.execute(query):
        found[station] = (int(expected or 0), int(valid or 0))
    return found

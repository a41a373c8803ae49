"""Samples of an alert: asked for, taken, and what the laboratory found beside the online value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from rules.days import HOUR_SECONDS, rfc3339
from rules.model import HOUR, Parameter, Series, Status, finding_id
from rules.parameters import factor_to_unit
from rules.register import Station
from rules.work import Act
from tolich.ports import Shape
from tolich.store.schema import finding, reading
from tolich.store.shapes import number
from tolich.store.work import Happened

NEAREST = HOUR_SECONDS
"""Seconds around the sampling in which a reading stands for the online value."""


class Online(NamedTuple):
    """What the station said when a sample was taken, exact, in the parameter's unit."""

    value: Fraction
    source: Shape


def samples(
    connection: Connection,
    station: Station,
    keys: Mapping[Series, int],
    record: Sequence[Happened],
) -> list[Shape]:
    """The samples of an alert's record, in the order in which they were asked for or taken."""
    found: list[Shape] = []
    for one in record:
        if one.event.what is Act.REQUEST_SAMPLE:
            found.append(_sample(requested_at=rfc3339(one.event.at)))
        elif one.event.what is Act.TAKE_SAMPLE:
            _taken(found, json.loads(one.row["body"]))
        elif one.event.what is Act.LAB_RESULT:
            _found(connection, station, keys, found, one)
    return found


def _sample(**said: Any) -> Shape:
    return {"bottle": None, "requested_at": None, "taken_at": None, "results": [], **said}


def _taken(found: list[Shape], body: Mapping[str, Any]) -> None:
    """A bottle belongs to the oldest request that has none yet."""
    waiting = next((one for one in found if one["bottle"] is None), None)
    if waiting is None:
        waiting = _sample()
        found.append(waiting)
    waiting |= {"bottle": body["bottle"], "taken_at": body["taken_at"]}


def _found(
    connection: Connection,
    station: Station,
    keys: Mapping[Series, int],
    found: list[Shape],
    one: Happened,
) -> None:
    body = json.loads(one.row["body"])
    sample = next(each for each in found if each["bottle"] == body["bottle"])
    result = {name: body[name] for name in ("parameter", "unit", "lab", "sheet")}
    result |= {
        "value": number(Decimal(body["value"])), "entered_at": rfc3339(one.event.at),
        "online": None, "online_from": None, "deviation": None,
        "attachments": body["attachments"],
    }  # fmt: skip
    series, entry = Series(station.id, body["parameter"]), station.series.get(body["parameter"])
    if entry is not None and series in keys:
        parameter = entry.parameter
        at = int(datetime.fromisoformat(sample["taken_at"]).timestamp())
        online = online_at(connection, series, keys[series], parameter, at)
        result |= compared(online, parameter, Decimal(body["value"]), body["unit"])
    sample["results"].append(result)


def compared(online: Online | None, parameter: Parameter, value: Decimal, unit: str) -> Shape:
    """The online value in the laboratory's unit, and by how much it deviates from it, in %."""
    factor = factor_to_unit(parameter, unit)
    if online is None or factor is None:
        return {}
    lab, own = Fraction(value), online.value / Fraction(factor)
    deviation = None if lab == 0 else (own - lab) / lab * 100
    return {"online": number(own), "online_from": online.source, "deviation": number(deviation)}


def online_at(
    connection: Connection, series: Series, key: int, parameter: Parameter, at: int
) -> Online | None:
    """The mean of the hour in which `at` lies, else the reading nearest to it; None: neither."""
    start = at - at % HOUR_SECONDS
    query = select(finding.c.mean).where(
        finding.c.series == key,
        finding.c.period == HOUR.name,
        finding.c.start == start,
        finding.c.superseded.is_(None),
    )
    mean = connection.execute(query).scalar()
    if mean is not None:
        named = {"kind": "hour", "finding": finding_id(series, HOUR.name, start)}
        return Online(Fraction(mean) * Fraction(parameter.quantum), named)
    nearest = (
        select(reading.c.value, reading.c.at)
        .where(reading.c.series == key, reading.c.status == Status.MEASURING.value)
        .where(reading.c.at.between(at - NEAREST, at + NEAREST))
        .order_by(func.abs(reading.c.at - at), reading.c.at, reading.c.value)
        .limit(1)
    )
    found = connection.execute(nearest).one_or_none()
    if found is None:
        return None
    named = {"kind": "reading", "observed_at": rfc3339(found.at)}
    return Online(Fraction(parameter.decimal(found.value)), named)

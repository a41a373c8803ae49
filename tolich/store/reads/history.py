"""Time travel: alerts as they were on record, and every revision of a finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from rules.model import Change
from tolich.ports import AlertQuery, Page, Scope, Shape
from tolich.store.alerts import alert_key
from tolich.store.cursors import decode, encode
from tolich.store.reads.alerts import AlertReads, concerns
from tolich.store.reads.findings import finding_query, split_finding
from tolich.store.reads.scoped import known_by
from tolich.store.schema import alert, finding, transition
from tolich.store.shapes import finding_shape
from tolich.store.verdicts import finding_of, made_with
from tolich.store.work import works

Row = Mapping[Any, Any]

ARRIVAL = ("revision", "judged_at")
"""What is different in every revision and says nothing."""


class HistoryReads(AlertReads):
    """What was on record at a plant time, and how verdicts came to be what they are."""

    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page:
        """Alerts, newest first; with `as_of` as they were on record at that plant time."""
        if query.as_of is None:
            return super().alerts(scope, query, cursor, limit)
        stations = {s.id for s in self._filtered(scope, query.station, query.cluster)}
        place = tuple(decode(cursor, "alerts", int, int)) if cursor else None
        with self._engine.connect() as connection:
            rows = [
                row
                for row in _alerts_at(connection, stations, query)
                if place is None or (row["started_at"], row["id"]) < place
            ]
            rows.sort(key=lambda row: (row["started_at"], row["id"]), reverse=True)
            shapes = self._alert_shapes(connection, rows[:limit], stations)
        if len(rows) <= limit:
            return Page(shapes)
        last = rows[limit - 1]
        return Page(shapes, encode("alerts", last["started_at"], last["id"]))

    def revisions(self, scope: Scope, finding: str) -> Page | None:
        """Every revision of a finding, oldest first: what changed, and what lay behind it."""
        parts = split_finding(finding)
        station = None if parts is None else self._station(scope, parts[0].station)
        if parts is None or station is None or parts[0].parameter not in station.series:
            return None
        with self._engine.connect() as connection:
            shapes = self._every(connection, *parts)
            causes = _causes(connection, finding.replace(" ", "+"))
        if not shapes:
            return None
        before: list[Shape | None] = [None, *shapes]
        return Page(
            [
                _revision(old, new, causes.get(new["revision"]))
                for old, new in zip(before, shapes, strict=False)
            ]
        )

    def _every(self, connection: Connection, series: Any, period: str, start: int) -> list[Shape]:
        query = finding_query().where(
            finding.c.series == self._series_keys()[series],
            finding.c.period == period,
            finding.c.start == start,
        )
        station = self._registry().register.stations[series.station]
        parameter = station.series[series.parameter].parameter
        shapes = []
        for row in connection.execute(query.order_by(finding.c.revision)).mappings():
            verdict = finding_of(row, series, row["limit_body"])
            made = made_with(row["version_body"])["engine"]
            shapes.append(finding_shape(verdict, parameter, station, made, row["judged_at"]))
        return shapes


# --- alerts as they were ------------------------------------------------------------------------


def _alerts_at(connection: Connection, stations: set[str], query: AlertQuery) -> Iterator[Row]:
    """The rows of alerts as their last transition by then left them."""
    known = known_by(connection, query.as_of or 0)
    last = (
        select(func.max(transition.c.seq))
        .where(transition.c.seq <= known)
        .where(transition.c.alert.is_not(None))
        .group_by(transition.c.alert)
    )
    then = (
        select(alert, transition.c.after, transition.c.finding.label("about"))
        .select_from(transition.join(alert, alert.c.id == transition.c.alert))
        .where(transition.c.seq.in_(last), concerns(stations))
    )
    if query.kind is not None:
        then = then.where(alert.c.kind == query.kind)
    for row in connection.execute(then).mappings():
        was = _as_left(row)
        wanted = query.state in (None, was["state"]) and was["started_at"] >= (query.since or 0)
        if wanted and _worked(connection, was["id"], query.work, known):
            yield was


def _worked(connection: Connection, key: int, state: str | None, known: int) -> bool:
    """Whether people were so far with an alert, or nobody asks."""
    return state is None or works(connection, [key], known)[key].state == state


def _as_left(row: Row) -> Row:
    """An alert with what a transition kept of it in place of what it is now."""
    kept = json.loads(row["after"])
    times = {
        name: None if kept[name] is None else int(datetime.fromisoformat(kept[name]).timestamp())
        for name in ("started_at", "ended_at")
    }
    other = {
        name: alert_key(kept[name]) if name in kept else None for name in ("merged_into", "part_of")
    }
    state = {"state": kept["state"], "severity": kept["severity"], "finding": row["about"]}
    return {**row, **times, **other, **state}


# --- revisions ------------------------------------------------------------------------------------


def _causes(connection: Connection, name: str) -> dict[int, Shape]:
    """The cause on record of each later revision of a finding."""
    query = select(transition.c.after, transition.c.cause).where(
        transition.c.finding == name,
        transition.c.change == Change.AMENDED.value,
        transition.c.alert.is_(None),
    )
    return {
        json.loads(after)["revision"]: json.loads(cause)
        for after, cause in connection.execute(query)
    }


def _revision(old: Shape | None, new: Shape, cause: Shape | None) -> Shape:
    """One revision: the verdict, what is different from the one before, and why."""
    told = ("revision", "judged_at", "outcome", "reason", "mean", "unit", "final", "engine")
    changed = {} if old is None else _changed(_flat(old), _flat(new))
    return {name: new[name] for name in told} | {"changed": changed, "cause": cause}


def _flat(shape: Shape) -> Shape:
    """A finding's fields, those of its counts and its limit dotted."""
    flat: Shape = {}
    for name, value in shape.items():
        inner = value if isinstance(value, dict) else None
        flat |= {name: value} if inner is None else {f"{name}.{k}": v for k, v in inner.items()}
    return flat


def _changed(old: Shape, new: Shape) -> Shape:
    names = [name for name in {**old, **new} if name not in ARRIVAL]
    return {
        name: {"before": old.get(name), "after": new.get(name)}
        for name in names
        if old.get(name) != new.get(name)
    }

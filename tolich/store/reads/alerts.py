"""Alerts, transitions and rejections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select

from rules.days import local_date
from rules.instruments import Subject
from rules.model import ENGINE, AlertKind
from rules.permit import limit_for
from tolich.ports import AlertQuery, Page, Scope, Shape
from tolich.store.alerts import alert_key
from tolich.store.cursors import decode, encode
from tolich.store.lawshapes import paper_shape
from tolich.store.reads.findings import FindingReads
from tolich.store.reads.scoped import before
from tolich.store.reads.trouble import trouble_why
from tolich.store.schema import alert, alert_work, rejection, transition
from tolich.store.shapes import alert_shape, limit_shape, rejection_shape, transition_shape


class AlertReads(FindingReads):
    """Alerts with their history; they are explained by the findings that raised them."""

    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page:
        """Alerts, newest first."""
        stations = {s.id for s in self._filtered(scope, query.station, query.cluster)}
        place = (alert.c.started_at, alert.c.id)
        wanted = select(alert).where(concerns(stations)).limit(limit + 1)
        for column, value in ((alert.c.state, query.state), (alert.c.kind, query.kind)):
            if value is not None:
                wanted = wanted.where(column == value)
        if query.since is not None:
            wanted = wanted.where(alert.c.started_at >= query.since)
        if query.work is not None:
            there = select(alert_work.c.alert).where(alert_work.c.state == query.work)
            wanted = wanted.where(alert.c.id.in_(there))
        if cursor:
            wanted = wanted.where(before(place, decode(cursor, "alerts", int, int)))
        wanted = wanted.order_by(*(column.desc() for column in place))
        with self._engine.connect() as connection:
            rows = list(connection.execute(wanted).mappings())
            shapes = self._alert_shapes(connection, rows[:limit], stations)
        if len(rows) <= limit:
            return Page(shapes)
        last = rows[limit - 1]
        return Page(shapes, encode("alerts", last["started_at"], last["id"]))

    def alert(self, scope: Scope, alert: str) -> Shape | None:
        """One alert."""
        return self._seen(scope, alert)[1]

    def alert_why(self, scope: Scope, alert: str) -> Shape | None:
        """Why an alert stands: the finding that raised it, explained, and its own history."""
        row, shape = self._seen(scope, alert)
        if row is None or shape is None:
            return None
        query = select(transition).where(transition.c.alert == row["id"])
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(transition.c.seq)).mappings()
            history = [transition_shape(one, self._registry().register) for one in rows]
        why = self.finding_why(scope, row["finding"]) if row["finding"] else None
        base = why or self._trouble_why(shape, history)
        return base | {"alert": shape, "transitions": [_under(one, shape) for one in history]}

    def _trouble_why(self, shape: Shape, history: Sequence[Shape]) -> Shape:
        register = self._registry().register
        station = register.stations[shape["station"]]
        told = trouble_why(shape, history, station.name)
        # Nothing was judged by a regulation; this is the program that tells it.
        told |= {"permit": None, "versions": {"engine": ENGINE}}
        begun = int(datetime.fromisoformat(shape["started_at"]).timestamp())
        permit = register.permit(station.plant, local_date(begun))
        if permit is None or shape["subject"] != Subject.RANGE:
            return told
        parameter = station.series[shape["parameter"]].parameter
        limit = limit_for(permit, parameter, self._registry().regulations)
        return told | {"permit": paper_shape(permit), "limit": limit_shape(limit)}

    def _seen(self, scope: Scope, name: str) -> tuple[Any, Shape | None]:
        """An alert's row and its shape, as far as a scope may see it."""
        key = alert_key(name)
        if key is None:
            return None, None
        visible = self._visible(scope)
        with self._engine.connect() as connection:
            query = select(alert).where(alert.c.id == key, concerns(visible))
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None, None
            return row, self._alert_shapes(connection, [row], visible)[0]

    def _alert_shapes(
        self, connection: Connection, rows: Sequence[Mapping[Any, Any]], visible: set[str]
    ) -> list[Shape]:
        """Alerts as some stations show them: an outage names those of its members alone."""
        of = members_of(connection, [row["id"] for row in rows if row["kind"] == AlertKind.OUTAGE])
        stations = self._registry().register.stations
        shapes = []
        for row in rows:
            members = sorted(of.get(row["id"], set()) & visible)
            own = row["station"] if row["station"] in visible else members[0]
            shape = alert_shape(row, stations[own])
            shapes.append(shape | {"members": members} if row["id"] in of else shape)
        return shapes

    def transitions(self, scope: Scope, after: int, limit: int) -> Page:
        """Transitions with seq > after, oldest first."""
        query = select(transition).where(transition.c.seq > after)
        everything = scope.clusters is None and scope.plants is None
        visible: set[str] = set() if everything else self._visible(scope)
        if not everything:
            seen = transition.c.station.in_(visible) | transition.c.alert.in_(_outages_of(visible))
            query = query.where(seen)
        query = query.order_by(transition.c.seq).limit(limit + 1)
        with self._engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
            shapes = [transition_shape(row, self._registry().register) for row in rows[:limit]]
            if not everything:
                shapes = self._as_seen(connection, rows, shapes, visible)
        return Page(shapes, str(rows[limit - 1]["seq"]) if len(rows) > limit else None)

    def _as_seen(
        self,
        connection: Connection,
        rows: Sequence[RowMapping],
        shapes: Sequence[Shape],
        visible: set[str],
    ) -> list[Shape]:
        """Outages filed under a station that may not be seen, under one that may."""
        hidden = {row["alert"] for row in rows if row["station"] not in visible}
        members = members_of(connection, sorted(hidden))
        stations = self._registry().register.stations
        found = []
        for row, shape in zip(rows, shapes, strict=False):
            if row["alert"] in hidden:
                station = stations[min(members[row["alert"]] & visible)]
                own = {"station": station.id, "cluster": station.cluster}
                shape = shape | own | {"simulated": station.simulated}
            found.append(shape)
        return found

    def rejected(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        """Rejections, newest first. What names no registered station is seen by all-seers only."""
        query = select(rejection)
        if scope.clusters is not None or scope.plants is not None:
            query = query.where(rejection.c.station.in_(self._visible(scope)))
        if station is not None:
            query = query.where(rejection.c.station == station)
        if cursor:
            query = query.where(rejection.c.id < int(decode(cursor, "rejected", int)[0]))
        query = query.order_by(rejection.c.id.desc()).limit(limit + 1)
        with self._engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
        shapes = [rejection_shape(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Page(shapes, encode("rejected", rows[limit - 1]["id"]) if more else None)


def concerns(stations: set[str]) -> ColumnElement[bool]:
    """Alerts of some stations, and the outages that any of them is part of."""
    return alert.c.station.in_(stations) | alert.c.id.in_(_outages_of(stations))


def _outages_of(stations: set[str]) -> Select[tuple[int]]:
    parts = alert.alias("parts")
    return select(parts.c.part_of).where(parts.c.station.in_(stations), parts.c.part_of > 0)


def members_of(connection: Connection, outages: Sequence[int]) -> dict[int, set[str]]:
    """The stations that were ever part of each outage; the one it is filed under is one."""
    query = select(alert.c.part_of, alert.c.station).where(alert.c.part_of.in_(outages))
    found: dict[int, set[str]] = {outage: set() for outage in outages}
    for outage, station in connection.execute(query):
        found[outage].add(station)
    return found


def _under(told: Shape, shape: Shape) -> Shape:
    """A transition of an outage under the station through which the alert is seen."""
    return told | {"station": shape["station"], "cluster": shape["cluster"]}

"""Alerts, transitions and rejections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from tolich.ports import AlertQuery, Page, Scope, Shape
from tolich.store.alerts import alert_key
from tolich.store.cursors import decode, encode
from tolich.store.reads.findings import FindingReads
from tolich.store.reads.scoped import before
from tolich.store.schema import alert, rejection, transition
from tolich.store.shapes import alert_shape, rejection_shape, transition_shape


class AlertReads(FindingReads):
    """Alerts with their history; they are explained by the findings that raised them."""

    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page:
        """Alerts, newest first."""
        stations = {s.id for s in self._filtered(scope, query.station, query.cluster)}
        place = (alert.c.started_at, alert.c.id)
        wanted = select(alert).where(alert.c.station.in_(stations)).limit(limit + 1)
        for column, value in ((alert.c.state, query.state), (alert.c.kind, query.kind)):
            if value is not None:
                wanted = wanted.where(column == value)
        if query.since is not None:
            wanted = wanted.where(alert.c.started_at >= query.since)
        if cursor:
            wanted = wanted.where(before(place, decode(cursor, "alerts", int, int)))
        wanted = wanted.order_by(*(column.desc() for column in place))
        with self._engine.connect() as connection:
            rows = list(connection.execute(wanted).mappings())
        register = self._registry().register
        shapes = [alert_shape(row, register.stations[row["station"]]) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(shapes)
        last = rows[limit - 1]
        return Page(shapes, encode("alerts", last["started_at"], last["id"]))

    def alert(self, scope: Scope, alert: str) -> Shape | None:
        """One alert."""
        row = self._alert_row(scope, alert)
        stations = self._registry().register.stations
        return None if row is None else alert_shape(row, stations[row["station"]])

    def alert_why(self, scope: Scope, alert: str) -> Shape | None:
        """Why an alert stands: the finding that raised it, explained, and its own history."""
        row = self._alert_row(scope, alert)
        if row is None:
            return None
        shape = alert_shape(row, self._registry().register.stations[row["station"]])
        query = select(transition).where(transition.c.alert == row["id"])
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(transition.c.seq)).mappings()
            history = [transition_shape(one, self._registry().register) for one in rows]
        why = self.finding_why(scope, row["finding"]) if row["finding"] else None
        base = why or _silence_why(shape, history)
        return base | {"alert": shape, "transitions": history}

    def _alert_row(self, scope: Scope, name: str) -> Any:
        key = alert_key(name)
        if key is None:
            return None
        with self._engine.connect() as connection:
            query = select(alert).where(alert.c.id == key)
            row = connection.execute(query).mappings().one_or_none()
        return row if row is not None and row["station"] in self._visible(scope) else None

    def transitions(self, scope: Scope, after: int, limit: int) -> Page:
        """Transitions with seq > after, oldest first."""
        query = select(transition).where(transition.c.seq > after)
        if scope.clusters is not None or scope.plants is not None:
            query = query.where(transition.c.station.in_(self._visible(scope)))
        query = query.order_by(transition.c.seq).limit(limit + 1)
        with self._engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
        shapes = [transition_shape(row, self._registry().register) for row in rows[:limit]]
        return Page(shapes, str(rows[limit - 1]["seq"]) if len(rows) > limit else None)

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


def _silence_why(shape: Shape, history: Sequence[Shape]) -> Shape:
    """A silence has no finding: its explanation is since when nothing was heard."""
    since = shape["started_at"]
    return {
        "summary": {
            "vi": f"Trạm {shape['station']} không gửi số liệu từ {since}.",
            "en": f"Station {shape['station']} has sent nothing since {since}.",
        },
        "formula": "now - max(min(observed, received), connected since) >= the ladder's rung",
        "limit": None,
        "window": {"start": since, "end": shape["ended_at"]},
        "readings": [],
        "versions": {},
    }

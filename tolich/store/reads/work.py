"""Alerts with what people did about them: their work, actions and samples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from rules.model import AlertKind
from rules.roles import PLANT_SIDE
from tolich.ports import AlertQuery, Page, Scope, Shape
from tolich.store import attachments
from tolich.store.alerts import alert_key, public_id
from tolich.store.cursors import decode, encode
from tolich.store.planned import Plan, plans
from tolich.store.reads.alerts import members_of
from tolich.store.reads.history import HistoryReads
from tolich.store.reads.scoped import known_by
from tolich.store.samples import samples
from tolich.store.schema import action
from tolich.store.work import Happened, history, works
from tolich.store.workshapes import action_shape, plan_shape, work_shape
from tolich.workports import Kept


class WorkReads(HistoryReads):
    """What people did about alerts, as far as a scope may see them."""

    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page:
        """Alerts, newest first, each with how far people are with it."""
        page = super().alerts(scope, query, cursor, limit)
        with self._engine.connect() as connection:
            until = None if query.as_of is None else known_by(connection, query.as_of)
            return Page(self._with_work(connection, page.items, until), page.next)

    def alert(self, scope: Scope, alert: str) -> Shape | None:
        """One alert with its work, everything done about it, and its samples."""
        _, shape = self._seen(scope, alert)
        if shape is None:
            return None
        with self._engine.connect() as connection:
            record = self._record(connection, shape)
            (worked,) = self._with_work(connection, [shape])
            station = self._registry().register.stations[shape["station"]]
            taken = samples(connection, station, self._series_keys(), record)
        acts = [action_shape(one.row) for one in record if "act" in one.row]
        return worked | {"actions": acts, "samples": taken, "camera": station.camera}

    def actions(self, scope: Scope, alert: str) -> Page | None:
        """Everything done about an alert, oldest first."""
        _, shape = self._seen(scope, alert)
        if shape is None:
            return None
        with self._engine.connect() as connection:
            record = self._record(connection, shape)
        return Page([action_shape(one.row) for one in record if "act" in one.row])

    def attachment(self, scope: Scope, attachment: int) -> Kept | None:
        """A file of an act; None where the act may not be seen."""
        with self._engine.connect() as connection:
            of = attachments.action_of(connection, attachment)
            query = select(action.c.alert).where(action.c.id == of)
            key = connection.execute(query).scalar()
            acts = None if key is None else self.actions(scope, public_id(key))
            if acts is None or of not in {one["id"] for one in acts.items}:
                return None
            return attachments.read(connection, attachment)

    def plans(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        """Announcements, newest first."""
        stations = {one.id: one for one in self._filtered(scope, station, None)}
        before = decode(cursor, "planned", int)[0] if cursor else None
        with self._engine.connect() as connection:
            found = plans(connection, stations)[::-1]
        some = [plan for plan in found if before is None or plan.id < int(before)]
        now = self._clock.now()
        shapes = [plan_shape(plan, stations[plan.station], now) for plan in some[:limit]]
        return Page(shapes, encode("planned", some[limit - 1].id) if len(some) > limit else None)

    def plan(self, scope: Scope, key: int) -> Plan | None:
        """One announcement of a station that may be seen."""
        with self._engine.connect() as connection:
            found = plans(connection, self._visible(scope))
        return next((plan for plan in found if plan.id == key), None)

    def _record(self, connection: Connection, shape: Shape) -> list[Happened]:
        """An alert's record. Of an outage of several plants, what one of them said is its own."""
        key = alert_key(shape["id"]) or 0
        record = history(connection, key)
        if shape["kind"] != AlertKind.OUTAGE:
            return record
        if members_of(connection, [key])[key] <= set(shape["members"]):
            return record
        return [one for one in record if one.row.get("role") not in set(PLANT_SIDE)]

    def _with_work(
        self, connection: Connection, shapes: Sequence[Shape], until: int | None = None
    ) -> list[Shape]:
        keys = [alert_key(shape["id"]) or 0 for shape in shapes]
        known = works(connection, keys, until)
        names = _names(connection, keys)
        announced = plans(connection, {shape["station"] for shape in shapes})
        now = self._clock.now()
        found = []
        for key, shape in zip(keys, shapes, strict=True):
            plan = next((p for p in announced if _fell_into(shape, p, now)), None)
            work = known.get(key)
            told = None if work is None else work_shape(work, names, None if not plan else plan.id)
            found.append(shape | {"work": told})
        return found


def _names(connection: Connection, keys: Collection[int]) -> dict[int, str]:
    query = select(action.c.account, action.c.name).where(action.c.alert.in_(keys)).distinct()
    return {account: name for account, name in connection.execute(query)}


def _fell_into(shape: Shape, plan: Plan, now: int) -> bool:
    """Whether an alert's interval met an announced plan that has begun."""
    if shape["kind"] == AlertKind.OUTAGE or plan.start > now:
        return False
    start = _seconds(shape["started_at"])
    end = now if shape["ended_at"] is None else _seconds(shape["ended_at"])
    return plan.covers((shape["station"], shape["parameter"])) and plan.during(start, end)


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())

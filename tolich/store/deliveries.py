"""Notifications for those who look them up: their own, or with the right to it, of their plants."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import ColumnElement, Engine, RowMapping, or_, select

from rules.days import rfc3339
from rules.roles import Right
from tolich.ports import Caller, NotificationQuery, Page, Registered, Scope, Shape
from tolich.store.alerts import alert_key, public_id
from tolich.store.cursors import decode, encode
from tolich.store.peopleschema import notification
from tolich.store.schema import alert


class StoreDeliveries:
    """The `Deliveries` port."""

    def __init__(self, engine: Engine, registry: Callable[[], Registered]) -> None:
        self._engine = engine
        self._registry = registry

    def notifications(
        self, caller: Caller, query: NotificationQuery, cursor: str | None, limit: int
    ) -> Page:
        """Newest first, those that the caller may see."""
        of = notification.c
        wanted = select(notification).where(self._visible(caller), *_asked(query))
        if cursor:
            wanted = wanted.where(of.id < int(decode(cursor, "notifications", int)[0]))
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(of.id.desc()).limit(limit + 1)).mappings()
            found = list(rows)
        some = found[:limit]
        more = len(found) > limit
        return Page(
            [notification_shape(row) for row in some],
            encode("notifications", some[-1]["id"]) if more else None,
        )

    def _visible(self, caller: Caller) -> ColumnElement[bool]:
        """Its own; with the right to it, those about alerts of the plants it sees.

        What is about no single alert (digests, grouped messages) names several plants: others
        than its receiver see it only when they see every plant.
        """
        of, scope = notification.c, caller.scope
        own: ColumnElement[bool] = of.account == caller.account
        if Right.DELIVERIES not in caller.rights:
            return own
        if scope == Scope():
            return of.id.is_not(None)
        stations = [
            station.id
            for station in self._registry().register.stations.values()
            if scope.sees(station.cluster, station.plant)
        ]
        seen = select(alert.c.id).where(alert.c.station.in_(stations))
        return or_(own, of.alert.in_(seen))


def _asked(query: NotificationQuery) -> list[ColumnElement[bool]]:
    of = notification.c
    asked = {"state": query.state, "channel": query.channel, "kind": query.kind}
    wanted: list[ColumnElement[bool]] = [
        of[name] == value for name, value in asked.items() if value is not None
    ]
    if query.alert is not None:
        wanted.append(of.alert == (alert_key(query.alert) or -1))
    return wanted


def notification_shape(row: RowMapping) -> Shape:
    """A notification as the contract spells it."""
    body = json.loads(row["body"])
    return {
        "id": row["id"],
        "created_at": rfc3339(row["created_at"]),
        "alert": None if row["alert"] is None else public_id(row["alert"]),
        "kind": row["kind"],
        "account": row["account"],
        "channel": row["channel"],
        "address": row["address"],
        "language": row["language"],
        "severity": row["severity"],
        "title": body["title"],
        "link": body["link"],
        "key": row["key"],
        "state": row["state"],
        "attempts": row["attempts"],
        "not_before": _time(row["not_before"]),
        "next_at": _time(row["next_at"]) if row["state"] == "pending" else None,
        "sent_at": _time(row["sent_at"]),
        "receipt": row["receipt"],
        "error": row["error"],
        "merged_into": row["merged_into"],
    }


def _time(at: int | None) -> str | None:
    return rfc3339(at) if at else None

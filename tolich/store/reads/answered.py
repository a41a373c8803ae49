"""How soon alerts were answered, and how much people were told: for both sides to see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from rules.alarmload import load, quantile
from rules.days import rfc3339
from rules.roles import Right
from tolich.ports import Caller, Page, Scope, Shape
from tolich.store.peopleschema import told
from tolich.store.reads.work import WorkReads
from tolich.store.schema import alert, alert_work
from tolich.store.work import read_work

USUAL_STRETCH = 30 * 86400
"""Seconds before now that are looked at where nobody says otherwise."""

STEPS = ("received", "explained", "closed")


class AnsweredReads(WorkReads):
    """Response times and alarm load."""

    def responses(
        self, scope: Scope, cluster: str | None, start: int | None, end: int | None
    ) -> Page:
        """By cluster and severity, how soon alerts raised in [start, end) were answered."""
        first, last = self._stretch(start, end)
        stations = {one.id: one for one in self._filtered(scope, None, cluster)}
        query = (
            select(alert.c.station, alert.c.severity, alert_work.c.body)
            .select_from(alert_work.join(alert, alert.c.id == alert_work.c.alert))
            .where(alert.c.station.in_(stations))
        )
        found: dict[tuple[str, str], list[Any]] = defaultdict(list)
        with self._engine.connect() as connection:
            for station, severity, body in connection.execute(query):
                of = read_work(body)
                if first <= of.raised_at < last:
                    found[stations[station].cluster, severity].append(of)
        return Page(
            [
                {"cluster": of, "severity": severity, "from": rfc3339(first), "to": rfc3339(last)}
                | _answered(works)
                for (of, severity), works in sorted(found.items())
            ]
        )

    def alarm_load(self, caller: Caller, start: int | None, end: int | None) -> Page:
        """What each person was told in [start, end); others than oneself by all-seers only."""
        first, last = self._stretch(start, end)
        query = select(told.c.name, told.c.role, told.c.at).where(
            told.c.at >= first, told.c.at < last, told.c.alert.is_not(None)
        )
        if not (Right.DELIVERIES in caller.rights and caller.scope == Scope()):
            query = query.where(told.c.account == caller.account)
        people: dict[tuple[str, str], list[int]] = defaultdict(list)
        with self._engine.connect() as connection:
            for name, role, at in connection.execute(query):
                people[name, role].append(at)
        span = {"from": rfc3339(first), "to": rfc3339(last)}
        return Page(
            [
                {"account": name, "role": role} | span | _load(times, first, last)
                for (name, role), times in sorted(people.items())
            ]
        )

    def _stretch(self, start: int | None, end: int | None) -> tuple[int, int]:
        last = self._clock.now() + 1 if end is None else end
        return (last - USUAL_STRETCH if start is None else start), last


def _answered(works: Sequence[Any]) -> Shape:
    shape: Shape = {"alerts": len(works)}
    for step in STEPS:
        name = {"received": "received_at", "explained": "explained_at", "closed": "closed_at"}[step]
        after = [getattr(of, name) - of.raised_at for of in works if getattr(of, name) is not None]
        shape[step] = {
            "count": len(after), "median": quantile(after, 0.5), "p90": quantile(after, 0.9),
        }  # fmt: skip
    return shape


def _load(times: Sequence[int], first: int, last: int) -> Shape:
    found = load(times, first, last)
    return {
        "told": found.told,
        "most_in_ten_minutes": found.most,
        "floods": found.floods,
        "per_ten_minutes": round(found.told / found.windows, 4),
        "manageable": found.manageable,
    }

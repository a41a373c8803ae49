"""Stations at a glance: their newest readings beside today's limit and the last day's hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, select

from rules.days import DAY_SECONDS, HOUR_SECONDS, local_date, rfc3339
from rules.model import DAY, HOUR, Finding, Parameter
from rules.permit import Permit, limit_for
from rules.register import Station
from tolich.ports import Scope, Shape
from tolich.sights import Heard
from tolich.store.reads.stations import StationReads
from tolich.store.schema import finding, limit, station_state
from tolich.store.shapes import alert_shape, limit_shape, mean_shown, ratio_shown
from tolich.store.verdicts import finding_of

HOURS = 24 * HOUR_SECONDS
"""How far back a card shows hours."""

_COUNTS = (
    "expected",
    "received",
    "valid",
    "calibrating",
    "faulty",
    "failed",
    "unknown",
    "conflicting",
)
_BACK = {HOUR.name: HOURS + HOUR_SECONDS, DAY.name: 3 * DAY_SECONDS}


class SightReads(StationReads):
    """What the console shows of stations."""

    def heard(self, scope: Scope, after: int) -> Heard:
        """Which stations sent something after a message."""
        query = select(station_state.c.station, station_state.c.raw).where(
            station_state.c.raw > after
        )
        with self._engine.connect() as connection:
            rows = list(connection.execute(query))
        visible = self._visible(scope)
        upto = max((raw for _, raw in rows), default=after)
        return Heard(upto, frozenset(station for station, _ in rows if station in visible))

    def sights(self, scope: Scope, stations: Collection[str] | None) -> list[Shape]:
        """Stations by id, with what a card shows of them."""
        register = self._registry().register
        visible = self._visible(scope)
        wanted = visible if stations is None else visible & set(stations)
        found = [register.stations[name] for name in sorted(wanted)]
        with self._engine.connect() as connection:
            shapes = self._station_shapes(connection, found)
            active = self._active_alerts(connection, [station.id for station in found])
            judged = self._judged_lately(connection, found)
        return [
            shape
            | self._beside(station, active.get(station.id, []))
            | self._measured(station, shape, judged)
            for station, shape in zip(found, shapes, strict=True)
        ]

    def _beside(self, station: Station, active: Iterable[Mapping[Any, Any]]) -> Shape:
        register = self._registry().register
        plant = register.plants[station.plant]
        return {
            "ward": register.clusters[station.cluster].ward,
            "capacity": float(plant.capacity),
            "contacts": [
                {"role": one.role, "name": one.name, "phone": one.phone} for one in plant.contacts
            ],
            "alerts": [alert_shape(row, station) for row in active],
        }

    def _measured(
        self, station: Station, shape: Shape, judged: Mapping[tuple[str, str, str], list[Shape]]
    ) -> Shape:
        """The parameters of a station's shape, each with its limit and its latest findings."""
        day = local_date(self._clock.now())
        permit = self._registry().register.permit(station.plant, day)
        return {
            "parameters": [
                one
                | {
                    "limit": self._limit(permit, station.entry(one["parameter"]).parameter),
                    "hours": judged.get((station.id, one["parameter"], HOUR.name), []),
                    "day": _last(judged.get((station.id, one["parameter"], DAY.name))),
                }
                for one in shape["parameters"]
            ]
        }

    def _limit(self, permit: Permit | None, parameter: Parameter) -> Shape | None:
        if permit is None:
            return None
        return limit_shape(limit_for(permit, parameter, self._registry().regulations))

    def _judged_lately(
        self, connection: Connection, stations: Iterable[Station]
    ) -> dict[tuple[str, str, str], list[Shape]]:
        """Closed hours and days, oldest first, by station, parameter and period."""
        known = {station.id: station for station in stations}
        names, now = self._series_of(known.values(), None), self._clock.now()
        found: dict[tuple[str, str, str], list[Shape]] = {}
        for period, back in _BACK.items():
            query = _closed(names, period).where(finding.c.start >= now - back)
            for row in connection.execute(query).mappings():
                series = names[row["series"]]
                parameter = known[series.station].entry(series.parameter).parameter
                place = (series.station, series.parameter, period)
                verdict = finding_of(row, series, row["limit_body"])
                found.setdefault(place, []).append(_brief(verdict, parameter))
        return found

    def closed(
        self, scope: Scope, station: str, period: str, start: int, end: int
    ) -> dict[str, list[Shape]] | None:
        """Closed periods of a station by parameter, oldest first."""
        found = self._station(scope, station)
        if found is None:
            return None
        names = self._series_of([found], None)
        query = _closed(names, period).where(finding.c.start >= start, finding.c.start < end)
        told: dict[str, list[Shape]] = {series.parameter: [] for series in names.values()}
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                series = names[row["series"]]
                verdict = finding_of(row, series, row["limit_body"])
                parameter = found.entry(series.parameter).parameter
                told[series.parameter].append(_brief(verdict, parameter) | _beside(verdict))
        return told


def _last(found: list[Shape] | None) -> Shape | None:
    return found[-1] if found else None


def _closed(names: Collection[int], period: str) -> Select[Any]:
    """The present revisions of closed periods of some series, oldest first."""
    return (
        select(finding, limit.c.body.label("limit_body"))
        .select_from(finding.outerjoin(limit, limit.c.id == finding.c.limit))
        .where(
            finding.c.series.in_(list(names)),
            finding.c.period == period,
            finding.c.superseded.is_(None),
        )
        .order_by(finding.c.start)
    )


def _beside(verdict: Finding) -> Shape:
    return {
        "end": rfc3339(verdict.end),
        "limit": limit_shape(verdict.limit),
        "revision": verdict.revision,
    }


def _brief(verdict: Finding, parameter: Parameter) -> Shape:
    high = None if verdict.limit is None else verdict.limit.high
    return {
        "id": verdict.id,
        "start": rfc3339(verdict.start),
        "outcome": str(verdict.outcome),
        "reason": str(verdict.reason),
        "mean": mean_shown(verdict.mean, parameter),
        "ratio": ratio_shown(verdict.mean, high, parameter),
        "counts": {name: getattr(verdict.counts, name) for name in _COUNTS},
    }

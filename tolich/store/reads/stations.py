"""Stations and their readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from rules.days import local_date, rfc3339
from rules.model import Parameter, Series
from rules.register import Register, Station
from tolich.ports import Page, Scope, Shape
from tolich.store.cursors import decode, encode
from tolich.store.reads.scoped import Scoped, before
from tolich.store.schema import alert, latest, raw, reading, station_state
from tolich.store.shapes import number, status_code


class StationReads(Scoped):
    """Stations by id, and what they measured."""

    def stations(self, scope: Scope, cursor: str | None, limit: int) -> Page:
        """Stations by id."""
        after = str(decode(cursor, "stations", str)[0]) if cursor else ""
        register = self._registry().register
        seen = sorted(s for s in self._visible(scope) if s > after)
        some = seen[:limit]
        with self._engine.connect() as connection:
            shapes = self._station_shapes(connection, [register.stations[s] for s in some])
        return Page(shapes, encode("stations", some[-1]) if len(seen) > limit else None)

    def station(self, scope: Scope, station: str) -> Shape | None:
        """One station with its newest readings."""
        found = self._station(scope, station)
        if found is None:
            return None
        with self._engine.connect() as connection:
            return self._station_shapes(connection, [found])[0]

    def _station_shapes(self, connection: Connection, stations: Sequence[Station]) -> list[Shape]:
        keys, register = self._series_keys(), self._registry().register
        wanted = {keys[Series(s.id, p)]: (s.id, p) for s in stations for p in s.series}
        newest: dict[tuple[str, str], Any] = {}
        query = select(latest).where(latest.c.series.in_(list(wanted)))
        for row in connection.execute(query).mappings():
            newest[wanted[row["series"]]] = row
        names = [station.id for station in stations]
        states = select(station_state.c.station, station_state.c.heard).where(
            station_state.c.station.in_(names)
        )
        heard = {station: at for station, at in connection.execute(states)}
        active = self._active_alerts(connection, names)
        return [
            self._station_shape(register, s, newest, heard.get(s.id), active.get(s.id, []))
            for s in stations
        ]

    def _active_alerts(
        self, connection: Connection, stations: Sequence[str]
    ) -> dict[str, list[Any]]:
        query = select(alert).where(alert.c.state == "active", alert.c.station.in_(stations))
        found: dict[str, list[Any]] = {}
        for row in connection.execute(query).mappings():
            found.setdefault(row["station"], []).append(row)
        return found

    def _station_shape(
        self,
        register: Register,
        station: Station,
        newest: dict[tuple[str, str], Any],
        heard: int | None,
        active: list[Any],
    ) -> Shape:
        now = self._clock.now()
        plant = register.plants[station.plant]
        interval = min(entry.interval(local_date(now)) for entry in station.series.values())
        silent = heard is None or now - heard >= max(600, 2 * interval)
        return {
            "id": station.id,
            "name": station.name,
            "plant": station.plant,
            "plant_name": plant.name,
            "cluster": station.cluster,
            "cluster_name": register.clusters[station.cluster].name,
            "state": station_word(silent, active),
            "last_heard": None if heard is None else rfc3339(heard),
            "interval": interval,
            "timestamp_means": "end" if station.stamp_ends else "start",
            "active_alerts": len(active),
            "simulated": station.simulated,
            "parameters": [
                self._latest_shape(entry.parameter, newest.get((station.id, key)))
                for key, entry in station.series.items()
            ],
        }

    def _latest_shape(self, parameter: Parameter, row: Any) -> Shape:
        return {
            "parameter": parameter.key,
            "name": {"vi": parameter.name_vi, "en": parameter.name_en},
            "unit": parameter.unit,
            "value": None if row is None else number(parameter.decimal(row["value"])),
            "status": None if row is None else status_code(row["status"]),
            "observed_at": None if row is None else rfc3339(row["at"]),
        }

    def readings(
        self,
        scope: Scope,
        station: str,
        parameter: str | None,
        start: int | None,
        end: int | None,
        cursor: str | None,
        limit: int,
    ) -> Page | None:
        """Readings of a station, newest first; `start` inclusive, `end` exclusive."""
        found = self._station(scope, station)
        if found is None:
            return None
        keys = self._series_keys()
        wanted = [p for p in found.series if parameter is None or p == parameter]
        names = {keys[Series(station, p)]: found.series[p].parameter for p in wanted}
        place = (reading.c.at, reading.c.series, reading.c.value, reading.c.status)
        query = (
            select(reading, raw.c.received_at, raw.c.source)
            .select_from(reading.join(raw, raw.c.id == reading.c.raw))
            .where(reading.c.series.in_(list(names)))
            .order_by(*(column.desc() for column in place))
            .limit(limit + 1)
        )
        if start is not None:
            query = query.where(reading.c.at >= start)
        if end is not None:
            query = query.where(reading.c.at < end)
        if cursor:
            query = query.where(before(place, decode(cursor, "readings", int, int, int, int)))
        with self._engine.connect() as connection:
            rows = list(connection.execute(query).mappings())
        more = len(rows) > limit
        rows = rows[:limit]
        items = [_reading_shape(row, names[row["series"]], found) for row in rows]
        last = [rows[-1][column.name] for column in place] if more else []
        return Page(items, encode("readings", *last) if more else None)


def station_word(silent: bool, active: Sequence[Any]) -> str:
    """The state of a station in one word, the most pressing first."""
    kinds = {(row["kind"], row["severity"]) for row in active}
    if silent:
        return "no_signal"
    if ("exceedance", "critical") in kinds:  # by a mean that is for an officer
        return "suspected_exceedance"
    if any(kind == "exceedance" for kind, _ in kinds):
        return "early_warning"
    if any(kind == "integrity" for kind, _ in kinds):
        return "awaiting_verification"
    if any(kind == "near" for kind, _ in kinds):
        return "near"
    return "measuring"


def _reading_shape(row: Any, parameter: Parameter, station: Station) -> Shape:
    return {
        "station": station.id,
        "cluster": station.cluster,
        "parameter": parameter.key,
        "observed_at": rfc3339(row["at"]),
        "received_at": rfc3339(row["received_at"]),
        "value": number(parameter.decimal(row["value"])),
        "unit": parameter.unit,
        "status": status_code(row["status"]),
        "source": row["source"],
        "simulated": station.simulated,
    }

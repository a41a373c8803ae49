"""Silence as alerts: timers that fall due raise and climb, and any reading ends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Engine, select

from rules.days import local_date, midnight, rfc3339
from rules.model import AlertKind, Change, Severity
from rules.register import Register, Station
from rules.silence import quiet_since, severity
from tolich.store.alerts import (
    ENDED,
    AlertRow,
    Track,
    change_alert,
    open_alerts,
    raise_alert,
)
from tolich.store.ledger import Append
from tolich.store.schema import station_state


class Silence:
    """Watches how long each station has said nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._heard: dict[str, int] = {}
        self._open: dict[str, AlertRow] = {}
        self.recall()

    def recall(self) -> None:
        """Read again from the store what is known: at start, and after a failed transaction."""
        with self._engine.connect() as connection:
            self._heard = _stored(connection)
            found = open_alerts(connection, AlertKind.SILENCE)
        self._open = {alert.track.station: alert for alert in found}

    def heard(self, append: Append, heard: Mapping[str, int]) -> None:
        """Readings came: a silence that stands ends, even when they are late."""
        for station, at in heard.items():
            if at <= self._heard.get(station, at - 1):
                continue
            self._heard[station] = at
            alert = self._open.pop(station, None)
            if alert is not None:
                ended = replace(alert, state=ENDED, ended_at=append.at)
                cause = {"kind": "reading", "heard": rfc3339(at)}
                change_alert(append, alert, ended, Change.ENDED, cause)

    def catch_up(self, append: Append) -> None:
        """Another process took readings in: who spoke there is not silent either."""
        self.heard(append, _stored(append.connection))

    def due(self, register: Register, connected: int, now: int) -> list[tuple[Station, Severity]]:
        """Stations whose silence must be raised, or has climbed, at `now`."""
        found = []
        for station in register.stations.values():
            reached = self._reached(station, connected, now)
            alert = self._open.get(station.id)
            if reached is not None and (alert is None or _rank(reached) > _rank(alert.severity)):
                found.append((station, reached))
        return found

    def write(self, append: Append, due: list[tuple[Station, Severity]], connected: int) -> None:
        """Raise or climb what is due."""
        for station, reached in due:
            alert = self._open.get(station.id)
            since = quiet_since(self._heard.get(station.id), connected)
            cause = {"kind": "silence", "since": rfc3339(since)}
            if alert is None:
                track = Track(AlertKind.SILENCE, station.id)
                self._open[station.id] = raise_alert(
                    append, track, reached, since, None, None, Change.RAISED, cause
                )
            else:
                climbed = replace(alert, severity=reached)
                self._open[station.id] = change_alert(
                    append, alert, climbed, Change.ESCALATED, cause
                )

    def _reached(self, station: Station, connected: int, now: int) -> Severity | None:
        today = local_date(midnight(now))
        if not station.since <= today or (station.until is not None and station.until < today):
            return None
        interval = min(entry.interval(today) for entry in station.series.values())
        return severity(quiet_since(self._heard.get(station.id), connected), now, interval)


def _stored(connection: Connection) -> dict[str, int]:
    query = select(station_state.c.station, station_state.c.heard)
    return {station: heard for station, heard in connection.execute(query)}


def _rank(level: Severity) -> int:
    return list(Severity).index(level)

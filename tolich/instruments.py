"""Instruments as alerts: each station is looked at about once an hour, when it has spoken.

What stands is derived from the store each time, so that a restart, late data and readings
taken by another process change nothing but the moment at which it is noticed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine

from rules.days import local_date, rfc3339
from rules.instruments import (
    AROUND,
    HISTORY,
    LIVE,
    STEPS,
    Allowed,
    Kept,
    Standing,
    Subject,
    calibration,
    clock,
    drift,
    fault,
    kept,
    live_lags,
    overdue,
    rejections,
    short_range,
    short_ranges,
    step,
)
from rules.model import AlertKind, Change, Series
from rules.register import SeriesEntry, Station
from tolich.ports import Registered
from tolich.store.alerts import ENDED, AlertRow, Track, change_alert, open_alerts, raise_alert
from tolich.store.intake import Arrived, Taken
from tolich.store.keeping import (
    arrivals,
    first_at,
    measured,
    newest_at,
    raw_before,
    refused_at,
    set_aside,
)
from tolich.store.ledger import Append

HOURLY = 3600
"""Seconds (plant time) between looks at a station that speaks."""

SOON = 60
"""The same for a station of which something was rejected."""

TROUBLED = 600
"""The same for a station that has an alert: its end should be noticed."""

AT_ONCE = 20
"""Stations looked at in one turn, so that readings need not wait."""

KEPT_ARRIVALS = 500
"""Messages of a station remembered at most; who sends more in an hour is catching up."""

COUNTED = 1000
"""Rejections counted at most."""

About = tuple[str | None, Subject]
"""A parameter (None: the station) and what about it."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """An alert to raise or, where nothing stands any more, to end."""

    track: Track
    standing: Standing | None


class Instruments:
    """Looks at how instruments are kept, and remembers when it looked and what stands."""

    def __init__(
        self, engine: Engine, series: Mapping[Series, int], allowed: Allowed, now: int
    ) -> None:
        self._engine = engine
        self._series = series  # grows with the register
        self._allowed = allowed
        self.recall(now)

    def recall(self, now: int) -> None:
        """Read again from the store what stands and who spoke; every station is due a look."""
        self._looked: dict[str, int] = {}
        self._touched: set[str] | None = None  # None: every station
        self._refused: set[str] = set()
        self._arrived: dict[str, deque[Arrived]] = defaultdict(lambda: deque(maxlen=KEPT_ARRIVALS))
        with self._engine.connect() as connection:
            found = open_alerts(connection, AlertKind.INSTRUMENT)
            self._raw = raw_before(connection, now - LIVE)
            self.catch_up(connection)
        self._open = {alert.track: alert for alert in found}
        self._told: dict[Track, int] = {}

    def catch_up(self, connection: Connection) -> None:
        """Another process took messages in."""
        self._remember(arrivals(connection, self._raw))

    def heard(self, taken: Taken) -> None:
        """A batch came: its stations will be looked at when their time has come."""
        self._remember(taken.arrived)
        self._refused |= taken.refused
        self._raw = max([self._raw, *taken.newest.values()])

    def look(self, registered: Registered, now: int) -> list[Noticed]:
        """What has changed at the stations that are due a look."""
        due = self._due(registered, now)
        if not due:
            return []
        found: list[Noticed] = []
        with self._engine.connect() as connection:
            for station in due:
                self._looked[station.id] = now
                found += self._differences(connection, station, registered, now)
        return found

    def write(self, append: Append, found: Iterable[Noticed]) -> None:
        """Raise, count on and end what was noticed."""
        for noticed in found:
            alert, standing = self._open.get(noticed.track), noticed.standing
            if alert is None and standing is not None:
                self._open[noticed.track] = _raise(append, noticed.track, standing)
            elif alert is not None and standing is not None:
                change_alert(append, alert, alert, Change.AMENDED, _cause(standing))
            elif alert is not None:
                del self._open[noticed.track]
                _end(append, alert)
            self._told[noticed.track] = _count(standing)

    # --- whose turn it is -------------------------------------------------------------------

    def _remember(self, arrived: Iterable[Arrived]) -> None:
        for one in arrived:
            self._arrived[one.station].append(one)
            if self._touched is not None:
                self._touched.add(one.station)

    def _due(self, registered: Registered, now: int) -> list[Station]:
        stations = registered.register.stations
        if self._touched is None:
            self._touched = set(stations)
        troubled = {track.station for track in self._open}
        found = []
        for name in self._touched | troubled | self._refused:
            pause = SOON if name in self._refused else TROUBLED if name in troubled else HOURLY
            if now - self._looked.get(name, now - pause) >= pause:
                found.append(name)
        turn = sorted(found)[:AT_ONCE]
        self._touched.difference_update(turn)
        self._refused.difference_update(turn)
        return [stations[name] for name in turn if name in stations]

    # --- what stands ------------------------------------------------------------------------

    def _differences(
        self, connection: Connection, station: Station, registered: Registered, now: int
    ) -> Iterator[Noticed]:
        standing = dict(self._standing(connection, station, registered, now))
        for (parameter, subject), found in standing.items():
            track = Track(AlertKind.INSTRUMENT, station.id, parameter, None, subject)
            if track not in self._open or self._doubled(track, found):
                yield Noticed(track, found)
        for track in self._open:
            about = (track.parameter, Subject(track.subject or ""))
            if track.station == station.id and about not in standing:
                yield Noticed(track, None)

    def _doubled(self, track: Track, found: Standing) -> bool:
        """An alert that counts rejections is told again each time the count has doubled."""
        count = _count(found) if track.subject == Subject.REJECTIONS else 0
        return count >= 2 * self._told.setdefault(track, count) > 0

    def _standing(
        self, connection: Connection, station: Station, registered: Registered, now: int
    ) -> Iterator[tuple[About, Standing]]:
        for found in self._of_station(connection, station, now):
            yield (None, found.subject), found
        first = first_at(connection, station.id)
        if first is not None:
            yield from self._of_series(connection, station, first, now)
        permit = registered.register.permit(station.plant, local_date(now))
        if permit is not None:
            known, allowed = registered.regulations, self._allowed.station
            for short in short_ranges(station, permit, known, allowed):
                yield (short.parameter, Subject.RANGE), short_range(short, now)

    def _of_station(self, connection: Connection, station: Station, now: int) -> Iterator[Standing]:
        allowed, day = self._allowed.station, local_date(now)
        refused = rejections(refused_at(connection, station.id, COUNTED), now, allowed)
        if refused:
            yield refused
        interval = min(entry.interval(day) for entry in station.series.values())
        lately = [one for one in self._arrived[station.id] if one.received > now - LIVE]
        lags = live_lags(((one.received, one.observed) for one in lately), interval)
        off = clock(
            lags, min((o.received for o in lately), default=now), interval, station.stamp_ends,
            allowed,
        )  # fmt: skip
        if off:
            yield off

    def _of_series(
        self, connection: Connection, station: Station, first: int, now: int
    ) -> Iterator[tuple[About, Standing]]:
        keys = {self._series[Series(station.id, key)]: key for key in station.series}
        aside = set_aside(connection, keys, now - HISTORY)
        newest = newest_at(connection, keys)
        for key, name in keys.items():
            if key not in newest:
                continue
            entry, budget = station.series[name], self._allowed.budget(name)
            interval = entry.interval(local_date(now))
            of = kept(aside.get(key, ()), interval, first, newest[key])
            for found in (fault(of, now, budget), calibration(of, now, budget),
                          overdue(of, now, budget)):  # fmt: skip
                if found:
                    yield (name, found.subject), found
            drifted = self._drift(connection, key, entry, of)
            if drifted:
                yield (name, drifted.subject), drifted

    def _drift(
        self, connection: Connection, key: int, entry: SeriesEntry, of: Kept
    ) -> Standing | None:
        if len(of.calibrations) < STEPS:
            return None
        found = []
        for run in of.calibrations[-STEPS - 2 :]:  # the last may have nothing after it yet
            readings = measured(connection, key, run.start - AROUND, run.end + AROUND)
            one = step(run, readings)
            found += [one] if one else []
        return drift(found, entry.parameter, self._allowed.budget(entry.parameter.key))


def _raise(append: Append, track: Track, of: Standing) -> AlertRow:
    return raise_alert(append, track, of.severity, of.since, None, None, Change.RAISED, _cause(of))


def _end(append: Append, alert: AlertRow) -> None:
    cause: dict[str, Any] = {"kind": "instrument", "subject": alert.track.subject, "over": True}
    if alert.track.subject == Subject.REJECTIONS:
        refused = refused_at(append.connection, alert.track.station, COUNTED)
        cause["count"] = sum(1 for at in refused if at >= alert.started_at)
    ended = replace(alert, state=ENDED, ended_at=append.at)
    change_alert(append, alert, ended, Change.ENDED, cause)


def _count(of: Standing | None) -> int:
    count = 0 if of is None else of.numbers.get("count", 0)
    return count if isinstance(count, int) else 0


def _cause(of: Standing) -> dict[str, Any]:
    """What was seen, as a transition keeps it."""
    cause: dict[str, Any] = {
        "kind": "instrument",
        "subject": str(of.subject),
        "since": rfc3339(of.since),
        **of.numbers,
    }
    for moment in ("due", "last"):
        if moment in cause:
            cause[moment] = rfc3339(cause[moment])
    return cause

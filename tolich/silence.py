"""Silence as alerts: timers that fall due raise and climb, and any reading ends them.

Stations and single parameters are watched alike; a parameter only while its station speaks.
Silences that began together are parts of one outage (`tolich.outages`) and stay at info.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine

from rules.days import DAY_SECONDS, day_start, local_date, midnight, rfc3339
from rules.model import AlertKind, Change, Series, Severity
from rules.register import Register, Station
from rules.silence import PARAMETER_CEILING, Rungs, next_rung, quiet_since, rank, reached, rungs
from tolich.outages import Outages
from tolich.store.alerts import ENDED, AlertRow, Track, change_alert, open_alerts, raise_alert
from tolich.store.heard import heard_stations, spoken_series
from tolich.store.intake import Taken
from tolich.store.ledger import Append

Watched = tuple[str, str | None]
"""What is listened for: a station, or one parameter of it."""


class Quiet(NamedTuple):
    """Something that has reached a rung of its ladder."""

    since: int
    level: Severity


@dataclass(slots=True)
class Look:
    """What one look at the clock found: every silence, and when the next rung is reached."""

    quiet: dict[Watched, Quiet] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)  # of every station that is watched
    next: int = 0

    @property
    def stations(self) -> dict[str, int]:
        """Since when each silent station is silent."""
        return {station: q.since for (station, of), q in self.quiet.items() if of is None}


class Silence:
    """Watches how long each station, and each of its parameters, has said nothing."""

    def __init__(self, engine: Engine, series: Mapping[Series, int]) -> None:
        self._engine = engine
        self._series = series  # grows with the register
        self._heard: dict[str, int] = {}
        self._raws: dict[str, int] = {}  # the newest message we know of each station
        self._spoken: dict[int, int] = {}  # by key of the series
        self._open: dict[Watched, AlertRow] = {}
        self._names: dict[int, Series] = {}
        self._outages = Outages()
        self._settled: tuple[int, Register, int] | None = None
        self.recall()

    def recall(self) -> None:
        """Read again from the store what is known: at start, and after a failed transaction."""
        with self._engine.connect() as connection:
            states = heard_stations(connection)
            self._spoken = spoken_series(connection, None)
            found = open_alerts(connection, AlertKind.SILENCE)
            self._outages.recall(connection)
        self._heard = {station: heard for station, (heard, _) in states.items()}
        self._raws = {station: newest for station, (_, newest) in states.items()}
        self._open = {(alert.track.station, alert.track.parameter): alert for alert in found}
        self._settled = None

    def heard(self, append: Append, taken: Taken) -> None:
        """Readings came: a silence that stands ends, even when they are late."""
        self._raws.update(taken.newest)
        self._listen(append, taken.heard, taken.spoken)

    def catch_up(self, append: Append) -> None:
        """Another process took readings in: who spoke there is not silent either."""
        states = heard_stations(append.connection)
        news = [s for s, (_, newest) in states.items() if self._raws.get(s) != newest]
        if not news:
            return
        self._raws.update({station: states[station][1] for station in news})
        spoken = spoken_series(append.connection, news)
        self._listen(append, {station: states[station][0] for station in news}, spoken)

    def due(self, register: Register, connected: int, now: int) -> Look | None:
        """What must be raised, or has climbed, at `now`; None while nothing has."""
        settled = self._settled
        if settled is not None and settled[1:] == (register, connected) and now < settled[0]:
            return None
        look = self._look(register, connected, now)
        if self._outages.due(now) or any(self._climbs(of, q) for of, q in look.quiet.items()):
            return look
        self._settled = (look.next, register, connected)
        return None

    def write(self, append: Append, look: Look) -> None:
        """Raise or climb what is due, and say which silences are parts of an outage."""
        standing = {of: alert for (of, p), alert in self._open.items() if p is None}
        parts = self._outages.group(append, look.stations, look.clusters, standing)
        for station, outage in parts.items():
            self._join(append, station, outage, look.quiet[station, None].since)
        for of, quiet in look.quiet.items():
            if self._climbs(of, quiet):
                self._raise(append, of, quiet)
        self._outages.climb(append)

    # --- hearing ----------------------------------------------------------------------------

    def _listen(self, append: Append, heard: Mapping[str, int], spoken: Mapping[int, int]) -> None:
        for station, at in heard.items():
            if at > self._heard.get(station, at - 1):
                self._heard[station] = at
                self._end(append, (station, None), at)
        for key, at in spoken.items():
            if at > self._spoken.get(key, at - 1):
                self._spoken[key] = at
                if self._open:
                    self._end(append, self._name(key), at)

    def _name(self, key: int) -> Series:
        if key not in self._names:
            self._names = {number: name for name, number in self._series.items()}
        return self._names[key]

    def _end(self, append: Append, of: Watched, at: int) -> None:
        alert = self._open.pop(of, None)
        if alert is None:
            return
        ended = replace(alert, state=ENDED, ended_at=append.at)
        cause = {"kind": "reading", "heard": rfc3339(at)}
        change_alert(append, alert, ended, Change.ENDED, cause)
        self._settled = None
        if alert.part_of is not None:
            silent = sum(1 for one in self._open.values() if one.part_of == alert.part_of)
            self._outages.spoken(append, alert.part_of, silent)

    # --- looking ----------------------------------------------------------------------------

    def _look(self, register: Register, connected: int, now: int) -> Look:
        today = local_date(midnight(now))
        look = Look(next=midnight(now) + DAY_SECONDS)
        for station in register.stations.values():
            if not station.since <= today or (station.until is not None and station.until < today):
                continue
            look.clusters[station.id] = station.cluster
            for of, ladder, since in self._watched(station, today, connected):
                level = reached(ladder, now - since)
                climbs = next_rung(ladder, now - since)
                look.next = look.next if climbs is None else min(look.next, since + climbs)
                if level is not None:
                    look.quiet[of] = Quiet(since, level)
                    if of[1] is None:
                        break  # its parameters are silent with it, and that is one alert
        look.next = min([look.next, *self._outages.climbs_at()])
        return look

    def _watched(
        self, station: Station, today: date, connected: int
    ) -> Iterator[tuple[Watched, Rungs, int]]:
        """The station first, then its parameters: each with its ladder and since when."""
        begun = day_start(station.since)
        entries = station.series
        interval = min(entry.interval(today) for entry in entries.values())
        since = quiet_since(self._heard.get(station.id), connected, begun)
        yield (station.id, None), rungs(interval), since
        if len(entries) == 1:
            return  # the station is the series
        for key, entry in entries.items():
            spoken = self._spoken.get(self._series[Series(station.id, key)])
            ladder = rungs(entry.interval(today), entry.parameter.refresh, PARAMETER_CEILING)
            yield (station.id, key), ladder, quiet_since(spoken, connected, begun)

    def _climbs(self, of: Watched, quiet: Quiet) -> bool:
        alert = self._open.get(of)
        return alert is None or rank(self._level(alert, quiet)) > rank(alert.severity)

    def _level(self, alert: AlertRow | None, quiet: Quiet) -> Severity:
        """A part of an outage that stands is said once, by the outage."""
        part = alert is not None and self._outages.standing(alert.part_of)
        return Severity.INFO if part else quiet.level

    # --- writing ----------------------------------------------------------------------------

    def _raise(self, append: Append, of: Watched, quiet: Quiet) -> None:
        alert = self._open.get(of)
        cause = {"kind": "silence", "since": rfc3339(quiet.since)}
        if alert is None:
            self._open[of] = raise_alert(
                append, Track(AlertKind.SILENCE, *of), quiet.level, quiet.since, None, None,
                Change.RAISED, cause,
            )  # fmt: skip
        else:
            climbed = replace(alert, severity=self._level(alert, quiet))
            self._open[of] = change_alert(append, alert, climbed, Change.ESCALATED, cause)

    def _join(self, append: Append, station: str, outage: AlertRow, since: int) -> None:
        """A silence becomes part of an outage: it is kept, and no longer asks for attention."""
        alert = self._open.get((station, None))
        cause = {"kind": "outage", "outage": self._outages.name(outage), "since": rfc3339(since)}
        if alert is None:
            track = Track(AlertKind.SILENCE, station)
            joined = raise_alert(
                append, track, Severity.INFO, since, None, None, Change.RAISED, cause,
                part_of=outage.id,
            )  # fmt: skip
        else:
            part = replace(alert, severity=Severity.INFO, part_of=outage.id)
            joined = change_alert(append, alert, part, Change.AMENDED, cause)
        self._open[station, None] = joined

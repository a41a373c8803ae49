"""Days are looked at once they are over, beside the writer; and the record of who looked it up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from rules.days import DAY_SECONDS, day_start, midnight
from rules.model import Problem, Refused, Series
from rules.suspicion import HISTORY, LEARNT, Look, State, learn, look
from rules.terms import TermsBook
from tolich.ports import Caller, Clock, NotDurable, Page, Registered, Shape
from tolich.store.cursors import decode, encode
from tolich.store.ledger import appending
from tolich.store.suspicions import (
    Kept,
    asking_shape,
    engine_rows,
    keep_asking,
    keep_baseline,
    keep_look,
    looked_until,
    newest_baseline,
    read_course,
    suspicion_shape,
)
from tolich.store.suspicionschema import suspicion, suspicion_look
from tolich.workports import SuspicionQuery

log = structlog.get_logger()

SETTLED = 6 * 3600
"""Seconds after midnight: most of what comes late has come. Later readings change no look."""

PAUSE = 60.0
"""Seconds between looks whether a day has passed."""

BREATH = 0.05
"""Seconds between stations, so that judging never waits for this."""

BACK = 7
"""Days that are made up for after the monitor stood still."""


class Suspecting:
    """Looks at the days of stations, with their frozen baselines."""

    def __init__(
        self,
        engine: Engine,
        registered: Callable[[], Registered],
        keys: Callable[[], Mapping[Series, int]],
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._registered = registered
        self._keys = keys
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, in a thread of its own: nothing that comes in waits for this."""
        while not stop.is_set():
            try:
                self.step(stop)
            except (NotDurable, OperationalError) as error:
                log.error("days were not looked at", reason=str(error))
            stop.wait(PAUSE)

    def step(self, stop: threading.Event) -> int:
        """Look at every day that is over and was not looked at; returns how many."""
        last = midnight(self._clock.now() - SETTLED) - DAY_SECONDS
        with self._engine.connect() as connection:
            done = looked_until(connection)
        count = 0
        for station in sorted(self._registered().register.stations):
            begin = max(done.get(station, last - DAY_SECONDS) + DAY_SECONDS,
                        last - (BACK - 1) * DAY_SECONDS)  # fmt: skip
            for day in range(begin, last + 1, DAY_SECONDS):
                if stop.is_set():
                    return count
                found, kept = self.look(station, day)
                with appending(self._engine, self._clock.now()) as append:
                    keep_look(append, station, None if kept is None else kept.id, found)
                count += 1
                stop.wait(BREATH)
        return count

    def look(self, station: str, day: int) -> tuple[Look, Kept | None]:
        """One day of a station as its logger told it, and the baseline that it was held against."""
        registered = self._registered()
        terms = TermsBook(registered.register, registered.regulations).of(station, day)
        first = day - HISTORY * DAY_SECONDS
        with self._engine.connect() as connection:
            kept = newest_baseline(connection, station)
            course = read_course(connection, terms, self._keys(), first, HISTORY + 1)
        if course is None:
            return Look(day, State.NOT_EVALUATED, 0.0, (), ()), kept
        return look(None if kept is None else kept.baseline, course), kept

    def freeze(self, station: str, first: int, author: str, reason: str) -> Kept:
        """Make 28 days from `first` (local midnight) the baseline of a station, on record.

        Raises Refused when the days are not over or do not hold enough.
        """
        registered = self._registered()
        if first + LEARNT * DAY_SECONDS > self._clock.now():
            raise Refused([Problem("command line", "--from", f"{LEARNT} days are not over yet")])
        terms = TermsBook(registered.register, registered.regulations).of(station, first)
        with self._engine.connect() as connection:
            course = read_course(connection, terms, self._keys(), first, LEARNT)
        if course is None:
            raise Refused([Problem("command line", "--station", "measures nothing looked at")])
        baseline = learn(course)
        with appending(self._engine, self._clock.now()) as append:
            key = keep_baseline(append, station, baseline, LEARNT, author, reason)
            return Kept(key, append.at, baseline)


class StoreSuspicions:
    """The `Suspicions` port: every answer is on record before it is given."""

    def __init__(self, engine: Engine, registered: Callable[[], Registered], clock: Clock) -> None:
        self._engine = engine
        self._registered = registered
        self._clock = clock

    def suspicions(
        self, caller: Caller, query: SuspicionQuery, cursor: str | None, limit: int
    ) -> Page:
        """The highest scores first, of stations within the scope."""
        of, clusters = suspicion.c, self._clusters(caller)
        wanted = select(suspicion).where(of.station.in_(sorted(clusters)), of.state == query.state)
        if query.station is not None:
            wanted = wanted.where(of.station == query.station)
        if query.day_from is not None:
            wanted = wanted.where(of.day >= day_start(query.day_from))
        if query.day_to is not None:
            wanted = wanted.where(of.day <= day_start(query.day_to))
        skipped = int(decode(cursor, "suspicions", int)[0]) if cursor else 0
        wanted = wanted.order_by(of.score.desc(), of.id.desc()).offset(skipped).limit(limit + 1)
        rows = engine_rows(self._engine, wanted)
        some = rows[:limit]
        asked = {name: str(one) for name, one in asdict(query).items() if one is not None}
        self._record(caller, asked, [row["id"] for row in some])
        following = encode("suspicions", skipped + limit) if len(rows) > limit else None
        return Page([suspicion_shape(row, clusters[row["station"]]) for row in some], following)

    def suspicion(self, caller: Caller, key: int) -> Shape | None:
        """One of them; None when there is none within the scope."""
        clusters = self._clusters(caller)
        rows = engine_rows(self._engine, select(suspicion).where(suspicion.c.id == key))
        seen = [row for row in rows if row["station"] in clusters]
        self._record(caller, {"id": key}, [row["id"] for row in seen])
        return suspicion_shape(seen[0], clusters[seen[0]["station"]]) if seen else None

    def looks(self, cursor: str | None, limit: int) -> Page:
        """Who looked suspicions up, newest first."""
        of = suspicion_look.c
        wanted = select(suspicion_look)
        if cursor:
            wanted = wanted.where(of.id < int(decode(cursor, "suspicion-looks", int)[0]))
        rows = engine_rows(self._engine, wanted.order_by(of.id.desc()).limit(limit + 1))
        some = rows[:limit]
        following = encode("suspicion-looks", some[-1]["id"]) if len(rows) > limit else None
        return Page([asking_shape(row) for row in some], following)

    def _clusters(self, caller: Caller) -> dict[str, str]:
        stations = self._registered().register.stations.values()
        return {
            one.id: one.cluster for one in stations if caller.scope.sees(one.cluster, one.plant)
        }

    def _record(self, caller: Caller, what: Mapping[str, object], shown: list[int]) -> None:
        with appending(self._engine, self._clock.now()) as append:
            keep_asking(append, (caller.account, caller.name, str(caller.role)), what, shown)

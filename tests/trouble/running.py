"""The scenario through the real pipeline, in virtual time, and what is counted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import event as watch
from sqlalchemy import select

from rules.assess import COUNTED, assess
from rules.days import DAY_SECONDS, HOUR_SECONDS, instant, midnight
from rules.model import AlertKind, Change, Severity, Status
from rules.pushing import Message, News, messages, pushed
from rules.register import Register, Station
from rules.terms import terms_of
from rules.window import Window
from simulators.events import Conflict, Event, Frozen, Spike, of
from simulators.message import Outgoing
from simulators.noise import Ints
from simulators.plant import PlantProfile
from simulators.profiles import instrument_of, plant_of, read_profiles
from simulators.script import Script
from simulators.sensor import Instrument, leaps
from simulators.stream import live
from tests.trouble.scenario import INTERVAL, START, register, sound, troubled
from tolich.app import Place, enter_mapping, prepare
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, AlertQuery, Delivery, Reads, Shape
from tolich.settings import Settings
from tolich.store.schema import reading

TOGETHER = 1000
"""Rows of one page."""

TRUE, WRONG = "true", ("spike", "frozen", "conflict")
"""What a reading that calls itself a measurement can be."""

HEARD_WITHIN = 60
"""Seconds after its instant by which every reading that is sent at once has come."""

CLOSES = 600
"""Seconds after its end at which an hour closes."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What became of readings that were measured (status 00), true and faulty ones."""

    true: int
    true_failed: int
    faulty: Mapping[str, int]
    faulty_counted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a run came to."""

    readings: int
    alerts: Mapping[tuple[str, str, str], int]  # kind, period, severity; withdrawn ones, too
    sent: Mapping[int, list[Message]]  # by local midnight, one officer who sees every plant
    pushed: Mapping[int, int]  # how many messages it would be without grouping
    judged: Readings

    def raised(self, kind: AlertKind, period: str) -> int:
        """How many alerts of a kind and period were ever raised."""
        return sum(n for (k, p, _), n in self.alerts.items() if (k, p) == (kind, period))

    @property
    def most(self) -> int:
        """The most messages of one day."""
        return max((len(sent) for sent in self.sent.values()), default=0)


Progress = Callable[[int], None]


def run(
    folder: Path, plants: int, days: int, seed: int, faults: bool, progress: Progress
) -> Counted:
    """Everything the stations send, in the order of arrival, stored, judged and counted."""
    clock = StepClock(START)
    place = Place(Settings(data=folder, mqtt=None), clock)
    # Nothing of this has to survive a power cut, and waiting for the disk is what takes longest.
    watch.listen(place.engine, "connect", _no_waiting)
    prepare(place)
    enter_mapping(place, register(plants), "trouble", "tests")
    pipeline = place.pipeline()
    stations = pipeline.registered.register
    script = troubled(stations, days, seed) if faults else sound(seed)
    _pass_through(pipeline, clock, stations, script, days, progress)
    reads = place.reads(pipeline)
    news = _by_day(_news(reads))
    counted = Counted(
        readings=pipeline.counters.readings,
        alerts=Counter(_alerts(reads)),
        sent={day: messages(of_day) for day, of_day in news.items()},
        pushed={day: sum(map(pushed, of_day)) for day, of_day in news.items()},
        judged=_judged(place, pipeline, script),
    )
    place.engine.dispose()
    return counted


def _no_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _pass_through(
    pipeline: Pipeline, clock: StepClock, of: Register, script: Script, days: int,
    progress: Progress,
) -> None:  # fmt: skip
    """Batch by batch as it is sent, looking at what time makes due after each."""
    coming = _ahead(live(of, script, START - 1))
    until = START + days * DAY_SECONDS + HOUR_SECONDS
    for now in range(START + HEARD_WITHIN, until, INTERVAL):
        batch = [Delivery("mqtt", sent.topic, sent.payload, sent.due) for sent in coming(now)]
        clock.set(now)
        pipeline.submit(batch, busy=True)
        closed = (now - START) % HOUR_SECONDS == CLOSES + HEARD_WITHIN
        pipeline.tick(START, fill=closed, busy=not closed)
        if (now - START) % DAY_SECONDS == HEARD_WITHIN:
            progress((now - START) // DAY_SECONDS)


def _ahead(stream: Iterator[Outgoing]) -> Callable[[int], Iterator[Outgoing]]:
    """Takes from a stream without end what is due before an instant, and leaves the rest."""
    held: list[Outgoing] = [next(stream)]

    def before(end: int) -> Iterator[Outgoing]:
        while held[0].due < end:
            yield held[0]
            held[0] = next(stream)

    return before


# --- what came of it ------------------------------------------------------------------------


def _alerts(reads: Reads) -> Iterator[tuple[str, str, str]]:
    cursor: str | None = None
    while True:
        page = reads.alerts(EVERYTHING, AlertQuery(), cursor, TOGETHER)
        for one in page.items:
            yield one["kind"], one["period"] or "-", one["severity"]
        cursor = page.next
        if cursor is None:
            return


def _news(reads: Reads) -> Iterator[News]:
    """Every change of an alert on record."""
    after = 0
    while True:
        page = reads.transitions(EVERYTHING, after, TOGETHER)
        yield from (_of_transition(one) for one in page.items if one["alert"] is not None)
        if page.next is None:
            return
        after = int(page.next)


def _of_transition(one: Shape) -> News:
    before, now = one["before"], one["after"]
    return News(
        at=instant(datetime.fromisoformat(one["at"])),
        alert=int(one["alert"][1:]),
        kind=AlertKind(now["kind"]),
        severity=Severity(now["severity"]),
        change=Change(one["change"]),
        before=Severity(before["severity"]) if before else None,
    )


def _by_day(news: Iterable[News]) -> dict[int, list[News]]:
    days: dict[int, list[News]] = {}
    for one in news:
        days.setdefault(midnight(one.at), []).append(one)
    return days


# --- which readings were right to count -----------------------------------------------------


def _judged(place: Place, pipeline: Pipeline, script: Script) -> Readings:
    """Every reading on record, held against what the script did to it."""
    register, profiles = pipeline.registered.register, read_profiles()
    tally: Counter[tuple[str, bool]] = Counter()  # what befell it, whether it was counted
    for station in register.stations.values():
        plant = plant_of(station, register, profiles, script.seed)
        found = assess(_stored(place, pipeline, station))
        for line, entry in enumerate(station.series.values()):
            own = (found.line == line) & (found.status == Status.MEASURING)
            events = script.written.get(station.id, ())
            fate = _fates(instrument_of(entry, profiles), plant, events, found.at[own])
            counted = found.kind[own] == COUNTED
            tally.update(zip(fate.tolist(), counted.tolist(), strict=True))
    return Readings(
        true=tally[TRUE, True] + tally[TRUE, False],
        true_failed=tally[TRUE, False],
        faulty={name: tally[name, True] + tally[name, False] for name in WRONG},
        faulty_counted={name: tally[name, True] for name in WRONG},
    )


def _fates(
    instrument: Instrument, plant: PlantProfile, events: Sequence[Event], at: Ints
) -> npt.NDArray[np.str_]:
    """What made each of some readings wrong though it calls itself a measurement, or TRUE."""
    fate = np.full(at.shape, TRUE, "U8")
    for spike in of(Spike, events):
        if spike.parameter == instrument.parameter:
            fate[leaps(instrument, plant, spike, at) != 0.0] = "spike"
    lasting = (("frozen", of(Frozen, events)), ("conflict", of(Conflict, events)))
    for name, found in lasting:
        for one in found:
            if one.parameter == instrument.parameter:
                fate[(at >= one.start) & (at < one.end)] = name
    return fate


def _stored(place: Place, pipeline: Pipeline, station: Station) -> Window:
    """All that is on record of a station, under the terms of its first day."""
    known = pipeline.registered
    terms = terms_of(station, START, known.register, known.regulations)
    line = {pipeline.series[term.series]: number for number, term in enumerate(terms)}
    columns = (reading.c.series, reading.c.at, reading.c.value, reading.c.status)
    with place.engine.connect() as connection:
        rows = connection.execute(select(*columns).where(reading.c.series.in_(line))).all()
    table = np.array([(line[key], *rest) for key, *rest in rows], np.int64).reshape(-1, 4)
    return Window.of_day(terms, START, (table[:, 0], table[:, 1], table[:, 2], table[:, 3]))

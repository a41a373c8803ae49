"""The logger: which readings leave a station in which messages, and when.

Third layer of a simulated station. It works in blocks of time, so that a long history never
stands in memory; a block's messages do not depend on where the blocks were cut, as long as
cuts fall on the hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd

import numpy as np

from rules.days import HOUR_SECONDS, local_date, rfc3339
from rules.model import Status
from rules.register import Station
from simulators.events import (
    Conflict,
    Duplicate,
    Event,
    Frozen,
    Missing,
    Order,
    Outage,
    Silence,
    of,
)
from simulators.message import Outgoing, dated, envelope, plain, tail, topic_of
from simulators.noise import Ints, Mask, choice
from simulators.plant import PlantProfile
from simulators.script import Script
from simulators.sensor import Instrument, Trace, measure

LARGEST_MESSAGE = 240
"""Readings in one catch-up message: stays under the 20 KB many brokers accept."""

SPREAD = 20
"""Stations send within this many seconds after the instant, each at its own."""

LONGEST_CYCLE = HOUR_SECONDS
"""How far back an instrument's value may have been taken."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The messages of one block: those sent as measured, and those that were held back."""

    prompt: list[Outgoing] = field(default_factory=list)
    late: list[Outgoing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of one local day at one station: its instants and all that bears on them."""

    times: Ints
    steps: dict[str, int]  # reporting interval by parameter, seconds
    length: int  # seconds of instants that share a message
    single: bool
    events: Sequence[Event]

    def outage(self, at: int) -> Outage | None:
        """The outage that holds an instant back, if one does."""
        return next((o for o in of(Outage, self.events) if o.start <= at < o.end), None)

    def reports(self, parameter: str) -> Mask:
        """At which instants a quantity is reported."""
        due: Mask = self.times % self.steps[parameter] == 0
        for missing in of(Missing, self.events):
            if missing.parameter == parameter:
                due &= (self.times < missing.start) | (self.times >= missing.end)
        return due

    def again(self, conflict: Conflict, group: Ints) -> list[int]:
        """The instants of a group that a conflict contradicts: those at which something is said."""
        told = self.times[self.reports(conflict.parameter)]
        inside = np.isin(group, told) & (group >= conflict.start) & (group < conflict.end)
        return [int(at) for at in group[inside]]

    def sent(self) -> Mask:
        """Which instants are sent at all, then or later."""
        sent = np.ones(self.times.shape, np.bool_)
        for silence in of(Silence, self.events):
            sent[(self.times >= silence.start) & (self.times < silence.end)] = False
        return sent

    def groups(self) -> Iterator[list[int]]:
        """Indices of the instants that share a message: an hour or less, with one fate."""
        outages = of(Outage, self.events)
        group: list[int] = []
        before: object = None
        for index in np.flatnonzero(self.sent()).tolist():
            at = int(self.times[index])
            held = next((o for o in outages if o.start <= at < o.end), None)
            alone = at if held is not None and held.order is Order.SHUFFLED else None
            fate = (at // HOUR_SECONDS, at % HOUR_SECONDS // self.length, held, alone)
            if group and fate != before:
                yield group
                group = []
            before = fate
            group.append(index)
        if group:
            yield group


@dataclass(frozen=True, slots=True)
class Logger:
    """One station's logger with its instruments, the plant behind it and what happens to it."""

    station: Station
    plant: PlantProfile
    instruments: tuple[Instrument, ...]
    script: Script

    def block(self, start: int, end: int, *, single: bool = False) -> Sent:
        """The messages of the instants in [start, end), which lie in one local day.

        `single` sends every instant by itself, as live; otherwise up to an hour goes together.
        """
        block = self._block(start, end, single)
        rows = self._rows(block)
        sent = Sent()
        for group in block.groups():
            readings = [text for index in group for text in rows[index]]
            if readings:
                self._send(sent, block, block.times[group], readings)
        return sent

    def _block(self, start: int, end: int, single: bool) -> _Block:
        steps = intervals(self.station, start)
        step = gcd(*steps.values())
        together = 1 if single else max(1, LARGEST_MESSAGE // len(self.instruments))
        return _Block(
            times=np.arange(start + -start % step, end, step, dtype=np.int64),
            steps=steps,
            length=min(HOUR_SECONDS, together * step),
            single=single,
            events=self._events(start, end),
        )

    def _events(self, start: int, end: int) -> Sequence[Event]:
        """Everything that bears on the block, also through values taken before it."""
        found = self.script.events(self.station.id, start - LONGEST_CYCLE, end)
        frozen = min((event.start for event in of(Frozen, found)), default=start)
        if frozen < start:
            return self.script.events(self.station.id, frozen - LONGEST_CYCLE, end)
        return found

    def _rows(self, block: _Block) -> list[list[str]]:
        """For each instant the encoded readings that fall on it."""
        tails = () if block.single else _tails(tuple(block.times.tolist()))
        columns: list[list[str]] = []
        for instrument in self.instruments:
            trace = measure(instrument, self.plant, block.times, block.events)
            texts = plain(instrument, trace) if block.single else dated(instrument, trace, tails)
            due = block.reports(instrument.parameter)
            if not due.all():
                texts = [text if on else "" for text, on in zip(texts, due, strict=True)]
            columns.append(texts)
        return [[text for text in row if text] for row in zip(*columns, strict=True)]

    def _send(self, sent: Sent, block: _Block, group: Ints, readings: Sequence[str]) -> None:
        first, last = int(group[0]), int(group[-1])
        payload = envelope(rfc3339(last), _number(first), readings)
        held = block.outage(first)
        where = sent.prompt if held is None else sent.late
        due = last + self._lag() if held is None else self._released(held, first, block.length)
        where.append(Outgoing(self.topic, payload, due))
        if any(event.overlaps(first, last + 1) for event in of(Duplicate, block.events)):
            where.append(Outgoing(self.topic, payload, due + 1))
        for conflict in of(Conflict, block.events):
            for at in block.again(conflict, group):
                where.append(Outgoing(self.topic, self._contradiction(conflict, at), due + 2))

    def _released(self, held: Outage, first: int, length: int) -> int:
        """When a held message goes out: one a second, in the order of the outage."""
        if held.order is Order.OLDEST_FIRST:
            return held.release + (first - held.start) // length
        if held.order is Order.NEWEST_FIRST:
            return held.release + (held.end - 1 - first) // length
        return held.release + choice(SPREAD, self.plant.seed, self.station.id, first)

    def _contradiction(self, conflict: Conflict, at: int) -> bytes:
        """A second, different value for an instant."""
        instrument = next(i for i in self.instruments if i.parameter == conflict.parameter)
        shown = instrument.show(np.array([conflict.value]))
        trace = Trace(shown, np.full(1, Status.MEASURING, np.int64))
        return envelope(rfc3339(at), _number(at), plain(instrument, trace))

    @property
    def topic(self) -> str:
        """Where this station's readings go."""
        return topic_of(self.station.cluster, self.station.id)

    def _lag(self) -> int:
        return choice(SPREAD, self.station.id, "lag")


@lru_cache(maxsize=2)  # the stations of a block share their instants
def _tails(times: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(tail(rfc3339(at)) for at in times)


def _number(at: int) -> int:
    """A logger's running message number: it rises with time and is the same on every run."""
    return at // 60 % 1_000_000


def intervals(station: Station, at: int) -> dict[str, int]:
    """Reporting interval (seconds) of each series of a station on the local day of `at`."""
    day = local_date(at)
    return {key: entry.interval(day) for key, entry in station.series.items()}

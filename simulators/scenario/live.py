"""A scenario at the pace of a clock, which takes orders while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rules.model import Refused
from simulators.message import Outgoing
from simulators.scenario.course import Stage, Stand, Told, a_day, messages, opening
from simulators.scenario.injecting import Begun, inject
from simulators.scenario.sinks import Sink
from tolich.ports import Clock

GLANCE = 1
"""Plant or wall seconds, whichever are fewer, between two looks for orders."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for, and how to answer: with what has begun, or why not."""

    words: str
    answer: Callable[[Begun | Refused], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a live run depends on."""

    clock: Clock
    wait: Callable[[float], bool]  # so many plant seconds; True: stop
    orders: Callable[[], Order | None]  # the next order, if there is one
    sink: Sink
    told: Callable[[Stage, Told], None] = lambda built, told: None  # after each day


def run_live(built: Stage, desk: Desk) -> int:
    """Send each message when it is due, to the end or until told to stop; how many were sent.

    What is due already is sent at once. Orders take effect on everything measured after them.
    """
    stand, sent = opening(built), 0
    first = built.scenario.first
    for day in range(first, first + built.scenario.days):
        run = _Day(built, stand, day, desk)
        stopped = run.through()
        sent += run.sent
        built, stand = run.built, run.after()
        if stopped:
            return sent
        desk.told(built, run.told)
    for message in sorted(stand.late, key=lambda one: (one.due, one.topic)):
        if _until(desk, message.due):
            break
        desk.sink(message)
        sent += 1
    return sent


class _Day:
    """One day that may be made again."""

    def __init__(self, built: Stage, stand: Stand, day: int, desk: Desk) -> None:
        self.built = built
        self.sent = 0
        self._stand = stand
        self._day = day
        self._desk = desk
        self._late: tuple[Outgoing, ...] = ()
        self.told, self._after = a_day(built, stand, day)

    def through(self) -> bool:
        """Send the day; True when told to stop."""
        coming = self._messages(None)
        message = next(coming, None)
        while message is not None:
            if message.due > self._desk.clock.now():
                order = self._desk.orders()
                if order is not None:
                    coming = self._obey(order, coming, message)
                    message = next(coming, None)
                    continue
                if self._desk.wait(min(GLANCE, message.due - self._desk.clock.now())):
                    return True
                continue
            self._desk.sink(message)
            self.sent += 1
            message = next(coming, None)
        return False

    def after(self) -> Stand:
        """Where the scenario stands at the day's end."""
        return replace(self._after, late=self._late)

    def _obey(
        self, order: Order, coming: Iterator[Outgoing], message: Outgoing
    ) -> Iterator[Outgoing]:
        """What is still to be sent once an order has taken effect."""
        now = self._desk.clock.now()
        try:
            begun = inject(self.built, order.words, now)
        except Refused as refused:
            order.answer(refused)
            return _again(message, coming)
        self.built = begun.stage
        self.told, self._after = a_day(self.built, self._stand, self._day)
        order.answer(begun)
        return self._messages(now)

    def _messages(self, sent_until: int | None) -> Iterator[Outgoing]:
        """The day's messages that are due after an instant."""
        for one in messages(self.built, self.told):
            if not isinstance(one, Outgoing):
                self._late = one
            elif sent_until is None or one.due > sent_until:
                yield one


def _again(message: Outgoing, coming: Iterator[Outgoing]) -> Iterator[Outgoing]:
    yield message
    yield from coming


def _until(desk: Desk, due: int) -> bool:
    """Wait for an instant of plant time; True when told to stop."""
    while (ahead := due - desk.clock.now()) > 0:
        if desk.wait(min(GLANCE, ahead)):
            return True
    return False

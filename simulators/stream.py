"""The messages of all simulated stations in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight
from rules.register import Register, Station
from simulators.logger import Logger
from simulators.message import Outgoing
from simulators.profiles import Profiles, instrument_of, plant_of, read_profiles
from simulators.script import Script, simulated


def history(
    register: Register, script: Script, start: int, now: int, profiles: Profiles | None = None
) -> Iterator[Outgoing]:
    """Everything sent from `start` to `now` (UTC epoch seconds, both included), by `due`.

    One message carries up to an hour of instants, as from a logger that catches up; `start`
    should be a full hour. What is held back beyond `now` comes with `live`.
    """
    queue = _Queue()
    loggers = _loggers(register, script, profiles)
    for begin, end in _days(start, now + 1):
        for logger in loggers:
            sent = logger.block(begin, end)
            queue.put(message._replace(due=min(message.due, now)) for message in sent.prompt)
            queue.put(message for message in sent.late if message.due <= now)
        yield from queue.before(end)
    yield from queue.before(now + 1)


def live(
    register: Register, script: Script, now: int, profiles: Profiles | None = None
) -> Iterator[Outgoing]:
    """Everything sent after `now`, for ever, by `due`; one instant a message."""
    queue = _Queue()
    loggers = _loggers(register, script, profiles)
    for logger in loggers:
        queue.put(_left_over(logger, now))
    begin = now + 1
    while True:
        end = begin - begin % HOUR_SECONDS + HOUR_SECONDS
        for logger in loggers:
            sent = logger.block(begin, end, single=True)
            queue.put(sent.prompt)
            queue.put(sent.late)
        yield from queue.before(end)
        begin = end


def _left_over(logger: Logger, now: int) -> Iterator[Outgoing]:
    """What was measured up to `now` and is sent later."""
    pending = logger.script.held_back(logger.station.id, now)
    first = min((outage.start for outage in pending), default=now + 1)
    for begin, end in _days(first, now + 1):
        yield from (message for message in logger.block(begin, end).late if message.due > now)


def _loggers(register: Register, script: Script, profiles: Profiles | None) -> list[Logger]:
    known = profiles if profiles is not None else read_profiles()
    return [_logger(station, register, script, known) for station in simulated(register)]


def _logger(station: Station, register: Register, script: Script, profiles: Profiles) -> Logger:
    return Logger(
        station=station,
        plant=plant_of(station, register, profiles, script.seed),
        instruments=tuple(instrument_of(e, profiles) for e in station.series.values()),
        script=script,
    )


def _days(start: int, end: int) -> Iterator[tuple[int, int]]:
    """[start, end) cut at local midnights, where reporting intervals may change."""
    while start < end:
        after = min(end, midnight(start) + DAY_SECONDS)
        yield start, after
        start = after


class _Queue:
    """Messages by due time; those due together keep the order in which they were put."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Outgoing]] = []
        self._number: Callable[[], int] = count().__next__

    def put(self, messages: Iterable[Outgoing]) -> None:
        for message in messages:
            heappush(self._heap, (message.due, self._number(), message))

    def before(self, end: int) -> Iterator[Outgoing]:
        """Take out everything due before `end`."""
        while self._heap and self._heap[0][0] < end:
            yield heappop(self._heap)[2]

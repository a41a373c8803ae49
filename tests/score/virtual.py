"""Messages through the real pipeline in virtual time: the same on every machine."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event as watch

from simulators.message import Outgoing
from tolich.app import Place, enter_mapping, prepare
from tolich.clock import StepClock
from tolich.instruments import AT_ONCE
from tolich.pipeline import Pipeline
from tolich.ports import Delivery
from tolich.settings import Settings
from tolich.store.intake import StationDay
from tolich.waiting import Waiting

STEP = 300
"""Plant seconds whose messages are one batch."""

LOOKS = 3600
"""Plant seconds between looks at what time has made due."""

CLOSED = 900
"""So many seconds after the end of a period it has closed, and a batch has ended."""


class _Patient(Waiting):
    """Judges when told to and never because real time has passed."""

    def ready(self, now: float, busy: bool) -> list[StationDay]:
        """Nothing by itself."""
        return []


@contextmanager
def passed_through(
    folder: Path, register: Mapping[str, Any], messages: Iterable[Outgoing], start: int, end: int
) -> Iterator[tuple[Place, Pipeline]]:
    """A store in which everything sent before `end` has been taken and judged.

    Everything that closed before `end` has been judged; silence is counted until then, too.
    """
    clock = StepClock(start)
    place = Place(Settings(data=folder, mqtt=None), clock)
    # Nothing of this has to survive a power cut, and waiting for the disk is what takes longest.
    watch.listen(place.engine, "connect", _no_waiting)
    prepare(place)
    enter_mapping(place, dict(register), "scenario", "tests")
    pipeline = place.pipeline()
    pipeline.waiting = _Patient()
    try:
        for step, batch in itertools.groupby(messages, lambda one: (one.due - start) // STEP):
            _look(pipeline, clock, start + step * STEP, start)
            clock.set(start + (step + 1) * STEP - 1)
            pipeline.submit([Delivery("mqtt", m.topic, m.payload, m.due) for m in batch], True)
        _look(pipeline, clock, end + CLOSED, start)
        yield place, pipeline
    finally:
        place.engine.dispose()


def _look(pipeline: Pipeline, clock: StepClock, until: int, start: int) -> None:
    now = clock.now()
    first = now - (now - start - CLOSED) % LOOKS + LOOKS
    for at in range(first, until + 1, LOOKS):
        clock.set(at)
        # A turn looks at the instruments of some stations only, for the sake of live readings.
        for _ in range(1 + len(pipeline.registered.register.stations) // AT_ONCE):
            pipeline.tick(start, fill=True)


def _no_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")

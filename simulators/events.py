"""What goes wrong, when: dated intervals on top of the usual pattern.

Every event belongs to one station and holds in [start, end), UTC epoch seconds. Its kind says
which layer it touches: the water, the instrument, or what the logger sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class Order(StrEnum):
    """The order in which a logger sends what it held back."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at one station in [start, end)."""

    station: str
    start: int
    end: int

    def overlaps(self, start: int, end: int) -> bool:
        """Whether it touches [start, end)."""
        return self.start < end and start < self.end


# --- the water ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exceedance(Event):
    """A quantity is brought to `level` (its unit), or its usual course times `factor`.

    Nothing says that this lies above a limit: a level just inside it is a near-limit plant.
    """

    parameter: str
    level: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class NoDischarge(Event):
    """The plant holds its water back: the flow is nought."""

    flow: str


# --- the instrument -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calibration(Event):
    """The instrument measures a standard solution and says so (status 01)."""

    parameter: str
    standard: float


class Broken(StrEnum):
    """What a broken instrument shows: an end of its range, or anything inside it."""

    FOOT = "foot"
    TOP = "top"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Fault(Event):
    """The instrument reports itself broken (status 02)."""

    parameter: str
    shows: Broken = Broken.FOOT


@dataclass(frozen=True, slots=True)
class Frozen(Event):
    """The instrument repeats what it showed at the start (no spike), and calls it measured."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Spike(Event):
    """One to three readings in a row leap up or down, once in every `every` seconds.

    By 5 to 50 times the noise of the series, and no further than the range. `reading` is the
    time from one reading to the next, in seconds, and divides `every`, which holds 4 at least.
    """

    parameter: str
    every: int = 3600
    reading: int = 300

    def __post_init__(self) -> None:
        if self.every % self.reading or self.every < 4 * self.reading:
            raise ValueError(
                f"{self.station}: spikes every {self.every} s need at least four readings of "
                f"{self.reading} s, and a whole number of them"
            )


# --- what the logger sends ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Silence(Event):
    """Nothing is sent, then or ever."""


@dataclass(frozen=True, slots=True)
class Missing(Event):
    """One quantity is left out of what is sent, then and for ever."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Outage(Event):
    """What falls into the interval is sent from `release` on, as one burst.

    With `release` at the end of a short interval and order SHUFFLED this is an out-of-order
    burst; with a release days later it is a backfill.
    """

    release: int
    order: Order = Order.OLDEST_FIRST

    def __post_init__(self) -> None:
        if self.release < self.end:
            raise ValueError(f"{self.station}: an outage is released at or after its end")


@dataclass(frozen=True, slots=True)
class Duplicate(Event):
    """Every message is sent twice."""


@dataclass(frozen=True, slots=True)
class Conflict(Event):
    """Every instant is sent again with another value of one quantity."""

    parameter: str
    value: float


Kind = TypeVar("Kind", bound=Event)


def of(kind: type[Kind], events: Iterable[Event]) -> list[Kind]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]

"""Scales and ticks: where a time and a value stand in a picture, and what is written beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10

from api.console.figures import at
from rules.days import DAY_SECONDS, HOUR_SECONDS, midnight

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Plane:
    """A picture's plane: times [begin, end) across, values [low, high] upwards, in pixels."""

    begin: int
    end: int
    low: float
    high: float
    width: int = 1000
    height: int = 320
    left: int = 56
    right: int = 14
    top: int = 14
    bottom: int = 30

    def x(self, when: float) -> float:
        """Where a time stands; times outside stand at the edge."""
        share = (when - self.begin) / (self.end - self.begin)
        return round(
            self.left + min(1.0, max(0.0, share)) * (self.width - self.left - self.right), 1
        )

    def y(self, value: float) -> float:
        """Where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        room = self.height - self.top - self.bottom
        return round(self.top + (1 - min(1.02, max(-0.02, share))) * room, 1)

    @property
    def foot(self) -> int:
        """The line under the picture."""
        return self.height - self.bottom


def px(place: float) -> str:
    """A place in a picture as an attribute."""
    return f"{place:g}"


def reach(values: list[float]) -> tuple[float, float]:
    """A range of values with room around them, from zero where that is near."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    room = (high - low) * 0.08 or max(abs(high) * 0.1, 0.5)
    return (low if low == 0.0 else low - room), high + room


def value_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two values."""
    rough = (high - low) / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * one for one in _STEPS if size * one >= rough * 0.999)
    first = -floor(-low / step)
    ticks = []
    while first * step <= high:
        ticks.append(round(first * step, 10))
        first += 1
    return ticks


def time_ticks(begin: int, end: int) -> Iterator[tuple[int, str]]:
    """Times of the local calendar and how they are written: hours, days, or months."""
    length = end - begin
    if length <= 2 * DAY_SECONDS:
        step = next(h for h in (1, 2, 3, 6, 12) if length / (h * HOUR_SECONDS) <= 13) * HOUR_SECONDS
        yield from _every(begin, end, step, "%H:%M")
    elif length <= 100 * DAY_SECONDS:
        days = next(d for d in (1, 2, 7, 14) if length / (d * DAY_SECONDS) <= 13 or d == 14)
        yield from _every(begin, end, days * DAY_SECONDS, "%d/%m")
    else:
        yield from _months(begin, end)


def _every(begin: int, end: int, step: int, pattern: str) -> Iterator[tuple[int, str]]:
    when = midnight(begin)
    while when < end:
        if when >= begin:
            midnight_of_hours = step < DAY_SECONDS and when == midnight(when)
            yield when, at(when).strftime("%d/%m" if midnight_of_hours else pattern)
        when += step


def _months(begin: int, end: int) -> Iterator[tuple[int, str]]:
    when = midnight(begin)
    while when < end:
        if at(when).day == 1 and when >= begin:
            yield when, at(when).strftime("%m/%Y")
        when += DAY_SECONDS

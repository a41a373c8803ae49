"""The only place that asks the time."""

from __future__ import annotations

import time


class RealClock:
    """Plant time is wall time."""

    def now(self) -> int:
        """UTC epoch seconds."""
        return int(time.time())


class ScaledClock:
    """Plant time that equals wall time at `origin` and then runs `speed` times as fast.

    It is told by wall time, so that several processes given the same numbers agree.
    """

    def __init__(self, origin: float, speed: float) -> None:
        self.origin = origin
        self.speed = speed

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        return int(self.origin + (time.time() - self.origin) * self.speed)


class StepClock:
    """Plant time that moves only when told: tests and replay."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        return self._now

    def set(self, now: int) -> None:
        """Move to an instant; plant time never goes back."""
        self._now = max(self._now, now)


def wall() -> int:
    """Wall time in UTC epoch seconds, for heartbeats and log-ins; never for judgement."""
    return int(time.time())

"""The only place that asks the time."""

from __future__ import annotations

import time


class RealClock:
    """Plant time is wall time."""

    def now(self) -> int:
        """UTC epoch seconds."""
        return int(time.time())


class ScaledClock:
    """Plant time that begins at an instant and runs `speed` times as fast as wall time."""

    def __init__(self, begin: int, speed: float) -> None:
        self._begin = begin
        self._speed = speed
        self._from = time.monotonic()

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        return self._begin + int((time.monotonic() - self._from) * self._speed)


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

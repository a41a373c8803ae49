"""Slowing down who asks too often: a bucket of allowances a name, filled again with time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST_NAMES = 10_000
"""Buckets kept; beyond it the full ones, which say nothing, are let go."""


class Throttle:
    """At most `burst` at once, and `rate` a second in the long run, for each name."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # allowances, when counted
        self._lock = threading.Lock()

    def take(self, name: str, cost: float = 1.0) -> float:
        """Use up allowances; returns 0, or the seconds to wait where there are too few."""
        with self._lock:
            now = self._clock()
            left = self._now(name, now)
            if left < cost:
                return (cost - left) / self._rate
            if len(self._left) >= MOST_NAMES:
                self._forget(now)
            self._left[name] = (left - cost, now)
            return 0.0

    def forgive(self, name: str) -> None:
        """Begin anew, as after a successful log-in."""
        with self._lock:
            self._left.pop(name, None)

    def _now(self, name: str, now: float) -> float:
        left, since = self._left.get(name, (self._burst, now))
        return min(self._burst, left + (now - since) * self._rate)

    def _forget(self, now: float) -> None:
        full = [name for name in self._left if self._now(name, now) >= self._burst]
        for name in full or list(self._left)[: MOST_NAMES // 2]:
            del self._left[name]

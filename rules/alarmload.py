"""How much is asked of people: alarms a person in ten minutes, and how soon alerts are answered.

EEMUA 191 calls about one alarm in ten minutes manageable for one person, and ten within ten
minutes a flood. Pure functions of times; medians and quantiles are of what there is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WINDOW = 600
"""Seconds over which alarms are counted (EEMUA 191)."""

MANAGEABLE = 1
"""Alarms a window that one person can deal with in the long run."""

FLOOD = 10
"""Alarms within a window from which on they come too fast to be looked at."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person was told in a stretch of time."""

    told: int
    windows: int  # of WINDOW that the stretch has, begun ones too
    most: int  # in any WINDOW, wherever it begins
    floods: int  # windows of the stretch, counted from its beginning, with FLOOD or more

    @property
    def manageable(self) -> bool:
        """Whether the long run is within what EEMUA 191 calls manageable, and nothing flooded."""
        return self.told <= self.windows * MANAGEABLE and self.floods == 0


def load(times: Iterable[int], start: int, end: int) -> Load:
    """The load of [start, end). Times outside do not count."""
    inside = sorted(at for at in times if start <= at < end)
    windows = max(1, -(-(end - start) // WINDOW))
    counted = [0] * windows
    for at in inside:
        counted[(at - start) // WINDOW] += 1
    most = max(
        (place + 1 - bisect_left(inside, at - WINDOW + 1) for place, at in enumerate(inside)),
        default=0,
    )
    floods = sum(1 for count in counted if count >= FLOOD)
    return Load(len(inside), windows, most, floods)


def quantile(values: Sequence[int], share: float) -> int | None:
    """The least value that at least `share` of them do not exceed; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = max(0, -(-len(ordered) * round(share * 100) // 100) - 1)
    return ordered[place]

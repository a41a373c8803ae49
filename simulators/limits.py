"""Where a simulated quantity's limit is taken to lie."""

from __future__ import annotations

from rules.register import SeriesEntry

RANGE_TO_LIMIT = 3.0
"""An instrument's range must reach three times the limit (Circular 10/2021, Art. 34)."""


def assumed_limit(entry: SeriesEntry) -> float:
    """A third of the instrument's range, in the parameter's unit.

    Good enough to stage a scene; no verdict is ever made with it.
    """
    return float(entry.high) / RANGE_TO_LIMIT

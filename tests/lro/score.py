"""How well flags find labels: events recalled, flagged runs that are right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rules.lines import Ints, Mask


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over any number of series."""

    events: int = 0
    hit: int = 0
    runs: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        """The share of labelled runs in which something was flagged."""
        return self.hit / self.events if self.events else 1.0

    @property
    def precision(self) -> float:
        """The share of flagged runs that touch something labelled."""
        return self.right / self.runs if self.runs else 1.0


def score(labelled: Mask, flagged: Mask) -> Score:
    """One event a labelled run of rows, one claim a flagged run of rows."""
    events, runs = _runs(labelled), _runs(flagged)
    return Score(len(events), _touching(events, flagged), len(runs), _touching(runs, labelled))


def together(scores: Iterable[Score]) -> Score:
    """The sum of some scores."""
    rows = [(one.events, one.hit, one.runs, one.right) for one in scores]
    return Score(*(sum(column) for column in zip(*rows, strict=True)))


def _runs(mask: Mask) -> Ints:
    """First and one past the last row of every run."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int64)))
    return edges.reshape(-1, 2)


def _touching(runs: Ints, mask: Mask) -> int:
    return sum(bool(mask[first:last].any()) for first, last in runs)

"""The quality checks on readings that compete, as bit masks; none is in force yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.terms import Terms

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marks:
    """The tests that each reading failed, is suspect by, and could not be put to."""

    fail: Ints
    suspect: Ints
    unevaluated: Ints


@dataclass(frozen=True, slots=True)
class Lines:
    """What every line is checked for."""

    count: int

    @classmethod
    def of(cls, terms: Sequence[Terms]) -> Lines:
        """The plan of some lines."""
        return cls(len(terms))


def check(lines: Lines, line: Ints, at: Ints, value: Ints) -> Marks:
    """One reading an instant, rising by line and time."""
    return Marks(*(np.zeros(at.shape, np.int64) for _ in range(3)))

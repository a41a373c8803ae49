"""The early warning of a day's mean, held against how the day truly ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rules.days import DAY_SECONDS, HOUR_SECONDS
from simulators.scoring.seen import Warned
from simulators.scoring.truth import Truth


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How warnings at one local hour came out, or (hour None) on any hour of a day.

    `brier` is the mean square of probability against what happened: 0 is perfect.
    """

    hour: int | None
    days: int
    warned: int
    right: int
    exceeded: int
    brier: float | None
    lead: float | None = None  # s before midnight at which right warnings first came, median

    @property
    def precision(self) -> float | None:
        """The share of warnings that came true."""
        return self.right / self.warned if self.warned else None

    @property
    def recall(self) -> float | None:
        """The share of exceedances that were warned of."""
        return self.right / self.exceeded if self.exceeded else None


def warning_scores(truth: Truth, warned: Sequence[Warned]) -> list[Foreseen]:
    """By hour of the checkpoint, and over the day as a whole; empty without outlooks."""
    ends = {(d.station, d.channel, d.day): d.exceeds for d in truth.days if d.exceeds is not None}
    hours: dict[int, list[tuple[Warned, bool]]] = defaultdict(list)
    for one in warned:
        end = ends.get((one.station, one.channel, one.day))
        if end is not None:
            hours[(one.at - one.day) // HOUR_SECONDS].append((one, end))
    found = [_score(hour, known) for hour, known in sorted(hours.items())]
    return (
        [*found, _any_hour([pair for known in hours.values() for pair in known])] if found else []
    )


def _score(hour: int, known: Sequence[tuple[Warned, bool]]) -> Foreseen:
    return Foreseen(
        hour, len(known), sum(one.warns for one, _ in known),
        sum(one.warns and end for one, end in known), sum(end for _, end in known), _brier(known),
    )  # fmt: skip


def _any_hour(known: Sequence[tuple[Warned, bool]]) -> Foreseen:
    days = {(one.station, one.channel, one.day): end for one, end in known}
    first: dict[tuple[str, str, int], int] = {}
    for one, _ in sorted(known, key=lambda pair: pair[0].at):
        if one.warns:
            first.setdefault((one.station, one.channel, one.day), one.at)
    right = [key[2] + DAY_SECONDS - at for key, at in first.items() if days[key]]
    return Foreseen(
        None, len(days), len(first), len(right), sum(days.values()), _brier(known),
        median(right) if right else None,
    )  # fmt: skip


def _brier(known: Sequence[tuple[Warned, bool]]) -> float | None:
    off = [(one.probability - end) ** 2 for one, end in known if one.probability is not None]
    return sum(off) / len(off) if off else None

"""What suspicion finds at what price: statistics of days, notices, recall, precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.days import DAY_SECONDS
from rules.suspicion import (
    HISTORY,
    LEARNT,
    TOLD_FROM,
    Baseline,
    Detector,
    learn,
    resting,
    statistics,
    unusual_flow,
)
from rules.traces import Floats, traces
from tests.suspicion.plants import TAMPERED, Fleet, baseline_course, course, tampered

PRICE = 1 / 70
"""False notices a plant and month."""

DETECTORS = tuple(Detector)
THRESHOLDS = np.array([TOLD_FROM[one] for one in DETECTORS])


def day_statistics(baseline: Baseline, first: int, each: Mapping[str, Floats]) -> Floats:
    """The statistic of each detector on each day, (days; detectors); nan where it cannot tell."""
    days = len(next(iter(each.values())))
    found = np.full((days, len(DETECTORS)), np.nan)
    for at in range(days):
        today = {name: float(one[at]) for name, one in each.items()}
        rested = resting(first + at * DAY_SECONDS) or unusual_flow(baseline, today)
        for one, number in statistics(baseline, today, rested).items():
            found[at, DETECTORS.index(one)] = number
    return found


def honest_statistics(of: Fleet) -> Floats:
    """Every day after the baseline of every station, (stations; days; detectors)."""
    return np.array([_honest(of, station) for station in range(of.stations)])


def _honest(of: Fleet, station: int) -> Floats:
    baseline = learn(baseline_course(of, station))
    found, step = [], HISTORY
    for begin in range(LEARNT, len(of.shown), step):
        # In pieces, each with the same history before it that a single day would have or more.
        part = course(of, station, of.shown[begin - HISTORY : begin + step])
        each = {name: one[HISTORY:] for name, one in traces(part).items()}
        found.append(day_statistics(baseline, part.day(HISTORY), each))
    return np.concatenate(found)


def tampered_statistics(of: Fleet, kind: str) -> Floats:
    """The days of one kind of interference at every station, (stations; days; detectors)."""
    days, limits = tampered(of, kind)
    found = []
    for station in range(of.stations):
        limit = float(limits[station])
        baseline = learn(baseline_course(of, station, limit))
        part = course(of, station, days, limit)
        each = {name: one[-TAMPERED:] for name, one in traces(part).items()}
        found.append(day_statistics(baseline, part.day(part.days - TAMPERED), each))
    return np.array(found)


def scores(found: Floats) -> Floats:
    """The score of each day: its strangest detector against its threshold."""
    known = np.where(np.isnan(found), -np.inf, found)
    best: Floats = (known / THRESHOLDS).max(axis=-1)
    return best


def notices(days: Floats, above: float) -> int:
    """How often somebody is told, (stations; days): days in a row are told once."""
    told = days >= above
    return int(told[:, 0].sum() + (told[:, 1:] & ~told[:, :-1]).sum())


def score_at(days: Floats, price: float = PRICE) -> float:
    """The lowest score at which honest stations cost no more than a price."""
    allowed = price * len(days)
    for above in np.unique(days[np.isfinite(days)]):
        if notices(days, above) <= allowed:
            return float(above)
    return float(days.max()) * 1.0001


@dataclass(frozen=True, slots=True)
class Found:
    """How one kind of interference was found."""

    kind: str
    recall: float  # share of stations told of within its days
    area: float  # under the curve of precision against recall, of station-days
    by: Mapping[str, float]  # recall of each detector alone, at its own threshold


def found_of(kind: str, tampering: Floats, honest: Floats, above: float) -> Found:
    """The figures of one kind, against honest station-days."""
    days = scores(tampering)
    recall = float((days >= above).any(axis=1).mean())
    each = np.nan_to_num(tampering, nan=-np.inf) >= THRESHOLDS * above
    alone = each.any(axis=1).mean(axis=0)
    by = {str(one): float(share) for one, share in zip(DETECTORS, alone, strict=True) if share}
    return Found(kind, recall, area(days.ravel(), scores(honest).ravel()), by)


def area(tampering: Floats, honest: Floats) -> float:
    """Average precision of ranking station-days by score."""
    marked: Sequence[tuple[float, bool]] = [
        *((float(one), True) for one in tampering), *((float(one), False) for one in honest),
    ]  # fmt: skip
    # Where scores are equal, the honest day comes first: no luck in the order.
    order = sorted(marked, key=lambda one: (-one[0], one[1]))
    right = np.array([one for _, one in order])
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    return float(precision[right].mean())

"""Whether what went wrong was found, how soon, and taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import numpy as np

from rules.checks import Checks
from simulators.scoring.accepted import EVIDENCE, Accepted, Table
from simulators.scoring.evidence import Found, by_station, evidence, first_known
from simulators.scoring.seen import Readings, Seen
from simulators.scoring.truth import Interval, Truth

AROUND = 3600
"""Seconds before a spike whose readings say how calm the series was."""

MAD = 1.4826
"""Makes a median deviation a standard deviation."""

TOTAL = 1e-9


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of trouble and what became of it."""

    interval: Interval
    below: str | None  # why it lies below the threshold of its test; None: it does not
    known: int | None  # when evidence that is accepted for it was first known
    taken_for: tuple[str, ...]  # every evidence dated within it

    @property
    def latency(self) -> int | None:
        """Seconds from its start until it was known."""
        return None if self.known is None else max(0, self.known - self.interval.start)


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of some events were found."""

    events: int
    found: int

    @property
    def share(self) -> float | None:
        """None where there was nothing to find."""
        return self.found / self.events if self.events else None


@dataclass(frozen=True, slots=True)
class KindScore:
    """One kind of trouble: all events, those above their test's threshold, latency in seconds."""

    kind: str
    leigh: str | None
    layer: str
    all: Recall
    above: Recall
    latency: float | None
    latency_p90: float | None
    taken_for: Mapping[str, int]


def events_of(truth: Truth, seen: Seen, table: Table, checks: Mapping[str, Checks]) -> list[Event]:
    """Every interval whose kind the table knows, with what became of it; `checks` by channel."""
    apart = by_station(evidence(seen))
    return [
        _event(one, table, checks, seen, apart.get(one.station, {}))
        for one in truth.intervals
        if one.kind in table.kinds
    ]


def _event(
    one: Interval, table: Table, checks: Mapping[str, Checks], seen: Seen, found: Found
) -> Event:
    accepted = table.kinds[one.kind]
    until = one.end + table.grace
    known = [
        at
        for name in accepted.by
        if (at := first_known(found, [one.channel], name, one.start - table.leads(name), until))
        is not None
    ]
    taken = tuple(
        name
        for name in EVIDENCE
        if first_known(found, [one.channel], name, one.start - table.leads(name), until) is not None
    )
    below = _below(one, accepted, checks, seen)
    return Event(one, below, min(known, default=None), taken)


def _below(
    one: Interval, accepted: Accepted, checks: Mapping[str, Checks], seen: Seen
) -> str | None:
    """Why a piece of trouble is below the threshold of the test that is to find it."""
    readings = seen.readings.get((one.station, one.channel or ""))
    rules = checks.get(one.channel or "", Checks())
    if accepted.shows and (readings is None or not _shown(readings, one).any()):
        return "nothing measured was sent"
    if one.lasts < accepted.longer:
        return "shorter than its test"
    if accepted.by_flat_line:
        return _below_flat_line(one, rules, readings)
    if accepted.by_size:
        return _below_spike(one, rules, readings)
    return None


def _shown(readings: Readings, one: Interval) -> np.typing.NDArray[np.bool_]:
    """Which readings called a measurement lie within an interval."""
    inside: np.typing.NDArray[np.bool_] = (
        readings.measuring & (readings.at >= one.start) & (readings.at < one.end)
    )
    return inside


def _below_flat_line(one: Interval, rules: Checks, readings: Readings | None) -> str | None:
    flat = rules.flat_line
    if flat is None:
        return "not checked for this parameter"
    if one.lasts < flat.suspect or readings is None:
        return "shorter than its test"
    inside = _shown(readings, one)
    at, value = readings.at[inside], readings.value[inside]
    if at[-1] - at[0] < flat.suspect:
        return "shorter than its test"
    if flat.up_to is not None and float(np.median(value)) <= float(flat.up_to):
        return "held where repeating is honest"
    return None


def _below_spike(one: Interval, rules: Checks, readings: Readings | None) -> str | None:
    """A spike must rise above what Hampel's test asks for over the hour before it."""
    spike, resolution = rules.spike, rules.resolution
    if spike is None or resolution is None or readings is None:
        return "not checked for this parameter"
    inside = _shown(readings, one)
    before = readings.measuring & (readings.at < one.start) & (readings.at >= one.start - AROUND)
    if not before.any():
        return "nothing before it to compare with"
    usual = float(np.median(readings.value[before]))
    spread = float(np.median(np.abs(readings.value[before] - usual)))
    floor = max(2.0 * float(resolution), float(spike.noise or 0))
    rises = float(np.abs(readings.value[inside] - usual).max())
    least = spike.suspect * MAD * max(spread, floor)
    return "lower than its test" if rises <= least + TOTAL else None


def kind_scores(events: Sequence[Event]) -> list[KindScore]:
    """Every kind of trouble that occurred, by layer and name."""
    kinds = sorted({(one.interval.layer, one.interval.kind) for one in events})
    return [_kind_score([e for e in events if e.interval.kind == kind]) for _, kind in kinds]


def _kind_score(events: Sequence[Event]) -> KindScore:
    first = events[0].interval
    late = sorted(one.latency for one in events if one.latency is not None)
    taken = Counter(name for one in events for name in one.taken_for)
    taken["nothing"] = sum(not one.taken_for for one in events)
    return KindScore(
        first.kind, first.leigh, first.layer, recall(events),
        recall([one for one in events if one.below is None]),
        median(late) if late else None, _edge(late), dict(sorted(taken.items())),
    )  # fmt: skip


def recall(events: Sequence[Event]) -> Recall:
    """How many of them were found."""
    return Recall(len(events), sum(one.known is not None for one in events))


def group_recall(events: Sequence[Event], table: Table) -> dict[str, Recall]:
    """The acceptance figures: events above their test's threshold, by group."""
    return {
        group: recall([
            one for one in events
            if one.below is None and table.kinds[one.interval.kind].group == group
        ])
        for group in table.groups
    }  # fmt: skip


def _edge(ordered: Sequence[int]) -> float | None:
    if not ordered:
        return None
    return quantiles(ordered, n=10, method="inclusive")[-1] if len(ordered) > 1 else ordered[0]

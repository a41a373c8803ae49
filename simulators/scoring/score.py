"""The score of a run: everything that is compared, the acceptance figures, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rules.checks import Checks
from rules.days import rfc3339
from simulators.scoring.accepted import Table
from simulators.scoring.alarms import FALSE, Alarm, Alarms, alarms_of, counted
from simulators.scoring.events import (
    Event,
    KindScore,
    Recall,
    events_of,
    group_recall,
    kind_scores,
)
from simulators.scoring.foreseen import Foreseen, warning_scores
from simulators.scoring.seen import Seen
from simulators.scoring.truth import Truth
from simulators.scoring.verdicts import (
    CLOSE,
    Agreement,
    Bias,
    Discarded,
    Miss,
    agreement,
    bias,
    discarded,
    misses,
    said,
    unchecked,
)

AGREES = 0.995
"""Share of assessable station-days whose verdict must be true."""

FALSE_ALARMS = 0.01
"""False alarms a station-day at most."""

DISCARDED = 0.01
"""Good readings that may be discarded: fewer than this share."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well the monitor did."""

    scenario: str
    stations: int
    days: float
    groups: Mapping[str, Recall]
    kinds: Sequence[KindScore]
    unknown: Mapping[str, int]  # kinds of the truth that the table does not know
    alarms: Alarms
    checked: Agreement
    unchecked: Agreement
    bias: Mapping[str, Bias]
    discarded: Mapping[str, Discarded]
    warnings: Sequence[Foreseen]
    missed: Sequence[Event]  # above their test's threshold, of a group, not found
    misjudged: Sequence[Miss]
    false: Sequence[Alarm]

    @property
    def misjudged_by(self) -> dict[str, int]:
        """How many series-days were misjudged, by what made their readings untrue."""
        return dict(Counter(one.cause or "nothing" for one in self.misjudged).most_common())

    @property
    def clear_share(self) -> float:
        """Of station-days that agree, or differ only where instruments cannot tell."""
        wrong = {(one.station, one.day) for one in self.misjudged if one.cause != CLOSE}
        return 1.0 - len(wrong) / self.checked.station_days if self.checked.station_days else 1.0

    @property
    def discarded_share(self) -> float:
        """Over all channels."""
        return Discarded(
            sum(one.good for one in self.discarded.values()),
            sum(one.discarded for one in self.discarded.values()),
        ).share


@dataclass(frozen=True, slots=True)
class Figure:
    """One acceptance figure against its target; `measured` None: nothing to measure."""

    name: str
    measured: float | None
    target: float
    least: bool  # True: at least the target; False: at most
    of: int

    @property
    def kept(self) -> bool:
        """Whether it reaches its target; what cannot be measured does not fail."""
        if self.measured is None:
            return True
        return self.measured >= self.target if self.least else self.measured <= self.target


def score(
    truth: Truth, seen: Seen, table: Table, checks: Mapping[str, Checks], interval: int
) -> Score:
    """Everything compared. `checks` by channel, as the monitor's; `interval` of readings, s."""
    events = events_of(truth, seen, table, checks)
    alarms = alarms_of(truth, seen.alerts, table)
    kinds = [one.kind for one in truth.intervals if one.layer in ("sensor", "transport")]
    strange = {kind: kinds.count(kind) for kind in sorted(set(kinds) - set(table.kinds))}
    return Score(
        scenario=truth.name,
        stations=len(truth.stations),
        days=(truth.end - truth.start) / 86400,
        groups=group_recall(events, table),
        kinds=kind_scores(events),
        unknown={kind: n for kind, n in strange.items() if kind not in table.explains},
        alarms=counted(truth, alarms),
        checked=agreement(truth, said(seen.verdicts)),
        unchecked=agreement(truth, unchecked(truth, seen.readings, interval)),
        bias=bias(truth, seen.verdicts),
        discarded=discarded(truth, seen.readings, table),
        warnings=warning_scores(truth, seen.warned),
        missed=[
            one for one in events
            if one.below is None and one.known is None and table.kinds[one.interval.kind].group
        ],
        misjudged=misses(truth, seen.verdicts, table),
        false=[one for one in alarms if one.cause in FALSE],
    )  # fmt: skip


def figures(of: Score, table: Table) -> list[Figure]:
    """The acceptance figures."""
    found = [
        Figure(f"{group} faults found", recall.share, table.groups[group], True, recall.events)
        for group, recall in of.groups.items()
    ]
    days, good = of.checked.station_days, sum(one.good for one in of.discarded.values())
    return [
        Figure("verdicts agree, of station-days", of.checked.share, AGREES, True, days),
        *found,
        Figure("false alarms a station-day", of.alarms.per_station_day, FALSE_ALARMS, False,
               round(of.alarms.station_days)),
        Figure("good readings discarded", of.discarded_share, DISCARDED, False, good),
    ]  # fmt: skip


def as_json(of: Score, table: Table) -> dict[str, Any]:
    """The score for programs; shares and seconds, times as RFC 3339."""
    whole = asdict(of)
    whole["figures"] = [asdict(one) | {"kept": one.kept} for one in figures(of, table)]
    whole["clear_share"] = of.clear_share
    whole["misjudged_by"] = of.misjudged_by
    whole["missed"] = [_event(one) for one in of.missed]
    whole["misjudged"] = [asdict(one) | {"day": rfc3339(one.day)} for one in of.misjudged]
    whole["false"] = [asdict(one) | {"began": rfc3339(one.began)} for one in of.false]
    shares: dict[str, dict[Literal["share"], float]] = {
        "checked": {"share": of.checked.share},
        "unchecked": {"share": of.unchecked.share},
    }
    for key, more in shares.items():
        whole[key] |= more
    whole["alarms"]["per_station_day"] = of.alarms.per_station_day
    return whole


def _event(one: Event) -> dict[str, Any]:
    of = one.interval
    return {
        "id": of.id, "kind": of.kind, "station": of.station, "channel": of.channel,
        "start": rfc3339(of.start), "end": rfc3339(of.end), "taken_for": list(one.taken_for),
    }  # fmt: skip

"""Alerts follow findings: tracks whose findings changed are derived again, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqlalchemy import Connection, select

from rules.alerts import (
    DERIVED,
    Difference,
    Recorded,
    Step,
    episodes,
    is_clear,
    reconcile,
    severity_of,
)
from rules.judge import GRACE
from rules.model import (
    AlertKind,
    Change,
    Finding,
    Limit,
    Outcome,
    Parameter,
    Reason,
    Series,
    finding_id,
)
from rules.terms import Terms
from tolich.store.alerts import (
    ACTIVE,
    ENDED,
    WITHDRAWN,
    AlertRow,
    Track,
    alerts_of,
    change_alert,
    known_tracks,
    raise_alert,
)
from tolich.store.ledger import Append
from tolich.store.schema import finding, limit
from tolich.store.verdicts import limit_of
from tolich.windows import DayWindow

LATE = 3600
"""Seconds after a period closed from which raising an alert for it counts as late."""

TROUBLE = {
    AlertKind.EXCEEDANCE: (Outcome.EXCEEDED,),
    AlertKind.NEAR: (Outcome.NEAR,),
}


class Tracks:
    """Knows which tracks ever had an alert, so that the others cost nothing."""

    def __init__(self) -> None:
        self._known: set[Track] | None = None

    def forget(self) -> None:
        """Read the known tracks again when they are next needed."""
        self._known = None

    def follow(
        self,
        append: Append,
        series: dict[Series, int],
        changed: Sequence[tuple[DayWindow, Finding]],
    ) -> None:
        """Derive again every track that these findings can have changed."""
        if self._known is None:
            self._known = known_tracks(append.connection)
        earliest: dict[Track, tuple[int, Terms]] = {}
        for window, found in changed:
            for kind in DERIVED:
                track = Track(kind, window.station, found.series.parameter, found.period)
                if track not in self._known and not _troubles(kind, found):
                    continue
                start = min(found.start, earliest[track][0] if track in earliest else found.start)
                earliest[track] = (start, _terms(window, found.series))
        for track, (start, terms) in earliest.items():
            if _derive(append, track, start, terms, series[terms.series]):
                self._known.add(track)


def _troubles(kind: AlertKind, found: Finding) -> bool:
    if kind is AlertKind.INTEGRITY:
        return found.reason is Reason.CONTESTED
    return found.outcome in TROUBLE[kind]


def _terms(window: DayWindow, series: Series) -> Terms:
    return next(terms for terms in window.terms if terms.series == series)


def _derive(append: Append, track: Track, start: int, terms: Terms, key: int) -> bool:
    """Derive a track from `start` on and write what differs; True when it has an alert."""
    period = track.period or ""
    reaching = alerts_of(append.connection, track, start)
    begun = min([start, *(alert.started_at for alert in reaching)])
    recorded = [alert for alert in reaching if alert.started_at >= begun]
    steps = _steps(append.connection, key, period, begun, terms.parameter)
    derived = episodes(track.kind, steps)
    by_id = {alert.id: alert for alert in recorded}
    differences = reconcile(
        [Recorded(alert.id, alert.started_at, alert.ended_at) for alert in recorded], derived
    )
    ends = {step.start: step.end for step in steps}
    for difference in differences:
        _apply(append, track, terms, difference, by_id, ends)
    return bool(recorded or derived)


def _apply(
    append: Append,
    track: Track,
    terms: Terms,
    difference: Difference,
    by_id: dict[int, AlertRow],
    ends: dict[int, int],
) -> None:
    episode, period, of = difference.episode, track.period or "", terms.series
    if difference.id is None and episode is not None:
        named = finding_id(of, period, episode.finding)
        late = append.at > ends[episode.finding] + GRACE + LATE
        raise_alert(
            append, track, severity_of(track.kind, period, terms.basis), episode.started_at,
            episode.ended_at, named, Change.RAISED_LATE if late else Change.RAISED,
            {"kind": "finding", "finding": named},
        )  # fmt: skip
    elif difference.id is not None:
        old = by_id[difference.id]
        new = _moved(old, of, difference)
        cause = {"kind": "finding", "finding": new.finding}
        change_alert(append, old, new, difference.change, cause)


def _moved(old: AlertRow, of: Series, difference: Difference) -> AlertRow:
    episode = difference.episode
    if episode is None:
        return replace(old, state=WITHDRAWN, merged_into=difference.merged_into)
    return replace(
        old,
        started_at=episode.started_at,
        ended_at=episode.ended_at,
        state=ACTIVE if episode.ended_at is None else ENDED,
        finding=finding_id(of, old.track.period or "", episode.finding),
    )


def _steps(
    connection: Connection, series: int, period: str, start: int, parameter: Parameter
) -> list[Step]:
    """The current findings of a track from `start` on, as the life cycle sees them."""
    query = (
        select(
            finding.c.start,
            finding.c.end,
            finding.c.outcome,
            finding.c.reason,
            finding.c.mean,
            limit.c.body,
        )
        .select_from(finding.outerjoin(limit, finding.c.limit == limit.c.id))
        .where(
            finding.c.series == series,
            finding.c.period == period,
            finding.c.start >= start,
            finding.c.superseded.is_(None),
        )
        .order_by(finding.c.start)
    )
    limits: dict[str, Limit | None] = {}
    return [
        _step(begin, end, outcome, reason, mean, _limit(limits, body), parameter)
        for begin, end, outcome, reason, mean, body in connection.execute(query)
    ]


def _limit(seen: dict[str, Limit | None], body: str | None) -> Limit | None:
    if body is None:
        return None
    if body not in seen:
        seen[body] = limit_of(body)
    return seen[body]


def _step(
    start: int,
    end: int,
    outcome: str,
    reason: str,
    mean: str | None,
    of: Limit | None,
    parameter: Parameter,
) -> Step:
    exact = None if mean is None else Fraction(mean)
    return Step(
        start,
        end,
        Outcome(outcome),
        reason == Reason.CONTESTED,
        outcome == Outcome.COMPLIANT and is_clear(exact, of, parameter),
    )

"""Alerts follow findings: tracks whose findings changed are derived again, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlalchemy import Connection, func, select

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
from rules.days import midnight
from rules.judge import GRACE
from rules.ladder import Ladder
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
from tolich.store.intake import StationDay
from tolich.store.ledger import Append
from tolich.store.schema import finding, limit, station_day
from tolich.store.terms import KeptTerms
from tolich.store.verdicts import limit_of
from tolich.windows import DayWindow

LATE = 3600
"""Seconds after a period closed from which raising an alert for it counts as late."""

TROUBLE = {
    AlertKind.EXCEEDANCE: (Outcome.EXCEEDED,),
    AlertKind.NEAR: (Outcome.NEAR,),
}


TermsOf = Callable[[StationDay], tuple[Terms, ...]]
"""The terms of a station-day that is still open."""


class Tracks:
    """Knows which tracks ever had an alert, so that the others cost nothing.

    An interval may last over several permits, so each finding is taken by the ladder of its own
    day: the one its day was judged by, or that of `terms_of` while the day is open. Without
    `terms_of` an open day is taken by the ladder of what changed.
    """

    def __init__(self, terms_of: TermsOf | None = None) -> None:
        self._known: set[Track] | None = None
        self._terms_of = terms_of
        self._kept = KeptTerms()

    def forget(self) -> None:
        """Read the known tracks again when they are next needed."""
        self._known = None
        self._kept.forget()

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
                terms = _terms(window, found.series)
                if track not in self._known and not _troubles(kind, found, terms.ladder):
                    continue
                start = min(found.start, earliest[track][0] if track in earliest else found.start)
                earliest[track] = (start, terms)
        for track, (start, terms) in earliest.items():
            of = _Of(track, terms, series[terms.series], self._terms_of, self._kept)
            if _derive(append, of, start):
                self._known.add(track)


@dataclass(frozen=True, slots=True)
class _Of:
    """A track and what its derivation needs: terms, the key of the series, terms of other days."""

    track: Track
    terms: Terms
    key: int
    terms_of: TermsOf | None
    kept: KeptTerms

    @property
    def period(self) -> str:
        return self.track.period or ""

    def ladder(self, connection: Connection, day: int, kept: int | None) -> Ladder:
        """The ladder of a day, by its local midnight and the key of the terms it keeps."""
        if kept is not None:
            terms = self.kept.of(connection, kept)
        elif self.terms_of is not None:
            terms = self.terms_of((self.track.station, day))
        else:
            terms = (self.terms,)
        found = (term.ladder for term in terms if term.series == self.terms.series)
        return next(found, self.terms.ladder)


def _troubles(kind: AlertKind, found: Finding, ladder: Ladder) -> bool:
    if kind is AlertKind.INTEGRITY:
        return found.reason is Reason.CONTESTED
    # A finding that is no longer clean may join those around it to a row that is long enough.
    return found.outcome in TROUBLE[kind] or (ladder.hold > 1 and kind is AlertKind.EXCEEDANCE)


def _terms(window: DayWindow, series: Series) -> Terms:
    return next(terms for terms in window.terms if terms.series == series)


def _derive(append: Append, of: _Of, start: int) -> bool:
    """Derive a track from `start` on and write what differs; True when it has an alert."""
    connection = append.connection
    start = _first_in_a_row(connection, of, start)
    reaching = alerts_of(connection, of.track, start)
    begun = min([start, *(alert.started_at for alert in reaching)])
    recorded = [alert for alert in reaching if alert.started_at >= begun]
    steps = _steps(connection, of, begun)
    derived = episodes(of.track.kind, steps)
    by_id = {alert.id: alert for alert in recorded}
    differences = reconcile(
        [Recorded(alert.id, alert.started_at, alert.ended_at) for alert in recorded], derived
    )
    ends = {step.start: step.end for step in steps}
    for difference in differences:
        _apply(append, of.track, of.terms, difference, by_id, ends)
    return bool(recorded or derived)


def _first_in_a_row(connection: Connection, of: _Of, start: int) -> int:
    """Where the exceeding findings before `start` begin, if they run up to it; else `start`.

    Those that are still too few to raise anything have no alert that would lead back to them.
    """
    before = (
        finding.c.series == of.key,
        finding.c.period == of.period,
        finding.c.superseded.is_(None),
        finding.c.start < start,
    )
    clean = select(func.max(finding.c.start)).where(
        *before, finding.c.outcome.in_((Outcome.COMPLIANT.value, Outcome.NEAR.value))
    )
    row = select(func.min(finding.c.start)).where(
        *before,
        finding.c.outcome == Outcome.EXCEEDED.value,
        finding.c.start > (connection.execute(clean).scalar() or 0),
    )
    first = connection.execute(row).scalar()
    return start if first is None else int(first)


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


def _steps(connection: Connection, of: _Of, start: int) -> list[Step]:
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
            finding.c.series == of.key,
            finding.c.period == of.period,
            finding.c.start >= start,
            finding.c.superseded.is_(None),
        )
        .order_by(finding.c.start)
    )
    limits: dict[str, Limit | None] = {}
    kept = _kept_terms(connection, of.track.station, midnight(start))
    ladders: dict[int, Ladder] = {}  # by local midnight
    found = []
    for begin, end, outcome, reason, mean, body in connection.execute(query):
        day = midnight(begin)
        if day not in ladders:
            ladders[day] = of.ladder(connection, day, kept.get(day))
        known = _limit(limits, body)
        said = (begin, end, outcome, reason, mean)
        found.append(_step(*said, known, of.terms.parameter, ladders[day]))
    return found


def _kept_terms(connection: Connection, station: str, since: int) -> dict[int, int]:
    """The keys of the terms that days of a station keep, by local midnight."""
    table = station_day
    query = select(table.c.day, table.c.terms).where(
        table.c.station == station, table.c.day >= since, table.c.terms.is_not(None)
    )
    return {day: key for day, key in connection.execute(query)}


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
    ladder: Ladder,
) -> Step:
    exact = None if mean is None else Fraction(mean)
    return Step(
        start,
        end,
        Outcome(outcome),
        reason == Reason.CONTESTED,
        outcome == Outcome.COMPLIANT and is_clear(exact, of, parameter, ladder.near_clear),
        ladder,
    )

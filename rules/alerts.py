"""The life cycle of alerts: intervals of trouble derived from findings, as a pure function.

An alert is an interval, never a flag. `episodes` derives the intervals of one track (one
series, kind and period) from its findings in order of time; `reconcile` compares them with
the alerts on record and says what changed. When late data changes an old finding, the
intervals are derived again and the difference is itself a row. A finding that cannot be
assessed neither raises nor ends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from rules.ladder import USUAL, Ladder
from rules.model import (
    AlertKind,
    Averaging,
    Change,
    Finding,
    Limit,
    Outcome,
    Parameter,
    Reason,
    Severity,
)

RANGE_CLEAR = Decimal("0.3")
"""A near alert of a pH ends this far inside the range."""

DERIVED = (AlertKind.EXCEEDANCE, AlertKind.NEAR, AlertKind.INTEGRITY)
"""The kinds of alert that are derived from findings."""


class Step(NamedTuple):
    """What the life cycle looks at in a finding."""

    start: int
    end: int
    outcome: Outcome
    contested: bool
    clear: bool  # far enough inside the limit to end a near alert
    ladder: Ladder | None = None  # of the finding's day, where permits may change on the way


@dataclass(frozen=True, slots=True)
class Episode:
    """One interval of trouble; `finding` is the start of the finding that opened it."""

    started_at: int
    ended_at: int | None

    @property
    def finding(self) -> int:
        """The start of the finding that raised it."""
        return self.started_at


def step_of(finding: Finding, parameter: Parameter, ladder: Ladder = USUAL) -> Step:
    """A finding as the life cycle sees it; `ladder` is that of its day."""
    clear = is_clear(finding.mean, finding.limit, parameter, ladder.near_clear)
    return Step(
        finding.start,
        finding.end,
        finding.outcome,
        finding.reason is Reason.CONTESTED,
        finding.outcome is Outcome.COMPLIANT and clear,
        ladder,
    )


def is_clear(
    mean: Fraction | None,
    limit: Limit | None,
    parameter: Parameter,
    near_clear: Fraction = USUAL.near_clear,
) -> bool:
    """Whether a mean (quanta) is far enough inside the limit to end a near alert.

    `near_clear` is a share of the limit; a pH has its margin to either end instead.
    """
    if limit is None or mean is None:
        return False
    low = parameter.quanta(limit.low) if limit.low is not None else None
    high = parameter.quanta(limit.high) if limit.high is not None else None
    if parameter.averaging is Averaging.RANGE:
        margin = parameter.quanta(RANGE_CLEAR)
        return (high is None or mean <= high - margin) and (low is None or mean >= low + margin)
    return high is None or mean < high * near_clear


def episodes(kind: AlertKind, steps: Iterable[Step], ladder: Ladder = USUAL) -> list[Episode]:
    """The intervals of one track, from its findings in rising order of start.

    A step that carries a ladder of its own is taken by that, the others by `ladder`.
    """
    machine = _MACHINES[kind]
    found: list[_Open] = []
    for step in steps:
        machine(found, step, step.ladder or ladder)
    return [Episode(e.started_at, e.ended_at) for e in found if e.raised]


@dataclass(slots=True)
class _Open:
    """An interval while it is being derived."""

    started_at: int
    ended_at: int | None = None
    raised: bool = True  # False: too few findings exceeded so far
    exceeded: int = 0  # consecutive EXCEEDED findings that were not superseded
    since: int = 0  # the start of the first of them
    clean: int = 0
    held: bool = False  # by a contested finding

    def exceeds(self, step: Step) -> None:
        """One more EXCEEDED finding in a row."""
        if self.exceeded == 0:
            self.since = step.start
        self.exceeded += 1


def _exceedance(found: list[_Open], step: Step, ladder: Ladder) -> None:
    current = _current(found)
    if step.outcome is Outcome.EXCEEDED:
        if current is None:
            current = _Open(step.start, raised=False)
            found.append(current)
        current.exceeds(step)
        current.clean = 0
        current.raised = current.raised or current.exceeded >= ladder.hold
    elif current is None:
        return
    elif step.contested:
        # Nothing that is active clears until an officer has settled what was contested.
        current.held = True
    elif step.outcome in _CLEAN and not current.raised:
        found.pop()  # the row of exceeding findings broke before it was long enough
    elif step.outcome in _CLEAN and not current.held:
        current.clean += 1
        if current.clean >= ladder.clear:
            current.ended_at = step.end


_CLEAN = (Outcome.COMPLIANT, Outcome.NEAR)


def _near(found: list[_Open], step: Step, ladder: Ladder) -> None:
    current = _current(found)
    if step.outcome is Outcome.NEAR and current is None:
        found.append(_Open(step.start))
    elif current is None:
        return
    elif step.contested:
        current.held = True
    elif step.outcome is Outcome.EXCEEDED:
        current.exceeds(step)
        if current.exceeded >= ladder.hold:
            current.ended_at = current.since  # superseded by the exceedance, once it is raised
    elif step.outcome in _CLEAN:
        current.exceeded = 0
        if step.clear and not current.held:
            current.ended_at = step.end


def _integrity(found: list[_Open], step: Step, _: Ladder) -> None:
    if step.contested and _current(found) is None:
        found.append(_Open(step.start))


_MACHINES = {
    AlertKind.EXCEEDANCE: _exceedance,
    AlertKind.NEAR: _near,
    AlertKind.INTEGRITY: _integrity,
}


def _current(found: list[_Open]) -> _Open | None:
    last = found[-1] if found else None
    return last if last is not None and last.ended_at is None else None


def severity_of(kind: AlertKind, period: str, basis: str = "day") -> Severity:
    """How much a derived alert matters: the permit's basis is for an officer, the hour warns."""
    if kind is AlertKind.NEAR:
        return Severity.INFO
    if kind is AlertKind.INTEGRITY:
        return Severity.MAJOR
    return Severity.CRITICAL if period in (basis, "day") else Severity.WARNING


def reminder_due(ended_at: int | None, last: int, now: int, every: int) -> bool:
    """Whether people should hear again that an alert goes on, `every` seconds after `last`.

    `last` is when it was raised or they last heard of it; `every` 0 means never. However many
    reminders were missed, one is due.
    """
    return ended_at is None and every > 0 and now - last >= every


# --- the difference between what is derived and what is on record ----------------------------


@dataclass(frozen=True, slots=True)
class Recorded:
    """An alert on record, as far as matching needs it; `id` rises with age."""

    id: int
    started_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of an alert. `id` None: a new one. `episode` None: it is withdrawn."""

    id: int | None
    episode: Episode | None
    change: Change
    merged_into: int | None = None


def reconcile(recorded: Sequence[Recorded], derived: Sequence[Episode]) -> list[Difference]:
    """What must change on record so that it equals what is derived.

    Matched by overlap. On a merge the oldest survives and the others are withdrawn into it;
    on a split the earliest episode keeps the id.
    """
    left = {alert.id: alert for alert in recorded}
    changes: list[Difference] = []
    for episode in derived:
        matched = sorted(a.id for a in left.values() if _overlap(a, episode))
        if not matched:
            changes.append(Difference(None, episode, Change.RAISED))
            continue
        survivor = left.pop(matched[0])
        change = _change(survivor, episode)
        if change is not None:
            changes.append(Difference(survivor.id, episode, change))
        for other in matched[1:]:
            if not _elsewhere(left[other], derived, episode):
                changes.append(Difference(other, None, Change.WITHDRAWN, survivor.id))
                del left[other]
    changes.extend(Difference(alert.id, None, Change.WITHDRAWN) for alert in left.values())
    return changes


def _elsewhere(alert: Recorded, derived: Sequence[Episode], taken: Episode) -> bool:
    """Whether a later episode can still keep this alert's id."""
    return any(e.started_at > taken.started_at and _overlap(alert, e) for e in derived)


def _overlap(alert: Recorded, episode: Episode) -> bool:
    begins = episode.ended_at is None or alert.started_at < episode.ended_at
    lasts = alert.ended_at is None or episode.started_at < alert.ended_at
    return begins and lasts


def _change(alert: Recorded, episode: Episode) -> Change | None:
    if (alert.started_at, alert.ended_at) == (episode.started_at, episode.ended_at):
        return None
    if alert.started_at != episode.started_at:
        return Change.AMENDED
    if alert.ended_at is None:
        return Change.ENDED
    return Change.REOPENED if episode.ended_at is None else Change.AMENDED

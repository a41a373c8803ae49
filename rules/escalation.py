"""Who is told of an alert, and after how long nobody has received it.

An alert climbs: the plant's operator, its investor, the officer. A suspected exceedance of the
permit's basis and an hour of silence reach the officer at once; the rest reaches the next side
when nobody has received it by then. The minutes are engineering settings, in the register for
a plant where it types its own; no plant can keep from the officer what must reach him at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.loading import Reader
from rules.model import Change, Severity
from rules.roles import OFFICERS, Role

MINUTE = 60
NEVER = "never"
LONGEST = 7 * 24 * 60
"""Minutes an alert may wait for its next side at most."""


class Side(StrEnum):
    """Who is told, in the order in which an alert climbs."""

    OPERATOR = "operator"
    INVESTOR = "investor"
    OFFICER = "officer"


ROLES: Mapping[Side, frozenset[Role]] = {
    Side.OPERATOR: frozenset({Role.OPERATOR}),
    Side.INVESTOR: frozenset({Role.INVESTOR}),
    Side.OFFICER: OFFICERS,
}

Waits = Mapping[Side, int]
"""Minutes after which a side is told; a side that is not named is not told."""

USUAL: Mapping[Severity, Waits] = {
    Severity.CRITICAL: {Side.OPERATOR: 0, Side.INVESTOR: 0, Side.OFFICER: 0},
    Severity.MAJOR: {Side.OPERATOR: 0, Side.INVESTOR: 0, Side.OFFICER: 0},
    Severity.WARNING: {Side.OPERATOR: 0, Side.INVESTOR: 60, Side.OFFICER: 240},
    Severity.INFO: {Side.OPERATOR: 0},
}
"""Where a plant types nothing else (engineering settings)."""

AT_ONCE = (Severity.CRITICAL, Severity.MAJOR)
"""What reaches the officer at once, whatever a plant types."""

COMES_UP = frozenset({Change.RAISED, Change.RAISED_LATE, Change.REOPENED, Change.ESCALATED})
"""The changes by which an alert begins to climb, or begins anew."""


@dataclass(frozen=True, slots=True)
class Climb:
    """How the alerts of a plant climb."""

    waits: Mapping[Severity, Waits] = field(default_factory=lambda: USUAL)

    def steps(self, severity: Severity, reachable: Collection[Side]) -> list[tuple[int, Side]]:
        """The sides in the order they are told, with the seconds after which they are.

        A side that nobody can be reached on does not hold the others up: the next one takes
        its time.
        """
        waits = self.waits[severity]
        found: list[tuple[int, Side]] = []
        freed: int | None = None
        for side in Side:
            if side not in waits:
                continue
            after = waits[side] if freed is None else min(freed, waits[side])
            if side in reachable:
                found.append((after * MINUTE, side))
                freed = None
            elif freed is None:
                freed = after
        return found

    def told(
        self, severity: Severity, reachable: Collection[Side], since: int, now: int
    ) -> list[Side]:
        """The sides that are to have been told by `now` of what nobody received since `since`."""
        return [side for after, side in self.steps(severity, reachable) if since + after <= now]

    def next_at(
        self, severity: Severity, reachable: Collection[Side], since: int, now: int
    ) -> int | None:
        """When the next side is told; None when there is none left."""
        later = (since + after for after, _ in self.steps(severity, reachable))
        return min((at for at in later if at > now), default=None)


USUAL_CLIMB = Climb()


def load_climb(plant: Reader) -> Climb:
    """The `escalation` of a plant in the register; problems go to the reader. Absent: the usual.

    Minutes by severity and side, such as `warning: {investor: 30, officer: never}`.
    """
    entry = plant.child("escalation")
    if entry is None:
        return USUAL_CLIMB
    waits = {severity: _waits(entry, severity) for severity in Severity}
    entry.close()
    return Climb(waits)


def _waits(entry: Reader, severity: Severity) -> Waits:
    typed = entry.child(severity.value)
    if typed is None:
        return USUAL[severity]
    waits = dict(USUAL[severity])
    for side in Side:
        if not typed.has(side.value):
            continue
        minutes = typed.take(side.value)
        if minutes == NEVER:
            waits.pop(side, None)
        elif isinstance(minutes, bool) or not isinstance(minutes, int):
            typed.problem(side.value, f"expected whole minutes or {NEVER!r}, found {minutes!r}")
        elif not 0 <= minutes <= LONGEST:
            typed.problem(side.value, f"takes 0 to {LONGEST} minutes")
        else:
            waits[side] = minutes
    typed.close()
    if severity in AT_ONCE and waits.get(Side.OFFICER) != 0:
        typed.problem("officer", f"what is {severity} reaches the officer at once: leave it out")
    _check_order(typed, waits)
    return waits


def _check_order(typed: Reader, waits: Waits) -> None:
    told = [waits[side] for side in Side if side in waits]
    if told != sorted(told):
        typed.problem("", "an alert climbs operator, investor, officer: the minutes must not fall")


def sides_of(roles: Iterable[Role]) -> set[Side]:
    """The sides on which somebody with one of these roles can be reached."""
    known = set(roles)
    return {side for side, of in ROLES.items() if of & known}

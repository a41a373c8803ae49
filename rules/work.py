"""What people do about an alert, after ISA-18.2: one table, and the fold of a record through it.

The life cycle of rules/alerts.py says from when to when there was trouble; it is derived and
nobody can touch it. This file says how far people are with it. Both meet in `GRID`: for every
state and everything that can happen (an act of a person, a derived change, time that passed)
the state that follows, or the reason why it is refused. "Tiếp nhận" (received) admits nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rules.model import AlertKind, Change, Severity


class WorkState(StrEnum):
    """How far people are with an alert."""

    UNACKNOWLEDGED = "unacknowledged"  # goes on, and nobody has received it
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"  # has ended, and nobody has received it
    RETURNED = "returned"  # has ended and was received: an officer may close it
    SHELVED = "shelved"  # no reminders until a time
    MAINTENANCE = "maintenance"  # in maintenance that was announced beforehand
    OUT_OF_SERVICE = "out_of_service"
    CLOSING = "closing"  # one officer has closed it; a second one must
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # late data took its ground away


class Act(StrEnum):
    """What a person, or the monitor in a person's place, does about an alert."""

    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    EXPLAIN = "explain"  # the plant's dated explanation
    REQUEST_EXPLANATION = "request_explanation"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    CLOSE_FIRST = "close_first"  # the first of two officers; asked for as `close`
    CLOSE = "close"
    REOPEN = "reopen"  # an officer takes a close back
    REQUEST_SAMPLE = "request_sample"
    TAKE_SAMPLE = "take_sample"
    LAB_RESULT = "lab_result"


class Passing(StrEnum):
    """What the passing of plant time does about an alert."""

    SHELF_OVER = "shelf_over"
    MAINTENANCE_BEGUN = "maintenance_begun"
    MAINTENANCE_OVER = "maintenance_over"
    OUT_OF_SERVICE_BEGUN = "out_of_service_begun"
    OUT_OF_SERVICE_OVER = "out_of_service_over"
    EXPLANATION_OVERDUE = "explanation_overdue"


class Bar(StrEnum):
    """Why an act is refused in a state."""

    RECEIVED = "already_received"
    NOT_SHELVED = "not_shelved"
    ENDED = "has_ended"
    SUPPRESSED = "suppressed"  # in maintenance or out of service: nobody is reminded anyway
    BEING_CLOSED = "being_closed"
    NOT_CLOSED = "not_closed"
    CLOSED = "is_closed"
    WITHDRAWN = "is_withdrawn"


What = Act | Change | Passing
Cell = WorkState | Bar

_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W = WorkState
_REC, _NSH, _END, _SUP, _BCL, _NCL, _CLO, _WDR = Bar

# Columns in the order of WorkState: what follows from each state. A change or time that passed
# is never refused. `raised` of what is on record already cannot happen; the table is whole.
GRID: Mapping[What, tuple[Cell, ...]] = {
    Act.ACKNOWLEDGE: (_A, _REC, _R, _REC, _REC, _M, _O, _BCL, _CLO, _WDR),
    Act.COMMENT: (_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W),
    Act.EXPLAIN: (_A, _A, _R, _R, _S, _M, _O, _G, _C, _WDR),
    Act.REQUEST_EXPLANATION: (_U, _A, _RU, _R, _S, _M, _O, _A, _CLO, _WDR),
    Act.SHELVE: (_S, _S, _END, _END, _S, _SUP, _SUP, _BCL, _CLO, _WDR),
    Act.UNSHELVE: (_NSH, _NSH, _NSH, _NSH, _A, _NSH, _NSH, _NSH, _NSH, _NSH),
    Act.CLOSE_FIRST: (_G, _G, _G, _G, _G, _G, _G, _BCL, _CLO, _WDR),
    Act.CLOSE: (_C, _C, _C, _C, _C, _C, _C, _C, _CLO, _WDR),
    Act.REOPEN: (_NCL, _NCL, _NCL, _NCL, _NCL, _NCL, _NCL, _A, _A, _WDR),
    Act.REQUEST_SAMPLE: (_U, _A, _RU, _R, _S, _M, _O, _G, _CLO, _WDR),
    Act.TAKE_SAMPLE: (_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W),
    Act.LAB_RESULT: (_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W),
    Change.RAISED: (_U, _U, _U, _U, _U, _M, _O, _U, _U, _W),
    Change.RAISED_LATE: (_U, _U, _U, _U, _U, _M, _O, _U, _U, _W),
    Change.ESCALATED: (_U, _U, _U, _U, _U, _M, _O, _U, _U, _W),
    Change.AMENDED: (_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W),
    Change.ENDED: (_RU, _R, _RU, _R, _R, _R, _R, _G, _C, _W),
    Change.REOPENED: (_U, _U, _U, _U, _U, _M, _O, _U, _U, _W),
    Change.WITHDRAWN: (_W,) * 10,
    Change.REMINDED: (_U, _A, _RU, _R, _S, _M, _O, _G, _U, _W),
    Passing.SHELF_OVER: (_U, _A, _RU, _R, _U, _M, _O, _G, _C, _W),
    Passing.MAINTENANCE_BEGUN: (_M, _M, _RU, _R, _M, _M, _O, _G, _C, _W),
    Passing.MAINTENANCE_OVER: (_U, _A, _RU, _R, _S, _U, _O, _G, _C, _W),
    Passing.OUT_OF_SERVICE_BEGUN: (_O, _O, _RU, _R, _O, _O, _O, _G, _C, _W),
    Passing.OUT_OF_SERVICE_OVER: (_U, _A, _RU, _R, _S, _M, _U, _G, _C, _W),
    Passing.EXPLANATION_OVERDUE: (_U, _A, _RU, _R, _S, _M, _O, _G, _C, _W),
}
"""Of what has ended, the cells unacknowledged and acknowledged mean their returned twins."""

TABLE: Mapping[tuple[WorkState, What], Cell] = {
    (state, what): cell
    for what, row in GRID.items()
    for state, cell in zip(WorkState, row, strict=True)
}

SUPPRESSED = (WorkState.MAINTENANCE, WorkState.OUT_OF_SERVICE)

_UNRECEIVED = (WorkState.UNACKNOWLEDGED, WorkState.RETURNED_UNACKNOWLEDGED)
_RECEIVING = frozenset(
    {Act.ACKNOWLEDGE, Act.EXPLAIN, Act.SHELVE, Act.CLOSE_FIRST, Act.CLOSE, Act.REOPEN}
)
"""Acts of somebody who has evidently seen the alert."""

_ENDED_TWIN = {
    WorkState.UNACKNOWLEDGED: WorkState.RETURNED_UNACKNOWLEDGED,
    WorkState.ACKNOWLEDGED: WorkState.RETURNED,
}


class Barred(Exception):
    """An act that the state of an alert does not allow."""

    def __init__(self, bar: Bar) -> None:
        super().__init__(bar.value)
        self.bar = bar


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an alert, as its record has it."""

    what: What
    at: int  # plant time, UTC epoch seconds
    account: int = 0  # 0: the monitor
    active: bool | None = None  # of a derived change: whether the interval goes on after it
    until: int | None = None  # the end of a shelf, or the deadline of an explanation
    plan: int | None = None  # the announced maintenance, by its key


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation that was asked for, or given without being asked."""

    requested_at: int | None = None
    deadline: int | None = None
    overdue: bool = False  # was not there at the deadline; stays true when it comes late
    answered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """How far people are with an alert. `revision` counts everything that ever happened to it."""

    state: WorkState
    active: bool
    revision: int
    raised_at: int
    received_at: int | None = None  # when it was first received; worsening does not undo that
    acknowledged_at: int | None = None
    acknowledged_by: int | None = None
    shelved_until: int | None = None
    closing_by: int | None = None
    closed_at: int | None = None
    explanation: Explanation = Explanation()
    explained_at: int | None = None  # the first explanation
    sampled_at: int | None = None  # the first request for a sample
    planned: int | None = None


def work(events: Iterable[Event]) -> Work | None:
    """The record of an alert, oldest first, folded; None of an empty one. Raises Barred."""
    found: Work | None = None
    for event in events:
        found = step(found, event)
    return found


def step(before: Work | None, event: Event) -> Work:
    """An alert's work after one more event. Raises Barred where an act is refused."""
    if before is None:
        return _begun(event)
    active = before.active if event.active is None else event.active
    what = _flipped(event.what, before.active, active)
    cell = TABLE[before.state, what]
    if isinstance(cell, Bar):
        raise Barred(cell)
    state = cell if active else _ENDED_TWIN.get(cell, cell)
    after = replace(before, state=state, active=active, revision=before.revision + 1)
    return _closed(_shelved(_explained(_received(after, event), event), event), event)


def _begun(event: Event) -> Work:
    active = event.active is not False
    state = WorkState.UNACKNOWLEDGED if active else WorkState.RETURNED_UNACKNOWLEDGED
    return Work(state, active, 1, event.at)


def _flipped(what: What, was: bool, active: bool) -> What:
    """An amended interval that has thereby ended, or goes on again, has done just that."""
    if what is not Change.AMENDED or was == active:
        return what
    return Change.REOPENED if active else Change.ENDED


def _received(of: Work, event: Event) -> Work:
    if of.state in _UNRECEIVED:
        return replace(of, acknowledged_at=None, acknowledged_by=None)
    if event.what not in _RECEIVING or of.acknowledged_at is not None:
        return of
    first = event.at if of.received_at is None else of.received_at
    return replace(of, acknowledged_at=event.at, acknowledged_by=event.account, received_at=first)


def _explained(of: Work, event: Event) -> Work:
    asked = of.explanation
    if event.what is Act.REQUEST_EXPLANATION:
        return replace(of, explanation=Explanation(event.at, event.until))
    if event.what is Act.EXPLAIN:
        first = event.at if of.explained_at is None else of.explained_at
        late = asked.deadline is not None and asked.answered_at is None
        overdue = asked.overdue or (late and event.at > (asked.deadline or 0))
        answered = replace(asked, answered_at=event.at, overdue=overdue)
        return replace(of, explanation=answered, explained_at=first)
    if event.what is Passing.EXPLANATION_OVERDUE:
        return replace(of, explanation=replace(asked, overdue=True))
    return of


def _shelved(of: Work, event: Event) -> Work:
    """The times that belong to a state go with it."""
    until = event.until if event.what is Act.SHELVE else of.shelved_until
    plan = of.planned if event.plan is None else event.plan
    return replace(
        of,
        shelved_until=until if of.state is WorkState.SHELVED else None,
        planned=plan if of.state in SUPPRESSED else None,
    )


def _closed(of: Work, event: Event) -> Work:
    first = event.account if event.what is Act.CLOSE_FIRST else of.closing_by
    closed = event.at if of.closed_at is None else of.closed_at
    sampled = event.at if event.what is Act.REQUEST_SAMPLE else None
    return replace(
        of,
        closing_by=first if of.state is WorkState.CLOSING else None,
        closed_at=closed if of.state is WorkState.CLOSED else None,
        sampled_at=sampled if of.sampled_at is None else of.sampled_at,
    )


# --- what time makes due ------------------------------------------------------------------------


def due_at(of: Work) -> int | None:
    """The next plant time at which something happens to an alert by itself; None: never."""
    asked = of.explanation
    waits = asked.deadline is not None and asked.answered_at is None and not asked.overdue
    settled = of.state in (WorkState.CLOSED, WorkState.WITHDRAWN)
    times = [of.shelved_until, asked.deadline if waits and not settled else None]
    return min((at for at in times if at is not None), default=None)


def fallen_due(of: Work, now: int) -> list[Passing]:
    """What the passing of time has done to an alert by `now`; each once, however late we look."""
    found: list[Passing] = []
    if of.shelved_until is not None and of.shelved_until <= now:
        found.append(Passing.SHELF_OVER)
    asked, due = of.explanation, due_at(replace(of, shelved_until=None))
    if due is not None and asked.deadline is not None and asked.deadline <= now:
        found.append(Passing.EXPLANATION_OVERDUE)
    return found


def planned_now(of: Work, plan: WorkState | None) -> list[Passing]:
    """What brings an alert to where an announced plan has it: `plan` is one of SUPPRESSED."""
    if of.state is plan:
        return []
    over = {
        WorkState.MAINTENANCE: Passing.MAINTENANCE_OVER,
        WorkState.OUT_OF_SERVICE: Passing.OUT_OF_SERVICE_OVER,
    }
    begun = {
        WorkState.MAINTENANCE: Passing.MAINTENANCE_BEGUN,
        WorkState.OUT_OF_SERVICE: Passing.OUT_OF_SERVICE_BEGUN,
    }
    left = [over[of.state]] if of.state in SUPPRESSED else []
    state = WorkState.UNACKNOWLEDGED if left else of.state
    enters = plan is not None and TABLE[state, begun[plan]] is plan
    return left + ([begun[plan]] if plan is not None and enters else [])


HELD_BY_PLANS = frozenset(
    {AlertKind.SILENCE, AlertKind.INSTRUMENT, AlertKind.INTEGRITY, AlertKind.OUTAGE}
)
"""The kinds that announced maintenance explains. An exceedance is never among them."""


def two_officers(kind: AlertKind, severity: Severity) -> bool:
    """Whether an alert is a suspected exceedance, which no single officer closes."""
    return kind is AlertKind.EXCEEDANCE and severity is Severity.CRITICAL


def markdown() -> str:
    """The table as the documentation shows it: a row an event, a column a state."""
    head = ["event", *(state.value for state in WorkState)]
    lines = [_line(head), _line(["---"] * len(head))]
    for what, row in GRID.items():
        cells = zip(WorkState, row, strict=True)
        lines.append(_line([f"`{what.value}`", *(_shown(state, cell) for state, cell in cells)]))
    return "\n".join(lines) + "\n"


def _shown(state: WorkState, cell: Cell) -> str:
    """What follows; a dot where the state stays, refusals in italics."""
    if isinstance(cell, Bar):
        return f"*{cell.value}*"
    return "·" if cell is state else cell.value


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"

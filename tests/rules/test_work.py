"""The table of alert work, whole: every state x everything that can happen, and the fold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.duties import (
    BARS,
    DENIALS,
    PLANT_SHELVES,
    RIGHT_OF,
    Deny,
    denied,
    longest_shelf,
    who_may,
)
from rules.model import AlertKind, Change, Severity
from rules.roles import OFFICERS, PLANT_SIDE, RIGHTS, Right, Role
from rules.work import (
    GRID,
    HELD_BY_PLANS,
    SUPPRESSED,
    TABLE,
    Act,
    Bar,
    Barred,
    Cell,
    Event,
    Passing,
    What,
    Work,
    WorkState,
    due_at,
    fallen_due,
    markdown,
    planned_now,
    step,
    two_officers,
    work,
)

PAGE = Path(__file__).parents[2] / "docs" / "alert-work.md"
EVENTS: tuple[What, ...] = (*Act, *Change, *Passing)
LIVE = (
    WorkState.UNACKNOWLEDGED, WorkState.ACKNOWLEDGED, WorkState.SHELVED, WorkState.MAINTENANCE,
    WorkState.OUT_OF_SERVICE,
)  # fmt: skip
ENDED = (WorkState.RETURNED, WorkState.RETURNED_UNACKNOWLEDGED)
RAISED = Event(Change.RAISED, 100, active=True)


def told() -> dict[tuple[str, str], str]:
    """The table as the page shows it, parsed: (state, event) to what follows."""
    found: dict[tuple[str, str], str] = {}
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    start = next(n for n, line in enumerate(rows) if line.startswith("| event |"))
    split = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[start:]]
    states = split[0][1:]
    for event, *cells in split[2 : 2 + len(GRID)]:
        found |= {(s, event.strip("`")): c for s, c in zip(states, cells, strict=True)}
    return found


def shown(state: WorkState, cell: Cell) -> str:
    return f"*{cell}*" if isinstance(cell, Bar) else "·" if cell is state else str(cell)


# --- the whole table ----------------------------------------------------------------------------


def test_every_state_and_event_has_a_cell() -> None:
    assert set(TABLE) == {(state, what) for state in WorkState for what in EVENTS}


def test_the_page_shows_the_table_as_it_is() -> None:
    assert markdown() in PAGE.read_text(encoding="utf-8")
    assert told() == {(s.value, what.value): shown(s, c) for (s, what), c in TABLE.items()}


@pytest.mark.parametrize(("state", "what"), TABLE, ids=lambda one: str(one))
def test_a_step_goes_where_the_table_says(state: WorkState, what: What) -> None:
    cell, active = TABLE[state, what], state not in (*ENDED, WorkState.WITHDRAWN)
    at = Work(state, active, 7, 100)
    if what is Change.ENDED or what is Change.WITHDRAWN:
        event = Event(what, 200, active=False)
    elif isinstance(what, Change) and what is not Change.AMENDED:
        event = Event(what, 200, active=True)
    else:
        event = Event(what, 200, 5)
    if isinstance(cell, Bar):
        with pytest.raises(Barred) as said:
            step(at, event)
        assert said.value.bar is cell
        return
    after = step(at, event)
    assert (after.state, after.revision, after.raised_at) == (cell, 8, 100)


def test_only_acts_of_people_are_refused() -> None:
    for (state, what), cell in TABLE.items():
        assert isinstance(what, Act) or isinstance(cell, WorkState), (state, what)


def test_what_the_table_promises() -> None:
    """Said again in the words of the promise, cell by cell where it matters."""
    for state in WorkState:
        if state is WorkState.WITHDRAWN:
            continue
        assert TABLE[state, Act.COMMENT] is state
        assert TABLE[state, Change.WITHDRAWN] is WorkState.WITHDRAWN
    for worse in (Change.ESCALATED, Change.REOPENED):
        for state in WorkState:  # worsening re-opens a receipt, a shelf and a close
            held = state in SUPPRESSED or state is WorkState.WITHDRAWN
            assert TABLE[state, worse] is (state if held else WorkState.UNACKNOWLEDGED)
    assert TABLE[WorkState.CLOSED, Change.REMINDED] is WorkState.UNACKNOWLEDGED
    assert TABLE[WorkState.ACKNOWLEDGED, Change.REMINDED] is WorkState.ACKNOWLEDGED
    for state in LIVE:
        assert TABLE[state, Act.CLOSE_FIRST] is WorkState.CLOSING
        assert TABLE[state, Act.CLOSE] is WorkState.CLOSED
    assert TABLE[WorkState.CLOSING, Act.CLOSE] is WorkState.CLOSED
    for what in EVENTS:  # nothing but the second officer leads from closing to closed
        if TABLE[WorkState.CLOSING, what] is WorkState.CLOSED:
            assert what is Act.CLOSE


def test_an_ended_alert_is_never_left_as_if_it_went_on() -> None:
    ended = Work(WorkState.CLOSED, False, 3, 100)
    assert step(ended, Event(Act.REOPEN, 200, 5)).state is WorkState.RETURNED
    assert step(ended, Event(Change.ESCALATED, 200)).state is WorkState.RETURNED_UNACKNOWLEDGED


# --- who may ------------------------------------------------------------------------------------


def may(act: Act, role: Role, kind: AlertKind = AlertKind.EXCEEDANCE, account: int = 5) -> bool:
    of = Work(WorkState.CLOSING, True, 3, 100, closing_by=5)
    return denied(act, role, account, RIGHTS[role], kind, of) is None


def test_every_act_takes_a_right() -> None:
    assert set(RIGHT_OF) == set(Act)


@pytest.mark.parametrize("role", Role)
def test_only_officers_close_and_reopen(role: Role) -> None:
    for act in (Act.CLOSE_FIRST, Act.CLOSE, Act.REOPEN):
        assert may(act, role, account=6) == (role in OFFICERS)


def test_a_right_alone_does_not_make_an_officer() -> None:
    of = Work(WorkState.ACKNOWLEDGED, True, 2, 100)
    every = frozenset(Right)
    for role in PLANT_SIDE:
        found = denied(Act.CLOSE, role, 6, every, AlertKind.SILENCE, of)
        assert found is Deny.OFFICERS
    assert set(who_may(Act.CLOSE, Deny.OFFICERS)) == OFFICERS


@pytest.mark.parametrize("role", sorted(OFFICERS))
def test_the_same_account_never_is_the_second_officer(role: Role) -> None:
    of = Work(WorkState.CLOSING, True, 3, 100, closing_by=5)
    args = (RIGHTS[role], AlertKind.EXCEEDANCE, of)
    assert denied(Act.CLOSE, role, 5, *args) is Deny.SECOND
    assert denied(Act.CLOSE, role, 6, *args) is None


@pytest.mark.parametrize("kind", AlertKind)
def test_the_plants_side_shelves_only_its_own_devices(kind: AlertKind) -> None:
    for role in PLANT_SIDE:
        assert may(Act.SHELVE, role, kind) == (kind in PLANT_SHELVES)
    for role in OFFICERS:
        assert may(Act.SHELVE, role, kind)
    devices = {AlertKind.SILENCE, AlertKind.INSTRUMENT, AlertKind.OUTAGE}
    assert devices == PLANT_SHELVES


def test_shelves_are_longer_for_officers() -> None:
    assert {longest_shelf(role) for role in OFFICERS} == {7 * 86400}
    assert {longest_shelf(role) for role in PLANT_SIDE} == {86400}


def test_explaining_is_the_plants_and_asking_the_officers() -> None:
    assert {role for role in Role if may(Act.EXPLAIN, role)} == PLANT_SIDE
    assert {role for role in Role if may(Act.REQUEST_EXPLANATION, role)} == OFFICERS


def test_only_a_suspected_exceedance_takes_two() -> None:
    found = {(kind, sev) for kind in AlertKind for sev in Severity if two_officers(kind, sev)}
    assert found == {(AlertKind.EXCEEDANCE, Severity.CRITICAL)}


def test_no_plan_holds_an_exceedance() -> None:
    assert AlertKind.EXCEEDANCE not in HELD_BY_PLANS
    assert AlertKind.NEAR not in HELD_BY_PLANS


def test_every_refusal_has_words() -> None:
    assert (set(BARS), set(DENIALS)) == (set(Bar), set(Deny))
    assert all(vi and en and vi != en for vi, en in (*BARS.values(), *DENIALS.values()))


# --- the fold -----------------------------------------------------------------------------------


def folded(*events: Event) -> Work:
    found = work([RAISED, *events])
    assert found is not None
    return found


def test_nothing_happened() -> None:
    assert work([]) is None


def test_what_was_raised_late_and_is_over_waits_for_receipt() -> None:
    late = work([Event(Change.RAISED_LATE, 100, active=False)])
    assert late is not None
    assert (late.state, late.active) == (WorkState.RETURNED_UNACKNOWLEDGED, False)


def test_the_first_receipt_stays_when_worsening_undoes_it() -> None:
    of = folded(Event(Act.ACKNOWLEDGE, 160, 5), Event(Change.ESCALATED, 300, active=True))
    assert (of.state, of.acknowledged_at, of.acknowledged_by) == (
        WorkState.UNACKNOWLEDGED, None, None,
    )  # fmt: skip
    assert of.received_at == 160
    again = step(of, Event(Act.ACKNOWLEDGE, 400, 6))
    assert (again.received_at, again.acknowledged_at, again.acknowledged_by) == (160, 400, 6)


@pytest.mark.parametrize("act", [Act.EXPLAIN, Act.SHELVE, Act.CLOSE, Act.CLOSE_FIRST])
def test_who_acts_has_received(act: Act) -> None:
    of = folded(Event(act, 160, 5, until=900))
    assert (of.received_at, of.acknowledged_by) == (160, 5)


def test_an_amendment_that_ends_or_reopens_is_one() -> None:
    ended = folded(Event(Change.AMENDED, 200, active=False))
    assert ended.state is WorkState.RETURNED_UNACKNOWLEDGED
    closed = step(ended, Event(Act.CLOSE, 300, 5))
    assert closed.closed_at == 300
    again = step(closed, Event(Change.AMENDED, 400, active=True))
    assert (again.state, again.closed_at) == (WorkState.UNACKNOWLEDGED, None)
    still = step(again, Event(Change.AMENDED, 500, active=True))
    assert still.state is WorkState.UNACKNOWLEDGED


def test_a_shelf_is_over_once_and_asks_for_receipt_again() -> None:
    of = folded(Event(Act.SHELVE, 160, 5, until=1000))
    assert (of.shelved_until, due_at(of)) == (1000, 1000)
    assert fallen_due(of, 999) == []
    assert fallen_due(of, 50_000) == [Passing.SHELF_OVER]
    over = step(of, Event(Passing.SHELF_OVER, 50_000))
    assert (over.state, over.shelved_until, due_at(over)) == (WorkState.UNACKNOWLEDGED, None, None)
    assert fallen_due(over, 90_000) == []


def test_an_explanation_is_asked_for_late_and_given() -> None:
    asked = folded(Event(Act.REQUEST_EXPLANATION, 160, 5, until=1000))
    assert due_at(asked) == 1000
    assert fallen_due(asked, 1000) == [Passing.EXPLANATION_OVERDUE]
    late = step(asked, Event(Passing.EXPLANATION_OVERDUE, 1100))
    assert (late.explanation.overdue, fallen_due(late, 5000)) == (True, [])
    given_ = step(late, Event(Act.EXPLAIN, 1200, 9))
    assert (given_.explanation.answered_at, given_.explanation.overdue) == (1200, True)
    assert given_.explained_at == 1200
    new = step(given_, Event(Act.REQUEST_EXPLANATION, 1300, 5, until=2000))
    assert (new.explanation.overdue, new.explanation.answered_at) == (False, None)
    assert step(new, Event(Act.EXPLAIN, 2000, 9)).explanation.overdue is False
    assert step(new, Event(Act.EXPLAIN, 2001, 9)).explanation.overdue is True


def test_nobody_waits_for_an_explanation_of_what_is_closed() -> None:
    asked = folded(Event(Act.REQUEST_EXPLANATION, 160, 5, until=1000))
    assert fallen_due(step(asked, Event(Act.CLOSE, 200, 5)), 5000) == []


def test_the_second_officer_may_ask_for_more_instead() -> None:
    first = folded(Event(Act.CLOSE_FIRST, 160, 5))
    assert (first.state, first.closing_by) == (WorkState.CLOSING, 5)
    more = step(first, Event(Act.REQUEST_EXPLANATION, 200, 6, until=1000))
    assert (more.state, more.closing_by) == (WorkState.ACKNOWLEDGED, None)


@pytest.mark.parametrize("state", WorkState)
@pytest.mark.parametrize("plan", [None, *SUPPRESSED])
def test_a_plan_brings_an_alert_to_where_it_has_it(
    state: WorkState, plan: WorkState | None
) -> None:
    """And once it is there nothing more is due: each event is written once."""
    of = Work(state, state not in (*ENDED, WorkState.WITHDRAWN), 4, 100)
    for what in planned_now(of, plan):
        of = step(of, Event(what, 200, plan=3))
    assert planned_now(of, plan) == []
    if state in LIVE and plan is not None:
        assert of.state is plan
        assert of.planned == (None if state is plan else 3)
    elif state in SUPPRESSED:
        assert (of.state, of.planned) == (WorkState.UNACKNOWLEDGED, None)
    else:
        assert of.state is state


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.booleans(), st.integers(1, 3)), max_size=30))
def test_whatever_happens_the_parts_agree(told: list[tuple[What, bool, int]]) -> None:
    """A state, and everything that belongs to it, tell the same; refusals change nothing."""
    of, count = step(None, RAISED), 1
    for n, (what, active, account) in enumerate(told):
        if what in (Change.WITHDRAWN, Change.ENDED):
            active = False
        elif what is Change.REMINDED:  # changes nothing of the interval
            active = of.active
        derived = active if isinstance(what, Change) else None
        event = Event(what, 200 + n, account, active=derived, until=1000, plan=7)
        try:
            of, count = step(of, event), count + 1
        except Barred:
            assert isinstance(what, Act)
        assert of.revision == count
        assert (of.shelved_until is not None) == (of.state is WorkState.SHELVED)
        assert (of.closed_at is not None) == (of.state is WorkState.CLOSED)
        assert (of.planned is not None) == (of.state in SUPPRESSED)
        if of.state in (WorkState.UNACKNOWLEDGED, WorkState.ACKNOWLEDGED):
            assert of.active
        if of.state in ENDED:
            assert not of.active
        if of.acknowledged_at is not None:
            assert of.received_at is not None

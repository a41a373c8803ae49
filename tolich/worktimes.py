"""What plant time does to the work on alerts: shelves end, deadlines pass, maintenance begins.

The monitor writes each as an action of its own, once, however long the program was away. It
also asks the sampler of a station for a sample when a suspected exceedance goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from rules.model import AlertKind, Severity
from rules.register import Register
from rules.work import HELD_BY_PLANS, Act, Work, WorkState, fallen_due, planned_now, two_officers
from tolich.store.ledger import Append
from tolich.store.planned import Plan, covering, plans_at
from tolich.store.reads.alerts import members_of
from tolich.store.work import (
    MONITOR,
    Acted,
    act,
    due_work,
    is_missing,
    note_missing,
    open_work,
)


class _Due(NamedTuple):
    """One thing that time has done to an alert."""

    alert: int
    what: Acted
    body: Mapping[str, Any]


class WorkTimes:
    """Looks for what fell due. Everything it knows stands in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked: tuple[int, int] | None = None  # plant time, head

    def recall(self) -> None:
        """Look again at once: at start, and after a failed transaction."""
        self._looked = None

    def waiting(self, register: Register, now: int, head: int) -> bool:
        """Whether anything is due; looks again when time or the record has moved on."""
        if self._looked == (now, head):
            return False
        with self._engine.connect() as connection:
            missing = self._looked is None and is_missing(connection)
            found = missing or any(_due(connection, register, now))
        self._looked = None if found else (now, head)
        return found

    def write(self, append: Append, register: Register) -> None:
        """Put everything that is due on record."""
        note_missing(append.connection)
        for due in list(_due(append.connection, register, append.at)):
            act(append, due.alert, due.what, MONITOR, due.body)


def _due(connection: Connection, register: Register, now: int) -> Iterator[_Due]:
    shelved = set()
    for key, of in due_work(connection, now):
        for what in fallen_due(of, now):
            shelved.add(key)
            yield _Due(key, what, {})
    for one in _planned(connection, now):
        if one.alert not in shelved:  # its shelf ends first; the plan is seen at the next look
            yield one
    yield from _samples(connection, register)


def _planned(connection: Connection, now: int) -> Iterator[_Due]:
    """Alerts that an announcement has reached, or let go."""
    some = plans_at(connection, now)
    for row, of in open_work(connection, sorted(HELD_BY_PLANS)):
        plan = _plan_of(connection, some, row)
        for what in planned_now(of, None if plan is None else plan.kind):
            yield _Due(row["id"], what, _told(of, plan))


def _told(of: Work, plan: Plan | None) -> Mapping[str, Any]:
    return {"planned": of.planned if plan is None else plan.id}


def _plan_of(connection: Connection, some: Sequence[Plan], row: Mapping[Any, Any]) -> Plan | None:
    """The announcement that explains an alert; an outage only where it is about every member."""
    if not some:
        return None
    if row["kind"] != AlertKind.OUTAGE:
        return covering(some, [(row["station"], row["parameter"])])
    members = sorted(members_of(connection, [row["id"]])[row["id"]])
    return covering(some, [(member, None) for member in members])


def _samples(connection: Connection, register: Register) -> Iterator[_Due]:
    """Suspected exceedances that go on at a station whose sampler was not asked yet.

    Of one that is over the water has gone: an officer may still ask by hand.
    """
    samplers = {station.id for station in register.stations.values() if station.sampler}
    if not samplers:
        return
    for row, of in open_work(connection, [AlertKind.EXCEEDANCE]):
        suspected = two_officers(AlertKind.EXCEEDANCE, Severity(row["severity"]))
        if suspected and row["station"] in samplers and _unasked(of):
            yield _Due(row["id"], Act.REQUEST_SAMPLE, {"sampler": True, "text": None})


def _unasked(of: Work) -> bool:
    return of.sampled_at is None and of.state is not WorkState.CLOSING

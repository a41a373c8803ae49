"""Working on alerts: what a person does is checked, put on record, and answered as it stands.

The web process has it. Everything is decided under the head's lock: of two people who act at
once one is first, and the other hears what happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from rules.days import rfc3339
from rules.duties import BARS, DENIALS, Deny, denied, who_may, who_may_announce
from rules.model import AlertKind, Problem, Refused, Severity
from rules.roles import PLANT_SIDE, Right
from rules.work import Act, Barred, Work, WorkState, two_officers
from tolich.bodies import Asking, announced, body_of, cancelled
from tolich.pipeline import Taking
from tolich.ports import Caller, Page, Scope, Shape
from tolich.store import attachments
from tolich.store.alerts import alert_key
from tolich.store.ledger import Append, appending
from tolich.store.planned import announce, plans
from tolich.store.reads.alerts import members_of
from tolich.store.reads.answered import AnsweredReads
from tolich.store.work import Author, act, current, history
from tolich.store.workshapes import happened_shape, plan_shape
from tolich.workports import Announcement, Conflict, Deed, Forbidden, Kept


class Worker:
    """The `Working` port on the store, with the register that `taking` keeps fresh."""

    def __init__(self, taking: Taking, reads: AnsweredReads) -> None:
        self._taking = taking
        self._reads = reads

    def act(self, caller: Caller, asked: Deed) -> Shape | None:
        """The alert after the act; None of one that the caller may not see."""
        taking = self._taking
        taking.room()
        key = alert_key(asked.alert)
        if key is None or self._reads.alert(caller.scope, asked.alert) is None:
            return None
        said = attachments.checked(asked.attachments)
        with appending(taking.engine, taking.clock.now(), taking.telling) as append:
            # Read again under the head's lock: nobody changes it any more.
            shape = self._reads.alert(caller.scope, asked.alert)
            if shape is not None:
                self._enter(append, caller, key, shape, asked, said)
        return self._reads.alert(caller.scope, asked.alert)

    def _enter(
        self, append: Append, caller: Caller, key: int, shape: Shape, asked: Deed,
        said: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        of = current(append.connection, key)
        if of is None:
            raise LookupError(f"alert {asked.alert} has no record")
        kind = AlertKind(shape["kind"])
        what = _meant(Act(asked.act), kind, Severity(shape["severity"]), of)
        self._allowed(append.connection, caller, key, shape, what, of)
        if asked.seen is not None and asked.seen != of.revision:
            raise _overtaken(append.connection, key, of, asked.seen)
        station = self._taking.registered.register.stations[shape["station"]]
        asking = Asking(what, caller.role, append.at, station, shape)
        body = body_of(asking, asked, said)
        first = attachments.next_attachment(append.connection)
        for number, one in enumerate(said, start=first):
            one["id"] = number
        try:
            row, _ = act(append, key, what, author(caller), body)
        except Barred as barred:
            raise _barred(append.connection, key, of, barred) from barred
        attachments.keep(append.connection, row, first, asked.attachments, said)

    def _allowed(
        self, connection: Connection, caller: Caller, key: int, shape: Shape, what: Act, of: Work
    ) -> None:
        kind = AlertKind(shape["kind"])
        why = denied(what, caller.role, caller.account, caller.rights, kind, of)
        if why is None and kind is AlertKind.OUTAGE and caller.role in PLANT_SIDE:
            others = members_of(connection, [key])[key] - set(shape["members"])
            why = Deny.OTHERS if others else None
        if why is not None:
            raise Forbidden(*DENIALS[why], who_may(what, why))

    def actions(self, scope: Scope, alert: str) -> Page | None:
        """Everything done about an alert, oldest first."""
        return self._reads.actions(scope, alert)

    def attachment(self, scope: Scope, attachment: int) -> Kept | None:
        """A file of an act."""
        return self._reads.attachment(scope, attachment)

    def plans(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        """Announcements, newest first."""
        return self._reads.plans(scope, station, cursor, limit)

    def responses(
        self, scope: Scope, cluster: str | None, start: int | None, end: int | None
    ) -> Page:
        """How soon alerts were answered."""
        return self._reads.responses(scope, cluster, start, end)

    def alarm_load(self, caller: Caller, start: int | None, end: int | None) -> Page:
        """What each person was told."""
        return self._reads.alarm_load(caller, start, end)

    def announce(self, caller: Caller, asked: Announcement) -> Shape:
        """An announcement on record. Raises Refused, Forbidden, NotDurable."""
        taking = self._taking
        taking.room()
        _may_announce(caller, asked.kind)
        stations = taking.registered.register.stations
        visible = {s.id: s for s in stations.values() if caller.scope.sees(s.cluster, s.plant)}
        with appending(taking.engine, taking.clock.now(), taking.telling) as append:
            row = announced(append.at, visible, asked)
            key = announce(append, row | _signed(caller))
        return self._plan(caller.scope, key)

    def cancel(self, caller: Caller, plan: int, reason: str) -> Shape | None:
        """An announcement ended now, or taken back where it has not begun."""
        taking = self._taking
        taking.room()
        found = self._reads.plan(caller.scope, plan)
        if found is None:
            return None
        _may_announce(caller, found.kind.value)
        with appending(taking.engine, taking.clock.now(), taking.telling) as append:
            (now,) = (p for p in plans(append.connection, [found.station]) if p.id == plan)
            if now.ended_by is not None or (now.end is not None and now.end <= append.at):
                raise _over(now.ended_by, now.end)
            announce(append, cancelled(now.row, reason) | _signed(caller))
        return self._plan(caller.scope, plan)

    def _plan(self, scope: Scope, key: int) -> Shape:
        found = self._reads.plan(scope, key)
        if found is None:
            raise LookupError(f"announcement {key} has no record")
        station = self._taking.registered.register.stations[found.station]
        return plan_shape(found, station, self._taking.clock.now())


def author(caller: Caller) -> Author:
    """A caller as the record keeps one."""
    return Author(caller.account, caller.name, caller.role.value)


def _signed(caller: Caller) -> dict[str, Any]:
    return {"account": caller.account, "name": caller.name, "role": caller.role.value}


def _meant(what: Act, kind: AlertKind, severity: Severity, of: Work) -> Act:
    """`close` of a suspected exceedance is the first of two, unless one has closed it already."""
    first = what is Act.CLOSE and of.state is not WorkState.CLOSING
    return Act.CLOSE_FIRST if first and two_officers(kind, severity) else what


def _overtaken(connection: Connection, key: int, of: Work, seen: int) -> Conflict:
    if seen > of.revision:
        said = f"it is a revision that has not been: {of.revision} is the newest"
        raise Refused([Problem("body", "seen", said)])
    since = history(connection, key)[seen:]
    vi, en = "Đã có thay đổi sau khi anh/chị xem", "something happened since you looked"
    return Conflict(vi, en, [happened_shape(one) for one in since], of.revision)


def _barred(connection: Connection, key: int, of: Work, barred: Barred) -> Conflict:
    """What brought the alert to where the act is refused: the last change of its state."""
    record = history(connection, key)
    changed = [one for one in record if one.row.get("before") != one.row.get("after")]
    return Conflict(*BARS[barred.bar], [happened_shape((changed or record)[-1])], of.revision)


def _may_announce(caller: Caller, kind: str) -> None:
    right = Right.OUT_OF_SERVICE if kind == WorkState.OUT_OF_SERVICE else Right.ANNOUNCE
    if right not in caller.rights:
        vi, en = DENIALS[Deny.NO_RIGHT]
        raise Forbidden(vi, en, who_may_announce(right))


def _over(ended: Mapping[Any, Any] | None, end: int | None) -> Conflict:
    vi, en = "Kỳ đã báo trước này đã kết thúc", "this announcement is over"
    by = {"what": "ended", "by": "tolich", "role": "monitor"}
    if ended is not None:
        by |= {"at": rfc3339(ended["at"]), "by": ended["name"], "role": ended["role"]}
    elif end is not None:
        by |= {"at": rfc3339(end)}
    return Conflict(vi, en, [by], 0)

"""Reminders: an exceedance that goes on is said again, as often as the permit's ladder has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Engine, func, select

from rules.alerts import reminder_due
from rules.days import local_date, midnight, rfc3339
from rules.ladder import LEAST_REMINDER
from rules.model import AlertKind, Change
from rules.register import Register
from tolich.store.alerts import AlertRow, change_alert, open_alerts
from tolich.store.ledger import Append
from tolich.store.schema import transition

HEARD = (Change.RAISED, Change.RAISED_LATE, Change.REOPENED, Change.REMINDED)
"""The changes from which the time to the next reminder counts."""


class Reminders:
    """Looks for exceedances that go on. Everything it knows stands in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked: int | None = None

    def recall(self) -> None:
        """Look again at once: at start, and after a failed transaction."""
        self._looked = None

    def waiting(self, register: Register, now: int) -> bool:
        """Whether a reminder is due at plant time `now`; looks no oftener than one can be."""
        if self._looked is not None and 0 <= now - self._looked < LEAST_REMINDER:
            return False
        with self._engine.connect() as connection:
            found = _due(connection, register, now)
        self._looked = None if found else now
        return bool(found)

    def write(self, append: Append, register: Register) -> None:
        """Remind of everything that is due: once each, however long the program was away."""
        for alert in _due(append.connection, register, append.at):
            cause = {"kind": "still_exceeding", "since": rfc3339(alert.started_at)}
            change_alert(append, alert, alert, Change.REMINDED, cause)


def _due(connection: Connection, register: Register, now: int) -> list[AlertRow]:
    """The active exceedances of registered stations of which people should hear again."""
    known = register.stations
    active = [a for a in open_alerts(connection, AlertKind.EXCEEDANCE) if a.track.station in known]
    last = _last_heard(connection, [alert.id for alert in active])
    today = local_date(midnight(now))
    return [
        alert
        for alert in active
        if reminder_due(alert.ended_at, last[alert.id], now, _every(register, alert, today))
    ]


def _every(register: Register, alert: AlertRow, today: date) -> int:
    track = alert.track
    return register.ladder(track.station, track.parameter or "", today).remind


def _last_heard(connection: Connection, alerts: Sequence[int]) -> dict[int, int]:
    """When people last heard of each alert, plant time."""
    query = (
        select(transition.c.alert, func.max(transition.c.at))
        .where(transition.c.alert.in_(alerts), transition.c.change.in_([c.value for c in HEARD]))
        .group_by(transition.c.alert)
    )
    return {alert: at for alert, at in connection.execute(query)}

"""Outages as alerts: one for the many stations that fell silent together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, func, select

from rules.days import rfc3339
from rules.model import AlertKind, Change
from rules.outage import Outage, outages, stands
from rules.silence import rank, reached, rungs
from tolich.store.alerts import (
    ENDED,
    WITHDRAWN,
    AlertRow,
    Track,
    change_alert,
    open_alerts,
    public_id,
    raise_alert,
)
from tolich.store.ledger import Append
from tolich.store.schema import alert

_LADDER = rungs(0)


class Outages:
    """The outages that stand, and how many silences were ever part of each."""

    def __init__(self) -> None:
        self._open: dict[int, AlertRow] = {}
        self._members: dict[int, int] = {}

    def recall(self, connection: Connection) -> None:
        """Read again from the store what stands."""
        self._open = {row.id: row for row in open_alerts(connection, AlertKind.OUTAGE)}
        self._members = _members(connection, self._open)

    def standing(self, outage: int | None) -> bool:
        """Whether an outage stands."""
        return outage in self._open

    @staticmethod
    def name(outage: AlertRow) -> str:
        """The public name of an outage."""
        return public_id(outage.id)

    def group(
        self,
        append: Append,
        silent: Mapping[str, int],
        clusters: Mapping[str, str],
        standing: Mapping[str, AlertRow],
    ) -> dict[str, AlertRow]:
        """Raise or widen outages; returns the outage of every station that is new to it.

        `silent`: since when each silent station is; `standing`: the silences on record.
        """
        joins: dict[str, AlertRow] = {}
        for found in outages(silent, clusters):
            parts = {s: standing[s].part_of for s in found.members if s in standing}
            known = sorted({of for of in parts.values() if of is not None and of in self._open})
            outage = self._open[known[0]] if known else self._raise(append, found)
            for other in known[1:]:
                self._merge(append, other, outage)
            new = {s: outage for s in found.members if parts.get(s) != outage.id}
            self._members[outage.id] = self._members.get(outage.id, 0) + len(new)
            joins |= new
        return joins

    def spoken(self, append: Append, outage: int, silent: int) -> None:
        """A member spoke and `silent` still do not: the outage may be over."""
        row = self._open.get(outage)
        if row is None or (silent and stands(silent, self._members[outage])):
            return
        del self._open[outage]
        cause = {"kind": "outage", "silent": silent, "stations": self._members[outage]}
        ended = replace(row, state=ENDED, ended_at=append.at)
        change_alert(append, row, ended, Change.ENDED, cause)

    def due(self, now: int) -> bool:
        """Whether an outage has climbed."""
        return any(True for _ in self._climbed(now))

    def climbs_at(self) -> Iterator[int]:
        """When each outage reaches its next rung."""
        for row in self._open.values():
            seconds = next((s for s, level in _LADDER if rank(level) > rank(row.severity)), None)
            if seconds is not None:
                yield row.started_at + seconds

    def climb(self, append: Append) -> None:
        """Outages matter more the longer they last, like the silence of one station."""
        for row, climbed in list(self._climbed(append.at)):
            cause = {"kind": "outage", "stations": self._members[row.id],
                     "since": rfc3339(row.started_at)}  # fmt: skip
            self._open[row.id] = change_alert(append, row, climbed, Change.ESCALATED, cause)

    def _climbed(self, now: int) -> Iterator[tuple[AlertRow, AlertRow]]:
        for row in self._open.values():
            level = reached(_LADDER, now - row.started_at) or row.severity
            if rank(level) > rank(row.severity):
                yield row, replace(row, severity=level)

    def _raise(self, append: Append, found: Outage) -> AlertRow:
        level = reached(_LADDER, append.at - found.since) or _LADDER[0][1]
        # Names no member: who may see one of them need not see the others.
        cause = {"kind": "outage", "stations": len(found.members), "watched": found.watched,
                 "cluster": found.cluster, "since": rfc3339(found.since)}  # fmt: skip
        track = Track(AlertKind.OUTAGE, found.members[0])
        row = raise_alert(append, track, level, found.since, None, None, Change.RAISED, cause)
        self._open[row.id] = row
        return row

    def _merge(self, append: Append, other: int, survivor: AlertRow) -> None:
        """Two outages turn out to be one: the older goes on. Its members join it anew."""
        row = self._open.pop(other)
        merged = replace(row, state=WITHDRAWN, merged_into=survivor.id)
        cause = {"kind": "outage", "outage": public_id(survivor.id)}
        change_alert(append, row, merged, Change.WITHDRAWN, cause)


def _members(connection: Connection, of: Iterable[int]) -> dict[int, int]:
    query = (
        select(alert.c.part_of, func.count())
        .where(alert.c.part_of.in_(list(of)))
        .group_by(alert.c.part_of)
    )
    return {outage: count for outage, count in connection.execute(query)}

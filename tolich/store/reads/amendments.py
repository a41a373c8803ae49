"""Amendments, for those who look them up."""

from __future__ import annotations

from sqlalchemy import select

from rules.amendments import standing
from tolich.ports import AmendmentQuery, Page, Scope
from tolich.store import amendments
from tolich.store.cursors import decode, encode
from tolich.store.reads.scoped import Scoped
from tolich.store.schema import amendment
from tolich.store.shapes import amendment_shape


class AmendmentReads(Scoped):
    """Amendments, newest first."""

    def amendments(
        self, scope: Scope, query: AmendmentQuery, cursor: str | None, limit: int
    ) -> Page:
        """Amendments of the stations that a scope may see; reversed ones say by which."""
        stations = [station.id for station in self._filtered(scope, query.station, None)]
        wanted = select(amendment).where(amendment.c.station.in_(stations)).limit(limit + 1)
        if query.parameter is not None:
            wanted = wanted.where(amendment.c.parameter == query.parameter)
        if cursor:
            wanted = wanted.where(amendment.c.id < int(decode(cursor, "amendments", int)[0]))
        with self._engine.connect() as connection:
            rows = list(connection.execute(wanted.order_by(amendment.c.id.desc())).mappings())
            some = rows[:limit]
            known = amendments.read(connection, sorted({row["station"] for row in some}))
        reversed_by = {one.reverses: one.id for one in standing(known)}
        register = self._registry().register.stations
        shapes = [
            amendment_shape(row, register[row["station"]], reversed_by.get(row["id"]))
            for row in some
        ]
        more = len(rows) > limit
        return Page(shapes, encode("amendments", some[-1]["id"]) if more else None)

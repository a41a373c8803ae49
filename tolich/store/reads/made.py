"""What findings were made with, and how many there are: for documents that must say so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from rules.model import Series, finding_id
from tolich.documents import ReadingQuery
from tolich.ports import FindingQuery, Scope, Shape
from tolich.store.reads.findings import FindingReads, filters
from tolich.store.reads.scoped import known_by
from tolich.store.schema import finding, reading, version
from tolich.store.verdicts import made_with


class MadeReads(FindingReads):
    """Sizes and versions; nothing here is seen outside a scope."""

    def known(self, at: int) -> int:
        """The seq of the last entry that was on record at a plant time; 0 before the first."""
        with self._engine.connect() as connection:
            return known_by(connection, at)

    def count_findings(self, scope: Scope, query: FindingQuery) -> int:
        """How many findings on record a query has; open periods are not among them."""
        with self._engine.connect() as connection:
            names = self._names(scope, query)
            wanted = select(func.count()).select_from(finding)
            wanted = self._asked(wanted, names, query)
            wanted = wanted.where(self._as_of(connection, query.as_of))
            return int(connection.execute(wanted).scalar() or 0)

    def count_readings(self, scope: Scope, query: ReadingQuery) -> int:
        """How many readings a query has."""
        station = self._station(scope, query.station)
        keys = self._series_keys()
        wanted = [
            keys[Series(query.station, parameter)]
            for parameter in (() if station is None else station.series)
            if query.parameter in (None, parameter)
        ]
        counted = select(func.count()).where(reading.c.series.in_(wanted))
        if query.start is not None:
            counted = counted.where(reading.c.at >= query.start)
        if query.end is not None:
            counted = counted.where(reading.c.at < query.end)
        with self._engine.connect() as connection:
            return int(connection.execute(counted).scalar() or 0)

    def made_with(
        self, scope: Scope, query: FindingQuery
    ) -> tuple[dict[int, Shape], dict[str, int]]:
        """Versions of engine and packs by a number, and the number of each finding by its id."""
        names = self._names(scope, query)
        wanted = select(finding.c.series, finding.c.period, finding.c.start, finding.c.version)
        with self._engine.connect() as connection:
            rows = connection.execute(
                self._asked(wanted, names, query).where(self._as_of(connection, query.as_of))
            )
            of = {
                finding_id(names[series], period, start): made
                for series, period, start, made in rows
            }
            bodies = select(version.c.id, version.c.body).where(version.c.id.in_(set(of.values())))
            versions = {key: made_with(body) for key, body in connection.execute(bodies)}
        return versions, of

    def _names(self, scope: Scope, query: FindingQuery) -> dict[int, Series]:
        return self._series_of(self._filtered(scope, query.station, query.cluster), query.parameter)

    def _asked(self, wanted: Any, names: dict[int, Series], query: FindingQuery) -> Any:
        return wanted.where(filters(query), finding.c.series.in_(list(names)))

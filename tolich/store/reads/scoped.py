"""What every read shares: the register, the scope, and places in lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, or_, select

from rules.model import Period, Series
from rules.parameters import Catalogue
from rules.register import Station
from tolich.ports import Clock, Scope
from tolich.store.days import JudgedDays, Registry
from tolich.store.schema import chain
from tolich.store.verdicts import version_body


class Scoped:
    """Reads of one store. A scope is applied here and nowhere else."""

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        registry: Registry,
        keys: Callable[[], dict[Series, int]],
        clock: Clock,
        periods: Sequence[Period],
        grace: int,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._registry = registry
        self._series_keys = keys
        self._clock = clock
        self._periods = periods
        self._grace = grace
        self._days = JudgedDays(registry, keys, periods, grace)

    def _visible(self, scope: Scope) -> set[str]:
        """The stations a scope may see."""
        return {
            station.id
            for station in self._registry().register.stations.values()
            if scope.sees(station.cluster, station.plant)
        }

    def _station(self, scope: Scope, station: str) -> Station | None:
        if station not in self._visible(scope):
            return None
        return self._registry().register.stations[station]

    def _filtered(self, scope: Scope, station: str | None, cluster: str | None) -> list[Station]:
        stations = self._registry().register.stations
        return [
            stations[s]
            for s in sorted(self._visible(scope))
            if station in (None, s) and cluster in (None, stations[s].cluster)
        ]

    def _series_of(self, stations: Iterable[Station], parameter: str | None) -> dict[int, Series]:
        keys = self._series_keys()
        return {
            keys[Series(s.id, p)]: Series(s.id, p)
            for s in stations
            for p in s.judged()
            if parameter in (None, p)
        }

    def _present_version(self) -> Any:
        return json.loads(version_body(self._registry().regulations))


def known_by(connection: Connection, at: int) -> int:
    """The seq of the last entry that was on record at a plant time; 0 before the first."""
    query = select(chain.c.seq).where(chain.c.at <= at).order_by(chain.c.seq.desc()).limit(1)
    return int(connection.execute(query).scalar() or 0)


def before(columns: Sequence[ColumnElement[Any]], place: Sequence[int | str]) -> Any:
    """Rows that come after a place in falling order: lexicographically smaller."""
    either = []
    for depth in range(len(columns)):
        equal = [columns[i] == place[i] for i in range(depth)]
        either.append(and_(*equal, columns[depth] < place[depth]))
    return or_(*either)

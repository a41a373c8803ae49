"""The outlook of the day under way."""

from __future__ import annotations

from rules.days import midnight
from rules.model import Series
from rules.terms import Terms
from tolich.ports import Page, Scope
from tolich.store.outlook import outlooks
from tolich.store.reads.scoped import Scoped


class OutlookReads(Scoped):
    """How today's daily means are likely to end: for operation only, never on record."""

    def outlook(self, scope: Scope, station: str, parameter: str | None) -> Page | None:
        """One parameter, or every one that a limit may bind; None: no such station."""
        found = self._station(scope, station)
        if found is None:
            return None
        now, keys = self._clock.now(), self._series_keys()
        with self._engine.connect() as connection:
            day = self._days.get(connection, station, midnight(now), now)
            wanted = [
                (row, keys[Series(station, terms.parameter.key)])
                for row, terms in enumerate(day.window.terms)
                if (_usual(terms) if parameter is None else terms.parameter.key == parameter)
            ]
            return Page(list(outlooks(connection, day, found, wanted, now)))


def _usual(terms: Terms) -> bool:
    """Loads and volumes owe no hours, so that there is nothing to learn their days from."""
    return terms.owed and terms.derived is None

"""Amending: an officer's decision about readings, put on record by the process that hears it.

The web process has it. It judges nothing: the days it makes due are judged by the writer,
which sees that the record went on.
"""

from __future__ import annotations

from tolich.pipeline import Taking
from tolich.ports import Amend, Scope, Shape
from tolich.store.amendments import enter
from tolich.store.ledger import appending
from tolich.store.shapes import amendment_shape


class Amender:
    """The `Amending` port on the store, with the register that `taking` keeps fresh."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking

    def amend(self, scope: Scope, asked: Amend) -> Shape:
        """The amendment as recorded; Refused with every field that is wrong, NotDurable."""
        taking = self._taking
        taking.room()
        register = taking.registered.register
        stations = register.stations.values()
        visible = {one.id for one in stations if scope.sees(one.cluster, one.plant)}
        with appending(taking.engine, taking.clock.now()) as append:
            row = enter(append, register, taking.series, visible, asked)
        return amendment_shape(row, register.stations[row["station"]], None)

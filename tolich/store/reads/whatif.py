"""Stored history under other permits, for those who may see the stations."""

from __future__ import annotations

from collections.abc import Iterator

from rules.whatif import read_question
from tolich.ports import Comparing, Registered, Scope, Shape
from tolich.store.reads.scoped import Scoped
from tolich.store.whatif import Totals, WhatIf, difference_shape, totals_shape


class WhatIfReads(Scoped):
    """What would have been found under other permits; nothing of it is kept."""

    def what_if(self, scope: Scope, question: object) -> Comparing:
        """The comparison, ready to be iterated. Raises Refused with every problem."""
        registered = self._registry()
        asked = read_question(
            "what-if", question, registered.register, self._visible(scope), self._catalogue,
            registered.regulations,
        )  # fmt: skip
        found = WhatIf(
            self._engine, registered, self._series_keys(), asked, self._periods,
            self._clock.now(), self._grace,
        )  # fmt: skip
        return Comparing(found.station_days, _lines(found, registered))


def _lines(of: WhatIf, registered: Registered) -> Iterator[list[Shape]]:
    totals, total = Totals(), of.station_days
    for step in of:
        totals.add(step)
        differing = [{"difference": difference_shape(one)} for one in step.differences()]
        yield [*differing, {"progress": {"done": totals.days, "total": total}}]
    yield [{"result": totals_shape(totals, registered.register)}]

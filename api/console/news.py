"""News of stations, for pages that ask for their own parts again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from api.console.live import Fill
from api.console.visitor import Visitor
from api.view import View


class StationSight:
    """Tells which stations sent something, or had an alert or finding change."""

    def __init__(self, view: View, visitor: Callable[[], Visitor], seq: int) -> None:
        self._view = view
        self._message = view.heard(0).upto
        self._seq = seq

    def changed(self) -> tuple[Sequence[Fill], Collection[str]]:
        """Stations with news since the last call."""
        heard = self._view.heard(self._message)
        news = self._view.transitions(self._seq, 500).items
        self._message = heard.upto
        self._seq = news[-1]["seq"] if news else self._seq
        return (), heard.stations | {one["station"] for one in news}

    def since(self, message: int) -> Sequence[Fill]:
        """Nothing: a page asks for its parts when the next news comes."""
        return ()

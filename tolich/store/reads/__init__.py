"""Every read for people and programs, each under a scope: the `Reads` port on the store."""

from __future__ import annotations

from tolich.ports import Shape
from tolich.store.health import health
from tolich.store.reads.amendments import AmendmentReads
from tolich.store.reads.answered import AnsweredReads
from tolich.store.reads.forwarding import ForwardingReads
from tolich.store.reads.law import LawReads
from tolich.store.reads.made import MadeReads
from tolich.store.reads.outlook import OutlookReads
from tolich.store.reads.sights import SightReads
from tolich.store.reads.whatif import WhatIfReads


class StoreReads(
    SightReads,
    AnsweredReads,
    MadeReads,
    AmendmentReads,
    LawReads,
    OutlookReads,
    WhatIfReads,
    ForwardingReads,
):
    """The `Reads` port, and what documents ask beside it."""

    def health(self) -> Shape:
        """Whether the writer lives and the store is sound."""
        with self._engine.connect() as connection:
            return health(connection)

"""Callers for tests that are not about accounts: whoever sends a known key is let in as told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from api.view import Parts
from rules.register import Register
from rules.roles import Right, Role
from tests.stores import filled, opened
from tolich.accounts import StoreAccounts
from tolich.amending import Amender
from tolich.app import Place
from tolich.metrics import metrics_text
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Caller, Clock, Scope
from tolich.reports.documents import Documents
from tolich.store.database import migrate
from tolich.working import Worker

KEY = "everything"
HEADERS = {"Authorization": f"Bearer {KEY}"}

ANYBODY = Caller(1, "Sở (mẫu)", Role.CITY_OFFICER, frozenset(Right), EVERYTHING)


class Everybody(frozenset[str]):
    """Every name there is."""

    def __contains__(self, name: object) -> bool:
        return True


def caller(scope: Scope = EVERYTHING, **changes: object) -> Caller:
    """Somebody with every right, who sees a scope and sends for every station."""
    changed = {"scope": scope, "stations": Everybody(), **changes}
    return replace(ANYBODY, **changed)  # type: ignore[arg-type]  # fields of Caller


class KnownCallers(StoreAccounts):
    """Accounts of a store, and keys that stand for whoever the test says."""

    def __init__(
        self, engine: Engine, clock: Clock, known: Mapping[str, Callable[[], Caller]] | None = None
    ) -> None:
        super().__init__(engine, Register, clock)
        self._known = {KEY: caller} if known is None else known

    def by_key(self, key: str) -> Caller | None:
        """The caller of the test, or that of the store."""
        return self._known[key]() if key in self._known else super().by_key(key)


def empty_store(folder: Path) -> Engine:
    """A store with nothing in it."""
    filled(folder, migrate)
    return opened(folder)


def parts_of(on: Place, pipeline: Pipeline, accounts: StoreAccounts) -> Parts:
    """The whole API on an opened store."""
    reads = on.reads(pipeline)
    metrics, reports = metrics_text(reads.health), Documents(reads, on.clock)
    return Parts(
        reads, pipeline, Amender(pipeline), accounts, on.clock, metrics, Worker(pipeline, reads),
        reports,
    )  # fmt: skip

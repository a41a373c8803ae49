"""How fast each kind of store takes readings in durably, judged, without a broker between."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from rules.days import DAY_SECONDS, midnight
from tests.bench.plant import INTERVAL, messages, registered
from tests.postgres import PASSWORD, Postgres
from tolich.app import Place
from tolich.clock import StepClock, wall
from tolich.ports import Delivery
from tolich.settings import Settings

READINGS = 8
BATCH = 1000


class Size(Protocol):
    """How much is measured."""

    @property
    def stations(self) -> int: ...
    @property
    def messages(self) -> int: ...


def storing(folder: Path, size: Size) -> list[tuple[str, str, str]]:
    """A row for SQLite, and one for PostgreSQL where it is installed, on the same disk."""
    rate = _rate(Settings(data=folder / "sqlite", mqtt=None), size)
    how = f"{size.messages:,} messages of {READINGS} in batches of {BATCH:,}, judged"
    rows = [("stored in SQLite, readings/s", f"{rate:,.0f}", how)]
    with ExitStack() as stack:
        try:
            server = stack.enter_context(Postgres(durable=True))
        except pytest.skip.Exception:
            return rows
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        url = server.url(server.database())
        settings = Settings(
            data=folder / "postgresql", mqtt=None, store=url, store_password_file=secret
        )
        on_server = _rate(settings, size)
    how = "the same into PostgreSQL on this machine, fsync on, 64 MB of buffers"
    return [
        *rows,
        ("stored in PostgreSQL, readings/s", f"{on_server:,.0f}", how),
        ("  ratio", f"{on_server / rate:.2f}", "PostgreSQL / SQLite"),
    ]


def _rate(settings: Settings, size: Size) -> float:
    """Readings a second until all of them are committed and judged."""
    since = midnight(wall()) - DAY_SECONDS
    clock = StepClock(since + (size.messages // size.stations) * INTERVAL)
    place = registered(Place(settings, clock), size.stations, since)
    pipeline = place.pipeline()
    sent = [
        Delivery("http", one.topic, one.payload, clock.now())
        for one in messages(size.stations, size.messages, since)
    ]
    began = time.perf_counter()
    for begin in range(0, len(sent), BATCH):
        pipeline.submit(sent[begin : begin + BATCH], busy=True)
    pipeline.settle(everything=True)
    took = time.perf_counter() - began
    place.engine.dispose()
    return size.messages * READINGS / took

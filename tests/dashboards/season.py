"""A month of three invented stations, through the real pipeline, record and projection.

Every day of it has a kind, so that what a dashboard must show can be said of it; what is
compared is what the API says of its findings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboards.projection import LineSink, Projection
from rules.days import DAY_SECONDS
from tests.cast import (
    CLUSTERS,
    DAY0,
    Said,
    Stage,
    cast_register,
    message,
    opened,
    permit,
    station,
)
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Delivery, FindingQuery, Shape
from tolich.store.database import migrate

DAYS = 31
BEGIN = DAY0 - DAYS * DAY_SECONDS
END = DAY0 + 10 * 3600  # ten in the morning: the last day is open
HOURS = 24

COD = {"within": 50.0, "near": 95.0, "over": 130.0}
PATTERN = ("within", "within", "near", "within", "over", "silent", "calibrating", "faulty")


def season_register() -> dict[str, Any]:
    """The cast, with a reading an hour, registered long ago; MAU02's permit changes once."""
    register = cast_register()
    long_ago = {"from": "2024-01-01", "interval": 3600}
    register["stations"] = {
        "MAU01": station("mau-01", ["COD", "pH"], **long_ago),
        "MAU02": station("mau-02", ["COD"], **long_ago),
        "MAU03": station("mau-03", ["COD", "FlowOut"], **long_ago | {"simulated": False}),
    }
    register["permits"] = {
        "gp-01": permit(
            "mau-01", "01/GP", "2024-01-01", {"COD": {"max": 100}, "pH": {"min": 6, "max": 9}}
        ),
        "gp-02": permit("mau-02", "02/GP", "2024-01-01", {"COD": {"max": 100}}),
        "gp-02b": permit(
            "mau-02", "02b/GP", "2026-02-20", {"COD": {"max": 60}}
        ),
        "gp-03": permit(
            "mau-03", "03/GP", "2024-01-01", {"COD": {"max": 100}},
            no_discharge={"flow": "FlowOut", "below": 0.5},
        ),
    }  # fmt: skip
    return register


def kind_of(day: int) -> str:
    """What MAU01's COD does on a day, counted from BEGIN."""
    return PATTERN[day % len(PATTERN)]


def messages_of(day: int) -> Iterator[Delivery]:
    """The messages of a day: one a station, with all its hours; a silent station sends none."""
    start = BEGIN - DAY0 + day * DAY_SECONDS
    hours = [start + hour * 3600 for hour in range(HOURS)]
    kind = kind_of(day)
    if kind != "silent":
        status = {"calibrating": "01", "faulty": "02"}.get(kind, "00")
        level = COD.get(kind, COD["within"])
        cod = [Said("COD", at, level, status) for at in hours]
        yield message("MAU01", *cod, *(Said("pH", at, 7.2) for at in hours))
    yield message("MAU02", *(Said("COD", at, 70.0 if day % 5 else 91.0) for at in hours))
    flow = 0.0 if day % 11 == 0 else 12.0
    yield message(
        "MAU03",
        *(Said("COD", at, 40.0) for at in hours),
        *(Said("FlowOut", at, flow) for at in hours),
    )


class Season:
    """The store with these days in it, and the projection that follows it."""

    def __init__(self, folder: Path, sink: LineSink) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        migrate(opened(folder))
        self.stage = Stage(folder, StepClock(BEGIN))
        self.stage.enter(season_register())
        self.pipeline: Pipeline = self.stage.pipeline()
        self.projection = Projection(self.stage.record(self.pipeline), sink)
        for day in range(DAYS):
            self.clock_to(BEGIN + (day + 1) * DAY_SECONDS)
            self.pipeline.submit(list(messages_of(day)))
        # One message that nobody can read.
        self.pipeline.submit([replace(message("MAU01", Said("COD", 0, 1.0)), payload=b"{")])
        at = END - DAY0 - 60
        both = Said("COD", at, 40.0), Said("FlowOut", at, 12.0)
        now = [message("MAU03", *both, received=END - 60)]
        self.clock_to(END)
        self.pipeline.submit(now)
        self.pipeline.tick(BEGIN)  # heard since then: two stations have been silent for ten hours
        self.project()

    def clock_to(self, now: int) -> None:
        """Move plant time on, and let what has closed be judged."""
        self.stage.clock.set(now)
        self.pipeline.tick(None, fill=True)

    def settled(self) -> None:
        """Judge what became due, and show it."""
        self.pipeline.tick(None, fill=True)
        self.project()

    def project(self) -> None:
        """Copy everything that is on record to the sink."""
        while self.projection.step():
            pass

    def findings(self, **asked: Any) -> list[Shape]:
        """What the API says, all pages, closed periods only."""
        reads = self.stage.reads(self.pipeline)
        found: list[Shape] = []
        cursor = None
        while True:
            page = reads.findings(EVERYTHING, FindingQuery(final=True, **asked), cursor, 1000)
            found += page.items
            cursor = page.next
            if cursor is None:
                return found

    def close(self) -> None:
        """Let the files go."""
        self.stage.close()


__all__ = ["BEGIN", "CLUSTERS", "DAYS", "END", "Season", "kind_of", "season_register"]

"""The cast of the tests of the spine: a few invented stations, a clock to step, a store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import OperationalError

from ingest.decode import decode
from ingest.topics import readings_topic
from rules.days import DAY_SECONDS, day_start, rfc3339
from rules.model import PERIODS, Series, finding_id
from tests.stores import copy, filled
from tests.stores import opened as opened
from tolich.clock import StepClock
from tolich.packs import load_catalogue, load_regulations
from tolich.pipeline import Decode, Pipeline, Taking
from tolich.ports import EVERYTHING, AlertQuery, Delivery, FindingQuery, Registered, Shape
from tolich.store.database import migrate
from tolich.store.ledger import appending
from tolich.store.reads import StoreReads
from tolich.store.record import StoreRecord
from tolich.store.registry import enter, read_register
from tolich.store.schema import raw, reading
from tolich.store.verdicts import version_key

CATALOGUE = load_catalogue()
REGULATIONS = load_regulations()

DAY0 = day_start(date(2026, 3, 10))
DAY1 = DAY0 + DAY_SECONDS
DAY2 = DAY1 + DAY_SECONDS
MINUTE, HOUR = 60, 3600
HELD_TOGETHER = 900
"""Seconds between readings of most of the cast: an hour has 4 slots, a day 96."""


def permit(plant: str, number: str, since: str, limits: dict[str, Any], **more: Any) -> Any:
    """An invented permit with typed limits."""
    typed = {key: {**limit, "page": "3"} for key, limit in limits.items()}
    return {
        "plant": plant, "document": "Giấy phép môi trường (mẫu)", "number": number,
        "date": "2025-12-01", "page": "1", "from": since, "limits": typed, **more,
    }  # fmt: skip


def station(plant: str, series: Sequence[str], **more: Any) -> Any:
    """An invented station; readings every 15 minutes unless told otherwise."""
    return {
        "plant": plant, "name": f"Trạm {plant}", "from": "2026-01-01", "simulated": True,
        "interval": HELD_TOGETHER, "series": {key: {"checks": "off"} for key in series}, **more,
    }  # fmt: skip


def cast_register() -> dict[str, Any]:
    """The register of the cast, as a file would say it; a new one each time.

    MAU01 has COD at most 100 and a pH; MAU02's times close their slots, and its permit
    changes at the midnight that ends DAY0; MAU03 has no limit for NH4 and rests while its
    outflow stays below 0.5.
    """
    return {
        "schema": 1,
        "clusters": {
            f"ccn-mau-0{n}": {"name": f"CCN Mẫu 0{n}", "province": "hanoi"} for n in (1, 2, 3)
        },
        "plants": {
            f"mau-0{n}": {"cluster": f"ccn-mau-0{n}", "name": f"Nhà máy Mẫu 0{n}", "capacity": 500}
            for n in (1, 2, 3)
        },
        "stations": {
            "MAU01": station("mau-01", ["COD", "pH", "FlowOut"]),
            "MAU02": station("mau-02", ["COD", "TSS"], timestamp_means="end"),
            "MAU03": station("mau-03", ["COD", "NH4", "FlowOut"]),
        },
        "permits": {
            "gp-01": permit(
                "mau-01", "01/GP", "2026-01-01", {"COD": {"max": 100}, "pH": {"min": 6, "max": 9}}
            ),
            "gp-02": permit(
                "mau-02", "02/GP", "2026-01-01", {"COD": {"max": 100}, "TSS": {"max": 50}}
            ),
            "gp-02b": permit(
                "mau-02", "02b/GP", "2026-03-11", {"COD": {"max": 60}, "TSS": {"max": 50}}
            ),
            "gp-03": permit(
                "mau-03", "03/GP", "2026-01-01", {"COD": {"max": 100}},
                no_discharge={"flow": "FlowOut", "below": 0.5},
            ),
        },
    }  # fmt: skip


CLUSTERS = {"MAU01": "ccn-mau-01", "MAU02": "ccn-mau-02", "MAU03": "ccn-mau-03"}


class Said(NamedTuple):
    """One reading as a test writes it: parameter, offset from DAY0 in seconds, value, status."""

    parameter: str
    at: int
    value: float
    status: str = "00"


def message(station_id: str, *readings: Said, received: int | None = None) -> Delivery:
    """A JSON message of a station; received at its newest reading unless told otherwise."""
    said = [
        {"p": one.parameter, "v": one.value, "s": one.status, "ts": rfc3339(DAY0 + one.at)}
        for one in readings
    ]
    payload = json.dumps({"readings": said}).encode()
    topic = readings_topic(CLUSTERS.get(station_id, "ccn-mau-01"), station_id)
    newest = max(DAY0 + one.at for one in readings)
    return Delivery("mqtt", topic, payload, newest if received is None else received)


def run_of(
    station_id: str, parameter: str, start: int, values: Iterable[float], status: str = "00"
) -> list[Delivery]:
    """One message a slot from `start` (seconds after DAY0) on, every 15 minutes."""
    return [
        message(station_id, Said(parameter, start + n * HELD_TOGETHER, value, status))
        for n, value in enumerate(values)
    ]


def hours_of(station_id: str, parameter: str, start: int, means: Iterable[float]) -> list[Delivery]:
    """Whole hours of equal values: four messages an hour."""
    return run_of(station_id, parameter, start, [mean for mean in means for _ in range(4)])


@dataclass(slots=True)
class Stage:
    """A store with a clock: makes pipelines on it, and asks it."""

    folder: Path
    clock: StepClock
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = opened(self.folder)

    def registered(self) -> Registered:
        """The register as it stands in the store."""
        return Registered(read_register(self.engine, CATALOGUE, REGULATIONS), REGULATIONS)

    def pipeline(self, decoding: Decode = decode) -> Pipeline:
        """A writer on this store: a new one is a restart."""
        return Pipeline(self.engine, decoding, CATALOGUE, self.registered(), self.clock)

    def taking(self, decoding: Decode = decode) -> Taking:
        """What the web process has: it stores and judges nothing."""
        return Taking(self.engine, decoding, CATALOGUE, self.registered(), self.clock)

    def reads(self, of: Taking) -> StoreReads:
        """The reading side."""
        return StoreReads(
            self.engine, CATALOGUE, lambda: of.registered, lambda: of.series, self.clock, PERIODS,
            600,
        )  # fmt: skip

    def record(self, of: Taking) -> StoreRecord:
        """The ordered record."""
        return StoreRecord(self.engine, lambda: of.registered, lambda: of.series)

    def enter(self, mapping: dict[str, Any], document: str = "tests") -> int:
        """Take a register in."""
        return enter(
            self.engine, mapping, CATALOGUE, REGULATIONS, document=document, by="tests",
            now=self.clock.now(),
        )  # fmt: skip

    def close(self) -> None:
        """Let the files go."""
        self.engine.dispose()


def fill_cast(engine: Engine) -> None:
    """A migrated store with the register of the cast."""
    migrate(engine)
    enter(
        engine, cast_register(), CATALOGUE, REGULATIONS, document="cast", by="tests",
        now=DAY0 - DAY_SECONDS,
    )  # fmt: skip


def stage(folder: Path, now: int = DAY0) -> Stage:
    """A store of its own in `folder`, with the cast registered and nothing heard."""
    filled(folder, fill_cast)
    return Stage(folder, StepClock(now))


def copied(of: Stage, folder: Path) -> Stage:
    """A copy of a store, to spoil."""
    copy(of.engine, of.folder, folder)
    return Stage(folder, StepClock(of.clock.now()))


def append_many(folder: Path, now: int, times: int) -> None:
    """Append to the record of a store, one transaction an entry: for a process of its own."""
    engine = opened(folder)
    for n in range(times):
        with appending(engine, now + n) as append:
            version_key(append, f"{now}:{n}")
    engine.dispose()


@contextmanager
def full_disk(of: Stage) -> Iterator[None]:
    """While this lasts, no commit of a store comes through."""

    def refuse(_: Connection) -> None:
        raise OperationalError("COMMIT", None, OSError("disk is full"))

    event.listen(of.engine, "commit", refuse)
    try:
        yield
    finally:
        event.remove(of.engine, "commit", refuse)


# --- asking -------------------------------------------------------------------------------------


def name_of(station_id: str, parameter: str, period: str, start: int) -> str:
    """A finding's id; `start` in seconds after DAY0."""
    return finding_id(Series(station_id, parameter), period, DAY0 + start)


def alerts(reads: StoreReads, **asked: Any) -> list[Shape]:
    """Alerts, oldest first."""
    return reads.alerts(EVERYTHING, AlertQuery(**asked), None, 1000).items[::-1]


def findings(reads: StoreReads, **asked: Any) -> list[Shape]:
    """Findings, oldest first."""
    return reads.findings(EVERYTHING, FindingQuery(**asked), None, 1000).items[::-1]


def transitions(reads: StoreReads, **wanted: Any) -> list[Shape]:
    """Transitions in the order of the record, those that say what is wanted."""
    items = reads.transitions(EVERYTHING, 0, 1000).items
    return [one for one in items if all(one[key] == value for key, value in wanted.items())]


def stored(of: Stage) -> tuple[int, int]:
    """How many messages and how many readings a store holds."""
    with of.engine.connect() as connection:
        return (
            len(connection.execute(select(raw.c.id)).all()),
            len(connection.execute(select(reading.c.at)).all()),
        )

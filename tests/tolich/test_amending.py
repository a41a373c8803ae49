"""Entering an amendment: what the port promises, held by the store and by the fake alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rules.model import Refused
from tests.api.fakes import NOON, FakeAmending
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    MINUTE,
    Said,
    Stage,
    cast_register,
    full_disk,
    hours_of,
    message,
    stage,
)
from tolich.amending import Amender
from tolich.ports import EVERYTHING, Amend, Amending, NotDurable, Scope
from tolich.store.proof import verify_chain
from tolich.store.schema import amendment, station_day

HERE = Amend("MAU01", "COD", "exclude", "Sở (mẫu)", "máy đứng", DAY0, DAY0 + 12 * HOUR)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """A store on which MAU01 sent an hour of COD, judged."""
    of = stage(tmp_path, DAY0 + 12 * HOUR)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [50]))
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, -3))])
    pipeline.tick(None, fill=True)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


# --- the contract -------------------------------------------------------------------------------


@dataclass
class Kept:
    """An implementation of the port, an amendment it takes, and a scope that hides its station."""

    port: Amending
    usual: Amend
    elsewhere: Scope
    on: Stage | None  # None: the fake

    def full(self) -> AbstractContextManager[None]:
        """While this lasts nothing can be stored."""
        return full_disk(self.on) if self.on is not None else _full(self.port)


@contextmanager
def _full(port: Any) -> Iterator[None]:
    port.full = True
    yield
    port.full = False


@pytest.fixture(params=["store", "fake"])
def kept(request: pytest.FixtureRequest, on: Stage) -> Kept:
    if request.param == "store":
        return Kept(Amender(on.taking()), HERE, Scope(clusters=frozenset({"ccn-mau-02"})), on)
    of = replace(HERE, station="m01", start=NOON, end=NOON + 60)
    return Kept(FakeAmending(), of, Scope(clusters=frozenset({"mau-02"})), None)


def refused(port: Amending, asked: Amend, scope: Scope = EVERYTHING) -> dict[str, str]:
    """What is wrong with each field."""
    with pytest.raises(Refused) as said:
        port.amend(scope, asked)
    return {problem.key: problem.message for problem in said.value.problems}


def test_what_is_recorded_is_answered_and_numbered(kept: Kept) -> None:
    first = kept.port.amend(EVERYTHING, replace(kept.usual, author=" Sở (mẫu) "))
    assert (first["id"], first["station"], first["act"]) == (1, kept.usual.station, "exclude")
    assert (first["author"], first["reason"]) == ("Sở (mẫu)", "máy đứng")
    assert first["from"] < first["to"]
    assert kept.port.amend(EVERYTHING, kept.usual)["id"] == 2


def test_a_reversal_names_what_it_reverses(kept: Kept) -> None:
    first = kept.port.amend(EVERYTHING, kept.usual)
    asked = replace(kept.usual, act="reverse", start=None, end=None, reverses=first["id"])
    assert kept.port.amend(EVERYTHING, asked)["reverses"] == first["id"]
    assert set(refused(kept.port, replace(asked, reverses=99))) == {"reverses"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"author": "  "}, "author"),
        ({"reason": " a "}, "reason"),
        ({"station": "MAU99"}, "station"),
        ({"parameter": "CODD"}, "parameter"),
        ({"start": None}, "from"),
        ({"act": "value"}, "value"),
    ],
)
def test_what_is_wrong_is_named(kept: Kept, change: dict[str, Any], field: str) -> None:
    assert set(refused(kept.port, replace(kept.usual, **change))) == {field}


def test_every_field_is_named_at_once(kept: Kept) -> None:
    asked = replace(kept.usual, author="", reason="", parameter="X")
    assert set(refused(kept.port, asked)) == {"author", "reason", "parameter"}


def test_a_station_outside_the_scope_is_as_unknown_as_any(kept: Kept) -> None:
    hidden = refused(kept.port, kept.usual, kept.elsewhere)["station"]
    other = kept.usual.station[:-1] + "9"  # registered nowhere, and spelt as much like the rest
    unknown = refused(kept.port, replace(kept.usual, station=other), kept.elsewhere)["station"]
    assert hidden.replace(kept.usual.station, other) == unknown


def test_what_cannot_be_stored_is_not_answered(kept: Kept) -> None:
    with kept.full(), pytest.raises(NotDurable):
        kept.port.amend(EVERYTHING, kept.usual)
    assert kept.port.amend(EVERYTHING, kept.usual)["id"] == 1


# --- what only the store can know ---------------------------------------------------------------

EIGHT = DAY0 + 8 * HOUR
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a misspelt act": ({"act": "exclud"}, "act", "did you mean 'exclude'?"),
    "a misspelt station": ({"station": "MAU1"}, "station", "did you mean 'MAU01'?"),
    "a strange station": ({"station": "zzz"}, "station", "GET /api/v1/stations lists them"),
    "a misspelt parameter": ({"parameter": "CODD"}, "parameter", "did you mean 'COD'?"),
    "no reading": ({"start": DAY0, "end": EIGHT}, "from", "none was received"),
    "no reading of the value": ({"value": Decimal(51)}, "value", "no reading of this value"),
    "nothing between": ({"start": EIGHT, "end": EIGHT}, "to", "must lie after"),
    "too long": ({"start": DAY0 - 31 * 86400}, "to", "at most 31 days"),
    "the future": ({"end": DAY0 + 12 * HOUR + 601}, "to", "lies in the future"),
    "too fine": ({"value": Decimal("0.0000001")}, "value", "too fine"),
    "too large": ({"value": Decimal(10) ** 17}, "value", "not a number that was ever received"),
    "not possible": ({"act": "value", "value": Decimal(-1)}, "value", "is not possible"),
    "a strange unit": ({"value": Decimal(50), "unit": "mg/m3"}, "unit", "is not a unit of COD"),
    "a reversal without a number": (
        {"act": "reverse", "start": None, "end": None}, "reverses", "by its id",
    ),
    "a reversal with a time": ({"act": "reverse", "end": None, "reverses": 1}, "from", "leave it"),
    "an exclusion that reverses": ({"reverses": 1}, "reverses", "act 'reverse' only"),
    "too many words": ({"reason": "a" * 2001}, "reason", "3 to 2000 characters"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "field", "said"), WRONG.values(), ids=WRONG)
def test_what_the_store_refuses(on: Stage, change: dict[str, Any], field: str, said: str) -> None:
    assert said in refused(Amender(on.taking()), replace(HERE, **change))[field]
    with on.engine.connect() as connection:
        assert connection.execute(select(amendment)).all() == []


@pytest.mark.parametrize(
    ("value", "unit", "quanta"),
    [("50", None, 50), ("50", "mg/l", 50), ("0.05", "g/L", 50), ("-3", "mg/L", -3)],
)
def test_the_value_is_kept_exactly(on: Stage, value: str, unit: str | None, quanta: int) -> None:
    shape = Amender(on.taking()).amend(
        EVERYTHING, replace(HERE, value=Decimal(value), unit=unit, start=EIGHT)
    )
    assert (shape["value"], shape["unit"]) == (quanta, "mg/L")


def test_a_limit_of_an_interval_is_allowed(on: Stage) -> None:
    month = replace(HERE, start=DAY0 + 12 * HOUR - 31 * 86400)
    ahead = replace(HERE, end=DAY0 + 12 * HOUR + 600)
    for asked in (month, ahead):
        assert Amender(on.taking()).amend(EVERYTHING, asked)["id"] > 0


def test_what_was_reversed_cannot_be_reversed_again_but_its_reversal_can(on: Stage) -> None:
    port = Amender(on.taking())
    port.amend(EVERYTHING, HERE)
    back = replace(HERE, act="reverse", start=None, end=None, reverses=1)
    port.amend(EVERYTHING, back)
    assert "was reversed before" in refused(port, back)["reverses"]
    port.amend(EVERYTHING, replace(back, reverses=2))
    assert port.amend(EVERYTHING, back)["reverses"] == 1
    assert "has no amendment 1" in refused(port, replace(back, parameter="pH"))["reverses"]


# --- what becomes due ---------------------------------------------------------------------------


def due(on: Stage) -> list[int]:
    """The days of MAU01 that are due at once, counted from DAY0."""
    query = select(station_day.c.day).where(
        station_day.c.due == 0, station_day.c.station == "MAU01"
    )
    with on.engine.connect() as connection:
        return sorted((day - DAY0) // 86400 for day in connection.execute(query).scalars())


def checked_days(on: Stage) -> None:
    """Four days of COD, whose flat line looks back 72 hours and whose spike two slots ahead."""
    changed = cast_register()
    checks = {"flat_line": {"suspect": "38h", "fail": "72h"}, "spike": {"suspect": 6, "fail": 12}}
    changed["stations"]["MAU01"]["series"]["COD"] = {"checks": checks}
    on.enter(changed)
    pipeline = on.pipeline()
    on.clock.set(DAY0 + 4 * 86400)
    pipeline.submit(hours_of("MAU01", "COD", 12 * HOUR, [50] * 84))
    pipeline.tick(None, fill=True)
    assert due(on) == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(0, 1, [0, 1, 2, 3], id="later days look back"),
        pytest.param(36 * HOUR, 36 * HOUR + 1, [1, 2, 3, 4], id="as far as they reach"),
        pytest.param(24 * HOUR + 15 * MINUTE, 25 * HOUR, [0, 1, 2, 3, 4], id="the day before too"),
        pytest.param(20 * HOUR, 50 * HOUR, [0, 1, 2, 3, 4], id="over midnights"),
    ],
)
def test_every_day_that_looks_at_the_readings_becomes_due(
    on: Stage, start: int, end: int, expected: list[int]
) -> None:
    checked_days(on)
    asked = replace(HERE, start=DAY0 + start, end=DAY0 + end)
    if start == 0:
        asked = replace(asked, start=DAY0 + 12 * HOUR, end=DAY0 + 12 * HOUR + 1)
    Amender(on.taking()).amend(EVERYTHING, asked)
    assert due(on) == expected


def test_without_checks_only_the_day_itself_becomes_due(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(DAY1 + 12 * HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 24 * HOUR, [50]))
    pipeline.tick(None, fill=True)
    Amender(on.taking()).amend(EVERYTHING, HERE)
    assert due(on) == [0]

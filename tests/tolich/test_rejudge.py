"""A closed day keeps the terms it was judged by; only `rejudge` takes new ones, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from rules.register import load_register
from rules.terms import TermsBook
from tests.cast import (
    CATALOGUE,
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    REGULATIONS,
    Said,
    Stage,
    cast_register,
    hours_of,
    message,
    name_of,
    permit,
    stage,
    transitions,
)
from tests.stores import Kind
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Shape
from tolich.replaying import recorded_terms, replay_into, stored_deliveries
from tolich.store.ledger import appending
from tolich.store.proof import verify_chain
from tolich.store.registry import current
from tolich.store.rejudging import Again, rejudge
from tolich.store.schema import station_day, terms
from tolich.store.terms import terms_body, terms_from

LAST = 24 * HOUR - 900
EVERY_DAY = Again()
DAY = name_of("MAU01", "COD", "day", 0)


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


def closed_day(on: Stage, pipeline: Pipeline) -> None:
    """A day of COD at 90 of 100, without its last slot."""
    on.clock.set(DAY1 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 0, [90.0] * 24)[:-1])
    pipeline.tick(None, fill=True)


def stricter(on: Stage, pipeline: Pipeline) -> None:
    """The permit of the same plant is typed again with a limit of 80."""
    limits = {"COD": {"max": 80}, "pH": {"min": 6, "max": 9}}
    changed = {"schema": 1, "permits": {"gp-01": permit("mau-01", "01/GP", "2026-01-01", limits)}}
    on.enter(changed, "form")
    pipeline.tick(None, fill=True)


def found(on: Stage, pipeline: Pipeline, name: str = DAY) -> Shape:
    shape = on.reads(pipeline).finding(EVERYTHING, name)
    assert shape is not None
    return shape


def again(on: Stage, about: Again = EVERY_DAY) -> int:
    with appending(on.engine, on.clock.now()) as append:
        return rejudge(append, about, "Sở (mẫu)", "permit typed wrongly")


def test_late_data_is_judged_by_the_terms_of_its_day(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    stricter(on, pipeline)
    pipeline.submit([message("MAU01", Said("COD", LAST, 90), received=DAY1 + 2 * HOUR)])
    pipeline.tick(None, fill=True)
    late = found(on, pipeline)
    assert (late["revision"], late["outcome"], late["limit"]["high"]) == (2, "near", 100)


def test_a_restart_keeps_them_too(on: Stage) -> None:
    closed_day(on, on.pipeline())
    stricter(on, on.pipeline())
    fresh = on.pipeline()
    fresh.submit([message("MAU01", Said("COD", LAST, 90), received=DAY1 + 2 * HOUR)])
    fresh.tick(None, fill=True)
    assert found(on, fresh)["limit"]["high"] == 100
    why = on.reads(fresh).finding_why(EVERYTHING, DAY)
    assert why is not None
    assert why["limit"]["high"] == 100


def test_a_new_day_is_judged_by_the_new_permit(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    stricter(on, pipeline)
    on.clock.set(DAY2 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 24 * HOUR, [90.0] * 24))
    pipeline.tick(None, fill=True)
    assert found(on, pipeline, name_of("MAU01", "COD", "day", 24 * HOUR))["outcome"] == "exceeded"
    assert found(on, pipeline)["outcome"] == "near"


def test_rejudging_writes_a_revision_that_says_who_and_why(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    stricter(on, pipeline)
    assert again(on) == 2
    pipeline.tick(None, fill=True)
    judged = found(on, pipeline)
    assert (judged["revision"], judged["outcome"], judged["limit"]["high"]) == (2, "exceeded", 80)
    (amended,) = transitions(on.reads(pipeline), change="amended", finding=DAY)
    assert amended["cause"] == {
        "kind": "rejudged",
        "by": "Sở (mẫu)",
        "reason": "permit typed wrongly",
    }
    pipeline.submit([message("MAU01", Said("COD", LAST, 90), received=DAY1 + 2 * HOUR)])
    pipeline.tick(None, fill=True)
    (_, later) = transitions(on.reads(pipeline), change="amended", finding=DAY)
    assert later["cause"]["kind"] == "readings"


def test_rejudging_what_is_as_it_was_changes_nothing(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    again(on)
    before = pipeline.counters.findings
    pipeline.tick(None, fill=True)
    assert pipeline.counters.findings == before
    assert not pipeline.waiting.due


def test_a_crash_before_they_are_judged_loses_none(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    stricter(on, pipeline)
    again(on)
    fresh = on.pipeline()
    fresh.tick(None, fill=True)
    assert found(on, fresh)["outcome"] == "exceeded"


@pytest.mark.parametrize(
    ("about", "days"),
    [
        (Again(), 2),
        (Again(station="MAU02"), 0),
        (Again(station="MAU01", first=DAY1), 1),
        (Again(last=DAY0), 1),
        (Again(first=DAY2), 0),
    ],
)
def test_only_what_was_meant_is_due(on: Stage, about: Again, days: int) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    assert again(on, about) == days
    with on.engine.connect() as connection:
        due = connection.execute(select(station_day.c.day).where(station_day.c.due == 0)).all()
    assert len(due) == days


def test_days_of_the_same_terms_share_one_row(on: Stage) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    on.clock.set(DAY2 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 24 * HOUR, [90.0] * 24))
    pipeline.tick(None, fill=True)
    with on.engine.connect() as connection:
        assert len(connection.execute(select(terms.c.id)).all()) == 1


def test_terms_come_back_as_they_were() -> None:
    register = load_register("cast", cast_register(), CATALOGUE, REGULATIONS)
    for station in register.stations:
        for day in (DAY0, DAY1):
            own = TermsBook(register, REGULATIONS).of(station, day)
            assert terms_from(terms_body(own)) == own


def test_a_replay_judges_each_day_by_the_terms_on_record(on: Stage, tmp_path: Path) -> None:
    pipeline = on.pipeline()
    closed_day(on, pipeline)
    stricter(on, pipeline)
    again_from_nothing = stage(tmp_path / "replayed", on.clock.now())
    with on.engine.connect() as connection:
        again_from_nothing.enter(current(connection))
    replayed = again_from_nothing.pipeline()
    replayed.settler.recorded = recorded_terms(on.engine)
    replay_into(replayed, stored_deliveries(on.engine), lambda _: None)
    assert found(again_from_nothing, replayed)["limit"]["high"] == 100
    again_from_nothing.close()

"""Ladders on record: what a permit types moves alerts, and what goes on is said again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rules.days import rfc3339
from rules.ladder import USUAL, Ladder
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    MINUTE,
    Stage,
    alerts,
    cast_register,
    full_disk,
    hours_of,
    permit,
    stage,
    transitions,
)
from tests.rules.windows import terms
from tolich.pipeline import Taking
from tolich.ports import Delivery, NotDurable, Shape
from tolich.store.terms import terms_body, terms_from

NOON = 12 * HOUR
CLOSING = 600
RAISED = HOUR + CLOSING


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    of.close()


def with_ladder(of: Stage, ladder: dict[str, Any], name: str = "gp-01") -> None:
    """The permit of MAU01 with a ladder."""
    entry = {**cast_register()["permits"][name], "ladder": ladder}
    of.enter({"schema": 1, "permits": {name: entry}})


def exceedances(of: Stage, pipeline: Taking, period: str = "hour") -> list[tuple[str, str | None]]:
    found = alerts(of.reads(pipeline), kind="exceedance", station="MAU01")
    return [
        (one["started_at"], one["ended_at"])
        for one in found
        if one["period"] == period and one["state"] != "withdrawn"
    ]


def reminders(of: Stage, pipeline: Taking) -> list[Shape]:
    return transitions(of.reads(pipeline), change="reminded")


def at(seconds: int) -> str:
    return rfc3339(DAY0 + seconds)


def settle(of: Stage, pipeline: Any, now: int, sent: Iterable[Delivery] = ()) -> None:
    """Let it be `now` (seconds after DAY0), take what was sent, and judge what is due."""
    of.clock.set(DAY0 + now)
    pipeline.submit(list(sent))
    pipeline.tick(DAY0 + now, fill=True)


# --- hold -----------------------------------------------------------------------------------


def test_an_exceedance_is_raised_by_the_finding_that_fills_the_row(on: Stage) -> None:
    with_ladder(on, {"parameters": {"COD": {"hold": 3}}})
    pipeline = on.pipeline()
    for hour in range(4):
        sent = hours_of("MAU01", "COD", hour * HOUR, [150])
        settle(on, pipeline, (hour + 1) * HOUR + CLOSING, sent)
        raised = [] if hour < 2 else [(at(0), None)]
        assert exceedances(on, pipeline) == raised, hour


def test_the_order_of_arrival_does_not_matter_with_a_hold(on: Stage, tmp_path: Path) -> None:
    """Three hours above the limit between two within it, in every order of arrival."""
    means = [50, 150, 150, 150, 50]
    for number, order in enumerate(permutations(range(5))):
        if number % 8:
            continue
        of = stage(tmp_path / str(number), DAY0)
        with_ladder(of, {"hold": 2})
        pipeline = of.pipeline()
        of.clock.set(DAY0 + NOON)
        for hour in order:
            pipeline.submit(hours_of("MAU01", "COD", hour * HOUR, [means[hour]]))
            pipeline.settle(everything=True)
        pipeline.tick(DAY0, fill=True)
        assert exceedances(of, pipeline) == [(at(HOUR), None)], order
        of.close()


def test_late_data_that_joins_two_exceeding_hours_raises(on: Stage) -> None:
    """A clean hour becomes one that cannot be assessed: the two beside it are then a row."""
    with_ladder(on, {"hold": 2})
    pipeline = on.pipeline()
    settle(on, pipeline, 3 * HOUR + CLOSING, hours_of("MAU01", "COD", 0, [150, 50, 150]))
    assert exceedances(on, pipeline) == []
    # The same instants with another value: contested, so no longer clean.
    settle(on, pipeline, 3 * HOUR + CLOSING + 1, hours_of("MAU01", "COD", HOUR, [150]))
    assert exceedances(on, pipeline) == [(at(0), None)]


def test_each_day_is_taken_by_its_own_permit(tmp_path: Path) -> None:
    """An hour under a hold of three, the next under a hold of one, told in either order."""
    for order in ((0, 1), (1, 0)):
        of = stage(tmp_path / str(order[0]), DAY0)
        with_ladder(of, {"hold": 3})
        second = permit("mau-01", "02/GP", "2026-03-11", {"COD": {"max": 100}}, ladder={"hold": 1})
        of.enter({"schema": 1, "permits": {"gp-01b": second}})
        pipeline = of.pipeline()
        of.clock.set(DAY1 + HOUR + CLOSING)
        parts = [
            hours_of("MAU01", "COD", 23 * HOUR, [150]),
            hours_of("MAU01", "COD", 24 * HOUR, [150]),
        ]
        for part in order:
            pipeline.submit(parts[part])
            pipeline.tick(DAY0, fill=True)
        assert exceedances(of, pipeline) == [(at(23 * HOUR), None)], order
        of.close()


def test_a_closed_day_keeps_the_ladder_it_was_judged_by(on: Stage) -> None:
    """A permit corrected later reaches it only through a new judgement of the day."""
    pipeline = on.pipeline()
    settle(on, pipeline, 48 * HOUR, hours_of("MAU01", "COD", HOUR, [150]))
    assert exceedances(on, pipeline) == [(at(HOUR), None)]
    with_ladder(on, {"hold": 3})
    settle(on, pipeline, 48 * HOUR + MINUTE, hours_of("MAU01", "COD", 2 * HOUR, [150]))
    assert exceedances(on, pipeline) == [(at(HOUR), None)]


def test_kept_terms_hold_the_ladder() -> None:
    ladder = Ladder(Fraction(4, 5), 3, 1, Fraction(1, 3), 0)
    kept = (terms(ladder=ladder), terms())
    assert [one.ladder for one in terms_from(terms_body(kept))] == [ladder, USUAL]


def test_it_ends_after_as_many_clean_findings_as_the_permit_says(on: Stage) -> None:
    with_ladder(on, {"clear": 1})
    pipeline = on.pipeline()
    settle(on, pipeline, 2 * HOUR + CLOSING, hours_of("MAU01", "COD", 0, [150, 50]))
    assert exceedances(on, pipeline) == [(at(0), at(2 * HOUR))]


# --- reminders --------------------------------------------------------------------------------


def exceeding(of: Stage, **ladder: Any) -> Any:
    """MAU01 above its limit for an hour, and an alert raised for it at ten past one."""
    with_ladder(of, {"remind": 2 * HOUR, **ladder})
    pipeline = of.pipeline()
    settle(of, pipeline, RAISED, hours_of("MAU01", "COD", 0, [150]))
    assert exceedances(of, pipeline) == [(at(0), None)]
    return pipeline


def test_an_exceedance_that_goes_on_is_said_again(on: Stage) -> None:
    pipeline = exceeding(on)
    settle(on, pipeline, RAISED + 2 * HOUR - 1)
    assert reminders(on, pipeline) == []
    settle(on, pipeline, RAISED + 2 * HOUR + MINUTE)
    (one,) = reminders(on, pipeline)
    assert one["before"] == one["after"]
    assert one["after"]["state"] == "active"
    assert one["cause"] == {"kind": "still_exceeding", "since": at(0)}
    (raised,) = transitions(on.reads(pipeline), change="raised")
    assert one["alert"] == raised["alert"]


def test_the_next_reminder_counts_from_the_last(on: Stage) -> None:
    pipeline = exceeding(on)
    for minute in range(0, 5 * 60 + 1, 5):
        settle(on, pipeline, RAISED + minute * MINUTE)
    assert [one["at"] for one in reminders(on, pipeline)] == [
        at(RAISED + 2 * HOUR),
        at(RAISED + 4 * HOUR),
    ]


def test_what_fell_due_while_we_were_down_is_said_once(on: Stage) -> None:
    exceeding(on)
    on.clock.set(DAY0 + RAISED + 7 * HOUR)
    for _ in range(2):  # start, and start again
        pipeline = on.pipeline()
        pipeline.tick(None)
        pipeline.tick(None)
    assert [one["at"] for one in reminders(on, pipeline)] == [at(RAISED + 7 * HOUR)]


def test_what_has_ended_is_not_said_again(on: Stage) -> None:
    pipeline = exceeding(on)
    settle(on, pipeline, 3 * HOUR + CLOSING, hours_of("MAU01", "COD", HOUR, [50, 50]))
    assert exceedances(on, pipeline) == [(at(0), at(3 * HOUR))]
    settle(on, pipeline, RAISED + 5 * HOUR)
    assert reminders(on, pipeline) == []


def test_a_permit_may_want_none(on: Stage) -> None:
    pipeline = exceeding(on, remind=0)
    settle(on, pipeline, 20 * HOUR)
    assert reminders(on, pipeline) == []


def test_without_a_word_in_the_permit_once_a_day(on: Stage) -> None:
    pipeline = on.pipeline()
    settle(on, pipeline, RAISED, hours_of("MAU01", "COD", 0, [150]))
    settle(on, pipeline, RAISED + 24 * HOUR - 1)
    assert reminders(on, pipeline) == []
    settle(on, pipeline, RAISED + 24 * HOUR + MINUTE)
    assert len(reminders(on, pipeline)) == 1


def test_a_reminder_that_could_not_be_stored_comes_later(on: Stage) -> None:
    pipeline = exceeding(on)
    on.clock.set(DAY0 + RAISED + 3 * HOUR)
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.tick(None)
    assert reminders(on, pipeline) == []
    pipeline.tick(None)
    assert len(reminders(on, pipeline)) == 1


def test_a_silence_is_not_said_again(on: Stage) -> None:
    pipeline = on.pipeline()
    settle(on, pipeline, 0)
    on.clock.set(DAY0 + 60 * HOUR)
    pipeline.tick(DAY0)
    assert alerts(on.reads(pipeline), kind="silence")
    assert reminders(on, pipeline) == []

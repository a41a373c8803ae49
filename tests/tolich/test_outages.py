"""Outages: many stations that fall silent together are told of once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rules.days import rfc3339
from tests.cast import (
    DAY0,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    full_disk,
    message,
    stage,
    station,
    transitions,
)
from tolich.pipeline import Pipeline
from tolich.ports import AlertQuery, NotDurable, Scope, Shape

EIGHT = DAY0 + 8 * HOUR
ONE = ["A1", "A2", "A3", "A4"]  # of one cluster
OTHERS = ["B1", "C1", "C2"]


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """Seven stations of three clusters that report every five minutes, and nobody else."""
    of = stage(tmp_path, DAY0)
    plants = {"A": "mau-01", "B": "mau-02", "C": "mau-03"}
    stations: dict[str, Any] = {
        name: station(plants[name[0]], ["TSS"], interval=300) for name in ONE + OTHERS
    }
    stations |= dict.fromkeys(("MAU01", "MAU02", "MAU03"))
    of.enter({"schema": 1, "stations": stations})
    of.clock.set(EIGHT)
    yield of
    of.close()


CLUSTER = {"A": "ccn-mau-01", "B": "ccn-mau-02", "C": "ccn-mau-03"}


def say(of: Stage, pipeline: Pipeline, minute: int, names: Sequence[str]) -> None:
    """These stations speak at a minute after eight; then time is looked at."""
    of.clock.set(EIGHT + minute * MINUTE)
    said = Said("TSS", 8 * HOUR + minute * MINUTE, 5)
    told = [message(name, said) for name in names]
    pipeline.submit(
        [
            type(one)(one.source, one.topic.replace("ccn-mau-01", CLUSTER[name[0]]), one.payload,
                      one.received_at)
            for one, name in zip(told, names, strict=True)
        ]
    )  # fmt: skip
    pipeline.tick(DAY0)


def pass_until(of: Stage, pipeline: Pipeline, first: int, last: int, names: Sequence[str]) -> None:
    """Every five minutes these stations speak."""
    for minute in range(first, last + 1, 5):
        say(of, pipeline, minute, names)


def outage(of: Stage, pipeline: Pipeline) -> Shape:
    (found,) = (
        one for one in alerts(of.reads(pipeline), kind="outage") if one["state"] != "withdrawn"
    )
    return found


def test_a_cluster_that_falls_silent_is_one_outage(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    pass_until(on, pipeline, 5, 65, OTHERS)
    found = outage(on, pipeline)
    assert (found["station"], found["cluster"], found["severity"], found["members"]) == (
        "A1", "ccn-mau-01", "major", ONE,
    )  # fmt: skip
    assert found["started_at"] == rfc3339(EIGHT)
    silences = alerts(on.reads(pipeline), kind="silence")
    assert [(one["station"], one["severity"], one["part_of"]) for one in silences] == [
        (name, "info", found["id"]) for name in ONE
    ]
    causes = [one["cause"] for one in transitions(on.reads(pipeline), station="A3")]
    assert [(cause["kind"], cause["outage"]) for cause in causes] == [("outage", found["id"])]


def test_an_outage_ends_when_fewer_than_half_are_silent_and_the_rest_climb(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    pass_until(on, pipeline, 5, 60, OTHERS)
    say(on, pipeline, 65, [*OTHERS, "A1", "A2"])
    assert outage(on, pipeline)["state"] == "active"
    say(on, pipeline, 70, [*OTHERS, "A1", "A2", "A3"])
    found = outage(on, pipeline)
    assert (found["state"], found["ended_at"]) == ("ended", rfc3339(EIGHT + 70 * MINUTE))
    (left,) = alerts(on.reads(pipeline), kind="silence", state="active")
    assert (left["station"], left["severity"], left["part_of"]) == ("A4", "major", found["id"])


def test_silences_that_stand_join_an_outage_and_it_widens_across_clusters(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    say(on, pipeline, 5, ["C1", "C2", "A4", "B1"])
    on.clock.set(EIGHT + 10 * MINUTE)
    pipeline.tick(DAY0)
    assert len(outage(on, pipeline)["members"]) == 3
    on.clock.set(EIGHT + 15 * MINUTE)
    pipeline.tick(DAY0)
    assert outage(on, pipeline)["members"] == sorted(ONE + OTHERS)


def test_two_outages_that_turn_out_to_be_one_are_merged(on: Stage) -> None:
    more = {f"B{n}": station("mau-02", ["TSS"], interval=300) for n in range(2, 14)}
    more["C3"] = station("mau-03", ["TSS"], interval=300)
    on.enter({"schema": 1, "stations": more})
    pipeline = on.pipeline()
    first, second = ["A1", "A2", "A3"], ["C1", "C2", "C3"]
    rest = ["A4", *(f"B{n}" for n in range(2, 14))]
    say(on, pipeline, 0, [*first, *second, "B1", *rest])
    say(on, pipeline, 2, [*second, "B1", *rest])
    say(on, pipeline, 4, ["B1", *rest])
    pass_until(on, pipeline, 8, 13, rest)  # six of twenty: an outage in each of two clusters
    older, newer = alerts(on.reads(pipeline), kind="outage")
    assert (older["members"], newer["members"]) == (first, second)
    say(on, pipeline, 14, rest)  # the seventh makes a third of all
    found = outage(on, pipeline)
    assert (found["id"], found["members"]) == (older["id"], sorted([*first, *second, "B1"]))
    (merged,) = alerts(on.reads(pipeline), kind="outage", state="withdrawn")
    assert (merged["id"], merged["merged_into"]) == (newer["id"], older["id"])
    # They count as one from here on, also after a restart: four of seven are enough to stand.
    again = on.pipeline()
    say(on, again, 16, [*rest, "A1", "C1", "C2"])
    assert outage(on, again)["state"] == "active"
    say(on, again, 17, [*rest, "B1"])
    assert outage(on, again)["state"] == "ended"


def test_a_restart_keeps_an_outage_and_its_members(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    pass_until(on, pipeline, 5, 20, OTHERS)
    before = outage(on, pipeline)
    again = on.pipeline()
    again.tick(DAY0)
    pass_until(on, again, 25, 40, [*OTHERS, "A1", "A2"])
    assert outage(on, again)["id"] == before["id"]
    assert outage(on, again)["state"] == "active"
    once_more = on.pipeline()
    say(on, once_more, 45, [*OTHERS, "A1", "A2", "A3"])
    assert outage(on, once_more)["state"] == "ended"


def test_an_outage_that_could_not_be_stored_is_raised_once(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    say(on, pipeline, 5, OTHERS)
    on.clock.set(EIGHT + 10 * MINUTE)
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.tick(DAY0)
    assert alerts(on.reads(pipeline), kind="outage") == []
    pipeline.tick(DAY0)
    pipeline.tick(DAY0)
    assert outage(on, pipeline)["members"] == ONE
    assert len(alerts(on.reads(pipeline), kind="silence")) == 4


def test_who_may_see_one_member_sees_the_outage_and_no_other_member(on: Stage) -> None:
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    on.clock.set(EIGHT + 15 * MINUTE)
    pipeline.tick(DAY0)
    reads, whole = on.reads(pipeline), outage(on, pipeline)
    scope = Scope(frozenset({"ccn-mau-03"}))
    (seen,) = reads.alerts(scope, AlertQuery(kind="outage"), None, 10).items
    assert (seen["id"], seen["station"], seen["cluster"], seen["members"]) == (
        whole["id"], "C1", "ccn-mau-03", ["C1", "C2"],
    )  # fmt: skip
    one = reads.alert(scope, whole["id"])
    assert one is not None
    assert {name: one[name] for name in seen} == seen
    assert reads.alerts(scope, AlertQuery(kind="outage", station="A1"), None, 10).items == []
    told = reads.transitions(scope, 0, 100).items
    assert {one["station"] for one in told} == {"C1", "C2"}
    assert {one["cluster"] for one in told} == {"ccn-mau-03"}
    why = reads.alert_why(scope, whole["id"])
    assert why is not None
    assert "B1" not in str(why)
    assert "ccn-mau-01" not in str(why)
    assert "] 7 of 7 stations fell silent together, since " in why["summary"]["en"]
    nobody = Scope(frozenset())
    assert reads.alert(nobody, whole["id"]) is None
    assert reads.transitions(nobody, 0, 100).items == []

"""Loads and daily volumes from a station's messages to an alert and its explanation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.whytext import render
from rules.days import rfc3339
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    MINUTE,
    Said,
    Stage,
    alerts,
    cast_register,
    findings,
    hours_of,
    message,
    name_of,
    stage,
)
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Delivery
from tolich.store.ledger import appending
from tolich.store.proof import verify_chain
from tolich.store.reads import StoreReads
from tolich.store.rejudging import Again, rejudge

LOAD, VOLUME = "COD_load", "Volume"


def with_loads(**more: Any) -> dict[str, Any]:
    """The cast, whose first permit binds 30 kg of COD and 650 m3 a day too."""
    register = cast_register()
    register["permits"]["gp-01"] |= {
        "loads": {"COD": {"max": 30, "page": "4"}},
        "volume": {"max": 650, "page": "2"},
        **more,
    }
    return register


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    of.enter(with_loads())
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


def day_of(cod: float, flow: float, last: bool = True) -> list[Delivery]:
    """A whole day of both at MAU01; without the flow's last slot if so told."""
    flows = hours_of("MAU01", "FlowOut", 0, [flow] * 24)
    return hours_of("MAU01", "COD", 0, [cod] * 24) + (flows if last else flows[:-1])


def feed(of: Stage, pipeline: Pipeline, deliveries: list[Delivery], now: int) -> StoreReads:
    of.clock.set(now)
    pipeline.submit(deliveries)
    pipeline.tick(None, fill=True)
    return of.reads(pipeline)


def test_a_day_over_its_load_is_found_alerted_and_explained(on: Stage) -> None:
    reads = feed(on, on.pipeline(), day_of(60, 25), DAY1 + HOUR)
    found = reads.finding(EVERYTHING, name_of("MAU01", LOAD, "day", 0))
    assert found is not None
    assert (found["outcome"], found["mean"], found["unit"]) == ("exceeded", 36, "kg/day")
    assert (found["ratio"], found["counts"]["valid"]) == (1.2, 96)
    assert reads.finding(EVERYTHING, name_of("MAU01", LOAD, "hour", 0)) is None

    (raised,) = [one for one in alerts(reads, kind="exceedance") if one["parameter"] == LOAD]
    assert (raised["severity"], raised["period"]) == ("critical", "day")
    (near,) = [one for one in alerts(reads, kind="near") if one["parameter"] == VOLUME]
    assert near["period"] == "day"

    why = reads.alert_why(EVERYTHING, raised["id"])
    assert why is not None
    assert why["components"] == [
        {"parameter": "FlowOut", "unit": "m3/h", "finding": None},
        {"parameter": "COD", "unit": "mg/L", "finding": name_of("MAU01", "COD", "day", 0)},
    ]
    assert why["formula"].endswith("sum 3456 > limit 30 x n 96 = 2880 kg/day")
    read = [(one["parameter"], one["value"], one["counted"]) for one in why["readings"]]
    assert read == [("FlowOut", 25, True)] * 96 + [("COD", 60, True)] * 96
    assert {one["received_at"] for one in why["readings"]} >= {rfc3339(DAY0)}
    page = render(why, "vi")
    assert "THÀNH PHẦN\nFlowOut (m3/h): không có kết quả riêng\nCOD (mg/L): MAU01:COD" in page
    assert "Thông số  Đo lúc" in page


def test_a_late_flow_reading_judges_the_load_again(on: Stage) -> None:
    pipeline = on.pipeline()
    name = name_of("MAU01", LOAD, "day", 0)
    reads = feed(on, pipeline, day_of(50, 25, last=False), DAY1 + HOUR)
    before = reads.finding(EVERYTHING, name)
    late = [message("MAU01", Said("FlowOut", 23 * HOUR + 45 * MINUTE, 26))]
    reads = feed(on, pipeline, late, DAY2)
    after = reads.finding(EVERYTHING, name)
    assert before is not None
    assert after is not None
    assert (before["revision"], before["outcome"], before["mean"]) == (1, "near", 30)
    assert (after["revision"], after["outcome"], after["mean"]) == (2, "exceeded", 30.0125)
    again = on.reads(on.pipeline())  # a restart judges by the kept terms
    assert again.finding(EVERYTHING, name) == after


def test_a_load_is_proven_while_its_day_is_open(on: Stage) -> None:
    day = day_of(100, 60)
    reads = feed(on, on.pipeline(), day[: 12 * 4] + day[96 : 96 + 12 * 4], DAY0 + 12 * HOUR)
    found = {one["parameter"]: one for one in findings(reads, period="day", outcome="exceeded")}
    assert found[LOAD]["reason"] == "proven"
    assert found[VOLUME]["reason"] == "proven"


def test_a_load_is_no_measurement(on: Stage) -> None:
    pipeline = on.pipeline()
    reads = feed(on, pipeline, [message("MAU01", Said(LOAD, 0, 1))], DAY0 + HOUR)
    (rejected,) = reads.rejected(EVERYTHING, None, None, 10).items
    assert rejected["reason"] == "parameter_unknown"
    shown = reads.station(EVERYTHING, "MAU01")
    assert shown is not None
    assert {one["parameter"] for one in shown["parameters"]} == {"COD", "pH", "FlowOut"}


def test_an_outlook_of_a_load_is_given_to_who_asks_for_it(on: Stage) -> None:
    reads = feed(on, on.pipeline(), day_of(60, 25)[:40], DAY0 + 10 * HOUR)
    usual = reads.outlook(EVERYTHING, "MAU01", None)
    asked = reads.outlook(EVERYTHING, "MAU01", LOAD)
    assert usual is not None
    assert asked is not None
    assert [one["parameter"] for one in usual.items] == ["COD", "pH"]
    (one,) = asked.items
    assert (one["unit"], one["probability"]) == ("kg/day", None)


def test_the_permit_shows_its_loads_and_what_nobody_measures(on: Stage) -> None:
    register = with_loads()
    register["permits"]["gp-02"]["loads"] = {"COD": {"max": 30, "page": "4"}}
    on.enter(register)
    pages = on.reads(on.pipeline()).permits(EVERYTHING, None, 100).items
    shown = {one["id"]: one for one in pages}
    assert shown["gp-01"]["limits"][LOAD]["high"] == 30
    assert shown["gp-01"]["limits"][VOLUME]["unit"] == "m3/day"
    assert (
        "COD_load is owed by nobody: no station of mau-02 measures FlowOut and COD"
        in shown["gp-02"]["warnings"]
    )


def test_a_load_typed_later_reaches_closed_days_by_rejudging_alone(tmp_path: Path) -> None:
    on = stage(tmp_path, DAY0)
    pipeline, name = on.pipeline(), name_of("MAU01", LOAD, "day", 0)
    reads = feed(on, pipeline, day_of(60, 25), DAY1 + HOUR)
    assert reads.finding(EVERYTHING, name) is None
    on.enter(with_loads())
    pipeline.refresh()
    assert feed(on, pipeline, [], DAY1 + 2 * HOUR).finding(EVERYTHING, name) is None
    with appending(on.engine, on.clock.now()) as append:
        rejudge(append, Again(None, None, None), "Sở (mẫu)", "load was not typed")
    found = feed(on, on.pipeline(), [], DAY1 + 3 * HOUR).finding(EVERYTHING, name)
    assert found is not None
    assert found["outcome"] == "exceeded"
    on.close()


def test_what_was_found_of_a_load_that_is_taken_back_stops_nobody(on: Stage) -> None:
    pipeline, name = on.pipeline(), name_of("MAU01", LOAD, "day", 0)
    reads = feed(on, pipeline, day_of(60, 25), DAY1 + HOUR)
    assert reads.finding(EVERYTHING, name) is not None
    told = [one for one in followed(on, pipeline) if one["parameter"] == LOAD]
    assert len(told) == 1
    on.enter(cast_register())
    pipeline.refresh()
    reads = feed(on, pipeline, [], DAY1 + 2 * HOUR)
    assert reads.finding(EVERYTHING, name) is None
    assert reads.finding_why(EVERYTHING, name) is None
    rest = followed(on, pipeline)
    assert len(rest) > 0
    assert LOAD not in {one["parameter"] for one in rest}


def followed(of: Stage, pipeline: Pipeline) -> list[Any]:
    """The findings that a follower of the record is told."""
    return [entry.content for entry in of.record(pipeline).follow(0, 1000, ["finding"])]

"""A new station's day, held against what it should send: the same lines for page, API, command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rules.days import rfc3339
from tests.cast import DAY0, HOUR, MINUTE, Said, Stage, message, stage
from tests.tolich.pages import client_of
from tolich import commissioning
from tolich.cli import app
from tolich.commissioning import TITLES, commission
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Delivery, Scope

SLOT = 15 * MINUTE


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    opened = stage(tmp_path, DAY0)
    yield opened
    opened.close()


def sent(
    on: Stage, start: int, end: int, *, late: int = 3, leave_out: range = range(0), **status: str
) -> Pipeline:
    """MAU02 speaks every quarter of an hour, COD and TSS together; `status` by parameter."""
    pipeline = on.pipeline()
    for at in range(start, end + 1, SLOT):
        if at in leave_out:
            continue
        values = (("COD", 40 + at // SLOT % 7), ("TSS", 20 + at // SLOT % 5))
        said = [Said(name, at, value, status.get(name, "00")) for name, value in values]
        received = DAY0 + at + late
        on.clock.set(max(on.clock.now(), received))
        pipeline.submit([message("MAU02", *said, received=received)])
    return closed(on, pipeline, end)


def closed(on: Stage, pipeline: Pipeline, end: int) -> Pipeline:
    """A quarter of an hour after the end, everything that has closed judged."""
    on.clock.set(DAY0 + end + SLOT)
    pipeline.tick(DAY0, fill=True)
    return pipeline


def told(on: Stage, pipeline: Pipeline, station: str = "MAU02") -> dict[str, Any]:
    """The whole report."""
    found = commission(on.reads(pipeline), EVERYTHING, station, on.clock.now())
    assert found is not None
    return found


def line(found: dict[str, Any], key: str, parameter: str | None = None) -> dict[str, Any]:
    """One line of it."""
    (one,) = [x for x in found["lines"] if (x["key"], x["parameter"]) == (key, parameter)]
    return dict(one)


def test_a_day_in_order_passes(on: Stage) -> None:
    found = told(on, sent(on, -HOUR, 26 * HOUR))
    assert found["state"] == "passed", [x for x in found["lines"] if x["passed"] is not True]
    assert (found["from"], found["to"]) == (rfc3339(DAY0 + 2 * HOUR), rfc3339(DAY0 + 26 * HOUR))
    assert line(found, "hours")["found"] == 24
    assert line(found, "received", "COD")["found"] == 1
    assert line(found, "gap", "TSS")["found"] == SLOT
    assert line(found, "clock")["found"] == 3
    assert line(found, "limit", "COD")["found"] == 60  # the permit that holds since midnight
    assert line(found, "calibrated", "COD")["passed"] is None  # and that holds nothing up
    assert found["rejections"] == []


def test_a_station_that_has_just_begun_is_watched_from_its_first_whole_hour(on: Stage) -> None:
    found = told(on, sent(on, 10 * HOUR + 20 * MINUTE, 14 * HOUR))
    assert found["state"] == "watching"
    assert found["from"] == rfc3339(DAY0 + 11 * HOUR)
    assert (line(found, "hours")["found"], line(found, "hours")["passed"]) == (3, None)
    assert line(found, "received", "COD")["passed"] is True


def test_a_station_that_was_never_heard_is_watched_and_says_so(on: Stage) -> None:
    found = told(on, closed(on, on.pipeline(), 5 * HOUR))
    assert found["state"] == "watching"
    assert found["from"] == found["to"]
    assert line(found, "received", "COD")["passed"] is None
    assert line(found, "gap", "COD")["passed"] is None
    assert line(found, "clock")["passed"] is None


def test_a_gap_is_measured_and_what_is_missing_counted(on: Stage) -> None:
    found = told(on, sent(on, -HOUR, 26 * HOUR, leave_out=range(10 * HOUR + 1, 13 * HOUR + 1)))
    assert found["state"] == "not_passed"
    assert line(found, "gap", "COD")["found"] == 3 * HOUR + SLOT
    received = line(found, "received", "COD")
    assert (received["passed"], received["found"]) == (False, pytest.approx(84 / 96))


@pytest.mark.parametrize(
    "late, passed", [(0, True), (300 + SLOT, True), (301 + SLOT, False), (-60, True), (-61, False)]
)
def test_the_clock_may_be_off_by_so_much_and_no_more(on: Stage, late: int, passed: bool) -> None:
    found = told(on, sent(on, -HOUR, 26 * HOUR, late=late))
    assert (line(found, "clock")["found"], line(found, "clock")["passed"]) == (late, passed)


def test_what_is_never_a_measurement_does_not_pass(on: Stage) -> None:
    found = told(on, sent(on, -HOUR, 26 * HOUR, COD="02", TSS="01"))
    assert line(found, "measuring", "COD")["passed"] is False
    assert line(found, "measuring", "TSS")["found"] == 0
    assert line(found, "calibrated", "TSS")["passed"] is True


def test_refused_messages_are_told_with_their_remedy(on: Stage) -> None:
    pipeline = sent(on, -HOUR, 25 * HOUR)
    at = DAY0 + 25 * HOUR
    reading = {"p": "COD", "v": 50, "s": "00", "u": "kg", "ts": rfc3339(at)}
    topic = message("MAU02", Said("COD", 0, 1)).topic
    payload = json.dumps({"readings": [reading]}).encode()
    pipeline.submit([Delivery("mqtt", topic, payload, at)])
    found = told(on, closed(on, pipeline, 26 * HOUR))
    (refused,) = found["rejections"]
    assert line(found, "rejections")["found"] == 1
    assert line(found, "units")["passed"] is False
    assert (refused["reason"], "kg" in refused["detail"]) == ("unit_unknown", True)
    assert refused["remedy"]["vi"]


def test_a_parameter_without_a_limit_does_not_pass(on: Stage) -> None:
    found = told(on, closed(on, on.pipeline(), 5 * HOUR), "MAU03")
    assert not [x for x in found["lines"] if x["key"] == "limit"]  # nothing was judged yet
    pipeline = on.pipeline()
    for at in range(5 * HOUR, 8 * HOUR, SLOT):
        on.clock.set(DAY0 + at)
        pipeline.submit([message("MAU03", Said("NH4", at, 2.0))])
    found = told(on, closed(on, pipeline, 8 * HOUR), "MAU03")
    assert line(found, "limit", "NH4")["passed"] is False


def test_a_flow_is_counted_though_nobody_judges_it(on: Stage) -> None:
    pipeline = on.pipeline()
    for at in range(0, 3 * HOUR, SLOT):
        on.clock.set(DAY0 + at)
        pipeline.submit([message("MAU01", Said("FlowOut", at, 12.0))])
    found = told(on, closed(on, pipeline, 3 * HOUR), "MAU01")
    assert line(found, "received", "FlowOut")["found"] == 1
    assert not [x for x in found["lines"] if x["key"] == "limit" and x["parameter"] == "FlowOut"]


def test_every_line_has_words_and_every_word_a_line(on: Stage) -> None:
    found = told(on, sent(on, -HOUR, 26 * HOUR))
    assert {x["key"] for x in found["lines"]} == set(TITLES)
    assert all(x["title"]["vi"] != x["title"]["en"] for x in found["lines"])


def test_a_foreign_station_is_as_absent_as_none(on: Stage) -> None:
    reads = on.reads(on.pipeline())
    assert commission(reads, Scope(frozenset({"ccn-mau-01"})), "MAU02", DAY0) is None
    assert commission(reads, EVERYTHING, "nowhere", DAY0) is None


def test_more_readings_than_a_page_are_all_counted(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = sent(on, -HOUR, 26 * HOUR)
    whole = told(on, pipeline)
    monkeypatch.setattr(commissioning, "_PAGE", 7)
    assert told(on, pipeline)["lines"] == whole["lines"]


def test_page_and_api_say_the_same(on: Stage) -> None:
    pipeline = sent(on, -HOUR, 26 * HOUR, leave_out=range(10 * HOUR + 1, 13 * HOUR + 1))
    client = client_of(on, pipeline)
    answer = client.get("/api/v1/stations/MAU02/commission").json()
    assert answer == told(on, pipeline)
    page = client.get("/stations/MAU02/commission", headers={"Accept": "text/html"}).text
    for said in ("Chưa đạt", "87,5 %", "195 phút", "không phải giấy chứng nhận kiểm định"):
        assert said in page, said


def test_the_command_says_it_and_ends_with_its_status(on: Stage, tmp_path: Path) -> None:
    sent(on, -HOUR, 26 * HOUR)
    settings = tmp_path / "tolich.yaml"
    settings.write_text(f"data: {on.folder}\nmqtt: null\n", encoding="utf-8")
    run = ["commission", "MAU02", "--settings", str(settings)]
    shown = CliRunner().invoke(app, [*run, "--json"])
    assert shown.exit_code == 1, shown.output  # that day is long past: nothing in the last one
    assert json.loads(shown.output)["state"] == "watching"
    shown = CliRunner().invoke(app, ["commission", "MAU2", "--settings", str(settings)])
    assert (shown.exit_code, "MAU02" in shown.output) == (2, True)

"""Silence: who says nothing, since when, and that no word is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.days import rfc3339
from tests.cast import (
    DAY0,
    DAY1,
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
from tolich.pipeline import Pipeline, Taking
from tolich.ports import EVERYTHING, NotDurable, Shape

EIGHT = DAY0 + 8 * HOUR


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """A store whose MAU01 reports every five minutes, from eight o'clock on."""
    of = stage(tmp_path, DAY0)
    of.enter({"schema": 1, "stations": {"MAU01": station("mau-01", ["COD"], interval=300)}})
    of.clock.set(EIGHT)
    yield of
    of.close()


def silences(of: Stage, pipeline: Taking, name: str = "MAU01") -> list[Shape]:
    """Silences of a whole station, not of its parameters."""
    found = alerts(of.reads(pipeline), kind="silence", station=name)
    return [one for one in found if one["parameter"] is None]


def told(of: Stage, pipeline: Taking, name: str = "MAU01") -> list[tuple[str, str, str]]:
    """Change, severity and plant time of every transition of a station's silences."""
    said = transitions(of.reads(pipeline), station=name)
    return [
        (one["change"], one["after"]["severity"], one["at"])
        for one in said
        if one["after"]["kind"] == "silence" and one["parameter"] is None
    ]


def test_nobody_is_silent_while_we_are_not_connected(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(DAY1)
    pipeline.tick(None)
    assert alerts(on.reads(pipeline), kind="silence") == []


def test_silence_counts_from_our_own_connection(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    connected = EIGHT + 5 * HOUR
    on.clock.set(connected + 599)
    pipeline.tick(connected)
    assert silences(on, pipeline) == []
    on.clock.set(connected + 600)
    pipeline.tick(connected)
    (raised,) = silences(on, pipeline)
    assert (raised["started_at"], raised["severity"]) == (rfc3339(connected), "info")


def test_the_ladder_is_climbed_rung_by_rung_in_one_alert(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    for minute in range(0, 150, 5):
        on.clock.set(EIGHT + minute * MINUTE)
        pipeline.tick(DAY0)
    assert told(on, pipeline) == [
        ("raised", "info", rfc3339(EIGHT + 10 * MINUTE)),
        ("escalated", "warning", rfc3339(EIGHT + 30 * MINUTE)),
        ("escalated", "major", rfc3339(EIGHT + 60 * MINUTE)),
        ("escalated", "critical", rfc3339(EIGHT + 120 * MINUTE)),
    ]
    (alert,) = silences(on, pipeline)
    assert (alert["state"], alert["started_at"]) == ("active", rfc3339(EIGHT))


def test_a_slow_station_is_not_silent_before_two_reports_are_overdue(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU02", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 30 * MINUTE - 1)
    pipeline.tick(DAY0)
    assert silences(on, pipeline, "MAU02") == []
    on.clock.set(EIGHT + 30 * MINUTE)
    pipeline.tick(DAY0)
    assert [one["severity"] for one in silences(on, pipeline, "MAU02")] == ["info"]


def test_late_data_ends_a_silence_and_does_not_withdraw_it(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 40 * MINUTE)
    pipeline.tick(DAY0)
    # Observed before the silence was noticed, received only now.
    late = message("MAU01", Said("COD", 8 * HOUR + 20 * MINUTE, 50), received=on.clock.now())
    pipeline.submit([late])
    (alert,) = silences(on, pipeline)
    assert (alert["state"], alert["ended_at"]) == ("ended", rfc3339(on.clock.now()))
    assert [change for change, _, _ in told(on, pipeline)] == ["raised", "ended"]
    # The reading is twenty minutes old, so the station is silent again from then on.
    pipeline.tick(DAY0)
    assert [one["started_at"] for one in silences(on, pipeline)] == [
        rfc3339(EIGHT),
        rfc3339(EIGHT + 20 * MINUTE),
    ]


def test_what_is_older_than_what_we_heard_ends_nothing(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 40 * MINUTE)
    pipeline.tick(DAY0)
    pipeline.submit([message("MAU01", Said("COD", 7 * HOUR, 50), received=on.clock.now())])
    assert [one["state"] for one in silences(on, pipeline)] == ["active"]


def test_a_clock_that_runs_ahead_does_not_hide_a_silence(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(EIGHT)
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR + 9 * MINUTE, 50), received=EIGHT)])
    on.clock.set(EIGHT + 10 * MINUTE)
    pipeline.tick(DAY0)
    assert [one["started_at"] for one in silences(on, pipeline)] == [rfc3339(EIGHT)]


def test_timers_that_fell_due_while_we_were_down_fire_once(on: Stage) -> None:
    on.pipeline().submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 70 * MINUTE)
    for _ in range(2):  # start, and start again
        pipeline = on.pipeline()
        pipeline.tick(DAY0)
        pipeline.tick(DAY0)
    assert [(change, level) for change, level, _ in told(on, pipeline)] == [("raised", "major")]


def test_a_silence_that_stands_goes_on_after_a_restart(on: Stage) -> None:
    pipeline = on.pipeline()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 15 * MINUTE)
    pipeline.tick(DAY0)
    again = on.pipeline()
    on.clock.set(EIGHT + 35 * MINUTE)
    again.tick(on.clock.now() - MINUTE)  # connected a minute ago: no rung is reached anew
    assert [change for change, _, _ in told(on, again)] == ["raised"]
    again.submit([message("MAU01", Said("COD", 8 * HOUR + 35 * MINUTE, 50))])
    assert [change for change, _, _ in told(on, again)] == ["raised", "ended"]


def test_a_station_owes_nothing_before_it_begins_and_after_it_ends(on: Stage) -> None:
    pipeline = on.pipeline()
    on.enter(
        {
            "schema": 1,
            "stations": {
                "MAU02": station("mau-02", ["COD", "TSS"], **{"from": "2026-03-11"}),
                "MAU03": station("mau-03", ["COD", "NH4", "FlowOut"], until="2026-03-09"),
            },
        }
    )
    on.clock.set(EIGHT + 3 * HOUR)
    pipeline.tick(EIGHT)
    names = {one["station"] for one in alerts(on.reads(pipeline), kind="silence")}
    assert names == {"MAU01"}
    on.clock.set(DAY1 + HOUR)
    pipeline.tick(EIGHT)
    names = {one["station"] for one in alerts(on.reads(pipeline), kind="silence")}
    assert names == {"MAU01", "MAU02"}


def test_a_silence_that_could_not_be_stored_is_raised_later(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(EIGHT + HOUR)
    with full_disk(on), pytest.raises(NotDurable):
        pipeline.tick(EIGHT)
    assert silences(on, pipeline) == []
    pipeline.tick(EIGHT)
    assert [one["severity"] for one in silences(on, pipeline)] == ["major"]


def test_what_another_process_took_was_heard_too(on: Stage) -> None:
    pipeline, web = on.pipeline(), on.taking()
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 50))])
    on.clock.set(EIGHT + 40 * MINUTE)
    pipeline.tick(DAY0)
    web.submit([message("MAU01", Said("COD", 8 * HOUR + 40 * MINUTE, 50))])
    on.clock.set(EIGHT + 45 * MINUTE)
    pipeline.tick(DAY0)
    (alert,) = silences(on, pipeline)
    assert alert["state"] == "ended"
    on.clock.set(EIGHT + 49 * MINUTE)
    pipeline.tick(DAY0)
    assert len(silences(on, pipeline)) == 1
    on.clock.set(EIGHT + 50 * MINUTE)
    pipeline.tick(DAY0)
    assert len(silences(on, pipeline)) == 2


def test_the_why_of_a_silence_says_since_when(on: Stage) -> None:
    pipeline = on.pipeline()
    on.clock.set(EIGHT + HOUR)
    pipeline.tick(EIGHT)
    (alert,) = silences(on, pipeline)
    why = on.reads(pipeline).alert_why(EVERYTHING, alert["id"])
    assert why is not None
    assert "has sent nothing since 08:00 10/03/2026 (UTC+7)" in why["summary"]["en"]
    assert "không gửi số liệu từ 08:00 10/03/2026 (UTC+7)" in why["summary"]["vi"]
    assert [one["change"] for one in why["transitions"]] == ["raised"]


# --- single parameters --------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Stage]:
    """A store whose MAU01 reports TSS and FlowOut every five minutes, from eight o'clock on."""
    of = stage(tmp_path, DAY0)
    series = station("mau-01", ["TSS", "FlowOut"], interval=300)
    of.enter({"schema": 1, "stations": {"MAU01": series}})
    of.clock.set(EIGHT)
    yield of
    of.close()


def say(of: Stage, pipeline: Taking, minute: int, *parameters: str) -> None:
    """The station says these parameters at a minute after eight, at once."""
    of.clock.set(EIGHT + minute * MINUTE)
    pipeline.submit(
        [message("MAU01", *(Said(key, 8 * HOUR + minute * MINUTE, 5) for key in parameters))]
    )
    if isinstance(pipeline, Pipeline):
        pipeline.tick(DAY0)


def of_parameters(of: Stage, pipeline: Taking) -> list[tuple[str, str, str]]:
    found = alerts(of.reads(pipeline), kind="silence", station="MAU01")
    return [
        (one["parameter"], one["severity"], one["state"])
        for one in found
        if one["parameter"] is not None
    ]


def test_a_parameter_can_be_silent_while_its_station_speaks(two: Stage) -> None:
    pipeline = two.pipeline()
    say(two, pipeline, 0, "TSS", "FlowOut")
    for minute in range(5, 200, 5):
        say(two, pipeline, minute, "FlowOut")
    assert of_parameters(two, pipeline) == [("TSS", "warning", "active")]
    assert silences(two, pipeline) == []
    told_of = transitions(two.reads(pipeline), parameter="TSS")
    assert [(one["change"], one["after"]["severity"], one["at"]) for one in told_of] == [
        ("raised", "info", rfc3339(EIGHT + 10 * MINUTE)),
        ("escalated", "warning", rfc3339(EIGHT + 30 * MINUTE)),
    ]
    say(two, pipeline, 200, "TSS", "FlowOut")
    assert of_parameters(two, pipeline) == [("TSS", "warning", "ended")]


def test_the_parameters_of_a_silent_station_are_not_told_of(two: Stage) -> None:
    pipeline = two.pipeline()
    say(two, pipeline, 0, "TSS", "FlowOut")
    two.clock.set(EIGHT + 5 * HOUR)
    pipeline.tick(DAY0)
    assert [one["severity"] for one in silences(two, pipeline)] == ["critical"]
    assert of_parameters(two, pipeline) == []


def test_an_analyser_has_time_for_a_fresh_value(two: Stage) -> None:
    two.enter({"schema": 1, "stations": {"MAU01": station("mau-01", ["NH4", "TSS"], interval=300)}})
    pipeline = two.pipeline()
    say(two, pipeline, 0, "NH4", "TSS")
    for minute in range(5, 61, 5):
        assert of_parameters(two, pipeline) == []
        say(two, pipeline, minute, "TSS")
    assert of_parameters(two, pipeline) == [("NH4", "info", "active")]


def test_late_readings_end_the_silence_of_a_parameter_and_do_not_withdraw_it(two: Stage) -> None:
    pipeline = two.pipeline()
    say(two, pipeline, 0, "TSS", "FlowOut")
    for minute in range(5, 20, 5):
        say(two, pipeline, minute, "FlowOut")
    assert of_parameters(two, pipeline) == [("TSS", "info", "active")]
    late = message("MAU01", Said("TSS", 8 * HOUR + 10 * MINUTE, 5), received=two.clock.now())
    pipeline.submit([late])
    pipeline.tick(DAY0)
    assert of_parameters(two, pipeline) == [("TSS", "info", "ended")]


def test_what_was_heard_of_a_parameter_is_known_after_a_crash(two: Stage) -> None:
    pipeline = two.pipeline()
    two.clock.set(EIGHT)
    # Its newest reading came nine minutes before its time; an older one was heard later.
    ahead = message("MAU01", Said("TSS", 8 * HOUR + 9 * MINUTE, 5), received=EIGHT)
    pipeline.submit([ahead])
    say(two, pipeline, 8, "TSS")
    again = two.pipeline()
    for minute in (10, 15):
        say(two, again, minute, "FlowOut")
    assert [one for one in of_parameters(two, again) if one[0] == "TSS"] == []
    two.clock.set(EIGHT + 18 * MINUTE)
    again.tick(DAY0)
    once_more = two.pipeline()
    once_more.tick(DAY0)
    found = [one for one in alerts(two.reads(again), kind="silence") if one["parameter"] == "TSS"]
    assert [one["started_at"] for one in found] == [rfc3339(EIGHT + 8 * MINUTE)]


def test_a_parameter_that_another_process_took_was_heard_too(two: Stage) -> None:
    pipeline, web = two.pipeline(), two.taking()
    say(two, pipeline, 0, "TSS", "FlowOut")
    for minute in range(5, 20, 5):
        say(two, pipeline, minute, "FlowOut")
    say(two, web, 16, "TSS")
    say(two, pipeline, 20, "FlowOut")
    assert of_parameters(two, pipeline) == [("TSS", "info", "ended")]


def test_the_why_of_a_parameters_silence_names_it(two: Stage) -> None:
    pipeline = two.pipeline()
    for minute in range(0, 20, 5):
        say(two, pipeline, minute, "FlowOut")
    (alert,) = (one for one in alerts(two.reads(pipeline), kind="silence") if one["parameter"])
    why = two.reads(pipeline).alert_why(EVERYTHING, alert["id"])
    assert why is not None
    assert " (MAU01), TSS has sent nothing since " in why["summary"]["en"]

"""The demonstration's script, judged as the monitor judges."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import takewhile

import pytest

from rules.alerts import episodes, step_of
from rules.days import DAY_SECONDS, midnight
from rules.model import AlertKind, Finding, Outcome, Reason
from simulators.acts import PROGRAMME, Acts
from simulators.events import Exceedance, Frozen, NoDischarge, Outage, Silence
from simulators.message import Outgoing
from simulators.script import SCENES, demo_script
from simulators.stream import live
from tests.simulators.stage import MIDNIGHT, NOON, decoded, demo, demo_history, findings, heard

HOUR = 3600
TODAY = midnight(NOON)


def ago(days: int, hour: int = 0) -> int:
    return TODAY - days * DAY_SECONDS + hour * HOUR


def day_of(station: str, parameter: str, days: int) -> Finding:
    return next(
        f
        for f in findings(NOON, station, ago(days))
        if f.series.parameter == parameter and f.period == "day"
    )


def hours_of(station: str, parameter: str, days: int) -> list[Finding]:
    return [
        f
        for f in findings(NOON, station, ago(days))
        if f.series.parameter == parameter and f.period == "hour"
    ]


def exceeded(found: list[Finding]) -> list[int]:
    """The local hours above the limit."""
    return [(f.start - midnight(f.start)) // HOUR for f in found if f.outcome is Outcome.EXCEEDED]


def test_a_day_is_exceeded_and_goes_on() -> None:
    assert day_of("MAU02", "COD", 1).outcome is Outcome.EXCEEDED
    assert day_of("MAU02", "COD", 2).outcome is Outcome.COMPLIANT
    today = day_of("MAU02", "COD", 0)
    assert not today.final
    latest = [s for s in heard(NOON, "MAU02")[-40:] if s.parameter == "COD"][-1]
    assert latest.value > 150


@pytest.mark.parametrize("parameter, days", [("NH4", 9), ("TSS", 19), ("TSS", 20)])
def test_past_days_were_exceeded(parameter: str, days: int) -> None:
    assert day_of("MAU03", parameter, days).outcome is Outcome.EXCEEDED
    assert day_of("MAU03", parameter, days - 3).outcome is Outcome.COMPLIANT


@pytest.mark.parametrize("days, hours", [(3, [9, 10]), (6, [14, 15]), (12, [9, 10])])
def test_hours_are_exceeded_on_a_compliant_day(days: int, hours: list[int]) -> None:
    assert exceeded(hours_of("MAU04", "TSS", days)) == hours
    assert day_of("MAU04", "TSS", days).outcome is Outcome.COMPLIANT


def test_a_calibration_between_two_exceedances_makes_two_alerts() -> None:
    hours = hours_of("MAU05", "COD", 1)
    assert exceeded(hours) == [8, 9, 15, 16]
    calibrated = hours[12]
    assert calibrated.counts.calibrating == 10
    assert (calibrated.outcome, calibrated.reason) == (
        Outcome.NOT_ASSESSABLE,
        Reason.INSUFFICIENT_DATA,
    )
    parameter = demo(NOON).stations["MAU05"].series["COD"].parameter
    found = episodes(AlertKind.EXCEEDANCE, [step_of(f, parameter) for f in hours])
    assert [(e.started_at, e.ended_at) for e in found] == [
        (ago(1, 8), ago(1, 12)),
        (ago(1, 15), ago(1, 19)),
    ]
    standard = [s for s in heard(NOON, "MAU05") if s.status == "01"]
    assert {float(s.value) for s in standard} == {187.5}


def test_a_plant_stays_near_its_limit() -> None:
    assert {day_of("MAU06", "COD", days).outcome for days in range(1, 11)} == {Outcome.NEAR}
    assert day_of("MAU06", "COD", 11).outcome is Outcome.COMPLIANT


def test_a_sensor_is_frozen_for_thirty_hours() -> None:
    shown = [s for s in heard(NOON, "MAU07") if s.parameter == "NH4"]
    frozen = {s.value for s in shown if ago(4, 8) <= s.at < ago(3, 14)}
    assert len(frozen) == 1
    assert len({s.value for s in shown if ago(3, 14) <= s.at < ago(2)}) > 1


def test_a_plant_is_silent_for_three_hours_and_after_the_start() -> None:
    last = max(s.at for s in heard(NOON, "MAU08"))
    assert NOON - 3 * HOUR - 60 <= last < NOON - 3 * HOUR
    assert not any("/MAU08/" in message.topic for message in live_messages(2))


def test_a_backfill_reveals_a_day_above_the_limit_after_the_next_was_sent() -> None:
    held = [s for s in heard(NOON, "MAU09") if ago(5, 8) <= s.at < ago(5, 20)]
    assert min(s.due for s in held) == ago(3) + 1800
    assert [s.at for s in held] == sorted(s.at for s in held)
    before = [
        f
        for f in findings(NOON, "MAU09", ago(5), until=ago(3))
        if f.series.parameter == "COD" and f.period == "day"
    ]
    assert before[0].reason is Reason.INSUFFICIENT_DATA
    assert day_of("MAU09", "COD", 5).outcome is Outcome.EXCEEDED
    assert day_of("MAU09", "COD", 4).outcome is Outcome.COMPLIANT


def test_a_short_outage_is_sent_newest_first_the_same_day() -> None:
    held = [s for s in heard(NOON, "MAU01") if ago(8, 9) <= s.at < ago(8, 12)]
    hours = list(dict.fromkeys(s.at // HOUR for s in held))
    assert len(hours) == 3
    assert hours == sorted(hours, reverse=True)


def test_acid_makes_an_hour_and_its_day_exceeded() -> None:
    assert exceeded(hours_of("MAU01", "pH", 11)) == [9]
    assert day_of("MAU01", "pH", 11).reason is Reason.HOUR_OUTSIDE


def test_a_broken_instrument_is_not_judged() -> None:
    hours = hours_of("MAU01", "TSS", 2)
    assert {h.counts.faulty for h in hours[10:16]} == {12}
    assert {h.outcome for h in hours[10:16]} == {Outcome.NOT_ASSESSABLE}


def test_messages_are_doubled_and_shuffled() -> None:
    own = [m for m in demo_history(NOON) if "/MAU10/" in m.topic]
    assert Counter(Counter(m.payload for m in own).values())[2] == 2
    burst = [s.at for s in decoded(own) if s.parameter == "pH" and ago(2, 14) <= s.at < ago(2, 16)]
    assert len(burst) == 24
    assert burst != sorted(burst)


def test_a_contradiction_makes_an_hour_contested() -> None:
    hour = hours_of("MAU11", "TSS", 1)[10]
    assert (hour.outcome, hour.reason) == (Outcome.NOT_ASSESSABLE, Reason.CONTESTED)
    assert hour.counts.conflicting == 2


def test_the_missing_limit_shows_and_disturbs_nothing_else() -> None:
    reasons = {f.series.parameter: f.reason for f in findings(NOON, "MAU12", ago(2))
               if f.period == "day"}  # fmt: skip
    assert reasons["COD"] is Reason.LIMIT_MISSING
    assert reasons["TSS"] is Reason.WITHIN_LIMIT


def test_nights_without_discharge_are_not_judged() -> None:
    reasons = [f.reason for f in hours_of("MAU13", "COD", 2)]
    night = {*range(5), 22, 23}
    assert {h for h, reason in enumerate(reasons) if reason is Reason.NO_DISCHARGE} == night
    assert reasons[12] is Reason.WITHIN_LIMIT


def test_the_domestic_plant_is_judged() -> None:
    found = {f.series.parameter: f for f in findings(NOON, "MAU14", ago(2)) if f.period == "day"}
    assert found["NO3"].outcome is Outcome.COMPLIANT
    assert found["COD"].outcome is Outcome.COMPLIANT


def test_stations_without_a_scene_have_no_alert_of_the_history() -> None:
    for station in ("MAU12", "MAU13", "MAU14"):
        assert not [
            f.id
            for days in range(1, 8)
            for f in findings(NOON, station, ago(days))
            if f.outcome in (Outcome.EXCEEDED, Outcome.NEAR)
        ]


# --- the start shortly after midnight -------------------------------------------------------------


def test_every_scene_is_over_before_a_start_just_after_midnight() -> None:
    """What the demonstration promises is in the history whenever it starts."""
    script = demo_script(demo(MIDNIGHT), MIDNIGHT)
    lasting = (Silence, Exceedance)
    for events in script.written.values():
        for event in events:
            assert event.start < MIDNIGHT - HOUR
            assert event.end < MIDNIGHT or isinstance(event, lasting)
            assert not isinstance(event, Outage) or event.release < MIDNIGHT
    assert len(script.written) == len(SCENES)


def test_the_history_of_a_start_just_after_midnight_has_the_ongoing_day() -> None:
    found = [f for f in findings(MIDNIGHT, "MAU02", MIDNIGHT - HOUR, until=MIDNIGHT + 600)
             if f.series.parameter == "COD" and f.period == "day"]  # fmt: skip
    assert found[0].outcome is Outcome.EXCEEDED


# --- after the start ------------------------------------------------------------------------------


@cache
def live_messages(hours: int) -> list[Outgoing]:
    """What is sent in the first hours after the start."""
    messages = live(demo(NOON), demo_script(demo(NOON), NOON), NOON)
    return list(takewhile(lambda message: message.due < NOON + hours * HOUR, messages))


def acts() -> Acts:
    found = demo_script(demo(NOON), NOON).acts
    assert found is not None
    return found


def test_something_begins_every_minute_and_every_kind_of_it_comes_round() -> None:
    begun = [acts().act(number) for number in range(1, 181)]
    players = {event.station for event in begun if event is not None}
    assert sum(event is not None for event in begun) >= 170
    assert players == {f"MAU{n:02}" for n in range(1, 15)} - {"MAU02", "MAU06", "MAU08"}
    starts = [event.start for event in begun if event is not None]
    assert starts == sorted(set(starts))
    assert NOON < starts[0] <= NOON + 120
    kinds = {(type(event), getattr(event, "order", None)) for event in begun if event is not None}
    assert len(kinds) >= len(PROGRAMME) - 2  # three of them are levels


def test_acts_are_the_same_however_they_are_asked_for() -> None:
    whole = list(acts().events("MAU01", NOON, NOON + 6 * HOUR))
    assert whole
    for event in whole:
        for at in (event.start, event.end - 1):
            assert event in list(acts().events("MAU01", at, at + 1))
        assert event not in list(acts().events("MAU01", event.end, event.end + 1))
    assert not list(acts().events("MAU01", 0, NOON))


def test_the_first_two_live_hours_show_trouble_of_every_kind() -> None:
    seen = list(decoded(live_messages(2)))
    assert {"00", "01", "02"} <= {s.status for s in seen}
    assert any(s.due - s.at > 120 for s in seen)  # a late burst
    values: dict[tuple[str, str, int], set[str]] = {}
    for s in seen:
        values.setdefault((s.station, s.parameter, s.at), set()).add(str(s.value))
    assert any(len(different) > 1 for different in values.values())
    heights = [s for s in seen if s.parameter == "TSS" and s.status == "00"]
    limits = {k: float(v.series["TSS"].high) / 3 for k, v in demo(NOON).stations.items()}
    assert any(float(s.value) > 2.5 * limits[s.station] for s in heights)


def test_frozen_acts_agree_over_the_hours_of_the_stream() -> None:
    frozen = [e for n in range(1, 181) if isinstance(e := acts().act(n), Frozen)]
    across = [e for e in frozen if e.start // HOUR != (e.end - 1) // HOUR]
    assert across
    seen = list(decoded(live_messages(4)))
    for event in across:
        shown = {
            s.value
            for s in seen
            if (s.station, s.parameter, s.status) == (event.station, "NH4", "00")
            and event.start <= s.at < event.end
        }
        assert len(shown) == 1


def test_nights_are_the_same_however_they_are_asked_for() -> None:
    script = demo_script(demo(NOON), NOON)
    whole = [e for e in script.events("MAU13", ago(3), ago(0)) if isinstance(e, NoDischarge)]
    assert len(whole) == 4
    for night in whole:
        assert night in script.events("MAU13", night.end - 1, night.end)
        assert night not in script.events("MAU13", night.end, night.end + 1)

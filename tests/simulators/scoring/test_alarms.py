from __future__ import annotations

import pytest

from simulators.scoring.alarms import Alarm, Cause, alarms_of, counted
from simulators.scoring.seen import SeenAlert
from tests.simulators.scoring.stage import TABLE, alert, daily, interval, truth


def alarms(alerts: list[SeenAlert], *rows: dict[str, object]) -> list[Alarm]:
    return alarms_of(truth(*rows), alerts, TABLE)


def causes(alerts: list[SeenAlert], *rows: dict[str, object]) -> list[Cause]:
    return [one.cause for one in alarms(alerts, *rows)]


def test_an_alert_about_nothing_is_false() -> None:
    assert causes([alert("silence", 10)]) == [Cause.NOTHING]
    assert causes([alert("silence", 10)], interval("outage", 30, 1, None, layer="transport")) == [
        Cause.NOTHING
    ]


def test_an_alert_about_the_trouble_it_names_is_true() -> None:
    outage = interval("outage", 10.1, 1, None, layer="transport")
    assert causes([alert("silence", 10, known=10.3, channel=None)], outage) == [Cause.TRUE]
    assert causes([alert("instrument", 10, subject="fault")], interval("flagged", 9, 8)) == [
        Cause.TRUE
    ]


@pytest.mark.parametrize(
    ("mean", "kind", "cause"),
    [
        (101.0, "exceedance", Cause.TRUE),
        (96.0, "exceedance", Cause.TRUE),  # an analyser may be off by a twentieth
        (94.0, "exceedance", Cause.NOTHING),
        (86.0, "near", Cause.TRUE),
        (70.0, "near", Cause.NOTHING),
    ],
)
def test_an_exceedance_is_held_against_the_water(mean: float, kind: str, cause: Cause) -> None:
    said = [alert(kind, 0, known=24, period="day", ended=24)]
    assert causes(said, daily(0, mean, mean > 100)) == [cause]


@pytest.mark.parametrize(("hour", "cause"), [(5, Cause.TRUE), (6, Cause.TRUE), (8, Cause.NOTHING)])
def test_an_hour_may_be_shown_an_hour_late(hour: int, cause: Cause) -> None:
    hours = [50.0] * 24
    hours[5] = 130.0
    said = [alert("exceedance", hour, period="hour", ended=hour + 1)]
    assert causes(said, daily(0, 55.0, False, true_hours=hours)) == [cause]


def test_a_faulty_instrument_taken_for_pollution_is_a_false_alarm_with_a_name() -> None:
    said = [alert("exceedance", 10, known=12, period="hour")]
    (found,) = alarms(said, interval("offset", 9.5, 12), daily(0, 50.0, False))
    assert (found.cause, found.blamed) == (Cause.FAULT, "offset")
    assert counted(truth(), [found]).false_by_name == {"exceedance_hour < offset": 1}


def test_interference_taken_for_something_else_is_no_false_alarm() -> None:
    said = [alert("exceedance", 10, period="hour")]
    dilution = interval("dilution", 9.5, 12, None, layer="sample")
    (found,) = alarms(said, dilution, daily(0, 50.0, False))
    assert found.cause is Cause.TAMPER
    assert counted(truth(), [found]).false == 0


def test_alerts_close_together_are_one_alarm() -> None:
    said = [alert("silence", 10, channel=channel) for channel in ("COD", "TSS", "pH")]
    found = alarms([*said, alert("silence", 10.6), alert("near", 10, period="hour")])
    assert sorted((one.name, one.alerts) for one in found) == [
        ("near_hour", 1), ("silence", 1), ("silence", 3),
    ]  # fmt: skip


def test_what_was_withdrawn_is_no_alarm() -> None:
    assert alarms([alert("silence", 10, state="withdrawn")]) == []


def test_false_alarms_are_counted_a_station_and_day() -> None:
    of = truth(days=4, stations=["S0", "S1"])
    found = counted(of, alarms_of(of, [alert("silence", 10)], TABLE))
    assert found.station_days == 8
    assert found.per_station_day == 1 / 8

"""`tolich demo` as a newcomer starts it: what it shows within two minutes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rules.days import rfc3339
from rules.roles import Role
from tests.end_to_end.demo import Demo, alive, known
from tests.end_to_end.foreign import SOON, Follower, message, publish, stamp, topic, tt10
from tests.end_to_end.monitor import until
from tests.end_to_end.test_commands import run
from tolich.clock import wall

PROMISED = 120.0
"""Seconds after the start of the program within which both alerts are listed."""


def exceedances(demo: Demo, period: str) -> list[dict[str, Any]]:
    """The exceedance alerts of a period, once there is an API."""
    if not (alive(demo) and known(demo)):
        return []
    found = demo.api.all("alerts", kind="exceedance")
    return [one for one in found if one["period"] == period and one["state"] != "withdrawn"]


@pytest.mark.parametrize(
    "period, vi, en",
    [
        ("day", "nghi vượt giới hạn", "suspected exceedance"),
        ("hour", "cảnh báo sớm", "early warning"),
    ],
)
def test_alerts_are_listed_and_explained_in_time(
    started: Demo, period: str, vi: str, en: str
) -> None:
    left = PROMISED - (time.monotonic() - started.begun)
    alert = until(lambda: exceedances(started, period), f"an alert of a {period}", left)[0]
    print(f"an alert of a {period} by {time.monotonic() - started.begun:.0f} s")
    assert alert["simulated"] is True
    why = started.api.get(f"alerts/{alert['id']}/why")
    assert vi in why["summary"]["vi"]
    assert "chờ xác minh" in why["summary"]["vi"]
    assert en in why["summary"]["en"]
    assert why["formula"]
    assert why["limit"]["trace"]
    assert any(one["counted"] for one in why["readings"])
    assert why["versions"]


def test_it_says_where_everything_is(started: Demo) -> None:
    told = started.folder / "demo.json"
    until(lambda: alive(started) and told.exists(), "demo.json")
    http, mqtt = started.ports
    said = json.loads(told.read_text(encoding="utf-8"))
    accounts = said.pop("accounts")
    assert said == {"api": f"http://127.0.0.1:{http}", "mqtt": f"127.0.0.1:{mqtt}"}
    assert {one["role"] for one in accounts.values()} == set(Role)
    assert told.stat().st_mode & 0o077 == 0  # it holds keys


def test_a_calibration_between_two_exceedances_raises_nothing(live: Demo) -> None:
    yesterday, today = rfc3339(live.at(1)), rfc3339(live.at(0))
    starts = sorted(
        one["started_at"]
        for one in exceedances(live, "hour")
        if (one["station"], one["parameter"]) == ("MAU05", "COD")
        and yesterday <= one["started_at"] < today
    )
    assert starts == [rfc3339(live.at(1, 10)), rfc3339(live.at(1, 16))]
    calibrated = live.api.get(f"findings/MAU05:COD:hour:{rfc3339(live.at(1, 13))}")
    assert calibrated["counts"]["calibrating"] == 5
    assert calibrated["outcome"] == "not_assessable"


def test_the_silent_plant_has_no_signal(live: Demo) -> None:
    assert live.api.get("stations/MAU08")["state"] == "no_signal"


def test_a_backfilled_day_was_revised_and_says_why(live: Demo) -> None:
    name = f"MAU09:COD:day:{rfc3339(live.at(5))}"
    finding = live.api.get(f"findings/{name}")
    assert finding["revision"] >= 2
    assert finding["outcome"] == "exceeded"
    (last,) = [
        one
        for one in live.transitions()
        if one["finding"] == name
        and one["change"] == "amended"
        and one["after"]["revision"] == finding["revision"]
    ]
    assert last["after"]["outcome"] == "exceeded"
    assert last["cause"]["kind"] == "readings"
    gap = rfc3339(live.at(5, 8)), rfc3339(live.at(4))
    named = [one["observed_at"] for one in last["cause"]["readings"]]
    assert named
    assert all(gap[0] <= at < gap[1] for at in named)


def test_the_plant_without_a_limit_says_so(live: Demo) -> None:
    finding = live.api.get(f"findings/MAU12:COD:day:{rfc3339(live.at(1))}")
    assert (finding["outcome"], finding["reason"]) == ("not_assessable", "limit_missing")
    assert finding["limit"] is None
    assert finding["counts"]["valid"] > 0


def test_two_values_for_an_hour_are_contested(live: Demo) -> None:
    finding = live.api.get(f"findings/MAU11:COD:hour:{rfc3339(live.at(1, 10))}")
    assert (finding["outcome"], finding["reason"]) == ("not_assessable", "contested")


def test_a_plant_stays_near_its_limit(live: Demo) -> None:
    finding = live.api.get(f"findings/MAU06:COD:day:{rfc3339(live.at(1))}")
    assert finding["outcome"] == "near"


def test_something_happens_when_it_is_ordered_and_is_written_down(live: Demo) -> None:
    order = "MAU16.TSS over_range 30m"
    asked = run("simulate", "inject", order, "--broker", f"127.0.0.1:{live.ports[1]}")
    assert asked.exit_code == 0, asked.output
    rows = [json.loads(line) for line in (live.folder / "truth.jsonl").read_text().splitlines()]
    assert rows[0]["type"] == "scenario"
    assert any(
        (row["station"], row["channel"], row.get("kind")) == ("MAU16", "TSS", "over_range")
        and row["id"].startswith("over_range@")
        for row in rows[1:]
    )
    days = {row["date"] for row in rows if row["type"] == "daily"}
    assert len(days) == 35


def test_a_foreign_client_is_read_soon(live: Demo) -> None:
    mqtt = live.ports[1]
    at = wall() // 60 * 60 - 13  # between two readings of the simulated station
    publish(mqtt, topic("MAU12", "readings"), message(at, {"p": "COD", "v": 61.5, "s": "00"}))
    publish(mqtt, topic("MAU14", "tt10"), tt10(at))
    during = {"from": rfc3339(at), "to": rfc3339(at + 1)}
    (one,) = until(lambda: live.api.all("stations/MAU12/readings", **during), "the JSON", SOON)
    assert (one["parameter"], one["value"]) == ("COD", 61.5)
    file = until(lambda: live.api.all("stations/MAU14/readings", **during), "the file", SOON)
    assert {one["parameter"] for one in file} == {"FlowOut", "Temp", "pH", "TSS", "COD", "NH4"}


def test_a_wrong_message_comes_back(live: Demo) -> None:
    mqtt = live.ports[1]
    follower = Follower(mqtt, "foreign", topic("MAU12", "rejections"))
    publish(mqtt, topic("MAU12", "readings"), b"COD=61.5 at " + stamp(wall()).encode())
    (back,) = follower.messages(1)
    assert back["reason"] == "not_json"
    assert back["remedy"]["en"]

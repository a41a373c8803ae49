"""A real Mosquitto, `tolich serve` and clients that are not ours, at the present time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from rules.days import HOUR_SECONDS, rfc3339
from tests.end_to_end.foreign import SOON, Follower, message, stamp, topic, tt10
from tests.end_to_end.monitor import Monitor, recent_register, until
from tests.servers import Mosquitto
from tolich.clock import wall


class World(NamedTuple):
    """The broker and the monitor that listens to it."""

    broker: Mosquitto
    monitor: Monitor
    folder: Path  # watched for TT10 files

    def publish(self, station: str, leaf: str, payload: bytes) -> None:
        """Publish as a station does."""
        assert self.broker.publish(topic(station, leaf), payload) == 0

    def get(self, path: str, **query: Any) -> Any:
        """What the API says."""
        return self.monitor.api.get(path, **query)

    def newest(self, station: str) -> dict[str, Any]:
        """The newest reading of each parameter of a station."""
        found = self.get(f"stations/{station}")["parameters"]
        return {one["parameter"]: one for one in found if one["observed_at"] is not None}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("serve")
    dropped = folder / "dropped"
    dropped.mkdir()
    register = recent_register(folder, days=3)
    with (
        Mosquitto(folder / "broker") as broker,
        Monitor(folder, broker.port, register, dropped) as monitor,
    ):
        yield World(broker, monitor, dropped)


def is_example(newest: dict[str, Any], at: int) -> bool:
    """Whether the newest readings are those of the documented example."""
    read = {key: (one["value"], one["status"]) for key, one in newest.items()}
    expected = {
        "FlowOut": (41.7, "00"),
        "Temp": (29.3, "00"),
        "pH": (7.21, "00"),
        "TSS": (38.4, "00"),
        "COD": (61.5, "01"),
        "NH4": (4.1, "02"),
    }
    times = {one["observed_at"] for one in newest.values()}
    return read == expected and times == {rfc3339(at)}


def test_json_is_readable_soon(world: World) -> None:
    at = wall()
    began = time.monotonic()
    world.publish("MAU01", "readings", message(at, {"p": "COD", "v": 61.5, "u": "mg/L", "s": "00"}))
    until(lambda: world.newest("MAU01").get("COD"), "COD of MAU01", SOON)
    took = time.monotonic() - began
    print(f"readable {took:.2f} s after mosquitto_pub began")
    (reading,) = world.get("stations/MAU01/readings", parameter="COD")["items"]
    assert (reading["observed_at"], reading["value"]) == (rfc3339(at), 61.5)
    assert (reading["unit"], reading["status"], reading["source"]) == ("mg/L", "00", "mqtt")


@pytest.mark.parametrize(
    "station, leaf", [("MAU02", "tt10"), ("MAU03", "tt10/HN_MAU03_NUO001_{}.txt")]
)
def test_the_documented_file_is_readable_soon(world: World, station: str, leaf: str) -> None:
    at = wall()
    world.publish(station, leaf.format(stamp(at)), tt10(at))
    until(lambda: is_example(world.newest(station), at), f"the example of {station}", SOON)


def test_a_wrong_message_comes_back_with_the_remedy(world: World) -> None:
    follower = Follower(world.broker.port, "logger-04", topic("MAU04", "rejections"))
    good, bad = {"p": "TSS", "v": 20.0}, {"p": "COD", "v": 50.0, "u": "mg/m2"}
    world.publish("MAU04", "readings", message(wall(), good, bad))
    (back,) = follower.messages(1)
    assert (back["reason"], back["index"]) == ("unit_unknown", 1)
    assert back["topic"] == topic("MAU04", "readings")
    assert "mg/L" in back["detail"]
    assert "unit" in back["remedy"]["en"]
    assert "đơn vị" in back["remedy"]["vi"]
    assert set(world.newest("MAU04")) == {"TSS"}  # a bad reading rejects itself only


def hour_above(station: str, parameter: str, value: float) -> tuple[str, bytes]:
    """A closed hour full of one value: the finding it makes, and the message."""
    start = wall() // HOUR_SECONDS * HOUR_SECONDS - 2 * HOUR_SECONDS
    instants = range(start, start + HOUR_SECONDS, 300)
    readings = [{"p": parameter, "v": value, "ts": rfc3339(at)} for at in instants]
    return f"{station}:{parameter}:hour:{rfc3339(start)}", message(start, *readings)


def streamed(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The transitions of a live stream."""
    for line in answer.iter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def test_an_exceedance_is_told_to_everybody(world: World) -> None:
    follower = Follower(world.broker.port, "officer", topic("MAU05", "alerts"))
    finding, payload = hour_above("MAU05", "COD", 90.0)
    http = world.monitor.api.http
    with http.stream("GET", "/api/v1/stream", timeout=SOON) as answer:
        world.publish("MAU05", "readings", payload)
        live = next(one for one in streamed(answer) if one["finding"] == finding and one["alert"])
    assert live["change"] in ("raised", "raised_late")
    assert (live["station"], live["cluster"]) == ("MAU05", "ccn-mau-05")
    over_mqtt = follower.messages(1)[0]
    assert over_mqtt == live
    assert live in world.get("transitions", after=live["seq"] - 1)["items"]

    alert = world.get(f"alerts/{live['alert']}")
    assert (alert["kind"], alert["period"], alert["finding"]) == ("exceedance", "hour", finding)
    why = world.get(f"alerts/{live['alert']}/why")
    assert why["limit"]["high"] == 75
    assert [one["counted"] for one in why["readings"]] == [True] * 12
    assert {one["value"] for one in why["readings"]} == {90}


def post(world: World, station: str, body: bytes, kind: str, **query: str) -> httpx.Response:
    """A message over HTTP."""
    path = f"/api/v1/ingest/ccn-mau-{station[-2:]}/{station}"
    key = world.monitor.keys["station"]
    headers = {"Content-Type": kind, "Authorization": f"Bearer {key}"}
    return world.monitor.api.http.post(path, content=body, headers=headers, params=query)


def test_http_json_is_stored_when_it_is_answered(world: World) -> None:
    at = wall()
    body = message(at, {"p": "COD", "v": 42.0}, {"p": "Kod", "v": 1})
    answer = post(world, "MAU06", body, "application/json")
    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["rejected_count"]) == (1, 1)
    assert answer.json()["rejected"][0]["reason"] == "parameter_unknown"
    (reading,) = world.get("stations/MAU06/readings")["items"]
    assert (reading["value"], reading["source"]) == (42, "http")


def test_http_takes_the_documented_file(world: World) -> None:
    at = wall()
    name = f"HN_MAU07_NUO001_{stamp(at)}.txt"
    answer = post(world, "MAU07", tt10(at), "text/plain", filename=name)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 6)
    assert is_example(world.newest("MAU07"), at)


@pytest.mark.parametrize(
    "body, kind, reason",
    [
        (b"not JSON", "application/json", "not_json"),
        (b'{"ts":"2026-06-01T00:00:00+07:00","readings":[]}', "application/json", "no_readings"),
        (b" " * 5_000_000, "application/json", "payload_too_large"),
        (b"", "text/plain", "tt10_empty"),
        (b"COD\t61.5\tmg/L\t20260601083500\n", "text/plain", "tt10_fields"),
    ],
)
def test_http_says_what_nothing_was_accepted_of(
    world: World, body: bytes, kind: str, reason: str
) -> None:
    answer = post(world, "MAU08", body, kind)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    (rejected,) = answer.json()["rejected"]
    assert rejected["reason"] == reason
    assert rejected["remedy"]["vi"]
    assert world.newest("MAU08") == {}


def test_a_dropped_file_is_taken_and_put_aside(world: World) -> None:
    at = wall()
    place = world.folder / "MAU09" / "2026"
    place.mkdir(parents=True)
    upload = place / ".in"
    upload.write_bytes(tt10(at))
    name = f"HN_MAU09_NUO001_{stamp(at)}.txt"
    upload.rename(place / name)
    until(lambda: is_example(world.newest("MAU09"), at), "the dropped file", SOON + 5)
    (kept,) = until(lambda: list(world.folder.glob(f".done/**/{name}")), "the file in .done")
    assert kept.read_bytes() == tt10(at)
    assert not (place / name).exists()


def test_a_dropped_file_of_nobody_is_kept_aside(world: World) -> None:
    name = f"HN_NOBODY_NUO001_{stamp(wall())}.txt"
    (world.folder / name).write_bytes(tt10(wall()))
    until(lambda: list(world.folder.glob(f".rejected/**/{name}")), "the file in .rejected")
    said = [one for one in world.get("rejected")["items"] if name in one["detail"]]
    assert [one["reason"] for one in said] == ["tt10_name_mismatch"]


def test_the_monitor_is_well_afterwards(world: World) -> None:
    assert world.monitor.api.status("/readyz") == 200
    assert "Traceback" not in world.monitor.log()

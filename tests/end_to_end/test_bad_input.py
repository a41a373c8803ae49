"""Everything a logger can get wrong, over MQTT: each named, and nothing else disturbed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from rules.days import HOUR_SECONDS, ZONE, rfc3339
from tests.end_to_end.monitor import Monitor, recent_register, until
from tests.servers import Mosquitto
from tolich.clock import wall

NOW = wall() - 60  # of every message here: one minute old, by the real clock
STAMP = datetime.fromtimestamp(NOW, ZONE).strftime("%Y%m%d%H%M%S")

BAD, GOOD = "tolich/v1/ccn-mau-01/MAU01", "tolich/v1/ccn-mau-02/MAU02"


class Wrong(NamedTuple):
    """A message nothing of which may be taken, and what must be said of it."""

    name: str
    reason: str
    payload: bytes
    leaf: str = "readings"
    station: str = BAD

    @property
    def topic(self) -> str:
        """Where it is sent."""
        return f"{self.station}/{self.leaf}"

    @property
    def hash(self) -> str:
        """What identifies it: the hash of topic and payload."""
        return hashlib.sha256(self.topic.encode() + b"\0" + self.payload).hexdigest()


def envelope(readings: str, ts: str = rfc3339(NOW)) -> bytes:
    """A message with readings as they are written."""
    return f'{{"ts":"{ts}","seq":1,"readings":[{readings}]}}'.encode()


def reading(value: str = "50", more: str = "", parameter: str = "COD") -> str:
    """A reading with a value as it is written."""
    return f'{{"p":"{parameter}","v":{value}{more}}}'


def lines(text: str) -> bytes:
    """A TT10 file; `|` stands for TAB and `T` alone for the time."""
    return text.replace("|T|", f"|{STAMP}|").replace("|", "\t").encode()


NAIVE = datetime.fromtimestamp(NOW, ZONE).strftime("%Y-%m-%dT%H:%M:%S")

WRONG = (
    Wrong("not JSON", "not_json", b"COD=61.5"),
    Wrong("NaN", "value_not_finite", envelope(reading("NaN"))),
    Wrong("1e999", "value_not_finite", envelope(reading("1e999"))),
    Wrong("a number as text", "value_not_number", envelope(reading('"50"'))),
    Wrong("a naive time", "time_naive", envelope(reading(), NAIVE)),
    Wrong("the future", "time_in_future", envelope(reading(), rfc3339(NOW + 3600))),
    Wrong("1970", "time_too_old", envelope(reading(), "1970-01-01T07:00:00+07:00")),
    Wrong("unknown parameter", "parameter_unknown", envelope(reading(parameter="BOD55"))),
    Wrong("unknown unit", "unit_unknown", envelope(reading(more=',"u":"stone"'))),
    Wrong(
        "unknown station",
        "station_unknown",
        envelope(reading()),
        station="tolich/v1/ccn-mau-01/NOBODY",
    ),
    Wrong(
        "station of another cluster",
        "station_unknown",
        envelope(reading()),
        station="tolich/v1/ccn-mau-02/MAU01",
    ),
    Wrong("5 MB", "payload_too_large", envelope(reading()) + b" " * 5_000_000),
    Wrong("empty list", "no_readings", envelope("")),
    Wrong("invalid UTF-8", "invalid_utf8", envelope(reading()).replace(b"COD", b"CO\xc4")),
    Wrong("four columns", "tt10_fields", lines(f"COD|61.5|mg/L|{STAMP}"), "tt10"),
    Wrong("six columns", "tt10_fields", lines("COD|61.5|mg/L|T|00|x"), "tt10"),
    Wrong("unknown symbol", "tt10_symbol_unknown", lines("Kod|61.5|mg/L|T|00"), "tt10"),
    Wrong("empty file", "tt10_empty", b"\n", "tt10"),
    Wrong(
        "a name that does not match",
        "tt10_name_mismatch",
        lines("COD|61.5|mg/L|T|00"),
        f"tt10/HN_MAU09_NUO001_{STAMP}.txt",
    ),
)

UNUSUAL = {
    "MAU03": b"COD|61.5|mg/L|T|00\r\nTSS|38.4|mg/L|T|00\r\n",
    "MAU04": b"COD|61.5|mg/L|T|00\nTSS|38.4|mg/L|T|00",
    "MAU05": "\ufeffCOD|61.5|mg/L|T|00\nTSS|38.4|mg/L|T|00\n".encode(),
    "MAU06": b"COD|61,5|mg/L|T|00\nTSS|38,4|mg/L|T|00\n",
}
"""TT10 files that look different and say the same."""

STRANGE = "COD|61.5|mg/L|T|03\nTSS|38.4|mg/L|T|77\nNH4|-4.1|mg/L|T|00\npH|7.2|-|T|00\n"


class World(NamedTuple):
    """A broker and a monitor to which everything above has been sent."""

    broker: Mosquitto
    monitor: Monitor

    def rejected(self) -> list[dict[str, Any]]:
        """Every rejection on record."""
        return self.monitor.api.all("rejected")

    def readings(self, station: str) -> list[dict[str, Any]]:
        """Every reading of a station."""
        return self.monitor.api.all(f"stations/{station}/readings")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bad")
    register = recent_register(folder, days=3)
    with (
        Mosquitto(folder / "broker") as broker,
        Monitor(folder, broker.port, register) as monitor,
    ):
        _send_all(broker)
        world = World(broker, monitor)
        # One session delivers in order, so what comes last shows that all the rest came.
        until(lambda: world.readings("MAU07"), "the last message")
        yield world


def _send_all(broker: Mosquitto) -> None:
    for number, wrong in enumerate(WRONG):
        assert broker.publish(wrong.topic, wrong.payload) == 0
        good = envelope(reading(str(number)), rfc3339(NOW - number))
        assert broker.publish(f"{GOOD}/readings", good) == 0
    for station, payload in UNUSUAL.items():
        text = payload.decode()
        topic = f"tolich/v1/ccn-mau-{station[-2:]}/{station}/tt10"
        assert broker.publish(topic, lines(text)) == 0
    assert broker.publish("tolich/v1/ccn-mau-07/MAU07/tt10", lines(STRANGE)) == 0


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_named(world: World, wrong: Wrong) -> None:
    (said,) = [one for one in world.rejected() if one["hash"] == wrong.hash]
    assert (said["reason"], said["topic"]) == (wrong.reason, wrong.topic)
    assert said["length"] == len(wrong.payload)
    assert said["payload"] == wrong.payload[:4096].decode("utf-8", "replace")
    assert said["detail"]
    assert said["remedy"]["en"]
    assert said["remedy"]["vi"]


def test_nothing_else_is_disturbed(world: World) -> None:
    assert len(world.rejected()) == len(WRONG)
    assert world.readings("MAU01") == []
    values = [one["value"] for one in world.readings("MAU02")]
    assert values == list(range(len(WRONG)))  # newest first
    assert world.monitor.api.status("/readyz") == 200
    assert "Traceback" not in world.monitor.log()


@pytest.mark.parametrize("station", UNUSUAL)
def test_what_is_only_unusual_is_read(world: World, station: str) -> None:
    found = {one["parameter"]: (one["value"], one["status"]) for one in world.readings(station)}
    assert found == {"COD": (61.5, "00"), "TSS": (38.4, "00")}


def test_what_cannot_count_is_kept(world: World) -> None:
    statuses = {one["parameter"]: one["status"] for one in world.readings("MAU07")}
    assert statuses == {"COD": "unknown", "TSS": "unknown", "NH4": "00", "pH": "00"}
    assert _why(world, "COD") == (61.5, False, [])
    assert _why(world, "TSS") == (38.4, False, [])
    assert _why(world, "NH4") == (-4.1, False, ["gross_range"])
    assert _why(world, "pH") == (7.2, True, ["gap"])  # nothing came for hours before it


def _why(world: World, parameter: str) -> tuple[float, bool, list[str]]:
    """The value, whether it counted, and what tests say: of the one reading of the hour."""
    hour = rfc3339(NOW // HOUR_SECONDS * HOUR_SECONDS)
    why = world.monitor.api.get(f"findings/MAU07:{parameter}:hour:{hour}/why")
    (one,) = why["readings"]
    return one["value"], one["counted"], one["tests"]

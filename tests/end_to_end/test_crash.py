"""Killed four times while messages arrive: nothing is lost, doubled or judged differently."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from rules.days import DAY_SECONDS, midnight, rfc3339
from simulators.message import Outgoing, envelope
from simulators.publish import Broker, Publisher, flood
from tests.end_to_end.monitor import Monitor, recent_register, until
from tests.servers import Mosquitto
from tolich.app import Place, prepare
from tolich.cli import app
from tolich.clock import StepClock, wall
from tolich.ports import Delivery, Shape
from tolich.replaying import recorded_until, replay_into, verdicts
from tolich.settings import Settings

STATIONS = ("MAU01", "MAU02", "MAU05", "MAU09", "MAU11")
DAYS = 14
INTERVAL = 300
MESSAGES = 20_000
KILLS = 4
SEED = 20261122

POISON = Outgoing("tolich/v1/ccn-mau-01/MAU01/readings", b"\x00{not JSON", 0)


class Crashed(NamedTuple):
    """What a monitor that was killed again and again has on record."""

    data: Path
    register: Path
    sent: list[Outgoing]  # in the order in which they were sent
    at_kill: list[int]  # readings stored at each kill
    readings: list[Shape]  # of one series, as the API gave them
    rejected: list[Shape]


def messages(random: Random) -> list[Outgoing]:
    """One COD reading each; whole days in order of time, then the stragglers, mixed."""
    end = midnight(wall())
    slots = [
        (at, station)
        for at in range(end - DAYS * DAY_SECONDS, end, INTERVAL)
        for station in STATIONS
    ]
    stragglers = set(random.sample(slots, len(slots) // 10))
    late = sorted(stragglers, key=lambda _: random.random())
    order = [slot for slot in slots if slot not in stragglers] + late
    chosen = [_message(at, station, random) for at, station in order[-MESSAGES:]]
    chosen.insert(MESSAGES // 2, POISON)
    return chosen


def _message(at: int, station: str, random: Random) -> Outgoing:
    """About the limit on some days and far from it on others, so that verdicts differ."""
    level = (40, 95, 60, 130)[(at // DAY_SECONDS + len(station)) % 4]
    value = level * random.uniform(0.8, 1.2)
    topic = f"tolich/v1/ccn-mau-{station[-2:]}/{station}/readings"
    return Outgoing(topic, envelope(rfc3339(at), 1, [f'{{"p":"COD","v":{value:.1f}}}']), at)


def count(data: Path, query: str) -> int:
    """A number the store gives, read past the monitor; 0 while there is no such store."""
    try:
        with closing(sqlite3.connect(f"file:{data}/evidence.db?mode=ro", uri=True)) as store:
            return int(store.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def stored(data: Path) -> int:
    """How many readings are stored."""
    return count(data, "SELECT count(*) FROM reading")


def judged(data: Path) -> bool:
    """Whether nothing waits to be judged."""
    waiting = f"SELECT count(*) FROM station_day WHERE due <= {wall()}"
    days = count(data, "SELECT count(*) FROM station_day")
    return days >= len(STATIONS) * (DAYS + 1) and count(data, waiting) == 0


def crash_often(monitor: Monitor, broker: Mosquitto, sent: Sequence[Outgoing]) -> list[int]:
    """Send everything at once; kill and start again shortly after readings arrived, each time.

    Returns how many readings were stored at each kill.
    """
    random = Random(SEED)
    at_kill = []
    with Publisher(Broker(port=broker.port, client_id="stations")) as publisher:
        sending = threading.Thread(target=flood, args=(publisher, sent, lambda _: None))
        sending.start()
        for _ in range(KILLS):
            # A batch is at most what the broker has on its way (4,000): some always remain.
            until_stored(monitor, stored(monitor.data) + random.randrange(1, 500))
            monitor.kill()
            at_kill.append(stored(monitor.data))
            monitor.start()
        sending.join()
    return at_kill


def until_stored(monitor: Monitor, goal: int) -> None:
    """Wait for so many readings in the store."""
    until(lambda: stored(monitor.data) >= goal, f"{goal} readings are stored")


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Crashed:
    folder = tmp_path_factory.mktemp("crash")
    register = recent_register(folder, DAYS + 2, STATIONS, ["COD"])
    sent = messages(Random(SEED))
    with (
        Mosquitto(folder / "broker") as broker,
        Monitor(folder, broker.port, register) as monitor,
    ):
        at_kill = crash_often(monitor, broker, sent)
        until_stored(monitor, MESSAGES)
        until(lambda: judged(monitor.data), "everything is judged")
        monitor.until_ready()
        readings = monitor.api.all("stations/MAU05/readings", parameter="COD")
        rejected = monitor.api.all("rejected")
    return Crashed(monitor.data, register, sent, at_kill, readings, rejected)


def sent_at(message: Outgoing) -> str:
    """The station and the time of a message's one reading."""
    return f"{message.topic.split('/')[3]} {rfc3339(message.due)}"


def test_it_was_killed_in_the_middle(crashed: Crashed) -> None:
    print(f"stored when killed: {crashed.at_kill}")
    assert crashed.at_kill == sorted(set(crashed.at_kill))
    assert len(crashed.at_kill) == KILLS
    assert 0 < crashed.at_kill[0] < crashed.at_kill[-1] < MESSAGES


def test_every_reading_is_stored_once(crashed: Crashed) -> None:
    assert len({sent_at(one) for one in crashed.sent if one is not POISON}) == MESSAGES
    assert stored(crashed.data) == MESSAGES
    distinct = "SELECT count(*) FROM (SELECT DISTINCT series, at FROM reading)"
    assert count(crashed.data, distinct) == MESSAGES
    assert count(crashed.data, "SELECT count(*) FROM raw") == MESSAGES + 1  # and the poison


def test_the_api_gives_each_reading_once(crashed: Crashed) -> None:
    of_one = sorted(sent_at(one) for one in crashed.sent if "MAU05" in one.topic)
    assert sorted(f"{one['station']} {one['observed_at']}" for one in crashed.readings) == of_one


def test_the_poison_is_kept_and_named(crashed: Crashed) -> None:
    (said,) = crashed.rejected
    assert (said["reason"], said["topic"]) == ("not_json", POISON.topic)
    assert said["length"] == len(POISON.payload)


def of_record(data: Path) -> tuple[list[Shape], int]:
    """The verdicts on record, and plant time of its last entry."""
    place = Place(Settings(data=data, mqtt=None), StepClock(0))
    until_then = recorded_until(place.engine)
    return list(verdicts(place.reads(place.pipeline()))), until_then


def undisturbed(folder: Path, register: Path, sent: Sequence[Outgoing], now: int) -> list[Shape]:
    """The verdicts of one process that took the same messages, one after the other."""
    settings = Settings(data=folder, register_files=[register], mqtt=None)
    place = Place(settings, StepClock(now))
    prepare(place)
    pipeline = place.pipeline()
    deliveries = (Delivery("replay", one.topic, one.payload, now) for one in sent)
    replay_into(pipeline, deliveries, lambda _: None)
    return list(verdicts(place.reads(pipeline)))


def test_the_verdicts_are_those_of_an_undisturbed_run(crashed: Crashed, tmp_path: Path) -> None:
    found, now = of_record(crashed.data)
    expected = undisturbed(tmp_path, crashed.register, crashed.sent, now)
    outcomes = {one["outcome"] for one in expected if "outcome" in one}
    assert outcomes >= {"compliant", "near", "exceeded", "not_assessable"}
    assert len([one for one in expected if one.get("period") == "day"]) > len(STATIONS) * DAYS
    assert [one for one in found if one not in expected] == []
    assert [one for one in expected if one not in found] == []
    assert found == expected


def test_the_record_has_no_break(crashed: Crashed) -> None:
    said = CliRunner().invoke(app, ["verify", str(crashed.data)])
    assert said.exit_code == 0, said.output
    assert "no break" in said.output

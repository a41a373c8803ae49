from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.message import Outgoing
from simulators.publish import Broker, BrokerLost, Publisher, flood, run
from tests.servers import Mosquitto, free_port
from tolich.clock import StepClock


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as server:
        yield server


class Listener:
    """A subscriber that keeps what it hears."""

    def __init__(self, port: int, expected: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.complete = Event()
        self._expected = expected
        self._ready = Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._client.on_connect = lambda c, *_: c.subscribe("tolich/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _c, _u, m: self._hear(m)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))
        if len(self.heard) >= self._expected:
            self.complete.set()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def messages(count: int, every: int = 0) -> list[Outgoing]:
    return [Outgoing("tolich/v1/c/S/readings", b"%d" % n, 1000 + n * every) for n in range(count)]


def test_a_flood_arrives_whole_in_order_and_is_acknowledged(broker: Mosquitto) -> None:
    listener = Listener(broker.port, 3000)
    told: list[int] = []
    with Publisher(Broker(port=broker.port), window=50) as publisher:
        assert flood(publisher, messages(3000), told.append) == 3000
        assert publisher.unacknowledged == 0
    assert listener.complete.wait(20)
    listener.close()
    assert listener.heard == [m[:2] for m in messages(3000)]
    assert told[-1] == 3000
    assert told == sorted(told)


def test_the_window_bounds_what_is_unacknowledged(broker: Mosquitto) -> None:
    most = 0
    with Publisher(Broker(port=broker.port), window=7) as publisher:
        for message in messages(500):
            publisher.send(message)
            most = max(most, publisher.unacknowledged)
    assert 1 <= most <= 7
    assert publisher.unacknowledged == 0


def test_a_broker_that_restarts_gets_the_rest(broker: Mosquitto) -> None:
    with Publisher(Broker(port=broker.port), window=1000, patience=30) as publisher:
        for message in messages(10):
            publisher.send(message)
        publisher.drain()
        broker.kill()
        for message in messages(200):
            publisher.send(message)
        assert publisher.unacknowledged == 200
        broker.start()
        publisher.drain()
        assert publisher.unacknowledged == 0


def test_a_broker_that_stays_away_is_named(broker: Mosquitto) -> None:
    def flooded() -> None:
        with Publisher(Broker(port=broker.port), window=5, patience=0.3) as publisher:
            broker.kill()
            flood(publisher, messages(50), lambda _: None)

    with pytest.raises(BrokerLost, match=f"{broker.port}: 5 messages unacknowledged"):
        flooded()


def test_no_broker_is_said_at_once() -> None:
    with pytest.raises(BrokerLost, match="is it running"), Publisher(Broker(port=free_port())):
        pass


def test_live_messages_wait_until_they_are_due(broker: Mosquitto) -> None:
    clock = StepClock(990)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        clock.set(clock.now() + int(seconds))
        return False

    with Publisher(Broker(port=broker.port)) as publisher:
        assert run(publisher, messages(4, every=60), clock, wait) == 4
    assert [seconds for seconds in waited if seconds] == [10, 60, 60, 60]
    assert clock.now() == 1180


def test_live_stops_when_told(broker: Mosquitto) -> None:
    clock = StepClock(1000)
    told: list[int] = []
    with Publisher(Broker(port=broker.port)) as publisher:
        sent = run(publisher, messages(5, every=60), clock, lambda s: s > 0, told.append)
    assert sent == 1
    assert told == [1]

"""Orders to a running simulator over MQTT, and the answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from rules.model import Refused
from simulators.publish import Broker, BrokerLost
from simulators.scenario.injecting import ANSWERS, ORDERS, Begun, words_of
from simulators.scenario.live import Order


class Hearing:
    """Listens for orders on a broker. Use it as a context; `begun` is told of what has begun."""

    def __init__(self, broker: Broker, begun: Callable[[Begun], None] = lambda _: None) -> None:
        self.broker = broker
        self.begun = begun
        self._waiting: SimpleQueue[Order] = SimpleQueue()
        self._client = _client(self.broker)
        self._client.on_connect = self._connected
        self._client.on_message = self._heard

    def __enter__(self) -> Self:
        _connect(self._client, self.broker)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def next(self) -> Order | None:
        """The next order, if one waits."""
        try:
            return self._waiting.get_nowait()
        except Empty:
            return None

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(ORDERS, qos=1)

    def _heard(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            name, words = words_of(bytes(message.payload))
        except Refused as refused:
            self._answer("", refused)
            return
        self._waiting.put(Order(words, lambda found: self._answer(name, found)))

    def _answer(self, name: str, found: Begun | Refused) -> None:
        said: dict[str, Any]
        if isinstance(found, Refused):
            said = {"refused": [problem.message for problem in found.problems]}
        else:
            self.begun(found)
            said = {"begun": found.rows}
        payload = json.dumps(said, ensure_ascii=False)
        self._client.publish(f"{ANSWERS}/{name}" if name else ANSWERS, payload, qos=1)


def ask(broker: Broker, order: str, patience: float = 10.0) -> dict[str, Any]:
    """What a running simulator answers to an order. Raises BrokerLost when nobody does."""
    name = uuid.uuid4().hex
    answers: SimpleQueue[bytes] = SimpleQueue()
    client = _client(broker)
    said = json.dumps({"id": name, "order": order}, ensure_ascii=False)
    client.on_connect = lambda client, *_: client.subscribe(f"{ANSWERS}/{name}", qos=1)
    client.on_subscribe = lambda client, *_: client.publish(ORDERS, said, qos=1)
    client.on_message = lambda _, __, message: answers.put(bytes(message.payload))
    _connect(client, broker)
    try:
        found: dict[str, Any] = json.loads(answers.get(timeout=patience))
    except Empty:
        said = f"no simulator on {broker} answered within {patience:g} s; does `simulate run` run?"
        raise BrokerLost(said) from None
    finally:
        client.disconnect()
        client.loop_stop()
    return found


def _client(broker: Broker) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    return client


def _connect(client: mqtt.Client, broker: Broker) -> None:
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise BrokerLost(f"no broker at {broker}: {error}; is it running?") from error
    client.loop_start()

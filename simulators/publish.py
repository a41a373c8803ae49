"""The transport: messages to an MQTT broker, each acknowledged. Last layer of a station.

QoS 1 with a bounded number of unacknowledged messages. A lost connection is made again by
paho, which then repeats what was not acknowledged: the monitor may see a message twice, as
from a real logger, but never loses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.message import Outgoing
from tolich.ports import Clock

WINDOW = 500
"""Unacknowledged messages at most."""

PATIENCE = 60.0
"""Seconds without any acknowledgement after which the broker is given up."""

PROGRESS_EVERY = 100

Progress = Callable[[int], None]
"""Called with the number of messages handed over so far."""

Wait = Callable[[float], bool]
"""Waits so many seconds of plant time; True means: stop (as threading.Event.wait)."""


class BrokerLost(Exception):
    """The broker cannot be reached, refused us, or stopped acknowledging."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker listens, and who we say we are."""

    host: str = "127.0.0.1"
    port: int = 1883
    client_id: str = "tolich-simulator"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None  # CA of the broker's certificate; turns TLS on

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Publisher:
    """One connection that publishes. Use it as a context: entering connects, leaving drains."""

    def __init__(self, broker: Broker, window: int = WINDOW, patience: float = PATIENCE) -> None:
        self._broker = broker
        self._window = window
        self._patience = patience
        self._answered = Event()
        self._refusal: str | None = None
        self._unacknowledged = 0
        self._awaited = 0  # who waits wants to hear when so few are left
        self._changed = Condition()
        self._client = self._make_client()

    def __enter__(self) -> Self:
        try:
            self._client.connect(self._broker.host, self._broker.port)
        except OSError as error:
            raise BrokerLost(f"no broker at {self._broker}: {error}; is it running?") from error
        self._client.loop_start()
        if not self._answered.wait(self._patience):
            self._close()
            raise BrokerLost(f"{self._broker} accepted the connection but never answered")
        if self._refusal is not None:
            self._close()
            raise BrokerLost(f"{self._broker} refused us: {self._refusal}; check the account")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.drain()
        finally:
            self._close()

    def send(self, message: Outgoing) -> None:
        """Hand a message over; blocks while the window is full. Raises BrokerLost."""
        with self._changed:
            if self._unacknowledged >= self._window:
                self._await(self._window // 2)
            self._unacknowledged += 1
        self._client.publish(message.topic, message.payload, qos=1)

    def drain(self) -> None:
        """Wait until everything is acknowledged. Raises BrokerLost."""
        with self._changed:
            self._await(0)

    @property
    def unacknowledged(self) -> int:
        """Messages handed over that the broker has not acknowledged."""
        return self._unacknowledged

    def _await(self, at_most: int) -> None:
        """Wait, lock held, for few enough unacknowledged; every acknowledgement buys time.

        To be woken by each of them would be two changes of thread a message, and the network's
        thread would seldom have the interpreter to itself: half a window is waited for at once.
        """
        self._awaited = at_most
        while (before := self._unacknowledged) > at_most:
            if not self._changed.wait(self._patience) and self._unacknowledged == before:
                raise BrokerLost(
                    f"{self._broker}: {before} messages unacknowledged, "
                    f"and no answer for {self._patience:g} s"
                )

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self._broker.client_id, clean_session=True
        )
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.ca_file is not None:
            client.tls_set(ca_certs=str(self._broker.ca_file))
        # Without a bound of its own: with one, it looks through the window at every answer.
        client.max_inflight_messages_set(0)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.on_connect = self._connected
        client.on_publish = self._acknowledged
        return client

    def _connected(
        self, client: mqtt.Client, userdata: object, flags: object, reason: Any, properties: object
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
        self._answered.set()

    def _acknowledged(
        self, client: mqtt.Client, userdata: object, mid: int, reason: object, properties: object
    ) -> None:
        with self._changed:
            self._unacknowledged -= 1
            if self._unacknowledged <= self._awaited:
                self._changed.notify_all()

    def _close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def flood(publisher: Publisher, messages: Iterable[Outgoing], progress: Progress) -> int:
    """Send as fast as the broker acknowledges; returns how many, all of them acknowledged."""
    sent = 0
    for message in messages:
        publisher.send(message)
        sent += 1
        if sent % PROGRESS_EVERY == 0:
            progress(sent)
    publisher.drain()
    progress(sent)
    return sent


def run(
    publisher: Publisher,
    messages: Iterable[Outgoing],
    clock: Clock,
    wait: Wait,
    progress: Progress | None = None,
) -> int:
    """Send each message when it is due by the plant's clock, until the end or until told to stop.

    `wait` gets seconds of plant time: with a clock that runs faster it waits less.
    """
    sent = 0
    for message in messages:
        while (ahead := message.due - clock.now()) > 0:
            if wait(float(ahead)):
                return sent
        if wait(0.0):
            return sent
        publisher.send(message)
        sent += 1
        if progress is not None:
            progress(sent)
    return sent

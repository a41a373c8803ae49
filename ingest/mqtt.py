"""The broker's side of the monitor: deliveries in, acknowledged by hand; alerts out.

MQTT 3.1.1 with a persistent session. An acknowledgement belongs to the connection that brought
the message: message ids start again on the next one, so an acknowledgement that comes too late
is dropped and the broker delivers that message again, which changes nothing.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.topics import NOBODY, ROOT
from rules.model import Problem, Refused
from tolich.ports import Arrival, Clock, Delivery, Receipt

log = structlog.get_logger()

BACK_OFF = (1, 30)
"""Seconds before the first and between later attempts to connect; doubles from one to other."""

PUBLISH_WITHIN = 10.0
"""Seconds (monotonic) that the broker has to acknowledge what we publish."""

_AT_ONCE = 100  # messages of ours that wait for the broker's acknowledgement at a time
_PATTERNS = ("+/+/readings", "+/+/tt10", "+/+/tt10/+")
_QOS = 1

OnState = Callable[[bool, str], None]
"""Told when the connection comes up (True) or goes down (False), and why."""


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """How to reach the broker. A CA or certificate file means TLS; `keepalive` is in seconds.

    `client_id` must stay the same over restarts and be nobody else's: the session, with what
    was not acknowledged, is kept under it.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    client_id: str = "tolich"
    username: str | None = None
    password: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    root: str = ROOT
    keepalive: int = 30


def _ignore(up: bool, why: str) -> None:
    """Nobody wants to know."""


def _client(settings: MqttSettings, *, clean: bool) -> Client:
    """A client that is not yet connected. Raises Refused when a file cannot be used."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=clean,
        protocol=MQTTv311,
        manual_ack=True,
    )
    if settings.username is not None:
        client.username_pw_set(settings.username, _password(settings))
    if settings.ca_file or settings.cert_file:
        client.tls_set_context(_tls(settings))
    client.reconnect_delay_set(*BACK_OFF)
    client.max_inflight_messages_set(_AT_ONCE)
    client.on_socket_open = _without_delay
    return client


def _password(settings: MqttSettings) -> str | None:
    path = settings.password_file
    if path is None:
        return settings.password
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("password_file", path, error) from error


def _tls(settings: MqttSettings) -> ssl.SSLContext:
    """Verifies the broker against the CA file, or against the system's when there is none."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise _unusable("ca_file", settings.ca_file, error) from error
    if settings.cert_file:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        except OSError as error:
            raise _unusable("cert_file", settings.cert_file, error) from error
    return context


def _unusable(key: str, path: Path | None, error: Exception) -> Refused:
    return Refused([Problem(str(path), f"mqtt.{key}", f"cannot be used: {error}")])


def _without_delay(client: Client, userdata: Any, sock: Any) -> None:
    # Acknowledgements are tiny; collecting them into larger packets costs 40 ms each time.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class MqttSource:
    """Readings from the broker. Implements the port `Source`."""

    def __init__(self, settings: MqttSettings, clock: Clock, on_state: OnState = _ignore) -> None:
        self.settings = settings
        self._clock = clock
        self._on_state = on_state
        self._put: Callable[[Arrival], None] = _nowhere
        self._since: int | None = None
        # Held while an acknowledgement is queued: the library empties its queue before it
        # connects again, so none that passed the check can end up on the next connection.
        self._generation_lock = threading.Lock()
        self._generation = 0
        self._client = _client(settings, clean=False)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_disconnect = self._disconnected
        self._client.on_connect_fail = self._unreachable
        self._client.on_message = self._arrived

    def start(self, put: Callable[[Arrival], None]) -> None:
        """Connect, in a thread of the library, and go on trying; `put` is called from there."""
        self._put = put
        self._client.connect_async(self.settings.host, self.settings.port, self.settings.keepalive)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect; the broker keeps what was not acknowledged for the next start."""
        self._client.disconnect()
        self._client.loop_stop()
        self._forget_connection()

    def again(self) -> None:
        """Drop the connection: on the next one the broker sends everything unacknowledged."""
        self._forget_connection()
        connection: Any = self._client.socket()
        if connection is not None:
            try:
                # The plain socket's method: that of a TLS socket would pull the encryption from
                # under the library's thread, which only has to see the end of the stream.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError as error:
                log.debug("the connection was already gone", error=str(error))

    def connected_since(self) -> int | None:
        """Plant time since when we hear the broker, UTC epoch seconds; None while we do not."""
        return self._since

    def _connected(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._on_state(False, f"the broker refused the connection: {reason}")
            return
        client.subscribe([(f"{self.settings.root}/{pattern}", _QOS) for pattern in _PATTERNS])

    def _subscribed(
        self,
        client: Client,
        userdata: Any,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            account = self.settings.username or "anonymous"
            self._on_state(False, f"the broker refused to let {account} subscribe: see its ACL")
            return
        self._since = self._clock.now()
        self._on_state(True, "connected")

    def _disconnected(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        was_up = self._since is not None
        self._forget_connection()
        if was_up:
            self._on_state(False, f"disconnected: {reason}")

    def _unreachable(self, client: Client, userdata: Any) -> None:
        self._on_state(False, f"no broker at {self.settings.host}:{self.settings.port}")

    def _forget_connection(self) -> None:
        with self._generation_lock:
            self._generation += 1
            self._since = None

    def _arrived(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        """The hot path: wrap and pass on, nothing else."""
        payload = bytes(message.payload)  # the same object, unless the library used a buffer
        delivery = Delivery("mqtt", self._topic(message), payload, self._clock.now())
        acknowledge = partial(self._done, self._generation, message.mid, message.qos)
        self._put(Arrival(delivery, acknowledge))

    def _topic(self, message: MQTTMessage) -> str:
        """The topic under the contract's root, whatever root the broker uses."""
        root = self.settings.root
        try:
            topic = message.topic
        except UnicodeDecodeError:  # no broker may pass this on, but then it names no station
            return f"{ROOT}/{NOBODY}/{NOBODY}/readings"
        return topic if root == ROOT else ROOT + topic.removeprefix(root)

    def _done(self, generation: int, mid: int, qos: int, receipt: Receipt) -> None:
        """The delivery is durable: acknowledge it, if the connection it came by still stands."""
        with self._generation_lock:
            if generation == self._generation:
                self._client.ack(mid, qos)


def _nowhere(arrival: Arrival) -> None:
    raise RuntimeError("a source was connected before start() told it where to put arrivals")


class MqttPublisher:
    """What the monitor tells others over the broker: alerts, rejections, requests to sample.

    At least once: False may also mean that only the acknowledgement was lost. A broker
    acknowledges what its ACL then drops, so True says nothing about who may read it.
    """

    def __init__(self, settings: MqttSettings) -> None:
        self.settings = replace(settings, client_id=f"{settings.client_id}-out")
        self._client = _client(self.settings, clean=True)

    def start(self) -> None:
        """Connect, in a thread of the library, and go on trying."""
        self._client.connect_async(self.settings.host, self.settings.port, self.settings.keepalive)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect; what was not acknowledged is to be published again by the caller."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether publishing has a chance at this moment."""
        return self._client.is_connected()

    def publish(
        self, topic: str, payload: bytes, qos: int = _QOS, timeout: float = PUBLISH_WITHIN
    ) -> bool:
        """True once the broker has acknowledged it; False when it did not within `timeout` s."""
        return self.publish_many([(topic, payload)], qos, timeout) == 1

    def publish_many(
        self,
        messages: Sequence[tuple[str, bytes]],
        qos: int = _QOS,
        timeout: float = PUBLISH_WITHIN,
    ) -> int:
        """Publish in order; how many, counted from the first, the broker has acknowledged.

        `timeout` is for all together, in seconds. Raises ValueError for a topic with wildcards.
        """
        if not self.connected:  # the library would keep them and send them at some later time
            return 0
        deadline = time.monotonic() + timeout
        sent = [self._client.publish(topic, payload, qos) for topic, payload in messages]
        for count, info in enumerate(sent):
            try:
                info.wait_for_publish(max(0.0, deadline - time.monotonic()))
            except RuntimeError:  # the connection was lost between the question and the answer
                return count
            if not info.is_published():
                return count
        return len(sent)

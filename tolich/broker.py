"""The embedded broker, for trying and testing: no installation, no persistence.

Its state lives in memory, it has no access control, and it hands out at most 100
unacknowledged messages at a time; for real use run Mosquitto (deploy/mosquitto).
"""

from __future__ import annotations

from types import TracebackType

from iotcore import Broker

MAX_PAYLOAD = 8 * 1024 * 1024
"""Large enough that an oversized payload reaches the monitor and is refused by name."""


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on a loopback port, in a child process that dies with ours."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = port
        self._broker = Broker(port, host, max_payload_size=MAX_PAYLOAD)

    def __enter__(self) -> EmbeddedBroker:
        self._broker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._broker.stop()

"""How fast simulated stations publish: QoS 1 to Mosquitto, every message acknowledged."""

from __future__ import annotations

import time
from pathlib import Path

from rules.days import midnight
from simulators.message import Outgoing
from simulators.publish import Broker, Publisher, flood
from tests.bench.plant import messages
from tests.servers import Mosquitto
from tolich.clock import wall

COUNT = 40_000
STATIONS = 1_000
ROUNDS = 3
WINDOW = 2_000


def publishing(folder: Path, size: object) -> list[tuple[str, str, str]]:
    """The quickest of some rounds; the messages are made beforehand."""
    del size
    made = list(messages(STATIONS, COUNT, midnight(wall())))
    with Mosquitto(folder / "publishing") as server:
        took = min(_published(server.port, made) for _ in range(ROUNDS))
    how = f"{COUNT:,} QoS 1 messages of 8 readings, acknowledged by Mosquitto; window {WINDOW:,}"
    return [("publish, messages/s", f"{COUNT / took:,.0f}", how)]


def _published(port: int, made: list[Outgoing]) -> float:
    with Publisher(Broker(port=port, client_id="bench-stations"), window=WINDOW) as publisher:
        began = time.perf_counter()
        flood(publisher, made, lambda _: None)
        return time.perf_counter() - began

"""Clients that are not ours, mosquitto_pub and mosquitto_sub, and what stations send."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rules.days import ZONE, rfc3339
from tests.servers import need, run

SOON = 10.0
"""Seconds a message may take here until it can be read; two are promised of an idle machine."""


def publish(port: int, topic: str, payload: bytes) -> None:
    """Publish at QoS 1 on a loopback port."""
    done = run([need("mosquitto_pub"), "-p", str(port), "-q", "1", "-t", topic, "-s"], payload)
    assert done.returncode == 0, done.stderr


def topic(station: str, leaf: str) -> str:
    """A topic of an example station, whose cluster has the same number."""
    return f"tolich/v1/ccn-mau-{station[-2:]}/{station}/{leaf}"


def message(at: int, *readings: dict[str, Any]) -> bytes:
    """The JSON message of a station at one instant."""
    return json.dumps({"ts": rfc3339(at), "seq": 1, "readings": list(readings)}).encode()


def stamp(at: int) -> str:
    """A time as TT10 files write it: local."""
    return datetime.fromtimestamp(at, ZONE).strftime("%Y%m%d%H%M%S")


def tt10(at: int) -> bytes:
    """The documented example of a TT10 file, at an instant."""
    lines = (
        "Flow\t41.7\tm3/h\t{}\t00",
        "Temp\t29.3\toC\t{}\t00",
        "pH\t7.21\t-\t{}\t00",
        "TSS\t38.4\tmg/L\t{}\t00",
        "COD\t61.5\tmg/L\t{}\t01",
        "NH4\t4.10\tmg/L\t{}\t02",
    )
    return "".join(line.format(stamp(at)) + "\n" for line in lines).encode()


class Follower:
    """mosquitto_sub with a session: it misses nothing that is published after it was made."""

    def __init__(self, port: int, name: str, pattern: str) -> None:
        self._command = [
            need("mosquitto_sub"), "-p", str(port), "-q", "1", "-i", name, "-c",
            "-t", pattern,
        ]  # fmt: skip
        assert run([*self._command, "-E"]).returncode == 0

    def messages(self, count: int) -> list[dict[str, Any]]:
        """So many messages, awaited."""
        done = run([*self._command, "-C", str(count), "-W", str(int(SOON))])
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

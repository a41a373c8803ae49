"""The monitor on either kind of store: killed, its store lost, brought back from a backup."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from rules.days import DAY_SECONDS, midnight, rfc3339
from simulators.message import Outgoing, envelope
from simulators.publish import Broker, Publisher, flood
from tests.end_to_end.monitor import Monitor, listening, recent_register, start_tolich, until
from tests.postgres import PASSWORD, Postgres
from tests.servers import Mosquitto
from tests.stores import Kind
from tolich.clock import wall

STATION = "MAU05"
INTERVAL = 300
SLOTS = DAY_SECONDS // INTERVAL


def day_of_readings(days_ago: int, level: float) -> list[Outgoing]:
    """A whole day of one station, one reading a message."""
    first = midnight(wall()) - days_ago * DAY_SECONDS
    topic = f"tolich/v1/ccn-mau-{STATION[-2:]}/{STATION}/readings"
    return [
        Outgoing(topic, envelope(rfc3339(at), 1, [f'{{"p":"COD","v":{level + at % 7:.1f}}}']), at)
        for at in range(first, first + DAY_SECONDS, INTERVAL)
    ]


class World:
    """Broker, monitor and store; what was lost is set up empty again."""

    def __init__(self, folder: Path, broker: Mosquitto, server: Postgres | None) -> None:
        self.folder = folder
        self.broker = broker
        self.server = server
        self.secret = folder / "password"
        self.secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self.database = "" if server is None else server.database()
        register = recent_register(folder, 6, [STATION], ["COD"])
        self.monitor = Monitor(folder, broker.port, register, store=self.named())

    def named(self) -> Mapping[str, str]:
        """The settings of the store."""
        if self.server is None:
            return {}
        url = self.server.url(self.database)
        return {"store": url, "store_password_file": str(self.secret)}

    def send(self, messages: Sequence[Outgoing]) -> None:
        """From the stations to the broker, whoever listens."""
        with Publisher(Broker(port=self.broker.port, client_id="stations")) as publisher:
            flood(publisher, messages, lambda _: None)

    def tolich(self, *arguments: str) -> str:
        """What a command says that ends well."""
        log = self.folder / "command.log"
        log.unlink(missing_ok=True)
        process = start_tolich(log, *arguments, "--settings", str(self.monitor.settings))
        assert process.wait(120) == 0, log.read_text(encoding="utf-8")
        return log.read_text(encoding="utf-8")

    def readings(self) -> int:
        """How many the API gives."""
        return len(self.monitor.api.all(f"stations/{STATION}/readings", parameter="COD"))

    def until_readings(self, count: int) -> None:
        """Wait until the API gives so many."""
        until(lambda: self.readings() == count, f"{count} readings")

    def days(self) -> dict[str, object]:
        """Every day's verdict by its start."""
        found = self.monitor.api.all("findings", station=STATION, period="day")
        return {one["start"]: (one["outcome"], one["mean"], one["counts"]) for one in found}

    def kill_monitor(self) -> None:
        """SIGKILL, and its web process has noticed that it is alone."""
        self.monitor.kill()
        until(lambda: not listening(self.monitor.port), "the API's port is let go")

    def lose_everything(self) -> None:
        """Disk and server gone; a new disk and a new database."""
        shutil.rmtree(self.monitor.data)
        if self.server is not None:
            self.server.drop(self.database)
            self.database = self.server.database()
            told = yaml.safe_load(self.monitor.settings.read_text(encoding="utf-8"))
            self.monitor.settings.write_text(yaml.safe_dump({**told, **self.named()}), "utf-8")


@contextmanager
def running(folder: Path, kind: Kind) -> Iterator[World]:
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder / "broker"))
        server = None
        if kind is Kind.POSTGRESQL:
            server = stack.enter_context(Postgres(durable=True))
        world = World(folder, broker, server)
        stack.enter_context(world.monitor)
        yield world


@pytest.mark.parametrize("kind", list(Kind))
def test_killed_and_lost_and_brought_back(tmp_path: Path, kind: Kind) -> None:
    before, during, after = (day_of_readings(ago, 150) for ago in (4, 3, 2))
    with running(tmp_path, kind) as world:
        monitor = world.monitor
        world.send(before)
        world.until_readings(SLOTS)
        until(lambda: monitor.api.all("alerts", kind="exceedance"), "an exceedance is raised")

        world.kill_monitor()  # in the middle of nothing, and with messages waiting
        world.send(during[:50])
        monitor.start()
        monitor.until_ready()
        world.until_readings(SLOTS + 50)

        sending = threading.Thread(target=world.send, args=(during[50:],))
        sending.start()
        world.tolich("backup", str(tmp_path / "backup"))  # while messages come in
        sending.join()
        world.until_readings(2 * SLOTS)
        until(lambda: len(world.days()) >= 3, "the days are judged")
        judged = world.days()
        world.kill_monitor()

        world.lose_everything()
        world.send(after)  # the broker keeps them: nobody listens
        said = world.tolich("restore", str(tmp_path / "backup"))
        assert "the record is sound, every table the same" in " ".join(said.split())
        monitor.start()
        monitor.until_ready()
        until(lambda: world.readings() >= 2 * SLOTS, "what the broker kept comes in by itself")
        world.send(during)  # a logger sends its day again
        world.until_readings(3 * SLOTS)
        until(lambda: judged.items() <= world.days().items(), "the verdicts are as they were")
        assert "entries, no break" in world.tolich("verify")
        assert PASSWORD not in monitor.log()
        assert "Traceback" not in monitor.log()


def test_the_server_goes_away_and_comes_back(tmp_path: Path) -> None:
    """Nothing is restarted: the monitor waits, acknowledges nothing, and goes on."""
    messages = day_of_readings(3, 50)
    with running(tmp_path, Kind.POSTGRESQL) as world:
        world.send(messages[:100])
        world.until_readings(100)
        assert world.server is not None
        world.server.crash()
        world.send(messages[100:])
        until(lambda: world.monitor.api.status("/readyz") >= 500, "it says that it is not ready")
        world.server.start()
        world.monitor.until_ready()
        world.until_readings(SLOTS)
        assert "entries, no break" in world.tolich("verify")
        assert PASSWORD not in world.monitor.log()

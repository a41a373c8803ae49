"""The MQTT source against Debian's Mosquitto, with mosquitto_pub as the client not ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from ingest.mqtt import MqttPublisher, MqttSettings, MqttSource
from rules.model import Refused
from tests.ingest.plants import NOW, READINGS, STAMP, TT10, decoded, reasons
from tests.servers import Mosquitto, need, run
from tolich.clock import StepClock
from tolich.ports import Arrival, Receipt

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
PAYLOAD = b'{"ts":"2026-11-22T08:35:00+07:00","readings":[{"p":"COD","v":61.5}]}'


class Monitor:
    """A source with a queue behind it; `up` and `down` hold what it said of its connection."""

    def __init__(self, broker: Mosquitto, **settings: object) -> None:
        known = MqttSettings(port=broker.port, client_id="monitor-test", **settings)  # type: ignore[arg-type]
        self.arrivals: Queue[Arrival] = Queue()
        self.up: Queue[str] = Queue()
        self.down: Queue[str] = Queue()
        self.source = MqttSource(known, StepClock(NOW), self._said)

    def __enter__(self) -> Monitor:
        self.source.start(self.arrivals.put)
        self.up.get(timeout=SECONDS)
        return self

    def __exit__(self, *error: object) -> None:
        self.source.stop()

    def take(self) -> Arrival:
        """The next delivery."""
        return self.arrivals.get(timeout=SECONDS)

    def nothing_more(self, broker: Mosquitto) -> bool:
        """Whether a message of now is the next to come: deliveries keep their order."""
        broker.publish(READINGS, b"the last")
        return self.take().delivery.payload == b"the last"

    def _said(self, up: bool, why: str) -> None:
        (self.up if up else self.down).put(why)


def done(arrival: Arrival) -> None:
    arrival.done(Receipt(1))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running


def test_messages_and_files_arrive(broker: Mosquitto) -> None:
    file = f"{TT10}/HN_MAU01_NUO001_{STAMP}.txt"
    with Monitor(broker) as monitor:
        assert monitor.source.connected_since() == NOW
        for topic in (READINGS, TT10, file):
            assert broker.publish(topic, PAYLOAD) == 0
            delivery = monitor.take().delivery
            assert (delivery.source, delivery.topic) == ("mqtt", topic)
            assert (delivery.payload, delivery.received_at) == (PAYLOAD, NOW)
        broker.publish("tolich/v1/ccn-mau-01/MAU01/alerts", PAYLOAD)
        broker.publish("tolich/v1/ccn-mau-01/MAU01/online", b"1")
        assert monitor.nothing_more(broker)
    assert monitor.source.connected_since() is None


def test_a_retained_message_is_a_delivery_like_any_other(broker: Mosquitto) -> None:
    broker.publish(READINGS, PAYLOAD, "-r")
    with Monitor(broker) as monitor:
        assert monitor.take().delivery.payload == PAYLOAD


def test_another_root_is_heard_under_the_contract_s_topics(broker: Mosquitto) -> None:
    with Monitor(broker, root="hanoi/water") as monitor:
        broker.publish("hanoi/water/ccn-mau-01/MAU01/readings", PAYLOAD)
        assert monitor.take().delivery.topic == READINGS


def test_nothing_is_acknowledged_before_it_is_done(broker: Mosquitto) -> None:
    with Monitor(broker) as first:
        for number in (b"1", b"2", b"3"):
            broker.publish(READINGS, number)
        taken = [first.take() for _ in range(3)]
        done(taken[1])
    with Monitor(broker) as second:
        again = [second.take() for _ in range(2)]
        assert [arrival.delivery.payload for arrival in again] == [b"1", b"3"]
        for arrival in again:
            done(arrival)
    with Monitor(broker) as third:
        assert third.nothing_more(broker)


_CLIENT = """
import sys, time
from ingest.mqtt import MqttSettings, MqttSource
from tolich.clock import StepClock
taken = lambda arrival: print(arrival.delivery.payload.decode(), flush=True)
MqttSource(MqttSettings(port=int(sys.argv[1]), client_id="monitor-test"), StepClock(0)).start(taken)
time.sleep(60)
"""


def test_a_monitor_that_is_killed_gets_again_what_it_had_not_done(broker: Mosquitto) -> None:
    with Monitor(broker):
        pass  # leaves a session, so that nothing is missed before the process is there
    command = [sys.executable, "-c", _CLIENT, str(broker.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        broker.publish(READINGS, b"taken, not done")
        assert process.stdout.readline() == b"taken, not done\n"
        process.kill()
    with Monitor(broker) as monitor:
        assert monitor.take().delivery.payload == b"taken, not done"


def test_what_comes_while_the_monitor_is_away_waits(broker: Mosquitto) -> None:
    with Monitor(broker):
        pass
    for number in range(50):
        broker.publish(READINGS, str(number).encode())
    broker.restart()  # in good order: what waits is on the disk
    with Monitor(broker) as monitor:
        found = [int(monitor.take().delivery.payload) for _ in range(50)]
    assert found == list(range(50))


def test_again_brings_back_what_was_not_acknowledged(broker: Mosquitto) -> None:
    with Monitor(broker) as monitor:
        broker.publish(READINGS, b"1")
        broker.publish(READINGS, b"2")
        first, second = monitor.take(), monitor.take()
        done(first)
        # The acknowledgement of the first has to be out before the connection is dropped.
        broker.publish(READINGS, b"3")
        monitor.take()
        monitor.source.again()
        assert monitor.source.connected_since() is None
        monitor.up.get(timeout=SECONDS)
        assert monitor.source.connected_since() == NOW
        repeated = [monitor.take().delivery.payload for _ in range(2)]
        assert repeated == [second.delivery.payload, b"3"]


def test_an_acknowledgement_of_an_older_connection_is_dropped(broker: Mosquitto) -> None:
    with Monitor(broker) as monitor:
        broker.publish(READINGS, PAYLOAD)
        stale = monitor.take()
        monitor.source.again()
        monitor.up.get(timeout=SECONDS)
        monitor.take()
        done(stale)  # the same message id is on its way again: this would acknowledge it
    with Monitor(broker) as monitor:
        assert monitor.take().delivery.payload == PAYLOAD


def test_the_source_outlives_its_broker(broker: Mosquitto) -> None:
    with Monitor(broker) as monitor:
        broker.kill()
        assert "disconnected" in monitor.down.get(timeout=SECONDS)
        assert monitor.source.connected_since() is None
        broker.start()
        monitor.up.get(timeout=SECONDS)
        broker.publish(READINGS, PAYLOAD)
        assert monitor.take().delivery.payload == PAYLOAD


def test_the_shipped_window_holds_a_flood(broker: Mosquitto) -> None:
    """More than Mosquitto's own defaults keep (20 in flight and 1,000 queued), none lost."""
    count = 6000
    with Monitor(broker) as monitor:
        lines = "".join(f"{number}\n" for number in range(count))
        command = [need("mosquitto_pub"), "-p", str(broker.port), "-q", "1", "-t", READINGS, "-l"]
        assert run(command, lines.encode()).returncode == 0
        unacknowledged = [monitor.take() for _ in range(4000)]
        for arrival in unacknowledged:
            done(arrival)
        rest = [monitor.take() for _ in range(count - 4000)]
    assert {int(a.delivery.payload) for a in unacknowledged + rest} == set(range(count))


def test_five_megabytes_arrive_and_are_rejected_by_name(broker: Mosquitto) -> None:
    with Monitor(broker) as monitor:
        assert broker.publish(READINGS, b" " * 5_000_000) == 0
        delivery = monitor.take().delivery
    assert len(delivery.payload) == 5_000_000
    assert reasons(decoded(delivery.payload, delivery.topic)) == [("payload_too_large", None)]


def test_publishing_waits_for_the_broker(broker: Mosquitto) -> None:
    publisher = MqttPublisher(MqttSettings(port=broker.port, client_id="monitor-test"))
    assert not publisher.publish(READINGS, PAYLOAD)  # not connected, and not kept for later
    with Monitor(broker) as monitor:
        publisher.start()
        try:
            while not publisher.connected:
                with pytest.raises(Empty):  # a pause; nobody has published anything yet
                    monitor.arrivals.get(timeout=0.02)
            assert publisher.publish(READINGS, PAYLOAD)
            many = [(READINGS, str(number).encode()) for number in range(300)]
            assert publisher.publish_many(many) == 300
            assert monitor.take().delivery.payload == PAYLOAD
            assert [int(monitor.take().delivery.payload) for _ in many] == list(range(300))
            broker.kill()
            assert publisher.publish_many(many, timeout=0.2) == 0
        finally:
            publisher.stop()


# --- accounts -------------------------------------------------------------------------------

ACCOUNTS = {"monitor": "m-secret", "MAU01": "s-secret", "viewer": "v-secret"}
STATION = ("-u", "MAU01", "-P", "s-secret")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto", ACCOUNTS) as running:
        yield running


def test_a_station_may_write_what_is_its_own_and_nothing_else(guarded: Mosquitto) -> None:
    own = "tolich/v1/ccn-mau-01/MAU01"
    with Monitor(guarded, username="monitor", password="m-secret") as monitor:
        guarded.publish("tolich/v1/ccn-mau-01/MAU02/readings", b"another's", *STATION)
        guarded.publish("tolich/v1/ccn-mau-01/MAU02/tt10", b"another's", *STATION)
        guarded.publish(f"{own}/tt10/a.txt", b"own", *STATION)
        guarded.publish(f"{own}/readings", b"own", *STATION)
        found = [monitor.take().delivery for _ in range(2)]
    assert [(delivery.topic, delivery.payload) for delivery in found] == [
        (f"{own}/tt10/a.txt", b"own"),
        (f"{own}/readings", b"own"),
    ]


def _heard(broker: Mosquitto, account: str, topics: list[str]) -> list[str]:
    """What an account hears of retained messages the monitor has published."""
    command = [need("mosquitto_sub"), "-p", str(broker.port), "-t", "#", "-W", "1", "-F", "%t"]
    account_options = ["-u", account, "-P", ACCOUNTS[account]]
    for topic in topics:
        broker.publish(topic, b"x", "-r", "-u", "monitor", "-P", "m-secret")
    return run([*command, *account_options]).stdout.decode().split()


def test_a_station_reads_its_own_rejections_and_cannot_make_alerts(guarded: Mosquitto) -> None:
    own, other = "tolich/v1/ccn-mau-01/MAU01", "tolich/v1/ccn-mau-01/MAU02"
    guarded.publish(f"{own}/alerts", b"made up", "-r", *STATION)
    topics = [f"{own}/rejections", f"{other}/rejections", f"{other}/alerts"]
    assert _heard(guarded, "MAU01", topics) == [f"{own}/rejections"]
    assert _heard(guarded, "viewer", topics) == [f"{other}/alerts"]


def test_strangers_are_refused(guarded: Mosquitto) -> None:
    assert guarded.publish(READINGS, PAYLOAD) != 0
    assert guarded.publish(READINGS, PAYLOAD, "-u", "MAU01", "-P", "wrong") != 0
    monitor = Monitor(guarded, username="monitor", password="wrong")
    monitor.source.start(monitor.arrivals.put)
    try:
        assert "refused the connection" in monitor.down.get(timeout=SECONDS)
        assert monitor.source.connected_since() is None
    finally:
        monitor.source.stop()


def test_the_password_may_lie_in_a_file(guarded: Mosquitto, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("m-secret\n", encoding="utf-8")
    with Monitor(guarded, username="monitor", password_file=file) as monitor:
        assert monitor.source.connected_since() == NOW


# --- TLS ------------------------------------------------------------------------------------


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1, and its key."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    made = run(
        [need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)]
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return certificate, key


def test_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    server, server_key = _certificate(tmp_path / "tls", "server")
    client, client_key = _certificate(tmp_path / "tls", "client")
    extra = [f"certfile {server}", f"keyfile {server_key}", f"cafile {client}"]
    with Mosquitto(tmp_path / "m", extra=[*extra, "require_certificate true"]) as broker:
        files = {"ca_file": server, "cert_file": client, "key_file": client_key}
        with Monitor(broker, **files) as monitor:
            as_client = ["--cafile", str(server), "--cert", str(client), "--key", str(client_key)]
            broker.publish(READINGS, PAYLOAD, *as_client, "-h", "127.0.0.1")
            monitor.take()
            monitor.source.again()
            monitor.up.get(timeout=SECONDS)
            assert monitor.take().delivery.payload == PAYLOAD


@pytest.mark.filterwarnings(
    # The library leaves the socket of a failed handshake to be closed by the garbage collection.
    "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_a_broker_with_another_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    server, server_key = _certificate(tmp_path / "tls", "server")
    other, _ = _certificate(tmp_path / "tls", "other")
    extra = [f"certfile {server}", f"keyfile {server_key}"]
    with Mosquitto(tmp_path / "m", extra=extra) as broker:
        monitor = Monitor(broker, ca_file=other)
        monitor.source.start(monitor.arrivals.put)
        try:
            assert "no broker at 127.0.0.1" in monitor.down.get(timeout=SECONDS)
            assert monitor.source.connected_since() is None
        finally:
            monitor.source.stop()


@pytest.mark.parametrize("key", ["password_file", "ca_file", "cert_file"])
def test_a_missing_file_is_named_before_anything_starts(tmp_path: Path, key: str) -> None:
    settings = MqttSettings(username="monitor", **{key: tmp_path / "nowhere"})  # type: ignore[arg-type]
    with pytest.raises(Refused, match=rf"nowhere: mqtt\.{key}: cannot be used"):
        MqttSource(settings, StepClock(NOW))

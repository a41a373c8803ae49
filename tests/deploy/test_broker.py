"""What prepare.sh makes, and Debian's Mosquitto with the shipped configuration: TLS and rules."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.servers import free_port, need, run, until_open
from tolich.cli import app

ROOT = Path(__file__).resolve().parents[2]
PREPARE = ROOT / "deploy" / "tolich" / "prepare.sh"
REGISTER = ROOT / "examples" / "register.yaml"
SECRETS = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["secrets"])
OURS = "tolich/v1/ccn-mau-01/MAU01/readings"
NEIGHBOURS = "tolich/v1/ccn-mau-02/MAU02/readings"


def prepare(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run the script with this tree's program."""
    need("mosquitto_passwd")
    surroundings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TOLICH": f"{sys.executable} -m tolich",
    }
    return subprocess.run(
        [PREPARE, *options, folder], capture_output=True, env=surroundings, check=False
    )


def kept(folder: Path) -> dict[str, str]:
    """Every file and its text."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is after preparing, and preparing again with a simulator."""
    made = tmp_path_factory.mktemp("prepared") / "secrets"
    assert prepare(made).returncode == 0
    first = kept(made)
    assert SECRETS - set(first) == {"simulator_mqtt_password"}
    assert "user simulator" not in first["mosquitto_acl"]
    done = prepare(made, "--simulator")
    assert done.returncode == 0, done.stderr
    second = kept(made)
    changed = {name for name in first if second[name] != first[name]}
    assert changed == {"mosquitto_passwords", "mosquitto_acl"}  # nothing else, no certificate
    assert second["mosquitto_passwords"].startswith(first["mosquitto_passwords"])
    return made


def test_every_secret_is_made_and_random(folder: Path) -> None:
    files = kept(folder)
    assert set(files) >= SECRETS
    random = [text for name, text in files.items() if re.fullmatch("[0-9a-f]{48}", text)]
    assert len(set(random)) == len(random) == 6 + 14  # and one a station
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "ca_key").stat().st_mode) == 0o600
    assert not [text for text in random if text in files["mosquitto_passwords"]]


def test_a_new_name_renews_the_certificate_and_not_the_ca(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "secrets"
    subprocess.run(["cp", "-r", folder, copy], check=True)
    assert prepare(copy, "--name", "broker.example", "--name", "192.0.2.7").returncode == 0
    before, after = kept(folder), kept(copy)
    assert {name for name in before if before[name] != after[name]} == {
        "mosquitto_certificate", "mosquitto_key", "names",
    }  # fmt: skip
    shown = run(["openssl", "x509", "-noout", "-text", "-in", str(copy / "mosquitto_certificate")])
    assert b"DNS:broker.example, IP Address:192.0.2.7" in shown.stdout


def test_a_register_that_is_refused_leaves_nothing_half_made(tmp_path: Path) -> None:
    broken = tmp_path / "register.yaml"
    broken.write_text("stations: {MAU01: {plnt: mau-01}}\n", "utf-8")
    done = prepare(tmp_path / "secrets", "--register", str(broken))
    assert done.returncode == 2
    assert b"plnt" in done.stderr
    assert kept(tmp_path / "secrets") == {}


# --- the rules ----------------------------------------------------------------------------


def test_a_station_may_not_have_the_name_of_a_program(tmp_path: Path) -> None:
    raw = yaml.safe_load(REGISTER.read_text("utf-8"))
    raw["stations"]["monitor"] = raw["stations"].pop("MAU14")
    path = tmp_path / "register.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    ended = CliRunner().invoke(app, ["broker-rules", str(path)])
    assert ended.exit_code == 2
    assert "stations.monitor" in ended.output


def test_only_simulated_stations_are_pretended(tmp_path: Path) -> None:
    raw = yaml.safe_load(REGISTER.read_text("utf-8"))
    raw["stations"]["MAU01"]["simulated"] = False
    path = tmp_path / "register.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    ended = CliRunner().invoke(app, ["broker-rules", str(path), "--simulator", "--root", "t"])
    rules = ended.output.partition("user simulator")[2]
    assert "topic write t/ccn-mau-02/MAU02/readings" in rules
    assert "MAU01" not in rules


# --- the broker ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Mosquitto with the mounted file; only its port and folders are replaced."""
    place, port = tmp_path_factory.mktemp("broker"), free_port()
    text = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text("utf-8")
    places = {
        "listener 8883": f"listener {port} 127.0.0.1",
        "/mosquitto/config/passwd": str(folder / "mosquitto_passwords"),
        "/mosquitto/config/acl": str(folder / "mosquitto_acl"),
        "/mosquitto/config/server.crt": str(folder / "mosquitto_certificate"),
        "/mosquitto/config/server.key": str(folder / "mosquitto_key"),
        "/mosquitto/data/": f"{place}/",
    }
    for old, new in places.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (place / "mosquitto.conf").write_text(f"{text}\nuser root\n", "utf-8")
    with (place / "log").open("wb") as log:
        command = [need("mosquitto"), "-c", str(place / "mosquitto.conf")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    until_open(process, port)
    yield port
    process.terminate()
    assert process.wait(20) == 0


def published(port: int, folder: Path, topic: str, *options: str) -> bool:
    """Whether the broker took a message: an MQTT 5 client is told when its rules refuse one."""
    command = [
        need("mosquitto_pub"), "-V", "5", "-h", "127.0.0.1", "-p", str(port), "-q", "1",
        "-t", topic, "-m", "{}", *options,
    ]  # fmt: skip
    if "--cafile" not in options and "--insecure" not in options:
        command += ["--cafile", str(folder / "mqtt_ca")]
    done = run(command)
    return done.returncode == 0 and b"not authori" not in (done.stderr + done.stdout).lower()


def _as(folder: Path, station: str) -> tuple[str, ...]:
    return ("-u", station, "-P", (folder / "stations" / station).read_text("utf-8"))


def test_a_station_publishes_below_its_own_topic_only(port: int, folder: Path) -> None:
    ours = _as(folder, "MAU01")
    assert published(port, folder, OURS, *ours)
    assert published(port, folder, OURS.replace("readings", "tt10/A_B.txt"), *ours)
    assert not published(port, folder, NEIGHBOURS, *ours)
    assert not published(port, folder, OURS.replace("ccn-mau-01", "ccn-mau-02"), *ours)
    assert not published(port, folder, OURS.replace("readings", "alerts"), *ours)
    assert published(port, folder, NEIGHBOURS, *_as(folder, "MAU02"))


def test_who_is_unknown_is_refused(port: int, folder: Path) -> None:
    assert not published(port, folder, OURS)
    assert not published(port, folder, OURS, "-u", "MAU01", "-P", "wrong")
    assert not published(port, folder, OURS, *_as(folder, "MAU01")[:3], "")


def test_another_ca_is_not_believed(port: int, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    made = run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x",
         "-keyout", str(tmp_path / "key"), "-out", str(other)]
    )  # fmt: skip
    assert made.returncode == 0
    ours = _as(folder, "MAU01")
    assert not published(port, folder, OURS, *ours, "--cafile", str(other))
    plain = ["-h", "127.0.0.1", "-p", str(port), "-t", OURS, "-m", "{}", *ours]
    assert run([need("mosquitto_pub"), *plain]).returncode != 0  # and no word without TLS

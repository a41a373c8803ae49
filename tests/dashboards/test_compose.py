"""The files for running in containers: that they name what exists and give nothing away."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.boards import overview
from dashboards.boards.words import Language
from dashboards.built import FOLDERS
from dashboards.influxql import DATASOURCE_UID
from tolich.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRETS: dict[str, dict[str, str]] = COMPOSE["secrets"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PREPARE = ROOT / "deploy" / "tolich" / "prepare.sh"


def _default(text: str) -> str:
    """`${NAME:-default}` as it is when nobody sets NAME."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def _mounts() -> Iterator[tuple[str, str, str]]:
    """Service, source and target of every volume."""
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source, target, *_ = _default(mount).split(":")
            yield name, source, target


def _secret_names(service: dict[str, Any]) -> set[str]:
    return {s if isinstance(s, str) else s["source"] for s in service.get("secrets", [])}


def test_every_mounted_file_is_in_the_repository() -> None:
    files = [source for _, source, _ in _mounts() if source.startswith(".")]
    assert len(files) >= 6
    assert [source for source in files if not (ROOT / source).exists()] == []


def test_every_named_volume_is_declared_and_used() -> None:
    named = {source for _, source, _ in _mounts() if not source.startswith(".")}
    assert named == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_pinned_restarted_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+", service["image"])
    if name == "dashboards":
        assert service["restart"] == "no"  # it ends when it has written its files
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]
    for other in service.get("depends_on", {}):
        assert other in SERVICES


def test_services_wait_only_for_what_can_answer() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"]


def test_ports_are_open_to_this_machine_only() -> None:
    opened = [_default(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(opened) == 3
    assert all(port.startswith("127.0.0.1:") for port in opened)


def test_no_password_is_written_down() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET|KEY", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.removeprefix("/run/secrets/") in _secret_names(service)
    settings = yaml.safe_load((ROOT / "deploy/tolich/tolich.yaml").read_text("utf-8"))
    assert not {"password", "token"} & {key for part in settings.values() for key in part}


def test_secrets_are_files_that_somebody_reads() -> None:
    read = {name for service in SERVICES.values() for name in _secret_names(service)}
    assert read == set(SECRETS)
    assert all(_default(s["file"]) == f"./secrets/{name}" for name, s in SECRETS.items())


def test_environment_example_shows_every_default() -> None:
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assert dict(line.split("=", 1) for line in lines if line and line[0] != "#") == used


def test_the_settings_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `tolich serve` reads them, but for the register, which has another place there."""
    for name in [name for name in os.environ if name.startswith("TOLICH_")]:
        monkeypatch.delenv(name)
    text = (ROOT / "deploy/tolich/tolich.yaml").read_text("utf-8")
    mounted = "/etc/tolich/register.yaml"
    assert mounted in {target for name, _, target in _mounts() if name == "tolich"}
    copy = tmp_path / "tolich.yaml"
    copy.write_text(text.replace(mounted, str(ROOT / "examples/register.yaml")), "utf-8")
    settings = load_settings(copy)
    assert settings.mqtt is not None
    assert settings.mqtt.host in SERVICES
    assert str(settings.influx.url).removeprefix("http://").removesuffix(":8086") in SERVICES
    secrets = {f"/run/secrets/{name}" for name in _secret_names(SERVICES["tolich"])}
    assert {str(settings.mqtt.password_file), str(settings.influx.token_file)} == secrets
    influx = SERVICES["influxdb"]["environment"]
    assert settings.influx.org == influx["DOCKER_INFLUXDB_INIT_ORG"]
    assert settings.influx.bucket == influx["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert (str(settings.data), "tolich-data") in {
        (target, source) for name, source, target in _mounts() if name == "tolich"
    }


# --- Grafana ----------------------------------------------------------------------------


def test_grafana_finds_the_series() -> None:
    folder = ROOT / "deploy/grafana/provisioning/datasources"
    (source,) = yaml.safe_load((folder / "influxdb.yaml").read_text("utf-8"))["datasources"]
    assert source["uid"] == DATASOURCE_UID
    bucket = SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert source["jsonData"]["dbName"] == bucket
    (secret,) = re.findall(
        r"\$__file\{/run/secrets/(\w+)\}", source["secureJsonData"]["httpHeaderValue1"]
    )
    assert secret in _secret_names(SERVICES["grafana"]) & _secret_names(SERVICES["influxdb"])


def test_grafana_finds_the_dashboards() -> None:
    folder = ROOT / "deploy/grafana/provisioning/dashboards"
    providers = yaml.safe_load((folder / "tolich.yaml").read_text("utf-8"))["providers"]
    places = {provider["folderUid"]: provider["options"]["path"] for provider in providers}
    path = "/var/lib/tolich/dashboards"
    assert places == {uid: f"{path}/{language}" for language, (uid, _) in FOLDERS.items()}
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{path}/{Language.VI}/{overview.NAME}.json"
    mounted = {(name, target) for name, source, target in _mounts() if source == "dashboards"}
    assert mounted == {("grafana", path), ("dashboards", path)}
    assert SERVICES["dashboards"]["command"] == ["dashboards", "build", path]
    assert path in DOCKERFILE  # the volume takes its owner from there


# --- the image --------------------------------------------------------------------------


def test_the_image_holds_every_package_and_nothing_else() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {name.split(".")[0] for name in listed["tool"]["setuptools"]["packages"]}
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
    assert copied == packages | {"requirements.lock", "LICENSE"}
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_is_pinned_hashed_and_not_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["tolich"]


# --- preparing --------------------------------------------------------------------------


def _prepare(folder: Path, *options: str) -> None:
    if shutil.which("mosquitto_passwd") is None:
        pytest.skip("mosquitto_passwd is not installed; 'make services' installs it")
    subprocess.run([PREPARE, *options, folder], check=True, capture_output=True, cwd=folder.parent)


def _kept(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_preparing_makes_every_secret_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _prepare(folder)
    first = _kept(folder)
    assert set(first) == set(SECRETS) - {"simulator_mqtt_password"}
    random = [text for name, text in first.items() if not name.startswith("mosquitto")]
    assert len(set(random)) == len(random)
    assert all(re.fullmatch(r"[0-9a-f]{48}", text) for text in random)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    _prepare(folder)
    assert _kept(folder) == first


def test_preparing_for_the_simulator_adds_to_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _prepare(folder)
    first = _kept(folder)
    for _ in range(2):
        _prepare(folder, "--simulator")
    second = _kept(folder)
    assert set(second) == set(SECRETS)
    assert second["mosquitto_passwords"].startswith(first["mosquitto_passwords"])
    assert re.findall(r"^(\w+):", second["mosquitto_passwords"], re.MULTILINE) == [
        "monitor",
        "simulator",
    ]
    assert second["mosquitto_acl"].startswith(first["mosquitto_acl"])
    assert second["mosquitto_acl"].count("user simulator\n") == 1


def test_passwords_reach_the_broker_only_as_hashes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    _prepare(folder, "--simulator")
    kept = _kept(folder)
    for name in ("mqtt_password", "simulator_mqtt_password"):
        assert kept[name] not in kept["mosquitto_passwords"]

"""The files for running in containers: that they name what exists and give nothing away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRETS: dict[str, dict[str, str]] = COMPOSE["secrets"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


ONCE = {"dashboards", "influxdb-reader"}
"""Services that write their files and end."""

PREPARING_OF_THEIR_OWN = {"influxdb", "postgresql", "grafana"}
"""Images whose start-up changes owners of folders, or writes beside its volumes."""


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
    assert re.fullmatch(r"[a-z/-]+:(v?\d+\.\d+\.\d+|\d+\.\d+-bookworm)", service["image"])
    if name in ONCE:
        assert service["restart"] == "no"
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


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_bounds_and_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert not {"privileged", "cap_add", "devices"} & set(service)
    if name not in PREPARING_OF_THEIR_OWN:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["tmpfs"] == ["/tmp:size=64m,mode=1777"]


def test_the_schema_of_compose_holds(tmp_path: Path) -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    file = tmp_path / "docker-compose.yml"
    for text, status in ((COMPOSE_TEXT, 0), (COMPOSE_TEXT.replace("healthcheck:", "health:"), 1)):
        file.write_text(text, "utf-8")
        done = subprocess.run([sys.executable, *command, file], capture_output=True, check=False)
        assert done.returncode == status, done.stdout


def test_writer_and_web_are_two_services_on_one_store() -> None:
    writer, web = SERVICES["writer"], SERVICES["web"]
    assert [one["command"][:3] for one in (writer, web)] == [
        ["serve", "--only", "writer"],
        ["serve", "--only", "web"],
    ]
    assert writer["environment"] == web["environment"]
    assert writer["volumes"] == web["volumes"]
    assert "ports" not in writer


def test_ports_are_open_to_this_machine_only() -> None:
    opened = [_default(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(opened) == 3
    assert all(port.startswith("127.0.0.1:") for port in opened)


def test_no_password_is_written_down() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET|KEY", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                named = _default(value).removeprefix("/run/secrets/")
                assert named == "null" or named in _secret_names(service)
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
    assert mounted in {target for name, _, target in _mounts() if name == "writer"}
    copy = tmp_path / "tolich.yaml"
    copy.write_text(text.replace(mounted, str(ROOT / "examples/register.yaml")), "utf-8")
    settings = load_settings(copy)
    assert settings.mqtt is not None
    assert settings.mqtt.host in SERVICES
    assert str(settings.influx.url).removeprefix("http://").removesuffix(":8086") in SERVICES
    secrets = {f"/run/secrets/{name}" for name in _secret_names(SERVICES["writer"])}
    read = (settings.mqtt.password_file, settings.mqtt.ca_file, settings.influx.token_file)
    assert {str(file) for file in read} | {"/run/secrets/store_password"} == secrets
    influx = SERVICES["influxdb"]["environment"]
    assert settings.influx.org == influx["DOCKER_INFLUXDB_INIT_ORG"]
    assert f"{settings.influx.bucket}/findings" == influx["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert (str(settings.data), "tolich-data") in {
        (target, source) for name, source, target in _mounts() if name == "writer"
    }


# --- Grafana ----------------------------------------------------------------------------


def test_grafana_finds_the_series() -> None:
    folder = ROOT / "deploy/grafana/provisioning/datasources"
    (source,) = yaml.safe_load((folder / "influxdb.yaml").read_text("utf-8"))["datasources"]
    assert source["uid"] == DATASOURCE_UID
    bucket = SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert f"{source['jsonData']['dbName']}/findings" == bucket
    assert source["secureJsonData"]["httpHeaderValue1"] == "Token $__file{/run/reader/token}"
    mounted = {(name, target) for name, source, target in _mounts() if source == "influxdb-reader"}
    assert mounted == {("influxdb-reader", "/reader"), ("grafana", "/run/reader")}
    # The token that may write stays with those who write.
    readers = {name for name in SERVICES if "influx_token" in _secret_names(SERVICES[name])}
    assert readers == {"influxdb", "influxdb-reader", "writer"}


def test_grafana_finds_the_metrics() -> None:
    folder = ROOT / "deploy/grafana/provisioning/datasources"
    (source,) = yaml.safe_load((folder / "prometheus.yaml").read_text("utf-8"))["datasources"]
    assert source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    asked = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    targets = [one["static_configs"][0]["targets"] for one in asked["scrape_configs"]]
    assert ["web:8000"] in targets
    assert "web" in SERVICES


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


def _instructions() -> list[str]:
    """The Dockerfile's instructions, each on one line, without comments."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def test_the_dockerfile_keeps_to_what_a_linter_would_say() -> None:
    instructions = _instructions()
    words = [line.split()[0] for line in instructions]
    assert words.count("ENTRYPOINT") == words.count("CMD") == words.count("USER") == 1
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in ("RUN", "COPY"))
    assert not {"ADD", "MAINTAINER", "ONBUILD", "SHELL", "ARG"} & set(words)
    for line in instructions:
        if line.startswith(("ENTRYPOINT", "CMD")):
            assert line.split(maxsplit=1)[1].startswith("["), line  # without a shell, signals come
        if line.startswith("WORKDIR"):
            assert line.split()[1].startswith("/"), line
        if "apt-get install" in line:
            assert "apt-get update" in line, line  # in one layer: an old list names what is gone
            assert "--no-install-recommends" in line, line
            assert "rm -rf /var/lib/apt/lists" in line, line
        if "pip install" in line:
            assert "--no-cache-dir" in line, line
        assert not re.search(r"\bsudo\b|chmod 777|curl|wget|:latest", line), line
        assert not re.match(r"ENV .*(PASSWORD|TOKEN|SECRET)", line), line


def test_the_image_has_a_healthcheck_where_compose_runs_it_for_long() -> None:
    """In the compose file and not in the image: one image runs four kinds of process."""
    ours = {name: one for name, one in SERVICES.items() if one["image"].startswith("tolich:")}
    assert set(ours) == {"writer", "web", "dashboards", "simulator"}
    asked = {name for name, one in ours.items() if "test" in one.get("healthcheck", {})}
    assert asked == {"writer", "web"}

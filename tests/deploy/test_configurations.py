"""The other mounted files with the Debian package of their server, and the systemd units."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
import yaml

from tests.end_to_end.monitor import until
from tests.postgres import PASSWORD, Postgres
from tests.servers import free_port, need, run, until_open
from tolich.settings import Settings
from tolich.store.database import migrate, newest_schema, open_engine, refuse_lossy, schema_version

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
UNITS = ROOT / "deploy" / "systemd"


# --- Prometheus ---------------------------------------------------------------------------


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    assert run([need("promtool"), "check", "config", str(PROMETHEUS)]).returncode == 0
    broken = tmp_path / "prometheus.yml"
    broken.write_text(PROMETHEUS.read_text("utf-8").replace("scrape_interval", "scrape"), "utf-8")
    assert run([need("promtool"), "check", "config", str(broken)]).returncode != 0


class _Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"# TYPE tolich_healthy gauge\ntolich_healthy 1.0\n"
        self.send_response(200 if self.path == "/metrics" else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def metrics() -> Iterator[int]:
    """A port that answers /metrics as the web process does."""
    server = HTTPServer(("127.0.0.1", 0), _Metrics)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_prometheus_asks_the_monitor(tmp_path: Path, metrics: int) -> None:
    """The shipped file, with the addresses of this test and a shorter interval."""
    port = free_port()
    text = PROMETHEUS.read_text("utf-8")
    for old, new in (
        ("web:8000", f"127.0.0.1:{metrics}"),
        ("127.0.0.1:9090", f"127.0.0.1:{port}"),
        ("scrape_interval: 15s", "scrape_interval: 1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path / "prometheus.yml"
    file.write_text(text, "utf-8")
    command = [
        need("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={tmp_path / 'store'}",
        f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=90d",
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        until_open(process, port)

        def shown() -> list[str]:
            answer = httpx.get(
                f"http://127.0.0.1:{port}/api/v1/query", params={"query": "tolich_healthy"}
            )
            if answer.status_code != 200:  # it is open before it is ready
                return []
            return [one["value"][1] for one in answer.json()["data"]["result"]]

        until(lambda: shown() == ["1"], "Prometheus has the monitor's health")
    finally:
        process.terminate()
        process.wait(20)


# --- systemd ------------------------------------------------------------------------------


def _unit(name: str) -> dict[str, str]:
    text = (UNITS / name).read_text("utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """Where this program is is replaced by a program that is here."""
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace("/opt/tolich/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text, "utf-8")
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    assert len(files) == 3
    done = run([need("systemd-analyze"), "verify", "--man=no", *files])
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if b"tolich" in line]


@pytest.mark.parametrize("name", ["tolich-writer.service", "tolich-web.service"])
def test_a_unit_is_closed_off(name: str) -> None:
    """systemd's own measure: 0 is best, 10 worst; what the package ships mostly has 9."""
    command = [need("systemd-analyze"), "security", "--offline=true", "--threshold=20"]
    done = run([*command, str(UNITS / name)])
    assert done.returncode == 0, done.stdout.decode()
    unit = _unit(name)
    assert unit["ProtectSystem"] == "strict"
    assert unit["User"] == "tolich"
    part = name.removeprefix("tolich-").removesuffix(".service")
    assert f"serve --only {part} " in unit["ExecStart"]
    assert unit["Restart"] == "always"


# --- PostgreSQL ---------------------------------------------------------------------------


def test_postgresql_starts_with_the_mounted_file_and_tolich_takes_it(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD, "utf-8")
    shipped = ROOT / "deploy" / "postgresql" / "postgresql.conf"
    with Postgres(configuration=shipped) as server:
        with server.master() as connection:
            kept = connection.execute("SELECT name, setting FROM pg_settings").fetchall()
            found = {str(name): str(setting) for name, setting in kept}
        assert (found["max_connections"], found["synchronous_commit"]) == ("50", "on")
        assert found["hba_file"] == f"{server.cluster}/pg_hba.conf"  # as the image made it
        engine = open_engine(server.url(server.database()), password)
        refuse_lossy(engine)
        migrate(engine)
        with engine.connect() as connection:
            assert schema_version(connection) == newest_schema()
        engine.dispose()


def test_the_example_of_a_store_is_a_setting() -> None:
    """What .env.example tells about PostgreSQL is accepted as it stands."""
    text = (ROOT / ".env.example").read_text("utf-8")
    told = dict(re.findall(r"^#   (STORE\w*)=(\S+)$", text, re.MULTILINE))
    settings = Settings(store=told["STORE"], store_password_file=Path(told["STORE_PASSWORD_FILE"]))
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    assert settings.store is not None
    assert "@postgresql:5432/tolich" in settings.store
    assert compose["services"]["postgresql"]["profiles"] == ["postgresql"]
    assert Path(told["STORE_PASSWORD_FILE"]).name in compose["secrets"]

"""The first start of a monitor: an administrator with a password that serves once."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import httpx
import yaml

from tests.end_to_end.monitor import PATIENCE, Api, start_tolich, until
from tests.servers import free_port

OWN = "mưa tháng bảy gãy cành trám"


def started(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], Path]:
    """`tolich serve` without a broker; what it says goes to a file."""
    settings = folder / "tolich.yaml"
    told = {"data": str(folder / "data"), "mqtt": None, "http": {"port": port}, "min_free_mb": 10}
    settings.write_text(yaml.safe_dump(told), encoding="utf-8")
    log = folder / "log"
    log.write_text("", encoding="utf-8")
    return start_tolich(log, "serve", "--settings", str(settings)), log


def ended(process: subprocess.Popen[bytes]) -> None:
    """Stop it in good order."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def log_in(port: int, password: str, new: str | None = None) -> httpx.Response:
    """A log-in of the first account."""
    said = {"name": "admin", "password": password} | ({"new_password": new} if new else {})
    return httpx.post(f"http://127.0.0.1:{port}/api/v1/login", json=said, timeout=PATIENCE)


def test_the_first_start_prints_a_password_that_serves_once(tmp_path: Path) -> None:
    port = free_port()
    process, log = started(tmp_path, port)
    api = Api(f"http://127.0.0.1:{port}")
    try:
        until(lambda: api.status("/readyz") == 200, "the monitor is ready")
        said = log.read_text(encoding="utf-8")
        (once,) = re.findall(r"one-time password (\S+)", said)
        assert api.status("/api/v1/stations") == 401  # nobody is let in without an account
        assert log_in(port, once).json()["new_password_needed"]
        chosen = log_in(port, once, OWN)
        assert chosen.json()["account"]["role"] == "administrator"
        assert log_in(port, once).status_code == 401
        assert log_in(port, OWN).status_code == 200
    finally:
        api.close()
        ended(process)
    process, log = started(tmp_path, port)
    try:
        until(lambda: "API and console" in log.read_text(encoding="utf-8"), "it has started again")
        assert "password" not in log.read_text(encoding="utf-8")
    finally:
        ended(process)

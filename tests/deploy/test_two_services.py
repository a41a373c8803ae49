"""Writer and web started each by itself, as compose and systemd do."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
import yaml

from rules.model import Refused
from tests.end_to_end.monitor import EXAMPLE, PATIENCE, Api, start_tolich, until
from tests.servers import free_port
from tolich import app as composition
from tolich.alive import main, missing
from tolich.app import wait_for_store
from tolich.settings import load_settings
from tolich.store.health import beat


def _settings(folder: Path, port: int) -> Path:
    told = {
        "data": str(folder / "data"),
        "register": str(EXAMPLE),
        "mqtt": None,
        "http": {"port": port},
        "min_free_mb": 10,
    }
    path = folder / "tolich.yaml"
    path.write_text(yaml.safe_dump(told), "utf-8")
    return path


def test_each_is_started_and_ended_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    settings = _settings(tmp_path, port)
    named = ["--settings", str(settings)]
    assert main([str(settings)]) == 1
    assert "there is no store" in capsys.readouterr().err
    web = start_tolich(tmp_path / "web.log", "serve", "--only", "web", *named)
    writer = start_tolich(tmp_path / "writer.log", "serve", "--only", "writer", *named)
    api = Api(f"http://127.0.0.1:{port}")
    try:
        until(lambda: api.status("/readyz") == 200, "the web, which waited for it, is ready", 120)
        assert main([str(settings)]) == 0
        web.send_signal(signal.SIGTERM)
        assert web.wait(PATIENCE) == 0, (tmp_path / "web.log").read_text("utf-8")
        assert writer.poll() is None  # it does not depend on the other
        writer.send_signal(signal.SIGTERM)
        assert writer.wait(PATIENCE) == 0, (tmp_path / "writer.log").read_text("utf-8")
    finally:
        api.close()
        for process in (web, writer):
            process.kill()
            process.wait(PATIENCE)
    assert "one-time password" in (tmp_path / "writer.log").read_text("utf-8")


def test_a_web_without_a_writer_says_what_is_missing(tmp_path: Path) -> None:
    settings = load_settings(_settings(tmp_path, 8000))
    with pytest.raises(Refused, match=r"serve --only writer"):
        wait_for_store(settings, threading.Event(), 0.0)
    assert not (tmp_path / "data").exists()  # it made nothing that would be in a writer's way


def test_a_writer_that_is_gone_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(_settings(tmp_path, 8000))
    place = composition.Place(settings, composition.real_clock())
    composition.prepare(place)
    assert missing(settings) == "no writer has run on this store"
    beat(place.engine, "writer", [], {})
    place.engine.dispose()
    assert missing(settings) is None
    monkeypatch.setattr("tolich.alive.wall", lambda: 2**31)
    assert "last sign of life" in str(missing(settings))

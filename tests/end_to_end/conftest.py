"""What several files of end-to-end tests look at: one demonstration that runs for all of them."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.end_to_end.demo import STOPS_WITHIN, Demo, alive
from tests.end_to_end.monitor import Api, start_tolich, until
from tests.servers import free_port


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    http, mqtt = free_port(), free_port()
    options = ("--http-port", str(http), "--mqtt-port", str(mqtt))
    begun = time.monotonic()
    process = start_tolich(folder / "log", "demo", "--headless", "--data", str(folder), *options)
    api = Api(f"http://127.0.0.1:{http}")
    try:
        yield Demo(process, folder, (http, mqtt), begun, api)
    finally:
        api.close()
        process.send_signal(signal.SIGINT)  # nothing, when a test has stopped it already
        process.wait(STOPS_WITHIN)


@pytest.fixture(scope="session")
def live(started: Demo) -> Demo:
    """The demonstration once its whole history is judged."""
    until(lambda: alive(started) and "live after" in started.log(), "the history is judged", 240)
    return started

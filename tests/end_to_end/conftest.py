"""What several files of end-to-end tests look at: one demonstration that runs for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.demo import Demo, judged, running
from tests.end_to_end.monitor import until


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="session")
def live(started: Demo) -> Demo:
    """The demonstration once its whole history is judged."""
    until(lambda: judged(started), "the history is judged", 240)
    return started

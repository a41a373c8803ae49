"""How the tests are spread over the cores: a file's tests stay together, slow files come first.

pytest-xdist's own groups (`--dist loadgroup`) are written into a private place of a test that
pytest 9.2 no longer has, and are then left out without a word; its scheduler can be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

FIRST = ("tests/end_to_end/", "tests/dashboards/", "tests/deploy/", "tests/simulators/")
"""Where the slow ones are: begun last, one of them would keep one core busy alone."""

TOGETHER = "tests/end_to_end/test_demo"
"""The files whose names begin so look at one demonstration that runs for all of them."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # it says nothing of its types
    """A core takes a file as a whole, with what its fixtures have made."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return TOGETHER if file.startswith(TOGETHER) else file


def scheduler(config: pytest.Config, log: Any) -> ByFile:
    """For `pytest_xdist_make_scheduler`."""
    config.option.loadscopereorder = False  # the order is that of `slow_first`
    return ByFile(config, log)


def slow_first(tests: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests in the order in which they are begun."""
    return sorted(tests, key=_rank)


def _rank(test: pytest.Item) -> int:
    found = [place for place, first in enumerate(FIRST) if test.nodeid.startswith(first)]
    return found[0] if found else len(FIRST)

"""What every test shares: reproducible examples, and skips that may not pass unseen."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests.spreading import ByFile, scheduler, slow_first
from tests.stores import Kind, letting_go, stores_on

# The same examples in every run: a failure found here is found everywhere. No deadline, for
# a busy machine must not fail a test that asserts nothing about time.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
# For runs that only ask whether something fails: the first example found will do.
settings.register_profile(
    "hurried", settings.get_profile("repeatable"), phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("repeatable")

NO_SKIP = "TOLICH_NO_SKIP"
MAY_SKIP = "shared:"  # how the reason of a test begins that reads files beside the clone


@pytest.fixture(autouse=True)
def _stores_of_one_test() -> Iterator[None]:
    with letting_go():
        yield


@pytest.fixture(scope="module", params=list(Kind))
def either_store(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """For what holds of any store: the tests of a file run on each kind of it."""
    with stores_on(request.param) as kind:
        yield kind


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is begun first."""
    items[:] = slow_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """With several cores, a file's tests stay on one: they share what its fixtures made."""
    return scheduler(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a skipped test is a failed one."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself as a whole."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")  # reported as skipped, but did run
    if os.environ.get(NO_SKIP) != "1" or not report.skipped or expected_failure:
        return
    reason = _reason(report)
    if not reason.startswith(MAY_SKIP):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} skipped ({reason}), but {NO_SKIP}=1 allows no skip"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason as the test gave it; pytest puts "Skipped: " in front of it."""
    place = report.longrepr
    said = place[2] if isinstance(place, tuple) else str(place)
    return said.removeprefix("Skipped: ")

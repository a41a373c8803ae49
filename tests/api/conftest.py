from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.view import Parts
from tests.api.fakes import (
    FakeAmending,
    FakeClock,
    FakeIntake,
    FakeReads,
    FakeReports,
    FakeWorking,
    alert,
    finding,
)
from tests.callers import HEADERS, KEY, KnownCallers, caller, empty_store
from tolich.ports import EVERYTHING, Scope


@dataclass
class World:
    """What one application is made of. It is made once, and its contents anew for each test."""

    reads: FakeReads = field(default_factory=FakeReads)
    intake: FakeIntake = field(default_factory=FakeIntake)
    amending: FakeAmending = field(default_factory=FakeAmending)
    working: FakeWorking = field(default_factory=FakeWorking)
    reports: FakeReports = field(default_factory=FakeReports)
    seen: list[Scope] = field(default_factory=list)  # the last is that of whoever asks


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def app(world: World, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    clock = FakeClock()
    engine = empty_store(tmp_path_factory.mktemp("accounts"))
    accounts = KnownCallers(engine, clock, {KEY: lambda: caller(world.seen[-1])})
    return create_app(
        Parts(
            world.reads, world.intake, world.amending, accounts, clock,
            lambda: b"tolich_up 1.0\n", world.working, world.reports,
        )
    )  # fmt: skip


@pytest.fixture(scope="session")
def living(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False, headers=HEADERS) as client:
        yield client


@pytest.fixture
def reads(world: World) -> FakeReads:
    hours = (finding("m02", -n) for n in range(3, 8))
    found = [finding("m01", -1), finding("m03", -2), *hours]
    raised = [alert(2, "m03"), alert(1, "m01", state="ended")]
    vars(world.reads).update(vars(FakeReads(found=found, raised=raised)))
    return world.reads


@pytest.fixture
def intake(world: World) -> FakeIntake:
    vars(world.intake).update(vars(FakeIntake()))
    return world.intake


@pytest.fixture
def amending(world: World) -> FakeAmending:
    vars(world.amending).update(vars(FakeAmending()))
    return world.amending


@pytest.fixture
def reports(world: World) -> FakeReports:
    vars(world.reports).update(vars(FakeReports()))
    return world.reports


@pytest.fixture
def seen(world: World) -> list[Scope]:
    world.seen[:] = [EVERYTHING]
    return world.seen


@pytest.fixture
def client(
    living: TestClient,
    reads: FakeReads,
    intake: FakeIntake,
    amending: FakeAmending,
    reports: FakeReports,
    seen: list[Scope],
) -> TestClient:
    """A client of an application with a fresh store; everybody sees everything."""
    return living

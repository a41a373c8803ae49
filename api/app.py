"""The web application: every endpoint, and the only way from a request to the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, FastAPI, Request

from api import (
    alerts,
    amendments,
    findings,
    forwarding,
    health,
    inbox,
    law,
    pages,
    stations,
    whatif,
)
from api.asking import only_known
from api.headers import SecureHeaders
from api.live import Hub, Pace
from api.problems import install
from api.shapes import Problem
from api.view import Seams, View
from tolich.ports import Amending, Clock, Intake, Reads, Scope

DESCRIPTION = (
    "Reads what the monitor of industrial-cluster wastewater has on record, and takes readings "
    "in. Lists are {items, next}; errors are RFC 9457 problem documents; times are RFC 3339 with "
    "a zone. Verdicts come from automatic data and await verification."
)


class _Api(FastAPI):
    """FastAPI, whose description also holds the shape of every error."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        described = super().openapi()
        described["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
        return described


def create_app(
    reads: Reads,
    intake: Intake,
    amending: Amending,
    clock: Clock,
    metrics: Callable[[], bytes],
    scope_of: Callable[[Request], Scope],
    pace: Pace | None = None,
) -> FastAPI:
    """The application. `scope_of` says whose plants a request may see; it may raise to refuse.

    Serve it with `api.serving.Server`, which ends live streams before it waits for them.
    """
    hub = Hub(reads, pace or Pace())
    app = _Api(
        title="Tô Lịch API",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_living(hub),
    )
    app.state.hub = hub
    app.state.seams = Seams(
        # A closure, so that no endpoint gets hold of `reads` itself.
        view=lambda request: View(reads, amending, scope_of(request), hub),
        submit=intake.submit,
        now=clock.now,
        health=reads.health,
        metrics=metrics,
        pace=hub.pace,
        aside=CapacityLimiter(1),
    )
    app.add_middleware(SecureHeaders)
    install(app)
    for router in (_version_1(), health.router, pages.router):
        app.include_router(router)
    return app


def _living(hub: Hub) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hub.open()
        yield
        await hub.stop()

    return lifespan


def _version_1() -> APIRouter:
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(only_known)])
    for part in (stations, findings, alerts, amendments, law, whatif, forwarding, inbox):
        router.include_router(part.router)
    return router

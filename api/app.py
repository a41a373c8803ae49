"""The web application: every endpoint, and the only way from a request to the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, FastAPI

from api import (
    accounts,
    alerts,
    amendments,
    answered,
    commission,
    exports,
    findings,
    forwarding,
    health,
    inbox,
    law,
    notifications,
    oidc,
    pages,
    register,
    stations,
    suspicions,
    whatif,
    work,
)
from api.asking import only_known
from api.auth import asking, guarded
from api.console import refusals, site
from api.console.live import Watch
from api.console.squeeze import Squeezed
from api.headers import SecureHeaders
from api.live import Hub, Pace
from api.problems import install
from api.shapes import Problem
from api.view import Parts, Seams, View

DESCRIPTION = (
    "Reads what the monitor of industrial-cluster wastewater has on record, and takes readings "
    "in. Lists are {items, next}; errors are RFC 9457 problem documents; times are RFC 3339 with "
    "a zone. Verdicts come from automatic data and await verification."
)

PREFIX = "/api/v1"


class _Api(FastAPI):
    """FastAPI, whose description also holds the shape of every error."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        described = super().openapi()
        described["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
        for (method, path), needed in RIGHTS.items():
            operation = described["paths"][path.replace(":path}", "}")][method]
            operation["x-rights"] = [str(right) for right in needed]
        return described


def create_app(
    parts: Parts, pace: Pace | None = None, away: Sequence[type[Exception]] = ()
) -> FastAPI:
    """The application. `away`: the errors of a store that does not answer.

    Serve it with `api.serving.Server`, which ends live streams before it waits for them.
    """
    hub, watch = Hub(parts.reads, pace or Pace()), Watch()
    app = _Api(
        title="Tô Lịch API",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_living(hub, watch),
    )
    app.state.hub, app.state.watch = hub, watch
    app.state.seams = Seams(
        # A closure, so that no endpoint gets hold of `reads` itself.
        view=lambda caller: View(parts, caller, hub),
        accounts=parts.accounts,
        working=parts.working,
        provider=parts.provider,
        registering=parts.registering,
        submit=parts.intake.submit,
        now=parts.clock.now,
        health=parts.reads.health,
        metrics=parts.metrics,
        pace=hub.pace,
        aside=CapacityLimiter(1),
    )
    app.add_middleware(Squeezed)
    app.add_middleware(SecureHeaders)
    install(app)
    refusals.install(app, away)
    api = (_version_1(), _anybody(), health.router, answered.short, pages.router)
    for router in (*api, *site.routers()):
        app.include_router(router)
    return app


def _living(hub: Hub, watch: Watch) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hub.open()
        watch.open()
        yield
        watch.close()
        await hub.stop()

    return lifespan


PARTS = (
    stations.router,
    commission.router,
    findings.router,
    alerts.router,
    amendments.router,
    law.router,
    register.router,
    whatif.router,
    forwarding.router,
    exports.router,
    inbox.router,
    work.router,
    answered.router,
    notifications.router,
    suspicions.router,
    accounts.router,
    accounts.administering,
)
"""Everything that takes an account."""

RIGHTS = {(method, PREFIX + path): needed for (method, path), needed in guarded(PARTS).items()}
"""The rights that each endpoint takes, by method and path."""

PAGE_RIGHTS = guarded(site.PAGES)
"""The rights that each page of the console takes, by method and path."""


def _version_1() -> APIRouter:
    # Who asks comes first: nothing else about a request is answered before that.
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(asking), Depends(only_known)])
    for part in PARTS:
        router.include_router(part)
    return router


def _anybody() -> APIRouter:
    """What is answered before anybody is known: the log-in."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(only_known)])
    for part in (accounts.open_router, oidc.router):
        router.include_router(part)
    return router

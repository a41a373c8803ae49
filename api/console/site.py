"""The console as a whole: its pages, what is pushed to them, and what everybody may fetch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from api.auth import Asking, asking, needs, still
from api.console import (
    account,
    alert,
    alerts,
    assets,
    board,
    commission,
    entering,
    entrance,
    finding,
    firstrun,
    mine,
    overview,
    quality,
    setup,
    sheet,
    station,
    whatif,
)
from api.console.live import HEARTBEAT, Kind, Sight, Watch
from api.console.news import StationSight
from api.console.overview import OverviewSight
from api.console.visitor import Visiting, Visitor
from api.problems import absent
from api.view import Seen, View, Within
from rules.roles import Right

live = APIRouter(include_in_schema=False, dependencies=[needs(Right.READ)])

PAGES = (
    entrance.router,
    overview.router,
    station.router,
    commission.router,
    finding.router,
    alerts.router,
    alert.router,
    quality.router,
    whatif.router,
    setup.router,
    entering.router,
    firstrun.router,
    sheet.router,
    mine.router,
    board.router,
    account.router,
    live,
)
"""Everything that takes an account."""

_SIGHTS: Mapping[str, Callable[[View, Callable[[], Visitor], int], Sight]] = {
    "overview": OverviewSight,
    "station": StationSight,
}


@live.get("/live")
async def watch(
    request: Request,
    seams: Within,
    view: Seen,
    visitor: Visiting,
    caller: Asking,
    page: Annotated[str, Query()],
    since: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """What changes on a page while it is looked at (server-sent events)."""
    if page not in _SIGHTS:
        raise absent("page", page)

    def make() -> Sight:
        seq = int(seams.health()["seq"])
        return _SIGHTS[page](view, lambda: replace(visitor, now=seams.now()), seq)

    everybody: Watch = request.app.state.watch
    kind = Kind(page, view.scope, visitor.lang)
    events = everybody.follow(kind, make, since, still(request, caller))
    return EventSourceResponse(events, ping=round(HEARTBEAT), sep="\n")


def routers() -> list[APIRouter]:
    """Everything of the console, in the order in which addresses are looked up."""
    guarded = APIRouter(dependencies=[Depends(asking)])
    for part in PAGES:
        guarded.include_router(part)
    return [assets.router, entrance.open_router, guarded]

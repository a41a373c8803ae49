"""How soon alerts are answered, how much people are told, and the short address of an alert."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.responses import RedirectResponse, Response

from api.answers import listed
from api.asking import ClusterFilter, From, To, in_order
from api.auth import Asking, needs
from api.jsonbody import Json
from api.problems import errors
from api.shapes import Shaped, example
from api.view import Seen, Within
from rules.roles import Right

router = APIRouter(tags=["alerts"])
short = APIRouter(include_in_schema=False)

_SPAN = {"from": "2026-11-01T00:00:00+07:00", "to": "2026-12-01T00:00:00+07:00"}
_STEP = {"count": 3, "median": 900, "p90": 3600}
ANSWERED = {
    "cluster": "ccn-mau-01", "severity": "warning", **_SPAN, "alerts": 4,
    "received": _STEP, "explained": _STEP, "closed": _STEP,
}  # fmt: skip
LOAD = {
    "account": "nguyen.a", "role": "operator", **_SPAN, "told": 12, "most_in_ten_minutes": 2,
    "floods": 0, "per_ten_minutes": 0.0028, "manageable": True,
}  # fmt: skip


class Step(Shaped):
    """Seconds from when alerts were raised; of those for which it happened."""

    count: int
    median: int | None
    p90: int | None


class Answered(Shaped):
    """How soon the alerts of a cluster and severity were answered."""

    model_config = example(ANSWERED)
    cluster: str
    severity: str
    start: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    alerts: int
    received: Step
    explained: Step
    closed: Step


class AnsweredPage(Shaped):
    """Response times, all on one page."""

    model_config = example({"items": [ANSWERED], "next": None})
    items: list[Answered]
    next: str | None


class AlarmLoad(Shaped):
    """What one person was told; EEMUA 191 calls about one in ten minutes manageable."""

    model_config = example(LOAD)
    account: str
    role: str
    start: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    told: int
    most_in_ten_minutes: int
    floods: int
    per_ten_minutes: float
    manageable: bool


class AlarmLoadPage(Shaped):
    """Alarm load, all on one page."""

    model_config = example({"items": [LOAD], "next": None})
    items: list[AlarmLoad]
    next: str | None


@router.get(
    "/responses",
    summary="How soon alerts were answered",
    response_model=AnsweredPage,
    dependencies=[needs(Right.READ)],
    responses=errors("invalid-request", "bad-time", "bad-interval"),
)
def responses(view: Seen, cluster: ClusterFilter = None, start: From = None, to: To = None) -> Json:
    """Received, explained, closed: by cluster and severity, of alerts raised in the last 30 days
    or in the given stretch. Both sides see the same figures.
    """
    in_order(start, to)
    return listed(view.responses(cluster, start, to))


@router.get(
    "/alarm-load",
    summary="How much people are told",
    response_model=AlarmLoadPage,
    dependencies=[needs(None)],
    responses=errors("invalid-request", "bad-time", "bad-interval"),
)
def alarm_load(seams: Within, caller: Asking, start: From = None, to: To = None) -> Json:
    """Your own, in the last 30 days or in the given stretch; officers of the whole city and
    administrators see everybody's.
    """
    in_order(start, to)
    return listed(seams.working.alarm_load(caller, start, to))


@short.get("/a/{alert}")
async def alert_page(alert: str) -> Response:
    """The address that messages hold: the story of an alert on one page."""
    return RedirectResponse(f"/alerts/{alert}", 302)

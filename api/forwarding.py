"""What was forwarded to the authority's server, and what still waits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.answers import listed
from api.asking import Pages, StationFilter
from api.auth import needs
from api.jsonbody import Json
from api.problems import errors
from api.view import Seen
from rules.roles import Right

router = APIRouter(tags=["forwarding"], dependencies=[needs(Right.DELIVERIES)])

EXAMPLE: dict[str, Any] = {
    "destination": "so-tnmt",
    "url": "sftp://ccn-mau-01@nhan.example:22/upload",
    "station": "m01",
    "cluster": "mau-01",
    "plant": "mau-01",
    "newest_sent": "2026-11-22T08:30:00+07:00",
    "sent_at": "2026-11-22T08:30:21+07:00",
    "receipt": "312 bytes",
    "left_out": 0,
    "backlog": 2,
    "oldest_waiting": "2026-11-22T08:35:00+07:00",
    "state": "pending",
    "error": {
        "kind": "unreachable",
        "detail": "ssh: connect to host nhan.example port 22: Connection refused",
        "since": "2026-11-22T08:35:20+07:00",
        "next_attempt": "2026-11-22T08:41:02+07:00",
        "attempts": 4,
        "remedy": {"vi": "Kiểm tra đường mạng ...", "en": "Check the network ..."},
    },
    "simulated": True,
}


class Failure(BaseModel):
    """Why the last attempt failed, and what to do."""

    model_config = ConfigDict(extra="allow")
    kind: Literal[
        "unreachable", "login_refused", "host_key", "certificate", "setup", "refused", "busy",
        "unwritable",
    ]  # fmt: skip
    detail: str = Field(description="What the server, or the monitor's own machine, said.")
    since: AwareDatetime = Field(description="Since when nothing has gone through; real time.")
    next_attempt: AwareDatetime = Field(description="Real time.")
    attempts: int
    remedy: dict[str, str]


class Forwarded(BaseModel):
    """How far one destination has got with one station."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": EXAMPLE})
    destination: str
    url: str
    station: str
    cluster: str
    plant: str
    newest_sent: AwareDatetime | None = Field(description="Instant of the newest file taken.")
    sent_at: AwareDatetime | None = Field(description="When that was, in real time.")
    receipt: str | None = Field(description="What the destination said it has.")
    left_out: int = Field(description="Readings of it that TT10 has no code for.")
    backlog: int = Field(description="Files that wait.")
    oldest_waiting: AwareDatetime | None
    state: Literal["sent", "pending", "failed"] = Field(
        description="sent: nothing waits; failed: refused, and somebody must do something."
    )
    error: Failure | None
    simulated: bool


class ForwardedPage(BaseModel):
    """Forwarding, by destination and station."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"items": [EXAMPLE], "next": None}}
    )
    items: list[Forwarded]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null at the end.")


@router.get(
    "/forwarding",
    summary="What was forwarded to whom, and what waits",
    response_model=ForwardedPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def forwarding(
    view: Seen,
    paging: Pages,
    station: StationFilter = None,
    destination: Annotated[str | None, Query(description="Name of a destination.")] = None,
) -> Json:
    """Each destination of TT10 files with each station it is to get, and the last trouble."""
    return listed(view.forwarding(station, destination, paging))

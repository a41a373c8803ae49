"""A new station's first day: what was received, and what is still to be mended."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from api.answers import found
from api.auth import needs
from api.jsonbody import Json
from api.problems import errors
from api.shapes import Shaped, Words, example
from api.view import Seen
from rules.roles import Right
from tolich.commissioning import NOTE

router = APIRouter(tags=["stations"], dependencies=[needs(Right.READ)])

_TITLE = {"vi": "Tỷ lệ số liệu nhận được", "en": "Share of readings received"}
_LINE = {
    "key": "received", "parameter": "COD", "passed": True, "found": 0.993, "needed": 0.95,
    "unit": "share", "title": _TITLE, "optional": False,
}  # fmt: skip
_REFUSED = {
    "received_at": "2026-11-22T08:35:00+07:00", "reason": "unit_unknown",
    "detail": '"ppm" is no unit of COD; known: mg/L',
    "remedy": {"vi": "Gửi đơn vị đã đăng ký.", "en": "Send the unit that is registered."},
}  # fmt: skip
_WHOLE = {
    "station": "MAU01", "name": "Trạm MAU01", "cluster": "ccn-mau-01", "plant": "mau-01",
    "simulated": True, "from": "2026-11-22T00:00:00+07:00", "to": "2026-11-23T00:00:00+07:00",
    "state": "passed", "lines": [_LINE], "rejections": [_REFUSED], "note": NOTE,
}  # fmt: skip


class CommissionLine(Shaped):
    """One thing that was looked at; `passed` null: not to be known yet."""

    model_config = example(_LINE)
    key: str
    parameter: str | None
    passed: bool | None
    found: float | None
    needed: float | None = Field(description="An engineering setting, not law.")
    unit: str
    title: Words
    optional: bool


class CommissionRefused(Shaped):
    """A message that was refused within that day."""

    model_config = example(_REFUSED)
    received_at: AwareDatetime
    reason: str
    detail: str
    remedy: Words


class Commission(Shaped):
    """What a station's last whole hours, 24 at most, show."""

    model_config = example(_WHOLE)
    station: str
    name: str
    cluster: str
    plant: str
    simulated: bool
    begin: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    state: Literal["passed", "not_passed", "watching"]
    lines: list[CommissionLine]
    rejections: list[CommissionRefused]
    note: Words


@router.get(
    "/stations/{id}/commission",
    summary="What a new station's last day shows, for setting it up",
    response_model=Commission,
    responses=errors("not-found", "invalid-request"),
)
def commission(view: Seen, id: str) -> Json:  # noqa: A002 - the name in the contract
    """Received, gaps, clock, units, statuses, checks, refusals and limits, a line each."""
    return found(view.commission(id), "station", id)

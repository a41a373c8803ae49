"""Shapes of work on alerts: what people send, and what they get back."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from api.asked import Asked
from api.asking import GREATEST, Instant
from api.examples import ALERT
from api.shapes import Alert, Next, Shaped, example
from rules.work import WorkState

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=4000)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]*$", max_length=200)]


def _bytes(given: object) -> bytes:
    try:
        return base64.b64decode(str(given), validate=True)
    except binascii.Error as error:
        said = f"not base64 ({error}): encode the file's bytes, without line breaks"
        raise PydanticCustomError("base64", "{said}", {"said": said}) from error


Bytes = Annotated[
    bytes,
    BeforeValidator(_bytes),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "examples": ["JVBERi0x"]}),
]


class Sent(Asked):
    """What every act may say: `seen` is the `work.revision` that was looked at."""

    model_config = ConfigDict(extra="forbid")
    seen: int | None = Field(
        None, ge=0, le=GREATEST, description="Refuse with 409 if anything happened since."
    )


def _said(**shown: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"example": shown})


class File(BaseModel):
    """A file beside an act: photo (JPEG, PNG, WebP), PDF or XLSX, at most 10 MB."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    content: Bytes


_FILE = {"name": "phieu-ket-qua.pdf", "content": "JVBERi0xLjcK"}


class Brief(Sent):
    """An act that needs no words."""

    model_config = _said(text="Đã cử người kiểm tra", seen=1)
    text: Text | None = None


class Reasoned(Sent):
    """An act that says why."""

    model_config = _said(text="Đã đối chiếu phiếu kết quả", seen=4)
    text: Text


class WithFiles(Reasoned):
    """Words, and up to five files."""

    model_config = _said(text="Bể điều hòa quá tải từ 06:00", attachments=[_FILE])
    attachments: list[File] = Field(default_factory=list)


class AskingFor(Reasoned):
    """A request for an explanation, by a deadline."""

    model_config = _said(text="Giải trình nguyên nhân", deadline="2026-11-25T17:00:00+07:00")
    deadline: Instant


class Shelving(Reasoned):
    """No reminders until a time: at most 7 days for officers, 24 hours for the plant's side."""

    model_config = _said(text="Chờ thay cảm biến", until="2026-11-22T14:00:00+07:00")
    until: Instant


class Bottle(Brief):
    """A sample that was taken."""

    model_config = _said(bottle="A-0117", taken_at="2026-11-22T09:20:00+07:00")
    bottle: Name
    taken_at: Instant
    attachments: list[File] = Field(default_factory=list)


class LabResult(Brief):
    """What a laboratory found in a bottle; `sheet` is the number of its sheet."""

    model_config = _said(
        bottle="A-0117", parameter="COD", value=176, unit="mg/L", lab="PTN Mẫu", sheet="12/KQ",
        attachments=[_FILE],
    )  # fmt: skip
    bottle: Name
    parameter: Name
    value: Annotated[Decimal, Field(max_digits=18, decimal_places=9)]
    unit: Name | None = None
    lab: Name
    sheet: Name
    attachments: list[File] = Field(default_factory=list)


class Announcing(Sent):
    """Maintenance, or a station out of service, announced beforehand."""

    model_config = _said(
        kind="maintenance", station="m01", start="2026-11-23T08:00:00+07:00",
        end="2026-11-23T11:00:00+07:00", reason="Thay điện cực pH",
    )  # fmt: skip
    seen: None = Field(None, exclude=True)
    kind: Literal["maintenance", "out_of_service"]
    station: Name
    parameter: Name | None = Field(None, description="That one alone; the station if absent.")
    start: Instant | None = Field(None, description="From now on if absent; never before now.")
    end: Instant | None = None
    reason: Text
    document: Name | None = Field(None, description="What it rests on; a must for out_of_service.")


class Ending(Sent):
    """Why an announcement ends early, or is taken back."""

    model_config = _said(reason="Xong sớm")
    seen: None = Field(None, exclude=True)
    reason: Text


# --- what is answered ---------------------------------------------------------------------------

_WORK = {
    "state": "acknowledged",
    "revision": 2,
    "acknowledged_at": "2026-11-22T09:15:00+07:00",
    "acknowledged_by": "Cán bộ Mẫu",
    "shelved_until": None,
    "closing_by": None,
    "explanation": None,
    "planned": None,
    "in_maintenance": None,
    "responses": {
        "raised_at": "2026-11-22T09:10:00+07:00",
        "received_at": "2026-11-22T09:15:00+07:00",
        "received_after": 300,
        "explained_at": None,
        "explained_after": None,
        "closed_at": None,
        "closed_after": None,
    },
}
_ACTION = {
    "id": 7,
    "seq": 4712,
    "at": "2026-11-22T09:15:00+07:00",
    "alert": "A12",
    "name": "Cán bộ Mẫu",
    "role": "city_officer",
    "act": "acknowledge",
    "body": {"text": None},
    "before": "unacknowledged",
    "after": "acknowledged",
}
_PLAN = {
    "id": 3,
    "kind": "maintenance",
    "state": "announced",
    "station": "m01",
    "cluster": "mau-01",
    "plant": "mau-01",
    "parameter": None,
    "announced_at": "2026-11-22T09:15:00+07:00",
    "start": "2026-11-23T08:00:00+07:00",
    "end": "2026-11-23T11:00:00+07:00",
    "ends": "2026-11-23T11:00:00+07:00",
    "reason": "Thay điện cực pH",
    "document": None,
    "name": "Vận hành Mẫu",
    "role": "operator",
    "ended": None,
    "simulated": True,
}


class Work(Shaped):
    """How far people are with an alert. `revision` rises with everything that happens to it."""

    model_config = example(_WORK)
    state: WorkState
    revision: int
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    shelved_until: AwareDatetime | None
    closing_by: str | None = Field(description="The first of two officers.")
    explanation: dict[str, Any] | None
    planned: int | None = Field(description="The announcement it is held by.")
    in_maintenance: int | None = Field(description="The announcement its interval met.")
    responses: dict[str, Any] = Field(description="Times, and seconds since it was raised.")


class Action(Shaped):
    """An act on record; of the monitor where the role is `monitor`."""

    model_config = example(_ACTION)
    id: int
    seq: int
    at: AwareDatetime
    alert: str
    name: str
    role: str
    act: str
    body: dict[str, Any]
    before: WorkState
    after: WorkState


class ListedAlert(Alert):
    """An interval of trouble, and how far people are with it."""

    model_config = example(ALERT | {"work": _WORK})
    work: Work | None


class WorkedAlert(ListedAlert):
    """An alert with its work, everything done about it, and its samples."""

    model_config = example(
        ALERT | {"work": _WORK, "actions": [_ACTION], "samples": [], "camera": None}
    )
    actions: list[Action]
    samples: list[dict[str, Any]] = Field(
        description="bottle, requested_at, taken_at, results: value beside online, deviation in %."
    )
    camera: str | None


class AlertPage(Shaped):
    """Alerts, newest first."""

    model_config = example({"items": [ALERT | {"work": _WORK}], "next": None})
    items: list[ListedAlert]
    next: str | None = Next


class ActionPage(Shaped):
    """Everything done about an alert, oldest first, all on one page."""

    items: list[Action]
    next: None


class Plan(Shaped):
    """Announced maintenance or a station out of service; `ends` is when it really ends."""

    model_config = example(_PLAN)
    id: int
    kind: Literal["maintenance", "out_of_service"]
    state: Literal["announced", "under_way", "over", "cancelled"]
    station: str
    cluster: str
    parameter: str | None
    announced_at: AwareDatetime
    start: AwareDatetime
    end: AwareDatetime | None
    ends: AwareDatetime | None
    reason: str
    document: str | None
    name: str
    role: str
    ended: dict[str, Any] | None
    simulated: bool


class PlanPage(Shaped):
    """Announcements, newest first."""

    items: list[Plan]
    next: str | None = Next

"""The shapes of the register: entries, previews, and what is sent to undo one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes import Shaped, example
from rules.days import rfc3339
from tolich.ports import Shape
from tolich.registering import Entry, Preview

_PLANT = {"cluster": "ccn-mau-01", "name": "Nhà máy CCN Mẫu 01", "capacity": 500}
CHANGES = {"document": "Quyết định 12/QĐ-MAU", "plants": {"mau-01": _PLANT}}
_ENTRY = {
    "kind": "plants", "id": "mau-01", "number": 17, "body": _PLANT,
    "entered_at": "2026-11-22T08:35:00+07:00", "by": "Sở (mẫu)",
    "document": "Quyết định 12/QĐ-MAU",
}  # fmt: skip
_CHANGE = {"kind": "plants", "id": "mau-01", "what": "new", "before": None, "after": _PLANT}
_PROBLEM = {"place": "plants.mau-01.capacity", "detail": "a number is required here"}
_NOTE = "gpmt-01: basis was not typed from the permit: unverified default"


class RegisterEntry(Shaped):
    """One dated row of the register."""

    model_config = example(_ENTRY)
    kind: str
    id: str
    number: int
    body: dict[str, Any] | None
    entered_at: str
    by: str
    document: str


class EntryPage(Shaped):
    """Rows of the register."""

    model_config = example({"items": [_ENTRY], "next": None})
    items: list[RegisterEntry]
    next: str | None


class RegisterChange(Shaped):
    """What becomes of one entry."""

    model_config = example(_CHANGE)
    kind: str
    id: str
    what: Literal["new", "changed", "withdrawn"]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RegisterProblem(Shaped):
    """What is wrong with changes, and where."""

    model_config = example(_PROBLEM)
    place: str
    detail: str


class Previewed(Shaped):
    """What changes do, or did: `number` is that of the newest row they were compared with."""

    model_config = example(
        {"changes": [_CHANGE], "problems": [_PROBLEM], "notes": [_NOTE], "number": 17}
    )
    changes: list[RegisterChange]
    problems: list[RegisterProblem]
    notes: list[str]
    number: int


class Undoing(BaseModel):
    """Why an entry is to be what it was before."""

    model_config = ConfigDict(
        extra="forbid", strict=True,
        json_schema_extra={"example": {"document": "nhập nhầm", "seen": 17}},
    )  # fmt: skip
    document: str = Field(min_length=1, max_length=500)
    seen: int | None = Field(None, ge=0, le=2**63 - 1)


def entry_shape(of: Entry) -> Shape:
    """A row as it is answered."""
    return {
        "kind": of.kind, "id": of.id, "number": of.number, "body": _plain(of.body),
        "entered_at": rfc3339(of.entered_at), "by": of.by, "document": of.document,
    }  # fmt: skip


def preview_shape(of: Preview) -> Shape:
    """A preview as it is answered."""
    changes = [
        {
            "kind": one.kind, "id": one.id, "what": one.what, "before": _plain(one.before),
            "after": _plain(one.after),
        }
        for one in of.changes
    ]  # fmt: skip
    problems = [{"place": one.key, "detail": one.message} for one in of.problems]
    return {"changes": changes, "problems": problems, "notes": list(of.notes), "number": of.number}


def _plain(value: Any) -> Any:
    """Numbers as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value

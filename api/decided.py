"""Shapes of what officers decide about readings, and of how a verdict came to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.asked import Asked
from api.asking import GREATEST, Bound, Instant
from api.examples import AMEND, AMENDMENT, REVISION
from rules.amendments import Act
from rules.model import Outcome, Reason

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=2000)]


class Decision(Asked):
    """What an officer decides about readings of one series."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": AMEND})
    station: Line
    parameter: Line
    act: Act = Field(
        description="exclude: they do not count; confirm: they count, and no other value of "
        "their instants; value: this value counts instead; reverse: an earlier one ends."
    )
    reason: Line = Field(description="Why; kept for good and shown with every change.")
    start: Bound | None = Field(None, alias="from", description="Observed not before this.")
    to: Bound | None = Field(None, description="Observed before this.")
    at: Instant | None = Field(None, description="Observed at this second; instead of both.")
    value: Annotated[Decimal, Field(max_digits=18, decimal_places=9)] | None = Field(
        None, description="For value: what counts. Else which of several values is meant."
    )
    unit: Line | None = Field(None, description="Of the value; the parameter's own if absent.")
    reverses: int | None = Field(None, ge=1, le=GREATEST, description="Which one ends.")
    document: Line | None = Field(None, description="What it rests on: a record, its number.")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Amendment(_Shape):
    """A decision on record. `reversed_by` names the one that ended it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": AMENDMENT})
    id: int
    entered_at: AwareDatetime
    station: str
    cluster: str
    parameter: str
    act: Act
    start: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    value: float | None
    unit: str | None
    reverses: int | None
    reversed_by: int | None
    author: str
    reason: str
    document: str | None
    simulated: bool


class AmendmentPage(_Shape):
    """Amendments, newest first."""

    items: list[Amendment]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null at the end.")


class Revision(_Shape):
    """One revision of a finding, what is different from the one before, and why."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": REVISION})
    revision: int
    judged_at: AwareDatetime
    outcome: Outcome
    reason: Reason
    mean: float | None
    unit: str
    final: bool
    engine: str
    changed: dict[str, Any] = Field(description="Field to {before, after}; counts.valid is dotted.")
    cause: dict[str, Any] | None = Field(description="null for the first revision.")


class RevisionPage(_Shape):
    """Every revision of a finding, oldest first, all on one page."""

    items: list[Revision]
    next: None

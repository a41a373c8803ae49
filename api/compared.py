"""The shapes of a comparison, for the description of this API."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from api.examples import COMPARISON
from api.shapes import Limit
from rules.model import Outcome, Reason


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Side(_Open):
    """What one side says of a finding."""

    outcome: Outcome
    reason: Reason
    mean: float | None
    unit: str
    limit: Limit | None


class FindingDifference(_Open):
    """A finding whose outcome differs; a side that owes none is null."""

    id: str
    station: str
    parameter: str
    period: str
    start: AwareDatetime
    end: AwareDatetime
    today: Side | None
    what_if: Side | None


class Counted(_Open):
    """Closed findings by outcome on both sides, and how many differ."""

    today: dict[Outcome, int]
    what_if: dict[Outcome, int]
    differing: int


class SeriesCounted(Counted):
    """The same for one series and period length."""

    station: str
    cluster: str
    plant: str
    parameter: str
    period: str


class Comparison(_Open):
    """Stored history by today's register and by what was asked about, side by side."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": COMPARISON})
    station_days: int
    periods: dict[str, Counted]
    series: list[SeriesCounted]
    differences: list[FindingDifference]

"""The shapes of answers, for the description of this API (OpenAPI).

The store already answers in these shapes, so they are documentation that the tests hold
against every answer, and cost nothing when a page of a thousand findings is sent. Names may
be added by an answer; those listed here are never renamed.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.examples import ALERT, FINDING, LIMIT, OUTLOOK, REJECTION, TRANSITION
from rules.forecast import Certain, Level, Stage, Withheld
from rules.model import AlertKind, Change, Outcome, Reason, Severity, Verification


class Shaped(BaseModel):
    """A shape that may gain names, never lose them."""

    model_config = ConfigDict(extra="allow")


def example(shown: dict[str, Any]) -> ConfigDict:
    """The configuration of a shape with its example."""
    return ConfigDict(extra="allow", json_schema_extra={"example": shown})


def _page(shown: dict[str, Any]) -> ConfigDict:
    return example({"items": [shown], "next": None})


Next = Field(description="Pass it as `cursor` for the next page; null at the end.")


class Problem(Shaped):
    """An error, as RFC 9457 has it."""

    model_config = example(
        {
            "type": "/docs#problem-unknown-parameter",
            "title": "Unknown query parameter",
            "status": 400,
            "detail": "this endpoint takes no 'staton'; did you mean 'station'?",
            "instance": "/api/v1/findings",
            "parameter": "staton",
        }
    )
    type: str
    title: str
    status: int
    detail: str
    instance: str


class Words(Shaped):
    """The same in Vietnamese and in English."""

    vi: str
    en: str


class Latest(Shaped):
    """The newest reading of one parameter of a station."""

    parameter: str
    name: Words
    unit: str
    value: float | None
    status: str | None
    observed_at: AwareDatetime | None


class Station(Shaped):
    """A monitoring station, how it is, and the newest it sent."""

    model_config = example(
        {
            "id": "m01",
            "name": "CCN Mẫu 01, cửa xả",
            "plant": "mau-01",
            "plant_name": "Trạm xử lý CCN Mẫu 01",
            "cluster": "mau-01",
            "cluster_name": "CCN Mẫu 01",
            "state": "early_warning",
            "last_heard": "2026-11-22T08:35:02+07:00",
            "interval": 60,
            "timestamp_means": "start",
            "active_alerts": 1,
            "simulated": True,
            "parameters": [
                {
                    "parameter": "COD",
                    "name": {"vi": "COD", "en": "Chemical oxygen demand"},
                    "unit": "mg/L",
                    "value": 61.5,
                    "status": "00",
                    "observed_at": "2026-11-22T08:35:00+07:00",
                }
            ],
        }
    )
    id: str
    name: str
    plant: str
    cluster: str
    state: str = Field(description="One word for a map or a list, the most pressing first.")
    last_heard: AwareDatetime | None
    interval: int = Field(description="Seconds between readings.")
    active_alerts: int
    simulated: bool
    parameters: list[Latest]


class Reading(Shaped):
    """One measurement as it was received."""

    model_config = example(
        {
            "station": "m01",
            "cluster": "mau-01",
            "parameter": "COD",
            "observed_at": "2026-11-22T08:35:00+07:00",
            "received_at": "2026-11-22T08:35:02+07:00",
            "value": 61.5,
            "unit": "mg/L",
            "status": "00",
            "source": "mqtt",
            "simulated": True,
        }
    )
    station: str
    parameter: str
    observed_at: AwareDatetime
    received_at: AwareDatetime
    value: float
    unit: str
    status: str = Field(description="00 measuring, 01 calibrating, 02 device error, or unknown.")


class Limit(Shaped):
    """What a finding was compared with, and where that number comes from."""

    low: float | None
    high: float | None
    unit: str
    citation: str
    trace: list[str]
    verification: Verification


class Counts(Shaped):
    """Slots of a period by what was in them."""

    expected: int
    received: int
    valid: int
    calibrating: int
    faulty: int
    failed: int
    conflicting: int
    unknown: int


class Finding(Shaped):
    """The verdict on one series and one period, at one revision."""

    model_config = example(FINDING)
    id: str
    station: str
    cluster: str
    parameter: str
    period: str
    start: AwareDatetime
    end: AwareDatetime
    outcome: Outcome
    reason: Reason
    mean: float | None
    unit: str
    ratio: float | None = Field(description="Mean over limit; null for pH.")
    limit: Limit | None
    counts: Counts
    completeness: float = Field(description="Valid over expected slots, 0 to 1.")
    revision: int
    final: bool = Field(description="false while the period is open.")
    engine: str
    judged_at: AwareDatetime
    simulated: bool


class Alert(Shaped):
    """An interval of trouble."""

    model_config = example(ALERT)
    id: str
    kind: AlertKind
    severity: Severity
    state: str
    station: str
    cluster: str
    parameter: str | None
    period: str | None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    finding: str | None
    subject: str | None = Field(description="What about an instrument: fault, clock ...")
    part_of: str | None = Field(description="The outage a silence belongs to.")
    simulated: bool


class Transition(Shaped):
    """A change of an alert or a finding, as it stands on record."""

    model_config = example(TRANSITION)
    seq: int
    at: AwareDatetime
    change: Change
    alert: str | None
    finding: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    cause: dict[str, Any] | None


class Outlook(Shaped):
    """How the mean of the day under way is likely to end: for operation only, no verdict."""

    model_config = example(OUTLOOK)
    station: str
    cluster: str
    parameter: str
    at: AwareDatetime
    for_operation_only: Literal[True]
    state: Stage
    reason: Withheld | None = Field(description="Why there is no probability.")
    probability: float | None = Field(ge=0, le=1)
    level: Level | None
    certain: Certain | None
    mean_so_far: float | None
    forecast: float | None
    required_remaining_mean: float | None = Field(
        description="The rest of the day at this mean ends it exactly at the limit."
    )
    unit: str
    limit: Limit | None
    valid: int
    elapsed: int
    expected: int
    history_days: int
    summary: Words
    simulated: bool


class Rejection(Shaped):
    """Why something was not understood, and how to mend it."""

    model_config = example(REJECTION)
    reason: str
    detail: str
    remedy: Words
    index: int | None = Field(description="Which reading or line; null: the whole message.")


class Rejected(Rejection):
    """A rejection on record, with the first of its bytes."""

    model_config = example(
        {
            **REJECTION,
            "id": 7,
            "received_at": "2026-11-22T08:35:02+07:00",
            "source": "mqtt",
            "topic": "tolich/v1/mau-01/m01/readings",
            "cluster": "mau-01",
            "station": "m01",
            "payload": '{"ts": ...',
            "length": 312,
            "hash": "9f2c...",
        }
    )
    received_at: AwareDatetime
    source: str
    topic: str
    station: str | None
    payload: str
    length: int


class Accepted(Shaped):
    """What became of a message, once it is on disk."""

    model_config = example({"accepted": 7, "rejected": [REJECTION], "rejected_count": 1})
    accepted: int
    rejected: list[Rejection]
    rejected_count: int


class Regulation(Shaped):
    """A national technical regulation, and how well its text is known."""

    model_config = example(
        {
            "id": "QCVN 40:2011/BTNMT",
            "version": "1",
            "title": {"vi": "Nước thải công nghiệp", "en": "Industrial wastewater"},
            "effective": "2012-02-15",
            "factors": ["Kq", "Kf"],
            "loaded": True,
        }
    )
    id: str
    version: str
    title: Words
    loaded: bool = Field(description="false: its tables are not known here; it decides nothing.")


class Permit(Shaped):
    """What binds one plant from a date, and the limits that follow."""

    model_config = example(
        {
            "id": "mau-01-2025",
            "plant": "mau-01",
            "cluster": "mau-01",
            "document": "Giấy phép môi trường",
            "number": "12/GPMT",
            "date": "2025-03-01",
            "page": "4",
            "from": "2025-03-15",
            "until": None,
            "limits": {"COD": LIMIT, "NH4": None},
            "warnings": ["basis was not typed from the permit: unverified default"],
        }
    )
    id: str
    plant: str
    document: str
    number: str
    limits: dict[str, Limit | None]
    warnings: list[str]


class Alive(Shaped):
    """The process answers."""

    model_config = example({"status": "alive"})
    status: Literal["alive"]


class Health(Shaped):
    """Whether the writer lives and the store is sound."""

    model_config = example({"status": "green", "reasons": [], "seq": 4711})
    status: Literal["green", "red"]
    reasons: list[str]


class StationPage(Shaped):
    """Stations by id."""

    items: list[Station]
    next: str | None = Next


class ReadingPage(Shaped):
    """Readings, newest first."""

    items: list[Reading]
    next: str | None = Next


class OutlookPage(Shaped):
    """Outlooks of one station, in the order of its parameters."""

    model_config = _page(OUTLOOK)
    items: list[Outlook]
    next: str | None = Next


class FindingPage(Shaped):
    """Findings, newest first."""

    model_config = _page(FINDING)
    items: list[Finding]
    next: str | None = Next


class AlertPage(Shaped):
    """Alerts, newest first."""

    model_config = _page(ALERT)
    items: list[Alert]
    next: str | None = Next


class TransitionPage(Shaped):
    """Transitions, oldest first."""

    model_config = _page(TRANSITION)
    items: list[Transition]
    next: str | None = Field(description="Pass it as `after` for the next page; null at the end.")


class RejectedPage(Shaped):
    """Rejections, newest first."""

    items: list[Rejected]
    next: str | None = Next


class RegulationPage(Shaped):
    """Regulations by id."""

    items: list[Regulation]
    next: str | None = Next


class PermitPage(Shaped):
    """Permits by id."""

    items: list[Permit]
    next: str | None = Next

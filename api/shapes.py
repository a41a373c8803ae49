"""The shapes of answers, for the description of this API (OpenAPI).

The store already answers in these shapes, so they are documentation that the tests hold
against every answer, and cost nothing when a page of a thousand findings is sent. Names may
be added by an answer; those listed here are never renamed.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.examples import ALERT, END, FINDING, LIMIT, OUTLOOK, REJECTION, START, TRANSITION
from rules.forecast import Certain, Level, Stage, Withheld
from rules.model import AlertKind, Change, Outcome, Reason, Severity, Verification


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="allow", json_schema_extra={"example": example})


def _page(example: dict[str, Any]) -> ConfigDict:
    return _example({"items": [example], "next": None})


Next = Field(description="Pass it as `cursor` for the next page; null at the end.")


class Problem(_Shape):
    """An error, as RFC 9457 has it."""

    model_config = _example(
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


class Words(_Shape):
    """The same in Vietnamese and in English."""

    vi: str
    en: str


class Latest(_Shape):
    """The newest reading of one parameter of a station."""

    parameter: str
    name: Words
    unit: str
    value: float | None
    status: str | None
    observed_at: AwareDatetime | None


class Station(_Shape):
    """A monitoring station, how it is, and the newest it sent."""

    model_config = _example(
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


class Reading(_Shape):
    """One measurement as it was received."""

    model_config = _example(
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


class Limit(_Shape):
    """What a finding was compared with, and where that number comes from."""

    low: float | None
    high: float | None
    unit: str
    citation: str
    trace: list[str]
    verification: Verification


class Counts(_Shape):
    """Slots of a period by what was in them."""

    expected: int
    received: int
    valid: int
    calibrating: int
    faulty: int
    failed: int
    conflicting: int
    unknown: int


class Finding(_Shape):
    """The verdict on one series and one period, at one revision."""

    model_config = _example(FINDING)
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


class Alert(_Shape):
    """An interval of trouble."""

    model_config = _example(ALERT)
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


class Transition(_Shape):
    """A change of an alert or a finding, as it stands on record."""

    model_config = _example(TRANSITION)
    seq: int
    at: AwareDatetime
    change: Change
    alert: str | None
    finding: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    cause: dict[str, Any] | None


class Judged(_Shape):
    """One reading as a finding saw it."""

    parameter: str | None = Field(
        default=None, description="Of a load or a volume: which of its components was read."
    )
    observed_at: AwareDatetime
    received_at: AwareDatetime | None
    value: float
    used: float | None = Field(description="What counted; null: it did not count.")
    status: str
    flag: int = Field(description="QARTOD: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.")
    tests: list[str]
    not_evaluated: list[str] = Field(description="Checks that could not be made.")
    counted: bool
    reason: str
    amendment: dict[str, Any] | None = Field(description="What an officer decided about it.")


class Component(_Shape):
    """One of the series that a load or a volume is made of."""

    parameter: str
    unit: str
    finding: str | None = Field(description="Its own finding of the period; null: it owes none.")


class Why(_Shape):
    """The explanation of a finding or an alert."""

    model_config = _example(
        {
            "summary": {
                "vi": "CCN Mẫu 01, COD, giờ 08:00 22/11/2026: cảnh báo sớm ...",
                "en": "CCN Mẫu 01, COD, hour 08:00 22/11/2026: early warning ...",
            },
            "formula": "sum 5292.5 > limit 75 x n 58 = 4350 mg/L",
            "comparison": {
                "vi": "tổng 5292,5 > giới hạn 75 x n 58 = 4350 mg/L",
                "en": "sum 5292.5 > limit 75 x n 58 = 4350 mg/L",
            },
            "limit": LIMIT,
            "window": {
                "start": START,
                "end": END,
                "interval": 60,
                "timestamp_means": "start",
                "completeness_required": 0.8,
                "basis": "day",
            },
            "readings": [
                {
                    "observed_at": "2026-11-22T08:35:00+07:00",
                    "received_at": "2026-11-22T08:35:02+07:00",
                    "value": 91.5,
                    "used": 91.5,
                    "status": "00",
                    "flag": 1,
                    "tests": [],
                    "not_evaluated": [],
                    "counted": True,
                    "reason": "counted",
                    "amendment": None,
                }
            ],
            "amendments": [],
            "versions": {"engine": "1.0"},
        }
    )
    summary: Words
    formula: str
    comparison: Words = Field(description="The formula in the words of both languages.")
    limit: Limit | None
    window: dict[str, Any]
    readings: list[Judged]
    amendments: list[dict[str, Any]] = Field(description="Of its readings; `holds` or taken back.")
    components: list[Component] | None = Field(
        default=None, description="Of a load or a volume alone: what it is made of."
    )
    versions: dict[str, Any]


class Outlook(_Shape):
    """How the mean of the day under way is likely to end: for operation only, no verdict."""

    model_config = _example(OUTLOOK)
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


class Rejection(_Shape):
    """Why something was not understood, and how to mend it."""

    model_config = _example(REJECTION)
    reason: str
    detail: str
    remedy: Words
    index: int | None = Field(description="Which reading or line; null: the whole message.")


class Rejected(Rejection):
    """A rejection on record, with the first of its bytes."""

    model_config = _example(
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


class Accepted(_Shape):
    """What became of a message, once it is on disk."""

    model_config = _example({"accepted": 7, "rejected": [REJECTION], "rejected_count": 1})
    accepted: int
    rejected: list[Rejection]
    rejected_count: int


class Regulation(_Shape):
    """A national technical regulation, and how well its text is known."""

    model_config = _example(
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


class Permit(_Shape):
    """What binds one plant from a date, and the limits that follow."""

    model_config = _example(
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


class Me(_Shape):
    """Who is asking, and what they may see."""

    model_config = _example({"account": None, "scope": "all"})
    account: dict[str, Any] | None
    scope: Literal["all"] | dict[str, list[str] | None]


class Alive(_Shape):
    """The process answers."""

    model_config = _example({"status": "alive"})
    status: Literal["alive"]


class Health(_Shape):
    """Whether the writer lives and the store is sound."""

    model_config = _example({"status": "green", "reasons": [], "seq": 4711})
    status: Literal["green", "red"]
    reasons: list[str]


class StationPage(_Shape):
    """Stations by id."""

    items: list[Station]
    next: str | None = Next


class ReadingPage(_Shape):
    """Readings, newest first."""

    items: list[Reading]
    next: str | None = Next


class OutlookPage(_Shape):
    """Outlooks of one station, in the order of its parameters."""

    model_config = _page(OUTLOOK)
    items: list[Outlook]
    next: str | None = Next


class FindingPage(_Shape):
    """Findings, newest first."""

    model_config = _page(FINDING)
    items: list[Finding]
    next: str | None = Next


class AlertPage(_Shape):
    """Alerts, newest first."""

    model_config = _page(ALERT)
    items: list[Alert]
    next: str | None = Next


class TransitionPage(_Shape):
    """Transitions, oldest first."""

    model_config = _page(TRANSITION)
    items: list[Transition]
    next: str | None = Field(description="Pass it as `after` for the next page; null at the end.")


class RejectedPage(_Shape):
    """Rejections, newest first."""

    items: list[Rejected]
    next: str | None = Next


class RegulationPage(_Shape):
    """Regulations by id."""

    items: list[Regulation]
    next: str | None = Next


class PermitPage(_Shape):
    """Permits by id."""

    items: list[Permit]
    next: str | None = Next

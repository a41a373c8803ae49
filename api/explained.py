"""The shape of an explanation: every reading of a finding, the comparison, the versions."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from api.examples import END, LIMIT, START
from api.shapes import Limit, Shaped, Words, example


class Judged(Shaped):
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


class Component(Shaped):
    """One of the series that a load or a volume is made of."""

    parameter: str
    unit: str
    finding: str | None = Field(description="Its own finding of the period; null: it owes none.")


class Why(Shaped):
    """The explanation of a finding or an alert."""

    model_config = example(
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

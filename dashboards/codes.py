"""The numbers that stand for words in InfluxDB, and how Grafana shows them again.

Codes are written once and read for years: a number is never given a new meaning, new words
get new numbers. States rise with what needs attention, so that `max(state)` over the
parameters of a plant is the plant's worst: a plant without enough data never looks compliant.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from rules.model import HOUR, Outcome, Reason, Severity, Status

OUTCOMES: Mapping[Outcome, int] = MappingProxyType(
    {
        Outcome.NOT_APPLICABLE: 1,
        Outcome.COMPLIANT: 2,
        Outcome.NOT_ASSESSABLE: 3,
        Outcome.NEAR: 4,
        Outcome.EXCEEDED: 5,
    }
)

REASONS: Mapping[Reason, int] = MappingProxyType(
    {
        Reason.WITHIN_LIMIT: 1,
        Reason.NEAR_LIMIT: 2,
        Reason.ABOVE_LIMIT: 3,
        Reason.BELOW_LIMIT: 4,
        Reason.HOUR_OUTSIDE: 5,
        Reason.PROVEN: 6,
        Reason.PERIOD_OPEN: 7,
        Reason.NO_DATA: 8,
        Reason.INSUFFICIENT_DATA: 9,
        Reason.CONTESTED: 10,
        Reason.LIMIT_MISSING: 11,
        Reason.INTERNAL_ERROR: 12,
        Reason.NO_PERMIT: 13,
        Reason.NO_DISCHARGE: 14,
    }
)

SEVERITIES: Mapping[Severity, int] = MappingProxyType(
    {Severity.INFO: 1, Severity.WARNING: 2, Severity.MAJOR: 3, Severity.CRITICAL: 4}
)

ALERT_STATES: Mapping[str, int] = MappingProxyType({"active": 1, "ended": 2, "withdrawn": 3})
MOVED = ALERT_STATES["withdrawn"]
"""What is left where an alert began before late data gave it another start."""

SENTINEL = -1.0
"""Stands for a number that a finding does not have. InfluxDB cannot unset a field: one that
is left out keeps the value of the revision before. Ask for `assessable = 1` before a mean."""


class State(Enum):
    """What an officer sees of a finding: code, mark, words and colour."""

    NOT_APPLICABLE = (10, "–", "Không áp dụng", "Not applicable", "#BDBDBD")
    WITHIN = (20, "✓", "Trong giới hạn", "Within limit", "#2E7D32")
    LIMIT_MISSING = (30, "?", "Chưa có giới hạn", "Limit not loaded", "#90A4AE")
    NOT_ASSESSABLE = (
        40, "?", "Không đủ dữ liệu để đánh giá", "Not enough data to assess", "#546E7A",
    )  # fmt: skip
    NEAR = (50, "↗", "Gần giới hạn (≥ 90 %)", "Near limit (≥ 90 %)", "#FB8C00")
    CONTESTED = (60, "≠", "Chờ xác minh", "Awaiting verification", "#6A1B9A")
    EARLY_WARNING = (
        70, "!", "Cảnh báo sớm: trung bình giờ vượt giới hạn",
        "Early warning: hourly mean over the limit", "#EF9A9A",
    )  # fmt: skip
    SUSPECTED = (80, "!", "Nghi vượt giới hạn", "Suspected exceedance", "#C62828")

    def __init__(self, code: int, mark: str, vi: str, en: str, colour: str) -> None:
        self.code = code
        self.mark = mark
        self.vi = vi
        self.en = en
        self.colour = colour

    @property
    def label(self) -> str:
        """Mark and words in both languages: colour alone never says it."""
        return f"{self.mark} {self.vi} / {self.en}"


_STATE_OF_OUTCOME: Mapping[Outcome, State] = {
    Outcome.NOT_APPLICABLE: State.NOT_APPLICABLE,
    Outcome.COMPLIANT: State.WITHIN,
    Outcome.NOT_ASSESSABLE: State.NOT_ASSESSABLE,
    Outcome.NEAR: State.NEAR,
    Outcome.EXCEEDED: State.SUSPECTED,
}
_STATE_OF_REASON: Mapping[Reason, State] = {
    Reason.CONTESTED: State.CONTESTED,
    Reason.LIMIT_MISSING: State.LIMIT_MISSING,
}

ASSESSED = frozenset({Outcome.COMPLIANT, Outcome.NEAR, Outcome.EXCEEDED})


def state_of(outcome: Outcome, reason: Reason, period: str) -> State:
    """The state to show; an exceeded hour is an early warning, a longer period a suspicion."""
    if outcome is Outcome.EXCEEDED and period == HOUR.name:
        return State.EARLY_WARNING
    if outcome is Outcome.NOT_ASSESSABLE:
        return _STATE_OF_REASON.get(reason, State.NOT_ASSESSABLE)
    return _STATE_OF_OUTCOME[outcome]


_STATUSES: Mapping[str, Status] = {
    "00": Status.MEASURING,
    "01": Status.CALIBRATING,
    "02": Status.FAULT,
}


def status_code(status: int | str) -> int:
    """A reading's status as `rules.model.Status` counts it, or the logger's two digits.

    Any other digits are UNKNOWN; any other number raises ValueError.
    """
    if isinstance(status, str):
        return int(_STATUSES.get(status, Status.UNKNOWN))
    if isinstance(status, bool):
        raise ValueError(f"{status} is not a status")
    return int(Status(status))

"""States as people see them: mark, words and a colour; never the colour alone.

The order is that of every list: what needs attention first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from api.console.both import Both
from tolich.ports import Shape


class Mark(Enum):
    """One state: its sign, its words, and whether it needs somebody."""

    NO_SIGNAL = ("no-signal", "⌁", Both("Mất tín hiệu", "No signal"))
    SUSPECTED = ("suspected", "!", Both("Nghi vượt giới hạn", "Suspected exceedance"))
    EARLY = ("early", "!", Both("Cảnh báo sớm", "Early warning"))
    CONTESTED = ("contested", "≠", Both("Chờ xác minh", "Awaiting verification"))
    NEAR = ("near", "↗", Both("Gần giới hạn", "Near limit"))
    FAULT = ("fault", "✕", Both("Lỗi thiết bị", "Device error"))
    CALIBRATING = ("calibrating", "⟳", Both("Hiệu chuẩn", "Calibration"))
    MAINTENANCE = ("maintenance", "⚒", Both("Trong kỳ bảo trì", "In announced maintenance"))
    UNASSESSED = (
        "unassessed", "?", Both("Không đủ dữ liệu để đánh giá", "Not enough data to assess"),
    )  # fmt: skip
    NO_LIMIT = ("no-limit", "?", Both("Chưa có giới hạn", "Limit not loaded"))
    WITHIN = ("within", "✓", Both("Trong giới hạn", "Within limit"))
    NOT_APPLICABLE = ("not-applicable", "–", Both("Không áp dụng", "Not applicable"))

    def __init__(self, css: str, sign: str, words: Both) -> None:
        self.css = css
        self.sign = sign
        self.words = words

    @property
    def rank(self) -> int:
        """Its place in a list, the most pressing first."""
        return _ORDER[self]


_ORDER = {mark: place for place, mark in enumerate(Mark)}

_OF_OUTCOME: Mapping[str, Mark] = {
    "compliant": Mark.WITHIN,
    "near": Mark.NEAR,
    "not_assessable": Mark.UNASSESSED,
    "not_applicable": Mark.NOT_APPLICABLE,
}
_OF_REASON: Mapping[str, Mark] = {
    "limit_missing": Mark.NO_LIMIT,
    "contested": Mark.CONTESTED,
}
_OF_STATUS: Mapping[str, Mark] = {"01": Mark.CALIBRATING, "02": Mark.FAULT}
_OF_STATION: Mapping[str, Mark] = {
    "no_signal": Mark.NO_SIGNAL,
    "suspected_exceedance": Mark.SUSPECTED,
    "early_warning": Mark.EARLY,
    "awaiting_verification": Mark.CONTESTED,
    "near": Mark.NEAR,
}


def of_finding(outcome: str, reason: str, period: str) -> Mark:
    """The state of a finding; an exceeded hour is an early warning, a longer period a suspicion."""
    if outcome == "exceeded":
        return Mark.EARLY if period == "hour" else Mark.SUSPECTED
    if outcome == "not_assessable":
        return _OF_REASON.get(reason, Mark.UNASSESSED)
    return _OF_OUTCOME[outcome]


def of_parameter(one: Shape, sight: Shape) -> Mark:
    """The state of one parameter of a station's sight.

    Its alerts come first; where nothing arrives no earlier hour makes it look well; then the
    status of its newest reading, then its last closed hour.
    """
    pressing = _of_alerts([a for a in sight["alerts"] if a["parameter"] == one["parameter"]])
    if pressing is not None:
        return pressing
    if sight["state"] == "no_signal":
        return Mark.NO_SIGNAL
    if one["status"] in _OF_STATUS:
        return _OF_STATUS[one["status"]]
    if one["limit"] is None:
        return Mark.NO_LIMIT if one["hours"] or one["day"] else Mark.NOT_APPLICABLE
    if not one["hours"]:
        return Mark.UNASSESSED
    last = one["hours"][-1]
    return of_finding(last["outcome"], last["reason"], "hour")


def of_station(sight: Shape) -> Mark:
    """The state of a station: the word for it, else the worst of what has a limit."""
    named = _OF_STATION.get(sight["state"])
    if named is not None:
        return named
    limited = [one for one in sight["parameters"] if one["limit"] is not None]
    if not limited:
        return Mark.NO_LIMIT
    return min((of_parameter(one, sight) for one in limited), key=lambda mark: mark.rank)


def _of_alerts(alerts: list[Shape]) -> Mark | None:
    kinds = {(one["kind"], one["severity"]) for one in alerts}
    if ("exceedance", "critical") in kinds:
        return Mark.SUSPECTED
    if any(kind == "exceedance" for kind, _ in kinds):
        return Mark.EARLY
    if any(kind == "integrity" for kind, _ in kinds):
        return Mark.CONTESTED
    if any(kind == "silence" for kind, _ in kinds):
        return Mark.NO_SIGNAL
    return Mark.NEAR if any(kind == "near" for kind, _ in kinds) else None

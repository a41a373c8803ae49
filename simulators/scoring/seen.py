"""What the monitor said of a run, as far as it is scored; read from the shapes of its API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rules.days import HOUR_SECONDS, instant
from rules.model import Change, Outcome, Status, Test

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Shape = Mapping[str, Any]
Series = tuple[str, str]
"""Station and channel."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Every reading of one series as it was judged: columns, rising in time."""

    at: Ints
    value: Doubles  # in the parameter's unit
    status: Ints  # rules.model.Status
    tests: Ints  # failed or suspect: rules.model.Test
    counted: Mask
    contested: Mask

    @property
    def measuring(self) -> Mask:
        """Which call themselves a measurement."""
        found: Mask = self.status == Status.MEASURING
        return found


class Verdict(NamedTuple):
    """A day finding."""

    station: str
    channel: str
    day: int
    outcome: Outcome
    mean: float | None


class Missed(NamedTuple):
    """An hour finding that had fewer readings than it expected."""

    station: str
    channel: str
    start: int


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """An alert; `known` is when it was raised (plant time), `began` what it says it began."""

    id: str
    kind: str
    subject: str | None
    station: str
    channel: str | None
    period: str | None
    severity: str
    state: str
    began: int
    ended: int | None
    known: int

    @property
    def name(self) -> str:
        """What evidence it is: its kind, an instrument's by its subject, periods by length."""
        if self.kind == "instrument" and self.subject is not None:
            return f"instrument_{self.subject}"
        return self.kind if self.period is None else f"{self.kind}_{self.period}"


class Refusal(NamedTuple):
    """A message, or a reading of it, that was not understood."""

    station: str | None
    reason: str
    received: int


class Warned(NamedTuple):
    """An outlook at a checkpoint; `probability` None: none could be given."""

    station: str
    channel: str
    day: int
    at: int
    probability: float | None
    warns: bool  # amber, red, or certain to exceed


@dataclass(slots=True)
class Seen:
    """Everything together."""

    readings: dict[Series, Readings] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    alerts: list[SeenAlert] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)


def verdicts_of(findings: Iterable[Shape]) -> list[Verdict]:
    """Day findings from their shapes."""
    return [
        Verdict(
            one["station"], one["parameter"], moment(one["start"]), Outcome(one["outcome"]),
            one["mean"],
        )
        for one in findings
    ]  # fmt: skip


def missed_of(findings: Iterable[Shape]) -> list[Missed]:
    """The hours with fewer readings than expected, from hour findings."""
    return [
        Missed(one["station"], one["parameter"], moment(one["start"]))
        for one in findings
        if one["counts"]["received"] < one["counts"]["expected"]
    ]


def alerts_of(alerts: Iterable[Shape], transitions: Iterable[Shape]) -> list[SeenAlert]:
    """Alerts from their shapes; when each was raised stands in the transitions."""
    raised: dict[str, int] = {}
    for one in transitions:
        if one["alert"] is not None and one["change"] in (Change.RAISED, Change.RAISED_LATE):
            raised.setdefault(one["alert"], moment(one["at"]))
    return [
        SeenAlert(
            id=one["id"], kind=one["kind"], subject=one["subject"], station=one["station"],
            channel=one["parameter"], period=one["period"], severity=one["severity"],
            state=one["state"], began=moment(one["started_at"]),
            ended=None if one["ended_at"] is None else moment(one["ended_at"]),
            known=raised.get(one["id"], moment(one["started_at"])),
        )
        for one in alerts
    ]  # fmt: skip


def refusals_of(rejected: Iterable[Shape]) -> list[Refusal]:
    """Rejections from their shapes."""
    return [Refusal(one["station"], one["reason"], moment(one["received_at"])) for one in rejected]


def warned_of(outlooks: Iterable[Shape]) -> list[Warned]:
    """Outlooks from their shapes; those that say nothing of the day's end are left out."""
    return [
        Warned(
            one["station"], one["parameter"], moment(one["start"]), moment(one["at"]),
            one["probability"],
            one["level"] in ("amber", "red") or one["certain"] == "exceeding",
        )
        for one in outlooks
        if one["probability"] is not None or one["certain"] is not None
    ]  # fmt: skip


def readings_of(judged: Sequence[Shape]) -> Readings:
    """Readings from the explanations of findings (`why`), in any order; repeats count once."""
    rows = {
        (
            moment(one["observed_at"]), float(one["value"]), _status(one["status"]),
            sum(int(Test[name.upper()]) for name in one["tests"]),
            bool(one["counted"]), one["reason"] == "contested",
        )
        for one in judged
    }  # fmt: skip
    ordered = sorted(rows)
    columns = list(zip(*ordered, strict=True)) or [()] * 6
    return Readings(
        np.array(columns[0], np.int64), np.array(columns[1], np.float64),
        np.array(columns[2], np.int64), np.array(columns[3], np.int64),
        np.array(columns[4], np.bool_), np.array(columns[5], np.bool_),
    )  # fmt: skip


def _status(code: str) -> int:
    known = {"00": Status.MEASURING, "01": Status.CALIBRATING, "02": Status.FAULT}
    return int(known.get(code, Status.UNKNOWN))


def moment(said: str) -> int:
    """An RFC 3339 time as UTC epoch seconds."""
    return instant(datetime.fromisoformat(said))


def hour_of(at: int) -> int:
    """The start of the hour an instant lies in."""
    return at - at % HOUR_SECONDS

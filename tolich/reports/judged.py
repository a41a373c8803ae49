"""Findings and alerts as figures count them, made of the shapes that the API answers with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from rules.days import midnight
from tolich.ports import Shape


class Judged(NamedTuple):
    """A finding, as far as a report needs it. Times are UTC epoch seconds."""

    station: str
    parameter: str
    period: str
    start: int
    end: int
    id: str
    revision: int
    outcome: str
    reason: str
    mean: float | None
    unit: str
    low: float | None
    high: float | None
    citation: str
    counts: Mapping[str, int]
    final: bool
    judged_at: int
    engine: str
    version: int  # of engine and packs, as `made_with` numbers them

    @property
    def day(self) -> int:
        """The local midnight that opens its day."""
        return midnight(self.start)

    @property
    def named(self) -> str:
        """Its id with its revision, as the API takes them."""
        return f"{self.id}?revision={self.revision}"


class Trouble(NamedTuple):
    """An exceedance alert, and how long after it was raised people acted; None until they did."""

    id: str
    station: str
    parameter: str
    period: str
    state: str
    started: int
    ended: int | None
    received_after: int | None  # seconds
    closed_after: int | None

    def covers(self, finding: Judged) -> bool:
        """Whether a finding lies within this alert."""
        return (
            (self.station, self.parameter, self.period)
            == (finding.station, finding.parameter, finding.period)
            and self.started <= finding.start
            and (self.ended is None or finding.start < self.ended)
        )


def judged(shape: Shape, version: int) -> Judged:
    """A finding's shape as a value."""
    limit = shape["limit"] or {"low": None, "high": None, "citation": ""}
    return Judged(
        shape["station"],
        shape["parameter"],
        shape["period"],
        seconds(shape["start"]),
        seconds(shape["end"]),
        shape["id"],
        shape["revision"],
        shape["outcome"],
        shape["reason"],
        shape["mean"],
        shape["unit"],
        limit["low"],
        limit["high"],
        limit["citation"],
        shape["counts"],
        shape["final"],
        seconds(shape["judged_at"]),
        shape["engine"],
        version,
    )


def trouble(shape: Shape) -> Trouble:
    """An alert's shape as a value."""
    responses = (shape.get("work") or {}).get("responses") or {}
    ended = shape["ended_at"]
    return Trouble(
        shape["id"],
        shape["station"],
        shape["parameter"],
        shape["period"],
        shape["state"],
        seconds(shape["started_at"]),
        None if ended is None else seconds(ended),
        responses.get("received_after"),
        responses.get("closed_after"),
    )


def seconds(stamp: str) -> int:
    """An RFC 3339 time as UTC epoch seconds."""
    return int(datetime.fromisoformat(stamp).timestamp())

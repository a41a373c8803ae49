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
    """An exceedance alert; `received` and `closed` are what people did, where they did."""

    id: str
    station: str
    parameter: str
    period: str
    state: str
    started: int
    ended: int | None
    received: int | None
    closed: int | None

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
    done = shape.get("work") or {}
    ended, received, closed = (
        None if stamp is None else seconds(stamp)
        for stamp in (shape["ended_at"], done.get("acknowledged_at"), done.get("closed_at"))
    )
    return Trouble(
        shape["id"],
        shape["station"],
        shape["parameter"],
        shape["period"],
        shape["state"],
        seconds(shape["started_at"]),
        ended,
        received,
        closed,
    )


def seconds(stamp: str) -> int:
    """An RFC 3339 time as UTC epoch seconds."""
    return int(datetime.fromisoformat(stamp).timestamp())

"""Why a verdict got a new revision: what came since its day was last judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rules.amendments import Amendment
from rules.days import rfc3339
from rules.model import Finding, Parameter
from tolich.store.shapes import number, status_code
from tolich.windows import DayWindow

NAMED_READINGS = 5
"""How many of the readings behind a revision are spelled out; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A verdict that differs from what is on record."""

    window: DayWindow
    row: int
    column: int
    finding: Finding
    replaces: int | None
    closes: bool  # it was not final before and is now


def cause_of(one: Changed) -> dict[str, Any]:
    """What lies behind a revision, the nearest cause first.

    What was decided or received of the period itself; of another series in it (a flow that
    shows no discharge, a cross-check); its time had come; readings around it, by which the
    quality checks now see its own otherwise; none of all that: the terms of its open day
    changed (register, packs or engine).
    """
    window, found = one.window, one.finding
    if window.rejudged is not None:
        return {"kind": "rejudged", **window.rejudged}
    parameter = window.terms[one.row].parameter
    new = window.newcomers(one.row, found.start, found.end)
    readings = _named(new, parameter) if new else {}
    decided = window.decided(found.start, found.end)
    own = [decision for decision in decided if decision.series == found.series]
    if own:
        return _decided(own) | readings
    if new:
        return {"kind": "readings", **readings}
    if decided:
        return _decided(decided)
    if window.others(one.row, found.start, found.end):
        return {"kind": "other_series"}
    if one.closes:
        return {"kind": "closed"}
    return {"kind": "quality" if window.has_news() else "terms"}


def _decided(decided: Sequence[Amendment]) -> dict[str, Any]:
    """Several amendments are named; the words are those of the last."""
    last = decided[-1]
    ids = [one.id for one in decided]
    return {"kind": "amendment", "amendments": ids, "by": last.author, "reason": last.reason}


def _named(new: Sequence[tuple[int, int, int]], parameter: Parameter) -> dict[str, Any]:
    named = [
        {
            "observed_at": rfc3339(at),
            "value": number(parameter.decimal(value)),
            "status": status_code(status),
        }
        for at, value, status in new[:NAMED_READINGS]
    ]
    return {"count": len(new), "readings": named}

"""Entries of the record as the contract spells them, for invented plants."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.days import day_start, rfc3339
from tolich.ports import Entry

CLUSTER = "ccn-mau-01"
STATION = "MAU01"
DAY_ONE = day_start(date(2026, 11, 20))
DAY = 86400


def finding(seq: int = 1, **changes: Any) -> Entry:
    """A day of COD within its limit; `changes` replace keys, `start` is epoch seconds."""
    start = changes.pop("start", DAY_ONE)
    counts = {
        "expected": 288,
        "received": 288,
        "valid": 288,
        "calibrating": 0,
        "faulty": 0,
        "failed": 0,
        "unknown": 0,
        "conflicting": 0,
    } | changes.pop("counts", {})
    content = {
        "id": f"{STATION}:COD:day:{rfc3339(start)}",
        "station": STATION,
        "cluster": CLUSTER,
        "parameter": "COD",
        "period": "day",
        "start": rfc3339(start),
        "end": rfc3339(start + DAY),
        "outcome": "compliant",
        "reason": "within_limit",
        "mean": 61,
        "unit": "mg/L",
        "ratio": 0.61,
        "limit": {"low": None, "high": 100, "unit": "mg/L", "citation": "GPMT mẫu"},
        "counts": counts,
        "completeness": 1,
        "revision": 1,
        "final": True,
        "engine": "1.0",
        "judged_at": rfc3339(start + DAY + 600),
        "simulated": True,
    }
    return Entry(seq, "finding", content | changes)


def exceeded(seq: int = 1, **changes: Any) -> Entry:
    """A day of COD at 1.5 times its limit."""
    over = {"outcome": "exceeded", "reason": "above_limit", "mean": 150.5, "ratio": 1.505}
    return finding(seq, **(over | changes))


def silent(seq: int = 1, **changes: Any) -> Entry:
    """A day of which nothing arrived."""
    nothing = {
        "outcome": "not_assessable",
        "reason": "no_data",
        "mean": None,
        "ratio": None,
        "counts": {"received": 0, "valid": 0},
        "completeness": 0,
    }
    return finding(seq, **(nothing | changes))


def batch(seq: int = 1, *rows: dict[str, Any]) -> Entry:
    """A batch of readings."""
    return Entry(seq, "batch", {"readings": list(rows)})


def reading(**changes: Any) -> dict[str, Any]:
    """A row of a batch: COD of 61.5 mg/L at the start of the day."""
    return {
        "station": STATION,
        "cluster": CLUSTER,
        "parameter": "COD",
        "observed_at": DAY_ONE,
        "received_at": DAY_ONE + 3,
        "value": 61.5,
        "unit": "mg/L",
        "status": 0,
    } | changes


def transition(seq: int = 1, **changes: Any) -> Entry:
    """An alert on a day's COD is raised."""
    content = {
        "seq": seq,
        "at": rfc3339(DAY_ONE + DAY + 600),
        "change": "raised",
        "station": STATION,
        "alert": "A7",
        "finding": f"{STATION}:COD:day:{rfc3339(DAY_ONE)}",
        "before": None,
        "after": {
            "kind": "exceedance",
            "state": "active",
            "severity": "critical",
            "started_at": rfc3339(DAY_ONE),
            "ended_at": None,
        },
        "cause": {},
    }
    return Entry(seq, "transition", content | changes)


def rejection(seq: int = 1, **changes: Any) -> Entry:
    """A message that could not be understood."""
    content = {
        "id": 7,
        "received_at": rfc3339(DAY_ONE + 60),
        "cluster": CLUSTER,
        "station": STATION,
        "reason": "not_json",
        "length": 12,
    }
    return Entry(seq, "rejection", content | changes)

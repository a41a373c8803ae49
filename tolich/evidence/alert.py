"""An alert as it stands, compared with the transition that left it so."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tolich.evidence.links import Row


def differing(row: Row, told: Row) -> str | None:
    """The first column in which an alert is not what a transition left; None when it is."""
    after = json.loads(told["after"])
    left: dict[str, Any] = {
        "station": told["station"],
        "parameter": told["parameter"],
        "period": told["period"],
        "finding": told["finding"],
        "kind": after["kind"],
        "state": after["state"],
        "severity": after["severity"],
        "started_at": _epoch(after["started_at"]),
        "ended_at": _epoch(after["ended_at"]),
        "merged_into": _key(after.get("merged_into")),
        "part_of": _key(after.get("part_of")),
        "subject": after.get("subject"),
    }
    return next((name for name, value in left.items() if row[name] != value), None)


def _epoch(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp())


def _key(name: str | None) -> int | None:
    return None if name is None else int(name[1:])

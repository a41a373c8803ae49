"""The example register, dated for a demonstration that looks back from today."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from rules.loading import calendar_day

HISTORY_DAYS = 35
"""Whole days of history before today."""

HISTORY_INTERVAL = 300
TODAY_INTERVAL = 60


def history_start(today: date) -> date:
    """The first local day of the history."""
    return today - timedelta(days=HISTORY_DAYS)


def demo_register(raw: Mapping[str, Any], today: date) -> dict[str, Any]:
    """A parsed register for a demonstration on a local day; `raw` is left as it was.

    Every simulated station begins with the history, reports every 5 minutes and from `today`
    every minute. A permit of its plant that begins later begins with the history too. What
    is not understood is left for the loader to refuse.
    """
    register = deepcopy(dict(raw))
    first = history_start(today)
    plants = set()
    for station in _entries(register, "stations"):
        if station.get("simulated") is True:
            station["from"] = first.isoformat()
            station["interval"] = _intervals(first, today)
            plants.add(station.get("plant"))
    for permit in _entries(register, "permits"):
        begins = calendar_day(permit.get("from"))
        if permit.get("plant") in plants and begins is not None and begins > first:
            permit["from"] = first.isoformat()
    return register


def _intervals(first: date, today: date) -> list[dict[str, Any]]:
    return [
        {"from": first.isoformat(), "seconds": HISTORY_INTERVAL},
        {"from": today.isoformat(), "seconds": TODAY_INTERVAL},
    ]


def _entries(register: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    entries = register.get(kind)
    found = list(entries.values()) if isinstance(entries, dict) else []
    return [entry for entry in found if isinstance(entry, dict)]

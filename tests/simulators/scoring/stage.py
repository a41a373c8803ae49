"""What the tests of the score share: a truth log and a monitor's words, made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from rules.checks import Checks
from rules.days import DAY_SECONDS, HOUR_SECONDS, day_start, rfc3339
from rules.model import Outcome, Test
from simulators.scoring.accepted import Table, read_table
from simulators.scoring.seen import Readings, Seen, SeenAlert, Verdict
from simulators.scoring.truth import Truth, read_truth
from tolich.packs import load_catalogue

FIRST = date(2026, 3, 2)
START = day_start(FIRST)
HOUR, DAY = HOUR_SECONDS, DAY_SECONDS
INTERVAL = 300
TABLE: Table = read_table()
CHECKS: dict[str, Checks] = {key: one.checks for key, one in load_catalogue().items()}


def at(hour: float) -> int:
    """So many hours after the start."""
    return START + round(hour * HOUR)


def scenario(days: int = 2, stations: Sequence[str] = ("S0",)) -> dict[str, Any]:
    return {
        "type": "scenario", "name": "by hand", "seed": 1, "version": 1, "start": FIRST.isoformat(),
        "days": days, "stations": list(stations),
    }  # fmt: skip


def interval(
    kind: str, start: float, hours: float, channel: str | None = "COD", station: str = "S0",
    layer: str = "sensor", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A row of trouble, in hours after the start."""
    return {
        "type": "interval", "id": f"{kind}-{start:g}", "kind": kind, "layer": layer,
        "station": station, "channel": channel, "t0": rfc3339(at(start)),
        "t1": rfc3339(at(start + hours)), **more,
    }  # fmt: skip


def daily(
    day: int, mean: float, exceeds: bool | None, limit: Any = (None, 100.0), channel: str = "COD",
    station: str = "S0", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    return {
        "type": "daily", "station": station, "channel": channel,
        "date": FIRST.replace(day=FIRST.day + day).isoformat(), "true_mean": mean,
        "true_exceed": exceeds, "limit": list(limit), "sent_share": 1.0, **more,
    }  # fmt: skip


def truth(*rows: dict[str, Any], days: int = 2, stations: Sequence[str] = ("S0",)) -> Truth:
    return read_truth([json.dumps(row) for row in (scenario(days, stations), *rows)])


def readings(
    hours: float = 48, level: float = 50.0, tests: dict[float, Test] | None = None,
    gone: dict[float, str] | None = None,
) -> Readings:  # fmt: skip
    """Five-minute readings at a level; `tests` failed, and readings not counted, by hour."""
    times = START + np.arange(round(hours * HOUR / INTERVAL)) * INTERVAL
    marks, counted = np.zeros(len(times), np.int64), np.ones(len(times), np.bool_)
    for hour, test in (tests or {}).items():
        marks[times == at(hour)] = int(test)
    for hour in gone or {}:
        counted[times == at(hour)] = False
    status = np.zeros(len(times), np.int64)
    value = np.full(len(times), level) + np.tile([0.0, 0.5, 1.0], len(times))[: len(times)]
    return Readings(times, value, status, marks, counted, np.zeros(len(times), np.bool_))


def seen(own: Readings | None = None, channel: str = "COD", **more: Any) -> Seen:
    return Seen(readings={} if own is None else {("S0", channel): own}, **more)


def alert(
    kind: str, began: float, known: float | None = None, ended: float | None = None,
    channel: str | None = "COD", period: str | None = None, subject: str | None = None,
    state: str = "active", station: str = "S0",
) -> SeenAlert:  # fmt: skip
    return SeenAlert(
        f"a{began:g}{kind}{channel}", kind, subject, station, channel, period, "warning", state,
        at(began), None if ended is None else at(ended), at(began if known is None else known),
    )  # fmt: skip


def verdict(day: int, outcome: Outcome, mean: float | None, channel: str = "COD",
            station: str = "S0") -> Verdict:  # fmt: skip
    return Verdict(station, channel, START + day * DAY, outcome, mean)

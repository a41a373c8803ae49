"""What Grafana puts in the place of its macros and variables, and does to the answers.

Only what the dashboards use, as Grafana's documentation spells it ("InfluxDB template
variables", "Global variables", "Variable syntax", "Transform data"):

- `$timeFilter`: the time shown as an InfluxQL condition in epoch milliseconds;
- `${__from}`, `${__to}`: its ends in epoch milliseconds;
- a panel's "relative time" (366d) takes the place of the start of the time shown;
- `$__interval`: the time shown divided by the panel's greatest number of points, rounded to a
  readable length, and at least the panel's "min interval";
- `${name:regex}`: the chosen values with regular expressions' characters escaped, several as
  `(a|b)`; a custom "all" value is put in as it stands; `${name:raw}`: the value as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_ROUND = {
    "1s": 1, "2s": 2, "5s": 5, "10s": 10, "15s": 15, "20s": 20, "30s": 30, "1m": 60, "2m": 120,
    "5m": 300, "10m": 600, "15m": 900, "20m": 1200, "30m": 1800, "1h": 3600, "2h": 7200,
    "3h": 10800, "6h": 21600, "12h": 43200, "1d": 86400, "1w": 604800,
}  # fmt: skip
"""Lengths that Grafana rounds to, in seconds."""

_POINTS = 1000
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_LEFT = re.compile(r"\$(?!/)")
_SPECIAL = re.compile(r"[\\^$.*+?()[\]{}|/]")


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody looks at: the time shown, UTC epoch seconds, and the variables' values."""

    start: int
    end: int
    chosen: Mapping[str, Sequence[str] | str] = field(default_factory=dict)

    def expand(self, query: str, panel: Mapping[str, Any] | None = None) -> str:
        """The query that Grafana sends. Fails when something of Grafana's is left in it."""
        shown = panel or {}
        start = self.end - _days(shown["timeFrom"]) if shown.get("timeFrom") else self.start
        wanted = shown.get("maxDataPoints") or _POINTS
        least = _ROUND.get(shown.get("interval") or "1s", 1)
        text = query.replace(
            "$timeFilter", f"time >= {start * 1000}ms and time <= {self.end * 1000}ms"
        ).replace("$__interval", interval((self.end - start) / wanted, least))
        text = _VARIABLE.sub(self._value, text)
        assert not _LEFT.search(text), f"something of Grafana's is left in {text}"
        return text

    def _value(self, found: re.Match[str]) -> str:
        name, form = found[1], found[2] or "raw"
        built_in = {"__from": self.start * 1000, "__to": self.end * 1000}
        if name in built_in:
            return str(built_in[name])
        value = self.chosen[name]
        if form == "raw":
            assert isinstance(value, str), f"{name} may have several values: say :regex"
            return value
        assert form == "regex", f"${{{name}:{form}}} is not known here"
        if isinstance(value, str):  # the custom "all" value: not escaped
            return value
        escaped = [_SPECIAL.sub(r"\\\g<0>", one) for one in value]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _days(length: str) -> int:
    """A panel's own time, such as 366d, in seconds."""
    assert length.endswith("d"), length
    return int(length[:-1]) * 86400


def interval(seconds: float, least: int = 1) -> str:
    """A length of time, rounded up to one that people read, at least `least` seconds."""
    wanted = max(seconds, least)
    return next((name for name, length in _ROUND.items() if length >= wanted), "1w")


# --- transformations ----------------------------------------------------------------------------

Row = dict[str, Any]
Frame = list[Row]


def transformed(frames: Sequence[Frame], steps: Sequence[Mapping[str, Any]]) -> Frame:
    """The one table that is left after a panel's transformations."""
    current = [list(frame) for frame in frames]
    for step in steps:
        current = _STEPS[step["id"]](current, step["options"])
    (table,) = current
    return table


def _filtered(frames: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    gone = set(options["exclude"]["names"])
    return [[{k: v for k, v in row.items() if k not in gone} for row in one] for one in frames]


def _merged(frames: list[Frame], _: Mapping[str, Any]) -> list[Frame]:
    """Rows of different frames whose common columns agree become one row."""
    table: Frame = []
    for frame in frames:
        for row in frame:
            fits = [r for r in table if all(r[k] == row[k] for k in r.keys() & row.keys())]
            if fits:
                fits[0].update(row)
            else:
                table.append(dict(row))
    return [table]


def _formatted(frames: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    assert options["outputFormat"] == "YYYY-MM"
    zone, name = ZoneInfo(options["timezone"]), options["timeField"]
    return [
        [row | {name: f"{datetime.fromtimestamp(row[name] / 1000, zone):%Y-%m}"} for row in one]
        for one in frames
    ]


def _grouped(frames: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    fields = options["fields"]
    keys = [name for name, how in fields.items() if how["operation"] == "groupby"]
    sums = [name for name, how in fields.items() if how["operation"] == "aggregate"]
    assert all(fields[name]["aggregations"] == ["sum"] for name in sums)
    table: dict[tuple[Any, ...], Row] = {}
    for row in frames[0]:
        key = tuple(row[name] for name in keys)
        into = table.setdefault(
            key, dict(zip(keys, key, strict=True)) | {f"{name} (sum)": 0 for name in sums}
        )
        for name in sums:
            into[f"{name} (sum)"] += row.get(name) or 0
    return [list(table.values())]


def _calculated(frames: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    said = options["binary"]
    assert said["operator"] == "/"
    return [
        [row | {options["alias"]: row[said["left"]] / row[said["right"]]} for row in one]
        for one in frames
    ]


def _organized(frames: list[Frame], options: Mapping[str, Any]) -> list[Frame]:
    gone = {name for name, out in options.get("excludeByName", {}).items() if out}
    return [[{k: v for k, v in row.items() if k not in gone} for row in one] for one in frames]


_STEPS = {
    "filterFieldsByName": _filtered,
    "merge": _merged,
    "formatTime": _formatted,
    "groupBy": _grouped,
    "calculateField": _calculated,
    "organize": _organized,
}

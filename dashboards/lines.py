"""Entries of the record as InfluxDB line protocol: text, a second's precision, nothing lost.

Every revision of a finding writes every field of it, because InfluxDB merges points by field
and a field that is left out keeps what an older revision said. What a finding does not have
is `codes.SENTINEL`. A series and a second hold one point, so of several values for one
instant the last written stays; the finding's `conflicting` says that there were several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

from dashboards.codes import (
    ALERT_STATES,
    ASSESSED,
    MOVED,
    OUTCOMES,
    REASONS,
    SENTINEL,
    SEVERITIES,
    state_of,
    status_code,
)
from rules.days import DAY_SECONDS, instant, midnight
from rules.model import AlertKind, Outcome, Reason, Severity
from tolich.ports import Entry, Shape

COUNTS = (
    "expected",
    "received",
    "valid",
    "calibrating",
    "faulty",
    "failed",
    "unknown",
    "conflicting",
)
KINDS = ("batch", "finding", "transition", "rejection")
"""The kinds of entry that have lines."""

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f]|\\$")


class Malformed(Exception):
    """An entry is not what the contract says, or holds what line protocol cannot carry."""


def lines_of(entry: Entry) -> list[str]:
    """The lines of one entry; none for kinds that are not shown. Raises Malformed."""
    writer = _WRITERS.get(entry.kind)
    if writer is None:
        return []
    try:
        return list(writer(entry.content))
    except (KeyError, TypeError, ValueError, OverflowError) as wrong:
        what = f"no key {wrong}" if isinstance(wrong, KeyError) else str(wrong)
        raise Malformed(f"entry {entry.seq} ({entry.kind}): {what}") from wrong


def tag_value(text: str) -> str:
    """A tag's value with its commas, equals signs and spaces escaped.

    Raises ValueError for what no escape can carry: nothing, control characters (a line break
    would begin a second point) and a backslash at the end (it would swallow the next comma).
    """
    if not text or _UNWRITABLE.search(text):
        raise ValueError(f"{text!r} cannot be a tag in line protocol")
    return text.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


def field_value(value: float | int) -> str:
    """A field's value: a whole number with `i`, a float as Python writes it; never NaN."""
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{value} does not fit into 64 bits")
        return f"{value:d}i"
    if not isfinite(value):
        raise ValueError(f"{value} is not a number that can be stored")
    return repr(value)


@lru_cache(maxsize=65536)
def _series(measurement: str, *tags: tuple[str, str]) -> str:
    """Measurement and tags. Tags without a value are left out: line protocol has no empty tag."""
    written = [f"{name}={tag_value(value)}" for name, value in tags if value]
    return ",".join([measurement, *written])


def _line(series: str, fields: Mapping[str, float | int], at: int) -> str:
    written = ",".join(f"{name}={field_value(value)}" for name, value in fields.items())
    return f"{series} {written} {at}"


def _readings(batch: Shape) -> Iterable[str]:
    # Written out rather than through _line: readings are a hundred times what the rest is.
    for row in batch["readings"]:
        series = _series_of_reading(row["cluster"], row["station"], row["parameter"])
        value, status = field_value(_number(row["value"])), _status(row["status"])
        received, observed = _whole(row["received_at"]), _whole(row["observed_at"])
        yield f"{series} value={value},status={status},late={received - observed}i {observed}"


@lru_cache(maxsize=65536)
def _series_of_reading(cluster: object, station: object, parameter: object) -> str:
    return _series(
        "reading",
        ("cluster", _text(cluster)),
        ("station", _text(station)),
        ("parameter", _text(parameter)),
    )


@lru_cache(maxsize=256, typed=True)
def _status(status: int | str) -> str:
    return field_value(status_code(status))


def _finding(finding: Shape) -> Iterable[str]:
    outcome, reason = Outcome(finding["outcome"]), Reason(finding["reason"])
    period = _text(finding["period"])
    series = _series(
        "finding",
        ("cluster", _text(finding["cluster"])),
        ("station", _text(finding["station"])),
        ("parameter", _text(finding["parameter"])),
        ("period", period),
    )
    limit = finding["limit"] or {"low": None, "high": None}
    fields: dict[str, float | int] = {
        "outcome": OUTCOMES[outcome],
        "reason": REASONS[reason],
        "state": state_of(outcome, reason, period).code,
        "assessable": int(outcome in ASSESSED),
        "owed": int(outcome is not Outcome.NOT_APPLICABLE),
        "mean": _number_or_none(finding["mean"]),
        "ratio": _number_or_none(finding["ratio"]),
        "limit_low": _number_or_none(limit["low"]),
        "limit_high": _number_or_none(limit["high"]),
        **_counts(finding["counts"]),
        "completeness": _number(finding["completeness"]),
        "revision": _whole(finding["revision"]),
        "final": _truth(finding["final"]),
        "simulated": _truth(finding["simulated"]),
    }
    yield _line(series, fields, _seconds(finding["start"]))


def _counts(counts: Mapping[str, Any]) -> dict[str, int]:
    """Every count, `unknown` included, which the outside contract does not promise."""
    return {name: _whole({"unknown": 0, **counts}[name]) for name in COUNTS}


def _transition(transition: Shape) -> Iterable[str]:
    """The alert as it is now, at its start. Amendments of findings have no alert, and no line.

    An alert that has got another start leaves a point at the old one: it is told to have moved.
    """
    before, after = transition["before"], transition["after"]
    if transition["alert"] is None or after is None:
        return
    parameter, period = _about(transition)
    series = _series(
        "alert",
        ("cluster", _text(transition.get("cluster") or "")),
        ("station", _text(transition["station"])),
        ("parameter", parameter),
        ("period", period),
    )
    start = _seconds(after["started_at"])
    if before is not None and _seconds(before["started_at"]) != start:
        yield _alert(series, before, MOVED)
    yield _alert(series, after, ALERT_STATES[_text(after["state"])])


def _alert(series: str, of: Shape, state: int) -> str:
    """The kind is in the fields' names: two kinds may begin in one second, of one series."""
    kind = AlertKind(of["kind"]).value
    start, end = _seconds(of["started_at"]), of["ended_at"]
    fields = {
        f"{kind}_severity": SEVERITIES[Severity(of["severity"])],
        f"{kind}_state": state,
        f"{kind}_started": start * 1000,
        f"{kind}_ended": int(SENTINEL) if end is None else _seconds(end) * 1000,
    }
    return _line(series, fields, start)


def _rejection(rejection: Shape) -> Iterable[str]:
    """One point on the local day; its number places it there, so that each has its own second."""
    series = _series(
        "rejection",
        ("cluster", _text(rejection["cluster"] or "")),
        ("station", _text(rejection["station"] or "")),
    )
    received = _seconds(rejection["received_at"])
    fields = {"count": 1, "length": _whole(rejection["length"]), "received": received}
    yield _line(series, fields, midnight(received) + _whole(rejection["id"]) % DAY_SECONDS)


def _about(transition: Shape) -> tuple[str, str]:
    """Parameter and period, by name or from the finding's id; empty for a whole station."""
    parameter, period = transition.get("parameter"), transition.get("period")
    if parameter is None and transition["finding"]:
        _, parameter, period, _ = _text(transition["finding"]).split(":", 3)
    return _text(parameter or ""), _text(period or "")


_WRITERS: Mapping[str, Callable[[Shape], Iterable[str]]] = {
    "batch": _readings,
    "finding": _finding,
    "transition": _transition,
    "rejection": _rejection,
}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {value!r}")
    return value


def _number(value: object) -> float:
    if type(value) is float:  # most are, and this is what asking costs least
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(f"expected a number, found {value!r}")
    return float(value)


def _number_or_none(value: object) -> float:
    return SENTINEL if value is None else _number(value)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"expected a whole number, found {value!r}")
    return value


def _truth(value: object) -> int:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, found {value!r}")
    return int(value)


def _seconds(moment: object) -> int:
    """RFC 3339 with a zone as UTC epoch seconds."""
    found = datetime.fromisoformat(_text(moment))
    if found.tzinfo is None:
        raise ValueError(f"{moment!r} names no time zone")
    return instant(found)

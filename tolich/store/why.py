"""The explanation of a finding as a shape: summary, formula, window, readings, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules.amendments import Amendment, effective
from rules.days import rfc3339
from rules.explain import Explained, explain_readings
from rules.model import Finding, Parameter
from rules.register import Station
from rules.wording import formula, summary
from tolich.ports import Shape
from tolich.store.days import JudgedDay
from tolich.store.shapes import decision_shape, limit_shape, mean_shown, number, status_code


def finding_text(
    day: JudgedDay,
    verdict: Finding,
    station: Station,
    versions: Mapping[str, Any],
    received: Mapping[tuple[int, int, int], int],
) -> Shape:
    """The contract's `why` of a finding."""
    row = day.row(verdict.series)
    if row is None:
        raise LookupError(f"{verdict.series} is not measured at {station.id}")
    terms = day.window.terms[row]
    parameter = terms.parameter
    explained = explain_readings(day.window, row, verdict.start, verdict.end)
    decided = [one for one in day.recorded if one.series == verdict.series]
    words = {one.id: {"id": one.id, "by": one.author, "reason": one.reason} for one in decided}
    amended = any(one.amendment is not None for one in explained)
    return {
        "summary": summary(
            verdict, parameter, station.name, station.simulated, terms.basis, amended
        ),
        "formula": formula(verdict, terms),
        "mean": mean_shown(verdict.mean, parameter),
        "mean_exact": None if verdict.mean is None else f"{verdict.mean} x {parameter.quantum}",
        "limit": limit_shape(verdict.limit),
        "window": {
            "start": rfc3339(verdict.start),
            "end": rfc3339(verdict.end),
            "interval": terms.interval,
            "timestamp_means": "end" if terms.stamp_ends else "start",
            "completeness_required": number(terms.completeness),
        },
        "readings": [_reading(one, parameter, received, words) for one in explained],
        "amendments": _touching(decided, explained, parameter),
        "versions": dict(versions),
    }


def _touching(
    decided: Sequence[Amendment], explained: Sequence[Explained], parameter: Parameter
) -> list[Shape]:
    """What was decided of any of these readings, what was taken back included."""
    held = {one.id for one in effective(decided)}
    return [
        decision_shape(one, parameter) | {"holds": one.id in held}
        for one in decided
        if any(one.start <= reading.observed_at < one.end for reading in explained)
    ]


def _reading(
    one: Explained,
    parameter: Parameter,
    received: Mapping[tuple[int, int, int], int],
    words: Mapping[int, Shape],
) -> Shape:
    came = received.get((one.observed_at, one.value, one.status))
    return {
        "observed_at": rfc3339(one.observed_at),
        "received_at": None if came is None else rfc3339(came),
        "value": number(parameter.decimal(one.value)),
        "used": None if one.used is None else number(parameter.decimal(one.used)),
        "status": status_code(one.status),
        "flag": int(one.flag),
        "tests": list(one.tests),
        "not_evaluated": list(one.not_evaluated),
        "counted": one.counted,
        "reason": one.reason,
        "amendment": None if one.amendment is None else words[one.amendment],
    }

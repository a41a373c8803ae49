"""The explanation of a finding as a shape: summary, formula, window, readings, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.days import rfc3339
from rules.explain import Explained, explain_readings
from rules.model import Finding, Parameter
from rules.register import Station
from rules.wording import formula, summary
from tolich.ports import Shape
from tolich.store.days import JudgedDay
from tolich.store.shapes import limit_shape, mean_shown, number, status_code


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
    return {
        "summary": summary(verdict, parameter, station.name, station.simulated, terms.basis),
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
        "readings": [_reading(one, parameter, received) for one in explained],
        "versions": dict(versions),
    }


def _reading(
    one: Explained, parameter: Parameter, received: Mapping[tuple[int, int, int], int]
) -> Shape:
    came = received.get((one.observed_at, one.value, one.status))
    return {
        "observed_at": rfc3339(one.observed_at),
        "received_at": None if came is None else rfc3339(came),
        "value": number(parameter.decimal(one.value)),
        "status": status_code(one.status),
        "flag": int(one.flag),
        "tests": list(one.tests),
        "counted": one.counted,
        "reason": one.reason,
    }

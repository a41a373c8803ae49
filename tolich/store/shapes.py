"""Rows of the store as the shapes of the outside contract. Rounding happens here, nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from rules.amendments import Act, Amendment
from rules.days import rfc3339
from rules.model import Averaging, Finding, Limit, Parameter, Series
from rules.register import Register, Station
from tolich.ports import Shape
from tolich.store.alerts import public_id


def number(value: Decimal | Fraction | float | None, places: int = 6) -> float | int | None:
    """An exact number as JSON shows it."""
    if value is None:
        return None
    shown = round(float(value), places)
    return int(shown) if shown.is_integer() else shown


def _float(exact: Fraction) -> float:
    """What `float` gives, without its detour over abstract numbers: lists show thousands."""
    return exact.numerator / exact.denominator


def mean_shown(mean: Fraction | None, parameter: Parameter) -> float | int | None:
    """A mean in quanta as a number in the parameter's unit."""
    return None if mean is None else number(_float(mean) * float(parameter.quantum))


def ratio_shown(mean: Fraction | None, high: Decimal | None, parameter: Parameter) -> Any:
    """Mean over limit; null for what is judged by range, where a ratio means nothing."""
    if mean is None or not high or parameter.averaging is Averaging.RANGE:
        return None
    return number(_float(mean) * float(parameter.quantum) / float(high))


@lru_cache(maxsize=4096)  # limits are few, findings many; nobody changes a shape
def limit_shape(of: Limit | None) -> Shape | None:
    """A limit as the contract spells it."""
    if of is None:
        return None
    return {
        "low": number(of.low),
        "high": number(of.high),
        "unit": of.unit,
        "citation": of.citation,
        "trace": list(of.trace),
        "verification": str(of.verification),
    }


def finding_summary(of: Finding, parameter: Parameter) -> Shape:
    """What a transition keeps of a finding."""
    return {
        "revision": of.revision,
        "outcome": str(of.outcome),
        "reason": str(of.reason),
        "mean": mean_shown(of.mean, parameter),
        "valid": of.counts.valid,
        "received": of.counts.received,
    }


def finding_shape(
    of: Finding, parameter: Parameter, station: Station, engine: str, judged_at: int
) -> Shape:
    """A finding as the contract spells it."""
    counts = of.counts
    return {
        "id": of.id,
        "station": of.series.station,
        "cluster": station.cluster,
        "plant": station.plant,
        "parameter": of.series.parameter,
        "period": of.period,
        "start": rfc3339(of.start),
        "end": rfc3339(of.end),
        "outcome": str(of.outcome),
        "reason": str(of.reason),
        "mean": mean_shown(of.mean, parameter),
        "unit": parameter.unit,
        "ratio": ratio_shown(of.mean, of.limit.high if of.limit else None, parameter),
        "limit": limit_shape(of.limit),
        "counts": {
            "expected": counts.expected,
            "received": counts.received,
            "valid": counts.valid,
            "calibrating": counts.calibrating,
            "faulty": counts.faulty,
            "failed": counts.failed,
            "unknown": counts.unknown,
            "conflicting": counts.conflicting,
        },
        "completeness": number(counts.valid / counts.expected) if counts.expected else 0,
        "revision": of.revision,
        "final": of.final,
        "engine": engine,
        "judged_at": rfc3339(judged_at),
        "simulated": station.simulated,
    }


def alert_shape(row: Mapping[Any, Any], station: Station) -> Shape:
    """An alert as the contract spells it; an outage is told under one of its stations."""
    return {
        "id": public_id(row["id"]),
        "kind": row["kind"],
        "severity": row["severity"],
        "state": row["state"],
        "station": station.id,
        "cluster": station.cluster,
        "plant": station.plant,
        "parameter": row["parameter"],
        "period": row["period"],
        "started_at": rfc3339(row["started_at"]),
        "ended_at": None if row["ended_at"] is None else rfc3339(row["ended_at"]),
        "finding": row["finding"],
        "merged_into": None if row["merged_into"] is None else public_id(row["merged_into"]),
        "subject": row["subject"],
        "part_of": None if row["part_of"] is None else public_id(row["part_of"]),
        "simulated": station.simulated,
    }


def transition_shape(row: RowMapping, register: Register) -> Shape:
    """A transition as the contract spells it; what it is about is added for those who filter."""
    station = register.stations.get(row["station"])
    return {
        "seq": row["seq"],
        "at": rfc3339(row["at"]),
        "change": row["change"],
        "station": row["station"],
        "cluster": None if station is None else station.cluster,
        "parameter": row["parameter"],
        "period": row["period"],
        "simulated": station is not None and station.simulated,
        "alert": None if row["alert"] is None else public_id(row["alert"]),
        "finding": row["finding"],
        "before": _loaded(row["before"]),
        "after": _loaded(row["after"]),
        "cause": _loaded(row["cause"]),
    }


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def decision_shape(of: Amendment, parameter: Parameter) -> Shape:
    """What an amendment says, without where it is filed."""
    reversal = of.act is Act.REVERSE
    return {
        "id": of.id,
        "act": str(of.act),
        "from": rfc3339(of.start),
        "to": rfc3339(of.end),
        "value": None if of.value is None else number(parameter.decimal(of.value)),
        "unit": None if reversal else parameter.unit,
        "reverses": of.reverses,
        "author": of.author,
        "reason": of.reason,
    }


def amendment_shape(row: Mapping[Any, Any], station: Station, reversed_by: int | None) -> Shape:
    """An amendment as the contract spells it."""
    parameter = station.series[row["parameter"]].parameter
    return {
        **decision_shape(amendment_of(row), parameter),
        "entered_at": rfc3339(row["entered_at"]),
        "station": station.id,
        "cluster": station.cluster,
        "parameter": parameter.key,
        "reversed_by": reversed_by,
        "document": row["document"],
        "simulated": station.simulated,
    }


def amendment_of(row: Mapping[Any, Any]) -> Amendment:
    """An amendment's row as a value."""
    return Amendment(
        row["id"],
        Series(row["station"], row["parameter"]),
        row["start"],
        row["end"],
        Act(row["act"]),
        row["value"],
        row["reverses"],
        row["author"],
        row["reason"],
    )


def rejection_shape(row: RowMapping) -> Shape:
    """A rejection, with the first of its bytes as text where they are text."""
    return {
        "id": row["id"],
        "received_at": rfc3339(row["received_at"]),
        "source": row["source"],
        "topic": row["topic"],
        "cluster": row["cluster"],
        "station": row["station"],
        "reason": row["reason"],
        "detail": row["detail"],
        "remedy": {"vi": row["remedy_vi"], "en": row["remedy_en"]},
        "index": row["index"],
        "payload": bytes(row["payload"]).decode("utf-8", "replace"),
        "length": row["length"],
        "hash": bytes(row["hash"]).hex(),
    }


def status_code(status: int) -> str:
    """A reading's status as the contract spells it: 00, 01, 02 or unknown."""
    return {0: "00", 1: "01", 2: "02"}.get(status, "unknown")

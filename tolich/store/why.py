"""The explanation of a finding as a shape: summary, formula, window, readings, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules.amendments import Amendment, effective
from rules.days import rfc3339
from rules.explain import Explained, explain_parts
from rules.model import Finding, Parameter, Period, Series, finding_id
from rules.register import Station
from rules.terms import Terms, owes
from rules.wording import comparison, summary
from tolich.ports import Shape
from tolich.store.days import JudgedDay
from tolich.store.shapes import decision_shape, limit_shape, mean_shown, number, status_code


def finding_text(
    day: JudgedDay,
    verdict: Finding,
    station: Station,
    versions: Mapping[str, Any],
    received: Mapping[tuple[int, int, int, int], int],
) -> Shape:
    """The contract's `why` of a finding; `received` by (row, observed, value, status)."""
    row = day.row(verdict.series)
    if row is None:
        raise LookupError(f"{verdict.series} is not measured at {station.id}")
    terms = day.window.terms[row]
    parameter = terms.parameter
    explained = explain_parts(day.window, sources(day, row), verdict.start, verdict.end)
    made = {} if terms.derived is None else {"components": _components(day, row, verdict)}
    read = {day.window.terms[of].series: day.window.terms[of].parameter for of, _ in explained}
    decided = [one for one in day.recorded if one.series in read]
    words = {one.id: {"id": one.id, "by": one.author, "reason": one.reason} for one in decided}
    amended = any(one.amendment is not None for _, one in explained)
    sheet, compared = day.sheet(verdict.period), comparison(verdict, terms)
    return made | {
        "summary": summary(
            verdict, parameter, station.name, station.simulated, terms.basis, amended,
            None if sheet is None else sheet.period,
        ),  # fmt: skip
        "formula": compared["en"],
        "comparison": compared,
        "mean": mean_shown(verdict.mean, parameter),
        "mean_exact": None if verdict.mean is None else f"{verdict.mean} x {parameter.quantum}",
        "limit": limit_shape(verdict.limit),
        "window": {
            "start": rfc3339(verdict.start),
            "end": rfc3339(verdict.end),
            "interval": terms.interval,
            "timestamp_means": "end" if terms.stamp_ends else "start",
            "completeness_required": number(terms.completeness),
            "basis": terms.basis,
        },
        "readings": [
            ({"parameter": day.window.terms[of].parameter.key} if made else {})
            | _reading(day.window.terms[of], of, one, received, words)
            for of, one in explained
        ],
        "amendments": _touching(decided, explained, read),
        "versions": dict(versions),
    }


def _touching(
    decided: Sequence[Amendment],
    explained: Sequence[tuple[int, Explained]],
    parameters: Mapping[Series, Parameter],
) -> list[Shape]:
    """What was decided of any of these readings, what was taken back included."""
    held = {one.id for one in effective(decided)}
    return [
        decision_shape(one, parameters[one.series]) | {"holds": one.id in held}
        for one in decided
        if any(one.start <= reading.observed_at < one.end for _, reading in explained)
    ]


def sources(day: JudgedDay, row: int) -> list[int]:
    """The rows whose readings a finding of a row rests on: its own, or those of its parts."""
    of = day.window.terms[row]
    if of.derived is None:
        return [row]
    found = [day.row(Series(of.series.station, key)) for key in of.derived.parts]
    return [part for part in found if part is not None]


def _components(day: JudgedDay, row: int, verdict: Finding) -> list[Shape]:
    """What a derived finding is made of, each with its own finding of the period where owed."""
    sheet = day.sheet(verdict.period)
    return [
        {
            "parameter": of.parameter.key,
            "unit": of.parameter.unit,
            "finding": _own(of, None if sheet is None else sheet.period, verdict.start),
        }
        for of in (day.window.terms[part] for part in sources(day, row))
    ]


def _own(of: Terms, period: Period | None, start: int) -> str | None:
    if period is None or not owes(of, period):
        return None
    return finding_id(of.series, period.name, start)


def _reading(
    of: Terms,
    row: int,
    one: Explained,
    received: Mapping[tuple[int, int, int, int], int],
    words: Mapping[int, Shape],
) -> Shape:
    came = received.get((row, one.observed_at, one.value, one.status))
    return {
        "observed_at": rfc3339(one.observed_at),
        "received_at": None if came is None else rfc3339(came),
        "value": number(of.parameter.decimal(one.value)),
        "used": None if one.used is None else number(of.parameter.decimal(one.used)),
        "status": status_code(one.status),
        "flag": int(one.flag),
        "tests": list(one.tests),
        "not_evaluated": list(one.not_evaluated),
        "counted": one.counted,
        "reason": one.reason,
        "amendment": None if one.amendment is None else words[one.amendment],
    }

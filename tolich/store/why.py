"""The explanation of a finding as a shape: summary, formula, window, readings, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rules.amendments import Amendment, effective
from rules.days import rfc3339
from rules.explain import Explained, explain_parts, explain_readings
from rules.model import (
    HOUR,
    Finding,
    Outcome,
    Parameter,
    Period,
    Reason,
    Series,
    finding_id,
)
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
    explained = _explained(day, row, verdict)
    several = len({of for of, _ in explained}) > 1 or terms.derived is not None
    made = {} if terms.derived is None else {"components": _components(day, row, verdict)}
    if verdict.reason is Reason.HOUR_OUTSIDE:
        made = {"hours": _hours_outside(day, verdict, parameter)}
    read = {day.window.terms[of].series: day.window.terms[of].parameter for of, _ in explained}
    decided = [one for one in day.recorded if one.series in read]
    words = {one.id: {"id": one.id, "by": one.author, "reason": one.reason} for one in decided}
    amended = any(one.amendment is not None for _, one in explained)
    sheet, compared = day.sheet(verdict.period), comparison(verdict, terms, _flow(day, terms))
    return made | {
        "summary": summary(
            verdict,
            parameter,
            station.name,
            station.simulated,
            terms.basis,
            amended,
            None if sheet is None else sheet.period,
        ),
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
            ({"parameter": day.window.terms[of].parameter.key} if several else {})
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


def sources(day: JudgedDay, row: int, reason: Reason) -> list[int]:
    """The rows whose readings a finding of a row rests on: its own, or those of its parts.

    That nothing was discharged rests on the flow, too.
    """
    of = day.window.terms[row]
    keys = [of.series.parameter] if of.derived is None else list(of.derived.parts)
    if reason is Reason.NO_DISCHARGE and of.dry is not None and of.dry.flow not in keys:
        keys.append(of.dry.flow)
    found = [day.row(Series(of.series.station, key)) for key in keys]
    return [part for part in found if part is not None]


def _explained(day: JudgedDay, row: int, verdict: Finding) -> list[tuple[int, Explained]]:
    """Every reading that a verdict rests on, with its row."""
    rows, window = sources(day, row, verdict.reason), day.window
    if window.terms[row].derived is not None:
        return explain_parts(window, rows, verdict.start, verdict.end)
    found = [
        (of, one) for of in rows for one in explain_readings(window, of, verdict.start, verdict.end)
    ]
    if verdict.reason is not Reason.INTERNAL_ERROR:
        return found
    # Nothing was judged, so nothing counted, whatever a judgement would say of it now.
    return [
        (of, replace(one, counted=False, used=None, reason=str(Reason.INTERNAL_ERROR)))
        for of, one in found
    ]


def _flow(day: JudgedDay, terms: Terms) -> Parameter | None:
    """The flow that shows whether the plant discharges."""
    row = None if terms.dry is None else day.row(Series(terms.series.station, terms.dry.flow))
    return None if row is None else day.window.terms[row].parameter


def _hours_outside(day: JudgedDay, verdict: Finding, parameter: Parameter) -> list[Shape]:
    """The hours for which a day is outside, each with its own finding."""
    starts = range(verdict.start, verdict.end, HOUR.length)
    hours = (day.finding(verdict.series, HOUR.name, start) for start in starts)
    return [
        {"finding": hour.id, "start": rfc3339(hour.start), "mean": mean_shown(hour.mean, parameter)}
        for hour in hours
        if hour is not None and hour.outcome is Outcome.EXCEEDED
    ]


def _components(day: JudgedDay, row: int, verdict: Finding) -> list[Shape]:
    """What a derived finding is made of, each with its own finding of the period where owed."""
    sheet = day.sheet(verdict.period)
    return [
        {
            "parameter": of.parameter.key,
            "unit": of.parameter.unit,
            "finding": _own(of, None if sheet is None else sheet.period, verdict.start),
        }
        for of in (day.window.terms[part] for part in sources(day, row, verdict.reason))
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

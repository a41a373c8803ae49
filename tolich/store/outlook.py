"""What an outlook needs from the store: the day so far, and the hours of past days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from sqlalchemy import Connection, select

from rules.days import DAY_SECONDS, HOUR_SECONDS, local_date, midnight, rfc3339
from rules.forecast import RECENT_HOURS, Outlook, PastDay, PastHour, Progress, highest, outlook
from rules.judge import REASONS, Sheet
from rules.model import DAY, HOUR, Parameter, Reason
from rules.outlook_words import outlook_words
from rules.register import Station
from rules.terms import Terms
from tolich.ports import Shape
from tolich.store.days import JudgedDay
from tolich.store.schema import finding
from tolich.store.shapes import limit_shape, mean_shown, number

HISTORY_DAYS = 60
"""How many past days are looked at: two months, so that a season's level does not linger."""


def history(connection: Connection, series: int, today: int) -> list[PastDay]:
    """The hours on record of the days before `today` (a local midnight), oldest day first."""
    query = (
        select(finding.c.start, finding.c.mean, finding.c.valid, finding.c.expected)
        .where(
            finding.c.series == series,
            finding.c.period == HOUR.name,
            finding.c.start >= today - HISTORY_DAYS * DAY_SECONDS,
            finding.c.start < today,
            finding.c.superseded.is_(None),
        )
        .order_by(finding.c.start)
    )
    rows = connection.execute(query).all()
    return [
        [_past_hour(mean, valid, expected) for _, mean, valid, expected in hours]
        for _, hours in groupby(rows, key=lambda row: midnight(row[0]))
    ]


def _past_hour(mean: str | None, valid: int, expected: int) -> PastHour:
    if mean is None:  # too few readings, or contested: it counts as missing
        return PastHour(0.0, 0, expected)
    num, den = mean.split("/")
    return PastHour(int(num) / int(den) * valid, valid, expected)


def progress_of(day: JudgedDay, row: int, now: int) -> Progress:
    """How far one row of a judged day has got at plant time `now`."""
    whole, hours, terms = _sheet(day, DAY.name), _sheet(day, HOUR.name), day.window.terms[row]
    since = now - int(day.window.row_day[row])
    hour, elapsed = since // HOUR_SECONDS, since // terms.interval
    valid, expected = int(whole.valid[row, 0]), int(whole.expected[row, 0])
    recent = range(max(0, hour - RECENT_HOURS), hour + 1)
    # A time that opens its slot comes with the slot's start, so the slot under way is not ahead.
    ahead = expected - elapsed - (0 if terms.stamp_ends else 1)
    return Progress(
        total=_total(whole, row, 0),
        valid=valid,
        expected=expected,
        elapsed=elapsed,
        ahead=max(0, ahead),
        hour=hour,
        recent_total=sum((_total(hours, row, h) for h in recent), Fraction(0)),
        recent_valid=sum(int(hours.valid[row, h]) for h in recent if hours.den[row, h]),
        proven=_is(whole, row, 0, Reason.PROVEN),
        contested=_contested(whole, hours, row),
        firm=not whole.conflicting[row, 0] and terms.dry is None,
    )


def _sheet(day: JudgedDay, period: str) -> Sheet:
    sheet = day.sheet(period)
    if sheet is None:
        raise LookupError(f"this monitor does not judge by the {period}")
    return sheet


def _total(sheet: Sheet, row: int, column: int) -> Fraction:
    """The sum of the valid slots of a period, exact; 0 where the sheet shows no mean."""
    den = int(sheet.den[row, column])
    if not den:
        return Fraction(0)
    return Fraction(int(sheet.num[row, column]), den) * int(sheet.valid[row, column])


def _is(sheet: Sheet, row: int, column: int, reason: Reason) -> bool:
    return REASONS[int(sheet.reason[row, column])] is reason


def _contested(whole: Sheet, hours: Sheet, row: int) -> bool:
    """Whether the day, or an hour of it, waits for someone to say which value is right."""
    hidden = bool(whole.valid[row, 0]) and not whole.den[row, 0]
    return hidden or any(_is(hours, row, h, Reason.CONTESTED) for h in range(hours.den.shape[1]))


def outlooks(
    connection: Connection,
    day: JudgedDay,
    station: Station,
    keys: Sequence[tuple[int, int]],
    now: int,
) -> Iterator[Shape]:
    """An outlook for each (row of the day, key of its series)."""
    for row, key in keys:
        terms, progress = day.window.terms[row], progress_of(day, row, now)
        start = int(day.window.row_day[row])
        found = outlook(terms, progress, history(connection, key, start))
        yield outlook_shape(found, progress, terms, station, start, now)


def outlook_shape(
    of: Outlook, progress: Progress, terms: Terms, station: Station, start: int, now: int
) -> Shape:
    """An outlook as the contract spells it; every number in the parameter's unit."""
    parameter: Parameter = terms.parameter
    when = f"{rfc3339(now)[11:16]} {local_date(now).strftime('%d/%m/%Y')}"
    return {
        "station": station.id,
        "cluster": station.cluster,
        "plant": station.plant,
        "parameter": parameter.key,
        "start": rfc3339(start),
        "end": rfc3339(start + DAY_SECONDS),
        "at": rfc3339(now),
        "for_operation_only": True,
        "state": str(of.stage),
        "reason": None if of.withheld is None else str(of.withheld),
        "probability": number(of.probability),
        "level": None if of.level is None else str(of.level),
        "certain": None if of.certain is None else str(of.certain),
        "mean_so_far": mean_shown(of.mean, parameter),
        "forecast": mean_shown(of.forecast, parameter),
        "required_remaining_mean": mean_shown(of.required, parameter),
        "unit": parameter.unit,
        "limit": None if highest(terms) is None else limit_shape(terms.limit),
        "valid": progress.valid,
        "elapsed": progress.elapsed,
        "expected": progress.expected,
        "history_days": of.days,
        "summary": outlook_words(of, terms, station.name, when, station.simulated),
        "simulated": station.simulated,
    }

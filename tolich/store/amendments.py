"""Amendments on record: entering one, and reading those that bear on some days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from rules.amendments import Act, Amendment, standing
from rules.days import DAY_SECONDS
from rules.loading import meant
from rules.model import Parameter, Problem, Refused, Series
from rules.parameters import factor_to_unit
from rules.register import Register, Station
from rules.window import day_of
from tolich.ports import Amend
from tolich.store.intake import StationDay, days_after, days_before, mark_due, on_record
from tolich.store.ledger import Append, canonical
from tolich.store.schema import amendment, reading
from tolich.store.shapes import amendment_of
from tolich.store.statements import marked, next_key, plain_rows

SHORTEST_REASON = 3

LONGEST_AUTHOR, LONGEST_REASON = 200, 2000

MOST_DAYS = 31
"""One decision is about so many days at most (an engineering setting): a slip stays small."""

AHEAD = 600
"""Seconds after now that an amendment may reach to, as readings may: clocks differ."""

_SMALL = 2**62


@dataclass(frozen=True, slots=True)
class _About:
    """What an amendment says: readings of [start, end), and a value in quanta."""

    start: int
    end: int
    value: int | None = None
    reverses: int | None = None


def enter(
    append: Append,
    register: Register,
    series: dict[Series, int],
    visible: Collection[str],
    asked: Amend,
) -> dict[str, Any]:
    """Put an amendment on record and make due every day that looks at its readings.

    Returns its row. Raises Refused with every field that is wrong and how to mend it; a
    station that is not in `visible` is as unknown as one that is not registered.
    """
    problems: list[Problem] = []
    act = _words(asked, problems)
    parameter = _parameter(register, visible, asked, problems)
    if parameter is None or act is None:
        raise Refused(problems)
    of = Series(asked.station, parameter.key)
    if act is Act.REVERSE:
        about = _reversal(append.connection, of, asked, problems)
    else:
        about = _decision(append, series[of], parameter, act, asked, problems)
    if about is None or problems:
        raise Refused(problems)
    row: dict[str, Any] = {
        "id": next_key(append.connection, amendment), "entered_at": append.at,
        "station": of.station, "parameter": of.parameter, "series": series[of],
        "start": about.start, "end": about.end, "act": act.value, "value": about.value,
        "reverses": about.reverses, "author": asked.author.strip(),
        "reason": asked.reason.strip(), "document": asked.document,
    }  # fmt: skip
    write(append, register.stations[of.station], row)
    return row


def write(append: Append, station: Station, row: dict[str, Any]) -> None:
    """Put a row on record as it is, and make due the days that look at its readings."""
    seq = append.entry("amendment", row["id"], canonical(row))
    append.connection.execute(insert(amendment).values(seq=seq, **row))
    days = _looking(station, row["parameter"], row["start"], row["end"])
    mark_due(append.connection, on_record(append.connection, days), 0)


def _looking(station: Station, parameter: str, start: int, end: int) -> set[StationDay]:
    """Every day whose judgement looks at readings observed in [start, end)."""
    reach = station.series[parameter].checks.reach
    first, last = (day_of(at, station.stamp_ends) for at in (start, end - 1))
    days = {(station.id, day) for day in range(first, last + 1, DAY_SECONDS)}
    return days | days_before(station, first, start) | days_after(station, last, end - 1 + reach)


# --- what is asked --------------------------------------------------------------------------


def _wrong(problems: list[Problem], field: str, message: str) -> None:
    problems.append(Problem("amendment", field, message))


def _words(asked: Amend, problems: list[Problem]) -> Act | None:
    """Check author, reason and act; returns the act."""
    if not 1 <= len(asked.author.strip()) <= LONGEST_AUTHOR:
        _wrong(problems, "author", f"say who decides, in 1 to {LONGEST_AUTHOR} characters")
    if not SHORTEST_REASON <= len(asked.reason.strip()) <= LONGEST_REASON:
        said = f"say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters"
        _wrong(problems, "reason", f"{said}: it is kept for good and shown with every change")
    known = [act.value for act in Act]
    if asked.act in known:
        return Act(asked.act)
    _wrong(
        problems, "act", f"{asked.act!r} is nothing that can be decided{meant(asked.act, known)}"
    )
    return None


def _parameter(
    register: Register, visible: Collection[str], asked: Amend, problems: list[Problem]
) -> Parameter | None:
    if asked.station not in visible:
        close = meant(asked.station, visible)
        mend = close if close.startswith("; did") else "; GET /api/v1/stations lists them"
        _wrong(problems, "station", f"there is no station {asked.station!r} that you may see{mend}")
        return None
    series = register.stations[asked.station].series
    if asked.parameter not in series:
        said = f"{asked.station} does not measure {asked.parameter!r}"
        _wrong(problems, "parameter", said + meant(asked.parameter, series))
        return None
    return series[asked.parameter].parameter


def _reversal(
    connection: Connection, of: Series, asked: Amend, problems: list[Problem]
) -> _About | None:
    given = {"from": asked.start, "to": asked.end, "value": asked.value, "unit": asked.unit}
    for field, value in given.items():
        if value is not None:
            _wrong(problems, field, "leave it out: a reversal is about what it reverses")
    known = {one.id: one for one in read(connection, [of.station]) if one.series == of}
    said = known.get(asked.reverses or 0)
    if asked.reverses is None:
        _wrong(problems, "reverses", "say which amendment no longer holds, by its id")
    elif said is None:
        _wrong(
            problems, "reverses", f"{of.station} {of.parameter} has no amendment {asked.reverses}"
        )
    elif said not in standing(known.values()):
        _wrong(problems, "reverses", f"amendment {said.id} was reversed before")
    return None if said is None else _About(said.start, said.end, None, said.id)


def _decision(
    append: Append, key: int, parameter: Parameter, act: Act, asked: Amend, problems: list[Problem]
) -> _About | None:
    if asked.reverses is not None:
        _wrong(problems, "reverses", "goes with act 'reverse' only")
    value = _value(parameter, act, asked, problems)
    if asked.start is None or asked.end is None:
        _wrong(problems, "from", "say which readings: `at`, or `from` and `to`")
        return None
    about = _About(asked.start, asked.end, value)
    field, said = _bad_interval(about, append.at)
    if said:
        _wrong(problems, field, said)
    elif not problems and not _readings(append.connection, key, act, about):
        which = "no reading of this value" if value is not None and act is not Act.VALUE else "none"
        field = "from" if which == "none" else "value"
        _wrong(problems, field, f"{which} was received in this interval: there is nothing to amend")
    return about


def _bad_interval(about: _About, now: int) -> tuple[str, str]:
    """The field that is wrong with an interval and what; nothing where it is right."""
    if about.end <= about.start:
        return "to", "must lie after `from`: it is exclusive"
    if about.end - about.start > MOST_DAYS * DAY_SECONDS:
        return "to", f"at most {MOST_DAYS} days after `from`: enter one amendment a month"
    if about.end > now + AHEAD:
        return "to", "lies in the future: an amendment decides about readings that have come"
    return "", ""


def _value(parameter: Parameter, act: Act, asked: Amend, problems: list[Problem]) -> int | None:
    if asked.value is None:
        if act is Act.VALUE:
            _wrong(problems, "value", "say which value counts instead")
        return None
    factor = factor_to_unit(parameter, asked.unit)
    if factor is None:
        units = meant(str(asked.unit), [parameter.unit, *parameter.conversions])
        _wrong(problems, "unit", f"{asked.unit!r} is not a unit of {parameter.key}{units}")
        return None
    own = asked.value * factor
    quanta: Fraction = parameter.quanta(own)
    if quanta.denominator != 1:
        step = f"whole multiples of {parameter.quantum} {parameter.unit}"
        _wrong(problems, "value", f"{own} is too fine: {parameter.key} has {step}; round it")
    elif act is Act.VALUE and not parameter.low <= own <= parameter.high:
        bounds = f"{parameter.low} to {parameter.high} {parameter.unit}"
        _wrong(problems, "value", f"{own} is not possible: {parameter.key} is {bounds}")
    elif abs(quanta) < _SMALL:
        return int(quanta)
    else:
        _wrong(problems, "value", f"{own} is not a number that was ever received")
    return None


def _readings(connection: Connection, key: int, act: Act, about: _About) -> int:
    """How many readings it is about."""
    wanted = [
        reading.c.series == key, reading.c.at >= about.start, reading.c.at < about.end,
    ]  # fmt: skip
    if act is not Act.VALUE and about.value is not None:
        wanted.append(reading.c.value == about.value)
    query = select(func.count()).select_from(reading).where(*wanted)
    return int(connection.execute(query).scalar_one())


# --- what is on record ----------------------------------------------------------------------


def read(
    connection: Connection,
    stations: Sequence[str],
    start: int | None = None,
    end: int | None = None,
    known: int | None = None,
) -> list[Amendment]:
    """Every amendment of some stations, reversals too, as recorded.

    Those about readings in [start, end); a reversal is about the readings of what it reverses.
    `known` leaves out what was entered after that seq.
    """
    query = select(amendment).where(_meant(stations, start, end, known)).order_by(amendment.c.id)
    return [amendment_of(row) for row in connection.execute(query).mappings()]


def any_of(connection: Connection, stations: Sequence[str]) -> bool:
    """Whether anything was ever decided of some stations: mostly not."""
    marks = ", ".join([marked(connection)] * len(stations))
    statement = f"SELECT 1 FROM amendment WHERE station IN ({marks}) LIMIT 1"
    return bool(plain_rows(connection, statement, stations))


def newest(connection: Connection, station: str) -> int:
    """The id of a station's newest amendment; 0 when it has none."""
    query = select(func.max(amendment.c.id)).where(amendment.c.station == station)
    return int(connection.execute(query).scalar() or 0)


def _meant(
    stations: Sequence[str], start: int | None, end: int | None, known: int | None
) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [amendment.c.station.in_(stations)]
    if start is not None:
        wanted.append(amendment.c.end > start)
    if end is not None:
        wanted.append(amendment.c.start < end)
    if known is not None:
        wanted.append(amendment.c.seq <= known)
    return and_(*wanted)

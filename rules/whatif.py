"""What if: the same readings under other permits, beside what the register says today.

A question names stations, days and what would bind: permits as the register spells them, or
a regulation that takes the place of the limits in the permits there are. Both sides are
judged by the one `judge`, over the same readings; only the register differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from rules.days import DAY_SECONDS, day_start
from rules.judge import OUTCOMES, Sheet, judge
from rules.loading import Reader, meant
from rules.model import Finding, Parameter, Period, Problem, Refused, Series
from rules.parameters import Catalogue
from rules.permit import ByRegulation, Permit, Regulations, load_permit, read_by_regulation
from rules.register import KINDS, Register, Station, check_bases, with_made
from rules.terms import owes
from rules.window import Ints, Mask, Window

OWES_NONE = -1
"""The outcome of a finding that one side does not owe."""

PLACES = ("stations", "plants", "clusters")


@dataclass(frozen=True, slots=True)
class Question:
    """Which stations, from which local midnight to which (inclusive), under which register."""

    stations: tuple[str, ...]
    first: int
    last: int
    register: Register  # with the permits as they would be


@dataclass(frozen=True, slots=True)
class Tally:
    """Closed findings of one series and period by outcome, on either side, as OUTCOMES has them."""

    today: Ints
    what_if: Ints
    differing: int

    @classmethod
    def nothing(cls) -> Tally:
        """None yet."""
        blank = np.zeros(len(OUTCOMES), np.int64)
        return cls(blank, blank, 0)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.today + other.today,
            self.what_if + other.what_if,
            self.differing + other.differing,
        )


class Difference(NamedTuple):
    """A finding whose outcome differs; None on the side that does not owe it."""

    parameter: Parameter
    today: Finding | None
    what_if: Finding | None


# --- the question -------------------------------------------------------------------------------


def read_question(
    file: str,
    raw: object,
    register: Register,
    visible: Iterable[str],
    catalogue: Catalogue,
    known: Regulations,
) -> Question:
    """A question as people send it. Raises Refused with every problem.

    `visible` are the stations that may be asked about; others are as absent as unknown ones.
    """
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    stations = _stations(top, [register.stations[name] for name in visible])
    first, last = top.required_day("from"), top.required_day("to")
    if not problems and last < first:
        top.problem("to", "lies before from: exchange the two")
    permits = _permits(top, stations, first, register, catalogue, known)
    top.close()
    if problems:
        raise Refused(problems)
    other = under(register, permits)
    problems += [
        Problem(file, f"permit.{one.key.rpartition('.')[2]}", one.message)
        for one in check(other, permits, known)
    ]
    if problems:
        raise Refused(problems)
    names = tuple(sorted(one.id for one in stations))
    return Question(names, day_start(first), day_start(last), other)


def _stations(top: Reader, visible: Sequence[Station]) -> list[Station]:
    """The stations named by themselves, by their plants or by their clusters."""
    found: dict[str, Station] = {}
    for kind in PLACES:
        places = {_place(one, kind) for one in visible}
        for name in top.texts(kind):
            if name not in places:
                top.problem(kind, f"no {kind[:-1]} {name!r} that you may see{meant(name, places)}")
            found |= {one.id: one for one in visible if _place(one, kind) == name}
    if not found and not top.problems:
        top.problem("stations", "name at least one of stations, plants or clusters")
    return list(found.values())


def _place(station: Station, kind: str) -> str:
    return {"stations": station.id, "plants": station.plant, "clusters": station.cluster}[kind]


def _permits(
    top: Reader,
    stations: Sequence[Station],
    first: date,
    register: Register,
    catalogue: Catalogue,
    known: Regulations,
) -> dict[str, Permit]:
    """What would bind the plants of some stations, and nothing else would."""
    given = [key for key in ("permit", "regulation") if top.has(key)]
    if len(given) != 1:
        top.problem("permit", "give either a permit or a regulation to compare with")
        for key in given:
            top.take(key)
        return {}
    plants = sorted({one.plant for one in stations})
    if given == ["regulation"]:
        return _by_regulation(top, plants, register, catalogue, known)
    return _typed(top, plants, first, register, catalogue, known)


def _typed(
    top: Reader,
    plants: Sequence[str],
    first: date,
    register: Register,
    catalogue: Catalogue,
    known: Regulations,
) -> dict[str, Permit]:
    """One permit for every plant; what only a paper has (number, page, dates) may be left out."""
    raw = top.values("permit")
    if "plant" in raw:
        top.problem("permit.plant", "leave it out: the permit is that of every plant asked about")
    typed = _with_paper(raw, first)
    found: dict[Problem, None] = {}  # the same once, however many plants
    permits: dict[str, Permit] = {}
    for plant in plants or [_NOWHERE]:
        said: list[Problem] = []
        reader = Reader(top.file, top.at("permit"), {**typed, "plant": plant}, said)
        capacity = register.plants[plant].capacity if plant in register.plants else Decimal(0)
        permits[plant] = load_permit(plant, reader, {plant: capacity}, catalogue, known)
        found |= dict.fromkeys(said)
    top.problems.extend(found)
    return permits


_NOWHERE = "-"
"""In place of a plant, so that a permit is read also where no station was found."""


def _with_paper(raw: Mapping[str, object], first: date) -> dict[str, object]:
    day = first.isoformat()
    paper = {"document": "Giả định", "number": "-", "page": "-", "date": day, "from": day}
    typed: dict[str, object] = {**paper, **raw}
    for key in ("limits", "loads"):
        of = raw.get(key)
        if isinstance(of, dict):
            typed[key] = {name: _paged(one) for name, one in of.items()}
    for key in ("regulation", "volume"):
        if key in raw:
            typed[key] = _paged(raw[key])
    return typed


def _paged(raw: object) -> object:
    return {"page": "-", **raw} if isinstance(raw, dict) else raw


def _by_regulation(
    top: Reader,
    plants: Sequence[str],
    register: Register,
    catalogue: Catalogue,
    known: Regulations,
) -> dict[str, Permit]:
    """The permits there are, their limits replaced by a regulation's; the rest of them stays."""
    raw = {"regulation": _paged(top.values("regulation"))}
    named = read_by_regulation(Reader(top.file, "", raw, top.problems), catalogue, known)
    return {
        key: _with(permit, named)
        for key, permit in register.permits.items()
        if permit.plant in plants
    }


def _with(permit: Permit, named: ByRegulation | None) -> Permit:
    return replace(permit, limits={}, by_regulation=named)


def read_permits(
    file: str, raw: object, register: Register, catalogue: Catalogue, known: Regulations
) -> dict[str, Permit]:
    """The permits of a register file, whose other sections are not looked at.

    Raises Refused with every problem: the plants must be those of `register`.
    """
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    for other in ("schema", *(kind for kind in KINDS if kind != "permits")):
        top.take(other)
    capacities = {key: plant.capacity for key, plant in register.plants.items()}
    permits = {
        key: load_permit(key, entry, capacities, catalogue, known)
        for key, entry in top.named("permits")
    }
    if not permits and not problems:
        top.problem("permits", "a mapping of at least one permit is required here")
    top.close()
    found = problems or [
        replace(one, file=file) for one in check(under(register, permits), permits, known)
    ]
    if found:
        raise Refused(found)
    return permits


def under(register: Register, permits: Mapping[str, Permit]) -> Register:
    """The register with these permits in the place of all that bind the same plants."""
    plants = {permit.plant for permit in permits.values()}
    others = {key: one for key, one in register.permits.items() if one.plant not in plants}
    every = {**others, **{f"what-if {key}": one for key, one in permits.items()}}
    unsaid = Reader("", "", {}, [])  # what is wrong is said by `check`
    stations = {
        key: with_made(unsaid, one, every) if one.plant in plants else one
        for key, one in register.stations.items()
    }
    return replace(register, permits=every, stations=stations)


def check(register: Register, permits: Mapping[str, Permit], known: Regulations) -> list[Problem]:
    """Why the stations of a register cannot be judged by some of its permits; none: they can."""
    problems: list[Problem] = []
    top = Reader("", "", {}, problems)
    plants = {permit.plant for permit in permits.values()}
    stations = {key: one for key, one in register.stations.items() if one.plant in plants}
    for station in stations.values():
        with_made(top, station, permits)
    check_bases(top, stations, permits, known)
    return problems


# --- the comparison -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """The sheets of one period length on both sides, and which of their findings are compared.

    `places` are the series and days of either side; of each, `before` and `after` have the
    outcomes as OUTCOMES has them, or OWES_NONE, and `rows` the rows in the sheets, or -1.
    """

    today: Sheet
    what_if: Sheet
    places: Sequence[tuple[Series, int]]
    rows: tuple[Ints, Ints]
    before: Ints
    after: Ints

    def tallies(self) -> Iterator[tuple[Series, Tally]]:
        """The counts of every series that owes anything on either side."""
        for series in dict.fromkeys(series for series, _ in self.places):
            own = np.array([place[0] == series for place in self.places], np.bool_)
            before, after = self.before[own], self.after[own]
            if (before >= 0).any() or (after >= 0).any():
                yield series, Tally(_count(before), _count(after), int((before != after).sum()))

    def differences(self) -> Iterator[Difference]:
        """The findings whose outcome differs, by series and time."""
        for place, column in np.argwhere(self.before != self.after).tolist():
            sides = [
                sheet.finding(int(rows[place]), column) if outcome[place, column] >= 0 else None
                for sheet, rows, outcome in (
                    (self.today, self.rows[0], self.before),
                    (self.what_if, self.rows[1], self.after),
                )
            ]
            yield Difference(self._parameter(place), *sides)

    def _parameter(self, place: int) -> Parameter:
        today, other = (int(rows[place]) for rows in self.rows)
        terms = self.today.terms(today) if today >= 0 else self.what_if.terms(other)
        return terms.parameter


def compare(
    window: Window,
    other: Window,
    now: int,
    periods: Sequence[Period],
    grace: int,
    first: int,
) -> list[Compared]:
    """Two windows of the same readings, judged each by its terms; one answer a period length.

    Compared are periods that have closed and did not end before `first`, the station's first
    reading ever: before it nobody owed any.
    """
    places = list(dict.fromkeys([*_places(window), *_places(other)]))
    rows = _rows(window, places), _rows(other, places)
    sides = zip(judge(window, now, periods, grace), judge(other, now, periods, grace), strict=True)
    return [
        Compared(
            today, then, places, rows, _outcomes(today, first, rows[0]),
            _outcomes(then, first, rows[1]),
        )
        for today, then in sides
    ]  # fmt: skip


def _places(window: Window) -> list[tuple[Series, int]]:
    lines = zip(window.row_line.tolist(), window.row_day.tolist(), strict=True)
    return [(window.terms[line].series, day) for line, day in lines]


def _rows(window: Window, places: Sequence[tuple[Series, int]]) -> Ints:
    known = {place: row for row, place in enumerate(_places(window))}
    return np.array([known.get(place, -1) for place in places], np.int64)


def _outcomes(sheet: Sheet, first: int, rows: Ints) -> Ints:
    window, length = sheet.window, sheet.period.length
    owed = np.array([owes(term, sheet.period) for term in window.terms], np.bool_)
    ends = window.row_day[:, None] + (np.arange(DAY_SECONDS // length) + 1) * length
    told: Mask = owed[window.row_line][:, None] & sheet.closed & (ends > first)
    found = np.where(told, sheet.outcome, OWES_NONE)[rows]
    found[rows < 0] = OWES_NONE
    return found


def _count(outcomes: Ints) -> Ints:
    counted = np.bincount(outcomes[outcomes >= 0], minlength=len(OUTCOMES))
    return counted.astype(np.int64)

"""Checks of one parameter against another of the same station (QARTOD: multi-variate).

All lines of a series are taken together first, for a reading may stand in several lines as
the context of one and the judged day of another, and must get the same marks in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rules.days import DAY_SECONDS, OFFSET
from rules.lines import Ints, Lines, Marks, Mask, Plan
from rules.model import Series, Test

_BIT = int(Test.MULTI_VARIATE)


@dataclass(frozen=True, slots=True)
class _Together:
    """The readings of one series, each once, and where each stands in the columns."""

    at: Ints
    value: Ints
    place: Ints  # indices into the columns
    which: Ints  # of each place: the reading


def crosscheck(lines: Lines, line: Ints, at: Ints, value: Ints, marks: Marks) -> None:
    """Mark readings that contradict those of another parameter at the same station."""
    if not any(plan.checks.at_most or plan.checks.balances for plan in lines.plans):
        return
    numbers: dict[Series, list[int]] = {}
    for number, plan in enumerate(lines.plans):
        numbers.setdefault(plan.series, []).append(number)
    columns = _Columns(line, at, value, marks)
    for series, own in numbers.items():
        plan = lines.plans[own[0]]
        if plan.checks.at_most:
            other = numbers.get(Series(series.station, plan.checks.at_most.of), [])
            share = 1 + Fraction(plan.checks.at_most.tolerance)
            _at_most(columns, share * _exchange(lines, own, other), own, other)
        if plan.checks.balances:
            other = numbers.get(Series(series.station, plan.checks.balances.partner), [])
            within = Fraction(plan.checks.balances.within)
            _balances(columns, lines, within, own, other)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The readings of all lines, and what is said about them."""

    line: Ints
    at: Ints
    value: Ints
    marks: Marks

    def together(self, numbers: list[int]) -> _Together:
        """The readings of some lines of one series."""
        ends = [np.searchsorted(self.line, (number, number + 1)) for number in numbers]
        place = np.concatenate([np.arange(*end) for end in ends] or [np.zeros(0, np.int64)])
        at = self.at[place]
        if len(numbers) == 1:
            return _Together(at, self.value[place], place, np.arange(len(place)))
        once, first, which = np.unique(at, return_index=True, return_inverse=True)
        return _Together(once, self.value[place[first]], place, which)

    def suspect(self, found: _Together, wrong: Mask) -> None:
        """Mark the readings that are wrong, wherever they stand."""
        self.marks.suspect[found.place[wrong[found.which]]] |= _BIT

    def alone(self, found: _Together, told: Mask) -> None:
        """Mark those of which nothing can be told."""
        self.marks.unevaluated[found.place[~told[found.which]]] |= _BIT


def _exchange(lines: Lines, own: list[int], other: list[int]) -> Fraction:
    """Quanta of the one parameter in a quantum of the other."""
    if not other:
        return Fraction(1)
    mine, theirs = (lines.plans[numbers[0]].parameter.quantum for numbers in (own, other))
    return Fraction(theirs) / Fraction(mine)


def _shared(mine: Ints, theirs: Ints) -> tuple[Ints, Ints]:
    """Where the instants stand that both have."""
    if np.array_equal(mine, theirs):
        return (both := np.arange(len(mine))), both
    place = np.searchsorted(theirs, mine)
    left = np.flatnonzero(place < len(theirs))
    left = left[theirs[place[left]] == mine[left]]
    return left, place[left]


def _at_most(columns: _Columns, share: Fraction, own: list[int], other: list[int]) -> None:
    """Suspect, both: own > other * share at one instant."""
    mine, theirs = columns.together(own), columns.together(other)
    left, right = _shared(mine.at, theirs.at)
    told = np.zeros(len(mine.at), np.bool_)
    told[left] = True
    over = _more(mine.value[left], theirs.value[right], share)
    columns.alone(mine, told)
    for found, place in ((mine, left[over]), (theirs, right[over])):
        columns.suspect(found, _only(place, len(found.at)))


def _more(mine: Ints, theirs: Ints, share: Fraction) -> Mask:
    """mine > theirs * share, exactly: in Python's integers where 64 bits might not do."""
    up, down = share.numerator, share.denominator
    greatest = max(int(np.abs(column).max(initial=0)) for column in (mine, theirs))
    if greatest * max(up, down) < 2**62:
        more: Mask = mine * down > theirs * up
        return more
    pairs = zip(mine.tolist(), theirs.tolist(), strict=True)
    return np.array([one * down > two * up for one, two in pairs], np.bool_)


def _only(place: Ints, length: int) -> Mask:
    mask = np.zeros(length, np.bool_)
    mask[place] = True
    return mask


def _balances(
    columns: _Columns, lines: Lines, within: Fraction, own: list[int], other: list[int]
) -> None:
    """Suspect, both: on a local day, |own - other| > within * other, over the shared instants.

    A day is told when both share half of its slots.
    """
    mine, theirs = columns.together(own), columns.together(other)
    left, right = _shared(mine.at, theirs.at)
    plans = [lines.plans[numbers[0]] for numbers in (own, other) if numbers]
    interval = max(plan.interval for plan in plans)
    day = _day(mine.at[left], plans[0])
    fresh = np.flatnonzero(np.diff(day, prepend=-1) > 0)
    told = 2 * interval * np.diff(np.append(fresh, len(day))) >= DAY_SECONDS
    days = day[fresh]
    out, into = (
        np.add.reduceat(column, fresh) if len(fresh) else column
        for column in (mine.value[left], theirs.value[right])
    )
    unit = _exchange(lines, own, other)
    wrong = told & (_more(out, into, (1 + within) * unit) | _more(-out, -into, (1 - within) * unit))
    columns.alone(mine, _among(_day(mine.at, plans[0]), days[told]))
    for found, plan in zip((mine, theirs), plans, strict=False):
        columns.suspect(found, _among(_day(found.at, plan), days[wrong]))


def _day(at: Ints, plan: Plan) -> Ints:
    """The number of the local day of each instant; where times end slots, midnight ends it."""
    day: Ints = (at - int(plan.stamp_ends) + OFFSET) // DAY_SECONDS
    return day


def _among(day: Ints, chosen: Ints) -> Mask:
    if not len(chosen):
        return np.zeros(len(day), np.bool_)
    place = np.minimum(np.searchsorted(chosen, day), len(chosen) - 1)
    among: Mask = chosen[place] == day
    return among

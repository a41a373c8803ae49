"""The judgement: a window of readings and its terms become findings.

One pure, vectorised function. Live data, late data, replay and what-if all call it, so there
is no second opinion anywhere. Everything is compared as whole numbers: a mean is a sum
against limit x count, never a rounded quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from rules.assess import CALIBRATING, FAILED, FAULTY, SET_ASIDE, UNKNOWN, assess
from rules.days import DAY_SECONDS
from rules.derived import with_derived
from rules.grid import Slots, fill
from rules.model import (
    HOUR,
    PERIODS,
    Averaging,
    Counts,
    Finding,
    Limit,
    Outcome,
    Period,
    Reason,
    Series,
)
from rules.terms import Terms
from rules.window import Ints, Mask, Rows, Window

GRACE = 600
"""Seconds after its end at which a period closes."""

RANGE_MARGIN = Decimal("0.2")
"""How near to an end of its range a pH is called near, in pH units."""

OUTCOMES = tuple(Outcome)
REASONS = tuple(Reason)
_OUTCOME = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_REASON = {reason: code for code, reason in enumerate(REASONS)}

Exact = npt.NDArray[Any]
"""int64, or Python integers in an object array where int64 would overflow."""

# How one scenario (all lowest, or all highest competing values) compares with the limit.
_WITHIN, _NEAR, _ABOVE, _BELOW, _HOUR = range(5)
_JUDGED = {
    _WITHIN: (Outcome.COMPLIANT, Reason.WITHIN_LIMIT),
    _NEAR: (Outcome.NEAR, Reason.NEAR_LIMIT),
    _ABOVE: (Outcome.EXCEEDED, Reason.ABOVE_LIMIT),
    _BELOW: (Outcome.EXCEEDED, Reason.BELOW_LIMIT),
    _HOUR: (Outcome.EXCEEDED, Reason.HOUR_OUTSIDE),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The verdicts of one period length: arrays of shape (rows, periods of the day).

    `outcome` and `reason` index OUTCOMES and REASONS. The mean is num/den quanta in lowest
    terms; den is 0 where there is none to show.
    """

    period: Period
    window: Window
    outcome: Ints
    reason: Ints
    num: Exact
    den: Exact
    expected: Ints
    received: Ints
    valid: Ints
    calibrating: Ints
    faulty: Ints
    failed: Ints
    unknown: Ints
    conflicting: Ints
    closed: Mask

    def terms(self, row: int) -> Terms:
        """What a row is judged by."""
        return self.window.terms[int(self.window.row_line[row])]

    def finding(self, row: int, column: int, revision: int = 1) -> Finding:
        """One verdict as a value."""
        term = self.terms(row)
        start = int(self.window.row_day[row]) + int(column) * self.period.length
        at = (row, column)
        den = int(self.den[at])
        return Finding(
            series=term.series,
            period=self.period.name,
            start=start,
            end=start + self.period.length,
            outcome=OUTCOMES[self.outcome[at]],
            reason=REASONS[self.reason[at]],
            mean=Fraction(int(self.num[at]), den) if den else None,
            limit=term.limit,
            counts=self._counts(at),
            final=bool(self.closed[at]),
            revision=revision,
        )

    def _counts(self, at: tuple[int, int]) -> Counts:
        return Counts(
            expected=int(self.expected[at]),
            received=int(self.received[at]),
            valid=int(self.valid[at]),
            calibrating=int(self.calibrating[at]),
            faulty=int(self.faulty[at]),
            failed=int(self.failed[at]),
            unknown=int(self.unknown[at]),
            conflicting=int(self.conflicting[at]),
        )


def judge(
    window: Window, now: int, periods: Sequence[Period] = PERIODS, grace: int = GRACE
) -> list[Sheet]:
    """One sheet a period, in the order given; `now` is plant time, UTC epoch seconds."""
    rows = Rows.of(window)
    slots = with_derived(window, fill(window, rows, assess(window)))
    limits = _Limits.of(window)
    hours = _tally(window, rows, slots, limits, HOUR, now, grace)
    return [_sheet(window, rows, slots, limits, hours, p, now, grace) for p in periods]


@dataclass(frozen=True, slots=True)
class _Limits:
    """The limits as columns, one element a row: quanta times `scale`, so that they are whole."""

    scale: int
    low: Exact
    high: Exact
    margin: Exact
    near: tuple[Ints, Ints]  # from this share of the limit on a mean is near: over, under
    present: Mask
    ranged: Mask

    @classmethod
    def of(cls, window: Window) -> _Limits:
        terms, line = window.terms, window.row_line
        lows = [_low(term.limit, term.parameter.quantum) for term in terms]
        highs = [_high(term.limit, term.parameter.quantum) for term in terms]
        margins = [_quanta(RANGE_MARGIN, term.parameter.quantum) for term in terms]
        scale = lcm(*{number.denominator for number in (*lows, *highs, *margins)})
        return cls(
            scale,
            _whole([low * scale for low in lows])[line],
            _whole([high * scale for high in highs])[line],
            _whole([margin * scale for margin in margins])[line],
            _shares([term.ladder.near for term in terms], line),
            np.array([term.limit is not None for term in terms], np.bool_)[line],
            np.array([t.parameter.averaging is Averaging.RANGE for t in terms], np.bool_)[line],
        )


def _shares(shares: Sequence[Fraction], line: Ints) -> tuple[Ints, Ints]:
    over = np.array([share.numerator for share in shares], np.int64)
    under = np.array([share.denominator for share in shares], np.int64)
    return over[line], under[line]


def _low(limit: Limit | None, quantum: Decimal) -> Fraction:
    return _quanta(limit.low if limit else None, quantum)


def _high(limit: Limit | None, quantum: Decimal) -> Fraction:
    return _quanta(limit.high if limit else None, quantum)


@lru_cache(maxsize=65536)  # limits are few, judgements many
def _quanta(number: Decimal | None, quantum: Decimal) -> Fraction:
    return Fraction(0) if number is None else Fraction(number) / Fraction(quantum)


def _whole(numbers: Sequence[Fraction]) -> Exact:
    """Whole numbers as int64 where they fit, else as Python integers."""
    whole = [number.numerator // number.denominator for number in numbers]
    small = all(abs(number) < 2**62 for number in whole)
    return np.array(whole, np.int64 if small else object)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Sums and counts of one period length before any comparison; arrays (rows, periods)."""

    valid: Ints
    kinds: dict[int, Ints]
    conflicting: Ints
    low: Exact  # sum of slot values x unit, every competing value at its lowest
    high: Exact
    weight: Exact  # valid x unit
    whole: Exact  # expected x unit
    expected: Ints
    enough: Mask
    closed: Mask
    codes: tuple[Ints, Ints]  # how the lowest and the highest scenario compare
    dry: Mask  # nothing was discharged
    unseen: Mask  # nothing is known to have been discharged, yet


def _tally(
    window: Window,
    rows: Rows,
    slots: Slots,
    limits: _Limits,
    period: Period,
    now: int,
    grace: int,
) -> _Tally:
    shape = (len(rows.day), DAY_SECONDS // period.length)

    def cell(row: Ints, index: Ints) -> Ints:
        return row * shape[1] + index * (rows.usual or rows.interval[row]) // period.length

    def count(cells: Ints) -> Ints:
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)

    every = cell(slots.row, slots.index)
    counting = every if slots.row is slots.v_row else cell(slots.v_row, slots.v_index)
    valid = count(counting)
    kinds = {kind: count(every[slots.kind == kind]) for kind in SET_ASIDE}
    expected = np.broadcast_to((period.length // rows.interval)[:, None], shape)
    kind, unit = _unit(rows, slots, limits, int(expected.max(initial=1)))
    low = _sum(counting, slots.v_low, slots, kind, unit, shape)
    same = slots.v_low is slots.v_high  # nothing is contested
    high = low if same else _sum(counting, slots.v_high, slots, kind, unit, shape)
    weight = valid.astype(kind) * unit
    tops, bottoms = _shares([term.completeness for term in window.terms], rows.line)
    ends = rows.day[:, None] + (np.arange(shape[1]) + 1) * period.length
    enough = (valid * bottoms[:, None] >= expected * tops[:, None]) & (valid > 0)
    closed = ends + grace <= now
    lowest = _compare(low, weight, limits)
    flows = _flows(window)
    unseen = _unseen(window, flows, rows, slots, period)
    return _Tally(
        valid=valid,
        kinds=kinds,
        conflicting=count(counting[slots.v_conflict]),
        low=low,
        high=high,
        weight=weight,
        whole=expected.astype(kind) * unit,
        expected=expected,
        enough=enough,
        closed=closed,
        codes=(lowest, lowest if same else _compare(high, weight, limits)),
        dry=unseen & _known(flows, enough & closed),
        unseen=unseen,
    )


def _unit(rows: Rows, slots: Slots, limits: _Limits, most: int) -> tuple[type[object], int]:
    """What to multiply slot values with, so that a slot of n instants adds their sum / n exactly.

    And the kind of number to do it in: int64 where every product stays inside it.
    """
    several = slots.v_count[slots.v_count > 1]  # most slots hold one instant
    unit = lcm(*np.unique(several).tolist())
    measured = max(_largest(slots.v_low), _largest(slots.v_high), _largest(rows.low), 1)
    compared = max(_largest(limits.low), _largest(limits.high), _largest(limits.margin))
    # The largest product any comparison can form: a mean times what the share of near is under.
    under = _largest(limits.near[1])
    wide = max(measured * limits.scale, compared) * unit * most * under >= 2**62
    return (object if wide else np.int64), unit


def _sum(
    cells: Ints, values: Ints, slots: Slots, kind: type[object], unit: int, shape: tuple[int, int]
) -> Exact:
    """Sums of slot values x unit, exact."""
    exact = values.astype(kind, copy=False)
    if unit > 1:
        exact = exact * (unit // slots.v_count.astype(kind))
    return _add(cells, exact, shape)


def _largest(numbers: Exact) -> int:
    return max(abs(int(numbers.max(initial=0))), abs(int(numbers.min(initial=0))))


def _add(cells: Ints, values: Exact, shape: tuple[int, int]) -> Exact:
    """Sum `values` into their cells; cells rise, so each is one run."""
    total = np.zeros(shape[0] * shape[1], values.dtype)
    if len(cells):
        first = np.flatnonzero(np.diff(cells, prepend=-1))
        total[cells[first]] = np.add.reduceat(values, first)
    return total.reshape(shape)


def _compare(total: Exact, weight: Exact, limits: _Limits) -> Ints:
    """Each mean total/weight against its row's limit, exactly. Equal to the limit is within."""
    mean, high = total * limits.scale, limits.high[:, None] * weight
    over, under = (side[:, None] for side in limits.near)
    code = np.where(mean * under >= high * over, _NEAR, _WITHIN)
    code[np.asarray(mean > high, np.bool_)] = _ABOVE
    low, margin = limits.low[:, None] * weight, limits.margin[:, None] * weight
    ranged = np.where((mean >= high - margin) | (mean <= low + margin), _NEAR, _WITHIN)
    ranged[np.asarray(mean > high, np.bool_)] = _ABOVE
    ranged[np.asarray(mean < low, np.bool_)] = _BELOW
    return np.where(limits.ranged[:, None], ranged, code).astype(np.int64)


def _sheet(
    window: Window,
    rows: Rows,
    slots: Slots,
    limits: _Limits,
    hours: _Tally,
    period: Period,
    now: int,
    grace: int,
) -> Sheet:
    tally = hours if period is HOUR else _tally(window, rows, slots, limits, period, now, grace)
    lowest, highest = tally.codes
    enough = tally.enough
    if period.length > HOUR.length:
        lowest, highest, enough = _by_hours(tally, hours, limits, period)
    proven = _proven(tally, rows, limits)
    contested = enough & limits.present[:, None] & ~_agree(lowest, highest)
    outcome, reason = _verdicts(highest)
    _put(outcome, reason, contested, Outcome.NOT_ASSESSABLE, Reason.CONTESTED)
    _put(outcome, reason, ~enough, Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)
    received = tally.valid + sum(tally.kinds.values())
    _put(outcome, reason, received == 0, Outcome.NOT_ASSESSABLE, Reason.NO_DATA)
    _put(outcome, reason, ~tally.closed, Outcome.NOT_ASSESSABLE, Reason.PERIOD_OPEN)
    early = proven & (~enough | ~tally.closed) & ~tally.unseen
    _put(outcome, reason, early, Outcome.EXCEEDED, Reason.PROVEN)
    _put(outcome, reason, tally.dry, *_DRY)
    for lack, verdict in _LACKS.items():
        _put(outcome, reason, _lacking(window, lack, outcome.shape), verdict, lack)
    shown = (tally.valid > 0) & (enough | ~tally.closed | early) & ~(contested & ~early)
    num, den = _means(tally, shown)
    return Sheet(
        period, window, outcome, reason, num, den, tally.expected, received, tally.valid,
        tally.kinds[CALIBRATING], tally.kinds[FAULTY], tally.kinds[FAILED],
        tally.kinds[UNKNOWN], tally.conflicting, tally.closed,
    )  # fmt: skip


_DRY = (Outcome.NOT_APPLICABLE, Reason.NO_DISCHARGE)
_LACKS = {
    Reason.LIMIT_MISSING: Outcome.NOT_ASSESSABLE,
    Reason.NO_PERMIT: Outcome.NOT_APPLICABLE,
}


def _verdicts(codes: Ints) -> tuple[Ints, Ints]:
    outcomes = np.array([_OUTCOME[_JUDGED[code][0]] for code in range(5)], np.int64)
    reasons = np.array([_REASON[_JUDGED[code][1]] for code in range(5)], np.int64)
    return outcomes[codes], reasons[codes]


def _agree(lowest: Ints, highest: Ints) -> Mask:
    """Whether both scenarios lead to one outcome: outside is outside, at whichever end."""
    agree: Mask = (lowest == highest) | ((lowest >= _ABOVE) & (highest >= _ABOVE))
    return agree


def _put(outcome: Ints, reason: Ints, where: Mask, verdict: Outcome, why: Reason) -> None:
    outcome[where] = _OUTCOME[verdict]
    reason[where] = _REASON[why]


def _lacking(window: Window, lack: Reason, shape: tuple[int, ...]) -> Mask:
    lines = np.array([term.lack is lack for term in window.terms], np.bool_)
    rows = lines[window.row_line]
    return np.broadcast_to(rows[:, None], shape)


def _by_hours(
    tally: _Tally, hours: _Tally, limits: _Limits, period: Period
) -> tuple[Ints, Ints, Mask]:
    """A long period by range is judged by its hours: outside when any assessable hour is."""
    fold = (*tally.valid.shape, period.length // HOUR.length)
    able = hours.enough & hours.closed & ~hours.dry & limits.present[:, None]
    usable = able.reshape(fold)
    lowest, highest = (_worst(code.reshape(fold), usable) for code in hours.codes)
    outside = (lowest == _HOUR) | (highest == _HOUR)
    ranged = limits.ranged[:, None]
    return (
        np.where(ranged, lowest, tally.codes[0]),
        np.where(ranged, highest, tally.codes[1]),
        np.where(ranged, tally.enough | outside, tally.enough),
    )


def _worst(codes: Ints, usable: Mask) -> Ints:
    outside = ((codes >= _ABOVE) & usable).any(axis=2)
    near = ((codes == _NEAR) & usable).any(axis=2)
    return np.where(outside, _HOUR, np.where(near, _NEAR, _WITHIN)).astype(np.int64)


def _proven(tally: _Tally, rows: Rows, limits: _Limits) -> Mask:
    """Exceeded even if every missing slot held the instrument's minimum (never by range)."""
    missing = tally.whole - tally.weight
    least = (tally.low + missing * rows.low[:, None]) * limits.scale
    stands = np.asarray(least > limits.high[:, None] * tally.whole, np.bool_)
    able = (limits.present & ~limits.ranged)[:, None] & (tally.valid > 0)
    return stands & able


def _flows(window: Window) -> Ints:
    """The row of the outflow whose no-discharge rule a row is under; -1 where there is none."""
    terms = window.terms
    flows = np.full(window.row_line.shape, -1, np.int64)
    ruled = {
        line: Series(term.series.station, term.dry.flow)
        for line, term in enumerate(terms)
        if term.dry is not None
    }
    if not ruled:
        return flows
    places = list(zip(window.row_line.tolist(), window.row_day.tolist(), strict=True))
    known = {(terms[line].series, day): row for row, (line, day) in enumerate(places)}
    for row, (line, day) in enumerate(places):
        if line in ruled:
            flows[row] = known.get((ruled[line], day), -1)
    return flows


def _unseen(window: Window, flows: Ints, rows: Rows, slots: Slots, period: Period) -> Mask:
    """Periods under a no-discharge rule in which no slot of the outflow reached the figure.

    A reading of the outflow may still come and show that nothing was discharged, so nothing
    is proven early in them.
    """
    shape = (len(flows), DAY_SECONDS // period.length)
    under = flows >= 0
    if not under.any():
        return np.zeros(shape, np.bool_)
    rule = np.zeros(len(flows), np.int64)  # the line whose rule an outflow's row is held against
    rule[flows[under]] = window.row_line[under]
    flowing = np.zeros(len(flows), np.bool_)
    flowing[flows[under]] = True
    own = flowing[slots.v_row]
    row, index = slots.v_row[own], slots.v_index[own]
    counts, which = np.unique(slots.v_count[own], return_inverse=True)
    figures = np.array([_figures(term, counts) for term in window.terms])
    reached = np.asarray(slots.v_high[own] >= figures[rule[row], which], np.bool_)
    running = np.zeros(shape, np.bool_)
    running[row[reached], (index * rows.interval[row] // period.length)[reached]] = True
    return under[:, None] & ~running[flows]


def _figures(terms: Terms, counts: Ints) -> list[int]:
    """The least sum of so many instants that reaches the figure of no discharge, in quanta."""
    below = terms.dry.below if terms.dry else Fraction(0)
    return [ceil(below * count) for count in counts.tolist()]


def _known(flows: Ints, settled: Mask) -> Mask:
    """Periods whose outflow is settled: closed, with enough readings."""
    known: Mask = settled[flows] & (flows >= 0)[:, None]
    return known


def _means(tally: _Tally, shown: Mask) -> tuple[Exact, Exact]:
    """Means in lowest terms, so that equal means are equal numbers; 0/0 where none is shown."""
    num, den = tally.high, tally.weight
    common = np.gcd(num, np.where(den == 0, 1, den))
    common = np.where(common == 0, 1, common)
    return np.where(shown, num // common, 0), np.where(shown, den // common, 0)

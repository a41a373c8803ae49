"""A second judge, slow and plain: dictionaries, loops and fractions.

Written from the rules and not from `rules/judge.py`, so that a mistake has to be made twice
to go unseen. Times are UTC epoch seconds, values quanta.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from rules.model import Averaging, Counts, Finding, Outcome, Period, Reason, Status
from tests.rules.windows import DayTerms, Row

Pair = tuple[Outcome, Reason]

WITHIN = (Outcome.COMPLIANT, Reason.WITHIN_LIMIT)
NEAR = (Outcome.NEAR, Reason.NEAR_LIMIT)
ABOVE = (Outcome.EXCEEDED, Reason.ABOVE_LIMIT)
BELOW = (Outcome.EXCEEDED, Reason.BELOW_LIMIT)
OUTSIDE = (Outcome.EXCEEDED, Reason.HOUR_OUTSIDE)


@dataclass
class Slot:
    """What a slot received: values that compete by instant, and the sorts of the others."""

    competing: dict[int, set[int]]
    others: set[str]
    _means: dict[bool, Fraction] = field(default_factory=dict)

    def value(self, highest: bool) -> Fraction:
        """The slot's mean with every instant at its highest, or lowest, competing value."""
        if highest not in self._means:
            pick = max if highest else min
            picked = [pick(values) for values in self.competing.values()]
            self._means[highest] = Fraction(sum(picked), len(picked))
        return self._means[highest]

    @property
    def conflicting(self) -> bool:
        """Whether one instant has more than one competing value."""
        return any(len(values) > 1 for values in self.competing.values())


Slots = Mapping[int, Slot]


@cache
def slot_number(interval: int, stamp_ends: bool, offset: int) -> int | None:
    """The slot of an offset from midnight; None when it belongs to another day.

    Every slot owns the seconds between its two boundaries, both moved by a tenth of the
    interval against the direction in which times mean something, except on the hour.
    """
    near = offset // interval
    for number in range(max(near - 2, 0), min(near + 3, 86400 // interval)):
        begin, end = number * interval, (number + 1) * interval
        first, last = (0 if edge % 3600 == 0 else interval for edge in (begin, end))  # tenths
        if stamp_ends and 10 * begin + first < 10 * offset <= 10 * end + last:
            return number
        if not stamp_ends and 10 * begin - first <= 10 * offset < 10 * end - last:
            return number
    return None


def fill(term: DayTerms, readings: Iterable[tuple[int, int, int]]) -> Slots:
    """The slots of one row."""
    slots: dict[int, Slot] = defaultdict(lambda: Slot(defaultdict(set), set()))
    for at, value, status in set(readings):
        number = slot_number(term.interval, term.stamp_ends, at - term.day)
        if number is None:
            continue
        sort = sort_of(term, value, status)
        if sort == "competing":
            slots[number].competing[at].add(value)
        else:
            slots[number].others.add(sort)
    return dict(slots)


def sort_of(term: DayTerms, value: int, status: int) -> str:
    """What a reading is."""
    if status == Status.MEASURING:
        return "competing" if term.low <= value <= term.high else "failed"
    return {Status.CALIBRATING: "calibrating", Status.FAULT: "faulty"}.get(
        Status(status), "unknown"
    )


class Reference:
    """All rows of a window, ready to be asked for one verdict at a time."""

    def __init__(
        self, rows: Sequence[DayTerms], given: Iterable[Row], now: int, grace: int
    ) -> None:
        by_row: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for row, at, value, status in given:
            by_row[row].append((at, value, status))
        self.rows = rows
        self.slots = [fill(term, by_row[row]) for row, term in enumerate(rows)]
        self._seen: dict[tuple[int, int, int], list[Slot]] = {}
        self.now, self.grace = now, grace

    def finding(self, row: int, period: Period, start: int) -> Finding:
        """The verdict on one row and one period."""
        term, end = self.rows[row], start + period.length
        outcome, reason, mean = self._verdict(row, start, end)
        return Finding(
            series=term.series,
            period=period.name,
            start=start,
            end=end,
            outcome=outcome,
            reason=reason,
            mean=mean,
            limit=term.limit,
            counts=self._counts(row, start, end),
            final=self._closed(end),
        )

    # --- what was received ---------------------------------------------------------------------

    def _within(self, row: int, start: int, end: int) -> list[Slot]:
        term, key = self.rows[row], (row, start, end)
        if key not in self._seen:
            self._seen[key] = [
                slot
                for number, slot in self.slots[row].items()
                if start <= term.day + number * term.interval < end
            ]
        return self._seen[key]

    def _valid(self, row: int, start: int, end: int) -> list[Slot]:
        return [slot for slot in self._within(row, start, end) if slot.competing]

    def _counts(self, row: int, start: int, end: int) -> Counts:
        sorts: dict[str, int] = defaultdict(int)
        for slot in self._within(row, start, end):
            best = ["calibrating", "faulty", "unknown", "failed"]
            sorts["valid" if slot.competing else next(s for s in best if s in slot.others)] += 1
        return Counts(
            expected=(end - start) // self.rows[row].interval,
            received=sum(sorts.values()),
            valid=sorts["valid"],
            calibrating=sorts["calibrating"],
            faulty=sorts["faulty"],
            failed=sorts["failed"],
            unknown=sorts["unknown"],
            conflicting=sum(slot.conflicting for slot in self._valid(row, start, end)),
        )

    def _enough(self, row: int, start: int, end: int) -> bool:
        term, valid = self.rows[row], len(self._valid(row, start, end))
        return valid > 0 and Fraction(valid * term.interval, end - start) >= term.completeness

    def _closed(self, end: int) -> bool:
        return self.now - end >= self.grace

    # --- the discharge -------------------------------------------------------------------------

    def _flow(self, row: int) -> int | None:
        term = self.rows[row]
        if term.dry is None:
            return None
        wanted = (term.series.station, term.dry.flow, term.day)
        for other, flow in enumerate(self.rows):
            if (flow.series.station, flow.series.parameter, flow.day) == wanted:
                return other
        return None

    def _discharge_seen(self, row: int, start: int, end: int) -> bool:
        """Whether it is certain that something was discharged (always without the rule)."""
        flow, rule = self._flow(row), self.rows[row].dry
        if flow is None or rule is None:
            return True
        return any(slot.value(True) >= rule.below for slot in self._valid(flow, start, end))

    def _dry(self, row: int, start: int, end: int) -> bool:
        """Whether it is certain that nothing was discharged."""
        flow = self._flow(row)
        settled = flow is not None and self._closed(end) and self._enough(flow, start, end)
        return settled and not self._discharge_seen(row, start, end)

    # --- the verdict ---------------------------------------------------------------------------

    def _verdict(self, row: int, start: int, end: int) -> tuple[Outcome, Reason, Fraction | None]:
        term = self.rows[row]
        mean = self._mean(row, start, end, True)
        scenarios = [self._scenario(row, start, end, highest) for highest in (False, True)]
        enough = all(scenario is not None for scenario in scenarios)
        contested = self._contested(term, scenarios)
        proven = self._proven(row, start, end) and not (enough and self._closed(end))
        shown = mean if enough or not self._closed(end) or proven else None
        if contested:
            shown = None
        return (*self._pair(row, start, end, scenarios, contested, proven), shown)

    def _contested(self, term: DayTerms, scenarios: Sequence[Pair | None]) -> bool:
        outcomes = {None if scenario is None else scenario[0] for scenario in scenarios}
        return term.limit is not None and len(outcomes) > 1

    def _pair(
        self,
        row: int,
        start: int,
        end: int,
        scenarios: Sequence[Pair | None],
        contested: bool,
        proven: bool,
    ) -> Pair:
        lack = self.rows[row].lack
        if lack is Reason.NO_PERMIT:
            return Outcome.NOT_APPLICABLE, lack
        if lack is not None:
            return Outcome.NOT_ASSESSABLE, lack
        if self._dry(row, start, end):
            return Outcome.NOT_APPLICABLE, Reason.NO_DISCHARGE
        if proven:
            return Outcome.EXCEEDED, Reason.PROVEN
        if not self._closed(end):
            return Outcome.NOT_ASSESSABLE, Reason.PERIOD_OPEN
        if not self._within(row, start, end):
            return Outcome.NOT_ASSESSABLE, Reason.NO_DATA
        if contested:
            return Outcome.NOT_ASSESSABLE, Reason.CONTESTED
        return scenarios[1] or (Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)

    def _mean(self, row: int, start: int, end: int, highest: bool) -> Fraction | None:
        values = [slot.value(highest) for slot in self._valid(row, start, end)]
        return sum(values, Fraction(0)) / len(values) if values else None

    def _scenario(self, row: int, start: int, end: int, highest: bool) -> Pair | None:
        """What the readings say with every conflict at its highest (lowest); None: not enough."""
        term = self.rows[row]
        if term.parameter.averaging is Averaging.RANGE and end - start > 3600:
            return self._by_hours(row, start, end, highest)
        mean = self._mean(row, start, end, highest)
        if mean is None or not self._enough(row, start, end):
            return None
        return compare(term, mean)

    def _by_hours(self, row: int, start: int, end: int, highest: bool) -> Pair | None:
        hours = []
        for hour in range(start, end, 3600):
            if self._closed(hour + 3600) and not self._dry(row, hour, hour + 3600):
                found = self._scenario(row, hour, hour + 3600, highest)
                hours += [] if found is None else [found[0]]
        if self.rows[row].limit is not None and Outcome.EXCEEDED in hours:
            return OUTSIDE
        if not self._enough(row, start, end):
            return None
        return NEAR if Outcome.NEAR in hours else WITHIN

    def _proven(self, row: int, start: int, end: int) -> bool:
        """Whether the mean would be above the limit with the minimum in every missing slot."""
        term = self.rows[row]
        if term.limit is None or term.limit.high is None:
            return False
        if term.parameter.averaging is Averaging.RANGE:
            return False
        if not self._discharge_seen(row, start, end):
            return False
        values = [slot.value(False) for slot in self._valid(row, start, end)]
        expected = (end - start) // term.interval
        least = sum(values, Fraction(0)) + (expected - len(values)) * term.low
        return bool(values) and least / expected > term.parameter.quanta(term.limit.high)


def compare(term: DayTerms, mean: Fraction) -> Pair:
    """A mean beside the limit; exactly at the limit is within it."""
    limit, parameter = term.limit, term.parameter
    if limit is None or limit.high is None:
        return WITHIN
    high = parameter.quanta(limit.high)
    if mean > high:
        return ABOVE
    if parameter.averaging is Averaging.RANGE and limit.low is not None:
        low, margin = parameter.quanta(limit.low), Fraction(1, 5) / Fraction(parameter.quantum)
        if mean < low:
            return BELOW
        return NEAR if min(mean - low, high - mean) <= margin else WITHIN
    return NEAR if mean >= high * Fraction(9, 10) else WITHIN


def reference(
    rows: Sequence[DayTerms],
    given: Iterable[Row],
    now: int,
    periods: Sequence[Period],
    grace: int = 600,
) -> dict[tuple[int, str, int], Finding]:
    """Every verdict by row, period and start."""
    judge = Reference(rows, given, now, grace)
    return {
        (row, period.name, start): judge.finding(row, period, start)
        for period in periods
        for row, term in enumerate(rows)
        for start in range(term.day, term.day + 86400, period.length)
    }

"""The quality checks once more, reading by reading in exact fractions: slow, plain, local."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from statistics import median

from rules.lines import Plan
from rules.model import Test

Given = Mapping[int, int]
"""Value in quanta by instant."""

Said = tuple[Test, Test, Test]
"""What one reading fails, what is suspect about it, what could not be evaluated."""

NONE = Test(0)


def said_of(plan: Plan, given: Given, at: int) -> Said:
    """All checks of one reading against the readings of its own line."""
    found = [check(plan, given, at) for check in (_time, _gap, _clip, _rate, _spike, _flat, _weak)]
    fail = suspect = unevaluated = NONE
    for one in found:
        fail, suspect, unevaluated = fail | one[0], suspect | one[1], unevaluated | one[2]
    return fail, suspect, unevaluated


def _before(given: Given, at: int) -> int | None:
    return max((one for one in given if one < at), default=None)


def _only(test: Test, wrong: bool) -> Said:
    return NONE, test if wrong else NONE, NONE


def _time(plan: Plan, given: Given, at: int) -> Said:
    before = _before(given, at)
    close = before is not None and Fraction(at - before) < Fraction(plan.interval, 2)
    return _only(Test.TIME, plan.checks.time and close)


def _gap(plan: Plan, given: Given, at: int) -> Said:
    gap = plan.checks.gap
    longer = max(gap.longer, plan.interval) if gap else 0
    return _only(Test.GAP, gap is not None and not any(at - longer <= one < at for one in given))


def _step(plan: Plan) -> int:
    resolution = plan.checks.resolution
    return 1 if resolution is None else int(plan.parameter.quanta(resolution))


def _clipped(plan: Plan, value: int) -> bool:
    return value >= plan.high - _step(plan)


def _clip(plan: Plan, given: Given, at: int) -> Said:
    return _only(Test.CLIPPING, plan.checks.clipping and _clipped(plan, given[at]))


def _rate(plan: Plan, given: Given, at: int) -> Said:
    rate, before = plan.checks.rate_of_change, _before(given, at)
    if rate is None:
        return NONE, NONE, NONE
    if before is None or at - before > 3600:
        return NONE, NONE, Test.RATE_OF_CHANGE
    allowed = plan.parameter.quanta(rate.step) ** 2 * Fraction(at - before, rate.per)
    return _only(Test.RATE_OF_CHANGE, (given[at] - given[before]) ** 2 > allowed)


def _spike(plan: Plan, given: Given, at: int) -> Said:
    spike = plan.checks.spike
    if spike is None:
        return NONE, NONE, NONE
    slot = (at - plan.stamp_ends) // plan.interval
    earliest = at - min(30 * plan.interval, 21600)
    before = sorted(one for one in given if earliest <= one < at)[-10:]
    after = sorted(
        one for one in given if one > at and (one - plan.stamp_ends) // plan.interval <= slot + 2
    )[:2]
    values = [given[one] for one in (*before, at, *after)]
    if len(values) < 7:
        return NONE, NONE, Test.SPIKE
    middle = median(map(Fraction, values))
    least = max(2 * _step(plan), int(plan.parameter.quanta(spike.noise or Decimal(0))))
    spread = max(median(abs(value - middle) for value in values), Fraction(least))

    def beyond(moment: int, times: int) -> bool:
        return abs(given[moment] - middle) > times * Fraction(14826, 10000) * spread

    back = any(not beyond(one, spike.suspect) for one in after)
    held = sum(abs(value - given[at]) < _step(plan) for value in values) * plan.interval
    measured = plan.parameter.refresh >= 600 and held >= plan.parameter.refresh
    if beyond(at, spike.fail) and back and not measured:
        return Test.SPIKE, NONE, NONE
    return _only(Test.SPIKE, beyond(at, spike.suspect))


def _flat(plan: Plan, given: Given, at: int) -> Said:
    flat = plan.checks.flat_line
    if flat is None:
        return NONE, NONE, NONE
    few = Test.FLAT_LINE if sum(at - flat.suspect <= one <= at for one in given) < 4 else NONE
    exempt = flat.up_to is not None and given[at] <= plan.parameter.quanta(flat.up_to)
    if exempt or not _still(plan, given, at, flat.suspect):
        return NONE, NONE, few
    if flat.fail and not _clipped(plan, given[at]) and _still(plan, given, at, flat.fail):
        return Test.FLAT_LINE, NONE, few
    return NONE, Test.FLAT_LINE, few


def _still(plan: Plan, given: Given, at: int, lasts: int) -> bool:
    window = [one for one in given if at - lasts <= one <= at]
    values = [given[one] for one in window]
    slack = plan.interval + plan.interval // 5
    return (
        len(window) >= max(4, lasts // (2 * plan.interval))
        and at - min(window) >= lasts - slack
        and max(values) - min(values) < _step(plan)
    )


def _weak(plan: Plan, given: Given, at: int) -> Said:
    weak = plan.checks.attenuated_signal
    if weak is None:
        return NONE, NONE, NONE
    end = ((at - plan.stamp_ends) // 3600 + 1) * 3600
    below = plan.parameter.quanta(weak.below)
    unit = max(1, int(below / 64))
    values = [
        value // unit for one, value in given.items() if end - 21600 <= one - plan.stamp_ends < end
    ]
    if 2 * len(values) * plan.interval < 21600:
        return NONE, NONE, Test.ATTENUATED_SIGNAL
    mean = Fraction(sum(values), len(values))
    variance = Fraction(sum((value - mean) ** 2 for value in values), len(values))
    return _only(Test.ATTENUATED_SIGNAL, variance < int((below / unit) ** 2))

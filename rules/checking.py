"""Reading what a series is checked for from a parsed file: strictly, with every problem named.

A check is a mapping of its thresholds, `off`, or (clipping, time) `on`. What is not written
stays as it was: the defaults', then the parameter's, then the series' own. Durations are
seconds or such as 90s, 15m, 3h, 2d.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from rules.checks import (
    LONGEST,
    AtMost,
    AttenuatedSignal,
    Balance,
    Checks,
    FlatLine,
    Gap,
    RateOfChange,
    Spike,
)
from rules.loading import Reader, meant
from rules.model import Parameter

_C = TypeVar("_C")

GREATEST = 50
"""More standard deviations than this are no threshold of a spike (and keep 64 bits enough)."""

CYCLES = 4
"""A flat line lasts at least so many measuring cycles of a lawful analyser."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]*) *([smhd])")


def read_checks(
    entry: Reader, usual: Checks, parameter: Parameter | None, known: Iterable[str]
) -> Checks:
    """The checks that `entry` (a `checks:` mapping) asks for, over those that are usual.

    `parameter` None: the defaults of all. `known` are the keys that a partner may have.
    """
    checks = Checks(
        resolution=usual.resolution,
        rate_of_change=_check(entry, "rate_of_change", usual.rate_of_change, _rate),
        spike=_check(entry, "spike", usual.spike, _spike),
        flat_line=_check(entry, "flat_line", usual.flat_line, _flat(parameter)),
        attenuated_signal=_check(entry, "attenuated_signal", usual.attenuated_signal, _weak),
        gap=_check(entry, "gap", usual.gap, _gap),
        clipping=_switch(entry, "clipping", usual.clipping),
        time=_switch(entry, "time", usual.time),
        at_most=_check(entry, "at_most", usual.at_most, _at_most(known)),
        balances=_check(entry, "balances", usual.balances, _balance(known)),
    )
    if checks.spike and checks.resolution is None:
        entry.problem("spike", "needs the resolution, or a quiet series would be all spikes")
    return checks


def series_checks(
    series: Reader, usual: Checks, parameter: Parameter, known: Iterable[str]
) -> Checks:
    """The checks of one series: those of its parameter but for what it writes; `off` ends all."""
    found = _check(
        series, "checks", usual, lambda entry, _: read_checks(entry, usual, parameter, known)
    )
    return Checks(resolution=usual.resolution) if found is None else found


def read_resolution(entry: Reader, usual: Decimal | None, parameter: Parameter) -> Decimal | None:
    """The smallest step between two values, in the parameter's unit: whole quanta."""
    if not entry.has("resolution"):
        return usual
    step = entry.decimal("resolution")
    if step is not None and (step <= 0 or parameter.quanta(step).denominator != 1):
        entry.problem("resolution", f"expected a multiple of {parameter.quantum}, above 0")
        return usual
    return step


def _check(
    entry: Reader, key: str, usual: _C | None, read: Callable[[Reader, _C | None], _C | None]
) -> _C | None:
    if not entry.has(key):
        return usual
    value = entry.take(key)
    if value == "off" or value is False:
        return None
    if not isinstance(value, dict):
        entry.problem(key, "expected its thresholds, or off")
        return usual
    below = Reader(entry.file, entry.at(key), value, entry.problems)
    found = read(below, usual)
    below.close()
    return found


def _switch(entry: Reader, key: str, usual: bool) -> bool:
    if not entry.has(key):
        return usual
    value = entry.take(key)
    if value in ("on", "off") or isinstance(value, bool):
        return value in ("on", True)
    entry.problem(key, "expected on or off")
    return usual


def _rate(entry: Reader, usual: RateOfChange | None) -> RateOfChange:
    step = _above_zero(entry, "step", usual.step if usual else None)
    return RateOfChange(step, _duration(entry, "per", usual.per if usual else None))


def _spike(entry: Reader, usual: Spike | None) -> Spike:
    usual = usual or Spike()
    noise = _above_zero(entry, "noise", None) if entry.has("noise") else usual.noise
    spike = Spike(entry.whole("suspect", usual.suspect), entry.whole("fail", usual.fail), noise)
    if not 1 <= spike.suspect <= spike.fail <= GREATEST:
        entry.problem("fail", f"expected 1 <= suspect <= fail <= {GREATEST} standard deviations")
        return usual
    return spike


def _flat(parameter: Parameter | None) -> Callable[[Reader, FlatLine | None], FlatLine]:
    least = CYCLES * parameter.refresh if parameter else 0

    def read(entry: Reader, usual: FlatLine | None) -> FlatLine:
        suspect = _duration(entry, "suspect", usual.suspect if usual else None)
        fail = _or_off(entry, "fail", usual.fail if usual else None)
        up_to = entry.decimal("except") if entry.has("except") else usual.up_to if usual else None
        if suspect < least:
            entry.problem("suspect", f"a value may repeat for {CYCLES} cycles: at least {least} s")
        if fail is not None and fail < suspect:
            entry.problem("fail", "must not be shorter than suspect")
        return FlatLine(suspect, fail, up_to)

    return read


def _or_off(entry: Reader, key: str, usual: int | None) -> int | None:
    if not entry.has(key):
        return usual
    value = entry.take(key)
    return None if value == "off" else _timed(entry, key, value)


def _weak(entry: Reader, usual: AttenuatedSignal | None) -> AttenuatedSignal:
    return AttenuatedSignal(_above_zero(entry, "below", usual.below if usual else None))


def _gap(entry: Reader, usual: Gap | None) -> Gap:
    return Gap(_duration(entry, "longer", usual.longer if usual else None))


def _at_most(known: Iterable[str]) -> Callable[[Reader, AtMost | None], AtMost]:
    def read(entry: Reader, usual: AtMost | None) -> AtMost:
        of = _partner(entry, "of", usual.of if usual else None, known)
        return AtMost(of, _share(entry, "tolerance", usual.tolerance if usual else None))

    return read


def _balance(known: Iterable[str]) -> Callable[[Reader, Balance | None], Balance]:
    def read(entry: Reader, usual: Balance | None) -> Balance:
        partner = _partner(entry, "with", usual.partner if usual else None, known)
        return Balance(partner, _share(entry, "within", usual.within if usual else None))

    return read


def _partner(entry: Reader, key: str, usual: str | None, known: Iterable[str]) -> str:
    partner = entry.text(key, usual)
    if partner and partner not in known:
        entry.problem(key, f"unknown parameter {partner!r}{meant(partner, known)}")
    return partner


def _share(entry: Reader, key: str, usual: Decimal | None) -> Decimal:
    share = entry.decimal(key) if entry.has(key) else usual
    if share is None or not 0 <= share < 1:
        entry.problem(key, "expected a share from 0 up to 1, such as 0.05")
        return Decimal(0)
    return share


def _above_zero(entry: Reader, key: str, usual: Decimal | None) -> Decimal:
    number = entry.decimal(key) if entry.has(key) else usual
    if number is None or number <= 0:
        entry.problem(key, "expected a number above 0")
        return Decimal(1)
    return number


def _duration(entry: Reader, key: str, usual: int | None) -> int:
    """Seconds, from a whole number of them or a text such as 3h."""
    if not entry.has(key) and usual is not None:
        return usual
    return _timed(entry, key, entry.take(key))


def _timed(entry: Reader, key: str, value: object) -> int:
    seconds = seconds_of(value)
    if not 0 < seconds <= LONGEST:
        entry.problem(key, f"expected a time such as 900, 15m or 3h, at most {LONGEST // 3600}h")
        return LONGEST
    return seconds


def seconds_of(value: object) -> int:
    """`3h`, `15m`, `90s`, `2d` or a whole number of seconds; 0 for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * _UNITS[found[2]] if found else 0

"""The ladder: from which mean on people hear of something, after how many findings, how often.

Nothing here is law. The figures are engineering settings with defaults; a permit may type
others, for all of its parameters or for one. They move alerts and the word "near", never
whether a limit is exceeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rules.loading import Reader, meant
from rules.model import Averaging
from rules.parameters import Catalogue

NEAR_STEP = Fraction(5, 100)
"""How far below `near` a near alert ends, as a share of the limit, where nobody says."""

LEAST_NEAR = Fraction(1, 10)
LEAST_REMINDER = 60
"""Seconds: reminders more often than this would say nothing new."""

_SHARES = ("near", "near_clear")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one parameter. Shares are of the limit; pH has margins of its own instead."""

    near: Fraction = Fraction(9, 10)  # a mean is NEAR from here on
    hold: int = 1  # consecutive EXCEEDED findings before an exceedance is raised
    clear: int = 2  # assessable findings at or below the limit after which it ends
    near_clear: Fraction = Fraction(85, 100)  # a near alert ends below this
    remind: int = 86400  # seconds of plant time between reminders; 0: none


USUAL = Ladder()
"""The ladder where no permit types another."""


@dataclass(frozen=True, slots=True)
class Ladders:
    """The ladder of a permit: the usual one, and those of single parameters."""

    usual: Ladder
    own: Mapping[str, Ladder]

    def of(self, parameter: str) -> Ladder:
        """The ladder of a parameter, by its key."""
        return self.own.get(parameter, self.usual)


NONE_TYPED = Ladders(USUAL, {})


def load_ladders(permit: Reader, catalogue: Catalogue) -> Ladders:
    """The `ladder` of a permit; problems go to the reader. Absent: the defaults."""
    entry = permit.child("ladder")
    if entry is None:
        return NONE_TYPED
    usual = _ladder(entry, USUAL)
    own: dict[str, Ladder] = {}
    for key, inner in entry.named("parameters"):
        if key not in catalogue:
            inner.problem("", f"unknown parameter {key!r}{meant(key, catalogue)}")
            continue
        if catalogue[key].averaging is Averaging.RANGE:
            _refuse_shares(inner, key)
        own[key] = _ladder(inner, usual)
        inner.close()
    entry.close()
    return Ladders(usual, own)


def _refuse_shares(entry: Reader, key: str) -> None:
    """A range has two ends, so a share of "the limit" would silently mean nothing."""
    for name in _SHARES:
        if entry.has(name):
            entry.problem(name, f"{key} is near by a margin to its range: take {name} out")


def _ladder(entry: Reader, above: Ladder) -> Ladder:
    """The ladder of one mapping; what it does not say is as in the ladder above it."""
    typed = entry.has("near")
    near = _share(entry, "near", above.near)
    near_clear = _share(entry, "near_clear", near - NEAR_STEP if typed else above.near_clear)
    if near_clear >= near:
        said = f"{_shown(near_clear)} is not below near, {_shown(near)}"
        entry.problem("near_clear", f"{said}: write a smaller share, or leave it out")
    return Ladder(
        near=near,
        hold=_count(entry, "hold", above.hold),
        clear=_count(entry, "clear", above.clear),
        near_clear=near_clear,
        remind=_remind(entry, above.remind),
    )


def _share(entry: Reader, key: str, default: Fraction) -> Fraction:
    share = entry.decimal(key)
    if share is None:
        return default
    if not 0 < share <= 1:
        entry.problem(key, f"{share} is not a share of the limit: above 0, at most 1, such as 0.9")
        return default
    if key == "near" and Fraction(share) < LEAST_NEAR:
        said = f"{share} would call almost everything near: {_shown(LEAST_NEAR)} or more"
        entry.problem(key, said)
        return default
    return Fraction(share)


def _count(entry: Reader, key: str, default: int) -> int:
    count = entry.whole(key, default)
    if count < 1:
        entry.problem(key, f"{count} findings are none: write 1 or more")
        return default
    return count


def _remind(entry: Reader, default: int) -> int:
    seconds = entry.whole("remind", default)
    if seconds != 0 and seconds < LEAST_REMINDER:
        said = f"{seconds} s: write {LEAST_REMINDER} seconds or more, or 0 for no reminders"
        entry.problem("remind", said)
        return default
    return seconds


def _shown(share: Fraction) -> str:
    return f"{float(share):g}"

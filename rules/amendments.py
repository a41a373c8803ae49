"""Amendments: what an officer decided about readings, as values that the judgement applies.

An amendment is a row of its own and never touches a reading. It excludes readings, confirms
them, or gives the value that counts; another amendment takes it back. The later one wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.model import Series


class Act(StrEnum):
    """What an amendment does to the readings it names."""

    EXCLUDE = "exclude"  # they do not count
    CONFIRM = "confirm"  # they count whatever the checks say; other values of the instant do not
    VALUE = "value"  # this value counts instead, once an instant
    REVERSE = "reverse"  # an earlier amendment no longer holds


@dataclass(frozen=True, slots=True)
class Amendment:
    """One decision on the readings of a series observed in [start, end), UTC epoch seconds.

    `value` (quanta): the value that counts, for VALUE; for the others, which of several
    values is meant, None for all. `id` rises with the order of record.
    """

    id: int
    series: Series
    start: int
    end: int
    act: Act
    value: int | None = None
    reverses: int | None = None
    author: str = ""
    reason: str = ""


def standing(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """Those that nothing has taken back, in order of record, reversals among them."""
    ordered = sorted(amendments, key=lambda one: one.id)
    gone: set[int] = set()
    for one in reversed(ordered):
        if one.reverses is not None and one.id not in gone:
            gone.add(one.reverses)
    return tuple(one for one in ordered if one.id not in gone)


def effective(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """Those that hold, in order of record: what was reversed is gone, its reversal too."""
    return tuple(one for one in standing(amendments) if one.act is not Act.REVERSE)

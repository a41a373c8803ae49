"""Why: every reading of a finding, counted or left out, and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rules.assess import (
    CALIBRATING,
    CONFIRMED,
    COUNTED,
    EXCLUDED,
    FAILED,
    FAULTY,
    UNDECIDED,
    UNKNOWN,
    VALUED,
    Assessed,
    assess,
)
from rules.model import Flag, Test
from rules.window import Rows, Window, slot_of

LEFT_OUT = {
    COUNTED: "counted",
    CALIBRATING: "calibrating",
    FAULTY: "device_error",
    UNKNOWN: "unknown_status",
    FAILED: "failed_check",
}
ALONE = "other_part_missing"
"""It counts, but nothing that counts came with it: no product can be made of it."""

DECIDED = {
    EXCLUDED: "excluded_by_officer",
    CONFIRMED: "confirmed_by_officer",
    VALUED: "value_by_officer",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One reading as a finding saw it. `value` is what came, `used` what counted (quanta)."""

    observed_at: int
    value: int
    status: int
    slot: int
    flag: Flag
    tests: tuple[str, ...]  # failed, or suspect where it still counts
    counted: bool
    reason: str
    used: int | None = None  # None: it did not count
    not_evaluated: tuple[str, ...] = ()
    amendment: int | None = None  # the one that decided about it


def explain_readings(window: Window, row: int, start: int, end: int) -> list[Explained]:
    """Every distinct reading of one row whose slot lies in [start, end), in order of time."""
    found, rows = assess(window), Rows.of(window)
    ends = np.array([term.stamp_ends for term in window.terms], np.bool_)
    own = np.flatnonzero(rows.of_readings(found.line, found.at, ends) == row)
    day, interval = int(rows.day[row]), int(rows.interval[row])
    slots = slot_of(found.at[own] - day, interval, np.broadcast_to(rows.ends[row], own.shape))
    return [
        _explained(found, place, slot)
        for place, slot in zip(own.tolist(), slots.tolist(), strict=True)
        if start <= day + slot * interval < end
    ]


def explain_parts(
    window: Window, rows: Sequence[int], start: int, end: int
) -> list[tuple[int, Explained]]:
    """Every distinct reading, with its row, of the rows that a derived series is made of.

    Those whose slot does not count in every row are left out of the product, and say so.
    """
    found = {row: explain_readings(window, row, start, end) for row in rows}
    counting = [{one.slot for one in part if one.counted} for part in found.values()]
    both = set.intersection(*counting)
    return [
        (row, one if one.slot in both or not one.counted else _alone(one))
        for row, part in found.items()
        for one in part
    ]


def _alone(one: Explained) -> Explained:
    return replace(one, counted=False, used=None, reason=ALONE)


def _explained(found: Assessed, place: int, slot: int) -> Explained:
    kind, decision = int(found.kind[place]), int(found.decision[place])
    counted = kind == COUNTED
    fail, suspect = Test(int(found.marks.fail[place])), Test(int(found.marks.suspect[place]))
    clash = bool(found.conflict[place])
    return Explained(
        observed_at=int(found.at[place]),
        value=int(found.value[place]),
        status=int(found.status[place]),
        slot=slot,
        flag=_flag(kind, fail, suspect, clash),
        tests=names(fail | suspect),
        counted=counted,
        reason=_reason(kind, decision, fail, clash),
        used=int(found.used[place]) if counted else None,
        not_evaluated=names(Test(int(found.marks.unevaluated[place]))),
        amendment=int(found.by[place]) or None,
    )


def _flag(kind: int, fail: Test, suspect: Test, clash: bool) -> Flag:
    """QARTOD's primary flag: the worst that any test says."""
    if fail:
        return Flag.FAIL
    if kind in (CALIBRATING, FAULTY, UNKNOWN):
        return Flag.NOT_EVALUATED
    return Flag.SUSPECT if suspect or clash else Flag.GOOD


def _reason(kind: int, decision: int, fail: Test, clash: bool) -> str:
    if decision != UNDECIDED:
        return DECIDED[decision]
    if clash:
        return "contested"
    if fail & Test.GROSS_RANGE:
        return "outside_instrument_range"
    return names(fail)[0] if kind == FAILED else LEFT_OUT[kind]


def names(tests: Test) -> tuple[str, ...]:
    """Quality tests by name, lower case."""
    return tuple(str(test.name).lower() for test in Test if test in tests)

"""What each reading is: counted, or set aside and why. Nothing is dropped but repeats.

In this order: the status and the instrument's range say what a reading is; an officer's
amendments override that; the quality checks look at what then competes, and take away what
fails. Amended readings are the officer's word and no check takes them away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rules.amendments import Act, Amendment
from rules.lines import Lines, Marks
from rules.model import Status, Test
from rules.quality import check
from rules.window import Ints, Mask, Window, changes, column, slots_of, starts

# What a reading (and so a slot) is, best first: a slot is what its best reading is.
COUNTED, CALIBRATING, FAULTY, UNKNOWN, FAILED = range(5)
SET_ASIDE = (CALIBRATING, FAULTY, UNKNOWN, FAILED)

# What an officer decided about a reading.
UNDECIDED, EXCLUDED, CONFIRMED, VALUED = range(4)


@dataclass(frozen=True, slots=True)
class Assessed:
    """The distinct readings of a window, rising by line, time, value and status; columns.

    `used` is the value that counts (an amendment may give another than `value`), `decision`
    what an officer decided and `by` with which amendment (0: none), `conflict` that its instant
    has more than one counting value. `marks` holds every reading's quality tests, as bit masks.
    """

    line: Ints
    at: Ints
    value: Ints
    status: Ints
    kind: Ints
    used: Ints
    decision: Ints
    by: Ints
    conflict: Mask
    marks: Marks


def assess(window: Window) -> Assessed:
    """Every distinct reading of a window and what it is."""
    line, at, value, status = _distinct(window)
    kind = classify(
        value, status, column(window.terms, "low")[line], column(window.terms, "high")[line]
    )
    outside = kind == FAILED
    used, decision, by = value, *(np.zeros(value.shape, np.int64) for _ in range(2))
    if window.amendments:
        used = value.copy()
        for of, amendment in window.amendments:
            _amend(amendment, line == of, at, value, status, used, decision, by)
        kind[decision == EXCLUDED] = FAILED
        kind[decision >= CONFIRMED] = COUNTED
    counted = kind == COUNTED
    conflict = _conflicts(line, at, counted, used)
    marks = _checked(window, line, at, used, counted & ~conflict)
    if conflict.any():
        _spare(window, line, at, conflict, marks)
    kind[(marks.fail != 0) & counted & (decision == UNDECIDED)] = FAILED
    marks.fail[outside] |= int(Test.GROSS_RANGE)
    return Assessed(line, at, value, status, kind, used, decision, by, conflict, marks)


def classify(value: Ints, status: Ints, low: Ints, high: Ints) -> Ints:
    """What each reading is by its status and the instrument's range alone."""
    measuring = status == Status.MEASURING
    kind = np.where((value >= low) & (value <= high), COUNTED, FAILED).astype(np.int64)
    if not measuring.all():
        kind[~measuring] = UNKNOWN
        kind[status == Status.CALIBRATING] = CALIBRATING
        kind[status == Status.FAULT] = FAULTY
    return kind


def _distinct(window: Window) -> tuple[Ints, Ints, Ints, Ints]:
    """The readings sorted by line, time, value, status, without repeats."""
    line, at, value, status = window.line, window.at, window.value, window.status
    if not _rising(line, at):
        order = np.lexsort((status, value, at, line))
        line, at, value, status = line[order], at[order], value[order], status[order]
        fresh = changes(line, at, value, status)
        line, at, value, status = line[fresh], at[fresh], value[fresh], status[fresh]
    return line, at, value, status


def _rising(line: Ints, at: Ints) -> bool:
    """Whether every reading stands strictly after the one before: nothing to sort or drop."""
    later = (line[1:] > line[:-1]) | ((line[1:] == line[:-1]) & (at[1:] > at[:-1]))
    return bool(later.all())


def _amend(
    one: Amendment, own: Mask, at: Ints, value: Ints, status: Ints, used: Ints, decision: Ints,
    by: Ints,
) -> None:  # fmt: skip
    """Apply one amendment to the readings of its line; what an earlier one said is undone."""
    meant = own & (at >= one.start) & (at < one.end)
    named = meant if one.value is None else meant & (value == one.value)
    if one.act is Act.VALUE:  # one reading of an instant stands for it, the rest is set aside
        places = np.flatnonzero(meant)
        chosen = places[changes(at[places])]
        rest, verdict = meant, VALUED
    elif one.act is Act.CONFIRM:  # what competes with it at the same instant is set aside
        places = np.flatnonzero(named)  # the same value under two statuses counts once
        chosen = places[changes(at[places], value[places])]
        competing = (status == Status.MEASURING) | (decision >= CONFIRMED)
        rest, verdict = meant & np.isin(at, at[chosen]) & competing, CONFIRMED
    else:
        chosen, rest, verdict = np.flatnonzero(named), named, EXCLUDED
    decision[rest] = EXCLUDED
    decision[chosen] = verdict
    by[rest] = by[chosen] = one.id
    used[chosen] = one.value if one.act is Act.VALUE and one.value is not None else value[chosen]


def _conflicts(line: Ints, at: Ints, counted: Mask, used: Ints) -> Mask:
    """Counting readings whose instant has another counting reading of another value."""
    conflict = np.zeros(at.shape, np.bool_)
    same = (line[1:] == line[:-1]) & (at[1:] == at[:-1])
    if not same.any():
        return conflict
    places = np.flatnonzero(counted)
    first = starts(line[places], at[places])
    many = np.repeat(np.diff(np.append(first, len(places))) > 1, np.diff([*first, len(places)]))
    conflict[places[many]] = True
    return conflict


def _checked(window: Window, line: Ints, at: Ints, used: Ints, competing: Mask) -> Marks:
    """The quality marks of every reading; what does not compete is not evaluated by any."""
    lines = Lines.of(window.terms)
    if competing.all():
        return check(lines, line, at, used)
    places = np.flatnonzero(competing)
    found = check(lines, line[places], at[places], used[places])
    whole = Marks.none(len(at))
    for every, own in zip(
        (whole.fail, whole.suspect, whole.unevaluated),
        (found.fail, found.suspect, found.unevaluated),
        strict=True,
    ):
        every[places] = own
    return whole


def _spare(window: Window, line: Ints, at: Ints, conflict: Mask, marks: Marks) -> None:
    """In a slot with a conflict a check makes a reading suspect at most."""
    failed = np.flatnonzero(marks.fail)
    contested = np.flatnonzero(conflict)
    places = np.concatenate([failed, contested])
    slot = slots_of(window.terms, line[places], at[places])
    there = np.isin(slot[: len(failed)], slot[len(failed) :])
    spared = failed[there]
    marks.suspect[spared] |= marks.fail[spared]
    marks.fail[spared] = 0

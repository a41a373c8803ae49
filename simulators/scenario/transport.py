"""From a logger's readings to messages: what is lost, held back, doubled, mistimed or mangled.

A station's messages of a day are columns, one row a message. Every disturbance is a function
from columns to columns, and its chance hangs on its own name and the instant of the reading:
what is done to one station, or by one disturbance, changes no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rules.days import DAY_SECONDS
from simulators.draws import Ints, Mask, keys, uniforms
from simulators.scenario.spec import Disturbance

SPREAD = 20
"""Stations send within this many seconds after the instant, each at its own."""

INTERLEAVED = 4
"""Held messages between two live ones, at most, when they go out interleaved."""

EDITS = ("conflicts", "wrong_decimal", "truncated", "unknown_status", "repeated_name")
"""What changes the bytes of a message; it is done when they are written."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Messages of one station, as columns."""

    row: Ints  # the reading's place in its day
    at: Ints  # when it was measured, UTC epoch seconds
    stamp: Ints  # what the logger's clock said then
    due: Ints  # when the message is sent
    edit: Ints  # index of the disturbance that changes its bytes; -1: none

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Mask | Ints) -> Sheet:
        """Some of the messages."""
        return Sheet(*(column[which] for column in self._columns()))

    def joined(self, other: Sheet) -> Sheet:
        """Both, one after the other."""
        pairs = zip(self._columns(), other._columns(), strict=True)
        return Sheet(*(np.concatenate(pair) for pair in pairs))

    def _columns(self) -> tuple[Ints, ...]:
        return self.row, self.at, self.stamp, self.due, self.edit


def heard(values: np.typing.NDArray[np.float64]) -> Mask:
    """At which rows of (rows; parameters) anything is shown."""
    shown: Mask = np.asarray(np.isfinite(values).any(axis=1))
    return shown


def prompt(times: Ints, sounding: Mask, lag: int) -> Sheet:
    """One message for each instant at which anything is shown, sent `lag` seconds later."""
    row = np.flatnonzero(sounding)
    at = times[row]
    return Sheet(row, at, at, at + lag, np.full(len(row), -1, np.int64))


def disturbed(
    sheet: Sheet, disturbances: Sequence[Disturbance], seed: int, step: int
) -> Sheet:  # fmt: skip
    """The messages after everything that happens to them on the way, in the order of KINDS."""
    if not len(sheet):
        return sheet
    first, last = int(sheet.at.min()), int(sheet.at.max())
    near = [
        (index, one) for index, one in enumerate(disturbances)
        if one.start <= last and first < one.end
    ]  # fmt: skip
    for kind, change in KINDS.items():
        for index, one in near:
            if one.kind == kind and len(sheet):
                sheet = change(sheet, _Way(one, index, seed, step))
    return sheet


@dataclass(frozen=True, slots=True)
class _Way:
    one: Disturbance
    index: int
    seed: int
    step: int

    def inside(self, sheet: Sheet) -> Mask:
        found: Mask = (sheet.at >= self.one.start) & (sheet.at < self.one.end)
        return found

    def chance(self, purpose: str, at: Ints) -> np.typing.NDArray[np.float64]:
        stream = keys(self.seed, [f"{self.one.id}/{self.one.station}"], "transport")
        return uniforms(np.repeat(stream, len(at), axis=0), purpose, at)

    def struck(self, sheet: Sheet) -> Mask:
        """Which messages it happens to."""
        inside = self.inside(sheet)
        if self.one.share < 1.0:
            inside &= self.chance("share", sheet.at) < self.one.share
        return inside


def _clock(sheet: Sheet, way: _Way) -> Sheet:
    wrong = np.where(way.inside(sheet), way.one.by, 0)
    return replace(sheet, stamp=sheet.stamp + wrong)


def _drift(sheet: Sheet, way: _Way) -> Sheet:
    gone = (sheet.at - way.one.start) * way.one.by // DAY_SECONDS
    return replace(sheet, stamp=sheet.stamp + np.where(way.inside(sheet), gone, 0))


def _dropout(sheet: Sheet, way: _Way) -> Sheet:
    return sheet.take(~way.struck(sheet))


def _outage(sheet: Sheet, way: _Way) -> Sheet:
    inside, backfill = way.inside(sheet), way.one.backfill
    if backfill is None:
        return sheet.take(~inside)
    held = sheet.take(inside)
    place = (held.at - way.one.start) // way.step
    if backfill.order == "newest_first":
        place = (way.one.end - 1 - held.at) // way.step
    apart = 1.0 / backfill.rate
    if backfill.order == "interleaved":
        apart = max(apart, way.step / INTERLEAVED)
    held = replace(held, due=way.one.end + SPREAD + (place * apart).astype(np.int64))
    twice = held.take(way.chance("twice", held.at) < backfill.duplicates)
    return sheet.take(~inside).joined(held).joined(replace(twice, due=twice.due + 1))


def _duplicates(sheet: Sheet, way: _Way) -> Sheet:
    again = sheet.take(way.struck(sheet))
    return sheet.joined(replace(again, due=again.due + way.one.delay))


def _conflicts(sheet: Sheet, way: _Way) -> Sheet:
    other = sheet.take(way.struck(sheet))
    return sheet.joined(
        replace(other, due=other.due + 2, edit=np.full(len(other), way.index, np.int64))
    )


def _reordering(sheet: Sheet, way: _Way) -> Sheet:
    waits = (way.chance("wait", sheet.at) * (way.one.delay + 1)).astype(np.int64)
    return replace(sheet, due=sheet.due + np.where(way.struck(sheet), waits, 0))


def _edit(sheet: Sheet, way: _Way) -> Sheet:
    free = way.struck(sheet) & (sheet.edit < 0)
    return replace(sheet, edit=np.where(free, way.index, sheet.edit))


KINDS: Mapping[str, Callable[[Sheet, _Way], Sheet]] = {
    "clock_offset": _clock,
    "clock_jump": _clock,
    "clock_drift": _drift,
    "dropout": _dropout,
    "outage": _outage,
    "duplicates": _duplicates,
    "conflicts": _conflicts,
    "reordering": _reordering,
    "wrong_decimal": _edit,
    "truncated": _edit,
    "unknown_status": _edit,
    "repeated_name": _edit,
}

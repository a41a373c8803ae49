"""What a station's days show to somebody who asks whether its instruments look at its water.

Each trace is one number a day, of that day and of what came before it; not a number where the
day does not hold enough to tell. None of them knows what is usual: rules/suspicion.py learns that
from a station's own past. All figures here are engineering settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, log10

import numpy as np
import numpy.typing as npt

from rules.days import DAY_SECONDS, HOUR_SECONDS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

QUALITY = ("COD", "TSS", "NH4")
"""What falls together when the water under the probes is not the plant's."""

TEMPERATURE = "Temp"
FLOWS = ("FlowOut", "FlowIn")
"""What tells rain and rest, the first that a station has."""

ENOUGH = 0.5
"""Share of a day's slots below which it tells nothing."""

SMALLEST = 1e-3
"""Values below this count as this where logarithms are taken (in the parameter's unit)."""

WINDOW = 12
"""Values in a row that are looked for in the past."""

DISTINCT = 3
"""A row of no more distinct values than this repeats by itself."""

BESIDE_LIMIT = 0.88
"""A day whose highest value is between this share of the limit and the limit may be capped."""

NEAR_LIMIT = 0.9
"""From this share of the limit on, silence would be convenient."""

WEEK = 7
"""Days over which gaps and calibrations are counted."""


@dataclass(frozen=True, slots=True)
class Course:
    """Local days in a row of one station, slot by slot, in the parameters' units."""

    first: int  # local midnight, UTC epoch seconds
    interval: int  # seconds between slots, the same for all parameters
    parameters: tuple[str, ...]
    values: Floats  # (parameters; days; slots); not a number where nothing counts
    calibrating: Mask  # the same shape: the logger said 01
    cycles: tuple[int, ...]  # slots between two measurements of each analyser
    resolutions: tuple[float, ...]
    limits: tuple[float | None, ...]  # highest allowed mean of each

    @property
    def days(self) -> int:
        """How many."""
        return int(self.values.shape[1])

    def day(self, index: int) -> int:
        """The local midnight that opens a day."""
        return self.first + index * DAY_SECONDS

    def has(self, names: tuple[str, ...]) -> list[int]:
        """Which of some parameters it has."""
        return [self.parameters.index(name) for name in names if name in self.parameters]


def traces(course: Course) -> dict[str, Floats]:
    """Every trace by its name, one number a day."""
    found = dict(_of_channels(course))
    found["step"] = together(course)
    found["flow"] = _flow(course)
    for name, number in (("edge", edge), ("repeated", repeated)):
        found[name] = highest([number(course, one) for one in _asked(course, name)], course.days)
    found["echo"] = echo(course)
    for name, mask in (("gaps", np.isnan(course.values) & ~course.calibrating),
                       ("calibrations", course.calibrating)):  # fmt: skip
        each = [convenient(course, one, mask[one]) for one in _limited(course)]
        found[name] = highest(each, course.days)
    return found


def _asked(course: Course, name: str) -> list[int]:
    return _limited(course) if name == "edge" else course.has(QUALITY)


def _limited(course: Course) -> list[int]:
    return [at for at in course.has(QUALITY) if course.limits[at] is not None]


def _of_channels(course: Course) -> Iterator[tuple[str, Floats]]:
    for at in course.has(QUALITY):
        name, logs = course.parameters[at], logarithms(course, at)
        yield f"level {name}", _medians(logs)
        yield f"noise {name}", _log(_medians(np.abs(np.diff(logs, axis=1))))
        yield f"spread {name}", _log(_spreads(_hourly(course, at)))
    for at in course.has((TEMPERATURE,)):
        yield "swing", _log(_swing(course.values[at]))


# --- one channel --------------------------------------------------------------------------------


def thinned(course: Course, at: int) -> Floats:
    """One value a measurement, (days; measurements): a slow analyser repeats itself lawfully."""
    found: Floats = course.values[at][:, :: course.cycles[at]]
    return found


def logarithms(course: Course, at: int) -> Floats:
    """The same as natural logarithms."""
    found: Floats = np.log(np.maximum(thinned(course, at), SMALLEST))
    return found


def _hourly(course: Course, at: int) -> Floats:
    slots = HOUR_SECONDS // course.interval
    logs = np.log(np.maximum(course.values[at], SMALLEST))
    hours = logs.reshape(course.days, -1, slots)
    found: Floats = hours.mean(axis=2)
    return found


def _each(rows: Floats) -> Iterator[tuple[int, Floats]]:
    """The days that hold enough, without their gaps."""
    for day, row in enumerate(rows):
        known = row[~np.isnan(row)]
        if len(known) >= max(2, ENOUGH * len(row)):
            yield day, known


def _nothing(days: int) -> Floats:
    return np.full(days, np.nan)


def _medians(rows: Floats) -> Floats:
    found = _nothing(len(rows))
    for day, known in _each(rows):
        found[day] = np.median(known)
    return found


def _spreads(rows: Floats) -> Floats:
    found = _nothing(len(rows))
    for day, known in _each(rows):
        found[day] = known.std()
    return found


def _swing(rows: Floats) -> Floats:
    found = _nothing(len(rows))
    for day, known in _each(rows):
        low, high = np.percentile(known, [5, 95])
        found[day] = high - low
    return found


def _log(numbers: Floats) -> Floats:
    found: Floats = np.log(np.maximum(numbers, SMALLEST))
    return found


def _flow(course: Course) -> Floats:
    for at in course.has(FLOWS):
        return _medians(course.values[at])
    return _nothing(course.days)


def highest(each: list[Floats], days: int) -> Floats:
    """The highest of several traces, day by day."""
    found = _nothing(days)
    for one in each:
        found = np.fmax(found, one)
    return found


# --- all at once --------------------------------------------------------------------------------


def together(course: Course) -> Floats:
    """How far all quantities fall at once: by how much the median of ln over an hour drops.

    The two hours lie 40 minutes apart, which is as long as slow instruments take to follow.
    The smallest of the channels' falls, at the worst moment of each day: water in tanks cannot
    do it, another water under the probes or another coefficient can.
    """
    hour, apart = HOUR_SECONDS // course.interval, 2400 // course.interval
    falls = [_falls(course, at, hour, apart) for at in course.has(QUALITY)]
    found = _nothing(course.days)
    if len(falls) < 2:
        return found
    least = np.min(falls, axis=0).reshape(course.days, -1)
    for day, row in enumerate(least):
        known = row[~np.isnan(row)]
        if len(known):
            found[day] = max(known.max(), 0.0)
    return found


def _falls(course: Course, at: int, hour: int, apart: int) -> Floats:
    """The fall of a channel at every slot: from the earlier hour to the one that begins there."""
    logs = np.log(np.maximum(course.values[at].ravel(), SMALLEST))
    medians = np.median(np.lib.stride_tricks.sliding_window_view(logs, hour), axis=1)
    found = np.full(len(logs), np.nan)
    back = hour + apart
    found[back : len(medians)] = medians[:-back] - medians[back:]
    return found


def echo(course: Course) -> Floats:
    """How like an earlier day its ups and downs are: the highest correlation with any of them.

    Differences of logarithms of all quality channels together, at equal times of day.
    """
    rows = [_unit(np.diff(logarithms(course, at), axis=1)) for at in course.has(QUALITY)]
    found = _nothing(course.days)
    if not rows:
        return found
    whole = np.concatenate(rows, axis=1)
    length = np.sqrt((whole**2).sum(axis=1))
    for day in range(1, course.days):
        of = length[:day] * length[day]
        if of.max() > 0:
            alike = whole[:day] @ whole[day]
            found[day] = (alike / np.where(of > 0, of, np.inf)).max()
    return found


def _unit(rows: Floats) -> Floats:
    """Each day's differences with mean 0 and spread 1; nothing where the day tells too little."""
    found = np.zeros_like(rows)
    for day, known in _each(rows):
        spread = known.std()
        if spread > 0:
            found[day] = np.nan_to_num((rows[day] - known.mean()) / spread)
    return found


def repeated(course: Course, at: int) -> Floats:
    """How many rows of 12 rounded values of a day were seen at least a day earlier.

    A row counts when it holds more than 3 distinct values.
    """
    rounded = np.rint(thinned(course, at) / course.resolutions[at])
    per_day = rounded.shape[1]
    line = rounded.ravel()
    if len(line) < WINDOW:
        return _nothing(course.days)
    rows = np.lib.stride_tricks.sliding_window_view(line, WINDOW)
    varied = np.diff(np.sort(rows, axis=1), axis=1).astype(np.bool_).sum(axis=1) >= DISTINCT
    whole = ~np.isnan(rows).any(axis=1) & varied
    seen: dict[bytes, int] = {}
    found = np.zeros(course.days)
    for place in np.flatnonzero(whole):
        earlier = seen.setdefault(rows[place].tobytes(), int(place))
        if place - earlier >= per_day:
            found[place // per_day] += 1
    return found


# --- the limit ----------------------------------------------------------------------------------


def edge(course: Course, at: int) -> Floats:
    """How sharp the top of a day is: of the values within 10 % of the highest, those within 2 %.

    0 unless the highest is just below the limit: only there a cap is of use. Water has a soft
    top, whatever its level; a cap, jittered or not, has a hard one.
    """
    limit = course.limits[at]
    assert limit is not None, "asked only of what has a limit"
    found = _nothing(course.days)
    for day, known in _each(thinned(course, at)):
        top = known.max()
        beside = BESIDE_LIMIT * limit <= top <= limit
        close, wide = (int((known >= share * top).sum()) for share in (0.98, 0.9))
        found[day] = close / wide if beside and wide >= WINDOW else 0.0
    return found


def convenient(course: Course, at: int, aside: Mask) -> Floats:
    """How unlikely it is that what is set aside falls so often on high values by chance.

    Over the last 7 days: of n stretches set aside, a lie between values near the limit, which a
    share p of all values is; the trace is -log10 of the chance of a or more out of n.
    """
    limit = course.limits[at]
    assert limit is not None, "asked only of what has a limit"
    values = course.values[at].ravel()
    spans = list(_stretches(aside.ravel(), values >= NEAR_LIMIT * limit, ~np.isnan(values)))
    per_day = course.values.shape[2]
    found = _nothing(course.days)
    for day in range(course.days):
        begins, ends = max(0, day + 1 - WEEK) * per_day, (day + 1) * per_day
        known = values[begins:ends]
        known = known[~np.isnan(known)]
        if len(known):
            own = [high for start, high in spans if begins <= start < ends]
            share = min(max(float((known >= NEAR_LIMIT * limit).mean()), 0.01), 0.99)
            found[day] = -log10(chance(len(own), sum(own), share))
    return found


def _stretches(aside: Mask, high: Mask, known: Mask) -> Iterator[tuple[int, bool]]:
    """Where each stretch set aside begins, and whether the values around it are high."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], aside, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        before = known[:start].nonzero()[0]
        after = known[end:].nonzero()[0]
        around = [high[before[-1]]] if len(before) else []
        around += [high[end + after[0]]] if len(after) else []
        yield int(start), bool(around) and all(around)


def chance(trials: int, hits: int, share: float) -> float:
    """The chance of at least so many hits (binomial)."""
    return sum(
        comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(hits, trials + 1)
    )

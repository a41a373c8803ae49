"""Which days of a station an inspector should look at first, and why. Never a verdict.

A day's traces (rules/traces.py) are compared with what was usual in 28 named days of the same
station, frozen beforehand. Nothing here is law: every figure is an engineering setting, tuned on
simulated plants (`python -m tests.suspicion`). A score is a reason to go and look, no more; it
enters no finding, no alert and no message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from rules.days import DAY_SECONDS, day_start, local_date
from rules.model import Problem, Refused
from rules.traces import QUALITY, Course, Floats, traces

ENGINE = "suspicion 1"
"""Version of traces and detectors; a baseline of another version is not used."""

LEARNT = 28
"""Days of a baseline."""

KNOWN = 20
"""Days of them in which a trace must be known."""

HISTORY = 14
"""Days before a day that are looked at with it: replays come from these."""

SCALE = 1.4826
"""A median absolute deviation as a standard deviation of normal numbers."""

TAIL = 1.2816
"""How many standard deviations the upper tenth of normal numbers begins above the middle."""

FLOORS: Mapping[str, float] = {
    "level": 0.08, "noise": 0.10, "spread": 0.15, "swing": 0.10, "step": 0.04, "edge": 0.06,
    "repeated": 1.0, "echo": 0.04, "gaps": 0.4, "calibrations": 0.4, "flow": 1e-6,
}  # fmt: skip
"""No trace is taken to vary less than this by itself."""

FLOW_BETWEEN = (0.7, 1.25)
"""Outside these shares of the usual flow (rain, rest) a low level says nothing."""

FIXED_HOLIDAYS = ((1, 1), (4, 30), (5, 1), (9, 2))
TET = (
    date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26),
    date(2029, 2, 13), date(2030, 2, 3),
)  # fmt: skip
TET_REST = range(-4, 11)
"""Days from the first of the lunar year in which plants may rest."""


class Detector(StrEnum):
    """What may be strange about a day."""

    DROP = "drop"  # COD, NH4, TSS low together: dilution, another water, a coefficient
    STEP = "step"  # they fall together within an hour: a hose, a bottle, a coefficient
    NOISE = "noise"  # they flicker less or more than ever
    COLLAPSE = "collapse"  # they no longer rise and fall in the day
    SWING = "swing"  # the temperature no longer swings, or swings like the room
    EDGE = "edge"  # a hard top just below the limit
    REPLAY = "replay"  # values in a row that were there before
    ECHO = "echo"  # the ups and downs of an earlier day
    GAPS = "gaps"  # silence when values are high
    CALIBRATIONS = "calibrations"  # calibration when values are high


TOLD_FROM: Mapping[Detector, float] = {
    Detector.DROP: 4.0, Detector.STEP: 4.8, Detector.NOISE: 5.2, Detector.COLLAPSE: 3.0,
    Detector.SWING: 5.6, Detector.EDGE: 7.0, Detector.REPLAY: 6.0, Detector.ECHO: 5.0,
    Detector.GAPS: 3.5, Detector.CALIBRATIONS: 3.5,
}  # fmt: skip
"""From how many of the station's own spreads on a detector asks for an inspection."""


class State(StrEnum):
    """What a look at a day came to."""

    NEEDS_INSPECTION = "needs_inspection"
    NOTHING_FOUND = "nothing_found"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for one trace of one station: its middle, and how far it varies."""

    centre: float
    spread: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was usual in 28 named days of a station. Frozen: a new one is another one."""

    first: int  # local midnight of the first day
    engine: str
    usual: Mapping[str, Usual]

    def text(self) -> str:
        """All of it, one spelling: what its digest covers."""
        usual = {name: [one.centre, one.spread] for name, one in sorted(self.usual.items())}
        return json.dumps({"first": self.first, "engine": self.engine, "usual": usual})

    @property
    def digest(self) -> str:
        """SHA-256 of its text, hexadecimal."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def read_baseline(text: str) -> Baseline:
    """The baseline of a text that `Baseline.text` wrote."""
    raw = json.loads(text)
    usual = {name: Usual(*numbers) for name, numbers in raw["usual"].items()}
    return Baseline(raw["first"], raw["engine"], usual)


@dataclass(frozen=True, slots=True)
class Strange:
    """What one detector says of a day, in spreads of the station's own baseline."""

    detector: Detector
    statistic: float
    threshold: float
    seen: Mapping[str, tuple[float, float]]  # trace: the day's, the usual

    @property
    def score(self) -> float:
        """1 and more asks for an inspection."""
        return self.statistic / self.threshold


@dataclass(frozen=True, slots=True)
class Look:
    """One day of one station, with everything that was looked at, the strangest first."""

    day: int
    state: State
    score: float  # the highest of its reasons; 0 where nothing could be evaluated
    reasons: tuple[Strange, ...]  # those at or above their thresholds
    silent: tuple[Detector, ...]  # those that could not tell
    rested: bool = False  # rain, rest or a holiday: a low level says nothing


# --- learning -----------------------------------------------------------------------------------


def learn(course: Course) -> Baseline:
    """The baseline of exactly 28 days. Raises Refused when they do not show enough."""
    if course.days != LEARNT:
        said = f"needs {LEARNT} days in a row, not {course.days}"
        raise Refused([Problem("baseline", "days", said)])
    usual = {}
    for name, each in traces(course).items():
        known = each[~np.isnan(each)]
        if len(known) >= KNOWN:
            usual[name] = _usual(name, known)
    if not any(f"level {name}" in usual for name in QUALITY):
        said = f"fewer than {KNOWN} of the {LEARNT} days hold enough readings of "
        raise Refused([Problem("baseline", "days", said + ", ".join(QUALITY))])
    return Baseline(course.first, ENGINE, usual)


def _usual(name: str, known: Floats) -> Usual:
    centre = float(np.median(known))
    middle = SCALE * float(np.median(np.abs(known - centre)))
    tail = (float(np.quantile(known, 0.9)) - centre) / TAIL
    return Usual(round(centre, 6), round(max(middle, tail, FLOORS[name.partition(" ")[0]]), 6))


# --- looking ------------------------------------------------------------------------------------


def look(baseline: Baseline | None, course: Course) -> Look:
    """The last day of a course, which holds up to 14 days before it."""
    day = course.day(course.days - 1)
    if baseline is None or baseline.engine != ENGINE:
        return Look(day, State.NOT_EVALUATED, 0.0, (), tuple(Detector))
    return judged(baseline, day, {name: float(each[-1]) for name, each in traces(course).items()})


def judged(baseline: Baseline, day: int, today: Mapping[str, float]) -> Look:
    """A day by its traces."""
    rested = resting(day) or unusual_flow(baseline, today)
    each = statistics(baseline, today, rested)
    silent = tuple(detector for detector in Detector if detector not in each)
    if not each:
        return Look(day, State.NOT_EVALUATED, 0.0, (), silent, rested)
    found = [_strange(one, number, baseline, today) for one, number in each.items()]
    found.sort(key=lambda one: -one.score)
    reasons = tuple(one for one in found if one.score >= 1)
    state = State.NEEDS_INSPECTION if reasons else State.NOTHING_FOUND
    return Look(day, state, max(found[0].score, 0.0), reasons, silent, rested)


def statistics(
    baseline: Baseline, today: Mapping[str, float], rested: bool
) -> dict[Detector, float]:
    """How strange each detector finds a day's traces, in spreads; without those that cannot tell.

    A `rested` day (rain, rest, holiday) is low and even by itself.
    """
    apart = {
        name: (value - baseline.usual[name].centre) / baseline.usual[name].spread
        for name, value in today.items()
        if name in baseline.usual and not np.isnan(value)
    }
    asked = {one: _DETECT[one](apart) for one in Detector if not (rested and one in GATED)}
    return {one: number for one, number in asked.items() if number is not None}


def _strange(
    detector: Detector, statistic: float, baseline: Baseline, today: Mapping[str, float]
) -> Strange:
    wanted = TRACES[detector]
    seen = {
        name: (today[name], baseline.usual[name].centre)
        for name in sorted(today)
        if name.partition(" ")[0] == wanted and name in baseline.usual
    }
    return Strange(detector, statistic, TOLD_FROM[detector], seen)


def resting(day: int) -> bool:
    """Whether a local midnight opens a Sunday, a holiday, or a day right after one."""
    return any(_rests(day - back * DAY_SECONDS) for back in (0, 1))


def _rests(day: int) -> bool:
    when = local_date(day)
    fixed = (when.month, when.day) in FIXED_HOLIDAYS
    return when.weekday() == 6 or fixed or day in _TET_DAYS


_TET_DAYS = frozenset(day_start(first + timedelta(days=n)) for first in TET for n in TET_REST)


def unusual_flow(baseline: Baseline, today: Mapping[str, float]) -> bool:
    """Whether the median flow of a day is outside the usual: rain, or rest."""
    usual, flow = baseline.usual.get("flow"), today.get("flow", np.nan)
    if usual is None or np.isnan(flow) or usual.centre <= 0:
        return False
    low, high = FLOW_BETWEEN
    return not low <= flow / usual.centre <= high


# --- detectors ----------------------------------------------------------------------------------

Apart = Mapping[str, float]
"""How far each trace is from its usual, in its own spreads."""


def _agreed(apart: Apart, kind: str, sign: Callable[[float], float]) -> float | None:
    """The second largest of the channels: one instrument at fault is not enough."""
    each = sorted(sign(apart[f"{kind} {name}"]) for name in QUALITY if f"{kind} {name}" in apart)
    return each[-2] if len(each) >= 2 else None


def _fallen(number: float) -> float:
    return -number


_DETECT: Mapping[Detector, Callable[[Apart], float | None]] = {
    Detector.DROP: lambda apart: _agreed(apart, "level", _fallen),
    Detector.STEP: lambda apart: apart.get("step"),
    Detector.NOISE: lambda apart: _agreed(apart, "noise", abs),
    Detector.COLLAPSE: lambda apart: _agreed(apart, "spread", _fallen),
    Detector.SWING: lambda apart: abs(apart["swing"]) if "swing" in apart else None,
    Detector.EDGE: lambda apart: apart.get("edge"),
    Detector.REPLAY: lambda apart: apart.get("repeated"),
    Detector.ECHO: lambda apart: apart.get("echo"),
    Detector.GAPS: lambda apart: apart.get("gaps"),
    Detector.CALIBRATIONS: lambda apart: apart.get("calibrations"),
}

TRACES: Mapping[Detector, str] = {
    Detector.DROP: "level", Detector.STEP: "step", Detector.NOISE: "noise",
    Detector.COLLAPSE: "spread", Detector.SWING: "swing", Detector.EDGE: "edge",
    Detector.REPLAY: "repeated", Detector.ECHO: "echo", Detector.GAPS: "gaps",
    Detector.CALIBRATIONS: "calibrations",
}  # fmt: skip
"""What each detector looks at."""

GATED = (Detector.DROP, Detector.COLLAPSE)
"""What rain, rest and holidays do by themselves."""

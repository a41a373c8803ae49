"""How far the model is from what was published: statistics of effluents, responses to events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from simulators.draws import Doubles
from simulators.treatment.running import Running, run_day, settled
from simulators.treatment.spec import QUANTITIES, EventSpec, PlantSpec
from simulators.treatment.tables import Tables
from simulators.treatment.works import Works, build

FIRST = 20_550  # 7 April 2026: neither Tet nor the rainy season
SETTLE = 20
PH = QUANTITIES.index("pH")
COMPARED = ("COD", "TSS", "BOD5", "NH4", "pH")


@dataclass(frozen=True, slots=True)
class Distance:
    """One published figure beside the model's."""

    what: str
    published: str
    model: float
    away: float  # 0 inside the published range; in the figure's own unit


def fleet(count: int) -> list[PlantSpec]:
    """Plants as the statistics take them: seven pre-treated parks in ten, three mixed clusters."""
    mix = ["park_pretreated"] * 7 + ["cluster_mixed"] * 3
    return [PlantSpec(f"CAL{i:04}", mix[i % 10]) for i in range(count)]


def statistics(tables: Tables, plants: int = 400, days: int = 28, seed: int = 1) -> Doubles:
    """Daily means of COMPARED after settling, (quantities; plants; days)."""
    works = build(fleet(plants), tables, seed)
    running = settled(works, FIRST, SETTLE)
    rows = [QUANTITIES.index(name) for name in COMPARED]
    means = np.empty((len(COMPARED), plants, days))
    for day in range(days):
        running, water = run_day(works, running, FIRST + day)
        means[:, :, day] = water.true[:, rows].mean(axis=0, dtype=np.float64)
    return means


def distances(tables: Tables, means: Doubles) -> list[Distance]:
    """Each published figure of `targets` beside the model's."""
    by = dict(zip(COMPARED, means, strict=True))
    found = []
    for name, wanted in tables.targets["level"].items():
        found.append(_distance(f"mean {name}", wanted, float(by[name].mean())))
    logs = {name: np.log(by[name]) for name in COMPARED}
    for name, wanted in tables.targets["ln_sd"].items():
        spread = float(np.median(logs[name].std(axis=1)))
        found.append(_distance(f"ln sd of daily {name}", wanted, spread))
    for name, wanted in tables.targets["lag_day"].items():
        found.append(_distance(f"lag-1-day ACF {name}", wanted, _lag(logs[name])))
    for pair, wanted in tables.targets["together"].items():
        one, other = pair.split(",")
        found.append(_distance(f"corr {pair}", wanted, _together(logs[one], logs[other])))
    return found


def _distance(what: str, wanted: Sequence[float], model: float) -> Distance:
    low, high = wanted[0], wanted[-1]
    away = max(model - high, 0.0) - max(low - model, 0.0)
    shown = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return Distance(what, shown, model, away)


def _lag(logs: Doubles) -> float:
    """Median over plants of the autocorrelation at one day, each series by its own mean.

    A month is short: the estimate is biased down by about (1 + 3 rho) / days, which is added.
    """
    away = logs - logs.mean(axis=1, keepdims=True)
    rho = (away[:, 1:] * away[:, :-1]).sum(axis=1) / (away * away).sum(axis=1)
    middle = float(np.median(rho))
    return middle + (1 + 3 * middle) / float(logs.shape[1])


def _together(one: Doubles, other: Doubles) -> float:
    return float(np.median([np.corrcoef(a, b)[0, 1] for a, b in zip(one, other, strict=True)]))


@dataclass(frozen=True, slots=True)
class Case:
    """A published response to an event, in words."""

    kind: str
    hours: float
    quantity: str
    says: str


PUBLISHED = (
    Case("aeration_failure", 10, "NH4", "0.8 -> 3.0, peak 7.0; 1-2 d"),
    Case("aeration_failure", 10, "COD", "53 -> 65, peak 112"),
    Case("toxic_shock", 6, "NH4", "0.8 -> 6.1 7.9 3.2 1.7, peak 12.9; 4-5 d"),
    Case("cod_dump", 4, "COD", "53 -> 59, peak 73; 2-3 d"),
    Case("rain", 8, "COD", "5 less; 1-2 d"),
    Case("bulking", 96, "TSS", "9 -> 17..25, peak 49; with the cause"),
    Case("bulking", 96, "COD", "53 -> 72"),
    Case("acid_dump", 3, "pH", "7.1 -> 6.8 for 2 d; 3 d"),
)
"""One plant of 2,000 m3/d, in the model that this one was reduced from."""


@dataclass(frozen=True, slots=True)
class Response:
    """What an event does: daily means by day from the day before it, and the
    highest value (pH: the lowest)."""

    kind: str
    quiet: Mapping[str, Doubles]
    struck: Mapping[str, Doubles]
    peak: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """A fleet ready to be struck: its plants, how it stands, how it goes on undisturbed."""

    works: Works
    start: Running
    quiet: Mapping[str, Doubles]


def trial(tables: Tables, plants: int = 60, days: int = 7) -> Trial:
    """A settled fleet, and a week without events."""
    works = build(fleet(plants), tables, 7)
    start = settled(works, FIRST, SETTLE)
    return Trial(works, start, _watched(works, start, (), days)[0])


def respond(ready: Trial, kind: str, hours: float, strength: float | None = None) -> Response:
    """A fleet's median response to an event that begins at 06:00 on its second day.

    The same plants run with and without it, so that the weather and the week cancel.
    """
    at = (FIRST + 1) * DAY_SECONDS - OFFSET + 6 * HOUR_SECONDS
    end = at + int(hours * HOUR_SECONDS)
    events = [
        EventSpec(f"e-{spec.id}", spec.id, kind, at, end, strength) for spec in ready.works.specs
    ]
    struck, peak = _watched(ready.works, ready.start, events, len(ready.quiet["COD"]))
    return Response(kind, ready.quiet, struck, peak)


Course = tuple[dict[str, Doubles], dict[str, float]]


def _watched(works: Works, running: Running, events: Sequence[EventSpec], days: int) -> Course:
    """The fleet's median daily means, and its highest value (pH: its lowest), by quantity."""
    means, peaks = [], []
    for day in range(days):
        running, water = run_day(works, running, FIRST + day, events)
        means.append(np.median(water.true.mean(axis=0, dtype=np.float64), axis=1))
        far = water.true.max(axis=0)
        far[PH] = -water.true[:, PH].min(axis=0)
        peaks.append(np.median(far, axis=1))
    daily, highest = np.array(means), np.array(peaks).max(axis=0)
    highest[PH] *= -1
    courses = {name: daily[:, row] for row, name in enumerate(QUANTITIES)}
    return courses, dict(zip(QUANTITIES, highest.tolist(), strict=True))

"""What comes to the plants in a day: 25 hourly knots between which everything is straight."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from simulators.draws import Doubles, Floats, Mask, exp, keys, normals, uniforms
from simulators.treatment.tables import COURSES, Tables
from simulators.treatment.works import Works

KNOTS = 25
EPOCH = date(1970, 1, 1)
ROWS = ("flow", "cod", "tss", "tkn", "alkalinity", "inert", "settling", "solids", "acidity",
        "temperature", "organics")  # fmt: skip
"""What the knots hold: flow m3/d, three mg/L, meq/L, three factors, pH, °C,
and the factor on the BOD share."""


def start_courses(works: Works, day: int) -> Floats:
    """The random courses as they stand when a plant is first looked at, (courses; plants)."""
    drawn = normals(works.streams, day - 1, len(COURSES))
    return np.ascontiguousarray(drawn.T)


def walk(works: Works, courses: Floats, day: int) -> Floats:
    """The random courses over a day, (knots; courses; plants); the first knot is `courses`.

    Each is an Ornstein-Uhlenbeck process of variance 1 that forgets with its own tau.
    """
    steps = KNOTS - 1
    drawn = normals(works.streams, day, len(COURSES) * steps)
    drawn = np.ascontiguousarray(drawn.reshape(len(works), steps, len(COURSES)).transpose(1, 2, 0))
    taus = np.array([works.tables.variation[name].tau for name in COURSES])
    keep = exp(-1.0 / taus)[:, None]
    fresh = np.sqrt(1.0 - keep * keep).astype(np.float32)
    keep = keep.astype(np.float32)
    path = np.empty((KNOTS, len(COURSES), len(works)), np.float32)
    path[0] = courses
    for step in range(steps):
        path[step + 1] = keep * path[step] + fresh * drawn[step]
    return path


def knots(works: Works, path: Floats, day: int) -> Floats:
    """What comes in, by ROWS: (knots; rows; plants)."""
    tables = works.tables
    at = {name: path[:, place] for place, name in enumerate(COURSES)}
    wander = tables.variation
    found = np.empty((KNOTS, len(ROWS), len(works)), np.float32)
    found[:, 0] = works.flow * (_busy(works, day) * _lognormal(at["flow"], wander["flow"].sigma))
    for row, name in enumerate(("cod", "tss", "tkn")):
        course = _joined(at["cod"], at[name], wander[name].share)
        found[:, row + 1] = works.influent[row] * _lognormal(course, works.sigma[row])
    found[:, 4] = works.influent[3]
    for row, name in ((5, "inert"), (6, "settling")):
        course = _joined(at["shared"], at[name], wander[name].share)
        found[:, row] = _lognormal(course, wander[name].sigma)
    found[:, 7] = _lognormal(at["solids"], wander["solids"].sigma)
    found[:, 10] = _lognormal(at["organics"], wander["organics"].sigma)
    found[:, 8] = at["acidity"] * np.float32(wander["acidity"].sigma or 0.0)
    swing = at["temperature"] * np.float32(wander["temperature"].sigma or 0.0)
    found[:, 9] = swing + works.warm + np.float32(_season(tables, day))
    _clean(works, found, day)
    return found


def shower(works: Works, day: int) -> Floats:
    """Rain of the day by region and 5-minute step, as a share of a plant's mean flow."""
    weather = works.tables.weather
    streams = keys(works.seed, works.regions, "weather")
    steps = np.arange(288) / 12.0
    found = np.zeros((len(works.regions), 288), np.float32)
    for back in (0, 1):
        began = day - back
        month = _date(began).month - 1
        falls = uniforms(streams, "falls", began) < weather.showers[month]
        start = uniforms(streams, "start", began) * 24.0 - 24.0 * back
        low, high = weather.lasts
        end = start + low + (high - low) * uniforms(streams, "lasts", began)
        low, high = weather.flow
        amount = low + (high - low) * uniforms(streams, "amount", began)
        wet = (steps >= start[:, None]) & (steps < end[:, None]) & falls[:, None]
        found += wet * amount[:, None].astype(np.float32)
    return found


def _joined(leader: Floats, own: Floats, share: float) -> Floats:
    """A course that takes a share of its variance from another."""
    if share == 0.0:
        return own
    along, alone = np.float32(share**0.5), np.float32((1.0 - share) ** 0.5)
    return along * leader + alone * own


def _lognormal(course: Floats, sigma: Floats | float | None) -> Floats:
    """A factor with mean 1."""
    spread = np.asarray(sigma or 0.0 if isinstance(sigma, float | None) else sigma, np.float64)
    factor: Floats = exp(spread * course - spread * spread / 2.0).astype(np.float32)
    return factor


def _busy(works: Works, day: int) -> Floats:
    """How busy the cluster is at each knot: its shift, its week, Tet."""
    rows = []
    for knot in range(KNOTS):
        at, hour = day + knot // 24, knot % 24
        share = works.shift[hour] * works.tables.week[_date(at).weekday()]
        rows.append(np.where(_rests(works, at + hour / 24.0), works.tables.tet.flow, share))
    return np.array(rows, np.float32)


def _rests(works: Works, at: float) -> Mask:
    """Whether each plant stands still for Tet at a local time in days since 1970."""
    tet = works.tables.tet
    still = np.zeros(len(works), np.bool_)
    for first in tet.dates:
        away = at - (first - EPOCH).days
        if -tet.before[1] <= away < tet.lasts[1]:
            start = -_between(tet.before, uniforms(works.streams, "tet", first.year))
            lasts = _between(tet.lasts, uniforms(works.streams, "tet lasts", first.year))
            still |= (away >= start) & (away < start + lasts)
    return still


def _between(ends: tuple[float, float], share: Doubles) -> Doubles:
    return ends[0] + (ends[1] - ends[0]) * share


def _clean(works: Works, found: Floats, day: int) -> None:
    """The monthly cleaning, each plant on its own day of the month (1 to 28)."""
    cleaning = works.tables.cleaning
    own = (uniforms(works.streams, "cleaning") * 28).astype(np.int64) + 1
    cleans = own == _date(day).day
    first, last = (int(hour) for hour in cleaning.hours)
    found[first:last, 1] *= np.where(cleans, cleaning.cod, 1.0).astype(np.float32)
    found[first:last, 4] += np.where(cleans, cleaning.alkalinity, 0.0).astype(np.float32)


def _season(tables: Tables, day: int) -> float:
    """The water's temperature for the time of the year, °C."""
    weather = tables.weather
    today = _date(day)
    month, part = today.month - 1, (today.day - 15) / 30.0
    other = (month + (1 if part >= 0 else -1)) % 12
    air = weather.air[month] * (1 - abs(part)) + weather.air[other] * abs(part)
    mean = sum(weather.air) / 12.0
    return mean + weather.follows * (air - mean) + weather.warmer


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)

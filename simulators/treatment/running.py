"""Plants over a day: the model steps every 5 minutes, and says what is true at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rules.days import DAY_SECONDS, OFFSET
from simulators.draws import Floats, exp
from simulators.treatment.influent import ROWS, knots, shower, start_courses, walk
from simulators.treatment.levers import AT_REST, STEP, Move, hour_of, moves
from simulators.treatment.process import Fluxes, Hour, Inflow, State, outlet, step
from simulators.treatment.spec import QUANTITIES, EventSpec
from simulators.treatment.tables import LEVERS
from simulators.treatment.works import Works

STEPS = DAY_SECONDS // STEP
HOUR_STEPS = STEPS // 24


@dataclass(frozen=True, slots=True)
class Running:
    """Plants at a local midnight: their state and the random courses they are on."""

    state: State
    courses: Floats


@dataclass(frozen=True, slots=True)
class Water:
    """What is true at the outlets on a local day."""

    day: int  # days since 1970-01-01, local
    true: Floats  # (steps; QUANTITIES; plants)

    def of(self, quantity: str) -> Floats:
        """One quantity, (plants; steps), in its unit."""
        found: Floats = np.ascontiguousarray(self.true[:, QUANTITIES.index(quantity)].T)
        return found

    @property
    def times(self) -> range:
        """When each step begins, UTC epoch seconds: 00:00 to 23:55 local."""
        opens = self.day * DAY_SECONDS - OFFSET
        return range(opens, opens + DAY_SECONDS, STEP)


def local_day(at: int) -> int:
    """The local day of an instant, counted from 1970-01-01."""
    return (at + OFFSET) // DAY_SECONDS


def begin(works: Works, day: int) -> Running:
    """Plants in the balance of their mean load at the start of a local day.

    The balance is solved by hand (growth equals loss); a few days of running settle the rest.
    """
    k = works.tables.kinetics
    warm = np.full(len(works), 25.0, np.float32)
    hour = _rates(works, warm)
    cod, tss, tkn, alkalinity = works.influent
    usual = sum(works.tables.week) / len(works.tables.week)
    age, stay = works.sludge_age, works.aeration / (works.flow * usual)
    loss = _f(k.b_h + 1.0 / age)
    room = np.maximum(hour.mu_h * _f(2.0 / 2.2) - loss, 0.05)
    substrate = k.k_s * loss / room
    degradable = 1 - works.inert_particulate - works.inert_soluble
    fed = np.maximum(degradable * cod - substrate, 1.0)
    bacteria = k.y_h * fed * age / (stay * (1 + k.b_h * age))
    bound = k.i_xb * bacteria * stay * (1 / age + _f(k.f_p * k.b_h))
    loss = _f(k.b_a + 1.0 / age)
    room = np.maximum(hour.mu_a * _f(2.0 / 2.4 * 0.85) - loss, 0.02)
    nh = np.minimum(k.k_nh * loss / room, tkn)
    oxidised = np.maximum(tkn - bound - nh, 1.0)
    nitrifiers = k.y_a * oxidised * age / (stay * (1 + k.b_a * age))
    no3 = _f(1 - k.denitrified) * oxidised
    spent = _f(2.0 / 14.0 * (1.0 - k.denitrified / 2.0)) * oxidised
    basic = np.maximum(alkalinity - spent, _f(works.tables.dosing.below))
    soluble = works.inert_soluble * cod
    none = np.zeros_like(cod)
    state = State(
        volume=works.equalisation * 0.5,
        mixed=np.stack([cod, tss, tkn, alkalinity, none]),
        substrate=substrate,
        bacteria=bacteria,
        nitrifiers=nitrifiers,
        debris=_f(k.f_p * k.b_h) * bacteria * age,
        inert=works.inert_particulate * cod * age / stay,
        mineral=k.inert_solids * tss * age / stay,
        nh=nh,
        no3=no3,
        soluble=soluble,
        alkalinity=basic,
        toxic=none,
        final=np.stack([none + 8.0, substrate, soluble, nh, no3, basic]),
    )
    return Running(state, start_courses(works, day))


def settled(works: Works, day: int, days: int) -> Running:
    """Plants that have run for `days` before the start of a local day."""
    running = begin(works, day - days)
    for back in range(days, 0, -1):
        running, _ = run_day(works, running, day - back)
    return running


def run_day(
    works: Works,
    running: Running,
    day: int,
    events: Sequence[EventSpec] = (),
    moved: list[Fluxes] | None = None,
) -> tuple[Running, Water]:
    """The plants a day later, and what was true at their outlets.

    `moved`, when given, receives what moved in every step, for whoever keeps a balance.
    """
    columns = {spec.id: column for column, spec in enumerate(works.specs)}
    made = moves(events, columns, works.tables, day)
    path = walk(works, running.courses, day)
    coming = knots(works, path, day)
    rain = shower(works, day)
    true = np.empty((STEPS, len(QUANTITIES), len(works)), np.float32)
    state = running.state
    for hour in range(24):
        state = _run_hour(_Span(works, coming, rain, made, hour), state, true, moved)
    return replace(running, state=state, courses=path[-1]), Water(day, true)


@dataclass(frozen=True, slots=True)
class _Span:
    """One hour of a day, and what comes in it."""

    works: Works
    coming: Floats
    rain: Floats
    made: Sequence[Move]
    hour: int


def _run_hour(span: _Span, state: State, true: Floats, moved: list[Fluxes] | None) -> State:
    works, first = span.works, span.hour * HOUR_STEPS
    now = span.coming[span.hour].copy()
    slope = (span.coming[span.hour + 1] - now) / HOUR_STEPS
    rates = _rates(works, now[ROWS.index("temperature")])
    plants, levers = hour_of(span.made, first, HOUR_STEPS)
    stand = np.repeat(AT_REST[:, None], len(works), axis=1)
    for part in range(HOUR_STEPS):
        now += slope
        stand[:, plants] = levers[part]
        rain = span.rain[:, first + part][works.region]
        inflow = _inflow(works, now, stand, rain)
        state, fluxes = step(works, state, rates, inflow)
        _tell(works, state, fluxes, inflow, now, true[first + part])
        if moved is not None:
            moved.append(fluxes)
    return state


def _inflow(works: Works, now: Floats, stand: Floats, showers: Floats) -> Inflow:
    lever = dict(zip(LEVERS, stand, strict=True))
    rain = showers + lever["rain"]
    thin = 1 / (1 + works.tables.weather.dilutes * rain)
    mixed = np.stack([
        now[1] * lever["cod"] * thin,
        now[2] * lever["tss"] * thin,
        now[3] * lever["tkn"] * thin,
        (now[4] - lever["acid"]) * thin,
        lever["toxic"],
    ])  # fmt: skip
    return Inflow(
        flow=now[0] * lever["flow"] + rain * works.flow,
        mixed=mixed,
        out=works.flow * lever["gate"],
        air=lever["air"],
        inert=now[5],
        settling=now[6],
        bulk=lever["settling"],
        solids=now[7],
    )


def _tell(
    works: Works, state: State, fluxes: Fluxes, inflow: Inflow, now: Floats, into: Floats
) -> None:
    outlet(works, state, into)
    into[1] *= now[10]
    into[3] += now[8]
    into[6] = now[9]
    into[7] = inflow.flow / 24.0
    into[8] = fluxes.out / 24.0
    # Colour follows the soluble inert COD, which is what treatment does not remove.
    into[9] = works.colour * state.final[2] / works.influent[0]
    into[10] = fluxes.spilled / 24.0


def _rates(works: Works, temperature: Floats) -> Hour:
    k = works.tables.kinetics
    grown = exp(np.log(k.theta_h) * (temperature - 15.0)).astype(np.float32)
    capped = np.minimum(temperature, k.warmest) - 15.0
    nitrified = exp(np.log(k.theta_a) * capped).astype(np.float32)
    return Hour(k.mu_h * grown, k.mu_a * works.inhibition * nitrified)


def _f(number: object) -> Floats:
    return np.asarray(number, np.float32)

"""The physics of one step: tanks that mix, sludge that grows, solids that settle.

A reduced activated-sludge model (BSM1 kinetics, one aerated tank, an empirical clarifier).
Every flux is computed once, taken from one place and given to another, so water and nitrogen
balance to rounding. S and NH are semi-implicit: what is taken up can never exceed what is
there. Concentrations mg/L (alkalinity meq/L), volumes m3, flows m3/d, dt in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulators.draws import Floats, log10
from simulators.treatment.works import Works

DT = np.float32(300.0 / 86400.0)

EQUALISED = ("cod", "tss", "tkn", "alkalinity", "toxic")
"""What the equalisation tank mixes, by row."""

FINAL = ("tss", "substrate", "inert", "nh", "no3", "alkalinity")
"""What the final tank mixes, by row. The analysers stand here."""


@dataclass(frozen=True, slots=True)
class State:
    """The plants at an instant, as columns."""

    volume: Floats  # of the equalisation tank
    mixed: Floats  # (EQUALISED; plants)
    substrate: Floats  # S, degradable COD in the aeration tank
    bacteria: Floats  # XH
    nitrifiers: Floats  # XA
    debris: Floats  # XP, what decay leaves
    inert: Floats  # XI, particulate, of the influent
    mineral: Floats  # MI, mg TSS/L
    nh: Floats
    no3: Floats
    soluble: Floats  # SI, inert soluble COD
    alkalinity: Floats
    toxic: Floats
    final: Floats  # (FINAL; plants)


class Hour(NamedTuple):
    """What does not change within an hour: rates at the water's temperature."""

    mu_h: Floats
    mu_a: Floats


class Inflow(NamedTuple):
    """What comes in, and the levers, in one step; see influent.ROWS and tables.LEVERS."""

    flow: Floats  # m3/d, rain included
    mixed: Floats  # (EQUALISED; plants)
    out: Floats  # m3/d that the gate lets through when the tank is half full
    air: Floats
    inert: Floats  # factors
    settling: Floats
    bulk: Floats  # the sludge volume's, 1 is sound
    solids: Floats


class Fluxes(NamedTuple):
    """What moved in one step."""

    out: Floats  # m3/d to the aeration tank and on to the outlet
    spilled: Floats  # m3/d from the full equalisation tank
    nitrogen_in: Floats  # g, into the aeration tank
    nitrogen_out: Floats  # g, with the water
    nitrogen_wasted: Floats  # g, with the sludge
    nitrogen_gas: Floats  # g


def step(works: Works, state: State, hour: Hour, inflow: Inflow) -> tuple[State, Fluxes]:
    """The plants `DT` days later, and what moved."""
    k = works.tables.kinetics
    out, spilled, volume, mixed = _equalise(works, state, inflow)
    through = out / works.aeration * DT
    cod, tss, tkn, alkalinity, toxic = mixed
    waste = DT / works.sludge_age

    eats, nitrifies = _appetites(works, state, hour, inflow.air)
    soluble_share = np.minimum(works.inert_soluble * inflow.inert, 0.5)
    degradable = 1.0 - works.inert_particulate - soluble_share
    died = (k.b_h * DT) * state.bacteria
    lost = (k.b_a * DT) * (1.0 + k.toxic_decay * state.toxic) * state.nitrifiers
    released = k.i_xb * ((1.0 - k.f_p) * died + lost)
    # What is there at the end of the step is eaten; nitrogen for the new cells may run short.
    food = state.substrate + through * degradable * cod
    grown = k.y_h * eats * food / (1.0 + through + eats)
    grown = np.minimum(grown, (state.nh + through * tkn + released) * (0.5 / k.i_xb))
    substrate = (food - grown / k.y_h) / (1.0 + through)
    released = released - k.i_xb * grown
    use = k.i_xb + 1.0 / k.y_a
    ammonia = (state.nh + through * tkn + released) / (1.0 + through + use * nitrifies)
    bloomed = nitrifies * ammonia
    nitrate = bloomed / k.y_a
    no3 = (state.no3 + (1.0 - k.denitrified) * nitrate) / (1.0 + through)
    wasted = waste * (state.bacteria + state.nitrifiers + state.debris)
    moved = Fluxes(
        out,
        spilled,
        through * tkn * works.aeration,
        through * (ammonia + no3) * works.aeration,
        wasted * works.aeration * k.i_xb,
        nitrate * works.aeration * k.denitrified,
    )
    spent = nitrate * (2.0 / 14.0 * (1.0 - k.denitrified / 2.0))
    mineral = k.inert_solids * through * tss
    later = State(
        volume=volume,
        mixed=mixed,
        substrate=substrate,
        bacteria=state.bacteria + grown - died - waste * state.bacteria,
        nitrifiers=state.nitrifiers + bloomed - lost - waste * state.nitrifiers,
        debris=state.debris + k.f_p * died - waste * state.debris,
        inert=state.inert + through * works.inert_particulate * cod - waste * state.inert,
        mineral=state.mineral + mineral - waste * state.mineral,
        nh=ammonia,
        no3=no3,
        soluble=(state.soluble + through * soluble_share * cod) / (1.0 + through),
        alkalinity=(state.alkalinity + through * alkalinity - spent + _dosed(works, state))
        / (1.0 + through),
        toxic=(state.toxic + through * toxic) / (1.0 + through + k.toxic_gone * DT),
        final=state.final,
    )
    return _settle(works, later, inflow, out), moved


def _appetites(works: Works, state: State, hour: Hour, air: Floats) -> tuple[Floats, Floats]:
    """Uptake of COD, and growth of nitrifiers, of one step, for each mg/L there is of their food.

    First what the sludge would take with oxygen enough, then the oxygen that leaves, then less.
    """
    k = works.tables.kinetics
    calm = 1.0 / (1.0 + state.toxic)
    eats = hour.mu_h * calm * state.nh / (k.k_nh_h + state.nh) * state.bacteria
    eats = eats / (k.k_s + state.substrate)
    basic = np.maximum(state.alkalinity, 0.0)
    nitrifies = hour.mu_a * calm * calm * state.nitrifiers / (k.k_nh + state.nh)
    nitrifies = nitrifies * (basic / (k.k_alk + basic))
    oxygen = _oxygen(works, state, air, eats, nitrifies)
    taken = eats * (oxygen / (k.k_oh + oxygen)) * (DT / k.y_h)
    return taken, nitrifies * (oxygen / (k.k_oa + oxygen)) * DT


def _equalise(works: Works, state: State, inflow: Inflow) -> tuple[Floats, Floats, Floats, Floats]:
    """Outflow and spill (m3/d), the volume afterwards, and what the water is like."""
    full = works.equalisation
    out = inflow.out * (0.35 + 1.3 * (state.volume / full))
    out = np.minimum(out, state.volume / DT)
    volume = state.volume + (inflow.flow - out) * DT
    spilled = np.maximum(volume - full, 0.0) / DT
    fresh = inflow.flow * DT / (state.volume + inflow.flow * DT)
    mixed = state.mixed + fresh * (inflow.mixed - state.mixed)
    return out, spilled, np.minimum(volume, full), mixed


def _oxygen(works: Works, state: State, air: Floats, eats: Floats, nitrifies: Floats) -> Floats:
    """Dissolved oxygen, mg/L: what the blowers bring in equals what the sludge takes up.

    The uptake is taken to saturate like a / (K + O); the balance is then a square root, and
    needs no smaller step when the air fails.
    """
    k = works.tables.kinetics
    half, wanted = 0.3, k.oxygen_set
    demand = ((1.0 - k.y_h) / k.y_h) * eats * state.substrate
    demand = demand + ((4.57 - k.y_a) / k.y_a) * nitrifies * state.nh
    demand = demand + (0.92 * k.b_h) * state.bacteria
    needed = demand * (wanted / (half + wanted)) / (k.oxygen_full - k.oxygen_set)
    transfer = np.minimum(needed, works.transfer) * air
    transfer = np.maximum(transfer, 0.01)
    lack = demand / transfer - k.oxygen_full + half
    root = np.sqrt(lack * lack + (4.0 * k.oxygen_full) * half)
    # The same root as (root - lack) / 2, and exact where little oxygen is left.
    oxygen: Floats = (2.0 * k.oxygen_full * half) / (root + lack)
    return oxygen


def _dosed(works: Works, state: State) -> Floats:
    dosing = works.tables.dosing
    lack = np.maximum(dosing.below - state.alkalinity, 0.0)
    dosed: Floats = np.minimum(dosing.gain * lack, dosing.most) * DT
    return dosed


def _settle(works: Works, state: State, inflow: Inflow, out: Floats) -> State:
    """The clarifier and the final tank."""
    c, k = works.tables.clarifier, works.tables.kinetics
    cells = state.bacteria + state.nitrifiers + state.debris + state.inert
    liquor = k.tss_cod * cells + state.mineral
    risen = out / works.area * inflow.bulk / c.settles - c.begins
    risen = np.maximum(risen, 0.0)
    solids = inflow.settling * (c.base + c.per_sludge * liquor) * inflow.bulk
    solids = (solids + c.overload * liquor * risen * risen) * inflow.solids
    fresh = out * DT / works.final
    arriving = np.stack(
        [solids, state.substrate, state.soluble, state.nh, state.no3, state.alkalinity]
    )
    final = (state.final + fresh * arriving) / (1.0 + fresh)
    return State(
        state.volume, state.mixed, state.substrate, state.bacteria, state.nitrifiers,
        state.debris, state.inert, state.mineral, state.nh, state.no3, state.soluble,
        state.alkalinity, state.toxic, final,
    )  # fmt: skip


def outlet(works: Works, state: State, into: Floats) -> None:
    """COD, BOD5, TSS, pH, NH4 and TN of the final tank into the first six rows of `into`."""
    k, c = works.tables.kinetics, works.tables.clarifier
    tss, substrate, inert, nh, no3, alkalinity = state.final
    degradable = substrate + c.cod_per_solids * tss
    into[0] = degradable + inert
    into[1] = works.bod_share * degradable
    into[2] = tss
    basic = np.maximum(alkalinity, 0.02)
    into[3] = 6.35 + log10(basic / k.co2)
    into[4] = nh
    into[5] = nh + no3

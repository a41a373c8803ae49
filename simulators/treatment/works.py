"""The built plants: what about each stays the same, as arrays over plants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rules.loading import meant
from rules.model import Problem, Refused
from simulators.draws import Bits, Doubles, Floats, Ints, exp, gauss, keys, uniforms
from simulators.treatment.spec import PlantSpec
from simulators.treatment.tables import Tables

HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Works:
    """Plants as columns. Volumes m3, flows m3/d, concentrations mg/L, ages d."""

    specs: tuple[PlantSpec, ...]
    tables: Tables
    seed: int
    streams: Bits  # of each plant's own chance
    flow: Floats  # mean inflow
    equalisation: Floats
    aeration: Floats
    area: Floats  # of the clarifier, m2
    final: Floats
    sludge_age: Floats
    influent: Floats  # (COD, TSS, TKN, alkalinity meq/L; plants)
    sigma: Floats  # (COD, TSS, TKN; plants) of the logarithm
    inert_soluble: Floats
    inert_particulate: Floats
    inhibition: Floats
    transfer: Floats  # the most oxygen its blowers transfer (kLa, 1/d)
    bod_share: Floats
    warm: Floats
    colour: Floats
    shift: Doubles  # (24; plants) share of the mean
    region: Ints  # index into `regions`
    regions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.specs)


def build(specs: Sequence[PlantSpec], tables: Tables, seed: int) -> Works:
    """The plants of a scenario. Raises Refused with every name that is not known."""
    _check(specs, tables)
    streams = keys(seed, [spec.id for spec in specs], "plant")
    sizes = {
        name: low + (high - low) * uniforms(streams, name)
        for name, (low, high) in tables.sizes.items()
    }
    design = np.array([spec.design for spec in specs], np.float64)
    load = np.array([np.nan if s.load is None else s.load for s in specs], np.float64)
    load = np.where(np.isnan(load), sizes["load"], load)
    aeration = design * sizes["aeration"] / HOURS
    industries = [tables.profiles[spec.profile] for spec in specs]
    regions = tuple(dict.fromkeys(spec.region for spec in specs))
    # Plants of one industry differ: their means by a fifth, one standard deviation.
    strength = np.stack([exp(0.2 * gauss(uniforms(streams, k))) for k in ("cod", "tss", "tkn")])
    means = np.array([(i.cod, i.tss, i.tkn) for i in industries]).T * strength
    spread = np.array([(i.cod_cv, i.tss_cv, i.tkn_cv) for i in industries]).T
    return Works(
        specs=tuple(specs),
        tables=tables,
        seed=seed,
        streams=streams,
        flow=_f(load * design),
        equalisation=_f(design * sizes["equalisation"] / HOURS),
        aeration=_f(aeration),
        area=_f(design / sizes["overflow"]),
        final=_f(design * sizes["final"] / HOURS),
        sludge_age=_f(sizes["sludge_age"]),
        influent=_f(np.vstack([means, sizes["alkalinity"]])),
        sigma=_f(spread),
        inert_soluble=_f(sizes["inert_soluble"] * np.array([i.inert for i in industries])),
        inert_particulate=_f(sizes["inert_particulate"]),
        inhibition=_f(sizes["inhibition"]),
        transfer=_f(sizes["aerators"] * _uptake(means, load * design / aeration, tables)),
        bod_share=_f(sizes["bod_share"]),
        warm=_f(np.array([i.warm for i in industries])),
        colour=_f(np.array([i.colour for i in industries])),
        shift=np.array([_shift(s, tables, u) for s, u in zip(
            specs, uniforms(streams, "shift").tolist(), strict=True)]).T,
        region=np.array([regions.index(spec.region) for spec in specs], np.int64),
        regions=regions,
    )  # fmt: skip


def _f(values: Doubles) -> Floats:
    return np.ascontiguousarray(values, np.float32)


def _uptake(means: Doubles, turns: Doubles, tables: Tables) -> Doubles:
    """The transfer (1/d) with which the mean load's uptake leaves the oxygen wanted.

    About half of the COD that comes in is burnt, and most of the nitrogen nitrified.
    """
    k = tables.kinetics
    uptake: Doubles = turns * (0.55 * means[0] + 3.5 * means[2])
    return uptake / (k.oxygen_full - k.oxygen_set)


def _shift(spec: PlantSpec, tables: Tables, drawn: float) -> tuple[float, ...]:
    names = sorted(tables.shifts)
    return tables.shifts[spec.shift or names[int(drawn * len(names))]]


def _check(specs: Sequence[PlantSpec], tables: Tables) -> None:
    problems = [problem for spec in specs for problem in _problems(spec, tables)]
    seen: set[str] = set()
    for spec in specs:
        if spec.id in seen:
            problems.append(Problem("plants", spec.id, "there is another plant of this id"))
        seen.add(spec.id)
    if problems:
        raise Refused(problems)


def _problems(spec: PlantSpec, tables: Tables) -> Iterable[Problem]:
    named = (("profile", spec.profile, tables.profiles), ("shift", spec.shift, tables.shifts))
    for key, name, known in named:
        if name is not None and name not in known:
            said = f"{name!r} is not known{meant(name, known)}"
            yield Problem("plants", f"{spec.id}.{key}", said)
    if not spec.design > 0:
        yield Problem("plants", f"{spec.id}.design", "expected m3/d above 0")
    if spec.load is not None and not 0 < spec.load <= 1.2:
        yield Problem("plants", f"{spec.id}.load", "expected a share above 0, at most 1.2")

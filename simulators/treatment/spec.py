"""What a scenario names: plants, and what happens to them. Times are UTC epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass

QUANTITIES = (
    "COD", "BOD5", "TSS", "pH", "NH4", "TN", "Temp", "FlowIn", "FlowOut", "Color", "Bypass",
)  # fmt: skip
"""What is true at the outlet, as parameters of the register with their units (mg/L, pH, °C,
m3/h, Pt-Co); `Bypass` is what spills from a full equalisation tank, which no station sees."""


@dataclass(frozen=True, slots=True)
class PlantSpec:
    """One treatment plant. What is None is drawn from its id and the seed."""

    id: str
    profile: str  # of treatment.yaml
    design: float = 2000.0  # m3/d
    shift: str | None = None  # of treatment.yaml
    load: float | None = None  # mean inflow as a share of the design flow
    region: str = "north"  # plants of one region share the rain


@dataclass(frozen=True, slots=True)
class EventSpec:
    """Something that happens to one plant during [start, end)."""

    id: str
    plant: str
    kind: str  # of treatment.yaml
    start: int
    end: int
    strength: float | None = None  # None: the usual one of its kind

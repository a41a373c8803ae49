"""What a scenario names: stations with their sensors, faults and cheats.

Times are UTC epoch seconds, [start, end). Values are in the parameter's unit.
"""

from __future__ import annotations

from dataclasses import dataclass

MEASURED = (
    "COD", "TSS", "pH", "NH4", "Temp", "FlowIn", "FlowOut", "TN", "BOD5", "Color",
)  # fmt: skip
"""What there are instruments for. The order is fixed for ever: it places their noise."""

WATER_SIDE = ("dilution", "beaker_tap", "beaker_standard", "beaker_effluent")
SIGNAL_SIDE = (
    "cap", "jittered_cap", "coefficient", "replay", "jittered_replay", "filler",
    "convenient_calibration", "convenient_gap",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """One kind of instrument with its range; see sensors.yaml for the meaning of each number."""

    parameter: str
    t90: float
    lags: int
    delay: int
    cycle: int
    noise: tuple[float, float]
    resolution: float
    low: float
    high: float
    drift: tuple[float, float, float]
    fouling: tuple[float, float]
    calibration: tuple[int, int]
    standard: float


@dataclass(frozen=True, slots=True)
class StationSpec:
    """One station: it looks at the outlet of one plant."""

    id: str
    plant: str
    sensors: tuple[SensorSpec, ...]


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """An instrument is at fault. `size` None: the lower end of its kind's sizes."""

    id: str
    station: str
    parameter: str
    kind: str
    start: int
    end: int
    size: float | None = None


@dataclass(frozen=True, slots=True)
class CheatSpec:
    """Somebody interferes, with the water under the probe or with the numbers.

    dilution: `size` is the share of own water (0.5); beaker_*: another water under the probe;
    cap, jittered_cap: nothing above 95 % of `limit` (jitter 3 %); coefficient: times `size` (0.7);
    replay, jittered_replay: the `size` hours (24) before `start` again and again (jitter 1 %);
    filler: invented values within 1 % of `size` times `limit` (0.6); convenient_*: calibration or
    silence while the water is above `limit`. `parameters` empty: every quality parameter.
    """

    id: str
    station: str
    kind: str
    start: int
    end: int
    parameters: tuple[str, ...] = ()
    size: float | None = None
    limit: float | None = None

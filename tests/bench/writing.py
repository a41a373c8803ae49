"""How fast simulated messages are written: columns of a fleet's day to JSON bytes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from simulators.scenario.course import a_day, messages, opening, stage
from simulators.scenario.loading import load_scenario
from simulators.sensors.tables import read_sensors
from simulators.treatment.tables import read_tables
from tolich.packs import load_catalogue

STATIONS = 500
MEASURED = ["FlowIn", "FlowOut", "Temp", "pH", "TSS", "COD", "NH4", "TN"]
TURNS = 3


def writing(folder: Path, size: object) -> list[tuple[str, str, str]]:
    """A day of a fleet as messages in the order of sending, the quickest of three; one core."""
    del folder, size
    plants, sensors = read_tables(), read_sensors()
    scenario = load_scenario("bench", _fleet(), plants, sensors)
    built = stage(scenario, plants, sensors, load_catalogue())
    told, _ = a_day(built, opening(built), scenario.first)
    rates = []
    for _ in range(TURNS):
        began = time.perf_counter()
        count = sum(1 for _ in messages(built, told)) - 1
        rates.append(count / (time.perf_counter() - began))
    how = f"{STATIONS} stations x 1 day x {len(MEASURED)} readings at 5 min, in order; one core"
    return [("write simulated messages", f"{max(rates):,.0f} messages/s", how)]


def _fleet() -> dict[str, Any]:
    words = {"vi": "Đo tốc độ", "en": "Bench"}
    return {
        "version": 1, "title": words, "shows": words, "seed": 1,
        "clock": {"start": "2026-04-06", "days": 1},
        "defaults": {"measures": MEASURED},
        "fleet": {"count": STATIONS},
        "faults": [{"random": {"rate_per_year": "catalogue"}}],
    }  # fmt: skip

"""How fast the simulated world turns: plants, instruments and faults of a day."""

from __future__ import annotations

import time
from pathlib import Path

from simulators.sensors.catalogue import drawn
from simulators.sensors.measuring import install, observe
from simulators.sensors.spec import StationSpec
from simulators.sensors.tables import read_sensors
from simulators.treatment.calibrating import FIRST, fleet
from simulators.treatment.running import begin, run_day
from simulators.treatment.tables import read_tables
from simulators.treatment.works import build

PLANTS = 10_000
DAYS = 3
MEASURED = ("COD", "TSS", "pH", "NH4", "Temp", "FlowIn", "FlowOut")


def simulating(folder: Path, size: object) -> list[tuple[str, str, str]]:
    """Days of a fleet at 5 minutes in one process, the quickest of three; nothing is written."""
    del folder, size
    specs = fleet(PLANTS)
    works, tables = build(specs, read_tables(), 1), read_sensors()
    sensors = tuple(tables.sensor(name) for name in MEASURED)
    stations = [StationSpec(spec.id, spec.id, sensors) for spec in specs]
    instruments = install(stations, [spec.id for spec in specs], tables, 1)
    running, memory, took = begin(works, FIRST), None, []
    faulty = 0
    for day in range(FIRST, FIRST + DAYS):
        began = time.perf_counter()
        running, water = run_day(works, running, day)
        physics = time.perf_counter()
        faults = drawn(instruments, day)
        _, memory = observe(instruments, water, memory, faults)
        took.append((time.perf_counter() - began, physics - began))
        faulty = max(faulty, len(faults))
    whole, physics = min(took)
    how = f"{PLANTS:,} plants x 1 day x {len(MEASURED)} parameters at 5 min, {faulty:,} faults"
    return [
        ("simulate a fleet's day", f"{whole:.2f} s", f"{how}; one core"),
        ("  of which physics", f"{physics:.2f} s", "treatment plants and weather"),
    ]

"""Faults that happen by themselves, at the rates of the catalogue."""

from __future__ import annotations

import numpy as np

from rules.days import DAY_SECONDS, OFFSET
from simulators.draws import Ints, exp, uniforms
from simulators.sensors.measuring import Instruments
from simulators.sensors.spec import FaultSpec
from simulators.sensors.tables import FaultKind

DAYS_A_YEAR = 365.25


def drawn(instruments: Instruments, day: int, times: float = 1.0) -> list[FaultSpec]:
    """The faults of the catalogue that touch a local day, at `times` its rates.

    A fault is drawn on the day on which it begins, for each station and kind by itself; it is
    the same whichever day asks. At most one of a kind begins at a station in a day, so rates
    far above one a day are not reached.
    """
    found = []
    for kind, line in instruments.tables.faults.items():
        reach = int(line.lasts[1]) // DAY_SECONDS + 1
        for began in range(day - reach, day + 1):
            share = uniforms(instruments.streams, f"fault {kind}", began)
            struck = np.flatnonzero(share < line.rate * times / DAYS_A_YEAR)
            if len(struck):
                found += _faults(instruments, kind, line, began, struck)
    opens = day * DAY_SECONDS - OFFSET
    return [one for one in found if one.start <= opens + DAY_SECONDS and one.end > opens]


def _faults(
    instruments: Instruments, kind: str, line: FaultKind, began: int, struck: Ints
) -> list[FaultSpec]:
    streams = instruments.streams[struck]
    sensor, at, long, strong = (
        uniforms(streams, f"fault {kind} {what}", began)
        for what in ("sensor", "at", "lasts", "size")
    )
    low, high = line.lasts
    lasts = low * exp(long * np.log(high / low)) if high > low else np.full(len(struck), low)
    starts = began * DAY_SECONDS - OFFSET + (at * DAY_SECONDS).astype(np.int64)
    sizes = line.size[0] + (line.size[1] - line.size[0]) * strong
    made = []
    for place, row in enumerate(struck):
        station = instruments.stations[int(row)]
        if station.sensors:
            chosen = station.sensors[int(sensor[place] * len(station.sensors))].parameter
            start = int(starts[place])
            made.append(FaultSpec(
                f"{station.id}/{kind}/{began}", station.id, chosen, kind, start,
                start + int(lasts[place]), round(float(sizes[place]), 4),
            ))  # fmt: skip
    return made

"""A recording of real instruments, sent as a station would, with faults laid on top."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from rules.days import DAY_SECONDS, OFFSET, ZONE, instant
from rules.loading import meant
from rules.model import Problem, Refused, Status
from rules.parameters import Catalogue
from simulators.draws import Ints
from simulators.message import Outgoing
from simulators.scenario.encoding import Doubles, encode, layout
from simulators.scenario.loading import load_scenario
from simulators.scenario.spec import Scenario
from simulators.scenario.transport import disturbed, heard, prompt
from simulators.sensors.cheats import touches
from simulators.sensors.faults import EFFECTS, Row
from simulators.sensors.measuring import Codes
from simulators.sensors.tables import SensorTables
from simulators.treatment.tables import Tables

NOTHING = {"", "null", "nan", "na", "-9999", "-9999.0"}
"""How recordings write that there is no value."""

MANY = 10
"""Problems of one file that are told at once."""

Columns = Mapping[str, str]
"""Parameter to column of the file."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Readings by time, rising; not a number where there was none."""

    times: Ints
    parameters: tuple[str, ...]
    values: Doubles  # (rows; parameters)


def read_recording(file: str, lines: Iterable[str], time: str, columns: Columns) -> Recording:
    """A CSV with a head line. Times without a zone are Hanoi's. Raises Refused by line."""
    reader = csv.DictReader(lines)
    known = reader.fieldnames or []
    problems = [
        Problem(file, "line 1", f"no column {name!r}{meant(name, known)}")
        for name in (time, *columns.values())
        if name not in known
    ]
    rows: dict[int, list[float]] = {}
    for number, row in enumerate(reader if not problems else (), start=2):
        try:
            at = _time(row[time])
            rows[at] = [_value(row[name]) for name in columns.values()]
        except (ValueError, TypeError) as error:
            problems.append(Problem(file, f"line {number}", str(error)))
        if len(problems) >= MANY:
            break
    if not rows and not problems:
        problems.append(Problem(file, "(file)", "no reading in it"))
    if problems:
        raise Refused(problems)
    times = sorted(rows)
    values = np.array([rows[at] for at in times], np.float64)
    return Recording(np.array(times, np.int64), tuple(columns), values)


def _time(text: str) -> int:
    found = datetime.fromisoformat(text.strip())
    return instant(found if found.tzinfo else found.replace(tzinfo=ZONE))


def _value(text: str) -> float:
    bare = text.strip()
    return float("nan") if bare.lower() in NOTHING else float(bare)


def scenario_of(
    recording: Recording, station: str, faults: Mapping[str, Any], step: str,
    plants: Tables, sensors: SensorTables,
) -> Scenario:  # fmt: skip
    """The scenario around a recording. `faults` is a parsed file with `faults` and `transport`.

    Its times count from the local midnight before the first reading. Raises Refused.
    """
    first, last = ((int(at) + OFFSET) // DAY_SECONDS for at in recording.times[[0, -1]])
    words = {"vi": "Bản ghi", "en": "A recording"}
    around = {
        "version": 1, "title": words, "shows": words, "seed": 0,
        "clock": {"start": _date(first), "days": int(last - first) + 1, "step": step},
        "stations": [{"id": station, "measures": list(recording.parameters)}],
    }  # fmt: skip
    return load_scenario("inject", {**around, **faults}, plants, sensors)


def _date(day: int) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(day)).isoformat()


def replayed(
    recording: Recording, scenario: Scenario, sensors: SensorTables, catalogue: Catalogue
) -> Iterator[Outgoing]:
    """The messages of a recording, with the scenario's faults and disturbances, as sent."""
    place = scenario.places[0]
    values, status = failed(recording, scenario, sensors)
    grains = np.array([10.0 ** -_digits(values[:, column]) for column in range(values.shape[1])])
    step = scenario.steps[0][1]
    sheet = disturbed(
        prompt(recording.times, heard(values), 0),
        scenario.transport, scenario.seed, step,
    )  # fmt: skip
    sheet = sheet.take(np.argsort(sheet.due, kind="stable"))
    how = layout(place, catalogue, dict(zip(place.parameters, grains.tolist(), strict=True)))
    yield from encode(how, sheet, values, status, scenario.transport)


def _digits(values: Doubles) -> int:
    """Digits after the point with which a recording writes, four at most."""
    told = values[np.isfinite(values)][:1000]
    for digits in range(4):
        if np.allclose(told, np.round(told, digits), rtol=0, atol=1e-9):
            return digits
    return 4


def failed(
    recording: Recording, scenario: Scenario, sensors: SensorTables
) -> tuple[Doubles, Codes]:
    """Values and status after the scenario's faults."""
    place = scenario.places[0]
    values = recording.values.copy()
    status = np.full(values.shape, Status.MEASURING, np.uint8)
    kept: dict[str, np.typing.NDArray[np.float32]] = {}
    for fault in scenario.faults:
        column = recording.parameters.index(fault.parameter)
        first, last = touches(fault.start, fault.end, recording.times)
        if fault.kind not in EFFECTS:
            said = f"{fault.kind} concerns two channels; it cannot be laid on a recording"
            raise Refused([Problem("inject", fault.id, said)])
        if first < last:
            row = values[:, column].astype(np.float32)
            codes = status[:, column].copy()
            EFFECTS[fault.kind](Row(
                fault, place.sensors.sensors[column], sensors, scenario.seed, recording.times,
                first, last, row, codes, float(row[0]), kept,
            ))  # fmt: skip
            values[first:last, column] = row[first:last]
            status[first:last, column] = codes[first:last]
    return values, status

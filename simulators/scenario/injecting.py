"""Things that happen because somebody says so while a scenario runs.

An order is a place, a kind, a duration and perhaps a number, in words or as JSON. Because a
day is a pure function of what happens in it, an order is one more record: the day is made
again with it, and what has not been sent yet is sent from the new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from rules.days import DAY_SECONDS, OFFSET, rfc3339
from rules.loading import meant
from rules.model import Problem, Refused
from simulators.scenario.course import Stage
from simulators.scenario.happenings import Happenings, Wanted, read_happenings
from simulators.scenario.shape import ScenarioShape
from simulators.scenario.spec import DISTURBANCES
from simulators.scenario.truth import IntervalRow, cheat_rows, event_row, fault_row, transport_row
from simulators.sensors.cheats import SIGNAL, WATER

ORDERS = "tolich-simulator/v1/inject"
"""Where a running simulator hears orders: {"id": ..., "order": "ST01 aeration_failure 10h"}."""

ANSWERS = "tolich-simulator/v1/answers"
"""Where it answers, at ANSWERS/{id}: {"begun": [truth rows]} or {"refused": ["why"]}."""

SIZES = {"events": "strength", "faults": "size", "tamper": "factor", "transport": "share"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A stage on which an order has taken effect, and the truth rows of it."""

    stage: Stage
    rows: list[IntervalRow]


def words_of(payload: bytes) -> tuple[str, str]:
    """Id and order of a message. Raises Refused for what is neither."""
    try:
        said = json.loads(payload)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("order"), str):
        expected = 'expected {"id": "1", "order": "STATION KIND DURATION [NUMBER]"}'
        raise Refused([Problem("order", "(message)", expected)])
    return str(said.get("id", "")), said["order"]


def inject(built: Stage, order: str, now: int) -> Begun:
    """Let something begin at plant time `now`. Raises Refused saying what was not understood."""
    section, entry = _entry(built, order, now)
    try:
        shape = _shape(section, entry)
    except ValidationError as error:
        said = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        raise Refused([Problem("order", order, said)]) from None
    problems: list[Problem] = []
    scenario = built.scenario
    start = scenario.first * DAY_SECONDS - OFFSET
    places = {place.id: place for place in scenario.places}
    tables = built.works.tables, built.instruments.tables
    found = read_happenings(Wanted("order", start, places, *tables, problems), shape)
    if problems:
        raise Refused(problems)
    return Begun(_with(built, found), _rows(built, found))


def _shape(section: str, entry: Mapping[str, Any]) -> ScenarioShape:
    words = {"vi": "-", "en": "-"}
    return ScenarioShape.model_validate({
        "version": 1, "title": words, "shows": words, "seed": 0,
        "clock": {"start": "2026-01-01", "days": 1}, section: [entry],
    })  # fmt: skip


def _entry(built: Stage, order: str, now: int) -> tuple[str, dict[str, Any]]:
    """The section of a scenario file and the line there that an order stands for."""
    parts = order.split()
    if not 3 <= len(parts) <= 4:
        said = "expected STATION KIND DURATION [NUMBER], such as ST01 aeration_failure 10h"
        raise Refused([Problem("order", order, said)])
    where, kind, lasts = parts[:3]
    section = _section(built, order, kind)
    entry: dict[str, Any] = {
        "id": f"{kind}@{where}@{now}", "at": rfc3339(now), "for": lasts, "where": where,
        "kind": kind,
    }  # fmt: skip
    if len(parts) == 4:
        key = "by" if kind.startswith("clock_") else SIZES[section]
        entry[key] = parts[3] if key == "by" else _number(order, parts[3])
    return section, entry


def _section(built: Stage, order: str, kind: str) -> str:
    known = {
        "events": tuple(built.works.tables.events),
        "faults": tuple(built.instruments.tables.faults),
        "tamper": (*WATER, *SIGNAL),
        "transport": tuple(DISTURBANCES),
    }
    for section, kinds in known.items():
        if kind in kinds:
            return section
    every = [one for kinds in known.values() for one in kinds]
    raise Refused([Problem("order", order, f"{kind!r} is not known{meant(kind, every)}")])


def _number(order: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused([Problem("order", order, f"{text!r} is not a number")]) from None


def _with(built: Stage, found: Happenings) -> Stage:
    scenario = replace(
        built.scenario,
        events=built.scenario.events + found.events,
        faults=built.scenario.faults + found.faults,
        cheats=built.scenario.cheats + found.cheats,
        transport=built.scenario.transport + found.transport,
    )
    transport = dict(built.transport)
    for one in found.transport:
        transport[one.station] = (*transport.get(one.station, ()), one)
    return replace(built, scenario=scenario, transport=transport)


def _rows(built: Stage, found: Happenings) -> list[IntervalRow]:
    rows = [event_row(one) for one in found.events]
    rows += [fault_row(one, built.instruments.tables) for one in found.faults]
    rows += [row for one in found.cheats for row in cheat_rows(one)]
    return rows + [transport_row(one) for one in found.transport]

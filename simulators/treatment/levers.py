"""What events do to the plants: levers that stand at rest, and are moved while an event lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.days import DAY_SECONDS, OFFSET
from rules.loading import meant
from rules.model import Problem, Refused
from simulators.draws import Floats, Ints
from simulators.treatment.spec import EventSpec
from simulators.treatment.tables import ADDED, LEVERS, Tables

STEP = 300
"""Seconds of the model's own step."""

AT_REST = np.array([0.0 if lever in ADDED else 1.0 for lever in LEVERS], np.float32)
_PLACE = {lever: place for place, lever in enumerate(LEVERS)}


@dataclass(frozen=True, slots=True)
class Move:
    """One event on one day: the plant's column and the steps [first, last) it covers."""

    plant: int
    first: int
    last: int
    factors: Floats  # one for each lever
    addends: Floats


def moves(
    events: Iterable[EventSpec], plants: Mapping[str, int], tables: Tables, day: int
) -> list[Move]:
    """What the events do on a local day. Raises Refused naming every unknown kind or plant."""
    known = list(events)
    check(known, plants, tables)
    return [move for event in known for move in _moves(event, plants, tables, day)]


def check(events: Sequence[EventSpec], plants: Mapping[str, int], tables: Tables) -> None:
    """Raises Refused with everything wrong with the events."""
    problems = [problem for event in events for problem in _problems(event, plants, tables)]
    if problems:
        raise Refused(problems)


def _problems(
    event: EventSpec, plants: Mapping[str, int], tables: Tables
) -> Iterator[Problem]:  # fmt: skip
    if event.plant not in plants:
        said = f"no plant {event.plant!r}{meant(event.plant, plants)}"
        yield Problem("events", f"{event.id}.plant", said)
    if event.end <= event.start:
        yield Problem("events", f"{event.id}.end", "expected a time after the start")
    kind = tables.events.get(event.kind)
    if kind is None:
        said = f"{event.kind!r} is no event{meant(event.kind, tables.events)}"
        yield Problem("events", f"{event.id}.kind", said)
    elif event.strength is not None and not 0 <= event.strength <= kind.most:
        yield Problem("events", f"{event.id}.strength", f"expected 0 to {kind.most:g}")


def _moves(
    event: EventSpec, plants: Mapping[str, int], tables: Tables, day: int
) -> Iterator[Move]:  # fmt: skip
    opens = day * DAY_SECONDS - OFFSET
    steps = DAY_SECONDS // STEP
    first = max(0, -(-(event.start - opens) // STEP))
    last = min(steps, -(-(event.end - opens) // STEP))
    if first >= last:
        return
    kind = tables.events[event.kind]
    strength = kind.usual if event.strength is None else event.strength
    factors, addends = np.ones(len(LEVERS), np.float32), np.zeros(len(LEVERS), np.float32)
    for lever, effect in kind.levers.items():
        if effect == "added":
            addends[_PLACE[lever]] = strength
        else:
            factors[_PLACE[lever]] = strength if effect == "times" else 1.0 - strength
    yield Move(plants[event.plant], first, last, factors, addends)


def hour_of(made: Sequence[Move], first: int, steps: int) -> tuple[Ints, Floats]:
    """The plants moved within [first, first + steps), and their levers (steps; levers; plants)."""
    touching = [move for move in made if move.first < first + steps and first < move.last]
    plants = np.array(sorted({move.plant for move in touching}), np.int64)
    levers = np.empty((steps, len(LEVERS), len(plants)), np.float32)
    levers[:] = AT_REST[:, None]
    place = {int(plant): column for column, plant in enumerate(plants)}
    for move in touching:
        part = levers[max(move.first - first, 0) : move.last - first, :, place[move.plant]]
        part *= move.factors
        part += move.addends
    return plants, levers

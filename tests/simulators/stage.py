"""What the tests of the simulators share: the example register and decoded messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rules.days import DAY_SECONDS, day_start, instant, local_date, midnight
from rules.judge import judge
from rules.model import Finding
from rules.parameters import Catalogue
from rules.permit import Regulations
from rules.register import Register, load_register
from rules.terms import terms_of
from rules.window import Window
from simulators.message import Outgoing
from simulators.register import demo_register, history_start
from simulators.script import demo_script
from simulators.stream import history
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import read_yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "register.yaml"

NOON = instant(datetime.fromisoformat("2026-11-18T14:20:30+07:00"))  # a Wednesday
MIDNIGHT = instant(datetime.fromisoformat("2026-11-18T00:03:00+07:00"))


class Seen(NamedTuple):
    """One reading as it stood in a message."""

    station: str
    parameter: str
    at: int
    value: Decimal
    status: str
    due: int


@cache
def _parsed() -> dict[str, Any]:
    raw = read_yaml(EXAMPLE)
    assert isinstance(raw, dict)
    return raw


def example() -> dict[str, Any]:
    """The parsed example, to change at will."""
    return deepcopy(_parsed())


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@cache
def regulations() -> Regulations:
    return load_regulations()


def loaded(raw: object) -> Register:
    return load_register("register.yaml", raw, catalogue(), regulations())


@cache
def demo(now: int) -> Register:
    return loaded(demo_register(example(), local_date(now)))


def first_second(now: int) -> int:
    """When the history of a demonstration begins."""
    return day_start(history_start(local_date(now)))


def sent_since(now: int, start: int) -> tuple[Outgoing, ...]:
    """A demonstration's history from a later start."""
    return tuple(history(demo(now), demo_script(demo(now), now), start, now))


@cache
def demo_history(now: int) -> tuple[Outgoing, ...]:
    """All of it at noon; for the other starts the last three days, which are enough there."""
    whole = first_second(now)
    return sent_since(now, whole if now == NOON else midnight(now) - 3 * DAY_SECONDS)


@cache
def _second(stamp: str) -> int:
    return instant(datetime.fromisoformat(stamp))


def decoded(messages: Iterable[Outgoing], station: str | None = None) -> Iterator[Seen]:
    """The readings of messages, of one station or of all."""
    for message in messages:
        name = message.topic.split("/")[3]
        if station is not None and name != station:
            continue
        body = json.loads(message.payload, parse_float=Decimal, parse_int=Decimal)
        for reading in body["readings"]:
            yield Seen(
                name,
                reading["p"],
                _second(reading.get("ts", body["ts"])),
                Decimal(reading["v"]),
                reading.get("s", "00"),
                message.due,
            )


@cache
def heard(now: int, station: str) -> tuple[Seen, ...]:
    """Everything one station says in the history of a demonstration."""
    return tuple(decoded(demo_history(now), station))


@cache
def _by_day(now: int, station: str) -> dict[int, list[Seen]]:
    days: dict[int, list[Seen]] = {}
    for seen in heard(now, station):
        days.setdefault(midnight(seen.at), []).append(seen)
    return days


def findings(now: int, station: str, day: int, until: int | None = None) -> list[Finding]:
    """The verdicts on a station's local day, from what was sent by `until` (default: now)."""
    register = demo(now)
    terms = terms_of(register.stations[station], midnight(day), register, regulations())
    row = {term.series.parameter: number for number, term in enumerate(terms)}
    judged_at = now if until is None else until
    seen = [
        (row[s.parameter], s.at, int(terms[row[s.parameter]].parameter.quanta(s.value)), s.status)
        for s in _by_day(now, station).get(midnight(day), [])
        if s.due <= judged_at
    ]
    columns = np.array([(r, at, value, int(status)) for r, at, value, status in seen], np.int64)
    table = columns.reshape(-1, 4)
    sheets = judge(
        Window.of_day(terms, midnight(day), (table[:, 0], table[:, 1], table[:, 2], table[:, 3])),
        judged_at,
    )
    return [
        sheet.finding(r, c)
        for sheet in sheets
        for r in range(len(terms))
        for c in range(sheet.outcome.shape[1])
    ]

"""A parsed scenario file to a scenario: everything wrong with it at once, each with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.loading import meant
from rules.model import Problem, Refused
from simulators.scenario.meaning import understood
from simulators.scenario.shape import ScenarioShape
from simulators.scenario.spec import Scenario
from simulators.sensors.tables import SensorTables
from simulators.treatment.tables import Tables

_NAMED = re.compile(r"'([^']*)'")


def load_scenario(name: str, raw: object, plants: Tables, sensors: SensorTables) -> Scenario:
    """The scenario of a parsed file; `name` is the file's, and what problems call it.

    Raises Refused: first with every key that is unknown, missing or of the wrong kind; once
    there is none, with everything named that does not exist or cannot be.
    """
    try:
        shape = ScenarioShape.model_validate(plain(raw))
    except ValidationError as error:
        raise Refused([_problem(name, one) for one in error.errors(include_url=False)]) from None
    return understood(name, shape, plants, sensors)


def plain(raw: object) -> object:
    """YAML's own kinds of value as JSON's: days and instants as text, decimals as numbers."""
    if isinstance(raw, dict):
        return {str(key): plain(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [plain(value) for value in raw]
    if isinstance(raw, date | datetime):
        return raw.isoformat()
    if isinstance(raw, Decimal):
        return float(raw)
    return raw


def _problem(file: str, error: ErrorDetails) -> Problem:
    place = error["loc"]
    where = _path(place)
    if error["type"] == "extra_forbidden":
        return Problem(file, where, f"unknown key{meant(str(place[-1]), _keys(place[:-1]))}")
    if error["type"] == "missing":
        return Problem(file, where, "this key is required")
    if error["type"] == "literal_error":
        known = _NAMED.findall(str(error["ctx"]["expected"]))
        said = f"{error['input']!r} is not known{meant(str(error['input']), known)}"
        return Problem(file, where, said if known else error["msg"])
    found = error["input"]
    shown = "a mapping" if isinstance(found, dict) else repr(found)
    return Problem(file, where, f"{error['msg'].lower()}, found {shown}")


def _path(place: Sequence[int | str]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".") or "(top)"


def _keys(place: Iterable[int | str]) -> list[str]:
    """The keys that are known at a place of the file."""
    shape: type[BaseModel] = ScenarioShape
    for part in place:
        known = _fields(shape)
        if part in known:
            shape = next(_shapes(known[str(part)]), shape)
    return list(_fields(shape))


def _fields(shape: type[BaseModel]) -> dict[str, Any]:
    return {
        field.alias or name: field.annotation for name, field in shape.model_fields.items()
    }  # fmt: skip


def _shapes(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes(inner)

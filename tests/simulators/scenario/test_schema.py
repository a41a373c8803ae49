"""The JSON Schema that editors check scenario files with."""

from __future__ import annotations

import json

import jsonschema
import pytest

from simulators.scenario.library import SCHEMA, names, parsed
from simulators.scenario.loading import plain
from simulators.scenario.shape import schema_text
from tests.simulators.scenario.small import raw, tables

_SCHEMA = json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_the_committed_schema_is_current() -> None:
    said = "tolich simulate schema > simulators/scenario/scenario.schema.json"
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(*tables()[:2]), said


@pytest.mark.parametrize("name", names())
def test_what_ships_keeps_it(name: str) -> None:
    jsonschema.validate(plain(parsed(name)), _SCHEMA)


def test_an_unknown_key_does_not_keep_it() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw(evnts=[]), _SCHEMA)
    jsonschema.validate(raw(events=[]), _SCHEMA)

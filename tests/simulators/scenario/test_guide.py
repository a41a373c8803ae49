"""The guide is enough: its example loads, and every key and kind of a scenario is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from simulators.scenario import shape
from simulators.scenario.loading import load_scenario
from simulators.scenario.spec import DISTURBANCES, ORDERS
from tests.meta.source import ROOT
from tests.simulators.scenario.small import tables
from tolich.yamlfile import parse_yaml

PAGE = (ROOT / "docs" / "simulators.md").read_text(encoding="utf-8")


def keys() -> Iterator[str]:
    for kind in vars(shape).values():
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                yield field.alias or name


def test_its_example_loads() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    found = load_scenario("my.yaml", parse_yaml(example, "my.yaml"), *tables()[:2])
    assert [place.id for place in found.places] == ["MAU01", "MAU02"]
    assert found.events
    assert found.faults
    assert found.cheats
    assert len(found.transport) == 2


def test_every_key_and_kind_is_in_it() -> None:
    assert {key for key in keys() if not re.search(rf"\b{key}\b", PAGE)} == set()
    assert {kind for kind in (*DISTURBANCES, *ORDERS) if kind not in PAGE} == set()

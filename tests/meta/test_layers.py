"""Imports point one way, without cycles, and nothing hides one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.meta.imports import arrow_offences, cycle, hidden_offences
from tests.meta.source import ROOT, Module, modules, plant


@pytest.fixture(scope="module")
def ours() -> list[Module]:
    return modules(ROOT)


def test_the_arrows_hold(ours: list[Module]) -> None:
    assert arrow_offences(ours) == []


def test_no_cycles(ours: list[Module]) -> None:
    assert cycle(ours) == []


def test_no_import_hides_in_a_function(ours: list[Module]) -> None:
    assert hidden_offences(ours) == []


def test_every_package_is_looked_at(ours: list[Module]) -> None:
    names = {module.name for module in ours}
    assert {"rules.model", "tolich.ports", "ingest", "api", "dashboards", "simulators"} <= names


AGAINST_THE_ARROWS: dict[str, tuple[str, str]] = {
    "rules import a port": ("rules/bad.py", "import tolich.ports\n"),
    "rules import a third party": ("rules/bad.py", "from yaml import safe_load\n"),
    "rules reach out": ("rules/bad.py", "from pathlib import Path\n"),
    "rules import for types": (
        "rules/bad.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from api import pages\n",
    ),
    "ingest imports an adapter": ("ingest/bad.py", "from tolich.store import tables\n"),
    "ingest imports the spine itself": ("ingest/bad.py", "import tolich\n"),
    "api imports ingest": ("api/bad.py", "from ingest.decode import decode\n"),
    "in a function": ("api/bad.py", "def late():\n    from ingest import decode\n"),
    "by name": ("dashboards/bad.py", "import importlib\nimportlib.import_module('api.app')\n"),
    "by a bound name": (
        "dashboards/bad.py",
        "from importlib import import_module as get\nget('api.app')\n",
    ),
    "by dunder import": ("simulators/bad.py", "__import__('tolich.store')\n"),
    "by an entry point": ("ingest/bad.py", "uvicorn.run('api.app:create')\n"),
    "by a computed name": ("tolich/bad.py", "import importlib\nimportlib.import_module(name)\n"),
    "relative, two up": ("simulators/a/bad.py", "from ...ingest import decode\n"),
    "simulators import the store": ("simulators/bad.py", "import tolich.store.reads\n"),
    "the spine imports a way in": ("tolich/pipeline.py", "from ingest.decode import decode\n"),
    "the spine imports composition": ("tolich/pipeline.py", "from tolich import app\n"),
    "a port imports an adapter": ("tolich/ports.py", "from tolich import store\n"),
    "the spine's own file imports": ("tolich/__init__.py", "from tolich import store\n"),
}


@pytest.mark.parametrize(("file", "text"), AGAINST_THE_ARROWS.values(), ids=AGAINST_THE_ARROWS)
def test_an_import_against_the_arrows_is_found(file: str, text: str, tmp_path: Path) -> None:
    known = {"tolich/app.py": "", "tolich/store/__init__.py": "", file: text}
    found = arrow_offences(modules(plant(tmp_path, known)))
    assert len(found) == 1
    assert found[0].startswith(f"{file}:")


ALONG_THE_ARROWS: Mapping[str, str] = {
    "rules/a.py": "import numpy as np\nfrom decimal import Decimal\nfrom rules import b\n",
    "rules/b.py": "import re\n",
    "ingest/a.py": "import pydantic\nfrom rules.b import x\nfrom tolich.ports import Clock\n",
    "api/a.py": "from api.b import c\nfrom tolich import ports, words\n",
    "api/b.py": "TITLE = 'rules.model: the words'\n",
    "tolich/ports.py": "from rules.b import x\n",
    "tolich/words.py": "",
    "tolich/store.py": "from sqlalchemy import select\nfrom tolich import ports\n",
    "tolich/app.py": "from ingest import a\nimport simulators, dashboards, api.a\n",
    "tolich/commands/demo.py": "from tolich import app\nfrom simulators import run\n",
    "tolich/cli.py": "from tolich.commands import demo\n",
}


def test_imports_along_the_arrows_pass(tmp_path: Path) -> None:
    known = modules(plant(tmp_path, ALONG_THE_ARROWS))
    assert arrow_offences(known) == []
    assert cycle(known) == []
    assert hidden_offences(known) == []


@pytest.mark.parametrize(
    "back",
    [
        "from rules import a\n",
        "from . import a\n",
        "def late():\n    import rules.a\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rules.a import x\n",
        "__import__('rules.a')\n",
    ],
)
def test_a_cycle_is_found_however_it_is_hidden(back: str, tmp_path: Path) -> None:
    tree = {"rules/a.py": "import rules.b\n", "rules/b.py": "from rules.c import x\n"}
    path = cycle(modules(plant(tmp_path, {**tree, "rules/c.py": back})))
    assert set(path) == {"rules.a", "rules.b", "rules.c"}
    assert path[0] == path[-1]


def test_an_import_in_a_function_is_found(tmp_path: Path) -> None:
    late = {"api/a.py": "class A:\n    async def b(self):\n        import json\n"}
    found = hidden_offences(modules(plant(tmp_path, late)))
    assert found == ["api/a.py:3: api.a imports json inside a function"]

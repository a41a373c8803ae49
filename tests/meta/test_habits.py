"""One clock, no broad except, nothing printed but by the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.meta.habits import clock_offences, except_offences, print_offences
from tests.meta.source import ROOT, Module, modules, plant


@pytest.fixture(scope="module")
def ours() -> list[Module]:
    return modules(ROOT)


def test_only_the_clock_asks_the_time(ours: list[Module]) -> None:
    assert clock_offences(ours) == []


def test_no_broad_except(ours: list[Module]) -> None:
    assert except_offences(ours) == []


def test_only_the_commands_print(ours: list[Module]) -> None:
    assert print_offences(ours) == []


@pytest.mark.parametrize(
    "asks",
    [
        "import time\ntime.time()\n",
        "import time as t\nt.time_ns()\n",
        "from time import time as now\nnow()\n",
        "import datetime\ndatetime.datetime.now(zone)\n",
        "from datetime import datetime as dt\ndt.utcnow()\n",
        "from datetime import date\nfield(default_factory=date.today)\n",
        "import time\ntime.gmtime()\n",
        "from sqlalchemy import func\nfunc.now()\n",
    ],
)
def test_asking_the_time_is_found(asks: str, tmp_path: Path) -> None:
    tree = {"tolich/clock.py": asks, "ingest/a.py": asks}
    found = clock_offences(modules(plant(tmp_path, tree)))
    assert [offence.partition(":")[0] for offence in found] == ["ingest/a.py"]


def test_what_does_not_ask_the_time_passes(tmp_path: Path) -> None:
    text = (
        "import time\nfrom datetime import datetime\n"
        "time.monotonic()\ntime.gmtime(5)\nclock.now()\ndatetime.fromtimestamp(5, zone)\n"
    )
    assert clock_offences(modules(plant(tmp_path, {"ingest/a.py": text}))) == []


@pytest.mark.parametrize(
    "catch",
    [
        "try:\n    x()\nexcept:\n    y()\n",
        "try:\n    x()\nexcept Exception:\n    y()\n",
        "try:\n    x()\nexcept (ValueError, BaseException) as e:\n    y(e)\n",
        "from contextlib import suppress\nwith suppress(Exception):\n    x()\n",
    ],
)
def test_a_broad_except_is_found(catch: str, tmp_path: Path) -> None:
    tree = {"tolich/pipeline.py": catch, "api/a.py": catch}
    found = except_offences(modules(plant(tmp_path, tree)))
    assert [offence.partition(":")[0] for offence in found] == ["api/a.py"]


def test_a_named_except_passes(tmp_path: Path) -> None:
    text = "try:\n    x()\nexcept (OSError, ValueError):\n    y()\n"
    assert except_offences(modules(plant(tmp_path, {"api/a.py": text}))) == []


def test_a_print_is_found(tmp_path: Path) -> None:
    text = "def f():\n    print('x')\n    console.print('y')\n"
    tree = {"api/a.py": text, "tolich/cli.py": text, "tolich/commands/demo.py": text}
    found = print_offences(modules(plant(tmp_path, tree)))
    assert found == ["api/a.py:2: print(): write to the log instead"]

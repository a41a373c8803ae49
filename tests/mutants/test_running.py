"""Trying a fault: it is noticed, or survives, or hangs; and no file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants import running
from tests.mutants.fault import Fault
from tests.mutants.running import ROOT, tried

LATE = Fault(
    "a rung is reached a second late",
    "silence.py", "if quiet >= seconds", "if quiet > seconds", ("silence",),
)  # fmt: skip
HARMLESS = Fault(
    "nothing changes", "silence.py", "if quiet >= seconds", "if seconds <= quiet", ("silence",)
)
ENDLESS = Fault(
    "rungs are counted for ever",
    "silence.py", "    found = None\n", "    found = None\n    while ladder: pass\n", ("silence",),
)  # fmt: skip
BROKEN = Fault(
    "a name is gone", "silence.py", "def next_rung(", "def last_rung(", ("silence",)
)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "killed", "told"),
    [
        pytest.param(LATE, True, "test_silence.py::", id="noticed"),
        pytest.param(HARMLESS, False, "nothing failed", id="survives"),
        pytest.param(BROKEN, True, "ImportError while importing", id="does not load"),
    ],
)
def test_a_fault_is_noticed_or_survives(fault: Fault, killed: bool, told: str) -> None:
    before = _written(fault)
    verdict = tried(fault)
    assert (verdict.killed, told in verdict.told) == (killed, True), verdict.told
    assert _written(fault) == before


def test_a_fault_that_hangs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE", 5.0)
    assert tried(ENDLESS).told == "not done after 5 s"


def _written(fault: Fault) -> tuple[str, int]:
    path: Path = fault.source(ROOT)
    return path.read_text(encoding="utf-8"), path.stat().st_mtime_ns

"""The list of faults fits the source, so that `make mutants` asks what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.mutants.fault import Fault, Stale
from tests.mutants.faults import FAULTS
from tests.mutants.running import ROOT

SOUND = Fault("a fault", "a.py", "x < y", "x <= y", ("judge",))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_every_fault_is_there_to_be_made(fault: Fault) -> None:
    text = fault.source(ROOT).read_text(encoding="utf-8")
    assert fault.applied(text) != text
    assert [path for path in fault.paths() if not (ROOT / path).exists()] == []


def test_no_two_faults_share_a_name_or_a_change() -> None:
    names = Counter(fault.name for fault in FAULTS)
    changes = Counter((fault.file, fault.found, fault.put) for fault in FAULTS)
    assert [name for name, times in names.items() if times > 1] == []
    assert [change for change, times in changes.items() if times > 1] == []
    assert len(FAULTS) >= 40


def test_a_fault_is_one_change() -> None:
    assert SOUND.applied("if x < y:\n    pass\n") == "if x <= y:\n    pass\n"


@pytest.mark.parametrize(
    ("fault", "text", "says"),
    [
        pytest.param(SOUND, "if x > y: ...\n", "holds 'x < y' 0 times", id="gone"),
        pytest.param(SOUND, "x < y\nx < y\n", "holds 'x < y' 2 times", id="not unique"),
        pytest.param(replace(SOUND, put="x < y"), "x < y\n", "changes nothing", id="no change"),
        pytest.param(replace(SOUND, put="x <"), "x < y\n", "leaves no Python", id="broken"),
    ],
)
def test_a_fault_that_no_longer_fits_is_named(fault: Fault, text: str, says: str) -> None:
    with pytest.raises(Stale, match="a fault: ") as stale:
        fault.applied(text)
    assert says in str(stale.value)

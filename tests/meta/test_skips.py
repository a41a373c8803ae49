"""Where nothing may be skipped, a skip is a failure, unless its reason begins with shared:."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.meta.source import ROOT

SKIPPING = """
import pytest

@pytest.mark.skip(reason="no broker")
def test_marked(): ...

def test_called():
    pytest.skip("no server")

@pytest.mark.skip(reason="shared: no limits beside the clone")
def test_shared(): ...

@pytest.mark.xfail(strict=True)
def test_expected():
    assert False

def test_passes(): ...
"""


def _alone() -> dict[str, str]:
    """The environment, without what makes a pytest believe that it is a worker of this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _run(folder: Path, no_skip: str) -> str:
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "test_some.py").write_text(SKIPPING, encoding="utf-8")
    whole = "import pytest\npytest.importorskip('no_such_module')\n"
    (folder / "test_whole.py").write_text(whole, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            ".",
        ],
        cwd=folder,
        env=_alone() | {"TOLICH_NO_SKIP": no_skip},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_skips_are_refused(tmp_path: Path) -> None:
    said = _run(tmp_path, "1")
    assert "1 passed, 1 skipped, 1 xfailed" in said
    assert "1 failed" in said  # skipped while it ran
    assert "2 errors" in said  # skipped before it ran: one test, one file
    assert "test_called skipped (no server), but TOLICH_NO_SKIP=1 allows no skip" in said
    assert "test_marked skipped (no broker), but" in said
    assert "could not import 'no_such_module'" in said
    assert "shared: no limits beside the clone" in said


def test_skips_are_listed_otherwise(tmp_path: Path) -> None:
    said = _run(tmp_path, "0")
    assert "1 passed, 4 skipped, 1 xfailed" in said
    assert "no broker" in said

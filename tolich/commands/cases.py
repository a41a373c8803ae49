"""`tolich test-rules`: rule cases that a lawyer reads, run by the real judgement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rules.cases import load_cases, run_case
from tolich.console import out, refusing
from tolich.packs import REGULATIONS, load_catalogue, load_regulations
from tolich.yamlfile import read_yaml


def check_cases(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Case files; default: all that ship.")
    ] = None,
) -> None:
    """Run rule cases: readings in, findings and alerts out, expected against found."""
    catalogue, known = load_catalogue(), load_regulations()
    passed = failed = 0
    for path in files or sorted(REGULATIONS.glob("*.cases.yaml")):
        with refusing():
            cases = load_cases(str(path), read_yaml(path), catalogue, known)
        for case in cases:
            differences = run_case(case, catalogue, known)
            passed, failed = (passed + 1, failed) if not differences else (passed, failed + 1)
            for line in differences:
                out.print(f"{path.name}: {case.title_en}: {line}", markup=False)
    out.print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)

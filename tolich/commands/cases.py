"""`tolich test-rules`: rule cases that a lawyer reads, run by the real judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rules.cases import load_cases, run_case
from tolich.commands.regulations import OwnPacks
from tolich.console import out, refusing
from tolich.packs import cases_beside, load_catalogue, load_regulations, shipped_cases
from tolich.yamlfile import read_yaml


def check_cases(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Case files; default: all that ship, and those beside --regulations."),
    ] = None,
    own: OwnPacks = None,
) -> None:
    """Run rule cases: readings in, findings and alerts out, expected against found."""
    with refusing():
        catalogue, known = load_catalogue(), load_regulations(extra=own or ())
    passed = failed = 0
    for path in files or _shipped_and(own or []):
        with refusing():
            cases = load_cases(str(path), read_yaml(path), catalogue, known)
        for case in cases:
            differences = run_case(case, catalogue, known)
            passed, failed = (passed + 1, failed) if not differences else (passed, failed + 1)
            if differences:
                out.print(f"{path.name}: {case.title_vi} / {case.title_en}", markup=False)
            for line in differences:
                out.print(f"  {line}", markup=False)
    out.print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def _shipped_and(own: Sequence[Path]) -> list[Path]:
    """The cases that ship and those beside packs of the user's own; says where there are none."""
    beside = [cases_beside(pack) for pack in own]
    for path in beside:
        if not path.is_file():
            out.print(f"no cases: {path} is not there", markup=False)
    return [*shipped_cases(), *(path for path in beside if path.is_file())]

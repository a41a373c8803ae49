"""`tolich permits`, `tolich check`: what binds each plant, and whether every file is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rules.instruments import short_ranges
from rules.model import Problem, Refused
from rules.permit import Permit, Regulations, warnings
from rules.register import Register, load_register, unmeasured
from tolich.commands.regulations import OwnPacks
from tolich.console import out, refusing
from tolich.packs import load_catalogue, load_instruments, load_regulations
from tolich.settings import load_settings
from tolich.yamlfile import read_yaml

permits = typer.Typer(no_args_is_help=True, help="Permits of a register file: list, check.")

RegisterFile = Annotated[Path, typer.Argument(help="A register file (YAML).")]


@permits.command("list")
def list_permits(register: RegisterFile, own: OwnPacks = None) -> None:
    """The permits of a register file and what an officer should know of each."""
    with refusing():
        known, catalogue = load_regulations(extra=own or ()), load_catalogue()
        found = _register(register, known)
    if not found.permits:
        out.print(f"{register} holds no permits: nothing that its plants discharge is judged.")
        return
    table = Table("permit", "plant", "number", "from", "to know")
    for key, permit in sorted(found.permits.items()):
        province = found.clusters[found.plants[permit.plant].cluster].province
        said = warnings(permit, province, catalogue, known) + _ranges(found, permit, known)
        said += unmeasured(permit, found)
        table.add_row(key, permit.plant, permit.number, str(permit.since), "\n".join(said))
    out.print(table)


@permits.command("check")
def check_permits(register: RegisterFile, own: OwnPacks = None) -> None:
    """Read a register file strictly and name every problem at once."""
    with refusing():
        found = _register(register, load_regulations(extra=own or ()))
    for permit in found.permits.values():
        for text in unmeasured(permit, found):
            out.print(f"[yellow]Warning:[/] permits.{permit.id}: {text}")
    out.print(f"{len(found.permits)} permits, {len(found.stations)} stations, no problems")


def _ranges(register: Register, permit: Permit, known: Regulations) -> list[str]:
    """Instruments of a permit's plant whose range is too short for its limits."""
    allowed = load_instruments(load_catalogue()).station
    stations = [one for one in register.stations.values() if one.plant == permit.plant]
    return [str(short) for one in stations for short in short_ranges(one, permit, known, allowed)]


def _register(path: Path, known: Regulations) -> Register:
    return load_register(str(path), read_yaml(path), load_catalogue(), known)


def check(
    settings: Annotated[
        Path | None, typer.Option("--settings", "-s", help="Settings file.")
    ] = None,
) -> None:
    """Read the settings, every register file they name and every pack; name every problem."""
    with refusing():
        problems: list[Problem] = []
        loaded = load_settings(settings)
        known = load_regulations(extra=loaded.regulations)
        load_instruments(load_catalogue())
        said: list[str] = []
        for path in loaded.register_files:
            try:
                register = _register(path, known)
                for permit in register.permits.values():
                    said += _ranges(register, permit, known) + unmeasured(permit, register)
            except Refused as refused:
                problems += refused.problems
        if problems:
            raise Refused(problems)
    for text in said:
        out.print(f"[yellow]Warning:[/] {text}")
    out.print("settings, register and regulations: no problems")

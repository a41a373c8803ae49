"""`tolich regulations`, `tolich permits`, `tolich check`: the law as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rules.instruments import short_ranges
from rules.model import Problem, Refused
from rules.permit import Permit, plain, warnings
from rules.register import Register, load_register
from rules.regulation import Regulation
from tolich.console import err, out, refusing
from tolich.packs import load_catalogue, load_instruments, load_pack, load_regulations
from tolich.settings import load_settings
from tolich.yamlfile import read_yaml

regulations = typer.Typer(no_args_is_help=True, help="Regulation packs: list, show, check.")
permits = typer.Typer(no_args_is_help=True, help="Permits of a register file: list, check.")

RegisterFile = Annotated[Path, typer.Argument(help="A register file (YAML).")]


@regulations.command("list")
def list_regulations() -> None:
    """Every pack that ships, and how much of it is known."""
    table = Table("id", "title", "in force", "parameters", "loaded")
    with refusing():
        packs = load_regulations()
    for key in sorted(packs):
        pack = packs[key]
        table.add_row(
            key,
            pack.title_vi,
            str(pack.effective or "?"),
            str(len(pack.parameters)),
            "yes" if pack.loaded else "no: decides nothing",
        )
    out.print(table)


@regulations.command("show")
def show_regulation(
    name: Annotated[str, typer.Argument(help='Its id, such as "QCVN 40:2011/BTNMT".')],
) -> None:
    """One pack: every number with its verification."""
    with refusing():
        packs = load_regulations()
    pack = packs.get(name)
    if pack is None:
        err.print(f"There is no regulation {name!r}. Known: {', '.join(sorted(packs))}")
        raise typer.Exit(2)
    out.print(f"[bold]{pack.id}[/] {pack.title_vi}\n{pack.title_en}")
    out.print(f"version {pack.version}, SHA-256 {pack.digest}")
    out.print(_numbers(pack))


def _numbers(pack: Regulation) -> Table:
    table = Table("no", "parameter", "unit", *pack.columns)
    for row in pack.parameters.values():
        cells = []
        for column in pack.columns:
            limit = row.columns.get(column)
            low = "" if limit is None or limit.low is None else f"{plain(limit.low)} – "
            cells.append(
                "–" if limit is None else f"{low}{plain(limit.high)} ({limit.verification})"
            )
        table.add_row(row.number, row.name_vi, row.unit, *cells)
    return table


@regulations.command("check")
def check_regulation(
    file: Annotated[Path, typer.Argument(help="A pack (YAML), such as you have just edited.")],
) -> None:
    """Read a pack strictly and name every problem at once."""
    with refusing():
        pack = load_pack(file, load_catalogue())
    out.print(f"{pack.id}: {len(pack.parameters)} parameters, no problems")


@permits.command("list")
def list_permits(register: RegisterFile) -> None:
    """The permits of a register file and what an officer should know of each."""
    with refusing():
        found = _register(register)
    known, catalogue = load_regulations(), load_catalogue()
    table = Table("permit", "plant", "number", "from", "to know")
    for key, permit in sorted(found.permits.items()):
        province = found.clusters[found.plants[permit.plant].cluster].province
        said = warnings(permit, province, catalogue, known) + _ranges(found, permit)
        table.add_row(key, permit.plant, permit.number, str(permit.since), "\n".join(said))
    out.print(table)


@permits.command("check")
def check_permits(register: RegisterFile) -> None:
    """Read a register file strictly and name every problem at once."""
    with refusing():
        found = _register(register)
    out.print(f"{len(found.permits)} permits, {len(found.stations)} stations, no problems")


def _ranges(register: Register, permit: Permit) -> list[str]:
    """Instruments of a permit's plant whose range is too short for its limits."""
    allowed, known = load_instruments(load_catalogue()).station, load_regulations()
    stations = [one for one in register.stations.values() if one.plant == permit.plant]
    return [str(short) for one in stations for short in short_ranges(one, permit, known, allowed)]


def _register(path: Path) -> Register:
    return load_register(str(path), read_yaml(path), load_catalogue(), load_regulations())


def check(
    settings: Annotated[
        Path | None, typer.Option("--settings", "-s", help="Settings file.")
    ] = None,
) -> None:
    """Read the settings, every register file they name and every pack; name every problem."""
    with refusing():
        problems: list[Problem] = []
        loaded = load_settings(settings)
        load_regulations()  # read also where no register file needs them
        load_instruments(load_catalogue())
        said: list[str] = []
        for path in loaded.register_files:
            try:
                register = _register(path)
                said += [text for p in register.permits.values() for text in _ranges(register, p)]
            except Refused as refused:
                problems += refused.problems
        if problems:
            raise Refused(problems)
    for text in said:
        out.print(f"[yellow]Warning:[/] {text}")
    out.print("settings, register and regulations: no problems")

"""`tolich regulations`: packs listed, shown, checked and compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from rules.model import Verification
from rules.provenance import Difference, differences, known, range_text, warnings
from rules.regulation import Fact, Regulation, known_periods
from tolich.console import err, out, refusing
from tolich.packs import (
    cases_beside,
    load_catalogue,
    load_checked,
    load_pack,
    load_regulations,
)

regulations = typer.Typer(no_args_is_help=True, help="Regulation packs: list, show, check, diff.")

OwnPacks = Annotated[
    list[Path] | None,
    typer.Option(
        "--regulations", "-r",
        help="A regulation file of your own, read beside those that ship; may be repeated.",
    ),
]  # fmt: skip

PackName = Annotated[
    str, typer.Argument(help='An id, such as "QCVN 40:2011/BTNMT", or a file (YAML).')
]


@regulations.command("list")
def list_regulations(own: OwnPacks = None) -> None:
    """Every pack that ships (and your own), and how much of it is known."""
    table = _table("id", "title", "version", "in force", "numbers that decide", "loaded")
    with refusing():
        packs = load_regulations(extra=own or ())
    for key in sorted(packs):
        pack, cells = packs[key], known(packs[key])
        table.add_row(
            key,
            pack.title_vi,
            pack.version,
            str(pack.effective or "?"),
            f"{cells.decide} of {cells.cells}",
            "yes" if pack.loaded else "no: decides nothing",
        )
    out.print(table)


@regulations.command("show")
def show_regulation(name: PackName, own: OwnPacks = None) -> None:
    """One pack: version, validity, provenance, periods, factors, and every number."""
    pack = _named(name, own or ())
    out.print(Text(f"{pack.id}  {pack.title_vi}\n{pack.title_en}", style="bold"))
    table = _table("", "", show_header=False, box=None)
    for what, text in _head(pack):
        table.add_row(what, Text(text))
    out.print(table)
    if pack.parameters:
        out.print(_numbers(pack))
    else:
        out.print("No numbers: a permit that names it gets limit_missing where it types none.")
    for key, text in pack.sources.items():
        out.print(f"source {key}: {text}", markup=False, highlight=False, soft_wrap=True)


def _named(name: str, own: Sequence[Path]) -> Regulation:
    """The pack of an id, or of a file."""
    with refusing():
        if Path(name).is_file():
            return load_pack(Path(name), load_catalogue())
        packs = load_regulations(extra=own)
    if name in packs:
        return packs[name]
    err.print(
        f"There is no regulation and no file {name!r}. Known: {', '.join(sorted(packs))}",
        markup=False,
    )
    raise typer.Exit(2)


_VALIDITY = ("replaced_by", "transition")


def _head(pack: Regulation) -> list[tuple[str, str]]:
    """What a pack says of itself, line by line."""
    cells = known(pack)
    lines = [
        ("version", f"{pack.version}, SHA-256 {pack.digest}"),
        ("instrument", _fact(pack.instrument)),
        ("issued", _fact(pack.facts["issued"])),
        ("in force from", _fact(pack.facts["effective"])),
        ("in force until", _fact(pack.facts["until"]) if "until" in pack.facts else "not said"),
        *((n.replace("_", " "), _fact(pack.facts[n])) for n in _VALIDITY if n in pack.facts),
        ("tables", "decide" if pack.loaded else "not loaded: they decide nothing"),
        ("numbers", f"{cells.decide} of {cells.cells} may decide"),
        ("factors", ", ".join(pack.factors) or "none"),
    ]  # fmt: skip
    lines += [("column", f"{name}: {_fact(fact)}") for name, fact in pack.columns.items()]
    lines += [
        ("period", f"{one.name}: {one.length} s ({one.vi}; {one.en})")
        for one in known_periods({pack.id: pack})
    ]
    shown = {"issued", "effective", "until", *_VALIDITY}
    return lines + [(name, _fact(f)) for name, f in pack.facts.items() if name not in shown]


def _fact(fact: Fact) -> str:
    """A statement with its verification and how many sources stand behind it."""
    if fact.verification is Verification.MISSING:
        return "not known (missing)"
    count = len(fact.sources)
    behind = f", {count} source{'s' if count != 1 else ''}"
    return f"{fact.text} ({fact.verification}{behind})"


def _numbers(pack: Regulation) -> Table:
    table = _table("no", "parameter", "unit", *pack.columns)
    for row in pack.parameters.values():
        cells = []
        for column in pack.columns:
            limit = row.columns.get(column)
            text = range_text(limit)
            cells.append(text if limit is None else f"{text} ({limit.verification})")
        table.add_row(row.number, row.name_vi, row.unit, *cells)
    return table


@regulations.command("check")
def check_regulation(
    file: Annotated[Path, typer.Argument(help="A pack (YAML), such as you have just edited.")],
) -> None:
    """Read a pack strictly and name every problem at once, then what to know of it.

    Warnings do not refuse the file: numbers that will decide nothing, sources that are
    missing or unused, no cases beside it.
    """
    with refusing():
        pack = load_checked(file)
    said = warnings(pack)
    cases = cases_beside(file)
    if not cases.is_file():
        said.append(f"no cases: write {cases.name} beside it, readings in and findings out")
    for line in said:
        out.print(f"warning: {line}", markup=False, highlight=False, soft_wrap=True)
    cells = known(pack)
    out.print(
        f"{pack.id}: {len(pack.parameters)} parameters, {cells.decide} of {cells.cells} numbers "
        f"may decide, no problems, {len(said)} warnings",
        markup=False,
        soft_wrap=True,
    )


@regulations.command("diff")
def diff_regulations(old: PackName, new: PackName, own: OwnPacks = None) -> None:
    """What differs between two packs: every number, verification, date and statement.

    Ends with status 0 when they say the same, 1 when they differ. Comments do not count.
    """
    before, after = _named(old, own or ()), _named(new, own or ())
    found = differences(before, after)
    if not found:
        same = before.digest == after.digest
        out.print("The same file." if same else "The files differ only in spelling and comments.")
        return
    out.print(_changes(found))
    out.print(f"{len(found)} differences between {old} and {new}", markup=False, soft_wrap=True)
    raise typer.Exit(1)


def _changes(found: Sequence[Difference]) -> Table:
    table = _table("where", "what", "before", "after")
    for one in found:
        table.add_row(*(Text(text) for text in one))
    return table


def _table(*columns: str, **looks: Any) -> Table:
    """A table that breaks what is too long and never cuts it: ids and hashes are for copying."""
    table = Table(**looks)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table

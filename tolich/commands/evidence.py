"""`tolich verify`: the ordered record proved afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from tolich.console import err, out
from tolich.store.database import open_engine, sqlite_url
from tolich.store.proof import Broken, entries, verify_chain


def verify(
    data: Annotated[Path, typer.Argument(help="The data folder of a monitor.")],
) -> None:
    """Walk the whole record and name the first row that was changed, taken out or put in."""
    if not (data / "evidence.db").is_file():
        err.print(f"[bold red]Refused:[/] there is no evidence.db in {data}")
        raise typer.Exit(2)
    engine = open_engine(sqlite_url(data))
    with Progress(console=err) as bar:
        task = bar.add_task("verifying", total=entries(engine))
        try:
            count = verify_chain(engine, lambda done: bar.update(task, completed=done))
        except Broken as broken:
            err.print(f"[bold red]Broken:[/] {broken}")
            raise typer.Exit(1) from broken
    out.print(f"{count} entries, no break")

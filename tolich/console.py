"""The terminal: how commands speak to people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from rules.model import Refused

out = Console()
err = Console(stderr=True)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a refused file into a list of its problems and exit status 2.

    A store that does not answer is told in a line, without a trace: exit status 1.
    """
    try:
        yield
    except Refused as refused:
        count = len(refused.problems)
        err.print(f"[bold red]Refused:[/] {count} problem{'s' if count != 1 else ''}")
        for problem in refused.problems:
            err.print(f"  {problem}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from refused
    except OperationalError as error:
        err.print("[bold red]The store does not answer:[/]", end=" ")
        err.print(str(error.orig).strip(), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error

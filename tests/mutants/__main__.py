"""`python -m tests.mutants`: every deliberate fault in rules/ must make a test fail.

Each fault is put into a copy of the clone and the tests that should notice it are run there.
A fault that no test notices survives: a hole in the tests. Ends with 1 when one survives.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rules.loading import meant
from tests.mutants.fault import Fault, Stale
from tests.mutants.faults import FAULTS
from tests.mutants.running import ROOT, Unsound, Verdict, verdicts


def main(console: Console | None = None) -> int:
    """Try the faults asked for; 0 when all were noticed."""
    console = console or Console()
    given = _arguments()
    try:
        faults = _chosen(given.only)
        found = _run(faults, given.workers, console)
    except (Stale, Unsound) as error:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return 2
    survivors = [verdict for verdict in found if not verdict.killed]
    if given.verbose:
        console.print(_table("noticed", [one for one in found if one.killed]))
    if survivors:
        console.print(_table("survived: no test notices", survivors))
    console.print(f"{len(found) - len(survivors)} of {len(found)} faults noticed")
    return 1 if survivors else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", metavar="NAME", help="faults whose name or file holds NAME")
    parser.add_argument("--workers", type=int, default=2, help="tried at the same time")
    parser.add_argument("--verbose", action="store_true", help="show which test noticed what")
    return parser.parse_args()


def _chosen(only: str | None) -> Sequence[Fault]:
    """The faults of a name, each of which must fit the source. Raises Stale."""
    chosen = [one for one in FAULTS if only is None or only in one.name or only in one.file]
    if not chosen:
        raise Stale(f"no fault {only!r}{meant(only or '', [one.name for one in FAULTS])}")
    for fault in chosen:
        fault.applied(fault.source(ROOT).read_text(encoding="utf-8"))
    return chosen


def _run(faults: Sequence[Fault], workers: int, console: Console) -> list[Verdict]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("the tests without a fault", total=len(faults))
        found = []
        for verdict in verdicts(faults, workers):
            if verdict is None:
                progress.update(task, description="faults")
                continue
            found.append(verdict)
            if not verdict.killed:
                console.print(f"survived: {escape(verdict.fault.name)}")
            progress.advance(task)
        return found


def _table(title: str, shown: Sequence[Verdict]) -> Table:
    table = Table("fault", "file", "said", title=title)
    for verdict in sorted(shown, key=lambda one: (one.fault.file, one.fault.name)):
        table.add_row(verdict.fault.name, verdict.fault.file, escape(verdict.told))
    return table


if __name__ == "__main__":
    sys.exit(main())

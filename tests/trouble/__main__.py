"""`python -m tests.trouble`: what sound water and every fault of the instruments come to."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from rules.model import AlertKind
from tests.trouble.running import Counted, run

FAIRLY = 0.01
"""Fewer true readings than this share may be failed."""


def main() -> int:
    """Run the scenario without and with faults, print both, and say whether they keep the rule."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plants", type=int, default=70)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sound", "troubled"), help="one of the two runs")
    given = parser.parse_args()
    console = Console(width=110)
    kept = True
    for name in ("sound", "troubled"):
        if given.only in (None, name):
            began = time.perf_counter()
            counted = _run(given, name == "troubled", Console(stderr=True))
            title = f"{name}: {given.plants} plants, {given.days} days, seed {given.seed}"
            console.print(_table(title, counted, time.perf_counter() - began))
            kept = kept and keeps(counted)
    return 0 if kept else 1


def keeps(counted: Counted) -> bool:
    """Whether a run without any true exceedance kept what is promised of it."""
    judged = counted.judged
    return (
        counted.raised(AlertKind.EXCEEDANCE, "day") == 0
        and counted.most <= 1
        and judged.true_failed < FAIRLY * judged.true
    )


def _run(given: argparse.Namespace, faults: bool, console: Console) -> Counted:
    with TemporaryDirectory(prefix="tolich-trouble-") as folder:
        return run(
            Path(folder), given.plants, given.days, given.seed, faults,
            lambda day: console.print(f"day {day}", highlight=False),
        )  # fmt: skip


def _table(title: str, counted: Counted, took: float) -> Table:
    table = Table("what", "count", title=title, title_justify="left")
    table.add_row("readings stored", f"{counted.readings:,}")
    for kind, period in (("exceedance", "day"), ("exceedance", "hour"), ("near", "day"),
                         ("near", "hour")):  # fmt: skip
        table.add_row(f"alerts, {kind} of a {period}", str(counted.raised(AlertKind(kind), period)))
    for (kind, _, severity), number in sorted(counted.alerts.items()):
        if kind not in ("exceedance", "near"):
            table.add_row(f"  {kind}, ended as {severity}", str(number))
    sent = counted.sent.values()
    table.add_row("urgent changes, one by one", str(sum(counted.pushed.values())))
    table.add_row("  the most of a day", str(max(counted.pushed.values(), default=0)))
    table.add_row("messages to the officer", str(sum(map(len, sent))))
    table.add_row("  the most of a day", str(counted.most))
    table.add_row("  alerts told in one, at most",
                  str(max((1 + len(m.also) for day in sent for m in day), default=0)))  # fmt: skip
    judged = counted.judged
    share = judged.true_failed / max(1, judged.true)
    table.add_row(
        "true readings failed", f"{judged.true_failed:,} of {judged.true:,} ({share:.3%})"
    )
    for name, number in judged.faulty.items():
        table.add_row(
            f"  {name} readings counted", f"{judged.faulty_counted[name]:,} of {number:,}"
        )
    table.add_row("seconds", f"{took:.0f}")
    return table


if __name__ == "__main__":
    raise SystemExit(main())

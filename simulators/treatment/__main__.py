"""`python -m simulators.treatment`: how far the plant model is from what was published."""

from __future__ import annotations

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from simulators.treatment.calibrating import (
    COMPARED,
    PUBLISHED,
    distances,
    respond,
    statistics,
    trial,
)
from simulators.treatment.tables import read_tables


def main() -> None:
    """Print the statistics of effluents and the responses to events beside the published ones."""
    parser = argparse.ArgumentParser(prog="python -m simulators.treatment", description=__doc__)
    parser.add_argument("--plants", type=int, default=400)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    console, tables = Console(width=110), read_tables()
    means = statistics(tables, given.plants, given.days, given.seed)
    table = Table("figure", "published", "model", "outside by", title="Effluent, daily means")
    for one in distances(tables, means):
        table.add_row(one.what, one.published, f"{one.model:.2f}", f"{one.away:+.2f}")
    console.print(table)
    spread = Table("quantity", "p5", "p50", "p95", "p99.9", title="Daily means of all plants")
    for name, rows in zip(COMPARED, means, strict=True):
        points = np.percentile(rows, [5, 50, 95, 99.9])
        spread.add_row(name, *(f"{point:.1f}" for point in points))
    console.print(spread)
    answers = Table("event", "quantity", "published", "model: days 2 to 6", "peak")
    ready = trial(tables)
    for case in PUBLISHED:
        found = respond(ready, case.kind, case.hours)
        course = found.struck[case.quantity]
        said = " ".join(f"{value:.1f}" for value in [found.quiet[case.quantity][1], *course[1:6]])
        answers.add_row(
            case.kind, case.quantity, case.says, said, f"{found.peak[case.quantity]:.1f}"
        )
    console.print(answers)


if __name__ == "__main__":
    main()

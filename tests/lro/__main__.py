"""The quality checks and a fixed-threshold baseline on labelled river water, side by side.

An event is a run of rows that the technician labelled: a quality code, or no data (-9999).
It is recalled when any of its rows is flagged. A claim is a run of flagged rows; it is right
when any of its rows is labelled: precision is the share of right claims. A missing value
counts as flagged for both. Rows are in the order of the file; counts are summed over all
site-years of a folder (`--folder`, by default the shared ones).

Ends with 1 when ours has a lower recall or a lower precision for any sensor.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lro import baseline, ours
from tests.lro.readings import FOLDER, SENSORS, site_years
from tests.lro.score import Score, score, together

Table = dict[str, tuple[Score, Score]]
"""Baseline and ours by sensor."""


def compare(folder: Path) -> Table:
    """Both, summed over the site-years of a folder."""
    found: dict[str, list[tuple[Score, Score]]] = {sensor: [] for sensor in SENSORS}
    for series in site_years(folder):
        both = (baseline.flagged(series), ours.flagged(series))
        simple, full = (score(series.labelled, flagged) for flagged in both)
        found[series.sensor].append((simple, full))
    return {
        sensor: (together(pair[0] for pair in pairs), together(pair[1] for pair in pairs))
        for sensor, pairs in found.items()
    }


def behind(table: Table) -> list[str]:
    """The sensors for which ours is worse than the baseline in either figure."""
    return [
        sensor
        for sensor, (simple, full) in table.items()
        if full.recall < simple.recall or full.precision < simple.precision
    ]


def lines(table: Table) -> list[str]:
    """The table as people read it."""
    head = f"{'sensor':8}{'events':>8} | {'baseline: recall':>18}{'precision':>11}{'runs':>6}"
    said = [f"{head} | {'ours: recall':>14}{'precision':>11}{'runs':>6}"]
    for sensor, (simple, full) in table.items():
        left = f"{simple.recall:>18.3f}{simple.precision:>11.3f}{simple.runs:>6}"
        right = f"{full.recall:>14.3f}{full.precision:>11.3f}{full.runs:>6}"
        said.append(f"{sensor:8}{full.events:>8} | {left} | {right}")
    return said


def main(given: Sequence[str] | None = None) -> int:
    """Print the table; 1 when ours is behind anywhere, 2 when there is nothing to read."""
    parser = argparse.ArgumentParser(prog="python -m tests.lro", description="Compare on labels.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the *.csv.gz lie")
    folder = parser.parse_args(given).folder
    if not any(folder.glob("*.csv.gz")):
        print(f"{folder}: no *.csv.gz there; name another folder with --folder", file=sys.stderr)
        return 2
    table = compare(folder)
    print("\n".join(lines(table)))
    worse = behind(table)
    print(f"behind the baseline: {', '.join(worse)}" if worse else "nowhere behind the baseline")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

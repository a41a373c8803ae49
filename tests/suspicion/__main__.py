"""`python -m tests.suspicion`: what suspicion finds on plants that it was not tuned on.

`--tune` prints the strangest honest days of the plants for tuning instead.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.suspicion.plants import KINDS, SCORED_ON, TUNED_ON, Fleet, fleet, honest_events
from tests.suspicion.scoring import (
    DETECTORS,
    PRICE,
    THRESHOLDS,
    found_of,
    honest_statistics,
    notices,
    score_at,
    scores,
    tampered_statistics,
)


def main() -> None:
    """Print recall, area and false notices."""
    parser = argparse.ArgumentParser(prog="python -m tests.suspicion", description=__doc__)
    parser.add_argument("--plants", type=int, default=70)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--json", type=Path, help="Write the figures here, too.")
    given = parser.parse_args()
    console = Console(width=110)
    if given.tune:
        _tune(console, fleet(TUNED_ON, given.plants))
        return
    figures = _score(console, fleet(SCORED_ON, given.plants))
    figures["honest"] = _honest(console, given.plants)
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1))


def _tune(console: Console, of: Fleet) -> None:
    worst = np.nan_to_num(honest_statistics(of), nan=-np.inf).max(axis=1)
    table = Table("detector", "threshold", "p50", "p90", "third", "second", "highest",
                  title="Highest statistic of a month, honest plants for tuning")  # fmt: skip
    for one, threshold, column in zip(DETECTORS, THRESHOLDS, worst.T, strict=True):
        shown = [*np.quantile(column, [0.5, 0.9]), *np.sort(column)[-3:]]
        table.add_row(str(one), f"{threshold:.1f}", *(f"{number:.2f}" for number in shown))
    console.print(table)


def _score(console: Console, of: Fleet) -> dict[str, object]:
    honest = honest_statistics(of)
    days = scores(honest)
    above = score_at(days)
    told = notices(days, 1.0)
    console.print(
        f"{of.stations} honest plants, a month: {told} notices at the thresholds (score 1); a "
        f"price of {PRICE * len(days):.1f} notices takes a score of {above:.2f}"
    )
    alone = (np.nan_to_num(honest, nan=-np.inf) >= THRESHOLDS).any(axis=1).sum(axis=0)
    by = ", ".join(f"{one} {n}" for one, n in zip(DETECTORS, alone, strict=True) if n)
    console.print(f"honest plants told of, by detector: {by or 'none'}")
    table = Table("kind", "recall", "recall at score 1", "area", "found by", title="By kind")
    kinds: dict[str, object] = {}
    for kind in KINDS:
        statistics = tampered_statistics(of, kind)
        found = found_of(kind, statistics, honest, above)
        at_one = found_of(kind, statistics, honest, 1.0).recall
        by = ", ".join(f"{name} {share:.2f}" for name, share in found.by.items() if share >= 0.05)
        table.add_row(kind, f"{found.recall:.2f}", f"{at_one:.2f}", f"{found.area:.2f}", by)
        kinds[kind] = {"recall": found.recall, "at_one": at_one, "area": found.area}
    console.print(table)
    return {"plants": of.stations, "score": above, "notices_at_one": told, "kinds": kinds}


def _honest(console: Console, plants: int) -> dict[str, int]:
    """Notices of honest plants that have a hard month."""
    table = Table("honest plants with", "notices in a month at score 1", "plants")
    events = honest_events(SCORED_ON, plants)
    hard = {
        "rain or a shutdown": fleet(SCORED_ON, plants, events=events),
        "faults of the catalogue": fleet(SCORED_ON, plants, faults=1.0),
    }
    found = {name: notices(scores(honest_statistics(of)), 1.0) for name, of in hard.items()}
    for name, told in found.items():
        table.add_row(name, str(told), str(plants))
    console.print(table)
    return found


if __name__ == "__main__":
    main()

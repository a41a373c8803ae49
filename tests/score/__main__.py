"""`python -m tests.score`: the shipped monitor over a shipped scenario, and how well it did.

Writer and web as processes of their own, Mosquitto between them and the stations, everything
at full speed in stepped plant time. Ends with status 1 when an acceptance figure falls short.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from rules.days import DAY_SECONDS
from simulators.scoring.accepted import read_table
from simulators.scoring.score import Score, as_json, figures
from tests.score.driving import ran
from tests.score.staging import Staged, staged
from tolich.commands.score import print_score, recorded, scored

HISTORY = 30
"""Days that an outlook must know before it gives a probability."""

INTERVAL = 300


def main() -> int:
    """Run, score, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scenario", nargs="?", default="mixed", help="shipped, by name")
    parser.add_argument("--days", type=int, help="only so many")
    parser.add_argument("--seed", type=int, help="another seed")
    parser.add_argument("--keep", type=Path, help="folder for the store, truth and score")
    given = parser.parse_args()
    one = staged(given.scenario, given.days, given.seed)
    with _folder(given.keep) as folder:
        found, seconds, messages = run(folder, one)
        if given.keep is not None:
            score = json.dumps(as_json(found, read_table()), ensure_ascii=False)
            (folder / "score.json").write_text(score, encoding="utf-8")
    print_score(found)
    Console().print(f"{messages:,} messages in {seconds:,.0f} s")
    return 0 if all(one.kept for one in figures(found, read_table())) else 1


def run(folder: Path, one: Staged) -> tuple[Score, float, int]:
    """The score of a scenario, how long it took, how many messages it was."""
    began = time.perf_counter()
    outlooks = one.start + HISTORY * DAY_SECONDS
    with (
        _days(one) as tell,
        ran(folder, one.register, one.messages(), one.start, one.end, tell, outlooks) as done,
    ):
        (folder / "truth.jsonl").write_text("".join(f"{row}\n" for row in one.lines))
        kept = [json.dumps(row) for row in done.outlooks]
        (folder / "outlooks.jsonl").write_text("".join(f"{row}\n" for row in kept))
        with recorded(done.data) as answers:
            found = scored(one.truth(), answers, done.outlooks, INTERVAL)
    return found, time.perf_counter() - began, done.messages


@contextmanager
def _days(one: Staged) -> Iterator[Callable[[int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("days", total=one.end - one.start)
        yield lambda at: bar.update(task, completed=at - one.start)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept
        return
    with TemporaryDirectory(prefix="tolich-score-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    raise SystemExit(main())

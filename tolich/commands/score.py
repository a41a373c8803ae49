"""`tolich simulate score`: what the monitor said of a scenario, held against the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import Progress as Bar
from sqlalchemy import select

from rules.assess import COUNTED, assess
from rules.model import Problem, Refused
from rules.register import Station
from rules.terms import terms_of
from rules.window import Window
from simulators.scoring.accepted import read_table
from simulators.scoring.gathering import Answers, ApiAnswers, AskingFailed, Progress, gather
from simulators.scoring.score import Score, as_json, figures, score
from simulators.scoring.seen import Readings, Series, Shape
from simulators.scoring.showing import tables
from simulators.scoring.truth import BadTruth, Truth, read_truth
from tolich.app import Place
from tolich.clock import StepClock
from tolich.console import err, out, refusing
from tolich.packs import load_catalogue
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, AlertQuery, FindingQuery, Page
from tolich.replaying import recorded_until
from tolich.settings import Settings
from tolich.store.schema import reading

TOGETHER = 1000
INTERVAL = 300
"""Seconds between two readings of a scenario's stations, unless told otherwise."""


def simulate_score(
    truth: Annotated[Path, typer.Option(help="The truth log that the simulator wrote.")],
    api: Annotated[str | None, typer.Option(help="Address of a running monitor.")] = None,
    key: Annotated[str, typer.Option(envvar="TOLICH_KEY", help="API key of an officer.")] = "",
    record: Annotated[
        Path | None, typer.Option(help="A data folder, instead of --api: many times as quick.")
    ] = None,
    outlooks: Annotated[
        Path | None, typer.Option(help="Outlooks kept during the run, as JSON lines.")
    ] = None,
    interval: Annotated[int, typer.Option(help="Seconds between readings.")] = INTERVAL,
    as_json_lines: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare what the monitor said with what was true: found, missed, false, and how soon.

    Ends with status 1 when an acceptance figure falls short.
    """
    with refusing():
        if (api is None) == (record is None):
            raise Refused([Problem("command line", "--api, --record", "give exactly one of them")])
        known = _truth(truth)
        kept = [] if outlooks is None else _lines(outlooks)
        try:
            with _answers(api, key, record) as answers:
                found = scored(known, answers, kept, interval)
        except AskingFailed as error:
            raise Refused([Problem("--api", str(api), str(error))]) from error
    print_score(found, as_json_lines)
    if not all(one.kept for one in figures(found, read_table())):
        raise typer.Exit(1)


def scored(truth: Truth, answers: Answers, outlooks: Iterable[Shape], interval: int) -> Score:
    """The score, with a progress bar while the monitor is asked."""
    checks = {key: one.checks for key, one in load_catalogue().items()}
    with _telling() as progress:
        seen = gather(answers, truth, outlooks, progress)
    return score(truth, seen, read_table(), checks, interval)


def print_score(found: Score, as_json_lines: bool = False) -> None:
    """As tables, or as one JSON object."""
    if as_json_lines:
        text = json.dumps(as_json(found, read_table()), ensure_ascii=False)
        out.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    for table in tables(found, read_table()):
        out.print(table)


@contextmanager
def _telling() -> Iterator[Progress]:
    with Bar(console=err, transient=True) as bar:
        rows = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in rows:
                rows[what] = bar.add_task(what, total=None)
            bar.update(rows[what], completed=done, total=of or None)

        yield tell


@contextmanager
def _answers(api: str | None, key: str, record: Path | None) -> Iterator[Answers]:
    if record is not None:
        with recorded(record) as answers:
            yield answers
        return
    asked = ApiAnswers(api or "", key)
    try:
        yield asked
    finally:
        asked.close()


def _truth(path: Path) -> Truth:
    try:
        with path.open(encoding="utf-8") as file:
            return read_truth(file, str(path))
    except OSError as error:
        raise Refused([Problem(str(path), "--truth", str(error))]) from error
    except BadTruth as error:
        raise Refused([Problem(str(path), "--truth", str(error))]) from error


def _lines(path: Path) -> list[Shape]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


# --- from a data folder -------------------------------------------------------------------------


@contextmanager
def recorded(folder: Path) -> Iterator[RecordAnswers]:
    """The words of a monitor from its data folder; it may be running."""
    if not (folder / "evidence.db").is_file():
        raise Refused([Problem(str(folder), "evidence.db", "there is no store in this folder")])
    clock = StepClock(0)
    place = Place(Settings(data=folder, mqtt=None), clock)
    clock.set(recorded_until(place.engine))
    try:
        yield RecordAnswers(place)
    finally:
        place.engine.dispose()


class RecordAnswers:
    """A store asked directly, through the same reads as the API's."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pipeline: Pipeline = place.pipeline()
        self._reads = place.reads(self._pipeline)

    def findings(self, period: str) -> Iterator[Shape]:
        """Newest first."""
        query = FindingQuery(period=period)
        return _all(lambda cursor: self._reads.findings(EVERYTHING, query, cursor, TOGETHER))

    def alerts(self) -> Iterator[Shape]:
        """Newest first."""
        return _all(lambda cursor: self._reads.alerts(EVERYTHING, AlertQuery(), cursor, TOGETHER))

    def rejected(self) -> Iterator[Shape]:
        """Newest first."""
        return _all(lambda cursor: self._reads.rejected(EVERYTHING, None, cursor, TOGETHER))

    def transitions(self) -> Iterator[Shape]:
        """Oldest first."""
        return _all(lambda after: self._reads.transitions(EVERYTHING, int(after or 0), TOGETHER))

    def readings(self, truth: Truth, progress: Progress) -> dict[Series, Readings]:
        """Every series on record, assessed as it was judged."""
        stations = self._pipeline.registered.register.stations
        found: dict[Series, Readings] = {}
        for done, name in enumerate(truth.stations, start=1):
            if name in stations:
                found |= self._of_station(stations[name], truth.start)
            progress("readings", done, len(truth.stations))
        return found

    def _of_station(self, station: Station, start: int) -> dict[Series, Readings]:
        known = self._pipeline.registered
        terms = terms_of(station, start, known.register, known.regulations)
        line = {
            self._pipeline.series[term.series]: number
            for number, term in enumerate(terms)
            if term.series in self._pipeline.series
        }
        columns = (reading.c.series, reading.c.at, reading.c.value, reading.c.status)
        with self._place.engine.connect() as connection:
            rows = connection.execute(select(*columns).where(reading.c.series.in_(line))).all()
        table = np.array([(line[key], *rest) for key, *rest in rows], np.int64).reshape(-1, 4)
        window = Window.of_day(terms, start, (table[:, 0], table[:, 1], table[:, 2], table[:, 3]))
        judged = assess(window)
        found = {}
        for number, term in enumerate(terms):
            own = judged.line == number
            found[station.id, term.parameter.key] = Readings(
                judged.at[own],
                judged.value[own] * float(term.parameter.quantum),
                judged.status[own],
                judged.marks.fail[own] | judged.marks.suspect[own],
                judged.kind[own] == COUNTED,
                judged.conflict[own],
            )
        return found


def _all(page: Callable[[str | None], Page]) -> Iterator[Shape]:
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next
        if cursor is None:
            return

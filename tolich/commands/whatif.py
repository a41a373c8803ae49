"""What if, on the command line: the history of a data folder under the permits of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from rich.progress import Progress
from rich.table import Table

from rules.days import DAY_SECONDS, day_start, local_date
from rules.judge import OUTCOMES
from rules.model import Outcome, Problem, Refused, Series
from rules.register import Register
from rules.whatif import Difference, Question, Tally, read_permits, under
from tolich.app import Place
from tolich.console import err, out
from tolich.replaying import recorded_until
from tolich.settings import Settings
from tolich.store.registry import series_keys
from tolich.store.whatif import Totals, WhatIf, difference_shape
from tolich.yamlfile import read_yaml

SHOWN_DAYS = 50
_EXCEEDED = OUTCOMES.index(Outcome.EXCEEDED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    permits: Path
    since: datetime | None
    until: datetime | None
    to: Path | None


@dataclass(slots=True)
class _Days:
    """The first differing days, ready to print, and how many more there are."""

    lines: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, of: Difference) -> None:
        """A difference; those of shorter periods are for the file."""
        (one, *_) = [side for side in (of.today, of.what_if) if side is not None]
        if one.end - one.start < DAY_SECONDS:
            return
        self.count += 1
        if len(self.lines) < SHOWN_DAYS:
            before, after = (
                "–" if side is None else side.outcome for side in (of.today, of.what_if)
            )
            series = one.series
            self.lines.append(
                f"{local_date(one.start)} {series.station} {series.parameter}: {before} → {after}"
            )


def side_by_side(place: Place, settings: Settings, asked: Asked) -> None:
    """Judge a store's history by today's register and by a file's permits, and print both."""
    registered = place.registered()
    now = recorded_until(place.engine)
    question = _question(place, asked, registered.register, now)
    found = WhatIf(
        place.engine, registered, series_keys(place.engine), question, place.periods, now,
        settings.close_after,
    )  # fmt: skip
    totals, days = Totals(), _Days()
    with Progress(console=err) as bar, _lines(asked.to) as lines:
        task = bar.add_task("judging", total=found.station_days)
        for step in found:
            totals.add(step)
            for one in step.differences():
                days.add(one)
                if lines is not None:
                    lines.write(json.dumps(difference_shape(one), ensure_ascii=False) + "\n")
            bar.update(task, completed=totals.days)
    _print(totals, days, registered.register, asked)


@contextmanager
def _lines(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:
        yield file


def _question(place: Place, asked: Asked, register: Register, now: int) -> Question:
    """Every station of the plants that the file's permits name."""
    permits = read_permits(
        str(asked.permits), read_yaml(asked.permits), register, place.catalogue, place.regulations
    )
    plants = {permit.plant for permit in permits.values()}
    stations = tuple(sorted(s.id for s in register.stations.values() if s.plant in plants))
    first = 0 if asked.since is None else day_start(asked.since.date())
    last = now if asked.until is None else day_start(asked.until.date())
    if last < first:
        raise Refused([Problem("command line", "--until", "lies before --from")])
    return Question(stations, first, last, under(register, permits))


def _print(totals: Totals, days: _Days, register: Register, asked: Asked) -> None:
    table = Table("plant", "station", "parameter", "period", title="exceeded, of closed periods")
    for heading in ("today", asked.permits.name, "differing", "of"):
        table.add_column(heading, justify="right")
    for (series, period), tally in sorted(totals.tallies.items()):
        table.add_row(*_cells(series, period, tally, register))
    out.print(table)
    for line in days.lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if days.count > len(days.lines):
        out.print(f"... and {days.count - len(days.lines)} days more; --to FILE has all of them")
    differing = sum(tally.differing for tally in totals.tallies.values())
    said = f"{totals.days} station-days, {differing} findings differ, {days.count} of them of days"
    out.print(said if asked.to is None else f"{said}; all written to {asked.to}", soft_wrap=True)


def _cells(series: Series, period: str, tally: Tally, register: Register) -> list[str]:
    counts = [tally.today[_EXCEEDED], tally.what_if[_EXCEEDED], tally.differing]
    periods = max(int(tally.today.sum()), int(tally.what_if.sum()))
    plant = register.stations[series.station].plant
    return [plant, series.station, series.parameter, period, *map(str, [*counts, periods])]

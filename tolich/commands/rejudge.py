"""`tolich rejudge`: closed days judged again under the present permits, packs and engine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from rules.days import day_start, local_date
from rules.model import Problem, Refused
from tolich.app import Place, prepare, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.lock import AlreadyWriting, alone_on, writer_lock
from tolich.settings import load_settings
from tolich.store.ledger import appending
from tolich.store.rejudging import Again, days_on_record, rejudge

DAY = ["%Y-%m-%d"]


def rejudge_days(
    reason: Annotated[str, typer.Option(help="Why: kept for good, and shown with every change.")],
    by: Annotated[str, typer.Option(help="Who wants it: kept for good.")],
    station: Annotated[str | None, typer.Option(help="Only this station.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First local day, 2026-01-31.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Last local day, inclusive.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; default: the settings'.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say how many days it is about.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Judge closed days again under the permits, packs and engine of today.

    A closed day keeps the terms it was judged by; a corrected permit or a new pack reaches it
    only this way. Every verdict that changes gets a new revision that names the reason. Where
    the monitor runs it does the work; otherwise it is done here and now.
    """
    with refusing():
        place, again = _asked(settings, data, station, since, until, reason, by)
        with place.engine.connect() as connection:
            days = days_on_record(connection, again)
        if dry_run or days == 0:
            out.print(f"{days} station-days on record match")
            return
        with appending(place.engine, place.clock.now()) as append:
            rejudge(append, again, by.strip(), reason.strip())
    out.print(f"{days} station-days are due again: {reason.strip()} ({by.strip()})")
    try:
        with writer_lock(place.settings.data), alone_on(place.engine):
            _judge_now(place, days)
    except AlreadyWriting:
        out.print("The monitor is running and judges them now.")


def _asked(
    settings: Path | None,
    data: Path | None,
    station: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str,
    by: str,
) -> tuple[Place, Again]:
    problems = [
        Problem("command line", name, "must say something")
        for name, text in (("--reason", reason), ("--by", by))
        if not text.strip()
    ]
    loaded = load_settings(settings)
    if data is not None:
        loaded = loaded.model_copy(update={"data": data, "store": None})
    if loaded.store is None and not (loaded.data / "evidence.db").is_file():
        problems.append(
            Problem(str(loaded.data), "evidence.db", "there is no store in this folder")
        )
    if problems:
        raise Refused(problems)
    place = Place(loaded, real_clock())
    prepare(place)
    if station is not None and station not in place.registered().register.stations:
        raise Refused(
            [Problem("command line", "--station", f"no station {station!r} is registered")]
        )
    first, last = (None if day is None else day_start(day.date()) for day in (since, until))
    if first is not None and last is not None and last < first:
        raise Refused([Problem("command line", "--to", "lies before --from")])
    return place, Again(station, first, last)


def _judge_now(place: Place, days: int) -> None:
    """Judge what is due, day by day in order, with a bar."""
    pipeline = place.pipeline()
    with Progress(console=err) as bar:
        task = bar.add_task("judging", total=days)
        while pipeline.waiting.due:
            waiting = len(pipeline.waiting.due)
            pipeline.settle_some()
            bar.advance(task, waiting - len(pipeline.waiting.due))
    found = pipeline.counters.findings
    broken = pipeline.settler.broken
    for (station, day), why in broken.items():
        err.print(f"[bold red]Not judged:[/] {station} {local_date(day)}: {why}")
    out.print(f"{found} findings have a new revision")
    if broken:
        raise typer.Exit(1)

"""`tolich suspicion`: baselines of stations, and days worth an inspection. No verdicts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rules.days import DAY_SECONDS, day_start, local_date, midnight
from rules.loading import meant
from rules.model import Problem, Refused
from rules.register import Register
from rules.suspicion import LEARNT, Look
from rules.suspicion_words import look_words
from tolich.app import Place, prepare, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import out, refusing
from tolich.settings import load_settings
from tolich.store.ledger import appending
from tolich.store.registry import series_keys
from tolich.store.suspicions import keep_asking, look_body
from tolich.suspecting import Suspecting

suspicion = typer.Typer(
    no_args_is_help=True,
    help="Which days of which stations to inspect first. It says nothing about anybody's guilt.",
)
DAY = ["%Y-%m-%d"]
Data = Annotated[Path | None, typer.Option(help="Data folder; default: the settings'.")]
Who = Annotated[str, typer.Option(help="Who asks: kept for good.")]


def _opened(settings: Path | None, data: Path | None) -> tuple[Place, Suspecting, Register]:
    loaded = load_settings(settings)
    if data is not None:
        loaded = loaded.model_copy(update={"data": data, "store": None})
    if loaded.store is None and not (loaded.data / "evidence.db").is_file():
        said = "there is no store in this folder"
        raise Refused([Problem(str(loaded.data), "evidence.db", said)])
    place = Place(loaded, real_clock())
    prepare(place)
    registered = place.registered()
    keys = series_keys(place.engine)
    made = Suspecting(place.engine, lambda: registered, lambda: keys, place.clock)
    return place, made, registered.register


def _known(register: Register, station: str, by: str) -> None:
    problems = []
    if station not in register.stations:
        said = f"no station {station!r} is registered{meant(station, register.stations)}"
        problems.append(Problem("command line", "--station", said))
    if not by.strip():
        problems.append(Problem("command line", "--by", "must say something"))
    if problems:
        raise Refused(problems)


@suspicion.command()
def baseline(
    station: Annotated[str, typer.Option(help="Id of the station.")],
    since: Annotated[
        datetime, typer.Option("--from", formats=DAY, help="First of 28 local days, 2026-01-31.")
    ],
    by: Who,
    reason: Annotated[str, typer.Option(help="Why these days: kept for good.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Freeze 28 days of a station as what is usual there.

    Choose days in which the instruments are known to have looked at the plant's own water,
    such as after an inspection with samples. The newest baseline of a station is in use.
    """
    with refusing():
        _, suspecting, register = _opened(settings, data)
        _known(register, station, by)
        kept = suspecting.freeze(station, day_start(since.date()), by.strip(), reason.strip())
    last = local_date(kept.baseline.first + (LEARNT - 1) * DAY_SECONDS)
    out.print(
        f"baseline {kept.id} of {station}: {since.date()} to {last}, {len(kept.baseline.usual)} "
        f"traces, {kept.baseline.engine}, sha256 {kept.baseline.digest}",
        soft_wrap=True,
    )


@suspicion.command("look")
def look_at(
    by: Who,
    station: Annotated[str | None, typer.Option(help="Only this station.")] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=DAY, help="A local day; default: yesterday.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a station.")] = False,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Look at one day of stations, the highest scores first. That you looked is on record.

    What is shown is worked out anew from the readings there are now; it is no verdict.
    """
    with refusing():
        place, suspecting, register = _opened(settings, data)
        stations = sorted(register.stations) if station is None else [station]
        for name in stations:
            _known(register, name, by)
        yesterday = midnight(place.clock.now()) - DAY_SECONDS
        when = yesterday if day is None else day_start(day.date())
        found = [(name, *suspecting.look(name, when)) for name in stations]
        what = {"day": local_date(when).isoformat(), "stations": stations, "at": "the machine"}
        with appending(place.engine, place.clock.now()) as append:
            keep_asking(append, (0, by.strip(), "machine"), what, [])
    found.sort(key=lambda one: -one[1].score)
    lines = [(name, look, kept is not None) for name, look, kept in found]
    if as_json:
        for name, look, has in lines:
            typer.echo(json.dumps(_shape(name, look, has), ensure_ascii=False))
        return
    table = Table("station", "day", "score", "what was seen")
    for name, look, has in lines:
        words = look_words(look, has)[1]
        table.add_row(name, local_date(look.day).isoformat(), f"{look.score:.2f}", words)
    out.print(table)


def _shape(station: str, look: Look, has_baseline: bool) -> dict[str, object]:
    day = local_date(look.day).isoformat()
    told = {"station": station, "day": day, "state": str(look.state), "score": look.score}
    return {**told, **look_body(look, has_baseline)}

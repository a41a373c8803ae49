"""`tolich commission`: what a new station's last day shows, for whoever sets it up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ingest.decode import decode
from rules.loading import meant
from rules.model import Problem, Refused
from tolich.app import Place, real_clock
from tolich.commands.export import Language
from tolich.commands.serve import SettingsFile
from tolich.commissioning import commission
from tolich.console import out, refusing
from tolich.pipeline import Taking
from tolich.ports import EVERYTHING, Shape
from tolich.settings import load_settings

_STATES = {
    "passed": ("Đạt", "Passed"),
    "not_passed": ("Chưa đạt", "Not passed"),
    "watching": ("Đang theo dõi, chưa đủ 24 giờ", "Watching: not yet 24 hours"),
}
_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "…"}


def commission_station(
    station: Annotated[str, typer.Argument(help="Id of the station, as registered.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    language: Annotated[Language, typer.Option("--lang", help="Of the lines.")] = Language.VI,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; default: that of the settings.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Say whether a new station sends what it should: 24 hours, line by line.

    Writes nothing; the monitor may run. Exit status: 0 passed, 1 not passed or not yet 24 hours,
    2 no such station. To print: the console's page /stations/STATION/commission.
    """
    with refusing():
        loaded = load_settings(settings)
        if data is not None:
            loaded = loaded.model_copy(update={"data": data, "store": None})
        place = Place(loaded, real_clock())
        registered = place.registered()
        taking = Taking(place.engine, decode, place.catalogue, registered, place.clock)
        found = commission(place.reads(taking), EVERYTHING, station, place.clock.now())
        if found is None:
            hint = meant(station, registered.register.stations)
            raise Refused([Problem("STATION", station, f"is not registered{hint}")])
    if as_json:
        out.print_json(json.dumps(found))
    else:
        _tell(found, language)
    raise typer.Exit(0 if found["state"] == "passed" else 1)


def _tell(found: Shape, language: Language) -> None:
    which = 0 if language is Language.VI else 1
    table = Table("", "", "", "", title=f"{found['station']}: {found['from']} – {found['to']}")
    for line in found["lines"]:
        shown = "–" if line["found"] is None else f"{line['found']:g} {line['unit']}"
        about = line["parameter"] or ""
        table.add_row(_MARKS[line["passed"]], about, line["title"][language.value], shown)
    out.print(table)
    for one in found["rejections"]:
        remedy = one["remedy"][language.value]
        out.print(f"{one['received_at']} {escape(one['detail'])} → {escape(remedy)}")
    out.print(_STATES[found["state"]][which])
    out.print(found["note"][language.value])

"""`tolich compare`: an existing portal's export beside what this monitor found."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest.decode import decode
from rules.days import ZONE
from rules.model import Problem, Refused
from tolich.app import Place
from tolich.clock import StepClock
from tolich.commands.export import Language
from tolich.commands.serve import SettingsFile
from tolich.comparing import Comparison, Difference, compare
from tolich.console import out, refusing
from tolich.pipeline import Taking
from tolich.portalfile import PortalRow, read_export, read_mapping
from tolich.replaying import recorded_until
from tolich.reports.cells import guarded
from tolich.settings import Settings, load_settings

HEADERS = (
    "station", "parameter", "start", "row", "portal", "portal_verdict", "mean", "outcome",
    "differs", "why", "link",
)  # fmt: skip


def compare_export(
    export: Annotated[Path, typer.Argument(help="The portal's export, CSV or XLSX.")],
    how: Annotated[
        Path, typer.Option("--mapping", "-m", help="How to read it (YAML): docs/operations.md.")
    ],
    language: Annotated[Language, typer.Option("--lang", help="Of the sentences.")] = Language.VI,
    to: Annotated[Path | None, typer.Option(help="Also write the differences, as CSV.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; default: that of the settings.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Compare a portal's means and verdicts with ours, and say of each differing day why.

    Writes nothing into the store; the monitor may run. Exit status: 0 all agree, 1 something
    differs, 2 the files are refused.
    """
    with refusing():
        loaded = _store(load_settings(settings), data)
        place = Place(loaded, StepClock(0))
        place.clock = StepClock(recorded_until(place.engine) + 1)
        registered = place.registered()
        mapping = read_mapping(how)
        stations = registered.register.stations
        rows = read_export(export, mapping, stations, place.catalogue)
        _refuse_unmeasured(export, rows, {name: set(s.series) for name, s in stations.items()})
        taking = Taking(place.engine, decode, place.catalogue, registered, place.clock)
        found = compare(place.reads(taking), rows, mapping.period)
        address = loaded.notify.public_url.rstrip("/")
        if to is not None:
            _write(to, found, language.value, address)
    _tell(found, language.value, address)
    if found.differences:
        raise typer.Exit(1)


def _store(loaded: Settings, data: Path | None) -> Settings:
    if data is not None:
        loaded = loaded.model_copy(update={"data": data, "store": None})
    if loaded.store is None and not (loaded.data / "evidence.db").is_file():
        said = "there is no store in this folder"
        raise Refused([Problem(str(loaded.data), "evidence.db", said)])
    return loaded


def _refuse_unmeasured(file: Path, rows: list[PortalRow], measured: dict[str, set[str]]) -> None:
    """A parameter that a station does not have would be "only theirs" on every day."""
    strange = {(r.station, r.parameter): r for r in rows if r.parameter not in measured[r.station]}
    if strange:
        raise Refused(
            [
                Problem(
                    str(file),
                    f"row {row.row}",
                    f"{station} does not measure {parameter} in the register; it measures "
                    f"{', '.join(sorted(measured[station]))}",
                )
                for (station, parameter), row in strange.items()
            ]
        )


def _tell(found: Comparison, language: str, address: str) -> None:
    for one in found.differences:
        cells = _cells(one, language, address)
        head = f"{cells[0]} {cells[1]} {cells[2]}: {', '.join(one.what)}"
        theirs = " ".join(filter(None, (cells[4] or "–", cells[5])))
        ours = " ".join(filter(None, (cells[6] or "–", cells[7])))
        out.print(head, highlight=False, markup=False, soft_wrap=True)
        out.print(f"  portal {theirs} | here {ours}", highlight=False, markup=False)
        out.print(f"  {cells[9]}", highlight=False, markup=False, soft_wrap=True)
        if cells[10]:
            out.print(f"  {cells[10]}", highlight=False, markup=False, soft_wrap=True)
    differing = found.days - found.agreeing
    out.print(f"{found.days} days of series compared: {found.agreeing} agree, {differing} differ")


def _cells(one: Difference, language: str, address: str) -> list[str]:
    start = datetime.fromtimestamp(one.start, ZONE)
    return [
        one.station,
        one.parameter,
        start.strftime("%Y-%m-%d" if start.hour == 0 else "%Y-%m-%d %H:%M"),
        "" if one.row is None else str(one.row),
        "" if one.theirs is None else str(one.theirs),
        one.their_verdict or "",
        "" if one.mean is None else f"{one.mean:g}",
        one.outcome or "",
        " ".join(one.what),
        one.why[language],
        "" if one.finding is None else f"{address}/findings/{one.finding}",
    ]


def _write(to: Path, found: Comparison, language: str, address: str) -> None:
    with to.open("w", encoding="utf-8-sig", newline="") as file:  # the mark is for Excel
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for one in found.differences:
            writer.writerow([guarded(cell) for cell in _cells(one, language, address)])

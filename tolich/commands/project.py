"""`tolich project`: the copy of the record in InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dashboards.projection import LineSink, Unavailable
from dashboards.rebuilding import Wanted
from dashboards.rebuilding import rebuild as rebuilt
from rules.days import day_start
from rules.loading import meant
from rules.model import Problem, Refused
from rules.register import Register
from tolich.app import Place, influx_sink, real_clock, record_of
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.settings import load_settings

project = typer.Typer(no_args_is_help=True, help="The copy of the record in InfluxDB.")


@project.command("status")
def status(settings: SettingsFile = None) -> None:
    """How far the copy has got, and how far there is to go."""
    with refusing():
        record = record_of(Place(load_settings(settings), real_clock()))
    head, position = record.head(), record.position("influxdb")
    out.print(f"record {head}, copied {position}, to go {max(0, head - position)}")


@project.command("rebuild")
def rebuild(
    settings: SettingsFile = None,
    cluster: Annotated[str | None, typer.Option(help="Only this cluster's points.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Only points from this local day on."),
    ] = None,
) -> None:
    """Write everything to InfluxDB again, from the evidence store.

    Harmless where it is right already, also while the monitor runs. Stopped, it goes on where it
    was when it is called with the same options.
    """
    with refusing():
        place = Place(load_settings(settings), real_clock())
        _check(cluster, place.registered().register)
        record = record_of(place)
        with _sink(place) as sink, _progress() as progress:
            wanted = Wanted(cluster, None if since is None else day_start(since.date()))
            bar = progress.add_task("entries", total=None)

            def told(done: int, head: int) -> None:
                progress.update(bar, completed=done, total=head)

            try:
                counted = rebuilt(record, sink, wanted, told)
            except Unavailable as reason:
                err.print(f"Stopped: {reason}\nCall it again: it goes on where it was.")
                raise typer.Exit(1) from reason
    for measurement, count in sorted(counted.items()):
        out.print(f"{measurement}: {count} lines")


def _check(cluster: str | None, register: Register) -> None:
    if cluster is not None and cluster not in register.clusters:
        said = f"no cluster {cluster!r}{meant(cluster, register.clusters)}"
        raise Refused([Problem("command", "--cluster", said)])


@contextmanager
def _sink(place: Place) -> Iterator[LineSink]:
    section = place.settings.influx
    if section.url is None:
        raise Refused([Problem("settings", "influx.url", "needed: where InfluxDB is")])
    sink = influx_sink(section, section.url, place.registered().register)
    try:
        yield sink
    finally:
        sink.close()


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err,
    )  # fmt: skip

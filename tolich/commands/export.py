"""`tolich export`: lists and reports of a data folder as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from ingest.decode import decode
from rules.days import DAY_SECONDS, day_start
from rules.loading import meant
from rules.model import AlertKind, Outcome, Problem, Refused
from tolich.app import Place
from tolich.clock import StepClock
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.documents import Document, ListQuery, ReadingQuery, ReportQuery, TooMuch
from tolich.pipeline import Taking
from tolich.ports import EVERYTHING, AlertQuery, FindingQuery
from tolich.replaying import recorded_until
from tolich.reports.documents import Documents
from tolich.settings import load_settings

DAY = ["%Y-%m-%d"]
HERE = Path()
TOLD_EVERY = 500
"""Rows between two movements of the progress bar."""

export = typer.Typer(
    no_args_is_help=True,
    help="Take lists, reports and evidence of a data folder out as files; the monitor may run.",
)


class ListForm(StrEnum):
    """What a list may be written as."""

    CSV = "csv"
    XLSX = "xlsx"


class ReportForm(StrEnum):
    """What a report may be written as."""

    XLSX = "xlsx"
    PDF = "pdf"


class ReportKind(StrEnum):
    """The reports there are."""

    EXCEEDANCES = "exceedances"
    YEAR = "year"
    CAPTURE = "capture"


class State(StrEnum):
    """What an alert may be."""

    ACTIVE = "active"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Language(StrEnum):
    """The languages of a report."""

    VI = "vi"
    EN = "en"


Data = Annotated[Path | None, typer.Option(help="Data folder; default: that of the settings.")]
Out = Annotated[
    Path,
    typer.Option("--out", help="A file; or a folder, in which its name says station and days."),
]
Form = Annotated[ListForm, typer.Option("--form", help="Kind of file.")]
AsReport = Annotated[ReportForm, typer.Option("--form", help="Kind of file.")]
OneStation = Annotated[str, typer.Option(help="Id of a station.")]
Station = Annotated[str | None, typer.Option(help="Id of a station; default: all.")]
Cluster = Annotated[str | None, typer.Option(help="Id of a cluster; default: all.")]
Parameter = Annotated[str | None, typer.Option(help="Such as COD or pH; default: all.")]
Since = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAY, help="First local day, as 2026-01-31."),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=DAY, help="Last local day, inclusive."),
]


@export.command("readings")
def export_readings(
    station: OneStation,
    parameter: Parameter = None,
    since: Since = None,
    until: Until = None,
    form: Form = ListForm.CSV,
    to: Out = HERE,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Everything received of one station, newest first, whether it counted or not."""
    with refusing():
        query = ReadingQuery(station, parameter, *_span(since, until))
        _write_list(_Folder(data, settings), query, form, to)


@export.command("findings")
def export_findings(
    station: Station = None,
    cluster: Cluster = None,
    parameter: Parameter = None,
    period: Annotated[str | None, typer.Option(help="hour, day ...; default: all.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only this outcome.")] = None,
    since: Since = None,
    until: Until = None,
    form: Form = ListForm.CSV,
    to: Out = HERE,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Verdicts, newest first, with their counts, limits and revisions."""
    with refusing():
        word = None if outcome is None else outcome.value
        start, end = _span(since, until)
        query = FindingQuery(station, cluster, parameter, period, start, end, word)
        _write_list(_Folder(data, settings), query, form, to)


@export.command("alerts")
def export_alerts(
    station: Station = None,
    cluster: Cluster = None,
    kind: Annotated[AlertKind | None, typer.Option(help="Only this kind.")] = None,
    state: Annotated[State | None, typer.Option(help="Only this state.")] = None,
    since: Since = None,
    form: Form = ListForm.CSV,
    to: Out = HERE,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Alerts, newest first; --from is the first day on which they may have started."""
    with refusing():
        start, _ = _span(since, None)
        query = AlertQuery(_code(state), station, cluster, _code(kind), start)
        _write_list(_Folder(data, settings), query, form, to)


@export.command("report")
def export_report(
    kind: Annotated[ReportKind, typer.Argument(help="exceedances, year or capture.")],
    station: Station = None,
    cluster: Cluster = None,
    year: Annotated[int | None, typer.Option(min=1970, max=9998, help="A whole year.")] = None,
    since: Since = None,
    until: Until = None,
    language: Annotated[Language, typer.Option("--lang", help="vi or en.")] = Language.VI,
    form: AsReport = ReportForm.XLSX,
    to: Out = HERE,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Exceedances by day, ratios of days and hours exceeded, or data capture.

    Say which days: --year, or --from and --until. Every figure names the findings it is made
    of. Example: tolich export report year --year 2026 --station MAU01 --form pdf
    """
    with refusing():
        days = _days(year, since, until)
        query = ReportQuery(kind.value, *days, station, cluster, language.value)
        folder = _Folder(data, settings)
        folder.check(query)
        folder.write(lambda documents: documents.report(EVERYTHING, query, form.value), to)


class _Folder:
    """A data folder as documents are made of it: as on record up to its last entry."""

    def __init__(self, data: Path | None, settings: Path | None) -> None:
        loaded = load_settings(settings)
        if data is not None:
            loaded = loaded.model_copy(update={"data": data, "store": None})
        if loaded.store is None and not (loaded.data / "evidence.db").is_file():
            said = "there is no store in this folder"
            raise Refused([Problem(str(loaded.data), "evidence.db", said)])
        self._place = Place(loaded, StepClock(0))
        # A second later, so that everything is on record: the demonstration's clock runs fast.
        clock = StepClock(recorded_until(self._place.engine) + 1)
        self._place.clock = clock
        self._registered = self._place.registered()

    def check(self, query: ListQuery | ReportQuery) -> None:
        """Refuse a station or cluster that is not registered: a file about it would be empty."""
        register = self._registered.register
        _known("--station", query.station, register.stations)
        if not isinstance(query, ReadingQuery):
            _known("--cluster", query.cluster, register.clusters)

    def write(self, make: Callable[[Documents], Document | None], to: Path) -> None:
        """Make a document and put it down whole; a file half written never has its name."""
        place = self._place
        taking = Taking(place.engine, decode, place.catalogue, self._registered, place.clock)
        with Progress(console=err) as bar:
            task = bar.add_task("reading", total=None)

            def told(done: int, total: int) -> None:
                if done % TOLD_EVERY == 0 or done == total:
                    bar.update(task, completed=done, total=total)

            try:
                made = make(Documents(place.reads(taking), place.clock, told))
            except TooMuch as much:
                raise Refused([Problem("command line", "days", str(much))]) from much
            assert made is not None, "what it is about was looked up before"
            path = to / made.name if to.is_dir() else to
            partial = path.with_name(f"{path.name}.part")
            with partial.open("wb") as file:
                file.writelines(made.chunks)
            partial.replace(path)
        out.print(f"written: {path}", soft_wrap=True, highlight=False, markup=False)


def _write_list(folder: _Folder, query: ListQuery, form: ListForm, to: Path) -> None:
    folder.check(query)
    folder.write(lambda documents: documents.export(EVERYTHING, query, form.value), to)


def _known(option: str, name: str | None, known: Iterable[str]) -> None:
    names = sorted(known)
    if name is not None and name not in names:
        said = f"{name!r} is not registered{meant(name, names)}"
        raise Refused([Problem("command line", option, said)])


def _code(word: StrEnum | None) -> str | None:
    return None if word is None else word.value


def _span(since: datetime | None, until: datetime | None) -> tuple[int | None, int | None]:
    """The instants that begin the first day and end the last."""
    start = None if since is None else day_start(since.date())
    end = None if until is None else day_start(until.date()) + DAY_SECONDS
    if start is not None and end is not None and end <= start:
        raise Refused([Problem("command line", "--until", "lies before --from")])
    return start, end


def _days(year: int | None, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    if year is not None and since is None and until is None:
        return day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))
    start, end = _span(since, until)
    if year is not None or start is None or end is None:
        said = "say which days: --year, or --from and --until"
        raise Refused([Problem("command line", "--year", said)])
    return start, end

"""Lists and reports as files, for spreadsheets and for paper."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response, StreamingResponse

from api.answers import Lang
from api.asking import (
    Alerts,
    ClusterFilter,
    Findings,
    From,
    ParameterFilter,
    StationFilter,
    To,
    in_order,
)
from api.auth import needs
from api.headers import saved_as
from api.problems import Trouble, absent, errors
from api.view import Seen, Within
from rules.days import day_start, midnight, rfc3339
from rules.roles import Right
from tolich.documents import Document, ReadingQuery, ReportQuery, TooMuch

router = APIRouter(tags=["documents"], dependencies=[needs(Right.EXPORT)])

CSV, PDF = "text/csv", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXAMPLES = {
    CSV: "station,cluster,parameter,observed_at,received_at,value,unit,status,source,simulated\r\n"
    "m01,mau-01,COD,2026-11-22T08:35:00+07:00,2026-11-22T08:35:02+07:00,61.5,mg/L,00,mqtt,true\r\n",
    XLSX: "PK...",
    PDF: "%PDF-1.7 ...",
}


def _files(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """A success that is a file of one of some kinds, for the description of an operation."""
    content = {
        kind: {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLES[kind]}
        for kind in kinds
    }
    named = {"description": "Names the file.", "schema": {"type": "string"}}
    headers = {"Content-Disposition": named}
    return {200: {"description": "The file.", "content": content, "headers": headers}}


_LIST = {
    **_files(CSV, XLSX),
    **errors("not-found", "invalid-request", "bad-time", "bad-interval", "too-much"),
}
_REPORT = {
    **_files(XLSX, PDF),
    **errors("not-found", "invalid-request", "bad-time", "bad-interval", "too-much"),
}
ListForm = Annotated[Literal["csv", "xlsx"], Path(description="The kind of file.")]
ReportForm = Annotated[Literal["xlsx", "pdf"], Path(description="The kind of file.")]


@router.get(
    "/exports/readings.{form}",
    summary="Readings of a station as a file",
    response_class=Response,
    responses=_LIST,
)
async def readings(
    view: Seen,
    seams: Within,
    form: ListForm,
    station: Annotated[str, Query(description="Id of a station.")],
    parameter: ParameterFilter = None,
    start: From = None,
    to: To = None,
) -> Response:
    """The rows of `GET /stations/{id}/readings`, newest first."""
    in_order(start, to)
    query = ReadingQuery(station, parameter, start, to)
    made = await _made(lambda: view.export(query, form), seams.aside)
    return _sent(made, seams.aside, "station", station)


@router.get(
    "/exports/findings.{form}",
    summary="Findings as a file",
    response_class=Response,
    responses=_LIST,
)
async def findings(view: Seen, seams: Within, form: ListForm, query: Findings) -> Response:
    """The rows of `GET /findings` under the same filters, newest first."""
    made = await _made(lambda: view.export(query, form), seams.aside)
    return _sent(made, seams.aside)


@router.get(
    "/exports/alerts.{form}",
    summary="Alerts as a file",
    response_class=Response,
    responses=_LIST,
)
async def alerts(view: Seen, seams: Within, form: ListForm, query: Alerts) -> Response:
    """The rows of `GET /alerts` under the same filters, newest first."""
    made = await _made(lambda: view.export(query, form), seams.aside)
    return _sent(made, seams.aside)


async def _days(
    start: From = None,
    to: To = None,
    year: Annotated[
        int | None, Query(ge=1970, le=9998, description="A whole year, instead of from and to.")
    ] = None,
) -> tuple[int, int]:
    """The local days of a report, as the instants that begin and end them."""
    if year is not None and start is None and to is None:
        return day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))
    if year is not None or start is None or to is None:
        said = "Say which days: `year`, or `from` and `to`, and not both."
        raise Trouble("invalid-request", said)
    in_order(start, to)
    for name, at in (("from", start), ("to", to)):
        if midnight(at) != at:
            said = f"A report is of whole days: `{name}` must be a midnight in Hanoi, such as "
            raise Trouble("bad-interval", f"{said}{rfc3339(midnight(at))}.")
    if start == to:
        raise Trouble("bad-interval", "`to` is the midnight that ends the last day: one later.")
    return start, to


Days = Annotated[tuple[int, int], Depends(_days)]


@router.get(
    "/reports/{kind}.{form}",
    summary="A report: exceedances by day, ratios of days and hours, data capture",
    response_class=Response,
    responses=_REPORT,
)
async def report(
    view: Seen,
    seams: Within,
    kind: Literal["exceedances", "year", "capture"],
    form: ReportForm,
    days: Days,
    station: StationFilter = None,
    cluster: ClusterFilter = None,
    lang: Lang = "vi",
) -> Response:
    """Whole local days, as on record a second ago; every figure names its findings."""
    query = ReportQuery(kind, *days, station, cluster, lang)
    made = await _made(lambda: view.report(query, form), seams.aside)
    what = "station" if station is not None else "cluster"
    return _sent(made, seams.aside, what, str(station or cluster))


async def _made(make: Callable[[], Document | None], aside: CapacityLimiter) -> Document | None:
    """A document, made apart from everything that must stay quick."""
    try:
        return await to_thread.run_sync(make, limiter=aside)
    except TooMuch as much:
        raise Trouble("too-much", str(much)) from much


def _sent(
    made: Document | None, aside: CapacityLimiter, what: str = "list", name: str = ""
) -> Response:
    if made is None:
        raise absent(what, name)
    headers = {"Content-Disposition": saved_as(made.name)}
    chunks = _steps(made.chunks, aside)
    return StreamingResponse(chunks, media_type=made.media_type, headers=headers)


async def _steps(chunks: Iterator[bytes], aside: CapacityLimiter) -> AsyncIterator[bytes]:
    """One chunk after the other, each read in a thread when the one before was sent."""
    while (chunk := await to_thread.run_sync(next, chunks, None, limiter=aside)) is not None:
        yield chunk

"""Stations, their readings, and what was rejected."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import found, listed
from api.asking import From, Pages, ParameterFilter, StationFilter, To, in_order
from api.auth import needs
from api.jsonbody import Json
from api.problems import Trouble, absent, errors
from api.shapes import OutlookPage, ReadingPage, RejectedPage, Station, StationPage
from api.view import Seen, View
from rules.loading import meant
from rules.roles import Right

router = APIRouter(tags=["stations"], dependencies=[needs(Right.READ)])


@router.get(
    "/stations",
    summary="Stations by id, with their newest readings",
    response_model=StationPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def stations(view: Seen, paging: Pages) -> Json:
    """Every station the caller may see."""
    return listed(view.stations(paging))


@router.get(
    "/stations/{id}",
    summary="One station",
    response_model=Station,
    responses=errors("not-found", "invalid-request"),
)
def station(view: Seen, id: str) -> Json:  # noqa: A002 - the name in the contract
    """A station, the word for its state, and the newest reading of each parameter."""
    return found(view.station(id), "station", id)


@router.get(
    "/stations/{id}/readings",
    summary="Readings of a station, newest first",
    response_model=ReadingPage,
    responses=errors("not-found", "invalid-request", "bad-cursor", "bad-time", "bad-interval"),
)
def readings(
    view: Seen,
    id: str,  # noqa: A002
    paging: Pages,
    parameter: ParameterFilter = None,
    start: From = None,
    to: To = None,
) -> Json:
    """Everything that was received, counted or not; `from` is inclusive, `to` exclusive."""
    in_order(start, to)
    page = view.readings(id, parameter, start, to, paging)
    if page is None:
        raise absent("station", id)
    return listed(page)


@router.get(
    "/stations/{id}/outlook",
    summary="How today's daily means are likely to end; for operation only",
    response_model=OutlookPage,
    responses=errors("not-found", "invalid-request"),
)
def outlook(
    view: Seen,
    id: str,  # noqa: A002
    parameter: ParameterFilter = None,
) -> Json:
    """One parameter, or every one with a limit: probability, certainty, and what may remain."""
    page = view.outlook(id, parameter)
    if page is None:
        raise absent("station", id)
    if parameter is not None and not page.items:
        raise _unmeasured(view, id, parameter)
    return listed(page)


def _unmeasured(view: View, station: str, parameter: str) -> Trouble:
    known = view.station(station) or {"parameters": []}
    measured = [one["parameter"] for one in known["parameters"]]
    said = f"Station {station!r} does not measure {parameter!r}{meant(parameter, measured)}"
    return Trouble("not-found", said)


@router.get(
    "/rejected",
    summary="What was not understood, newest first",
    response_model=RejectedPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def rejected(view: Seen, paging: Pages, station: StationFilter = None) -> Json:
    """Messages and readings that were refused, each with its reason and its remedy."""
    return listed(view.rejected(station, paging))

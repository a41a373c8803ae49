"""What officers decide about readings: entered here, applied wherever the readings are judged."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api.answers import listed
from api.asking import Pages, ParameterFilter, StationFilter
from api.auth import Asking, needs
from api.decided import Amendment, AmendmentPage, Decision
from api.inbox import RETRY_AFTER
from api.jsonbody import Json
from api.problems import Trouble, errors, refused
from api.view import Seen
from rules.model import Problem, Refused
from rules.roles import Right
from tolich.ports import Amend, AmendmentQuery, NotDurable

router = APIRouter(tags=["amendments"], dependencies=[needs(Right.READ)])


async def _query(
    station: StationFilter = None, parameter: ParameterFilter = None
) -> AmendmentQuery:
    return AmendmentQuery(station, parameter)


@router.get(
    "/amendments",
    summary="What officers decided about readings, newest first",
    response_model=AmendmentPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def amendments(
    view: Seen, query: Annotated[AmendmentQuery, Depends(_query)], paging: Pages
) -> Json:
    """Every amendment, those that were taken back and those that took them back included."""
    return listed(view.amendments(query, paging))


@router.post(
    "/amendments",
    summary="Decide about readings of a series",
    status_code=201,
    dependencies=[needs(Right.AMEND)],
    response_model=Amendment,
    responses=errors("bad-time", "invalid-request", "not-durable"),
)
def amend(view: Seen, caller: Asking, decision: Decision) -> Json:
    """Exclude readings, confirm them, give the value that counts, or take a decision back.

    No reading is changed. 201 means it is on record; every verdict that looks at these readings
    is judged again at once and gets a new revision if it changes.
    """
    try:
        return Json(view.amend(_asked(decision, caller.name)), 201)
    except Refused as wrong:
        raise refused(wrong.problems) from wrong
    except NotDurable as error:
        detail = f"Nothing was stored ({error}): send the same again."
        raise Trouble("not-durable", detail, headers={"Retry-After": RETRY_AFTER}) from error


def _asked(decision: Decision, author: str) -> Amend:
    start, end = decision.start, decision.to
    if decision.at is not None:
        if start is not None or end is not None:
            said = "goes without `from` and `to`: it means that one second"
            raise refused([Problem("body", "at", said)])
        start, end = decision.at, decision.at + 1
    return Amend(
        station=decision.station,
        parameter=decision.parameter,
        act=decision.act.value,
        author=author,
        reason=decision.reason,
        start=start,
        end=end,
        value=decision.value,
        unit=decision.unit,
        reverses=decision.reverses,
        document=decision.document,
    )

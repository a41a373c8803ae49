"""What an inspector may want to look at; that it was looked up is on record before the answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from api.answers import found, listed
from api.asking import GREATEST, Pages, StationFilter
from api.auth import needs
from api.jsonbody import Json
from api.problems import errors
from api.shapes import Next, Shaped, example
from api.view import Seen
from rules.roles import Right
from tolich.workports import SuspicionQuery

router = APIRouter(tags=["suspicions"])

State = Literal["needs_inspection", "nothing_found", "not_evaluated"]
_STRANGE = {
    "detector": "step",
    "statistic": 11.2,
    "threshold": 6.0,
    "score": 1.867,
    "seen": {"step": {"day": 0.62, "usual": 0.04}},
    "text": {"vi": "COD, TSS, NH4 cùng giảm đột ngột", "en": "COD, TSS and NH4 fall together"},
}
SUSPICION = {
    "id": 7,
    "station": "m01",
    "cluster": "ccn-mau-01",
    "day": "2026-11-21",
    "state": "needs_inspection",
    "state_text": {"vi": "Cần kiểm tra", "en": "Needs inspection"},
    "score": 1.867,
    "baseline": 2,
    "made_at": "2026-11-22T06:00:00+07:00",
    "summary": {"vi": "Cần kiểm tra.", "en": "Needs inspection."},
    "rested": False,
    "not_evaluated": ["gaps"],
    "reasons": [_STRANGE],
}
LOOK = {
    "id": 3,
    "at": "2026-11-22T08:35:00+07:00",
    "account": 2,
    "name": "thanh-tra",
    "role": "city_officer",
    "what": {"id": 7},
    "shown": [7],
}


class Strange(Shaped):
    """What one detector saw, in spreads of the station's own baseline."""

    model_config = example(_STRANGE)
    detector: str
    statistic: float
    threshold: float
    score: float
    seen: dict[str, dict[str, float]]
    text: dict[str, str]


class Suspicion(Shaped):
    """One day of one station. It is no verdict: it says where to look first, and why."""

    model_config = example(SUSPICION)
    id: int
    station: str
    cluster: str
    day: date
    state: State
    state_text: dict[str, str]
    score: float
    baseline: int | None
    made_at: AwareDatetime
    summary: dict[str, str]
    rested: bool
    not_evaluated: list[str]
    reasons: list[Strange]


class SuspicionPage(Shaped):
    """Suspicions, the highest scores first."""

    model_config = example({"items": [SUSPICION], "next": None})
    items: list[Suspicion]
    next: str | None = Next


class SuspicionLook(Shaped):
    """Who looked up what, and what was shown."""

    model_config = example(LOOK)
    id: int
    at: AwareDatetime
    account: int
    name: str
    role: str
    what: dict[str, Any]
    shown: list[int]


class SuspicionLookPage(Shaped):
    """Who looked suspicions up, newest first."""

    model_config = example({"items": [LOOK], "next": None})
    items: list[SuspicionLook]
    next: str | None = Next


async def _query(
    station: StationFilter = None,
    state: Annotated[State, Query(description="What the look came to.")] = "needs_inspection",
    day_from: Annotated[date | None, Query(description="First local day.")] = None,
    day_to: Annotated[date | None, Query(description="Last local day, inclusive.")] = None,
) -> SuspicionQuery:
    return SuspicionQuery(station, state, day_from, day_to)


@router.get(
    "/suspicions",
    summary="Which days of which stations to inspect first",
    response_model=SuspicionPage,
    dependencies=[needs(Right.SUSPICIONS)],
    responses=errors("invalid-request", "bad-cursor"),
)
def suspicions(
    view: Seen, query: Annotated[SuspicionQuery, Depends(_query)], paging: Pages
) -> Json:
    """The highest scores first. No verdict and no finding; who asks is put on record."""
    return listed(view.suspicions(query, paging))


@router.get(
    "/suspicions/{id}",
    summary="One day of one station, with its reasons",
    response_model=Suspicion,
    dependencies=[needs(Right.SUSPICIONS)],
    responses=errors("invalid-request", "not-found"),
)
def suspicion(view: Seen, key: Annotated[int, Path(alias="id", ge=1, le=GREATEST)]) -> Json:
    """What each detector saw. No verdict and no finding; who asks is put on record."""
    return found(view.suspicion(key), "suspicion", str(key))


@router.get(
    "/suspicion-looks",
    summary="Who looked suspicions up",
    response_model=SuspicionLookPage,
    dependencies=[needs(Right.ACCOUNTS)],
    responses=errors("invalid-request", "bad-cursor"),
)
def suspicion_looks(view: Seen, paging: Pages) -> Json:
    """Newest first: who, when, what was asked for, and which suspicions were shown."""
    return listed(view.suspicion_looks(paging))

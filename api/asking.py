"""What a query may say: times with a zone, pages, filters; and nothing that nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.problems import BAD_TIME, Trouble
from rules.loading import meant
from rules.model import AlertKind, Outcome
from rules.work import WorkState
from tolich.ports import AlertQuery, FindingQuery

MOST = 1000
USUAL = 100
GREATEST = 2**63 - 1  # what a store's integer can hold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?")
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")  # in a query, an unescaped + arrives as a space
_EXAMPLE = "2026-11-22T08:35:00+07:00"


def restored(text: str) -> str:
    """A time, or an id that ends in one, with the + of its zone that URL decoding took away."""
    return _LOST_PLUS.sub(r"+\1", text)


def _seconds(value: object) -> float:
    """Epoch seconds of an RFC 3339 time. Raises PydanticCustomError saying how to write one."""
    text = restored(str(value))
    shape = _TIME.fullmatch(text)
    if shape is None:
        raise _bad_time(f"{text!r} is not a time; write it as {_EXAMPLE}")
    if shape["zone"] is None:
        raise _bad_time(f"{text!r} has no zone; write it as {_EXAMPLE} (+ is %2B in a URL) or Z")
    try:
        return (datetime.fromisoformat(text.upper()) - _EPOCH).total_seconds()
    except ValueError as error:
        raise _bad_time(f"{text!r} is not in the calendar: {error}") from error


def _bad_time(said: str) -> PydanticCustomError:
    return PydanticCustomError(BAD_TIME, "{said}", {"said": said})


_AS_TEXT = WithJsonSchema({"type": "string", "format": "date-time", "examples": [_EXAMPLE]})
# Everything on record has whole seconds: "from 08:00:00.5" begins at 08:00:01.
Bound = Annotated[int, BeforeValidator(lambda value: ceil(_seconds(value))), _AS_TEXT]
Instant = Annotated[int, BeforeValidator(lambda value: int(_seconds(value) // 1)), _AS_TEXT]

From = Annotated[Bound | None, Query(alias="from", description="Not before this time.")]
To = Annotated[Bound | None, Query(description="Before this time.")]
StationFilter = Annotated[str | None, Query(description="Id of a station.")]
ClusterFilter = Annotated[str | None, Query(description="Id of a cluster.")]
ParameterFilter = Annotated[str | None, Query(description="Such as COD, pH or FlowOut.")]
AsOf = Annotated[Instant | None, Query(description="As it was on record at this time.")]
Revision = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="An earlier revision; the current if absent.")
]
FindingId = Annotated[
    str, Path(description="`station:parameter:period:start`", examples=[f"m01:COD:hour:{_EXAMPLE}"])
]
After = Query(ge=0, le=GREATEST, description="Only what has a greater seq.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list."""

    cursor: str | None
    limit: int


async def _paging(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = USUAL,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="The `next` of the page before.")
    ] = None,
) -> Paging:
    return Paging(cursor, limit)


async def _finding_query(
    station: StationFilter = None,
    cluster: ClusterFilter = None,
    parameter: ParameterFilter = None,
    period: Annotated[
        str | None, Query(description="hour, day, or one a regulation declares.")
    ] = None,
    start: From = None,
    to: To = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    final: Annotated[bool | None, Query(description="false: periods still open.")] = None,
    as_of: AsOf = None,
) -> FindingQuery:
    in_order(start, to)
    word = None if outcome is None else outcome.value
    return FindingQuery(station, cluster, parameter, period, start, to, word, final, as_of)


async def _alert_query(
    state: Annotated[Literal["active", "ended", "withdrawn"] | None, Query()] = None,
    station: StationFilter = None,
    cluster: ClusterFilter = None,
    kind: Annotated[AlertKind | None, Query()] = None,
    since: Annotated[Bound | None, Query(description="Started at this time or later.")] = None,
    as_of: AsOf = None,
    work: Annotated[WorkState | None, Query(description="How far people are with it.")] = None,
) -> AlertQuery:
    word = None if kind is None else kind.value
    worked = None if work is None else work.value
    return AlertQuery(state, station, cluster, word, since, as_of, worked)


Pages = Annotated[Paging, Depends(_paging)]
Findings = Annotated[FindingQuery, Depends(_finding_query)]
Alerts = Annotated[AlertQuery, Depends(_alert_query)]


def in_order(start: int | None, end: int | None) -> None:
    """Raises Trouble when an interval ends before it begins: it would silently be empty."""
    if start is not None and end is not None and end < start:
        raise Trouble("bad-interval", "`to` lies before `from`: exchange the two.")


async def only_known(request: Request) -> None:
    """Refuse query parameters that the endpoint does not read: a misspelt filter widens a list."""
    known = frozenset(_query_names(request.scope["route"].dependant))
    given = Counter(name for name, _ in request.query_params.multi_items())
    for name, often in given.items():
        if name not in known:
            said = f"this endpoint takes no {name!r}{meant(name, known) or ' or any other'}"
            raise Trouble("unknown-parameter", said, {"parameter": name})
        if often > 1:
            said = f"{name!r} was given {often} times; give it once."
            raise Trouble("repeated-parameter", said, {"parameter": name})
    if any("\0" in text for text in (request.scope["path"], *request.query_params.values())):
        raise Trouble("invalid-request", "A NUL character is part of no name here: remove it.")


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_names(inner)

"""The lists of the API as rows: readings, findings, alerts under the names of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tolich.documents import ListQuery, ReadingQuery
from tolich.ports import FindingQuery, Page, Scope, Shape
from tolich.reports.gather import PAGE, Traced, pages
from tolich.reports.judged import seconds
from tolich.reports.tables import Cell, Column, Kind


class Listing(NamedTuple):
    """A list: its name, its columns, and for each the path of its value in the API's shape."""

    name: str
    columns: tuple[Column, ...]
    paths: tuple[tuple[str, ...], ...]


def _listing(name: str, fields: Mapping[str, Kind], widths: Mapping[str, int]) -> Listing:
    columns = tuple(
        Column((_spelled(path), _spelled(path)), kind, widths.get(path, _WIDTHS[kind]))
        for path, kind in fields.items()
    )
    return Listing(name, columns, tuple(tuple(path.split(".")) for path in fields))


def _spelled(path: str) -> str:
    return path.removeprefix("counts.").replace(".", "_")


_WIDTHS = {Kind.TEXT: 14, Kind.TIME: 20, Kind.NUMBER: 12, Kind.WHOLE: 10, Kind.SHARE: 12}
TEXT, TIME, NUMBER, WHOLE = Kind.TEXT, Kind.TIME, Kind.NUMBER, Kind.WHOLE

READINGS = _listing(
    "readings",
    {
        "station": TEXT, "cluster": TEXT, "parameter": TEXT, "observed_at": TIME,
        "received_at": TIME, "value": NUMBER, "unit": TEXT, "status": TEXT, "source": TEXT,
        "simulated": TEXT,
    },
    {},
)  # fmt: skip
FINDINGS = _listing(
    "findings",
    {
        "id": TEXT, "revision": WHOLE, "station": TEXT, "cluster": TEXT, "plant": TEXT,
        "parameter": TEXT, "period": TEXT, "start": TIME, "end": TIME, "outcome": TEXT,
        "reason": TEXT, "mean": NUMBER, "unit": TEXT, "ratio": NUMBER, "limit.low": NUMBER,
        "limit.high": NUMBER, "limit.unit": TEXT, "limit.citation": TEXT,
        "limit.verification": TEXT, "counts.expected": WHOLE, "counts.received": WHOLE,
        "counts.valid": WHOLE, "counts.calibrating": WHOLE, "counts.faulty": WHOLE,
        "counts.failed": WHOLE, "counts.unknown": WHOLE, "counts.conflicting": WHOLE,
        "completeness": NUMBER, "final": TEXT, "engine": TEXT, "judged_at": TIME,
        "simulated": TEXT,
    },
    {"id": 46, "limit.citation": 40},
)  # fmt: skip
ALERTS = _listing(
    "alerts",
    {
        "id": TEXT, "kind": TEXT, "severity": TEXT, "state": TEXT, "station": TEXT,
        "cluster": TEXT, "plant": TEXT, "parameter": TEXT, "period": TEXT, "started_at": TIME,
        "ended_at": TIME, "finding": TEXT, "subject": TEXT, "merged_into": TEXT, "part_of": TEXT,
        "simulated": TEXT,
    },
    {"finding": 46},
)  # fmt: skip


def listing(query: ListQuery) -> Listing:
    """Which list a query is about."""
    if isinstance(query, ReadingQuery):
        return READINGS
    return FINDINGS if isinstance(query, FindingQuery) else ALERTS


def shapes(reads: Traced, scope: Scope, query: ListQuery) -> Iterator[Shape]:
    """Everything of a list, newest first, page by page while it is read."""

    def page(cursor: str | None) -> Page | None:
        if isinstance(query, ReadingQuery):
            return reads.readings(
                scope, query.station, query.parameter, query.start, query.end, cursor, PAGE
            )
        if isinstance(query, FindingQuery):
            return reads.findings(scope, query, cursor, PAGE)
        return reads.alerts(scope, query, cursor, PAGE)

    return pages(page)


def count(reads: Traced, scope: Scope, query: ListQuery) -> int:
    """How long a list is at least; 0 for alerts, which are never too many for a sheet."""
    if isinstance(query, ReadingQuery):
        return reads.count_readings(scope, query)
    return reads.count_findings(scope, query) if isinstance(query, FindingQuery) else 0


def row(shape: Shape, of: Listing) -> list[Cell]:
    """A shape as a row: what it lacks is empty, times are epoch seconds."""
    return [
        _cell(_at(shape, path), column.kind)
        for path, column in zip(of.paths, of.columns, strict=True)
    ]


def _at(shape: object, path: tuple[str, ...]) -> object:
    for name in path:
        if not isinstance(shape, dict):
            return None
        shape = shape.get(name)
    return shape


def _cell(value: object, kind: Kind) -> Cell:
    if value is None:
        return None
    if kind is Kind.TIME:
        return seconds(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float | str) else str(value)

"""What a report is made of, read page by page through the port, never without a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from tolich.documents import ReadingQuery, ReportQuery, TooMuch
from tolich.ports import AlertQuery, FindingQuery, Page, Reads, Scope, Shape
from tolich.reports.judged import Judged, Trouble, judged, trouble

PAGE = 1000
MOST_FINDINGS = 250_000
"""Findings of one report; three stations with eight parameters have 219,000 in a year."""

LENGTHS = {"hour": 3600, "day": 86400}
PERIODS: Mapping[str, tuple[str, ...]] = {"year": ("day", "hour"), "capture": ("day",)}


class Traced(Reads, Protocol):
    """Reads that also say what findings were made with."""

    def known(self, at: int) -> int: ...
    def count_findings(self, scope: Scope, query: FindingQuery) -> int: ...
    def count_readings(self, scope: Scope, query: ReadingQuery) -> int: ...
    def made_with(
        self, scope: Scope, query: FindingQuery
    ) -> tuple[dict[int, Shape], dict[str, int]]: ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a report counts, as on record at one plant time."""

    query: ReportQuery
    as_of: int
    seq: int  # the last entry on record then
    stations: Sequence[Shape]
    findings: Sequence[Judged]  # by station, parameter, period and start
    owed: Mapping[tuple[str, str, str], int]  # by station, parameter and period
    alerts: Sequence[Trouble]
    versions: Mapping[int, Shape]

    @property
    def simulated(self) -> bool:
        """Whether any station of the report is."""
        return any(station["simulated"] for station in self.stations)


Told = Callable[[int, int], None]
"""Told how many findings were read, and how many there are."""


def gather(
    reads: Traced, scope: Scope, query: ReportQuery, as_of: int, told: Told = lambda a, b: None
) -> Gathered | None:
    """What a report needs; None when there is no such station or cluster. Raises TooMuch.

    `as_of` should have passed, so that nothing more can come on record before it while this
    reads page after page.
    """
    seen = stations(reads, scope, query.station, query.cluster)
    if not seen and (query.station or query.cluster):
        return None
    wanted = [one for station in seen for one in _asked(query, station, as_of)]
    found, versions = _judged(reads, scope, wanted, told)
    return Gathered(
        query,
        as_of,
        reads.known(as_of),
        seen,
        found,
        _owed(reads, scope, wanted, seen, found) if query.kind in PERIODS else {},
        _alerts(reads, scope, query) if query.kind == "exceedances" else (),
        versions,
    )


def _judged(
    reads: Traced, scope: Scope, wanted: Sequence[FindingQuery], told: Told
) -> tuple[list[Judged], dict[int, Shape]]:
    """All findings of some queries in order, and the versions they were made with."""
    total = sum(reads.count_findings(scope, query) for query in wanted)
    if total > MOST_FINDINGS:
        said = f"{total} findings are asked about, a report is made of {MOST_FINDINGS} at most"
        raise TooMuch(f"{said}: ask about fewer days, or about one station.")
    found: list[Judged] = []
    versions: dict[int, Shape] = {}
    for query in wanted:
        bodies, of = reads.made_with(scope, query)
        versions |= bodies
        for shape in pages(partial(_page, reads, scope, query)):
            found.append(judged(shape, of[shape["id"]]))
            told(len(found), total)
    return sorted(found, key=lambda one: one[:4]), versions


def _page(reads: Traced, scope: Scope, query: FindingQuery, cursor: str | None) -> Page:
    return reads.findings(scope, query, cursor, PAGE)


def pages(page: Callable[[str | None], Page | None]) -> Iterator[Shape]:
    """Everything of a list, page by page; nothing when there is no such list."""
    cursor: str | None = None
    while (found := page(cursor)) is not None:
        yield from found.items
        if found.next is None:
            return
        cursor = found.next


def stations(reads: Traced, scope: Scope, station: str | None, cluster: str | None) -> list[Shape]:
    """The stations of a scope: all of them, or the one, or those of a cluster."""
    return [
        shape
        for shape in pages(lambda cursor: reads.stations(scope, cursor, PAGE))
        if station in (None, shape["id"]) and cluster in (None, shape["cluster"])
    ]


def _asked(query: ReportQuery, station: Shape, as_of: int) -> list[FindingQuery]:
    """What to ask of one station: a query for each period that the report counts, or for all."""
    exceeded = "exceeded" if query.kind == "exceedances" else None
    return [
        FindingQuery(
            station=station["id"],
            period=period,
            start_from=query.start,
            start_to=query.end,
            outcome=exceeded,
            as_of=as_of,
        )
        for period in PERIODS.get(query.kind, (None,))
    ]


def _alerts(reads: Traced, scope: Scope, query: ReportQuery) -> list[Trouble]:
    """Exceedance alerts that reach into the days asked about."""
    asked = AlertQuery(station=query.station, cluster=query.cluster, kind="exceedance")
    listed = pages(lambda cursor: reads.alerts(scope, asked, cursor, PAGE))
    found = (trouble(shape) for shape in listed if shape["state"] != "withdrawn")
    return [
        one
        for one in found
        if one.started < query.end and (one.ended is None or one.ended > query.start)
    ]


# --- what is owed ----------------------------------------------------------------------------


def _owed(
    reads: Traced,
    scope: Scope,
    wanted: Sequence[FindingQuery],
    seen: Sequence[Shape],
    found: Sequence[Judged],
) -> dict[tuple[str, str, str], int]:
    """How many periods each series owes: those without a finding between others count, too."""
    having: dict[tuple[str, str, str], list[Judged]] = {}
    for one in found:
        having.setdefault(one[:3], []).append(one)
    measured = {shape["id"]: {one["parameter"] for one in shape["parameters"]} for shape in seen}
    owed = {}
    for query in wanted:
        station, period = str(query.station), str(query.period)
        made = {key[1] for key in having if key[0] == station}
        for parameter in sorted(measured[station] | made):
            series = replace(query, parameter=parameter)
            count = _owed_of(reads, scope, series, having.get((station, parameter, period), []))
            if count:
                owed[station, parameter, period] = count
    return owed


def _owed_of(reads: Traced, scope: Scope, query: FindingQuery, found: Sequence[Judged]) -> int:
    """From the first finding on or the beginning, whichever is later, to the last or the end."""
    start, end = int(query.start_from or 0), int(query.start_to or 0)
    earlier = replace(query, start_from=None, start_to=start)
    later = replace(query, start_from=end, start_to=None)
    begun = bool(reads.findings(scope, earlier, None, 1).items)
    goes_on = bool(reads.findings(scope, later, None, 1).items)
    if not found and not (begun and goes_on):
        return 0
    first = start if begun else found[0].start
    last = end if goes_on else found[-1].end
    return (last - first) // LENGTHS[str(query.period)]

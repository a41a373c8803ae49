"""Another portal's values beside our findings: where they differ, and why ours is as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from rules.days import DAY_SECONDS, instant, midnight
from rules.model import Outcome
from tolich.portalfile import PortalRow, Word
from tolich.ports import EVERYTHING, FindingQuery, Reads, Shape

PAGE = 1000

OURS: Mapping[str, Word] = {
    Outcome.COMPLIANT: "within",
    Outcome.NEAR: "within",
    Outcome.EXCEEDED: "exceeded",
    Outcome.NOT_ASSESSABLE: "not_assessed",
    Outcome.NOT_APPLICABLE: "not_assessed",
}
"""Our outcomes in the three words that other portals have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One period on which the two do not agree."""

    station: str
    parameter: str
    start: int
    row: int | None  # of the export; None: the portal lacks the period
    theirs: Decimal | None
    their_verdict: Word | None
    mean: float | None  # in the canonical unit
    outcome: str | None
    finding: str | None
    what: tuple[str, ...]  # of: value, verdict, only_theirs, only_ours
    why: Mapping[str, str]  # a sentence a language


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out. A day agrees when all its periods of one series do."""

    days: int
    agreeing: int
    differences: tuple[Difference, ...]


def compare(reads: Reads, rows: Sequence[PortalRow], period: str) -> Comparison:
    """Every row beside the finding of its period; ours that the export lacks, in its span."""
    found: list[Difference] = []
    days: set[tuple[str, str, int]] = set()
    for (station, parameter), theirs in _by_series(rows).items():
        ours = _findings(reads, station, parameter, period, theirs)
        for start in sorted({*theirs, *ours}):
            days.add((station, parameter, midnight(start)))
            row, finding = theirs.get(start), ours.get(start)
            what = _differing(row, finding)
            if what:
                found.append(_told(reads, (station, parameter, start), row, finding, what))
    differing = {(one.station, one.parameter, midnight(one.start)) for one in found}
    return Comparison(len(days), len(days) - len(differing), tuple(found))


def _by_series(rows: Iterable[PortalRow]) -> dict[tuple[str, str], dict[int, PortalRow]]:
    series: dict[tuple[str, str], dict[int, PortalRow]] = {}
    for row in rows:
        series.setdefault((row.station, row.parameter), {})[row.start] = row
    return series


def _findings(
    reads: Reads, station: str, parameter: str, period: str, theirs: Iterable[int]
) -> dict[int, Shape]:
    """Our closed periods from the first to the last day that the export has of a series."""
    starts = sorted(theirs)
    query = FindingQuery(
        station, None, parameter, period, midnight(starts[0]), midnight(starts[-1]) + DAY_SECONDS
    )
    pages = _pages(reads, query)
    return {_at(one): one for one in pages if one["final"]}


def _pages(reads: Reads, query: FindingQuery) -> Iterator[Shape]:
    cursor: str | None = None
    while True:
        page = reads.findings(EVERYTHING, query, cursor, PAGE)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _at(finding: Shape) -> int:
    return instant(datetime.fromisoformat(finding["start"]))


def _differing(row: PortalRow | None, finding: Shape | None) -> tuple[str, ...]:
    if row is None:
        # Nothing there and nothing assessable here: both say that there is nothing to say.
        return ("only_ours",) if finding is not None and finding["mean"] is not None else ()
    if finding is None:
        return ("only_theirs",)
    value = not _same(row, finding["mean"])
    verdict = row.verdict is not None and row.verdict != OURS[finding["outcome"]]
    return (*(["value"] if value else []), *(["verdict"] if verdict else []))


def _same(row: PortalRow, mean: float | None) -> bool:
    """Whether our mean, shown with as many decimals as theirs, is theirs."""
    if row.value is None or mean is None:
        return row.value is None and mean is None
    step = Decimal(1).scaleb(-row.places)
    shown = Decimal(repr(mean)).quantize(step, ROUND_HALF_UP)
    return shown == row.value.quantize(step, ROUND_HALF_UP)


NOTHING = {
    "vi": "Ở đây không có kết quả nào cho khoảng thời gian này: chưa kết thúc, hoặc trạm chưa "
    "được khai báo.",
    "en": "There is no finding of this period here: it is not over, or the station is not on "
    "record for it.",
}


def _told(
    reads: Reads, key: tuple[str, str, int], row: PortalRow | None, finding: Shape | None,
    what: tuple[str, ...],
) -> Difference:  # fmt: skip
    why = NOTHING
    if finding is not None:
        explained = reads.finding_why(EVERYTHING, finding["id"])
        assert explained is not None, "it was just listed"
        why = explained["summary"]
    return Difference(
        *key,
        None if row is None else row.row,
        None if row is None else row.value,
        None if row is None else row.verdict,
        None if finding is None else finding["mean"],
        None if finding is None else finding["outcome"],
        None if finding is None else finding["id"],
        what,
        why,
    )

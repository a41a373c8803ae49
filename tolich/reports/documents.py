"""Lists and reports as files: the `Reports` port on the `Reads` port."""

from __future__ import annotations

from collections.abc import Iterator

from tolich.documents import Document, ListForm, ListQuery, ReadingQuery, ReportForm, ReportQuery
from tolich.ports import AlertQuery, Clock, Scope
from tolich.reports import csvfile, pdf, xlsx
from tolich.reports.gather import Told, Traced, gather, stations
from tolich.reports.layout import FileDays, file_name, lay_out
from tolich.reports.lists import Listing, count, listing, row, shapes
from tolich.reports.tables import BOTH_FOOTERS, Cell, Report, Table


class Documents:
    """The `Reports` port. `told` hears how many rows or findings are done, and of how many."""

    def __init__(self, reads: Traced, clock: Clock, told: Told = lambda done, total: None) -> None:
        self._reads = reads
        self._clock = clock
        self._told = told

    def report(self, scope: Scope, query: ReportQuery, form: ReportForm) -> Document | None:
        """Figures with their findings, as on record a second ago. Raises TooMuch."""
        # Nothing more can come on record before a second that has passed.
        gathered = gather(self._reads, scope, query, self._clock.now() - 1, self._told)
        if gathered is None:
            return None
        report = lay_out(gathered)
        made, media = (xlsx, xlsx.MEDIA) if form == "xlsx" else (pdf, pdf.MEDIA)
        return Document(f"{report.name}.{form}", media, made.write(report))

    def export(self, scope: Scope, query: ListQuery, form: ListForm) -> Document | None:
        """A list as a file, newest first. Raises TooMuch."""
        if isinstance(query, ReadingQuery) and self._reads.station(scope, query.station) is None:
            return None
        of = listing(query)
        total = count(self._reads, scope, query)
        table = Table((of.name, of.name), of.columns, self._rows(scope, query, of, total))
        report = self._listed(scope, query, table)
        if form == "csv":
            marks = [report.footer, *report.marks]
            chunks = csvfile.write(of.columns, table.rows, marks)
            return Document(f"{report.name}.csv", csvfile.MEDIA, chunks)
        if total > xlsx.MOST_ROWS:  # said before a million rows are read in vain
            raise xlsx.too_many()
        return Document(f"{report.name}.xlsx", xlsx.MEDIA, xlsx.write(report))

    def _rows(
        self, scope: Scope, query: ListQuery, of: Listing, total: int
    ) -> Iterator[list[Cell]]:
        for done, shape in enumerate(shapes(self._reads, scope, query), start=1):
            yield row(shape, of)
            self._told(done, max(done, total))

    def _listed(self, scope: Scope, query: ListQuery, table: Table) -> Report:
        """A list as a report of one table, with nothing above it; it says all in two languages."""
        cluster = None if isinstance(query, ReadingQuery) else query.cluster
        now = self._clock.now()
        days = FileDays(query.station or cluster, *_bounds(query), now, self._reads.known(now))
        simulated = any(
            shape["simulated"] for shape in stations(self._reads, scope, query.station, cluster)
        )
        return Report(
            name=file_name(table.title[1], days),
            language="en",
            title=table.title,
            footer=BOTH_FOOTERS,
            tables=[table],
            simulated=simulated,
            made=now,
        )


def _bounds(query: ListQuery) -> tuple[int | None, int | None]:
    if isinstance(query, ReadingQuery):
        return query.start, query.end
    if isinstance(query, AlertQuery):
        return query.since, None
    return query.start_from, query.start_to

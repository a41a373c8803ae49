"""Lists as CSV: RFC 4180 in UTF-8 with a byte-order mark, so that spreadsheets read it right."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rules.days import rfc3339
from tolich.reports.cells import guarded, written
from tolich.reports.tables import Cell, Column, Kind

MEDIA = "text/csv; charset=utf-8"
TOGETHER = 500
"""Rows that are sent at once."""

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def write(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], marks: Sequence[str]
) -> Iterator[bytes]:
    """A header, the rows as they come, and one record for each mark, its other fields empty."""
    text = StringIO(newline="")
    lines = csv.writer(text)  # RFC 4180 is how this module writes unless told otherwise
    text.write(_BOM)
    lines.writerow([column.name[1] for column in columns])
    for number, row in enumerate(rows, start=1):
        lines.writerow([_field(value, of.kind) for value, of in zip(row, columns, strict=True)])
        if number % TOGETHER == 0:
            yield _taken(text)
    lines.writerows([mark, *[""] * (len(columns) - 1)] for mark in marks)
    yield _taken(text)


def _field(value: Cell, kind: Kind) -> str | int | float:
    """A value in machine format: numbers with a point, times with their zone."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(written(value))
    return rfc3339(int(value)) if kind is Kind.TIME else value


def _taken(text: StringIO) -> bytes:
    """What was written since the last time."""
    said = text.getvalue()
    text.seek(0)
    text.truncate()
    return said.encode()

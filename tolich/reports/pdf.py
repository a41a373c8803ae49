"""Reports as PDF, set by Typst from a page of ours. The same report gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typst

from tolich.documents import TooMuch
from tolich.reports.cells import shown, written
from tolich.reports.tables import Column, Kind, Report, Table

MEDIA = "application/pdf"
MOST_ROWS = 10_000
"""Rows of one report on paper: some 400 pages."""

SIZE = 6.5  # points, of the text in tables
SMALLEST = 4.0
WIDTH = 770.0  # points, of a page between its margins
PADDING = 5.0  # points, of a cell on both sides together
LETTER, CAPITAL = 0.5, 0.75
"""About how wide a letter or figure, and a capital, is as a share of its size."""

_WORDS = re.compile(r"[\s-]+")  # where a line may break
_PAGE = Path(__file__).with_name("report.typ")


def write(report: Report) -> Iterator[bytes]:
    """The file of a report. Raises TooMuch."""
    tables = [_table(report, table) for table in report.tables if table.paper]
    rows = sum(len(table["rows"]) for table in tables)
    if rows > MOST_ROWS:
        raise TooMuch(
            f"{rows} rows are too many to print, {MOST_ROWS} at most: ask about fewer days or one "
            "station, or ask for XLSX."
        )
    # All text goes in as values, never as markup: what a station sends cannot set a page.
    said = json.dumps(_content(report, tables), ensure_ascii=False)
    made: Any = typst.compile(
        _page(),
        font_paths=_fonts(),
        sys_inputs={"report": said},
        timestamp=report.made,
    )
    return iter([made])


@cache
def _page() -> bytes:
    return _PAGE.read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """The fonts inside Typst alone: the pages are the same on every machine."""
    return typst.Fonts(include_system_fonts=False)


def _content(report: Report, tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "language": report.language,
        "title": report.word(report.title),
        "simulated": " ".join(report.marks),
        "about": [[report.word(name), written(said)] for name, said in report.about],
        "notes": [report.word(note) for note in report.notes],
        "footer": report.footer,
        "size": SIZE,
        "empty": report.word(("Không có.", "None.")),
        "tables": tables,
    }


def _table(report: Report, table: Table) -> dict[str, Any]:
    kept = [place for place, column in enumerate(table.columns) if column.paper]
    columns = [table.columns[place] for place in kept]
    share = WIDTH / sum(column.paper for column in columns)
    rooms = [(column.paper * share - PADDING) / SIZE for column in columns]
    return {
        "title": report.word(table.title),
        "widths": [column.paper for column in columns],
        "right": [_is_number(column) for column in columns],
        "names": [report.heading(column) for column in columns],
        "rows": [
            [
                _fitted(shown(row[place], column.kind, report.language), room)
                for place, column, room in zip(kept, columns, rooms, strict=True)
            ]
            for row in table.rows
        ],
    }


def _fitted(said: str, room: float) -> str | dict[str, Any]:
    """A text; with a smaller size where its longest word is wider than the room (in sizes)."""
    longest = max(map(_width, _WORDS.split(said)))
    if longest <= room:
        return said
    return {"text": said, "size": max(SMALLEST, round(SIZE * room / longest, 1))}


def _width(word: str) -> float:
    """About how wide a word is, in units of its size."""
    return sum(CAPITAL if letter.isupper() else LETTER for letter in word)


def _is_number(column: Column) -> bool:
    return column.kind not in (Kind.TEXT, Kind.DATE, Kind.TIME)

"""Tables as XLSX, row by row, so that a long one needs little memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from tolich.ports import TooMuch
from tolich.reports.cells import local, written
from tolich.reports.tables import Cell, Kind, Report, Table

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""Rows of a sheet; the format has no more."""

MARKS = 2
"""Rows below a table: the footer, and what says that data are simulated."""

CHUNK = 64 * 1024
_FORMATS = {
    Kind.WHOLE: "#,##0",
    Kind.NUMBER: "#,##0.######",
    Kind.SHARE: "0.00%",
    Kind.DATE: "yyyy-mm-dd",
    Kind.TIME: "yyyy-mm-dd hh:mm:ss",
    Kind.SPAN: "#,##0",
}
_BOLD = Font(bold=True)
_WRAP = Alignment(wrap_text=True, vertical="top")


def write(report: Report) -> Iterator[bytes]:
    """The file of a report; what it is about stands above its first table. Raises TooMuch."""
    book = Workbook(write_only=True)
    book.properties.title = report.word(report.title)
    book.properties.creator = "Tô Lịch"
    head = _head(report)
    with ExitStack() as unless_saved:
        unless_saved.callback(_discard, book)
        for table in report.tables:
            _sheet(book, report, table, head)
            head = []
        made = _chunks(book)
        unless_saved.pop_all()
    return made


def _discard(book: Workbook) -> None:
    """Let go of the files that the sheets of an unfinished book were written to."""
    for sheet in book.worksheets:
        if not sheet.closed:
            sheet.close()
        sheet._writer.cleanup()


def _head(report: Report) -> list[list[str]]:
    """Rows above the first table; none above a list, which programs read as well."""
    if not report.about:
        return []
    marks = [[mark] for mark in report.marks]
    about = [[report.word(name), said] for name, said in report.about]
    notes = [[report.word(note)] for note in report.notes]
    return [[report.word(report.title)], *marks, *about, *notes, []]


def _sheet(book: Workbook, report: Report, table: Table, head: list[list[str]]) -> None:
    sheet = book.create_sheet(report.word(table.title))
    _print_setup(sheet, report, len(head) + 1)
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(
            column.width, _longest_word(report.word(column.name)) + 2
        )
    sheet.freeze_panes = f"A{len(head) + 2}"
    for row in head:
        sheet.append([_text(sheet, said, bold=not number) for number, said in enumerate(row)])
    names = [report.heading(column) for column in table.columns]
    sheet.append([_text(sheet, name, bold=True, wrap=True) for name in names])
    _fill(sheet, table, MOST_ROWS - len(head) - 1 - MARKS)
    for mark in (report.footer, *report.marks):
        sheet.append([_text(sheet, mark)])


def _longest_word(name: str) -> int:
    return max(map(len, name.split()))


def _print_setup(sheet: Any, report: Report, header: int) -> None:
    """What every printed page says: title and mark above, footer and page below."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if hasattr(sheet, "PAPERSIZE_A4") else 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{header}:{header}"
    sheet.oddHeader.left.text = report.word(report.title)
    sheet.oddHeader.right.text = " ".join(report.marks)
    sheet.oddFooter.left.text = report.footer
    sheet.oddFooter.right.text = "&P/&N"


def _fill(sheet: Any, table: Table, most: int) -> None:
    """The rows of a table, through one cell a column: styling each anew costs more than writing."""
    kinds = [column.kind for column in table.columns]
    cells = [_cell(sheet, kind) for kind in kinds]
    for number, row in enumerate(table.rows):
        if number >= most:
            raise too_many(most)
        for cell, kind, value in zip(cells, kinds, row, strict=True):
            _set(cell, kind, value)
        sheet.append(cells)


def too_many(most: int = MOST_ROWS) -> TooMuch:
    """The refusal of more rows than a sheet has."""
    return TooMuch(
        f"A sheet of XLSX holds {most} rows at most: ask about fewer days or one parameter, or "
        "ask for CSV, which has no bound."
    )


def _cell(sheet: Any, kind: Kind) -> Any:
    cell = WriteOnlyCell(sheet)
    if kind in _FORMATS:
        cell.number_format = _FORMATS[kind]
    else:
        cell.alignment = _WRAP
    return cell


def _set(cell: Any, kind: Kind, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = written(value)
        cell.data_type = "s"  # text from outside may begin with "=" and must stay text
    elif value is not None and kind in (Kind.DATE, Kind.TIME):
        at = local(int(value))
        cell.value = at.date() if kind is Kind.DATE else at
    elif value is not None and kind is Kind.SPAN:
        cell.value = round(value / 60)
    else:
        cell.value = value


def _text(sheet: Any, said: str, *, bold: bool = False, wrap: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, written(said))
    cell.data_type = "s"
    if bold:
        cell.font = _BOLD
    if wrap:
        cell.alignment = _WRAP
    return cell


def _chunks(book: Workbook) -> Iterator[bytes]:
    """The finished file, bit by bit; it is written before the first bit is asked for."""
    file = TemporaryFile()  # noqa: SIM115 - closed when the last bit was read
    book.save(file)
    file.seek(0)
    return _read(file)


def _read(file: Any) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk

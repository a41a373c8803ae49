"""The register as a spreadsheet: written from its entries, read back as changes to them.

Each sheet has a row of keys, a row of headings in two languages, and then a row an entry. An entry
that no row names is left as it is, and so is whatever an entry holds beyond the columns; a cell
that was emptied takes its value out. Nothing is judged here: the register's own loader does that.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from rules.loading import meant
from rules.model import Problem, Refused
from tolich.registering import Body, Entry

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ROWS = 20_000
"""Of one sheet; a city's register has a tenth of it."""

AS_IS = "(giữ nguyên / as is)"
"""Stands for what a cell cannot hold: left alone when it is read back."""

FILE = "sheet"
_FIRST = 3  # the first row below keys and headings
_TRUE = frozenset({"true", "x", "có", "co", "yes", "1"})
_FALSE = frozenset({"false", "không", "khong", "no", "0"})
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")

Kind = Literal["text", "number", "day", "flag"]


class Column(NamedTuple):
    """A column: its key, a dotted place in the entry's body, and its headings."""

    key: str
    vi: str
    en: str
    kind: Kind = "text"


class Sheet(NamedTuple):
    """A sheet. With `inside`, its rows are parts of the entries that the first column names."""

    name: str
    kind: str  # of rules.register.KINDS
    columns: tuple[Column, ...]  # the first is the entry's id; with `by`, the second the part's
    inside: str = ""  # where in the body the parts are
    by: bool = False  # parts by a key, the second column; otherwise a list


_PLANT_OF = Column("plant", "Nhà máy", "Plant")
_FROM = Column("from", "Từ ngày", "From", "day")
_UNTIL = Column("until", "Đến ngày", "Until", "day")
SHEETS = (
    Sheet("clusters", "clusters", (
        Column("id", "Mã cụm", "Cluster id"), Column("name", "Tên", "Name"),
        Column("province", "Tỉnh, thành", "Province"), Column("ward", "Phường, xã", "Ward"),
        Column("investor", "Chủ đầu tư", "Investor"),
    )),
    Sheet("plants", "plants", (
        Column("id", "Mã nhà máy", "Plant id"), Column("cluster", "Cụm", "Cluster"),
        Column("name", "Tên", "Name"),
        Column("capacity", "Công suất, m³/ngày", "Capacity, m³/day", "number"),
    )),
    Sheet("contacts", "plants", (
        _PLANT_OF, Column("role", "Vai trò", "Role"), Column("name", "Họ tên", "Name"),
        Column("phone", "Điện thoại", "Phone"),
    ), "contacts"),
    Sheet("stations", "stations", (
        Column("id", "Mã trạm", "Station id"), _PLANT_OF, Column("name", "Tên", "Name"), _FROM,
        _UNTIL, Column("interval", "Chu kỳ, giây", "Interval, seconds", "number"),
        Column("timestamp_means", "Thời điểm là đầu hay cuối (start/end)", "Times mean start/end"),
        Column("tt10.prefix", "Tiền tố tệp TT10", "TT10 file prefix"),
        Column("simulated", "Mô phỏng", "Simulated", "flag"),
    )),
    Sheet("series", "stations", (
        Column("station", "Trạm", "Station"), Column("parameter", "Thông số", "Parameter"),
        Column("low", "Cận dưới dải đo", "Range from", "number"),
        Column("high", "Cận trên dải đo", "Range to", "number"),
    ), "series", by=True),
    Sheet("permits", "permits", (
        Column("id", "Mã giấy phép", "Permit id"), _PLANT_OF,
        Column("document", "Văn bản", "Document"), Column("number", "Số", "Number"),
        Column("date", "Ngày ký", "Signed", "day"), Column("page", "Trang", "Page"), _FROM, _UNTIL,
        Column("basis", "Trung bình theo (hour/day)", "Mean over (hour/day)"),
    )),
    Sheet("limits", "permits", (
        Column("permit", "Giấy phép", "Permit"), Column("parameter", "Thông số", "Parameter"),
        Column("min", "Nhỏ nhất", "Least", "number"), Column("max", "Lớn nhất", "Most", "number"),
        Column("unit", "Đơn vị", "Unit"), Column("page", "Trang", "Page"),
    ), "limits", by=True),
)  # fmt: skip


# --- writing ------------------------------------------------------------------------------------


def written(entries: Sequence[Entry]) -> bytes:
    """The register as an XLSX file; of an empty one the template."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in SHEETS:
        page = book.create_sheet(sheet.name)
        _head(page, sheet)
        for entry in entries:
            if entry.kind == sheet.kind:
                for row in _rows(sheet, entry.id, entry.body or {}):
                    page.append([_safe(cell) for cell in row])
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def _head(page: Worksheet, sheet: Sheet) -> None:
    page.append([column.key for column in sheet.columns])
    page.append([f"{column.vi} / {column.en}" for column in sheet.columns])
    for number, column in enumerate(sheet.columns, start=1):
        page.cell(1, number).font = Font(color="808080", size=9)
        page.cell(2, number).font = Font(bold=True)
        page.column_dimensions[get_column_letter(number)].width = max(14, len(column.vi) + 4)
    page.freeze_panes = f"A{_FIRST}"


def _rows(sheet: Sheet, name: str, body: Body) -> Iterator[list[object]]:
    if not sheet.inside:
        yield [name, *(_cell(_at(body, one.key), one.kind) for one in sheet.columns[1:])]
        return
    held = body.get(sheet.inside) or {}
    if sheet.by and isinstance(held, Mapping):
        for key, part in held.items():
            yield [name, key, *(_cell((part or {}).get(c.key), c.kind) for c in sheet.columns[2:])]
    elif isinstance(held, Sequence):
        for part in held:
            yield [name, *(_cell(part.get(one.key), one.kind) for one in sheet.columns[1:])]


def _cell(value: object, kind: Kind) -> object:
    """A value as a cell holds it; a day is a day, so that spreadsheets show it as their own."""
    if value is None or isinstance(value, bool | int | Decimal):
        return value
    if isinstance(value, Mapping | list):
        return AS_IS
    if kind == "day":
        return date.fromisoformat(str(value))
    return str(value)


def _safe(cell: object) -> object:
    """No text that a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "@")) else cell


# --- reading ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Read:
    """What a file asks for: changes as the register takes them, and the cell of each place."""

    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)  # "stations.MAU01.interval": "stations!F3"
    problems: list[Problem] = field(default_factory=list)

    def cell_of(self, place: str) -> str | None:
        """The cell of a problem's place, or the one nearest to it."""
        while place:
            if place in self.cells:
                return self.cells[place]
            place = re.sub(r"(\.[^.\[\]]*|\[\d+\])$|^[^.\[\]]*$", "", place)
        return None

    def wrong(self, cell: str, said: str) -> None:
        """Note what cannot be read."""
        self.problems.append(Problem(FILE, cell, said))


def read(content: bytes, entries: Sequence[Entry]) -> Read:
    """The changes that a file asks of the register. Raises Refused when it is no such file."""
    book = _opened(content)
    standing = {(one.kind, one.id): one.body or {} for one in entries}
    found = Read()
    names = [sheet.name for sheet in SHEETS]
    for extra in (one for one in book.sheetnames if one not in names):
        found.wrong(extra, f"unknown sheet{meant(extra, names)}")
    for sheet in SHEETS:
        if sheet.name in book.sheetnames:
            _read_sheet(sheet, book[sheet.name], standing, found)
    return found


def _opened(content: bytes) -> Workbook:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise Refused([Problem(FILE, "(file)", "holds more than a register can")])
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        said = "not readable as XLSX: begin with the file that can be downloaded here"
        raise Refused([Problem(FILE, "(file)", said)]) from error


class _Row(NamedTuple):
    """A row: its number, its values by column, and what could not be read."""

    number: int
    values: dict[str, object]


def _read_sheet(
    sheet: Sheet, page: Any, standing: Mapping[tuple[str, str], Body], found: Read
) -> None:
    letters = _letters(sheet, page, found)
    if letters is None:
        return
    cleared: set[str] = set()
    for row in _values(sheet, page, letters, found):
        name = str(row.values.pop(sheet.columns[0].key) or "")
        if not name:
            found.wrong(f"{sheet.name}!A{row.number}", "say which entry this row is about")
            continue
        if not sheet.inside:
            _take_entry(sheet, name, row, standing, letters, found)
            continue
        body = _body(sheet.kind, name, standing, found)
        before = standing.get((sheet.kind, name), {}).get(sheet.inside)
        if name not in cleared:  # the rows of a sheet are all the parts that an entry has
            body[sheet.inside] = {} if sheet.by else []
            cleared.add(name)
        _take_part(sheet, name, row, body, before, letters, found)


def _letters(sheet: Sheet, page: Any, found: Read) -> dict[str, str] | None:
    """The letter of each column that the first row names; None when it cannot be used."""
    first = next(page.iter_rows(min_row=1, max_row=1, values_only=True), ())
    keys = [column.key for column in sheet.columns]
    letters: dict[str, str] = {}
    for number, key in enumerate(first, start=1):
        if key is None:
            continue
        if key not in keys:
            cell = f"{sheet.name}!{get_column_letter(number)}1"
            found.wrong(cell, f"unknown column {key!r}{meant(str(key), keys)}")
            return None
        letters[str(key)] = get_column_letter(number)
    needed = keys[: 2 if sheet.by else 1]
    if missing := [key for key in needed if key not in letters]:
        found.wrong(f"{sheet.name}!A1", f"the first row must name {', '.join(missing)}")
        return None
    return letters


def _values(sheet: Sheet, page: Any, letters: Mapping[str, str], found: Read) -> Iterator[_Row]:
    kinds = {column.key: column.kind for column in sheet.columns}
    order = list(letters)
    for number, cells in enumerate(page.iter_rows(min_row=_FIRST, values_only=True), start=_FIRST):
        if all(cell is None or str(cell).strip() == "" for cell in cells):
            continue
        if number > MOST_ROWS:
            found.wrong(f"{sheet.name}!A{number}", f"a sheet has {MOST_ROWS} rows at most")
            return
        values: dict[str, object] = {}
        by_letter = {get_column_letter(n): cell for n, cell in enumerate(cells, start=1)}
        for key in order:
            try:
                values[key] = _value(by_letter.get(letters[key]), kinds[key])
            except ValueError as error:
                found.wrong(f"{sheet.name}!{letters[key]}{number}", str(error))
                values[key] = AS_IS
        yield _Row(number, values)


def _value(cell: object, kind: Kind) -> object:
    """What a cell says, as the register's YAML would. Raises ValueError."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    text = str(cell).strip().removeprefix("'")
    if text == AS_IS:
        return AS_IS
    if kind == "number":
        return _number(cell, text)
    if kind == "day":
        return _day(cell, text)
    if kind == "flag":
        return _flag(cell, text)
    if isinstance(cell, datetime | date):
        raise ValueError(f"{text!r} is a day: format the cell as text")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else text


def _number(cell: object, text: str) -> int | Decimal:
    if isinstance(cell, bool | datetime | date):
        raise ValueError(f"{text!r} is not a number")
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a number, such as 67,5") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else value


def _day(cell: object, text: str) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if local := _DAY.fullmatch(text):
        text = f"{local[3]}-{int(local[2]):02}-{int(local[1]):02}"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day, such as 31/01/2026 or 2026-01-31") from error


def _flag(cell: object, text: str) -> bool:
    if isinstance(cell, bool):
        return cell
    if text.casefold() in _TRUE | _FALSE:
        return text.casefold() in _TRUE
    raise ValueError(f"{text!r} is neither yes nor no: write x, or leave it empty")


def _body(
    kind: str, name: str, standing: Mapping[tuple[str, str], Body], found: Read
) -> dict[str, Any]:
    """The body that the changes give an entry: at first what it is now."""
    of = found.changes.setdefault(kind, {})
    if name not in of:
        of[name] = deepcopy(dict(standing.get((kind, name), {})))
    body: dict[str, Any] = of[name]
    return body


def _take_entry(
    sheet: Sheet, name: str, row: _Row, standing: Mapping[tuple[str, str], Body],
    letters: Mapping[str, str], found: Read,
) -> None:  # fmt: skip
    place = f"{sheet.kind}.{name}"
    if place in found.cells:
        found.wrong(f"{sheet.name}!A{row.number}", f"{name!r} stands at {found.cells[place]} too")
        return
    found.cells[place] = f"{sheet.name}!{letters[sheet.columns[0].key]}{row.number}"
    body = _body(sheet.kind, name, standing, found)
    for key, value in row.values.items():
        found.cells[f"{place}.{key}"] = f"{sheet.name}!{letters[key]}{row.number}"
        _put(body, key, value)


def _take_part(
    sheet: Sheet, name: str, row: _Row, body: dict[str, Any], before: object,
    letters: Mapping[str, str], found: Read,
) -> None:  # fmt: skip
    held = body[sheet.inside]
    if sheet.by:
        key = str(row.values.pop(sheet.columns[1].key) or "")
        if not key or key in held:
            cell = f"{sheet.name}!{letters[sheet.columns[1].key]}{row.number}"
            found.wrong(cell, f"{key!r} stands here twice" if key else "say which parameter")
            return
        kept = before.get(key) if isinstance(before, Mapping) else None
        part = held[key] = deepcopy(dict(kept or {}))
        place = f"{sheet.kind}.{name}.{sheet.inside}.{key}"
    else:
        part = {}
        place = f"{sheet.kind}.{name}.{sheet.inside}[{len(held)}]"
        held.append(part)
    found.cells[place] = f"{sheet.name}!A{row.number}"
    for key, value in row.values.items():
        found.cells[f"{place}.{key}"] = f"{sheet.name}!{letters[key]}{row.number}"
        _put(part, key, value)


def _at(body: Body, key: str) -> object:
    outer, _, inner = key.partition(".")
    held = body.get(outer)
    if not inner:
        return held
    return held.get(inner) if isinstance(held, Mapping) else None


def _put(body: dict[str, Any], key: str, value: object) -> None:
    """Set a value; None takes it out, and what a cell could not hold is left alone."""
    if value == AS_IS:
        return
    outer, _, inner = key.partition(".")
    if inner:
        held = dict(body.get(outer) or {})
        _put(held, inner, value)
        value = held or None
    if value is None or (value is False and outer not in body):
        body.pop(outer, None)
    else:
        body[outer] = value

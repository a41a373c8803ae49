"""What another portal exported (CSV or XLSX), read by a declared mapping; whole or not at all."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import Field, ValidationError

from rules.days import ZONE, day_start, midnight
from rules.loading import meant
from rules.model import Problem, Refused
from tolich.sections import Section
from tolich.yamlfile import read_bytes, read_yaml

MOST = 20
"""Problems of one file that are told; a wrong date format is wrong in every row."""

Word = Literal["within", "exceeded", "not_assessed"]


class Columns(Section):
    """The headers under which the export has what is compared."""

    station: str
    parameter: str
    date: str
    value: str
    verdict: str | None = None


class ExportForm(Section):
    """How to read one kind of export. Names are compared as written, without outer spaces."""

    columns: Columns
    period: Literal["day", "hour"] = "day"
    date_format: str = "%d/%m/%Y"
    decimal: Literal[".", ","] = ","
    places: int | None = Field(default=None, ge=0, le=6)  # XLSX shows numbers rounded to so many
    delimiter: str = Field(default=";", min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    sheet: str | None = None  # XLSX: the first one
    header_row: int = Field(default=1, ge=1)
    stations: dict[str, str] = Field(default_factory=dict)  # as the portal calls it: our id
    parameters: dict[str, str] = Field(default_factory=dict)
    verdicts: dict[str, Word] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortalRow:
    """One value of the portal. `value` None: the portal has none for this period."""

    row: int  # in the file, as a spreadsheet counts
    station: str
    parameter: str
    start: int  # UTC epoch seconds
    value: Decimal | None
    places: int  # decimals that the portal shows
    verdict: Word | None


def read_mapping(path: Path) -> ExportForm:
    """The mapping of a YAML file. Raises Refused with every problem."""
    raw = read_yaml(path)
    try:
        return ExportForm.model_validate(raw)
    except ValidationError as error:
        raise Refused([_problem(str(path), one) for one in error.errors()]) from error


def _problem(file: str, error: Any) -> Problem:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        model = Columns if place[0] == "columns" and len(place) > 1 else ExportForm
        known = list(model.model_fields)
        return Problem(file, ".".join(place), f"unknown key{meant(place[-1], known)}")
    return Problem(file, ".".join(place) or "(top)", f"{error['msg']}; found {error['input']!r}")


def read_export(
    path: Path, how: ExportForm, stations: Iterable[str], parameters: Iterable[str]
) -> list[PortalRow]:
    """Every row of an export, oldest first. Raises Refused naming row and column of each fault."""
    lines = _xlsx(path, how) if path.suffix.lower() == ".xlsx" else _csv(path, how)
    reading = _Reading(str(path), how, sorted(stations), sorted(parameters))
    rows = reading.rows(list(lines))
    if not rows and not reading.problems:
        reading.problem(how.header_row + 1, "", "there is no row below the headers")
    if reading.problems:
        raise Refused(reading.told())
    return sorted(rows, key=lambda row: (row.station, row.parameter, row.start))


def _csv(path: Path, how: ExportForm) -> Iterator[tuple[int, list[object]]]:
    try:
        text = read_bytes(path).decode(how.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        said = f"not {how.encoding}: set `encoding`, such as cp1258 or utf-16"
        raise Refused([Problem(str(path), "(file)", said)]) from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=how.delimiter)
    try:
        for cells in reader:
            yield reader.line_num, list(cells)
    except csv.Error as error:
        said = f"not readable as CSV ({error}); check `delimiter`"
        raise Refused([Problem(str(path), f"row {reader.line_num}", said)]) from error


def _xlsx(path: Path, how: ExportForm) -> Iterator[tuple[int, list[object]]]:
    content = read_bytes(path)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError) as error:
        said = "not readable as XLSX; save it anew as .xlsx, or as CSV"
        raise Refused([Problem(str(path), "(file)", said)]) from error
    if how.sheet is not None and how.sheet not in book.sheetnames:
        said = f"there is no sheet {how.sheet!r}{meant(how.sheet, book.sheetnames)}"
        raise Refused([Problem(str(path), "(file)", said)])
    sheet = book[how.sheet or book.sheetnames[0]]
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, list(cells)


class _Reading:
    """One file being read: its rows, and what is wrong with them."""

    def __init__(
        self, file: str, how: ExportForm, stations: list[str], parameters: list[str]
    ) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._how = how
        self._stations = stations
        self._parameters = parameters
        self._seen: dict[tuple[str, str, int], int] = {}

    def problem(self, row: int, column: str, message: str) -> None:
        """Record what is wrong in a cell, or a row."""
        where = f"row {row}, column {column!r}" if column else f"row {row}"
        self.problems.append(Problem(self._file, where, message))

    def told(self) -> list[Problem]:
        """The first of the problems, and how many more there are."""
        more = len(self.problems) - MOST
        last = [Problem(self._file, "(file)", f"and {more} more problems")] if more > 0 else []
        return self.problems[:MOST] + last

    def rows(self, lines: list[tuple[int, list[object]]]) -> list[PortalRow]:
        """The rows below the headers; empty ones are passed over."""
        heads = [cells for number, cells in lines if number == self._how.header_row]
        places = self._columns([_text(cell) for cell in heads[0]] if heads else [])
        if self.problems:
            return []
        below = [line for line in lines if line[0] > self._how.header_row]
        filled = [line for line in below if any(_text(cell) for cell in line[1])]
        read = [self._row(number, cells, places) for number, cells in filled]
        return [row for row in read if row is not None]

    def _columns(self, heads: list[str]) -> dict[str, int]:
        found = {}
        for name, head in self._how.columns.model_dump(exclude_none=True).items():
            if heads.count(head) == 1:
                found[name] = heads.index(head)
            else:
                twice = (
                    "stands there twice" if head in heads else f"is not there{meant(head, heads)}"
                )
                said = f"{twice}; the headers are: {', '.join(filter(None, heads)) or 'none'}"
                self.problem(self._how.header_row, head, f"columns.{name} {said}")
        return found

    def _row(self, number: int, cells: list[object], places: Mapping[str, int]) -> PortalRow | None:
        before = len(self.problems)
        cell = {name: cells[at] if at < len(cells) else None for name, at in places.items()}
        how = self._how
        station = self._named(number, "station", cell, how.stations, self._stations)
        parameter = self._named(number, "parameter", cell, how.parameters, self._parameters)
        start = self._start(number, cell["date"])
        value, decimals = self._value(number, cell["value"])
        verdict = self._verdict(number, cell.get("verdict"))
        if len(self.problems) > before:
            return None
        key = (station, parameter, start)
        if key in self._seen:
            self.problem(
                number, "", f"the same station, parameter and time as row {self._seen[key]}"
            )
            return None
        self._seen[key] = number
        return PortalRow(number, station, parameter, start, value, decimals, verdict)

    def _named(
        self, row: int, what: str, cell: Mapping[str, object], names: Mapping[str, str],
        known: list[str],
    ) -> str:  # fmt: skip
        text = _text(cell[what])
        name = names.get(text, text)
        if name not in known:
            said = f"{text!r} is no {what} here{meant(name, known)}; declare it under `{what}s`"
            self.problem(row, self._head(what), said)
        return name

    def _head(self, what: str) -> str:
        return str(getattr(self._how.columns, what))

    def _start(self, row: int, cell: object) -> int:
        at = self._moment(row, cell)
        if at is None:
            return 0
        if self._how.period == "day":
            return midnight(at)
        if at % 3600:
            self.problem(row, self._head("date"), "an hour does not begin here: expected minute 00")
        return at

    def _moment(self, row: int, cell: object) -> int | None:
        if isinstance(cell, datetime):
            return int(cell.replace(tzinfo=ZONE).timestamp())
        if isinstance(cell, date):
            return day_start(cell)
        text = _text(cell)
        try:
            read = datetime.strptime(text, self._how.date_format).replace(tzinfo=ZONE)
        except ValueError:
            said = f"{text!r} is not written as {self._how.date_format}: see `date_format`"
            self.problem(row, self._head("date"), said)
            return None
        return int(read.astimezone(UTC).timestamp())

    def _value(self, row: int, cell: object) -> tuple[Decimal | None, int]:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            number = Decimal(repr(cell))
            return number, self._decimals(number)
        text = _text(cell)
        if text in ("", "-", "–"):
            return None, 0
        read = _number(text, self._how.decimal)
        if read is None:
            said = f"{text!r} is no number with decimal {self._how.decimal!r}: see `decimal`"
            self.problem(row, self._head("value"), said)
            return None, 0
        return read, self._decimals(read)

    def _decimals(self, value: Decimal) -> int:
        if self._how.places is not None:
            return self._how.places
        exponent = value.as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0

    def _verdict(self, row: int, cell: object) -> Word | None:
        text = _text(cell)
        if not text:
            return None
        if text not in self._how.verdicts:
            hint = f"{meant(text, self._how.verdicts)}; declare it under `verdicts`"
            self.problem(row, str(self._how.columns.verdict), f"{text!r} is no verdict here{hint}")
        return self._how.verdicts.get(text)


def _number(text: str, point: str) -> Decimal | None:
    """Thousands are not guessed: 1.234 with a decimal comma is no number."""
    if re.fullmatch(rf"[-+]?\d+(?:{re.escape(point)}\d+)?", text, re.ASCII) is None:
        return None
    return Decimal(text.replace(point, "."))


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()

"""The kinds of file: pages, letters, bounds, what is owed, and text from outside."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from rules.days import DAY_SECONDS
from rules.wording import FOOTER, SIMULATED
from tests.cast import DAY0, DAY2, HOUR, Stage, hours_of, stage
from tests.tolich.opened import page_texts, word_spans
from tolich.documents import ReadingQuery, ReportQuery, TooMuch
from tolich.ports import EVERYTHING, FindingQuery, Page, Scope
from tolich.reports import csvfile, gather, pdf, xlsx
from tolich.reports.cells import figures, guarded, shown
from tolich.reports.documents import Documents
from tolich.reports.judged import seconds
from tolich.reports.tables import Cell, Column, Kind, Report, Table

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = "\u0300\u0309\u0303\u0301\u0323"
ALPHABET = [
    unicodedata.normalize("NFC", letter + tone)
    for letter in LETTERS + LETTERS.upper()
    for tone in ("", *(TONES if letter.lower() in "aăâeêioôơuưy" else ""))
]
"""Every letter of Vietnamese with every tone it takes, small and great."""

COLUMNS = (
    Column(("Chữ", "Text"), width=20),
    Column(("Số", "Number"), Kind.NUMBER),
    Column(("Lúc", "Time"), Kind.TIME),
)


def report(rows: list[list[Cell]], **changes: Any) -> Report:
    """A report of one table of text, number and time."""
    usual = Report(
        "name", "vi", ("Tiêu đề", "Title"), FOOTER[0], [Table(("Bảng", "Table"), COLUMNS, rows)],
        True, DAY0, [(("Về", "About"), "CCN Mẫu 01")],
    )  # fmt: skip
    return replace(usual, **changes)


def opened_pdf(of: Report, folder: Path) -> list[str]:
    file = folder / "file.pdf"
    file.write_bytes(b"".join(pdf.write(of)))
    return page_texts(file)


def opened_xlsx(of: Report) -> list[list[Any]]:
    """The one sheet of a file, as openpyxl reads it."""
    book = load_workbook(io.BytesIO(b"".join(xlsx.write(of))))
    return [list(cells) for cells in book.worksheets[0].iter_rows()]


# --- paper ----------------------------------------------------------------------------------


def test_every_letter_of_vietnamese_is_drawn(tmp_path: Path) -> None:
    assert len(ALPHABET) == 2 * (29 + 12 * 5)
    pages = opened_pdf(report([[" ".join(ALPHABET), 1, DAY0]]), tmp_path)
    text = unicodedata.normalize("NFC", "".join(pages))
    assert [letter for letter in ALPHABET if letter not in text] == []


@pytest.mark.parametrize("simulated", [True, False])
def test_a_long_report_says_it_all_on_every_page(simulated: bool, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[f"row-{n}", n, DAY0] for n in range(300)]
    pages = opened_pdf(report(rows, simulated=simulated), tmp_path)
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert FOOTER[0] in page
        assert (SIMULATED[0] in page) is simulated
        assert f"{number}/{len(pages)}" in page
        assert "Lúc (UTC+7)" in page  # the header of the table
    assert all(f"row-{n} " in "".join(pages) for n in range(300))


def test_the_same_report_gives_the_same_bytes() -> None:
    rows: list[list[Cell]] = [["x", 1.5, DAY0]]
    assert list(pdf.write(report(rows))) == list(pdf.write(report(rows)))


MARKUP = ['#panic("x")', "$ x $", "*strong* _em_ `raw`", "= heading", "@ref", "<label>", "\\u{41}"]


def test_text_from_outside_sets_no_page(tmp_path: Path) -> None:
    pages = opened_pdf(report([[said, 0, DAY0] for said in MARKUP]), tmp_path)
    text = "".join("".join(pages).split())
    assert [said for said in MARKUP if "".join(said.split()) not in text] == []


def test_long_words_stay_within_their_columns(tmp_path: Path) -> None:
    columns = tuple(Column((f"c{n}", f"c{n}")) for n in range(12))
    words: list[Cell] = ["8" * 20, "D" * 18] * 6
    file = tmp_path / "file.pdf"
    of = report([], tables=[Table(("Bảng", "Table"), columns, [words])])
    file.write_bytes(b"".join(pdf.write(of)))
    found = [one for one in word_spans(file) if one[0] in words]
    assert len(found) == 12
    assert all(one[2] < after[1] for one, after in pairwise(found))


def test_an_empty_table_says_so(tmp_path: Path) -> None:
    assert "Không có." in "".join(opened_pdf(report([]), tmp_path))


def test_too_long_for_paper_is_refused() -> None:
    rows: list[list[Cell]] = [["x", 1, DAY0]] * (pdf.MOST_ROWS + 1)
    with pytest.raises(TooMuch, match=r"10001 rows .* ask for XLSX"):
        pdf.write(report(rows))


NUMBERS = {
    (1234.5, "vi"): "1.234,5", (1234.5, "en"): "1,234.5", (0.000001, "vi"): "0,000001",
    (0, "en"): "0", (1_000_000, "vi"): "1.000.000", (-12.5, "vi"): "-12,5",
}  # fmt: skip


@pytest.mark.parametrize(("value", "language", "said"), [(*k, v) for k, v in NUMBERS.items()])
def test_numbers_for_people(value: float, language: Any, said: str) -> None:
    assert figures(value, language) == said


def test_what_is_missing_is_a_dash() -> None:
    assert [shown(None, kind, "vi") for kind in Kind] == ["–"] * len(Kind)
    assert shown(0.12345, Kind.SHARE, "vi") == "12,35 %"
    assert shown(5400, Kind.SPAN, "en") == "90"


# --- sheets -----------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", '=cmd|" /C calc"!A0']


def test_nothing_in_a_sheet_is_a_formula() -> None:
    rows = opened_xlsx(report([[said, 1, DAY0] for said in FORMULAS]))
    found = [row[0] for row in rows if row[1].value == 1]
    assert [cell.value for cell in found] == FORMULAS
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}


def test_a_cell_is_no_longer_than_the_format_holds() -> None:
    lines = "\n".join(f"MAU01:COD:quarter:{n:010}?revision=1" for n in range(1000))
    rows = opened_xlsx(report([[lines, 1, DAY0], ["x\r\n<&>", 2, DAY0], ["x" * 40_000, 3, DAY0]]))
    found = {row[1].value: row[0].value for row in rows if isinstance(row[1].value, int)}
    assert len(found[1]) <= 32_767
    *whole, rest = found[1].split("\n")
    assert (lines.split("\n")[: len(whole)], rest) == (whole, "…")
    assert found[2] == "x\r\n<&>"
    assert len(found[3]) <= 32_767


def test_cells_are_numbers_and_times() -> None:
    rows = opened_xlsx(report([["x", 1234.5, DAY0 + HOUR], ["y", None, None]]))
    _, number, time = next(row for row in rows if row[0].value == "x")
    assert (number.value, number.data_type, number.number_format) == (1234.5, "n", "#,##0.######")
    assert (time.value.isoformat(), time.is_date) == ("2026-03-10T01:00:00", True)
    empty = next(row for row in rows if row[0].value == "y")
    assert [cell.value for cell in empty[1:]] == [None, None]


def test_the_header_stays_and_is_printed_on_every_page() -> None:
    book = load_workbook(io.BytesIO(b"".join(xlsx.write(report([["x", 1, DAY0]])))))
    (sheet,) = book.worksheets
    row = int(sheet.freeze_panes[1:])
    assert [cell.value for cell in sheet[row - 1]] == ["Chữ", "Số", "Lúc (UTC+7)"]
    assert sheet.print_title_rows == f"${row - 1}:${row - 1}"
    assert sheet.oddFooter.left.text == FOOTER[0]
    assert sheet.oddHeader.right.text == " / ".join(SIMULATED)
    assert sheet.column_dimensions["A"].width == 20


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 20)
    lines: list[list[Cell]] = [["x", 1, DAY0]] * 20
    fits = 20 - 2 - 1 - 5  # footer and mark; header; title, mark, about, note and a gap
    notes = [("Ghi chú", "Note")]
    rows = opened_xlsx(report(lines[:fits], notes=notes))
    assert len(rows) == 20
    with pytest.raises(TooMuch, match="ask for CSV"):
        xlsx.write(report(lines[: fits + 1], notes=notes))


# --- comma-separated ------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


def read_csv(chunks: Iterator[bytes]) -> list[list[str]]:
    text = b"".join(chunks).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.tuples(ANY_TEXT, st.floats(-1e9, 1e9), st.integers(0, 2**31)), max_size=5))
def test_any_text_comes_back_and_none_is_a_formula(rows: list[tuple[str, float, int]]) -> None:
    names, *found, mark = read_csv(csvfile.write(COLUMNS, rows, ["mark, in a field"]))
    assert names == ["Text", "Number", "Time"]
    assert mark == ["mark, in a field", "", ""]
    assert len(found) == len(rows)
    for (text, number, _), (said, spelled, time) in zip(rows, found, strict=True):
        assert float(spelled) == number
        assert time.endswith("+07:00")
        if text.isprintable():
            assert said.removeprefix("'") == text.removeprefix("'")
        assert said == "-" or not said.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_unit_of_ph_is_no_formula() -> None:
    assert [guarded(said) for said in ("-", "-1", "mg/L", "")] == ["-", "'-1", "mg/L", ""]


def test_a_long_list_is_sent_in_pieces() -> None:
    rows: list[list[Cell]] = [["x", 1, DAY0]] * (2 * csvfile.TOGETHER + 1)
    assert len(list(csvfile.write(COLUMNS, rows, ["mark"]))) == 3


# --- what a report is gathered from ---------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    on = stage(tmp_path_factory.mktemp("gathered"), DAY2 + HOUR)
    pipeline = on.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 0, [140] * 48))
    pipeline.tick(DAY0, fill=True)
    on.clock.set(DAY2 + HOUR + 60)
    yield on
    on.close()


@dataclass
class Holed:
    """Reads of a store on whose record some findings are missing."""

    of: Any
    hidden: set[int] = field(default_factory=set)  # starts, seconds after DAY0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    def findings(self, scope: Scope, query: FindingQuery, cursor: str | None, limit: int) -> Page:
        page: Page = self.of.findings(scope, query, cursor, 1000)
        left = [one for one in page.items if _start(one) not in self.hidden]
        return Page(left[:limit])


def _start(shape: dict[str, Any]) -> int:
    return seconds(shape["start"]) - DAY0


def owed_hours(on: Stage, first: int, last: int, hidden: set[int]) -> tuple[int, int]:
    """Hours owed by COD, and those on record, from one hour after DAY0 to another."""
    reads: Any = Holed(on.reads(on.taking()), {hour * HOUR for hour in hidden})
    query = ReportQuery("year", DAY0 + first * HOUR, DAY0 + last * HOUR, "MAU01")
    found = gather.gather(reads, EVERYTHING, query, on.clock.now() - 1)
    assert found is not None
    hours = [one for one in found.findings if one.parameter == "COD" and one.period == "hour"]
    return found.owed.get(("MAU01", "COD", "hour"), 0), len(hours)


OWED: dict[str, tuple[int, int, set[int], tuple[int, int]]] = {
    "all on record": (0, 48, set(), (48, 48)),
    "before the first nothing is owed": (-72, 24, set(), (24, 24)),
    "a gap is owed": (0, 24, {5, 6, 7}, (24, 21)),
    "a gap at the beginning": (24, 48, {24, 25}, (24, 22)),
    "a gap at the end": (0, 24, {22, 23}, (24, 22)),
    "nothing on record between others": (24, 26, {24, 25}, (2, 0)),
    "the first of all missing is not known of": (0, 24, {0, 1}, (22, 22)),
    "what is still open is not owed": (24, 72, set(), (24, 24)),
}


@pytest.mark.parametrize(("first", "last", "hidden", "expected"), OWED.values(), ids=OWED)
def test_periods_owed(
    first: int, last: int, hidden: set[int], expected: tuple[int, int], told: Stage
) -> None:
    assert owed_hours(told, first, last, hidden) == expected


def test_too_many_findings_are_refused(told: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_FINDINGS", 10)
    documents = Documents(told.reads(told.taking()), told.clock)
    with pytest.raises(TooMuch, match="fewer days, or about one station"):
        documents.report(EVERYTHING, ReportQuery("year", DAY0, DAY2), "xlsx")


COUNTED: dict[str, Callable[[], Any]] = {
    "count_readings": lambda: ReadingQuery("MAU01"),
    "count_findings": lambda: FindingQuery(),
}


@pytest.mark.parametrize(("name", "query"), COUNTED.items(), ids=COUNTED)
def test_a_list_too_long_for_a_sheet_is_refused_before_it_is_read(
    name: str, query: Callable[[], Any], told: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: Any = told.reads(told.taking())
    monkeypatch.setattr(reads, name, lambda *_: xlsx.MOST_ROWS + 1)
    for unread in ("readings", "findings"):
        monkeypatch.setattr(reads, unread, None)
    with pytest.raises(TooMuch, match="1048576 rows"):
        Documents(reads, told.clock).export(EVERYTHING, query(), "xlsx")


def test_counts_are_those_of_the_lists(told: Stage) -> None:
    reads = told.reads(told.taking())
    for query in (
        ReadingQuery("MAU01", "COD", DAY0 + HOUR, DAY0 + DAY_SECONDS),
        ReadingQuery("MAU01", "pH"),
    ):
        page = reads.readings(EVERYTHING, query.station, query.parameter, query.start, query.end,
                              None, 1000)  # fmt: skip
        assert page is not None
        assert reads.count_readings(EVERYTHING, query) == len(page.items)
        assert reads.count_readings(Scope(frozenset()), query) == 0
    for asked in (FindingQuery("MAU01", period="hour", final=True), FindingQuery(outcome="near")):
        found = reads.findings(EVERYTHING, asked, None, 1000).items
        assert reads.count_findings(EVERYTHING, asked) == len(found)
        assert reads.count_findings(Scope(frozenset()), asked) == 0
        assert set(reads.made_with(EVERYTHING, asked)[1]) == {one["id"] for one in found}
        assert reads.made_with(Scope(frozenset()), asked) == ({}, {})

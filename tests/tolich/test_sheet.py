"""The register as a spreadsheet: the same register comes back, and wrong cells are named."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from openpyxl import Workbook, load_workbook

from api.registersheet import AS_IS, SHEETS, read, written
from rules.model import Refused
from tests.cast import stage
from tests.tolich.office import NOON, LoggedIn, Office, logged_in, opened
from tolich.registering import Entry
from tolich.registrar import Registrar

Edit = Callable[[Workbook], None]


@pytest.fixture(scope="module")
def at_cast(tmp_path_factory: pytest.TempPathFactory) -> LoggedIn:
    return logged_in(stage(tmp_path_factory.mktemp("cast"), NOON), "city_officer")


@pytest.fixture
def office(at_cast: LoggedIn, tmp_path: Path) -> Iterator[Office]:
    yield from opened(at_cast, tmp_path)


def entries(office: Office) -> list[Entry]:
    return list(Registrar(office.on.taking()).entries())


def edited(content: bytes, edit: Edit) -> bytes:
    """A file after somebody has worked on it."""
    book = load_workbook(io.BytesIO(content))
    edit(book)
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def send(office: Office, content: bytes) -> Response:
    found: Response = office.client.post("/setup/sheet", files={"file": ("r.xlsx", content)})
    return found


def row_of(book: Workbook, sheet: str, name: str) -> int:
    """The row whose first cell has a name."""
    (row,) = [cell.row for cell in book[sheet]["A"] if cell.value == name]
    return int(row)


def add(book: Workbook, sheet: str, *cells: object) -> None:
    book[sheet].append(list(cells))


def test_what_is_written_and_read_back_changes_nothing(office: Office) -> None:
    content = office.client.get("/setup/sheet.xlsx").content
    found = read(content, entries(office))
    assert found.problems == []
    assert found.changes.keys() == {"clusters", "plants", "stations", "permits"}
    preview = Registrar(office.on.taking()).preview(found.changes)
    assert (list(preview.changes), list(preview.problems)) == ([], [])
    assert "Không có gì thay đổi" in send(office, content).text


def test_an_empty_register_gives_the_template() -> None:
    book = load_workbook(io.BytesIO(written(())))
    assert book.sheetnames == [sheet.name for sheet in SHEETS]
    for sheet in SHEETS:
        rows = list(book[sheet.name].iter_rows(values_only=True))
        assert [list(row) for row in rows] == [
            [one.key for one in sheet.columns],
            [f"{one.vi} / {one.en}" for one in sheet.columns],
        ]


def test_a_plant_with_station_and_permit_is_entered_whole(office: Office) -> None:
    def new(book: Workbook) -> None:
        add(book, "clusters", "ccn-mau-09", "CCN Mẫu 09", "hanoi", "Xã Mẫu 5")
        add(book, "plants", "mau-09", "ccn-mau-09", "Nhà máy Mẫu 09", "1200,5")
        add(book, "contacts", "mau-09", "Vận hành", "Chị Mẫu", "0900")
        add(book, "stations", "MAU09", "mau-09", "Trạm Mẫu 09", date(2026, 3, 1), None, 300)
        book["stations"].cell(row_of(book, "stations", "MAU09"), 9).value = "x"
        add(book, "series", "MAU09", "COD", None, 300)
        add(book, "series", "MAU09", "pH")
        add(book, "permits", "gp-09", "mau-09", "Giấy phép", 9, "01/12/2025", 1, "2026-01-01")
        add(book, "limits", "gp-09", "COD", None, 67.5, None, 3)
        add(book, "limits", "gp-09", "pH", 6, 9, None, "3")

    looked = send(office, edited(office.client.get("/setup/sheet.xlsx").content, new))
    assert looked.status_code == 200, unescape(looked.text)
    page = unescape(looked.text)
    assert "4 mục sẽ thay đổi" in page
    before = entries(office)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    sent = hidden | {"source": "QĐ 12", "step": "enter"}
    assert office.client.post("/setup/sheet", data=sent).status_code == 303
    after = {(one.kind, one.id): one for one in entries(office)}
    assert len(after) == len(before) + 4
    station, permit = after["stations", "MAU09"], after["permits", "gp-09"]
    assert (station.document, station.by) == ("QĐ 12", "city_officer")
    body: Any = station.body
    assert (body["from"], body["interval"], body["simulated"]) == ("2026-03-01", 300, True)
    assert body["series"] == {"COD": {"high": 300}, "pH": {}}
    body = permit.body
    assert (body["number"], body["page"], body["date"]) == ("9", "1", "2025-12-01")
    assert body["limits"]["COD"] == {"max": Decimal("67.5"), "page": "3"}
    body = after["plants", "mau-09"].body
    assert body["capacity"] == Decimal("1200.5")
    assert body["contacts"] == [{"role": "Vận hành", "name": "Chị Mẫu", "phone": "0900"}]


def test_what_has_no_column_and_what_has_no_row_stays(office: Office) -> None:
    """A no-discharge rule is in no column, and MAU01 in no row."""

    def fewer(book: Workbook) -> None:
        book["permits"].cell(row_of(book, "permits", "gp-03"), 6).value = "7"
        for sheet in ("stations", "series"):
            for cell in [one for one in book[sheet]["A"] if one.value == "MAU01"][::-1]:
                book[sheet].delete_rows(cell.row)

    content = edited(office.client.get("/setup/sheet.xlsx").content, fewer)
    found = read(content, entries(office))
    (change,) = Registrar(office.on.taking()).preview(found.changes).changes
    assert (change.id, change.what) == ("gp-03", "changed")
    assert change.before is not None
    assert change.after is not None
    assert change.after["no_discharge"] == change.before["no_discharge"]
    assert change.after["page"] == "7"


def test_a_value_that_a_cell_cannot_hold_is_left_alone() -> None:
    dated = [{"from": "2026-01-01", "seconds": 900}, {"from": "2026-02-01", "seconds": 300}]
    body = {"plant": "p", "name": "n", "from": "2026-01-01", "interval": dated, "series": {}}
    entry = Entry("stations", "S", 1, body, 0, "x", "y")
    content = written([entry])
    shown = [cell.value for cell in load_workbook(io.BytesIO(content))["stations"][3]]
    assert AS_IS in shown
    assert read(content, [entry]).changes == {"stations": {"S": body}}


def test_an_emptied_cell_takes_its_value_out(office: Office) -> None:
    def emptied(book: Workbook) -> None:
        book["clusters"].cell(row_of(book, "clusters", "ccn-mau-01"), 2).value = None

    looked = send(office, edited(office.client.get("/setup/sheet.xlsx").content, emptied))
    assert looked.status_code == 422
    assert "clusters!B3: cần điền" in unescape(looked.text)


@pytest.mark.parametrize(
    "sheet, column, text, said",
    [
        ("plants", 4, "nhiều", "plants!D3: “nhiều” không phải là số, như 67,5"),
        ("plants", 2, "ccn-mau-1", "plants!B3: sổ đăng ký không có cụm “ccn-mau-1”"),
        ("stations", 4, "hôm qua", "stations!D3: “hôm qua” không phải là ngày"),
        ("stations", 9, "maybe", "stations!I3: “maybe”: ghi x, hoặc để trống"),
        ("stations", 6, 7, "stations!F3: 7 giây không chia hết 60 phút"),
        ("series", 2, "CODD", "series!A3: không có thông số “CODD”"),
        ("limits", 1, "gp-77", "permits.gp-77.plant"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_entered(
    office: Office, sheet: str, column: int, text: object, said: str
) -> None:
    def wrong(book: Workbook) -> None:
        book[sheet].cell(3, column).value = text

    before = entries(office)
    answer = send(office, edited(office.client.get("/setup/sheet.xlsx").content, wrong))
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert said in page, re.findall(r"<li>(.*?)</li>", page)
    assert 'id="preview"' not in page
    assert entries(office) == before


@pytest.mark.parametrize("edit, said", [
    (lambda book: book["plants"].cell(1, 4, "capacty"), "plants!D1: không có cột “capacty”"),
    (lambda book: book.create_sheet("permit"), "permit: không có trang tính này"),
    (lambda book: add(book, "clusters", "ccn-mau-01", "x", "hanoi"), "“ccn-mau-01” đã có ở"),
    (lambda book: add(book, "series", "MAU01", "COD"), "“COD” có hai dòng"),
    (lambda book: add(book, "series", "MAU01"), "dòng này chưa ghi thông số"),
    (lambda book: add(book, "plants", None, "x"), "dòng này chưa ghi mã"),
])  # fmt: skip
def test_a_sheet_that_is_not_as_it_should_be_is_refused(
    office: Office, edit: Edit, said: str
) -> None:
    answer = send(office, edited(office.client.get("/setup/sheet.xlsx").content, edit))
    assert answer.status_code == 422
    assert said in unescape(answer.text)


@pytest.mark.parametrize("content", [b"", b"not a sheet", b"PK\x03\x04 broken"])
def test_what_is_no_sheet_is_refused(office: Office, content: bytes) -> None:
    assert send(office, content).status_code == 422
    if content:
        with pytest.raises(Refused, match="not readable as XLSX"):
            read(content, ())


def test_a_file_that_is_too_large_is_refused_before_it_is_opened(office: Office) -> None:
    answer = send(office, b"PK" + bytes(2 * 1024 * 1024))
    assert (answer.status_code, "lớn hơn 2 MB" in unescape(answer.text)) == (422, True)


def test_what_somebody_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    def renamed(book: Workbook) -> None:
        book["clusters"].cell(row_of(book, "clusters", "ccn-mau-01"), 2).value = "Tên mới"

    looked = send(office, edited(office.client.get("/setup/sheet.xlsx").content, renamed))
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', looked.text))
    body = {"name": "Khác", "province": "hanoi"}
    Registrar(office.on.taking()).enter({"clusters": {"ccn-mau-01": body}}, "other", "QĐ 13")
    answer = office.client.post("/setup/sheet", data=hidden | {"source": "QĐ 12", "step": "enter"})
    assert answer.status_code == 422
    (standing,) = [one for one in entries(office) if one.id == "ccn-mau-01"]
    assert standing.body == body


def test_text_that_looks_like_a_formula_comes_out_and_back_as_text() -> None:
    body = {"name": "=1+1", "province": "hanoi"}
    entry = Entry("clusters", "c", 1, body, 0, "x", "y")
    content = written([entry])
    assert load_workbook(io.BytesIO(content))["clusters"]["B3"].data_type != "f"
    assert read(content, [entry]).changes == {"clusters": {"c": body}}

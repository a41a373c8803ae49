"""A portal's export beside our findings: what differs, why, and what is wrong with a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook
from typer.testing import CliRunner

from rules.model import Refused
from tests.cast import DAY0, DAY2, HOUR, Stage, hours_of, stage
from tolich.cli import app
from tolich.comparing import Comparison, compare
from tolich.portalfile import ExportForm, read_export

FORM = {
    "columns": {
        "station": "Trạm quan trắc",
        "parameter": "Thông số",
        "date": "Ngày",
        "value": "Giá trị TB",
        "verdict": "Đánh giá",
    },
    "stations": {"Trạm CCN Mẫu 01": "MAU01"},
    "parameters": {"Nhu cầu oxy hóa học": "COD"},
    "verdicts": {"Đạt": "within", "Vượt": "exceeded"},
}
HEAD = "STT;Trạm quan trắc;Thông số;Ngày;Giá trị TB;Đánh giá\n"
COD = "1;Trạm CCN Mẫu 01;Nhu cầu oxy hóa học;"
STATIONS, PARAMETERS = ("MAU01", "MAU02"), ("COD", "pH", "TSS")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """MAU01: COD 80 on the first day, 120 on the second for an hour too few to assess."""
    of = stage(tmp_path_factory.mktemp("portal"))
    pipeline = of.pipeline()
    of.clock.set(DAY2 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 0, [80.25] * 24 + [120.0] * 4))
    pipeline.tick(None, fill=True)
    yield of
    of.close()


def _rows(folder: Path, text: str, **form: object) -> Path:
    (folder / "mapping.yaml").write_text(yaml.safe_dump({**FORM, **form}), "utf-8")
    path = folder / "export.csv"
    path.write_text(text, "utf-8")
    return path


def _compared(lived: Stage, folder: Path, text: str, **form: object) -> Comparison:
    how = ExportForm.model_validate({**FORM, **form})
    rows = read_export(_rows(folder, text), how, STATIONS, PARAMETERS)
    return compare(lived.reads(lived.pipeline()), rows, how.period)


def _refused(folder: Path, text: str, **form: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_export(
            _rows(folder, text), ExportForm.model_validate({**FORM, **form}), STATIONS, PARAMETERS
        )
    return [f"{one.key}: {one.message}" for one in refused.value.problems]


def test_what_agrees_is_counted(lived: Stage, tmp_path: Path) -> None:
    found = _compared(lived, tmp_path, HEAD + COD + "10/03/2026;80,25;Đạt\n")
    assert (found.days, found.agreeing, found.differences) == (1, 1, ())


def test_a_value_is_compared_with_the_decimals_that_the_portal_shows(
    lived: Stage, tmp_path: Path
) -> None:
    assert _compared(lived, tmp_path, HEAD + COD + "10/03/2026;80,3;Đạt\n").agreeing == 1
    (one,) = _compared(lived, tmp_path, HEAD + COD + "10/03/2026;80,2;Đạt\n").differences
    assert (one.what, one.theirs, one.mean) == (("value",), Decimal("80.2"), 80.25)


def test_a_day_that_cannot_be_assessed_is_told_with_the_reason(
    lived: Stage, tmp_path: Path
) -> None:
    text = HEAD + COD + "10/03/2026;80,25;Đạt\n" + COD + "11/03/2026;120;Vượt\n"
    found = _compared(lived, tmp_path, text)
    assert (found.days, found.agreeing) == (2, 1)
    (one,) = found.differences
    assert (one.start - DAY0, one.row, one.outcome) == (24 * HOUR, 3, "not_assessable")
    assert "verdict" in one.what
    assert one.finding == "MAU01:COD:day:2026-03-11T00:00:00+07:00"
    assert "" not in one.why.values()
    assert one.why["en"] != one.why["vi"]


def test_periods_that_only_one_of_the_two_has(lived: Stage, tmp_path: Path) -> None:
    """A day before anything is on record, and two between the first row and the last."""
    text = HEAD + COD + "31/12/2025;70;Đạt\n" + COD + "12/03/2026;81;Đạt\n"
    found = {one.start: one.what for one in _compared(lived, tmp_path, text).differences}
    assert ("only_theirs",) in found.values()
    assert found[DAY0] == ("only_ours",)


def test_hours_are_compared_one_by_one_and_counted_by_days(lived: Stage, tmp_path: Path) -> None:
    hours = [f"{COD}10/03/2026 {hour:02d}:00;80,25;Đạt\n" for hour in range(24)]
    form = {"period": "hour", "date_format": "%d/%m/%Y %H:%M"}
    assert _compared(lived, tmp_path, HEAD + "".join(hours), **form).agreeing == 1
    hours[5] = hours[5].replace("80,25", "99")
    found = _compared(lived, tmp_path, HEAD + "".join(hours), **form)
    assert (found.days, found.agreeing, len(found.differences)) == (1, 0, 1)
    assert found.differences[0].start == DAY0 + 5 * HOUR


def test_a_workbook_says_the_same(lived: Stage, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.create_sheet("Số liệu")
    sheet.append(["BÁO CÁO"])
    sheet.append(HEAD.strip().split(";"))
    sheet.append([1, "Trạm CCN Mẫu 01", "COD", date(2026, 3, 10), 80.2499, "Đạt"])
    sheet.append([2, "MAU01", "COD", "11/03/2026", "-", None])
    path = tmp_path / "export.xlsx"
    book.save(path)
    how = ExportForm.model_validate({**FORM, "sheet": "Số liệu", "header_row": 2, "places": 1})
    rows = read_export(path, how, STATIONS, PARAMETERS)
    assert [(row.row, row.value, row.places) for row in rows] == [
        (3, Decimal("80.2499"), 1), (4, None, 0),
    ]  # fmt: skip
    reads = lived.reads(lived.pipeline())
    assert compare(reads, rows[:1], "day").agreeing == 0  # 80.2 there; 80.25 is shown as 80.3
    with pytest.raises(Refused, match=r"no sheet 'Số liêu'.*Số liệu"):
        read_export(path, how.model_copy(update={"sheet": "Số liêu"}), STATIONS, PARAMETERS)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (COD + "10/03/2026;80.25;Đạt", "row 2, column 'Giá trị TB': '80.25' is no number"),
        (COD + "10/03/2026;1.234,5;Đạt", "row 2, column 'Giá trị TB'"),
        (COD + "10/03/2026;nan;Đạt", "row 2, column 'Giá trị TB'"),
        (COD + "2026-03-10;80;Đạt", "row 2, column 'Ngày': '2026-03-10' is not written as"),
        (COD + "10/03/2026;80;Đat", "row 2, column 'Đánh giá': 'Đat' is no verdict here"),
        (COD.replace("01", "09") + "10/03/2026;80;Đạt", "declare it under `stations`"),
        ("1;MAU01;CODD;10/03/2026;80;Đạt", "'CODD' is no parameter here; did you mean 'COD'?"),
        ("", "row 2: there is no row below the headers"),
    ],
)
def test_a_fault_is_told_by_row_and_column(tmp_path: Path, row: str, said: str) -> None:
    (told,) = _refused(tmp_path, HEAD + row + "\n")
    assert said in told


def test_a_row_twice_and_a_header_that_is_not_there(tmp_path: Path) -> None:
    row = COD + "10/03/2026;80;Đạt\n"
    assert _refused(tmp_path, HEAD + row + row) == [
        "row 3: the same station, parameter and time as row 2"
    ]
    (told,) = _refused(tmp_path, HEAD.replace("Giá trị TB", "Giá trị") + row)
    assert "columns.value is not there" in told
    assert "Giá trị" in told


def test_an_hour_begins_at_minute_zero(tmp_path: Path) -> None:
    form = {"period": "hour", "date_format": "%d/%m/%Y %H:%M"}
    (told,) = _refused(tmp_path, HEAD + COD + "10/03/2026 08:30;80;Đạt\n", **form)
    assert "expected minute 00" in told


def test_many_faults_are_told_in_part(tmp_path: Path) -> None:
    told = _refused(tmp_path, HEAD + "".join(f"1;MAU01;COD;{n};1;Đạt\n" for n in range(30)))
    assert len(told) == 21
    assert told[-1] == "(file): and 10 more problems"


def test_the_command(lived: Stage, tmp_path: Path) -> None:
    """Its exit status is for a script: 0 agree, 1 differ, 2 refused."""

    def ran(text: str, *options: str) -> tuple[int, str]:
        export = _rows(tmp_path, text)
        command = ["compare", str(export), "--mapping", str(tmp_path / "mapping.yaml")]
        ended = CliRunner().invoke(app, [*command, "--data", str(lived.folder), *options])
        return ended.exit_code, ended.output

    status, said = ran(HEAD + COD + "10/03/2026;80,25;Đạt\n")
    assert (status, "1 agree, 0 differ" in said) == (0, True)
    table = tmp_path / "differences.csv"
    status, said = ran(HEAD + COD + "11/03/2026;120;Vượt\n", "--to", str(table), "--lang", "en")
    assert status == 1
    assert "/findings/MAU01:COD:day:2026-03-11" in said
    assert "0 agree, 1 differ" in said
    assert table.read_text("utf-8-sig").count("\n") == 2
    status, said = ran(HEAD + "1;MAU02;pH;11/03/2026;7;Đạt\n")
    assert status == 2
    assert "MAU02 does not measure pH" in said

"""Reports and lists opened by programs that did not write them, beside what the API answers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rules.days import day_start, rfc3339
from rules.wording import FOOTER, SIMULATED
from tests.cast import DAY0, DAY1, DAY2, HOUR, Stage, cast_register, hours_of, run_of, stage
from tests.tolich.opened import Sheet, page_texts, printed, rows_below, sheets
from tests.tolich.pages import client_of
from tolich.pipeline import Pipeline
from tolich.ports import Scope

MARK = " / ".join(SIMULATED)
NAME = '=HYPERLINK("http://example.org";"x")'
LANGUAGES = ("vi", "en")
KINDS = ("exceedances", "year", "capture")
DAYS = f"from={quote(rfc3339(DAY0))}&to={quote(rfc3339(DAY2))}"
MAU01 = Scope(clusters=frozenset({"ccn-mau-01"}))


@dataclass(frozen=True, slots=True)
class Told:
    """A store with two days of two plants, and every document of it."""

    on: Stage
    pipeline: Pipeline
    files: dict[str, Path]  # by kind, form and language, such as "year.xlsx vi"
    opened: dict[str, dict[str, Sheet]]
    client: TestClient  # of somebody who sees everything

    def findings(self, **asked: str) -> list[dict[str, Any]]:
        """Findings of the two days as the API lists them, oldest first; closed periods only."""
        query = "&".join(
            [DAYS, "limit=1000", "final=true", *(f"{k}={v}" for k, v in asked.items())]
        )
        page = self.client.get(f"/api/v1/findings?{query}").json()
        assert page["next"] is None
        found: list[dict[str, Any]] = page["items"][::-1]
        return found


def played(on: Stage) -> Pipeline:
    """Two days: hours over the limit on both, a calibration, a fault, a gap, a pH outside."""
    register = cast_register()
    register["stations"]["MAU01"]["name"] = NAME
    on.enter(register, "a name that looks like a formula")
    pipeline = on.pipeline()
    on.clock.set(DAY2 + HOUR)
    cod = [50, 140, 140, 50, 50, 150.5, 50, 95, 95, 50, 50, 50] + [90] * 9
    pipeline.submit(hours_of("MAU01", "COD", 0, cod))
    pipeline.submit(run_of("MAU01", "COD", 21 * HOUR, [400] * 6, "01"))
    pipeline.submit(run_of("MAU01", "COD", 22 * HOUR + 1800, [0] * 3, "02"))
    pipeline.submit(hours_of("MAU01", "COD", 24 * HOUR, [130] * 22))
    pipeline.submit(hours_of("MAU01", "pH", 0, [7] * 30 + [9.5] + [7] * 10))
    pipeline.submit(hours_of("MAU02", "TSS", 0, [20] * 20 + [70] * 4))
    pipeline.tick(DAY0, fill=True)
    on.clock.set(DAY2 + 2 * HOUR)
    pipeline.tick(DAY0, fill=True)
    return pipeline


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("reports")
    on = stage(folder / "store", DAY0)
    pipeline = played(on)
    client = client_of(on, pipeline)
    paths = {
        f"{kind}.{form} {lang}": f"reports/{kind}.{form}?{DAYS}&lang={lang}"
        for kind in KINDS
        for form in ("xlsx", "pdf")
        for lang in LANGUAGES
    }
    lists = {"readings": "?station=MAU01", "findings": "", "alerts": ""}
    for form in ("csv", "xlsx"):
        paths |= {f"{name}.{form}": f"exports/{name}.{form}{q}" for name, q in lists.items()}
    files = {}
    for number, (key, path) in enumerate(paths.items()):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        files[key] = folder / f"file{number:02}{key[key.index('.') :].partition(' ')[0]}"
        files[key].write_bytes(answer.content)
    books = {key: file for key, file in files.items() if ".xlsx" in key}
    yield Told(on, pipeline, files, sheets(books, folder), client)
    on.close()


def ids(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{one['id']}?revision={one['revision']}" for one in findings]


def sums(findings: list[dict[str, Any]], *names: str) -> int:
    return sum(one["counts"][name] for one in findings for name in names)


def outcomes(findings: list[dict[str, Any]], outcome: str) -> list[dict[str, Any]]:
    return [one for one in findings if one["outcome"] == outcome]


# --- ratios -----------------------------------------------------------------------------------


def expected_ratios(told: Told) -> dict[tuple[str, str], list[Any]]:
    """What the ratios must be, counted over the API's own lists: days, then hours."""
    expected = {}
    for station, parameter in (
        ("MAU01", "COD"),
        ("MAU01", "pH"),
        ("MAU02", "COD"),
        ("MAU02", "TSS"),
    ):
        of = {"station": station, "parameter": parameter}
        figures: list[Any] = []
        for period, owed in (("day", 2), ("hour", 48)):
            found = told.findings(period=period, **of)
            assert len(found) == owed
            exceeded = outcomes(found, "exceeded")
            figures += [owed, len(exceeded), len(exceeded) / owed]
            figures += [len(outcomes(found, name)) for name in
                        ("near", "compliant", "not_assessable", "not_applicable")]  # fmt: skip
            figures.append(0)
            if period == "day":
                hours = outcomes(told.findings(period="hour", **of), "exceeded")
                figures.append(len({one["start"][:10] for one in hours}))
        expected[station, parameter] = figures
    return expected


def as_number(cell: str) -> float:
    """A cell as LibreOffice shows it, or as a Vietnamese or English page does."""
    share = cell.endswith("%")
    number = float(cell.rstrip("% ").replace(",", "."))
    return number / 100 if share else number


@pytest.mark.parametrize("lang", LANGUAGES)
def test_ratios_in_the_sheet_are_those_of_the_api(lang: str, told: Told) -> None:
    book = told.opened[f"year.xlsx {lang}"]
    rows = rows_below(book[("Tỷ lệ", "Ratios")[lang == "en"]], ("Trạm", "Station")[lang == "en"])
    sources = told.opened[f"year.xlsx {lang}"][("Nguồn", "Sources")[lang == "en"]]
    found = {}
    for row in rows:
        station, _, parameter, *cells = row.values()
        numbers = [cell for cell in cells if "!" not in cell]
        found[station, parameter] = [as_number(cell) for cell in numbers]
        for period, place in zip(("day", "hour"), (c for c in cells if "!" in c), strict=True):
            first, last = map(int, place.partition("!")[2].split(":"))
            named = [f"{one[0]}?revision={one[1]}" for one in sources[first - 1 : last]]
            expected = told.findings(station=station, parameter=parameter, period=period)
            assert named == ids(expected)
    assert found == {key: pytest.approx(row) for key, row in expected_ratios(told).items()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_ratios_on_paper_are_those_of_the_api(lang: str, told: Told) -> None:
    text = "\n".join(page_texts(told.files[f"year.pdf {lang}"]))
    for (station, parameter), figures in expected_ratios(told).items():
        (line,) = re.findall(rf"^{station} +{parameter} +([\d., %]+)$", text, re.MULTILINE)
        shown = [as_number(cell) for cell in line.replace(" %", "%").split()]
        assert shown == pytest.approx(figures, abs=0.00005)


def test_exceeded_days_name_their_findings(told: Told) -> None:
    rows = rows_below(told.opened["year.xlsx en"]["Days exceeded"], "Date")
    named = [line for row in rows for line in row["Findings (id, revision)"].split("\n")]
    assert sorted(named) == sorted(ids(outcomes(told.findings(), "exceeded")))
    means = {(row["Date"], row["Parameter"]): row["Mean of the day, exceeded"] for row in rows}
    (day,) = outcomes(told.findings(period="day", parameter="COD"), "exceeded")
    assert means[day["start"][:10], "COD"] == str(day["mean"])


# --- exceedances ------------------------------------------------------------------------------

OCCURRENCES = [
    ("2026-03-10", "MAU01", "COD", 1, "01:00", 140, [1, 2]),
    ("2026-03-10", "MAU01", "COD", 2, "05:00", 150.5, [5]),
    ("2026-03-10", "MAU02", "TSS", 1, "20:00", 70, [20, 21, 22, 23]),
    ("2026-03-11", "MAU01", "COD", 1, "00:00", 130, [*range(22)]),
    ("2026-03-11", "MAU01", "pH", 1, "06:00", 9.5, [6]),
]
"""Hours over the limit as they were played: day, series, occurrence, start, worst mean, hours."""


def test_exceedances_in_the_sheet_are_those_of_the_api(told: Told) -> None:
    sheet = told.opened["exceedances.xlsx en"]["Exceedances"]
    found = [row for row in rows_below(sheet, "Date") if row["Period"] == "hour"]
    shown = [
        (row["Date"], row["Station"], row["Parameter"], int(row["Occurrence"]),
         row["Start (UTC+7)"][11:16], float(row["Value"]))
        for row in found
    ]  # fmt: skip
    assert shown == [one[:6] for one in OCCURRENCES]
    alerts = {
        one["id"]: one for one in told.client.get("/api/v1/alerts?limit=1000").json()["items"]
    }
    for row, (day, station, parameter, *_, hours) in zip(found, OCCURRENCES, strict=True):
        start = [f"{station}:{parameter}:hour:{day}T{hour:02}:00:00+07:00" for hour in hours]
        named = row["Findings (id, revision)"].split("\n")
        assert [one.partition("?")[0] for one in named] == start
        for one in named:
            finding = told.client.get(f"/api/v1/findings/{one.replace('+', '%2B')}").json()
            assert finding["outcome"] == "exceeded"
            assert finding["mean"] <= float(row["Value"])
            assert row["Upper limit"] == str(finding["limit"]["high"])
        alert = alerts[row["Alert"]]
        assert (alert["kind"], alert["station"], alert["state"]) == (
            "exceedance", station, row["State of the alert"],
        )  # fmt: skip
        assert int(row["Lasted (min)"]) == 60 * len(hours)


def test_days_over_the_limit_are_among_the_exceedances(told: Told) -> None:
    rows = rows_below(told.opened["exceedances.xlsx vi"]["Vượt theo ngày"], "Ngày")
    days = [row["Kết quả đánh giá (mã, bản)"] for row in rows if row["Kỳ"] == "ngày"]
    assert sorted(days) == sorted(ids(outcomes(told.findings(period="day"), "exceeded")))
    assert len(days) == 2  # COD by its mean, pH by one of its hours


@pytest.mark.parametrize("lang", LANGUAGES)
def test_exceedances_on_paper_are_those_in_the_sheet(lang: str, told: Told) -> None:
    text = "\n".join(page_texts(told.files[f"exceedances.pdf {lang}"]))
    for day, station, parameter, number, start, value, hours in OCCURRENCES:
        local = "/".join(reversed(day.split("-")))
        shown = str(value).replace(".", ",") if lang == "vi" else str(value)
        row = (
            rf"{local} +{station} +{parameter} +(?:giờ|hour) .* {number} +{start} {local} +{shown} "
        )
        assert len(re.findall(row, text)) == 1
        for hour in hours:
            assert f"{station}:{parameter}:hour:{day}T{hour:02}:00:00+07:00?revision=" in text


# --- data capture -----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_capture_is_that_of_the_api(lang: str, told: Told) -> None:
    sheet = told.opened[f"capture.xlsx {lang}"][("Thu nhận", "Capture")[lang == "en"]]
    text = "\n".join(page_texts(told.files[f"capture.pdf {lang}"]))
    rows = rows_below(sheet, ("Trạm", "Station")[lang == "en"])
    assert len(rows) == 4
    for row in rows:
        station, _, parameter, *cells, place = row.values()
        days = told.findings(station=station, parameter=parameter, period="day")
        names = ("expected", "received", "valid", "calibrating", "faulty")
        counts = [sums(days, name) for name in names]
        rejected, conflicting = sums(days, "failed", "unknown"), sums(days, "conflicting")
        shares = [counts[1] / counts[0], counts[2] / counts[0]]
        expected = [*counts, rejected, conflicting, *shares, 0]
        assert [as_number(cell) for cell in cells] == pytest.approx(expected)
        assert place.endswith(tuple("0123456789"))
        (line,) = re.findall(rf"^{station} +{parameter} +([\d., %]+)$", text, re.MULTILINE)
        numbers = [as_number(cell) for cell in line.replace(" %", "%").split()]
        assert numbers == pytest.approx(expected, abs=0.00005)


def test_capture_counts_what_was_set_aside(told: Told) -> None:
    row = rows_below(told.opened["capture.xlsx en"]["Capture"], "Station")[0]
    counts = [int(row[name]) for name in ("Expected", "Received", "Calibrating", "Device error")]
    assert counts == [192, 21 * 4 + 9 + 22 * 4, 6, 3]


def test_capture_by_day_names_one_finding_a_row(told: Told) -> None:
    rows = rows_below(told.opened["capture.xlsx en"]["Capture by day"], "Date")
    assert [row["Findings (id, revision)"] for row in rows] == sorted(
        ids(told.findings(period="day")), key=lambda one: [*one.split(":")[:2], one]
    )


# --- where figures come from ------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_of_a_report_gives_the_findings_of_its_figures(kind: str, told: Told) -> None:
    book = told.opened[f"{kind}.xlsx en"]
    sources = rows_below(book["Sources"], "Finding")
    named = {(row["Finding"], row["Revision"], row["Outcome"]) for row in sources}
    asked = []
    for row in rows_below(book["Queries"], "Station"):
        page = told.client.get(f"{row['API query']}&limit=1000").json()
        assert len(page["items"]) == int(row["Findings"])
        asked += page["items"]
    assert named == {(one["id"], str(one["revision"]), one["outcome"]) for one in asked}


def test_sources_say_what_they_were_judged_with(told: Told) -> None:
    book = told.opened["year.xlsx en"]
    why = told.client.get(
        f"/api/v1/findings/{told.findings(period='day')[0]['id'].replace('+', '%2B')}/why"
    ).json()
    versions = rows_below(book["Versions"], "Version number")
    packs = {row["Regulation"]: (row["Version of the pack"], row["Digest"]) for row in versions}
    expected = why["versions"]["packs"]
    assert packs == {name: (str(one["version"]), one["digest"]) for name, one in expected.items()}
    engine, (number,) = why["versions"]["engine"], {row["Version number"] for row in versions}
    for row in rows_below(book["Sources"], "Finding"):
        assert (row["Engine"], row["Version number"]) == (engine, number)


# --- lists ------------------------------------------------------------------------------------


def flat(item: dict[str, Any]) -> dict[str, Any]:
    """An item of a list as a file spells it: what is nested, under one name."""
    found: dict[str, Any] = {}
    for key, value in item.items():
        if key == "counts":
            found |= value
        elif key == "limit":
            found |= {f"limit_{name}": inner for name, inner in (value or {}).items()}
        else:
            found[key] = value
    return found


def listed(told: Told, name: str) -> list[dict[str, Any]]:
    path = "stations/MAU01/readings" if name == "readings" else name
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = told.client.get(f"/api/v1/{path}?limit=1000{cursor}").json()
        items += page["items"]
        if page["next"] is None:
            return [flat(item) for item in items]
        cursor = f"&cursor={page['next']}"


def spelled(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", ["readings", "findings", "alerts"])
def test_a_list_as_csv_has_the_items_of_the_api(name: str, told: Told) -> None:
    raw = told.files[f"{name}.csv"].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    names, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    *rows, footer, mark = rows
    assert {len(row) for row in (*rows, footer, mark)} == {len(names)}
    assert footer[0] == " / ".join(FOOTER)
    assert mark[0] == MARK
    expected = [[spelled(item.get(key)) for key in names] for item in listed(told, name)]
    assert len(rows) > 5
    assert rows == expected


@pytest.mark.parametrize("name", ["readings", "findings", "alerts"])
def test_a_list_as_a_sheet_has_the_items_of_the_api(name: str, told: Told) -> None:
    (sheet,) = told.opened[f"{name}.xlsx"].values()
    names, *rows = sheet
    *rows, footer, mark = rows
    assert (footer[0], mark[0]) == (" / ".join(FOOTER), MARK)
    expected = []
    for item in listed(told, name):
        cells = []
        for key in names:
            value = item.get(key.removesuffix(" (UTC+7)"))
            time = key.endswith(" (UTC+7)") and value is not None
            cells.append(str(value)[:19].replace("T", " ") if time else spelled(value))
        expected.append(cells)
    assert rows == expected


# --- what every file carries ------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sheet_ends_with_the_footer(kind: str, lang: str, told: Told) -> None:
    for sheet in told.opened[f"{kind}.xlsx {lang}"].values():
        assert [row[0] for row in sheet[-2:]] == [FOOTER[lang == "en"], MARK]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_carries_footer_and_mark(kind: str, lang: str, told: Told) -> None:
    pages = page_texts(told.files[f"{kind}.pdf {lang}"])
    assert pages
    for page in pages:
        assert FOOTER[lang == "en"] in page
        assert MARK in page


def test_every_page_that_a_spreadsheet_prints_carries_them(told: Told, tmp_path: Path) -> None:
    books = {key: file for key, file in told.files.items() if key.endswith(".xlsx vi")}
    for pages in printed(books, tmp_path).values():
        assert len(pages) >= 4  # one a sheet
        for page in pages:
            assert "".join(FOOTER[0].split()) in "".join(page.split())
            assert "".join(MARK.split()) in "".join(page.split())


def test_a_name_says_station_days_time_and_revision(told: Told) -> None:
    client = told.client
    answer = client.get(f"/api/v1/reports/year.pdf?{DAYS}&station=MAU02")
    seq = told.on.reads(told.pipeline).known(DAY2 + 2 * HOUR - 1)
    name = f"tolich_year_MAU02_2026-03-10_2026-03-11_made20260312T015959_r{seq}.pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_text_that_looks_like_a_formula_stays_text(told: Told) -> None:
    rows = rows_below(told.opened["year.xlsx en"]["Ratios"], "Station")
    assert {row["Station name"] for row in rows if row["Station"] == "MAU01"} == {NAME}


# --- whose plants -----------------------------------------------------------------------------


def test_a_foreign_plant_is_absent(told: Told, tmp_path: Path) -> None:
    client = client_of(told.on, told.pipeline, MAU01)
    files = {}
    for kind in KINDS:
        for form in ("xlsx", "pdf"):
            answer = client.get(f"/api/v1/reports/{kind}.{form}?{DAYS}")
            files[f"{kind}.{form}"] = tmp_path / f"{kind}.{form}"
            files[f"{kind}.{form}"].write_bytes(answer.content)
        for place in ("station=MAU02", "cluster=ccn-mau-02"):
            assert client.get(f"/api/v1/reports/{kind}.pdf?{DAYS}&{place}").status_code == 404
    texts = {key: str(page_texts(file)) for key, file in files.items() if ".pdf" in key}
    books = sheets({key: file for key, file in files.items() if ".xlsx" in key}, tmp_path)
    texts |= {key: str(book) for key, book in books.items()}
    assert len(texts) == 6
    for text in texts.values():
        assert "MAU01" in text
        assert "MAU02" not in text
        assert "mau-02" not in text


def test_lists_of_a_scope_hold_no_foreign_plant(told: Told) -> None:
    client = client_of(told.on, told.pipeline, MAU01)
    for path in ("findings.csv", "alerts.csv", "findings.csv?station=MAU02"):
        assert "MAU02" not in client.get(f"/api/v1/exports/{path}").text
    assert client.get("/api/v1/exports/readings.csv?station=MAU02").status_code == 404


def test_days_before_a_station_was_heard_are_not_owed(told: Told) -> None:
    whole = f"from={quote(rfc3339(day_start(date(2026, 1, 1))))}&to={quote(rfc3339(DAY1))}"
    answer = told.client.get(f"/api/v1/reports/year.pdf?{whole}&station=MAU01&lang=en")
    file = told.on.folder / "early.pdf"
    file.write_bytes(answer.content)
    text = "\n".join(page_texts(file))
    assert re.findall(r"^MAU01 +COD +(\d+) ", text, re.MULTILINE) == ["1"]

"""`tolich export`: files of a data folder, whole or not at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cast import DAY0, DAY1, HOUR, Stage, alerts, findings, hours_of, stage
from tests.tolich.opened import page_texts
from tolich.cli import app
from tolich.reports import gather


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A day of one station, half of it over the limit; the record ends at the day's close."""
    on = stage(tmp_path_factory.mktemp("command"), DAY0)
    pipeline = on.pipeline()
    on.clock.set(DAY1 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 0, [50] * 12 + [140] * 12))
    pipeline.tick(DAY0, fill=True)
    yield on
    on.close()


def run(told: Stage, *arguments: object) -> Result:
    told_where = ["--data", str(told.folder)]
    return CliRunner().invoke(app, ["export", *map(str, arguments), *told_where])


def written(result: Result, folder: Path) -> Path:
    """The one file that a command wrote."""
    assert result.exit_code == 0, result.output
    (file,) = folder.iterdir()
    assert f"written: {file}" in result.output.replace("\n", "")
    return file


def rows(file: Path) -> list[dict[str, str]]:
    """The records of a CSV file without the footer and the mark."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))[:-2]


def test_findings_under_filters(told: Stage, tmp_path: Path) -> None:
    asked = ("--period", "hour", "--outcome", "exceeded", "--station", "MAU01")
    days = ("--from", "2026-03-10", "--until", "2026-03-10")
    file = written(run(told, "findings", *asked, *days, "--out", tmp_path), tmp_path)
    name = r"tolich_findings_MAU01_2026-03-10_2026-03-10_made20260311T01\d{4}_r\d+\.csv"
    assert re.fullmatch(name, file.name)
    reads = told.reads(told.taking())
    expected = findings(reads, period="hour", outcome="exceeded")[::-1]
    assert len(expected) == 12
    assert [row["id"] for row in rows(file)] == [one["id"] for one in expected]


def test_readings_and_alerts(told: Stage, tmp_path: Path) -> None:
    reads = told.reads(told.taking())
    to = tmp_path / "readings"
    to.mkdir()
    file = written(run(told, "readings", "--station", "MAU01", "--out", to), to)
    assert len(rows(file)) == 96
    to = tmp_path / "alerts"
    to.mkdir()
    file = written(run(told, "alerts", "--kind", "exceedance", "--out", to), to)
    expected = alerts(reads, kind="exceedance")[::-1]
    assert [row["id"] for row in rows(file)] == [one["id"] for one in expected]


@pytest.mark.parametrize("kind", ["exceedances", "year", "capture"])
def test_a_report_on_paper(kind: str, told: Stage, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    result = run(told, "report", kind, "--year", 2026, "--form", "pdf", "--out", file)
    assert written(result, tmp_path) == file
    assert "MAU01" in "".join(page_texts(file))


REFUSED = {
    "a station nobody knows": (["findings", "--station", "MAU1"], "did you mean 'MAU01'"),
    "a cluster nobody knows": (["alerts", "--cluster", "ccn-mau-9"], "did you mean 'ccn-mau-0"),
    "which days": (["report", "year"], "--year, or --from and --until"),
    "both": (["report", "year", "--year", "2026", "--from", "2026-01-01"], "--year, or --from"),
    "backwards": (
        ["findings", "--from", "2026-03-11", "--until", "2026-03-10"], "lies before --from",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_writes_nothing(
    arguments: list[str], said: str, told: Stage, tmp_path: Path
) -> None:
    result = run(told, *arguments, "--out", tmp_path)
    assert result.exit_code == 2
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_store(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", "alerts", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "there is no store in this folder" in result.output
    assert list(tmp_path.iterdir()) == []


def test_too_much_is_refused_with_what_to_ask_instead(
    told: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_FINDINGS", 5)
    result = run(told, "report", "year", "--year", 2026, "--out", tmp_path)
    assert result.exit_code == 2
    assert "ask about fewer days" in result.output
    assert list(tmp_path.iterdir()) == []

"""`tolich simulate ...` as people type it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from rules.model import Refused
from rules.register import load_register
from simulators.scenario.library import SCHEMA
from tests.simulators.scenario.small import raw, scenario, tables
from tolich.cli import app
from tolich.commands.retiming import Wishes, retimed
from tolich.packs import load_regulations

NOW = int(datetime(2026, 5, 10, 3, tzinfo=UTC).timestamp())


def ran(*words: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    assert result.exit_code == status, result.output
    return result.output


def read(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario file of somebody's own, one day long."""
    file = tmp_path / "own.yaml"
    content = raw(clock={"start": "2026-04-06", "days": 1})
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def test_list_names_what_ships_and_schema_prints_the_schema() -> None:
    assert "good_day" in ran("list")
    assert ran("schema") == SCHEMA.read_text(encoding="utf-8")


def test_run_writes_lines_and_truth(own: Path, tmp_path: Path) -> None:
    lines, truth = tmp_path / "out.jsonl", tmp_path / "truth.jsonl"
    assert "messages" in ran("run", own, "--to", lines, "--truth", truth, "--from", "2026-05-01")
    first = json.loads(lines.read_text(encoding="utf-8").partition("\n")[0])
    assert "2026-05-01T00:00:00+07:00" in first["payload"] or "20260501000000" in first["payload"]
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    assert [row["type"] for row in rows] == ["scenario", *["daily"] * 14]
    assert rows[0]["start"] == "2026-05-01"


def test_run_puts_files_into_a_folder(own: Path, tmp_path: Path) -> None:
    ran("run", own, "--to", "folder", "--folder", tmp_path / "in")
    assert len(list((tmp_path / "in").glob("MAU_MAU0?_NUO001_20260406*.txt"))) == 576
    assert "--folder" in ran("run", own, "--to", "folder", status=2)


def test_register_is_what_a_monitor_loads(own: Path) -> None:
    found = yaml.safe_load(ran("register", own, "--from", "2026-05-01"))
    register = load_register("r", found, tables()[2], load_regulations())
    assert register.stations["MAU01"].since.isoformat() == "2026-05-01"


def test_a_mistake_ends_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(raw(evnts=[])), encoding="utf-8")
    said = ran("run", file, "--to", "x.jsonl", status=2)
    assert "wrong.yaml: evnts: unknown key; did you mean 'events'?" in said
    assert "did you mean 'good_day'" in ran("run", "good_dya", status=2)
    assert "max, real" in ran("run", "good_day", "--speed", "quick", status=2)
    assert "mqtt, http, folder" in ran("run", "good_day", "--to", "ftp", status=2)


def test_a_fleet_and_its_register(tmp_path: Path) -> None:
    lines, register = tmp_path / "fleet.jsonl", tmp_path / "fleet.yaml"
    ran("fleet", "--n", 3, "--to", lines, "--save-register", register)
    stations = {json.loads(line)["topic"].split("/")[3] for line in read(lines)}
    found = yaml.safe_load(register.read_text(encoding="utf-8"))
    assert stations == set(found["stations"]) == {"ST00001", "ST00002", "ST00003"}


CSV = "\n".join([
    "datetime,ph,cond",
    *(f"2014-06-01 {h:02d}:{m:02d}:00.000,{7 + h / 100:.2f},NULL"
      for h in range(24) for m in (0, 15, 30, 45)),
])  # fmt: skip


def test_a_recording_is_sent_with_faults_on_top(tmp_path: Path) -> None:
    recording, faults, lines = tmp_path / "r.csv.gz", tmp_path / "f.yaml", tmp_path / "o.jsonl"
    recording.write_bytes(gzip.compress(CSV.encode()))
    faults.write_text(
        'faults: [{id: f, at: "0d06:00", for: 2h, where: REC01.pH, kind: over_range}]\n'
        "transport: [{at: 0d12h, for: 1h, where: REC01, kind: outage}]\n".replace(
            "0d12h", "0d12:00"
        ),
        encoding="utf-8",
    )
    ran("replay", recording, "--column", "pH=ph", "--inject", faults, "--to", lines)
    found = [json.loads(json.loads(one)["payload"]) for one in read(lines)]
    values = {one["ts"][11:16]: one["readings"][0]["v"] for one in found}
    assert len(values) == 96 - 4
    assert (values["05:45"], values["06:00"], values["07:45"], values["08:00"]) == (
        7.05,
        14,
        14,
        7.08,
    )


def test_a_recording_that_cannot_be_read_says_where(tmp_path: Path) -> None:
    recording = tmp_path / "r.csv"
    recording.write_text(CSV + "\n2014-06-02 25:00,1,2\n", encoding="utf-8")
    assert "line 98" in ran("replay", recording, "--column", "pH=ph", status=2)
    assert "did you mean 'ph'" in ran("replay", recording, "--column", "pH=phh", status=2)
    assert "pH=ph" in ran("replay", recording, "--column", "pH", status=2)


@pytest.mark.parametrize(
    ("since", "day"), [("today", "2026-05-10"), ("35d", "2026-04-05"), ("2026-02-01", "2026-02-01")]
)
def test_from_moves_everything(since: str, day: str) -> None:
    event = {"at": "1d06:00", "for": "1h", "where": "MAU01", "kind": "rain"}
    before = scenario(events=[event])
    moved = retimed(before, Wishes(since=since), lambda: NOW)
    by = (moved.first - before.first) * 86400
    assert moved.first == (datetime.fromisoformat(day).date() - datetime(1970, 1, 1).date()).days  # noqa: DTZ001
    assert moved.events[0].start - before.events[0].start == by


def test_wishes_that_mean_nothing_are_refused() -> None:
    for wishes in (Wishes(since="noon"), Wishes(speed="0"), Wishes(speed="inf")):
        with pytest.raises(Refused):
            retimed(scenario(), wishes, lambda: NOW)
    assert retimed(scenario(), Wishes(speed="60")).speed == 60.0
    assert retimed(scenario(), Wishes(speed="real")).speed == 1.0

"""The guide to adding a regulation, tried: a made-up rule of another country."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.days import rfc3339
from tests.cast import alerts, findings, transitions
from tests.end_to_end.foreign import message, topic
from tests.end_to_end.monitor import ROOT
from tests.end_to_end.test_commands import bare, run, said
from tolich.app import Place, prepare
from tolich.clock import StepClock, wall
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Delivery
from tolich.settings import load_settings

PACK = ROOT / "examples" / "regulations" / "testland-7-2020.yaml"
CASES = PACK.with_name("testland-7-2020.cases.yaml")
ID = "TR 7:2020 (Testland)"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the example to edit, without its cases."""
    path = tmp_path / "mine.yaml"
    path.write_text(PACK.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- the commands of the guide ------------------------------------------------------------------


def test_the_example_is_checked_with_what_to_know_of_it() -> None:
    checked = run("regulations", "check", PACK)
    assert checked.exit_code == 0, checked.output
    assert bare("4 of 6 numbers may decide, no problems, 4 warnings") in said(checked)
    assert bare("limits.river: 12 is unsure, so it is shown and decides nothing") in said(checked)
    assert "no cases" not in checked.output


def test_a_pack_without_cases_is_told_what_to_write(copied: Path) -> None:
    checked = run("regulations", "check", copied)
    assert checked.exit_code == 0, checked.output
    assert bare("no cases: write mine.cases.yaml beside it") in said(checked)


def test_every_problem_of_a_broken_pack_is_named_at_once(copied: Path) -> None:
    edit(copied, "seconds: 900", "seconds: 700")
    edit(copied, "lake: {max: 80, verification: single, sources: [gazette]}", "lake: {max: 80}")
    edit(copied, "  ammonium_n:", "  amonium_n:")
    refused = run("regulations", "check", copied)
    assert refused.exit_code == 2
    for text in (
        "3 problems",
        "periods.quarter_hour.seconds: 700 s must divide an hour",
        "parameters.cod.limits.lake.verification: say how well this is known",
        "parameters.amonium_n: no parameter of the catalogue has regulated_as: amonium_n",
    ):
        assert bare(text) in said(refused), text


def test_the_cases_of_the_example_hold() -> None:
    passed = run("test-rules", CASES, "--regulations", PACK)
    assert passed.exit_code == 0, passed.output
    assert "6 passed, 0 failed" in passed.output


def test_cases_beside_a_pack_run_with_those_that_ship(copied: Path) -> None:
    passed = run("test-rules", "-r", PACK)
    assert passed.exit_code == 0, passed.output
    shipped = run("test-rules", "-r", copied)
    assert shipped.exit_code == 0
    assert bare("mine.cases.yaml is not there") in said(shipped)
    counts = [int(one.output.rpartition(" passed")[0].split()[-1]) for one in (passed, shipped)]
    assert counts[0] - counts[1] == 6


def test_a_case_that_does_not_hold_says_which_quarter(tmp_path: Path) -> None:
    cases = tmp_path / "mine.cases.yaml"
    text = CASES.read_text(encoding="utf-8")
    cases.write_text(text.replace("mean: 121", "mean: 120", 1), encoding="utf-8")
    failed = run("test-rules", cases, "-r", PACK)
    assert failed.exit_code == 1
    assert bare("COD quarter_hour 08:00: expected mean 120, found 121") in said(failed)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('at: "08:15"', 'at: "08:10"', "expected a multiple of 15 minutes of the day, such as"),
        ('at: "08:15"', 'at: "24:00"', "the last quarter_hour of a day begins at 23:45"),
        ('from: "08:00", to: "08:45"', 'from: "08:01"', "expected a multiple of 15 minutes"),
        ("period: quarter_hour, at", "period: quarter, at", "did you mean 'quarter_hour'"),
    ],
)
def test_a_misspelt_quarter_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    cases = tmp_path / "mine.cases.yaml"
    text = CASES.read_text(encoding="utf-8")
    assert old in text
    cases.write_text(text.replace(old, new, 1), encoding="utf-8")
    refused = run("test-rules", cases, "-r", PACK)
    assert refused.exit_code == 2
    assert bare(expected) in said(refused)


def test_cases_of_a_pack_that_is_not_loaded_are_refused() -> None:
    refused = run("test-rules", CASES)
    assert refused.exit_code == 2
    assert bare("permit.basis: 'quarter_hour' is not one of hour, day") in said(refused)


def test_the_example_is_shown_by_file_and_by_id() -> None:
    for arguments in ([PACK], [ID, "-r", PACK]):
        shown = run("regulations", "show", *arguments)
        assert shown.exit_code == 0, shown.output
        for text in (
            "in force from", "2020-07-01 (single, 1 source)", "2039-12-31", "quarter_hour: 900 s",
            "S = 0.8: a plant above a water intake", "SHA-256", "4 of 6 may decide",
            "source gazette: Gazette of Testland",
        ):  # fmt: skip
            assert bare(text) in said(shown), text


def test_a_pack_without_numbers_says_so() -> None:
    shown = run("regulations", "show", "QCVN 40:2025/BTNMT")
    assert bare("No numbers: a permit that names it gets limit_missing") in said(shown)


def test_two_packs_are_compared(copied: Path) -> None:
    same = run("regulations", "diff", PACK, copied)
    assert (same.exit_code, same.output.strip()) == (0, "The same file.")
    edit(copied, "# An example", "# One example")
    assert run("regulations", "diff", PACK, copied).exit_code == 0
    edit(copied, "max: 120, verification: confirmed", "max: 110, verification: single")
    differ = run("regulations", "diff", ID, copied, "-r", PACK)
    assert differ.exit_code == 1, differ.output
    for text in ("2 differences", "column river", "120", "110", "confirmed"):
        assert bare(text) in said(differ), text
    assert run("regulations", "diff", "QCVN 1", copied).exit_code == 2


def test_a_list_names_the_pack_of_ones_own() -> None:
    listed = run("regulations", "list", "-r", PACK)
    assert listed.exit_code == 0
    assert bare("4 of 6") in said(listed)


def test_a_pack_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for command in (["test-rules"], ["regulations", "list"]):
        refused = run(*command, "-r", tmp_path / "gone.yaml")
        assert refused.exit_code == 2
        assert "gone.yaml" in said(refused)


# --- the whole way --------------------------------------------------------------------------

QUARTER = 900


def register() -> dict[str, Any]:
    """A plant of Testland under the rule's river column; readings every five minutes."""
    return {
        "schema": 1,
        "clusters": {"ccn-mau-01": {"name": "CCN Mẫu 01", "province": "mẫu"}},
        "plants": {"mau-01": {"cluster": "ccn-mau-01", "name": "Nhà máy Mẫu 01", "capacity": 500}},
        "stations": {
            "MAU01": {
                "plant": "mau-01", "name": "Trạm Mẫu 01", "from": "2020-01-01", "interval": 300,
                "series": {"COD": {"low": 0, "high": 1000}},
            },
        },
        "permits": {
            "gp-01": {
                "plant": "mau-01", "document": "Permit (made up)", "number": "1/TR",
                "date": "2020-01-01", "page": "1", "from": "2020-01-01", "basis": "quarter_hour",
                "regulation": {
                    "id": ID, "column": "river", "factors": {"S": 1.0},
                    "factors_apply_to": ["COD"], "page": "2",
                },
            },
        },
    }  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings that name the example pack and a register under it."""
    file = tmp_path / "register.yaml"
    file.write_text(yaml.safe_dump(register(), allow_unicode=True), encoding="utf-8")
    path = tmp_path / "tolich.yaml"
    told = {
        "data": str(tmp_path / "data"), "register": str(file), "regulations": str(PACK),
        "mqtt": None,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


def test_settings_with_the_pack_are_sound_and_without_it_are_not(settings: Path) -> None:
    assert run("check", "--settings", settings).exit_code == 0
    permits = settings.with_name("register.yaml")
    assert run("permits", "check", permits, "-r", PACK).exit_code == 0
    assert run("permits", "list", permits, "-r", PACK).exit_code == 0
    refused = run("permits", "check", permits)
    assert refused.exit_code == 2
    assert bare("permits.gp-01.basis: 'quarter_hour' is not one of hour, day") in said(refused)
    edit(settings, "regulations:", "regulation:")
    refused = run("check", "--settings", settings)
    assert bare("regulation: unknown key; did you mean 'regulations'?") in said(refused)


def test_a_pack_the_settings_name_must_be_there(settings: Path) -> None:
    edit(settings, "testland-7-2020.yaml", "gone.yaml")
    refused = run("check", "--settings", settings)
    assert refused.exit_code == 2
    assert bare("regulations[0]: there is no file") in said(refused)


@pytest.fixture
def place(settings: Path) -> Iterator[tuple[Place, StepClock, int]]:
    """The monitor's parts at the beginning of a quarter, two hours before the wall clock."""
    start = wall() // 3600 * 3600 - 2 * 3600
    clock = StepClock(start)
    of = Place(load_settings(settings), clock)
    prepare(of)
    yield of, clock, start
    of.engine.dispose()


def send(pipeline: Pipeline, clock: StepClock, at: int, value: float) -> None:
    clock.set(at)
    payload = message(at, {"p": "COD", "v": value, "ts": rfc3339(at)})
    pipeline.submit([Delivery("mqtt", topic("MAU01", "readings"), payload, at)])


def test_a_quarter_hour_above_the_limit_is_a_critical_alert(
    place: tuple[Place, StepClock, int], settings: Path
) -> None:
    of, clock, start = place
    pipeline = of.pipeline()
    for number, value in enumerate([60.0] * 3 + [121.0] * 3 + [60.0] * 3):
        send(pipeline, clock, start + number * 300, value)
    send(pipeline, clock, start + 3 * QUARTER + 600, 60.0)
    pipeline.tick(None, fill=True)
    reads = of.reads(pipeline)

    known = findings(reads, period="quarter_hour", final=True)
    here = {one["start"]: one["outcome"] for one in known}
    assert [here[rfc3339(start + n * QUARTER)] for n in range(3)] == [
        "compliant", "exceeded", "compliant",
    ]  # fmt: skip
    (exceeded,) = [one for one in known if one["outcome"] == "exceeded"]
    assert (exceeded["mean"], exceeded["limit"]["high"], exceeded["counts"]["expected"]) == (
        121, 120, 3,
    )  # fmt: skip

    (alert,) = alerts(reads, kind="exceedance")
    assert (alert["severity"], alert["period"], alert["started_at"]) == (
        "critical", "quarter_hour", rfc3339(start + QUARTER),
    )  # fmt: skip
    (raised,) = transitions(reads, change="raised", alert=alert["id"])
    assert raised["finding"] == exceeded["id"]
    (shown,) = reads.stations(EVERYTHING, None, 10).items
    assert shown["state"] == "suspected_exceedance"

    why = reads.finding_why(EVERYTHING, exceeded["id"])
    assert why is not None
    assert [one["value"] for one in why["readings"]] == [121, 121, 121]
    law = reads.regulation(ID)
    assert law is not None
    assert law["periods"] == [
        {"name": "quarter_hour", "seconds": 900, "words": {"vi": "15 phút", "en": "15 minutes"}}
    ]
    assert law["until"] == "2039-12-31"

    same = run("replay", settings.with_name("data"), "--compare", "--settings", settings)
    assert same.exit_code == 0, same.output
    assert " 0 differences" in same.output

"""Every command: its help, what it refuses and how, and what it says of real data."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
import yaml
from typer.testing import CliRunner, Result

from rules.days import DAY_SECONDS, midnight, rfc3339
from tests.end_to_end.foreign import message, stamp, topic, tt10
from tests.end_to_end.monitor import ROOT, recent_register, start_tolich
from tolich.app import Place, prepare
from tolich.cli import app
from tolich.clock import StepClock, wall
from tolich.ports import Delivery
from tolich.settings import Settings

ROOT_COMMAND = typer.main.get_command(app)


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command sets up logging for its process; here that must not outlive the test."""
    handlers, configured = list(logging.root.handlers), structlog.get_config()
    yield
    logging.root.handlers[:] = handlers
    structlog.configure(**configured)


def run(*arguments: object) -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def said(result: Result) -> str:
    """What it said, without the line breaks that a narrow terminal makes."""
    return re.sub(r"\s+", "", result.output)


def bare(text: str) -> str:
    """A text as `said` gives it."""
    return re.sub(r"\s+", "", text)


# --- help -----------------------------------------------------------------------------------


def commands(of: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that is shown, by its words."""
    yield name, of
    for key, one in getattr(of, "commands", {}).items():
        if not one.hidden:
            yield from commands(one, f"{name} {key}".strip())


EVERY = dict(commands(ROOT_COMMAND))


def test_the_commands_are_those_promised() -> None:
    assert set(EVERY) >= {
        "demo", "serve", "simulate", "replay", "ingest-folder", "check", "verify",
        "regulations list", "regulations show", "regulations check", "permits list",
        "permits check",
    }  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_help_is_enough(name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.exit_code == 0
    command = EVERY[name]
    sentence = (command.help or "").split("\n\n")[0]
    assert sentence.endswith(".")
    assert bare(sentence) in said(shown).replace("│", "")
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name == "help":
            continue
        told = getattr(parameter, "help", None)
        assert told, f"{name}: {parameter.name} says nothing of itself"
        named = parameter.opts[0]
        if not named.startswith("-"):  # an argument is shown by what stands for it
            named = parameter.metavar or named
        assert named in said(shown)


def test_an_unknown_command_is_refused() -> None:
    assert run("sevre").exit_code == 2


# --- what is refused ----------------------------------------------------------------------------

BROKEN_SETTINGS = """\
htp: {port: 8000}
http: {port: 99999}
close_after: soon
"""


@pytest.fixture
def broken_settings(tmp_path: Path) -> Path:
    path = tmp_path / "tolich.yaml"
    path.write_text(BROKEN_SETTINGS, encoding="utf-8")
    return path


@pytest.fixture
def broken_register(tmp_path: Path) -> Path:
    """Settings that are sound, and a register that is not, in four places."""
    path = recent_register(tmp_path, days=3)
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    register["stations"]["MAU01"]["plant"] = "mau-99"
    register["stations"]["MAU02"]["series"]["CODD"] = {"low": 0, "high": 100}
    register["stations"]["MAU03"]["colour"] = "blue"
    register["permits"]["gpmt-mau-04"]["from"] = "soon"
    path.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    return path


def settings_for(folder: Path, register: Path) -> Path:
    """A settings file without a broker."""
    path = folder / "tolich.yaml"
    told = {"data": str(folder / "data"), "register": str(register), "mqtt": None}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


SETTINGS_SAID = (
    "3 problems",
    "htp: unknown key; did you mean 'http'?",
    "http.port: Input should be less than or equal to 65535; found 99999",
    "close_after: Input should be a valid integer",
)
REGISTER_SAID = (
    "4 problems",
    "stations.MAU01.plant: no plant 'mau-99' in this register",
    "stations.MAU02.series.CODD: unknown parameter 'CODD'; did you mean 'COD'?",
    "stations.MAU03.colour: unknown key",
    "permits.gpmt-mau-04.from: expected",
)


def refuses(output: str, file: Path, expected: tuple[str, ...]) -> None:
    """Every problem is named, each with the file it is in."""
    flat = bare(output)
    for text in expected:
        assert bare(text) in flat, f"not said: {text}\n{output}"
    assert flat.count(bare(f"{file}:")) == len(expected) - 1


@pytest.mark.parametrize("command", ["check", "serve", "ingest-folder", "simulate"])
def test_broken_settings_are_refused(command: str, broken_settings: Path, tmp_path: Path) -> None:
    place = [tmp_path] if command == "ingest-folder" else []
    refused = run(command, *place, "--settings", broken_settings)
    assert refused.exit_code == 2
    refuses(refused.output, broken_settings, SETTINGS_SAID)


@pytest.mark.parametrize("command", ["check", "ingest-folder", "permits check", "permits list"])
def test_a_broken_register_is_refused(command: str, broken_register: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, broken_register)
    place = {"check": [], "ingest-folder": [tmp_path]}.get(command, [broken_register])
    named = ["--settings", settings] if "permits" not in command else []
    refused = run(*command.split(), *place, *named)
    assert refused.exit_code == 2
    refuses(refused.output, broken_register, REGISTER_SAID)


def test_serve_does_not_start_on_a_broken_register(broken_register: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = settings_for(tmp_path, broken_register)
    assert start_tolich(log, "serve", "--settings", str(settings)).wait(60) == 2
    refuses(log.read_text(encoding="utf-8"), broken_register, REGISTER_SAID)


def test_a_settings_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused = run("check", "--settings", tmp_path / "no.yaml")
    assert refused.exit_code == 2
    assert "no.yaml" in said(refused)


# --- the law --------------------------------------------------------------------------------


def test_check_finds_nothing_wrong_with_the_examples(tmp_path: Path) -> None:
    register = ROOT / "examples" / "register.yaml"
    checked = run("check", "--settings", settings_for(tmp_path, register))
    assert checked.exit_code == 0, checked.output
    assert "no problems" in checked.output


def test_regulations_are_listed() -> None:
    listed = run("regulations", "list")
    assert listed.exit_code == 0
    assert listed.output.count("no: decides") == 3  # Hanoi's own and the two of 2025


def test_a_regulation_is_shown_with_its_verification() -> None:
    shown = run("regulations", "show", "QCVN 40:2011/BTNMT")
    assert shown.exit_code == 0
    assert "confirmed" in said(shown)
    assert "SHA-256" in shown.output


def test_an_unknown_regulation_names_the_known_ones() -> None:
    refused = run("regulations", "show", "QCVN 99")
    assert refused.exit_code == 2
    assert bare("QCVN 14:2008/BTNMT") in said(refused)


PACKS = [one for one in (ROOT / "rules/regulations").glob("*.yaml") if ".cases" not in one.name]


@pytest.mark.parametrize("pack", sorted(PACKS), ids=lambda path: path.stem)
def test_the_packs_that_ship_have_no_problems(pack: Path) -> None:
    checked = run("regulations", "check", pack)
    assert checked.exit_code == 0, checked.output


def test_a_broken_pack_is_refused(tmp_path: Path) -> None:
    pack = tmp_path / "pack.yaml"
    sound = (ROOT / "rules/regulations/qcvn-14-2008.yaml").read_text(encoding="utf-8")
    pack.write_text(sound.replace("\ncolumns:", "\ncolums:", 1), encoding="utf-8")
    refused = run("regulations", "check", pack)
    assert refused.exit_code == 2
    assert bare("colums: unknown key; did you mean 'columns'?") in said(refused)


def test_permits_are_listed_with_what_to_know() -> None:
    listed = run("permits", "list", ROOT / "examples" / "register.yaml")
    assert listed.exit_code == 0
    assert "gpmt-mau-12" in said(listed)


# --- the evidence ---------------------------------------------------------------------------


def recorded(folder: Path) -> Path:
    """A data folder with a judged day above the limit; the path of its store's folder."""
    register = recent_register(folder, 3, ["MAU05"], ["COD"])
    settings = Settings(data=folder / "data", register_files=[register], mqtt=None)
    now = midnight(wall()) + 3600
    place = Place(settings, StepClock(now))
    prepare(place)
    pipeline = place.pipeline()
    day = midnight(now) - DAY_SECONDS
    sent = [
        message(at, {"p": "COD", "v": 90.0 + at // 300 % 5, "ts": rfc3339(at)})
        for at in range(day, day + DAY_SECONDS, 300)
    ]
    pipeline.submit(
        [Delivery("mqtt", topic("MAU05", "readings"), payload, now) for payload in sent]
    )
    pipeline.tick(None, fill=True)
    place.engine.dispose()
    return settings.data


def change(data: Path, statement: str) -> None:
    """Change a store behind the monitor's back."""
    with closing(sqlite3.connect(data / "evidence.db")) as store, store:
        assert store.execute(statement).rowcount > 0


def test_a_record_equals_its_replay_until_somebody_changes_it(tmp_path: Path) -> None:
    data = recorded(tmp_path)
    same = run("replay", data, "--compare")
    assert same.exit_code == 0, same.output
    assert " 0 differences" in same.output
    sound = run("verify", data)
    assert sound.exit_code == 0, sound.output
    assert "no break" in sound.output

    change(data, "UPDATE finding SET outcome = 'compliant' WHERE period = 'day'")
    other = run("replay", data, "--compare")
    assert other.exit_code == 1
    assert "only in the record" in other.output
    assert "only in the replay" in other.output
    broken = run("verify", data)
    assert broken.exit_code == 1
    assert "finding" in broken.output
    assert bare("was changed") in said(broken)


STRICTER = """\
permits:
  gp-gia-dinh:
    {plant: mau-05, document: Giả định, number: "1", date: 2020-01-01, page: "1", from: 2020-01-01,
     limits: {COD: {max: LIMIT, page: "1"}}}
"""


def supposed(folder: Path, limit: int) -> Path:
    """A file with a permit for the recorded plant; its path."""
    path = folder / "gia-dinh.yaml"
    path.write_text(STRICTER.replace("LIMIT", str(limit)), encoding="utf-8")
    return path


def test_history_is_judged_under_other_permits(tmp_path: Path) -> None:
    data, found = recorded(tmp_path), tmp_path / "differing.jsonl"
    loose = run("replay", data, "--permit", supposed(tmp_path, 1000), "--to", found)
    assert loose.exit_code == 0, loose.output
    assert bare("25 findings differ, 1 of them of days") in said(loose)
    assert bare("MAU05 COD: exceeded → compliant") in said(loose)
    lines = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    assert {one["what_if"]["limit"]["high"] for one in lines} == {1000}
    assert {one["today"]["outcome"] for one in lines} == {"exceeded"}
    assert len(lines) == 25

    same = run("replay", data, "--permit", supposed(tmp_path, 75))
    assert bare("0 findings differ") in said(same)
    outside = run("replay", data, "--permit", supposed(tmp_path, 1000), "--until", "2020-01-01")
    assert bare("0 station-days") in said(outside)


def test_what_replay_cannot_suppose_is_refused(tmp_path: Path) -> None:
    data = recorded(tmp_path)
    permit = supposed(tmp_path, 75)
    for arguments, remedy in (
        ([permit, "--permit", permit], "takes a data folder"),
        ([data, "--permit", permit, "--compare"], "does not go with --permit"),
        ([data, "--from", "2026-01-01"], "go with --permit only"),
        (
            [data, "--permit", permit, "--from", "2026-02-01", "--until", "2026-01-01"],
            "lies before",
        ),
    ):
        refused = run("replay", *arguments)
        assert refused.exit_code == 2
        assert bare(remedy) in said(refused)
    permit.write_text(permit.read_text(encoding="utf-8").replace("max:", "maxi:"), encoding="utf-8")
    refused = run("replay", data, "--permit", permit)
    assert refused.exit_code == 2
    assert bare("permits.gp-gia-dinh.limits.COD.maxi: unknown key; did you mean 'max'?") in said(
        refused
    )


@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_folder_without_a_store_is_refused(command: str, tmp_path: Path) -> None:
    refused = run(command, tmp_path)
    assert refused.exit_code == 2
    assert "evidence.db" in said(refused)


def test_simulated_messages_are_written_and_replayed(tmp_path: Path) -> None:
    register = recent_register(tmp_path, 40, ["MAU01"], ["COD"])
    messages, found = tmp_path / "messages.jsonl", tmp_path / "found.jsonl"
    written = run("simulate", "--register", register, "--to-file", messages)
    assert written.exit_code == 0, written.output
    lines = messages.read_text(encoding="utf-8").splitlines()
    assert f"{len(lines)} messages written" in written.output
    assert len(lines) > 100
    replayed = run("replay", messages, "--register", register, "--to", found)
    assert replayed.exit_code == 0, replayed.output
    shapes = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    days = [one for one in shapes if one.get("period") == "day" and "outcome" in one]
    assert len(days) >= 35
    assert {one["station"] for one in shapes} == {"MAU01"}


def test_a_file_of_messages_needs_a_register(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text("", encoding="utf-8")
    refused = run("replay", file)
    assert refused.exit_code == 2
    assert "--register" in said(refused)


def test_a_folder_is_taken_once(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, recent_register(tmp_path, days=3))
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    at = wall() - 60
    good, bad = f"HN_MAU01_NUO001_{stamp(at)}.txt", f"HN_NOBODY_NUO001_{stamp(at)}.txt"
    for name in (good, bad):
        (dropped / name).write_bytes(tt10(at))
    taken = run("ingest-folder", dropped, "--once", "--settings", settings)
    assert taken.exit_code == 0, taken.output
    assert "6 readings accepted, 1 rejections" in taken.output
    assert [path.name for path in dropped.glob(".done/**/*.txt")] == [good]
    assert [path.name for path in dropped.glob(".rejected/**/*.txt")] == [bad]
    assert _stored(tmp_path / "data") == 6


def _stored(data: Path) -> Any:
    with closing(sqlite3.connect(data / "evidence.db")) as store:
        return store.execute("SELECT count(*) FROM reading").fetchone()[0]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused = run("ingest-folder", tmp_path / "no", "--once")
    assert refused.exit_code == 2
    assert bare("there is no folder") in said(refused)

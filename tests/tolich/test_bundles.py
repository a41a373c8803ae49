"""Bundles: the evidence of an alert proves itself anywhere; one that was touched does not."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from rules.work import Act
from tests.cast import DAY0, DAY1, DAY2, HOUR, Stage, copied, hours_of, stage
from tolich.amending import Amender
from tolich.cli import app
from tolich.evidence.archive import pack, unpack
from tolich.evidence.bundle import (
    ALERT,
    BATCHES,
    ENTRIES,
    MANIFEST,
    PUBLIC,
    ROWS,
    SIGNATURE,
    Shown,
    as_file,
    seal,
    verify_bundle,
)
from tolich.evidence.checkpoint import Checkpoint, as_json
from tolich.evidence.keys import PUBLIC as PUBLIC_KEY
from tolich.evidence.keys import key_file, made_or_read, read_public
from tolich.evidence.links import LISTED, Broken
from tolich.ports import EVERYTHING, Amend
from tolich.store.attachments import checked, keep
from tolich.store.checkpoints import sign_record
from tolich.store.ledger import appending
from tolich.store.schema import finding, transition
from tolich.store.signed import checkpoints
from tolich.store.work import Author, act
from tolich.workports import Attached

Files = dict[str, bytes]


PHOTO = b"\xff\xd8\xff mau"


class Made:
    """A monitor's data folder, and the bundle of its day alert as `tolich export` wrote it."""

    def __init__(self, of: Stage, alert: str, packed: bytes) -> None:
        self.of = of
        self.alert = alert
        self.packed = packed
        self.key = made_or_read(of.folder)

    def outside(self) -> list[Checkpoint]:
        """The checkpoints on record."""
        with self.of.engine.connect() as connection:
            return checkpoints(connection)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("made")
    of = stage(folder / "data", DAY1)
    pipeline = of.pipeline()
    both = zip(
        hours_of("MAU01", "COD", 0, [140] * 24), hours_of("MAU02", "COD", 0, [50] * 24), strict=True
    )
    pipeline.submit([one for pair in both for one in pair])
    of.clock.set(DAY2)
    pipeline.tick(DAY1, fill=True)
    asked = Amend("MAU01", "COD", "confirm", "Sở (mẫu)", "mẫu", DAY0 + 8 * HOUR, DAY0 + 9 * HOUR)
    Amender(of.taking()).amend(EVERYTHING, asked)
    pipeline.tick(DAY1, fill=True)
    made_or_read(of.folder)
    with appending(of.engine, DAY2) as append:
        files = [Attached("ảnh.jpg", PHOTO)]
        said = [{**checked(files)[0], "id": 1}]
        key, _ = act(
            append, 2, Act.COMMENT, Author(1, "mau", "city_officer"), {"attachments": said}
        )
        keep(append.connection, key, 1, files, said)
    with of.engine.connect() as connection:
        query = transition.select().where(
            transition.c.alert.is_not(None), transition.c.period == "day"
        )
        alert = f"A{connection.execute(query).mappings().first()['alert']}"  # type: ignore[index]
    to = folder / "bundle.zip"
    told = CliRunner().invoke(
        app, ["export", "evidence", "--alert", alert, "--data", str(of.folder), "--out", str(to)]
    )
    assert told.exit_code == 0, told.output
    yield Made(of, alert, to.read_bytes())
    of.close()


def test_a_bundle_verifies_and_says_what_it_shows(made: Made) -> None:
    public = read_public(key_file(made.of.folder).with_name(PUBLIC_KEY))
    shown = verify_bundle(made.packed, made.outside(), [public])
    assert shown.alert == made.alert
    assert shown.messages == 96
    assert shown.public == public
    files = unpack(made.packed)
    kinds = {kind for kind, of in json.loads(files[ROWS]).items() if of}
    assert kinds >= {
        "transition", "finding", "amendment", "register", "series", "limit", "version", "terms",
    }  # fmt: skip


def test_people_can_read_it(made: Made) -> None:
    files = unpack(made.packed)
    assert {"README.vi.txt", "README.en.txt", "report.vi.txt", "report.en.txt"} <= files.keys()
    assert made.alert in files["README.vi.txt"].decode()
    assert "TÓM TẮT" in files["report.vi.txt"].decode()
    why = json.loads(files["findings/001.json"])
    assert (why["outcome"], len(why["readings"])) == ("exceeded", 96)
    assert json.loads(files[ALERT])["why"]["alert"]["id"] == made.alert


def test_nothing_of_another_station_is_in_it(made: Made) -> None:
    """Its messages came in the same batch: of them there are only digests."""
    for name, content in unpack(made.packed).items():
        assert b"MAU02" not in content, name


def test_the_columns_a_digest_covers_are_those_of_the_schema() -> None:
    assert list(LISTED["finding"]) == [column.name for column in finding.c][3:]
    assert list(LISTED["transition"]) == [column.name for column in transition.c][1:]


# --- tampering ----------------------------------------------------------------------------------


@given(st.data())
def test_any_byte_that_is_changed_is_noticed(made: Made, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(made.packed) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    changed = bytes([made.packed[place] ^ bit])
    with pytest.raises(Broken):
        verify_bundle(made.packed[:place] + changed + made.packed[place + 1 :])


@pytest.mark.parametrize("end", [0, 1, 22, 1000, -1])
def test_a_bundle_that_was_cut_is_noticed(made: Made, end: int) -> None:
    with pytest.raises(Broken):
        verify_bundle(made.packed[:end])


def test_a_bundle_with_something_behind_or_before_it_is_noticed(made: Made) -> None:
    for spoiled in (made.packed + b"x", b"x" + made.packed):
        with pytest.raises(Broken):
            verify_bundle(spoiled)


def test_every_file_that_is_changed_taken_out_or_put_in_is_named(made: Made) -> None:
    """Even when the archive is packed again as it should be."""
    files = unpack(made.packed)
    for name, content in files.items():
        fewer = {other: files[other] for other in files if other != name}
        for spoiled in (files | {name: content + b" "}, fewer):
            with pytest.raises(Broken) as broken:
                verify_bundle(pack(spoiled))
            assert name in str(broken.value) or name in (MANIFEST, SIGNATURE, PUBLIC)
    with pytest.raises(Broken, match=r"more\.txt was changed or put in"):
        verify_bundle(pack(files | {"more.txt": b"x"}))


def test_a_bundle_packed_by_another_program_is_refused(made: Made) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in unpack(made.packed).items():
            archive.writestr(name, content)
    with pytest.raises(Broken, match="packed again"):
        verify_bundle(packed.getvalue())


Change = Callable[[Any], None]


def _first(of: Any) -> Any:
    return next(iter(of.values())) if isinstance(of, dict) else of[0]


INSIDE: dict[str, tuple[str, Change]] = {
    "a finding": (ROWS, lambda rows: _first(rows["finding"]).update(outcome="compliant")),
    "a finding's key": (ROWS, lambda rows: _first(rows["finding"]).update(id=1)),
    "a transition": (ROWS, lambda rows: _first(rows["transition"]).update(cause="{}")),
    "a limit": (ROWS, lambda rows: _first(rows["limit"]).update(body="{}")),
    "a decision": (ROWS, lambda rows: _first(rows["amendment"]).update(author="nobody")),
    "a permit": (ROWS, lambda rows: _first(rows["register"]).update(document="none")),
    "a row put in": (ROWS, lambda rows: rows["finding"].update({"999": {}})),
    "a row left out": (ROWS, lambda rows: rows["finding"].popitem()),
    "a reading": (
        BATCHES,
        lambda batches: _first(batches)["messages"][0]["readings"][0].__setitem__(2, 1),
    ),
    "a reading left out": (
        BATCHES, lambda batches: _first(batches)["messages"][0]["readings"].pop(),
    ),
    "when it came": (
        BATCHES, lambda batches: _first(batches)["messages"][0].update(received_at=1),
    ),
    "from where it came": (
        BATCHES, lambda batches: _first(batches)["messages"][0].update(source="http"),
    ),
    "a topic": (BATCHES, lambda batches: _first(batches)["messages"][0].update(topic="x")),
    "a batch's digest": (
        BATCHES, lambda batches: _first(batches)["leaves"].__setitem__(0, "00" * 32),
    ),
    "an entry's time": (ENTRIES, lambda entries: entries[0].update(at=1)),
    "an entry's way": (ENTRIES, lambda entries: entries[0]["path"].pop()),
    "an entry's digest": (ENTRIES, lambda entries: entries[0].update(digest="00" * 32)),
    "the alert": (ALERT, lambda told: told["row"].update(state="withdrawn")),
}  # fmt: skip


@pytest.mark.parametrize("what", INSIDE)
def test_not_even_the_holder_of_the_key_can_change_what_is_on_record(made: Made, what: str) -> None:
    """The manifest is made and signed again: the rows are still not those of the checkpoints."""
    name, change = INSIDE[what]
    files = {k: v for k, v in unpack(made.packed).items() if k not in (MANIFEST, SIGNATURE)}
    assert verify_bundle(seal(files, made.alert, "", made.key)).alert == made.alert
    told = json.loads(files[name])
    change(told)
    with pytest.raises(Broken):
        verify_bundle(seal(files | {name: as_file(told)}, made.alert, "", made.key))


def test_a_file_that_came_with_an_act_is_covered(made: Made) -> None:
    files = {k: v for k, v in unpack(made.packed).items() if k not in (MANIFEST, SIGNATURE)}
    assert files["attachments/1"] == PHOTO
    for spoiled in (
        files | {"attachments/1": PHOTO + b" "},
        files | {"attachments/2": PHOTO},
        {name: of for name, of in files.items() if name != "attachments/1"},
    ):
        with pytest.raises(Broken, match="is not the file its action came with"):
            verify_bundle(seal(spoiled, made.alert, "", made.key))


def test_the_bytes_of_a_message_are_covered(made: Made) -> None:
    files = {k: v for k, v in unpack(made.packed).items() if k not in (MANIFEST, SIGNATURE)}
    name = next(one for one in files if one.startswith("raw/"))
    with pytest.raises(Broken, match="was changed"):
        verify_bundle(seal(files | {name: files[name] + b" "}, made.alert, "", made.key))


def test_a_stranger_s_bundle_does_not_count(made: Made, tmp_path: Path) -> None:
    """Somebody signs all of it with a key of their own: it is consistent, and not ours."""
    files = {k: v for k, v in unpack(made.packed).items() if k not in (MANIFEST, SIGNATURE)}
    stranger = made_or_read(tmp_path)
    with pytest.raises(Broken, match="the signature does not fit"):
        verify_bundle(seal(files, made.alert, "", stranger))
    public = (key_file(tmp_path).with_name(PUBLIC_KEY)).read_bytes()
    with pytest.raises(Broken, match="signed by another key"):
        verify_bundle(seal(files | {PUBLIC: public}, made.alert, "", stranger))
    ours = read_public(key_file(made.of.folder).with_name(PUBLIC_KEY))
    resigned = {
        f"proof/checkpoints/{one.file}": as_json(one.signed(stranger)) for one in made.outside()
    }
    forged = seal(files | resigned | {PUBLIC: public}, made.alert, "", stranger)
    assert isinstance(verify_bundle(forged), Shown)
    with pytest.raises(Broken, match="which was not given"):
        verify_bundle(forged, (), [ours])
    with pytest.raises(Broken, match="is not the one from outside"):
        verify_bundle(forged, made.outside())


def test_checkpoints_from_outside_must_be_the_same(made: Made) -> None:
    other = replace(made.outside()[-1], at=1).signed(made.key)
    with pytest.raises(Broken, match="is not the one from outside"):
        verify_bundle(made.packed, [other])


# --- the commands -------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    """A command's exit status and all it said, on one line."""
    told = CliRunner().invoke(app, list(arguments))
    return told.exit_code, " ".join(told.output.split())


def test_a_program_elsewhere_verifies_it(made: Made, tmp_path: Path) -> None:
    """In a process of its own, in a folder with nothing but the bundle and the key."""
    (tmp_path / "b.zip").write_bytes(made.packed)
    public = key_file(made.of.folder).with_name(PUBLIC_KEY).read_bytes()
    (tmp_path / "key.pem").write_bytes(public)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tolich.evidence", "b.zip", "--key", "key.pem"]
    sound = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert (sound.returncode, sound.stderr) == (0, "")
    assert f"alert {made.alert}:" in sound.stdout
    (tmp_path / "b.zip").write_bytes(made.packed.replace(b"140", b"041", 1))
    spoiled = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert spoiled.returncode == 1
    assert spoiled.stderr.startswith("Broken: ")


def test_the_small_verifier_needs_no_store() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, tolich.evidence.bundle; print(*sys.modules)"],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"sqlalchemy", "numpy", "fastapi", "pydantic", "yaml"} & set(loaded)


def test_verify_takes_a_bundle(made: Made, tmp_path: Path) -> None:
    bundle = tmp_path / "b.zip"
    bundle.write_bytes(made.packed)
    key = str(key_file(made.of.folder).with_name(PUBLIC_KEY))
    status, said = run("verify", str(bundle), "--key", key)
    assert (status, "as given" in said) == (0, True)
    assert "compare it with the one you were given" in run("verify", str(bundle))[1]
    bundle.write_bytes(made.packed[:-1])
    assert run("verify", str(bundle))[0] == 1


def test_verify_takes_a_folder_with_checkpoints_from_elsewhere(made: Made, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    older = copied(made.of, tmp_path / "older")
    elsewhere.mkdir()
    sign_record(made.of.engine, made.key, DAY2)
    for one in made.outside():
        (elsewhere / one.file).write_bytes(as_json(one))
    status, said = run("verify", str(made.of.folder), "--checkpoints", str(elsewhere))
    assert (status, "no break" in said) == (0, True), said
    status, said = run("verify", str(older.folder))
    assert (status, "no break" in said) == (0, True), said
    status, said = run("verify", str(older.folder), "--checkpoints", str(elsewhere))
    assert (status, "its end was cut off" in said) == (1, True), said
    older.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "nowhere"], "there is no such folder or bundle"),
        (["verify", "."], "there is no store in this folder"),
        (["verify", "DATA", "--checkpoints", "nowhere"], "there is no such folder"),
        (["verify", "DATA", "--checkpoints", "."], "there is no checkpoint-*.json"),
        (["verify", "DATA", "--key", "nowhere"], "no public key"),
        (["export", "evidence", "--alert", "A1", "--out", "x", "--data", "."], "no store"),
        (["export", "evidence", "--alert", "A99", "--out", "x", "--data", "DATA"], "no alert A99"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    of = str(made.of.folder)
    status, told = run(*[of if one == "DATA" else one for one in arguments])
    assert status == 2
    assert said in told
    assert list(tmp_path.iterdir()) == []

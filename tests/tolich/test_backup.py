"""Backups: of one moment, proved, and brought back whole or not at all, into either store."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from typer.testing import CliRunner

from rules.model import Refused
from tests.cast import DAY1, DAY2, HOUR, Stage, append_many, hours_of, opened, stage, stored
from tests.stores import Kind, empty, settings_file, stores_on
from tolich import backup
from tolich.backup import Manifest, back_up, check, restore
from tolich.cli import app
from tolich.clock import StepClock
from tolich.evidence.checkpoint import as_json
from tolich.evidence.keys import made_or_read
from tolich.replaying import verdicts
from tolich.store.checkpoints import sign_record
from tolich.store.copying import contents
from tolich.store.proof import entries, verify_chain
from tolich.store.signed import checkpoints

FORK = multiprocessing.get_context("fork")


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""
    assert 0 <= done <= total, what


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    """A day judged and signed."""
    of = stage(tmp_path / "data", DAY1)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50]))
    of.clock.set(DAY2)
    pipeline.tick(DAY1, fill=True)
    sign_record(of.engine, made_or_read(of.folder), DAY2)
    (of.folder / "checkpoints").mkdir()
    with of.engine.connect() as connection:
        (signed,) = checkpoints(connection)
    (of.folder / "checkpoints" / signed.file).write_bytes(as_json(signed))
    yield of
    of.close()


@pytest.fixture
def made(on: Stage, tmp_path: Path) -> Path:
    """A backup of it."""
    to = tmp_path / "backup"
    back_up(on.engine, on.folder, to, quiet)
    return to


def shown(of: Stage) -> list[object]:
    pipeline = of.pipeline()
    return list(verdicts(of.reads(pipeline)))


def brought_back(made: Path, folder: Path) -> Stage:
    """The backup in a store that was empty, of the kind that is chosen."""
    restore(made, empty(folder), folder, quiet)
    return Stage(folder, StepClock(DAY2))


def everything(engine: Engine) -> dict[str, object]:
    with engine.connect() as connection:
        return dict(contents(connection, lambda _done, _total: None))


@pytest.mark.parametrize("into", list(Kind))
def test_it_comes_back_whole_into_either_kind(
    on: Stage, made: Path, tmp_path: Path, into: Kind
) -> None:
    with stores_on(into):
        back = brought_back(made, tmp_path / "back")
        assert back.engine.dialect.name == into
        assert everything(back.engine) == everything(on.engine)
        assert verify_chain(back.engine, lambda _: None) == entries(on.engine)
        assert shown(back) == shown(on)
        for path in (on.folder / "checkpoints").iterdir():
            assert (back.folder / "checkpoints" / path.name).read_bytes() == path.read_bytes()
        back.pipeline().submit(hours_of("MAU01", "COD", 20 * HOUR, [50]))  # and it goes on
        assert verify_chain(back.engine, lambda _: None) > entries(on.engine)
        back.close()


def test_it_is_of_one_moment_while_others_write(on: Stage, tmp_path: Path) -> None:
    process = FORK.Process(target=append_many, args=(on.folder, DAY2, 400))
    process.start()
    made = [_made(on, tmp_path / f"b{n}") for n in range(3)]
    process.join()
    assert process.exitcode == 0
    assert made[0].head.seq < entries(on.engine)  # it was made meanwhile
    for number, one in enumerate(made):
        manifest, proven = check(tmp_path / f"b{number}", quiet)
        assert (manifest.head, proven.entries) == (one.head, one.head.seq)


def _made(on: Stage, to: Path) -> Manifest:
    return back_up(on.engine, on.folder, to, quiet)


def test_the_backup_of_what_came_back_is_the_same(made: Path, tmp_path: Path) -> None:
    back = brought_back(made, tmp_path / "back")
    again = back_up(back.engine, back.folder, tmp_path / "again", quiet)
    first, _ = check(made, quiet)
    assert (again.tables, again.head) == (first.tables, first.head)
    back.close()


# --- what is refused ----------------------------------------------------------------------------


def refused(made: Path, folder: Path, engine: Engine | None = None) -> str:
    """What a restore is refused with; nothing of it is left behind."""
    engine = empty(folder) if engine is None else engine
    before = sorted(path for path in folder.rglob("*") if path.is_file())
    with pytest.raises(Refused) as said:
        restore(made, engine, folder, quiet)
    engine.dispose()
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == before
    return str(said.value)


def test_nothing_is_overwritten(on: Stage, made: Path, tmp_path: Path) -> None:
    before = everything(on.engine)
    assert "nothing is overwritten" in (text := refused(made, on.folder, opened(on.folder))) or (
        "is not empty" in text
    )
    assert everything(opened(on.folder)) == before
    with pytest.raises(Refused, match="replaces nothing"):
        back_up(opened(on.folder), on.folder, made, quiet)


def test_another_checkpoint_is_not_replaced(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "back"
    engine = empty(folder)
    (folder / "checkpoints").mkdir()
    (name,) = (path.name for path in (made / "checkpoints").iterdir())
    (folder / "checkpoints" / name).write_text("of another record", encoding="ascii")
    assert f"checkpoints/{name}: file: is another one" in refused(made, folder, engine)


def test_the_signing_key_is_not_in_it(on: Stage, made: Path) -> None:
    assert (on.folder / "keys").is_dir()
    assert not [path for path in made.rglob("*") if path.suffix == ".pem"]


@pytest.mark.parametrize("name", ["store.db", "manifest.json"])
def test_a_backup_that_was_changed_is_refused(made: Path, tmp_path: Path, name: str) -> None:
    changed = bytearray((made / name).read_bytes())
    changed[len(changed) // 2] ^= 1
    (made / name).write_bytes(changed)
    text = refused(made, tmp_path / "back")
    # The store's hash, the manifest's form, or a table's digest: whatever the byte belongs to.
    assert any(said in text for said in ("not what it was", "manifest", "or others of them"))


def test_a_store_that_does_not_prove_is_refused_though_its_hash_is_right(
    on: Stage, tmp_path: Path
) -> None:
    """The record was broken before it was backed up."""
    with on.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE finding SET valid = valid + 1 WHERE id = 3")
    back_up(on.engine, on.folder, tmp_path / "backup", quiet)
    assert "finding 3" in refused(tmp_path / "backup", tmp_path / "back")


def test_what_arrives_otherwise_than_it_left_is_taken_back(
    made: Path, tmp_path: Path, either_store: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that gets lost on the way into a server is found before the commit."""
    if either_store is Kind.SQLITE:
        text = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
        text["tables"]["finding"]["digest"] = "0" * 64
        (made / "manifest.json").write_text(json.dumps(text), encoding="utf-8")
        assert "finding" in refused(made, tmp_path / "back")
        return
    engine = empty(tmp_path / "back")

    def lose(_c: object, cursor: object, statement: str, rows: list[object], *_: object) -> None:
        if statement.startswith("INSERT INTO finding"):
            rows.pop()

    event.listen(engine, "before_cursor_execute", lose)
    assert "finding" in refused(made, tmp_path / "back", engine)


def test_a_restore_that_dies_leaves_no_store(
    made: Path, tmp_path: Path, either_store: Kind
) -> None:
    folder = tmp_path / "back"
    empty(folder).dispose()
    process = FORK.Process(target=restore_and_die, args=(made, folder))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    back = brought_back_again(made, folder)
    assert stored(back) == (12, 12)
    back.close()


def restore_and_die(made: Path, folder: Path) -> None:
    engine = opened(folder)
    told = []

    def die(what: str, done: int, total: int) -> None:
        told.append(what)
        if what in ("restoring", "comparing") and done == total:
            os.kill(os.getpid(), signal.SIGKILL)

    restore(made, engine, folder, die)


def brought_back_again(made: Path, folder: Path) -> Stage:
    restore(made, opened(folder), folder, quiet)
    return Stage(folder, StepClock(DAY2))


def test_a_backup_that_cannot_be_finished_leaves_nothing(
    on: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr(backup, "_manifest", full)
    with pytest.raises(OSError, match="disk is full"):
        back_up(on.engine, on.folder, tmp_path / "backup", quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


# --- the commands -------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, arguments)
    return told.exit_code, " ".join(told.output.split())


def test_the_commands_walk_through_it(on: Stage, tmp_path: Path, either_store: Kind) -> None:
    settings, to = str(settings_file(on.folder)), tmp_path / "backup"
    count = entries(on.engine)
    status, said = run("verify", "--settings", settings)
    assert (status, f"{count} entries, no break" in said) == (0, True)
    status, said = run("backup", str(to), "--settings", settings)
    assert (status, f"up to seq {count}" in said) == (0, True)
    assert stat.S_IMODE(to.stat().st_mode) == 0o700
    status, said = run("verify", str(to))
    assert (status, f"{count} entries, no break" in said) == (0, True)
    assert run("restore", str(to), "--settings", settings)[0] == 2

    empty(tmp_path / "back").dispose()
    fresh = str(settings_file(tmp_path / "back"))
    status, said = run("restore", str(to), "--settings", fresh)
    assert (status, "the record is sound, every table the same" in said) == (0, True)
    assert "The signing key is not in a backup" in said
    status, said = run("verify", "--settings", fresh)
    assert (status, f"{count} entries, no break" in said) == (0, True)


def test_a_folder_without_anything_is_told(tmp_path: Path) -> None:
    status, said = run("backup", str(tmp_path / "b"), "--data", str(tmp_path / "nothing"))
    assert (status, "there is no store in this folder" in said) == (2, True)
    status, said = run("restore", str(tmp_path), "--data", str(tmp_path / "nothing"))
    assert (status, "there is no backup in this folder" in said) == (2, True)

"""Backups: a folder that holds a store and its checkpoints, and says of what.

The signing key is not in it: whoever had both could write another history and sign it.

`manifest.json` is written last and the folder gets its name after that: what bears the name
is whole. A store comes back whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine

from rules.days import rfc3339
from rules.model import Problem, Refused
from tolich.clock import wall
from tolich.evidence.links import Broken
from tolich.store.copying import (
    Content,
    Contents,
    Head,
    contents,
    copy_in,
    copy_out,
    frozen,
    head_of,
    refuse_difference,
)
from tolich.store.database import migrate, newest_schema, on_sqlite, open_engine, sqlite_url
from tolich.store.proof import Proven, verify_record

MANIFEST = "manifest.json"
STORE = "store.db"
FORMAT = 1
CHECKPOINTS = "checkpoints"
"""The folder of the data folder that belongs to the record."""

Progress = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    made_at: int  # wall time
    tolich: str
    schema: str
    kind: str  # of the store it was made of: sqlite or postgresql
    head: Head
    tables: Contents
    files: Mapping[str, File]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    manifest: Manifest
    proven: Proven
    later: tuple[str, ...]  # checkpoints in the data folder that the record does not reach


def back_up(engine: Engine, data: Path, to: Path, progress: Progress) -> Manifest:
    """Copy a store and what belongs to it into a new folder, while others go on writing.

    Raises Refused when the folder is there already, or the store is not of this version.
    """
    if to.exists():
        raise Refused([Problem(str(to), "folder", "is there already: a backup replaces nothing")])
    with _whole_or_not(to) as folder:
        # Before the store: a checkpoint that the copied record does not reach would accuse it.
        if (data / CHECKPOINTS).is_dir():
            shutil.copytree(data / CHECKPOINTS, folder / CHECKPOINTS)
        copy_out(engine, folder / STORE, _named(progress, "copying"))
        manifest = _manifest(folder, engine, progress)
        (folder / MANIFEST).write_text(_as_json(manifest), encoding="utf-8")
    return manifest


def check(folder: Path, progress: Progress) -> tuple[Manifest, Proven]:
    """Prove a backup without changing it: every byte of it, and the record. Raises Refused."""
    manifest = read_manifest(folder)
    refuse_changed(folder, manifest)
    return manifest, _proven(folder / STORE, progress)


def restore(folder: Path, engine: Engine, data: Path, progress: Progress) -> Restored:
    """Bring a backup back into an empty store and its data folder; returns what came back.

    Nothing is ever overwritten. Raises Refused, with everything left as it was, when there is
    a store already, or when the backup is not what it says. The caller holds the writer's lock.
    """
    manifest, proven = check(folder, progress)
    _refuse_present(engine, data, folder, manifest)
    with _scratch(data) as beside:
        shutil.copyfile(folder / STORE, beside / STORE)
        expected = _up_to_date(beside / STORE, manifest, progress)
        with _bringing_beside(folder, data, manifest):
            if on_sqlite(engine):
                _flush(beside / STORE)
                (beside / STORE).rename(data / "evidence.db")
                _flush(data)
            else:
                copy_in(beside / STORE, engine, expected, _named(progress, "restoring"))
    return Restored(manifest, proven, _later(data, manifest))


def read_manifest(folder: Path) -> Manifest:
    """What a backup says it holds. Raises Refused when it is none, or of a newer version."""
    path = folder / MANIFEST
    if not path.is_file():
        raise Refused([Problem(str(folder), MANIFEST, "there is no backup in this folder")])
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            said = f"has format {told['format']}; this version of tolich knows {FORMAT}"
            raise Refused([Problem(str(path), "format", said)])
        return _of_json(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused([Problem(str(path), "content", f"no manifest: {error!r}")]) from error


def refuse_changed(folder: Path, manifest: Manifest) -> None:
    """Raises Refused, naming every file that is not as it was backed up."""
    problems = [
        Problem(str(folder / name), "file", "is missing from the backup, or not what it was")
        for name, expected in manifest.files.items()
        if not (folder / name).is_file() or _file(folder / name) != expected
    ]
    if problems:
        raise Refused(problems)


# --- making -------------------------------------------------------------------------------------


@contextmanager
def _whole_or_not(to: Path) -> Iterator[Path]:
    """A folder beside the one that is wanted, which becomes it in the end, or is taken away."""
    to.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f".{to.name}.", suffix=".partial", dir=to.parent))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder
        for path in folder.rglob("*"):
            _flush(path)
        _flush(folder)
        folder.rename(to)
        undo.pop_all()
    _flush(to.parent)


def _manifest(folder: Path, engine: Engine, progress: Progress) -> Manifest:
    copied = frozen(folder / STORE)
    with copied.connect() as connection:
        tables = contents(connection, _named(progress, "reading back"))
        last = head_of(connection)
    copied.dispose()
    files = {
        str(path.relative_to(folder)): _file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    kind = engine.dialect.name
    return Manifest(wall(), version("tolich"), newest_schema(), kind, last, tables, files)


def _file(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _flush(path: Path) -> None:
    """Have a file or a folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_json(manifest: Manifest) -> str:
    told: dict[str, Any] = {"format": FORMAT, **asdict(manifest)}
    told["made_at"] = rfc3339(manifest.made_at)
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _of_json(told: Mapping[str, Any]) -> Manifest:
    return Manifest(
        made_at=int(datetime.fromisoformat(told["made_at"]).timestamp()),
        tolich=told["tolich"],
        schema=told["schema"],
        kind=told["kind"],
        head=Head(**told["head"]),
        tables={name: Content(**one) for name, one in told["tables"].items()},
        files={name: File(**one) for name, one in told["files"].items()},
    )


# --- bringing back ------------------------------------------------------------------------------


def _proven(file: Path, progress: Progress) -> Proven:
    copied = frozen(file)
    with copied.connect() as connection:
        total = head_of(connection).seq
    told = _named(progress, "verifying")
    try:
        return verify_record(copied, lambda done: told(done, total))
    except Broken as broken:
        raise Refused([Problem(str(file), "record", str(broken))]) from broken
    finally:
        copied.dispose()


def _refuse_present(engine: Engine, data: Path, folder: Path, manifest: Manifest) -> None:
    """Nothing of what comes back may be there, unless it is the same."""
    problems = []
    if on_sqlite(engine) and sqlite_url(data).database != engine.url.database:
        said = "is another file than evidence.db in the data folder: set only `data`"
        problems.append(Problem("settings", "store", said))
    present = [name for name in ("evidence.db", "evidence.db-wal") if (data / name).exists()]
    if on_sqlite(engine) and present:
        said = f"{' and '.join(present)} there already: move it away, nothing is overwritten"
        problems.append(Problem(str(data), "evidence.db", said))
    problems += [
        Problem(str(data / name), "file", "is another one than in the backup: move it away")
        for name in manifest.files
        if name != STORE and (data / name).exists() and _file(data / name) != _file(folder / name)
    ]
    if problems:
        raise Refused(problems)


@contextmanager
def _scratch(data: Path) -> Iterator[Path]:
    """A folder on the same disk, taken away in the end."""
    folder = Path(mkdtemp(prefix=".restoring.", dir=data))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _up_to_date(file: Path, manifest: Manifest, progress: Progress) -> Contents:
    """A copy of an older version is brought to this one's schema; returns what it then holds."""
    if manifest.schema != newest_schema():
        engine = open_engine(sqlite_url(file.parent).set(database=str(file)))
        migrate(engine)
        engine.dispose()
    copied = frozen(file)
    with copied.connect() as connection:
        found = contents(connection, _named(progress, "comparing"))
    copied.dispose()
    if manifest.schema == newest_schema():
        refuse_difference(str(file), manifest.tables, found)
    return found


@contextmanager
def _bringing_beside(folder: Path, data: Path, manifest: Manifest) -> Iterator[None]:
    """Checkpoints come before their store, and go again when it does not come."""
    wanted = [name for name in manifest.files if name != STORE and not (data / name).exists()]
    with ExitStack() as undo:
        for name in wanted:
            target = data / name
            undo.callback(target.unlink, missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target)
            _flush(target)
        yield
        undo.pop_all()


def _later(data: Path, manifest: Manifest) -> tuple[str, ...]:
    """Checkpoints that were left in the data folder and speak of what is lost."""
    kept = {f"{CHECKPOINTS}/{path.name}" for path in (data / CHECKPOINTS).glob("*.json")}
    return tuple(sorted(kept - set(manifest.files)))


def _named(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)

"""`tolich backup` and `tolich restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from rules.model import Problem, Refused
from tolich.app import opened_store
from tolich.backup import Manifest, Restored, back_up, restore
from tolich.backup import Progress as Told
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.evidence.keys import key_file
from tolich.lock import AlreadyWriting, alone_on, writer_lock
from tolich.settings import Settings, load_settings

Data = Annotated[Path | None, typer.Option(help="Data folder; default: the settings'.")]


def backup(
    to: Annotated[Path, typer.Argument(help="The folder to make; it must not be there.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Copy the store and its checkpoints into a folder, while all goes on.

    The copy is of one moment. It needs no server to be proved (`tolich verify FOLDER`), and it
    can be restored into SQLite as well as PostgreSQL. Not in it: the signing key (`keys` in
    the data folder; keep a copy of it apart), the settings, and the files they name.
    """
    with refusing():
        loaded = _loaded(settings, data)
        if loaded.store is None and not (loaded.data / "evidence.db").is_file():
            said = "there is no store in this folder"
            raise Refused([Problem(str(loaded.data), "evidence.db", said)])
        with opened_store(loaded) as engine, telling() as told:
            made = back_up(engine, loaded.data, to, told)
    out.print(f"{to}: {summary(made)}", markup=False, highlight=False, soft_wrap=True)


def restore_backup(
    source: Annotated[Path, typer.Argument(help="A folder that `tolich backup` made.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """Bring a backup back into an empty data folder or database, or leave all as it was.

    The backup is proved first, and what arrived is compared with what was backed up, row by
    row. Nothing is overwritten. Afterwards start the monitor: what the broker has kept since
    comes in by itself, and what loggers and the national portal still have can be sent again.
    """
    with refusing():
        loaded = _loaded(settings, data)
        found = _restored(source, loaded)
    out.print(f"restored: {summary(found.manifest)}; the record is sound, every table the same")
    if not key_file(loaded.data).exists():
        err.print(
            f"The signing key is not in a backup: put {key_file(loaded.data).parent} back before "
            "you start, or a new key signs from now on.",
            soft_wrap=True,
        )
    if found.later:
        err.print(
            f"{len(found.later)} checkpoints in the data folder are newer than this backup: they "
            "prove that the record went on, and `tolich verify` will say so. Keep them apart.",
            soft_wrap=True,
        )


def _restored(source: Path, settings: Settings) -> Restored:
    data = settings.data
    try:
        with (
            opened_store(settings) as engine, writer_lock(data, patience=0),
            alone_on(engine, patience=0), telling() as told,
        ):  # fmt: skip
            return restore(source, engine, data, told)
    except AlreadyWriting as error:
        raise Refused([Problem("store", "lock", str(error))]) from error


def summary(of: Manifest) -> str:
    """A backup in a line."""
    rows = sum(one.rows for one in of.tables.values())
    return (
        f"{rows} rows of {len(of.tables)} tables up to seq {of.head.seq}, "
        f"schema {of.schema}, head {of.head.digest[:16]}"
    )


def _loaded(settings: Path | None, data: Path | None) -> Settings:
    loaded = load_settings(settings)
    if data is None:
        return loaded
    return loaded.model_copy(update={"data": data, "store": None, "store_password_file": None})


@contextmanager
def telling() -> Iterator[Told]:
    """Bars of what is under way, one below the other."""
    with Progress(console=err) as bar:
        tasks = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield told

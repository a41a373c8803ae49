"""`tolich verify`: the ordered record, or a bundle of it, proved afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from rules.days import rfc3339
from rules.model import Problem, Refused
from tolich.app import store_of
from tolich.backup import MANIFEST, STORE, read_manifest, refuse_changed
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.evidence.bundle import Shown, verify_bundle
from tolich.evidence.checkpoint import Checkpoint, from_json, key_name
from tolich.evidence.keys import read_public
from tolich.evidence.links import Broken
from tolich.settings import load_settings
from tolich.store.copying import frozen
from tolich.store.database import open_engine, sqlite_url
from tolich.store.proof import Proven, entries, missing_tables, verify_record

Source = Annotated[
    Path | None,
    typer.Argument(help="A data folder, a backup or a bundle (ZIP); default: the settings' store."),
]
Outside = Annotated[
    Path | None,
    typer.Option(help="Folder of checkpoints kept elsewhere; default: those in the data folder."),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key (PEM) that signatures must be of; repeat for several."),
]


def verify(
    source: Source = None, checkpoints: Outside = None, key: Keys = None,
    settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Prove a store, a backup or a bundle, and name the first row that is not as it was.

    A store on a server is named by its settings file. Without --checkpoints from another
    machine nobody can tell that the end of a record was cut off; without --key its signatures
    are only known to be of one key.
    """
    with refusing():
        trusted = [read_public(one) for one in key or ()]
        if source is None:
            loaded = load_settings(settings)
            source, engine = loaded.data, store_of(loaded)
        else:
            engine = open_engine(sqlite_url(source))
        backed_up = (source / MANIFEST).is_file()
        if engine.url.database == sqlite_url(source).database and not backed_up:
            _refuse_absent(source)
        folder = _folder(source, checkpoints)
    try:
        outside = [] if folder is None else _read(folder)
        if source.is_file():
            _tell_bundle(verify_bundle(source.read_bytes(), outside, trusted), bool(trusted))
            return
        with refusing():
            if backed_up:
                engine = _intact(source)
            _tell(_verified(engine, str(source), outside, trusted), bool(trusted))
            engine.dispose()
    except Broken as broken:
        err.print("[bold red]Broken:[/]", end=" ")
        err.print(str(broken), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from broken


def _refuse_absent(source: Path) -> None:
    if source.is_dir() and not (source / "evidence.db").is_file():
        raise Refused([Problem(str(source), "evidence.db", "there is no store in this folder")])
    if not source.exists():
        raise Refused([Problem(str(source), "file", "there is no such folder or bundle")])


def _intact(source: Path) -> Engine:
    """The store of a backup whose files are all as they were made."""
    refuse_changed(source, read_manifest(source))
    return frozen(source / STORE)


def _folder(source: Path, asked: Path | None) -> Path | None:
    """Where checkpoints from outside are: as asked, or those that the data folder keeps."""
    if asked is None:
        own = source / "checkpoints"
        return own if own.is_dir() else None
    if not asked.is_dir():
        raise Refused([Problem(str(asked), "--checkpoints", "there is no such folder")])
    if not any(asked.glob("checkpoint-*.json")):
        said = "there is no checkpoint-*.json in this folder"
        raise Refused([Problem(str(asked), "--checkpoints", said)])
    return asked


def _read(folder: Path) -> list[Checkpoint]:
    files = sorted(folder.glob("checkpoint-*.json"))
    return [from_json(str(file), file.read_bytes()) for file in files]


def _verified(
    engine: Engine, name: str, outside: Sequence[Checkpoint], keys: Sequence[bytes]
) -> Proven:
    missing = missing_tables(engine)
    if missing:
        said = f"made by an older version, or not whole: no table {', '.join(missing)}"
        raise Refused([Problem(name, "evidence.db", said)])
    with Progress(console=err) as bar:
        task = bar.add_task("verifying", total=entries(engine))
        return verify_record(engine, lambda done: bar.update(task, completed=done), outside, keys)


def _tell(found: Proven, trusted: bool) -> None:
    out.print(f"{found.entries} entries, no break")
    if found.checkpoints:
        out.print(
            f"{found.checkpoints} checkpoints on record, {found.outside} from outside; signed up "
            f"to seq {found.signed}, by {_keys(found.keys, trusted)}"
        )
    else:
        out.print("no checkpoint: only that the record is consistent in itself")
    if found.uncovered:
        out.print(f"{found.uncovered} batches are from before readings were covered")
    if found.pruned:
        out.print(f"{found.pruned} messages were pruned, as signed rows say")


def _tell_bundle(shown: Shown, trusted: bool) -> None:
    out.print(
        f"alert {shown.alert}: {shown.rows} rows and {shown.messages} messages are under "
        f"{shown.checkpoints} checkpoints signed by {_keys([key_name(shown.public)], trusted)}, "
        f"the last at {rfc3339(shown.signed_at)}"
    )


def _keys(names: Sequence[str], trusted: bool) -> str:
    said = f"key {', '.join(names)}"
    return f"{said}, as given" if trusted else f"{said} (compare it with the one you were given)"

"""`tolich verify`: the ordered record, or a bundle of it, proved afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from rules.days import rfc3339
from rules.model import Problem, Refused
from tolich.console import err, out, refusing
from tolich.evidence.bundle import Shown, verify_bundle
from tolich.evidence.checkpoint import Checkpoint, from_json, key_name
from tolich.evidence.keys import read_public
from tolich.evidence.links import Broken
from tolich.store.database import open_engine, sqlite_url
from tolich.store.proof import Proven, entries, missing_tables, verify_record

Source = Annotated[Path, typer.Argument(help="A data folder, or a bundle (ZIP).")]
Outside = Annotated[
    Path | None,
    typer.Option(help="Folder of checkpoints kept elsewhere; default: those in the data folder."),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key (PEM) that signatures must be of; repeat for several."),
]


def verify(source: Source, checkpoints: Outside = None, key: Keys = None) -> None:
    """Prove a data folder or a bundle, offline, and name the first row that is not as it was.

    Without --checkpoints from another machine nobody can tell that the end of a record was cut
    off; without --key its signatures are only known to be of one key.
    """
    with refusing():
        trusted = [read_public(one) for one in key or ()]
        if source.is_dir() and not (source / "evidence.db").is_file():
            raise Refused([Problem(str(source), "evidence.db", "there is no store in this folder")])
        if not source.exists():
            raise Refused([Problem(str(source), "file", "there is no such folder or bundle")])
        folder = _folder(source, checkpoints)
    try:
        outside = [] if folder is None else _read(folder)
        if source.is_file():
            _tell_bundle(verify_bundle(source.read_bytes(), outside, trusted), bool(trusted))
            return
        with refusing():
            _tell(_verified(source, outside, trusted), bool(trusted))
    except Broken as broken:
        err.print("[bold red]Broken:[/]", end=" ")
        err.print(str(broken), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from broken


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


def _verified(data: Path, outside: Sequence[Checkpoint], keys: Sequence[bytes]) -> Proven:
    engine = open_engine(sqlite_url(data))
    missing = missing_tables(engine)
    if missing:
        said = f"made by an older version, or not whole: no table {', '.join(missing)}"
        raise Refused([Problem(str(data), "evidence.db", said)])
    with Progress(console=err) as bar:
        task = bar.add_task("verifying", total=entries(engine))
        found = verify_record(engine, lambda done: bar.update(task, completed=done), outside, keys)
    engine.dispose()
    return found


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

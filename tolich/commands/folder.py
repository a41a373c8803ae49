"""`tolich ingest-folder`: TT10 files that an FTP or SFTP server drops."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Annotated

import typer

from ingest.decode import decode
from ingest.folder import FolderSource
from tolich.app import Place, prepare, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.logs import configure_logs
from tolich.pipeline import Taking
from tolich.ports import Arrival, NotDurable
from tolich.room import room_in
from tolich.settings import load_settings

TOGETHER = 200


def ingest_folder(
    path: Annotated[Path, typer.Argument(help="Folder with TT10 files, below it too.")],
    settings: SettingsFile = None,
    once: Annotated[bool, typer.Option(help="Take what lies there now, and end.")] = False,
) -> None:
    """Take TT10 files from a folder into the store; a running `tolich serve` judges them.

    A file moves to .done (or .rejected) below the folder after its commit, never before.
    """
    configure_logs(human=err.is_terminal)
    if not path.is_dir():
        err.print(f"[bold red]Refused:[/] there is no folder {path}")
        raise typer.Exit(2)
    with refusing():
        place = Place(load_settings(settings), real_clock())
        prepare(place)
        taking = Taking(place.engine, decode, place.catalogue, place.registered(), place.clock)
    taking.room = room_in(place.settings.data, place.settings.min_free_mb)
    source = FolderSource(path, lambda: taking.registered, place.clock)
    arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    if once:
        source.scan_once(arrivals.put)
        accepted, rejected = _take_all(taking, source, arrivals)
        out.print(f"{accepted} readings accepted, {rejected} rejections")
        return
    source.start(arrivals.put)
    try:
        while True:
            taking.refresh()
            _take_all(taking, source, arrivals, wait=1.0)
    except KeyboardInterrupt:
        out.print("stopped")
    finally:
        source.stop()


def _take_all(
    taking: Taking,
    source: FolderSource,
    arrivals: queue.SimpleQueue[Arrival],
    wait: float = 0.0,
) -> tuple[int, int]:
    """Store what has been found; nothing moves before it is durable."""
    accepted = rejected = 0
    while batch := _gather(arrivals, wait):
        try:
            receipts = taking.submit([arrival.delivery for arrival in batch])
        except NotDurable as error:
            err.print(f"not stored, will be tried again: {error}")
            source.again()
            return accepted, rejected
        for arrival, receipt in zip(batch, receipts, strict=True):
            arrival.done(receipt)
            accepted += receipt.accepted
            rejected += len(receipt.rejected)
        wait = 0.0
    return accepted, rejected


def _gather(arrivals: queue.SimpleQueue[Arrival], wait: float) -> list[Arrival]:
    batch: list[Arrival] = []
    try:
        batch.append(arrivals.get(timeout=wait) if wait else arrivals.get_nowait())
        while len(batch) < TOGETHER:
            batch.append(arrivals.get_nowait())
    except queue.Empty:
        pass
    return batch

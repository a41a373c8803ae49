"""A folder as a destination: a mounted share, or something else that fetches from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tolich.forwarding.destination import PART, Kind, Outgoing, Sent, Trouble, receipt, shortened


class FolderDestination:
    """Writes below a folder that must be there: a share that is not mounted is away, not empty."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def send(self, files: Sequence[Outgoing]) -> Sent:
        """Write files in their order."""
        sent = Sent()
        if not self._base.is_dir():
            sent.trouble = Trouble(Kind.UNREACHABLE, f"there is no folder {self._base}")
            return sent
        for file in files:
            try:
                size = self._write(file)
            except OSError as error:
                sent.trouble = Trouble(Kind.REFUSED, f"{error.filename}: {error.strerror}")
                return sent
            if size != len(file.content):
                sent.trouble = shortened(size, len(file.content), file.name)
                return sent
            sent.receipts.append(receipt(size))
        return sent

    def _write(self, file: Outgoing) -> int:
        folder = self._base / file.folder
        folder.mkdir(parents=True, exist_ok=True)
        part, whole = folder / f"{file.name}{PART}", folder / file.name
        with part.open("wb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(whole)
        return whole.stat().st_size

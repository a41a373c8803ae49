"""Plant time that several processes share, and how far the writer has got with it."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_WORD = struct.Struct("<q")
_NOW, _TAKEN, _SETTLED = range(3)


class PlantTime:
    """A clock in a file: who drives a run sets it, the monitor's processes read it.

    Beside it the writer says how many messages it has committed, and until when everything
    that was due has been judged.
    """

    def __init__(self, file: Path, start: int | None = None) -> None:
        if start is not None:
            file.write_bytes(_WORD.pack(start) + _WORD.pack(0) * 2)
        with file.open("r+b") as opened:
            self._words = mmap.mmap(opened.fileno(), 3 * _WORD.size)

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        return self._get(_NOW)

    def set(self, now: int) -> None:
        """Move on; plant time never goes back."""
        self._put(_NOW, max(now, self._get(_NOW)))

    @property
    def taken(self) -> int:
        """Messages that the writer has committed since it started."""
        return self._get(_TAKEN)

    @taken.setter
    def taken(self, count: int) -> None:
        self._put(_TAKEN, count)

    @property
    def settled(self) -> int:
        """Plant time until which nothing that was due waits."""
        return self._get(_SETTLED)

    @settled.setter
    def settled(self, until: int) -> None:
        self._put(_SETTLED, until)

    def _get(self, place: int) -> int:
        found: int = _WORD.unpack_from(self._words, place * _WORD.size)[0]
        return found

    def _put(self, place: int, value: int) -> None:
        _WORD.pack_into(self._words, place * _WORD.size, value)

"""A folder into which an FTP or SFTP server drops TT10 files.

A file is taken once it has kept its size and time between two looks, and moved only after its
content is durable. A crash in between leaves it in place: it is taken again, which changes
nothing. Nothing is ever deleted or overwritten.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import structlog

from ingest.topics import NOBODY, tt10_topic
from ingest.tt10 import file_stem
from rules.days import local_date
from rules.register import Station
from tolich.ports import Arrival, Clock, Delivery, Receipt, Registered

log = structlog.get_logger()

DONE = ".done"
REJECTED = ".rejected"

INTERVAL = 2.0
"""Seconds between two looks at the tree."""

WINDOW = 1000
"""Files that may be on their way to the store at a time; the rest waits on the disk."""

LARGEST = 16 << 20
"""Bytes read of a file. The decoder refuses far smaller ones, but by name and with a hash."""

Wait = Callable[[float], bool]
"""Waits so many seconds; True when there is nothing left to wait for: stop."""


@dataclass(frozen=True, slots=True)
class _Trace:
    """By what one sees that a file has changed."""

    size: int
    written_ns: int
    changed_ns: int  # also by new permissions, so that a file that was unreadable is tried again


class FolderSource:
    """TT10 files of a folder and everything below it. Implements the port `Source`.

    `registered` gives the register of the moment; `wait` replaces the real waiting in tests.
    """

    def __init__(
        self,
        folder: Path,
        registered: Callable[[], Registered],
        clock: Clock,
        interval: float = INTERVAL,
        wait: Wait | None = None,
    ) -> None:
        self.folder = folder
        self._registered = registered
        self._clock = clock
        self._interval = interval
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._freed = threading.Condition()  # guards these two, which other threads change
        self._pending: set[Path] = set()
        self._stuck: dict[Path, _Trace] = {}
        self._seen: dict[Path, _Trace] = {}
        self._ready: deque[Path] = deque()
        self._thread: threading.Thread | None = None

    def start(self, put: Callable[[Arrival], None]) -> None:
        """Watch, in a thread of our own. Raises NotADirectoryError when there is no folder."""
        if not self.folder.is_dir():
            raise NotADirectoryError(f"{self.folder}: expected a folder to watch for TT10 files")
        self._thread = threading.Thread(target=self._run, args=(put,), name="folder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; what was delivered but not stored stays where it is."""
        self._stopping.set()
        with self._freed:
            self._freed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def again(self) -> None:
        """A commit failed: what is on its way will be delivered again."""
        with self._freed:
            self._pending.clear()
            self._freed.notify_all()

    def scan_once(self, put: Callable[[Arrival], None]) -> int:
        """Deliver what lies there and is not being written; how many files that were.

        For a run that does not watch: looks twice, an interval apart. At most `WINDOW` files
        at a time, so call it until it returns 0, settling what came in between.
        """
        if not self._ready:
            self._look()
            self._wait(self._interval)
            self._look()
        return self._deliver(put)

    def _run(self, put: Callable[[Arrival], None]) -> None:
        while not self._stopping.is_set():
            if not self._ready:
                self._look()
            self._deliver(put)
            if self._ready:
                with self._freed:
                    self._freed.wait(self._interval)
            elif self._wait(self._interval):
                return

    def _look(self) -> None:
        """Compare the tree with the look before: what has not changed is ready."""
        before, self._seen = self._seen, dict(self._files())
        with self._freed:
            self._stuck = {p: trace for p, trace in self._stuck.items() if p in self._seen}
            stuck = dict(self._stuck)
        unchanged = (path for path, trace in self._seen.items() if before.get(path) == trace)
        self._ready = deque(sorted(p for p in unchanged if stuck.get(p) != self._seen[p]))

    def _files(self) -> Iterator[tuple[Path, _Trace]]:
        for parent, folders, names in os.walk(self.folder):
            # What begins with a dot is ours (.done) or an upload under way (.in.name.txt).
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if name.lower().endswith(".txt") and not name.startswith("."):
                    path = Path(parent, name)
                    trace = _trace(path)
                    if trace is not None:
                        yield path, trace

    def _deliver(self, put: Callable[[Arrival], None]) -> int:
        delivered = 0
        while self._ready:
            with self._freed:
                if len(self._pending) >= WINDOW or self._stopping.is_set():
                    break
                path = self._ready.popleft()
                if path in self._pending:
                    continue
                self._pending.add(path)
            delivered += self._deliver_one(path, put)
        return delivered

    def _deliver_one(self, path: Path, put: Callable[[Arrival], None]) -> int:
        trace = self._seen[path]
        if _trace(path) != trace:  # gone or changed since the look: the next look decides
            self._release(path)
            return 0
        try:
            payload = _read(path)
        except OSError as error:
            self._give_up(path, trace, "file cannot be read", error)
            return 0
        delivery = Delivery("folder", self._topic(path), payload, self._clock.now())
        put(Arrival(delivery, partial(self._done, path, trace)))
        return 1

    def _topic(self, path: Path) -> str:
        name = os.fsencode(path.name).decode("utf-8", "replace")
        stem = file_stem(name)
        for station in self._registered().register.stations.values():
            if stem is not None and stem == station.tt10_prefix:
                return _topic_of(station, name)
        return tt10_topic(NOBODY, NOBODY, name)

    def _done(self, path: Path, trace: _Trace, receipt: Receipt) -> None:
        """The content is durable: put the file aside, unless it is another one by now."""
        kept = DONE if receipt.accepted else REJECTED
        day = local_date(self._clock.now())
        target = self.folder / kept / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}" / path.name
        try:
            if _trace(path) == trace:
                _move(path, target)
        except OSError as error:
            self._give_up(path, trace, "file stored but not moved", error)
        else:
            self._release(path)

    def _give_up(self, path: Path, trace: _Trace, what: str, error: OSError) -> None:
        """Leave a file alone until it changes or we start again: every few seconds helps nobody."""
        log.error(what, file=str(path), error=str(error))
        with self._freed:
            self._stuck[path] = trace
        self._release(path)

    def _release(self, path: Path) -> None:
        with self._freed:
            self._pending.discard(path)
            self._freed.notify_all()


def _topic_of(station: Station, filename: str) -> str:
    return tt10_topic(station.cluster, station.id, filename)


def _trace(path: Path) -> _Trace | None:
    """None for what is no plain file (links too: they lead out of the folder), or is gone."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return _Trace(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _move(path: Path, target: Path) -> None:
    """Move beside what has the same name already: a file that was resent is evidence, too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        try:
            target.open("xb").close()  # ours alone from here on, so replacing it loses nothing
        except FileExistsError:
            target = target.with_name(f"{path.stem}.{number}{path.suffix}")
            continue
        path.replace(target)
        return

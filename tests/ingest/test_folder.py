from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from ingest.decode import decode
from ingest.folder import FolderSource
from tests.ingest.plants import CATALOGUE, NOW, REGISTERED, STAMP, TT10
from tolich.clock import StepClock
from tolich.ports import Arrival, Receipt

NAME = f"HN_MAU01_NUO001_{STAMP}.txt"
LINE = f"TSS\t38.4\tmg/L\t{STAMP}\t00\n"
SECONDS = 10.0


class Folder:
    """A watched folder whose looks are taken by hand; `between` happens between two of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.between: Callable[[], object] = lambda: None
        self.arrivals: list[Arrival] = []
        clock = StepClock(NOW)
        self.source = FolderSource(path, lambda: REGISTERED, clock, wait=self._wait)

    def scan(self) -> list[Arrival]:
        """What one run delivers."""
        self.arrivals = []
        assert self.source.scan_once(self.arrivals.append) == len(self.arrivals)
        return self.arrivals

    def drop(self, name: str, content: str = LINE) -> Path:
        """A file as an FTP server leaves it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def names(self) -> list[str]:
        """Every file below, relative."""
        return sorted(str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file())

    def _wait(self, seconds: float) -> bool:
        self.between()
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "ftp")


def settle(arrival: Arrival) -> None:
    """What the pipeline does with an arrival, without a store."""
    found = decode(arrival.delivery, REGISTERED, CATALOGUE, NOW)
    arrival.done(Receipt(len(found.readings), found.rejected))


def test_a_file_is_delivered_as_its_station_s_and_put_aside(folder: Folder) -> None:
    folder.drop(f"MAU01/2026/11/22/{NAME}")
    (arrival,) = folder.scan()
    assert arrival.delivery.source == "folder"
    assert arrival.delivery.topic == f"{TT10}/{NAME}"
    assert arrival.delivery.payload == LINE.encode()
    assert arrival.delivery.received_at == NOW
    assert folder.names() == [f"MAU01/2026/11/22/{NAME}"]  # not before it is durable
    settle(arrival)
    assert folder.names() == [f".done/2026/11/22/{NAME}"]
    assert folder.scan() == []


@pytest.mark.parametrize(
    "name, content",
    [
        (NAME, ""),
        (NAME, "not five fields"),
        (f"HN_MAU99_NUO001_{STAMP}.txt", LINE),
        ("readme.txt", LINE),
    ],
)
def test_a_file_of_which_nothing_is_accepted_is_kept_apart(
    folder: Folder, name: str, content: str
) -> None:
    folder.drop(name, content)
    (arrival,) = folder.scan()
    settle(arrival)
    assert folder.names() == [f".rejected/2026/11/22/{name}"]


@pytest.mark.parametrize("name", [f"HN_MAU99_NUO001_{STAMP}.txt", f"HN_MAU01_NUO0011_{STAMP}.txt"])
def test_a_name_that_fits_no_station_is_delivered_for_none(folder: Folder, name: str) -> None:
    folder.drop(name)
    (arrival,) = folder.scan()
    assert arrival.delivery.topic == f"tolich/v1/-/-/tt10/{name}"


def test_other_files_are_left_alone(folder: Folder) -> None:
    for name in ("notes.csv", f".in.{NAME}", f".tmp/{NAME}", f"{NAME}.part"):
        folder.drop(name)
    (folder.path / NAME).symlink_to(folder.path / "notes.csv")
    assert folder.scan() == []


def test_a_file_that_is_still_being_written_is_not_taken(folder: Folder) -> None:
    path = folder.drop(NAME, LINE)
    folder.between = lambda: path.write_text(LINE * 2, encoding="utf-8")
    assert folder.scan() == []
    folder.between = lambda: None
    (arrival,) = folder.scan()
    assert arrival.delivery.payload == LINE.encode() * 2


def test_a_file_written_anew_before_its_commit_stays(folder: Folder) -> None:
    folder.drop(NAME)
    (first,) = folder.scan()
    folder.drop(NAME, LINE * 2)
    settle(first)
    assert folder.names() == [NAME]
    (second,) = folder.scan()
    assert second.delivery.payload == LINE.encode() * 2
    settle(second)
    assert folder.names() == [f".done/2026/11/22/{NAME}"]


def test_the_same_name_again_overwrites_nothing(folder: Folder) -> None:
    for content in (LINE, LINE * 2, LINE * 3):
        folder.drop(NAME, content)
        (arrival,) = folder.scan()
        settle(arrival)
    done = folder.path / ".done/2026/11/22"
    kept = [path.read_text(encoding="utf-8").count("\n") for path in sorted(done.iterdir())]
    assert sorted(kept) == [1, 2, 3]


def test_what_waits_for_its_commit_is_not_delivered_twice(folder: Folder) -> None:
    folder.drop(NAME)
    (arrival,) = folder.scan()
    assert folder.scan() == []
    folder.source.again()  # the commit failed
    (repeated,) = folder.scan()
    assert repeated.delivery == arrival.delivery
    settle(repeated)
    settle(arrival)  # late, and of no consequence
    assert folder.names() == [f".done/2026/11/22/{NAME}"]


def test_after_a_crash_before_the_move_the_file_comes_again(folder: Folder) -> None:
    folder.drop(NAME)
    folder.scan()
    restarted = Folder(folder.path)
    (arrival,) = restarted.scan()
    assert arrival.delivery.topic == f"{TT10}/{NAME}"


def test_older_files_come_first(folder: Folder) -> None:
    names = [f"HN_MAU01_NUO001_202611220{hour}0000.txt" for hour in range(8)]
    for name in reversed(names):
        folder.drop(name)
    found = [arrival.delivery.topic.rpartition("/")[2] for arrival in folder.scan()]
    assert found == names


def test_only_so_many_files_are_on_their_way(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.folder.WINDOW", 3)
    for minute in range(7):
        folder.drop(f"HN_MAU01_NUO001_20261122080{minute}00.txt")
    counts = []
    while arrivals := folder.scan():
        counts.append(len(arrivals))
        for arrival in arrivals:
            settle(arrival)
    assert counts == [3, 3, 1]


def test_a_file_that_cannot_be_put_aside_is_not_delivered_for_ever(folder: Folder) -> None:
    folder.drop(NAME)
    (folder.path / ".done").write_text("a file where a folder should be", encoding="utf-8")
    (arrival,) = folder.scan()
    settle(arrival)
    assert NAME in folder.names()
    assert folder.scan() == []
    folder.drop(NAME, LINE * 2)  # but what is new in it is
    assert len(folder.scan()) == 1


def test_a_name_that_is_no_text_can_be_delivered(folder: Folder) -> None:
    folder.path.mkdir()
    (folder.path / os.fsdecode(b"tr\xe1m.txt")).write_text(LINE, encoding="utf-8")
    (arrival,) = folder.scan()
    assert arrival.delivery.topic.encode() == "tolich/v1/-/-/tt10/tr�m.txt".encode()
    settle(arrival)
    assert [name.rpartition("/")[0] for name in folder.names()] == [".rejected/2026/11/22"]


def test_watching(tmp_path: Path) -> None:
    arrivals: Queue[Arrival] = Queue()
    source = FolderSource(tmp_path, lambda: REGISTERED, StepClock(NOW), interval=0.01)
    source.start(arrivals.put)
    try:
        for minute in range(3):
            name = f"HN_MAU01_NUO001_20261122080{minute}00.txt"
            (tmp_path / name).write_text(LINE, encoding="utf-8")
            arrival = arrivals.get(timeout=SECONDS)
            assert arrival.delivery.topic == f"{TT10}/{name}"
            settle(arrival)
            assert (tmp_path / ".done/2026/11/22" / name).exists()
    finally:
        source.stop()
    assert "folder" not in [thread.name for thread in threading.enumerate()]
    assert arrivals.empty()


def test_watching_a_folder_that_is_not_there(tmp_path: Path) -> None:
    source = FolderSource(tmp_path / "nowhere", lambda: REGISTERED, StepClock(NOW))
    with pytest.raises(NotADirectoryError, match="nowhere: expected a folder"):
        source.start(lambda arrival: None)

"""Where messages go: files appear whole, posts carry their format, fast runs wait for commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from simulators.message import Outgoing
from simulators.scenario.sinks import NotTaken, Posting, as_files, file_name, into_folder, pump
from tests.simulators.scenario.small import scenario

HOUR = 3600


def note(due: int, topic: str = "tolich/v1/c/S/readings") -> Outgoing:
    return Outgoing(topic, str(due).encode(), due)


class Monitor:
    """Says when it has committed; notes what it was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []
        self.taken: list[Outgoing] = []

    def reached(self, due: int, sent: int) -> None:
        self.asked.append((due, sent, len(self.taken)))


def test_a_fast_run_waits_at_every_hour_for_what_it_sent() -> None:
    monitor, flushed = Monitor(), list[Outgoing]()
    messages = [note(10), note(20), note(HOUR), note(3 * HOUR + 5)]
    assert pump(messages, monitor.taken.append, monitor, flushed.append) == 4
    assert monitor.asked == [(HOUR, 2, 2), (3 * HOUR, 3, 3), (3 * HOUR + 5, 4, 4)]
    assert [one.due for one in flushed] == [20, HOUR, 3 * HOUR + 5]


def test_without_a_monitor_nothing_waits() -> None:
    taken: list[Outgoing] = []
    assert pump(map(note, range(5)), taken.append) == 5
    assert pump([], taken.append) == 0


def test_files_appear_whole_and_one_of_the_same_name_replaces_it(tmp_path: Path) -> None:
    put = into_folder(tmp_path / "in")
    topic = "tolich/v1/c/S/tt10/MAU_S_NUO001_20260406000000.txt"
    put(Outgoing(topic, b"one", 1))
    put(Outgoing(topic, b"two", 2))
    (found,) = (tmp_path / "in").iterdir()
    assert (found.name, found.read_bytes()) == (topic.rpartition("/")[2], b"two")
    with pytest.raises(ValueError, match="must send tt10"):
        put(note(1))


def test_every_station_can_be_made_to_send_files() -> None:
    assert {place.sends for place in as_files(scenario()).places} == {"tt10"}


@contextmanager
def listening(answers: list[int]) -> Iterator[tuple[str, list[tuple[str, str, str, bytes]]]]:
    """An HTTP server that gives these answers, and what was posted to it."""
    heard: list[tuple[str, str, str, bytes]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind, key = self.headers["Content-Type"], self.headers.get("Authorization", "")
            heard.append((self.path, kind, key, body))
            self.send_response(answers.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_posts_carry_their_format_and_key() -> None:
    file = "tolich/v1/c/S/tt10/MAU_S_NUO001_20260406000000.txt"
    with listening([202, 422, 202]) as (url, heard):
        posting = Posting(url, "secret")
        posting(note(1))
        posting(note(2))
        posting(Outgoing(file, b"COD\t1", 3))
        posting.close()
    assert posting.refused == 1
    path = "/api/v1/ingest/c/S"
    assert heard[0] == (path, "application/json", "Bearer secret", b"1")
    assert heard[2][0] == f"{path}?filename={file_name(Outgoing(file, b'', 0))}"
    assert heard[2][1].startswith("text/plain")


def test_a_monitor_that_refuses_or_is_not_there_ends_the_run() -> None:
    with listening([401]) as (url, _):
        posting = Posting(url)
        with pytest.raises(NotTaken, match="answered 401"):
            posting(note(1))
        posting.close()
    with pytest.raises(NotTaken, match="is it running"):
        Posting(url)(note(1))
    with pytest.raises(NotTaken, match="no address"):
        Posting("127.0.0.1:8000")

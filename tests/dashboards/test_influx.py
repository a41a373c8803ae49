"""What the answers of InfluxDB mean, over a real connection to a server that gives them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards.influx import InfluxSink
from dashboards.projection import PartlyWritten, Unavailable


class Answering(HTTPServer):
    """Gives one answer to everything and keeps what it was asked."""

    status = 204
    message = ""
    asked: dict[str, Any]


class _Answer(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked = {
            "path": urlsplit(self.path).path,
            "query": parse_qs(urlsplit(self.path).query),
            "token": self.headers["Authorization"],
            "body": gzip.decompress(body).decode(),
        }
        answer = json.dumps({"code": "x", "message": self.server.message}).encode()
        self.send_response(self.server.status)
        if self.server.status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.server.status != 204:
            self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), _Answer) as answering:
        thread = Thread(target=answering.serve_forever, args=[0.02])
        thread.start()
        try:
            yield answering
        finally:
            answering.shutdown()
            thread.join()


@pytest.fixture
def sink(server: Answering) -> Iterator[InfluxSink]:
    writing = InfluxSink(f"http://127.0.0.1:{server.server_port}", "secret", "mau", "tolich")
    yield writing
    writing.close()


def test_what_is_sent(server: Answering, sink: InfluxSink) -> None:
    sink.write(["a f=1i 1", "b,t=Mẫu f=2.5 2"])
    assert server.asked == {
        "path": "/api/v2/write",
        "query": {"org": ["mau"], "bucket": ["tolich"], "precision": ["s"]},
        "token": "Token secret",
        "body": "a f=1i 1\nb,t=Mẫu f=2.5 2",
    }


@pytest.mark.parametrize("status", [401, 404, 413, 429, 500, 503])
def test_a_refusal_is_a_reason_to_try_again(
    server: Answering, sink: InfluxSink, status: int
) -> None:
    server.status, server.message = status, "for a reason"
    with pytest.raises(Unavailable, match=f"{status}: for a reason"):
        sink.write(["a f=1i 1"])


def test_lines_beyond_retention_are_not_a_reason_to_try_again(
    server: Answering, sink: InfluxSink
) -> None:
    server.status = 422
    server.message = "failure writing points: partial write: points beyond retention dropped=3"
    with pytest.raises(PartlyWritten) as raised:
        sink.write(["a f=1i 1"])
    assert raised.value.dropped == 3


def test_lines_that_were_not_understood_are_not_taken_for_written(
    server: Answering, sink: InfluxSink
) -> None:
    server.status, server.message = 400, "unable to parse 'a': missing fields"
    with pytest.raises(Unavailable, match="missing fields"):
        sink.write(["a"])


def test_nobody_there(server: Answering) -> None:
    port = server.server_port
    server.server_close()
    sink = InfluxSink(f"http://127.0.0.1:{port}", "secret", "mau", "tolich", timeout=2)
    with pytest.raises(Unavailable):
        sink.write(["a f=1i 1"])
    sink.close()

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
    buckets: dict[str, Any]  # name -> retention rules
    may = True  # look at buckets, and make them
    written: list[tuple[str, str]]


class _Answer(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path.endswith("/orgs"):
            self._say(200, {"orgs": [{"id": "0123456789abcdef", "name": "mau"}]})
        elif not self.server.may:
            self._say(403, {"code": "forbidden", "message": "no"})
        else:
            known = self.server.buckets
            names = [name for name in query["name"] if name in known]
            found = [{"name": name, "retentionRules": known[name]} for name in names]
            self._say(200, {"buckets": found})

    def _say(self, status: int, what: Any) -> None:
        answer = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        if self.path.startswith("/api/v2/buckets"):
            length = int(self.headers["Content-Length"])
            raw = self.rfile.read(length)
            if self.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            asked = json.loads(raw)
            self.server.buckets[asked["name"]] = asked["retentionRules"]
            self._say(201, asked)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked = {
            "path": urlsplit(self.path).path,
            "query": parse_qs(urlsplit(self.path).query),
            "token": self.headers["Authorization"],
            "body": gzip.decompress(body).decode(),
        }
        self.server.written.append(
            (self.server.asked["query"]["bucket"][0], self.server.asked["body"])
        )
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
        answering.buckets, answering.written = {}, []
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
        "query": {"org": ["mau"], "bucket": ["tolich/findings"], "precision": ["s"]},
        "token": "Token secret",
        "body": "a f=1i 1\nb,t=Mẫu f=2.5 2",
    }


@pytest.mark.parametrize("status", [401, 404, 413, 429, 500, 503])
def test_a_refusal_is_a_reason_to_try_again(
    server: Answering, sink: InfluxSink, status: int
) -> None:
    server.status, server.message = status, "for a reason"
    with pytest.raises(Unavailable, match=f"tolich/findings: {status}: for a reason"):
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


READING = "reading,cluster=a,station=S,parameter=COD value=1.0 1"
FINDING = "finding,cluster=a,station=S,parameter=COD,period=day mean=1.0 1"


def test_each_line_goes_to_its_buckets_which_are_made_first(
    server: Answering, sink: InfluxSink
) -> None:
    sink.write([READING, FINDING])
    assert sorted(server.written) == [
        ("a/findings", FINDING),
        ("a/raw", READING),
        ("tolich/findings", FINDING),
    ]
    # Findings before raw: the first policy is what InfluxQL asks when none is named.
    assert list(server.buckets) == ["a/findings", "a/raw", "tolich/findings"]
    kept = {name: rules[0]["everySeconds"] for name, rules in server.buckets.items()}
    assert kept == {"a/findings": 0, "a/raw": 400 * 86400, "tolich/findings": 0}


def test_a_token_that_may_only_write_writes(server: Answering, sink: InfluxSink) -> None:
    server.may = False
    sink.write([READING])
    assert server.written == [("a/raw", READING)]
    assert server.buckets == {}


def test_a_missing_bucket_is_named_with_the_remedy_and_made_again(
    server: Answering, sink: InfluxSink
) -> None:
    """A server restarted empty has lost its buckets."""
    sink.write([READING])
    server.buckets.clear()
    server.status, server.message = 404, "bucket not found"
    with pytest.raises(
        Unavailable, match=r"influx bucket create --name a/raw --retention 34560000s"
    ):
        sink.write([READING])
    server.status = 204
    sink.write([READING])
    assert list(server.buckets) == ["a/findings", "a/raw"]


def test_what_one_bucket_drops_does_not_keep_the_others_from_theirs(
    server: Answering, sink: InfluxSink
) -> None:
    server.status, server.message = 422, "partial write: points beyond retention policy dropped=1"
    with pytest.raises(PartlyWritten) as raised:
        sink.write([READING, FINDING])
    assert raised.value.dropped == 3
    assert len(server.written) == 3

"""Receivers that misbehave: HTTP servers that answer as told, and sockets with bad manners."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Request:
    """What a receiver got."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a receiver says."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """An HTTP server on a loopback port. `answer` decides; `got` keeps what came."""

    def __init__(self, answer: Callable[[Request], Answer], tls: Path | None = None) -> None:
        self.answer = answer
        self.got: list[Request] = []
        self.came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handling())
        self.port: int = self._server.server_address[1]
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def until(self, count: int) -> None:
        """Wait until so many requests came."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, 30), f"{len(self.got)} came"

    def _handling(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handling(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                request = Request(self.path, dict(self.headers), self.rfile.read(length))
                with receiver.came:
                    receiver.got.append(request)
                    receiver.came.notify_all()
                said = receiver.answer(request)
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            do_GET = do_POST  # what a client does that follows a redirect  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        return Handling


Manners = Callable[[socket.socket, threading.Event], None]
"""What a socket does with a client, until the event ends it."""


def resets(client: socket.socket, _: threading.Event) -> None:
    """Begins an answer and resets the connection in the middle of it."""
    client.recv(100)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs_up(client: socket.socket, _: threading.Event) -> None:
    """Takes the request and closes without a word."""
    client.recv(100)


def stalls(client: socket.socket, over: threading.Event) -> None:
    """Takes the request and never answers."""
    client.recv(100)
    over.wait()


def babbles(client: socket.socket, _: threading.Event) -> None:
    """Answers in a language that is no protocol."""
    client.recv(100)
    client.sendall(b"\x00\xff not a protocol \r\n\r\n")


def drips(said: bytes) -> Manners:
    """A good answer, a byte at a time, that takes many times as long as anybody waits."""

    def dripping(client: socket.socket, over: threading.Event) -> None:
        client.recv(100)
        for byte in said:
            client.sendall(bytes([byte]))
            if over.wait(0.1):
                return

    return dripping


def http(body: bytes) -> bytes:
    """A whole HTTP answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@contextmanager
def misbehaving(manners: Manners, greeting: bytes = b"") -> Iterator[int]:
    """A port behind which every client is treated like that, after a greeting."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def treat(client: socket.socket) -> None:
        with client, suppress(OSError):  # the client had enough
            client.sendall(greeting)
            manners(client, over)

    def serve() -> None:
        with suppress(OSError):  # closed below
            while True:
                client, _ = server.accept()
                threads.append(threading.Thread(target=treat, args=(client,)))
                threads[-1].start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        accepting.join()
        for thread in threads:
            thread.join()


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file

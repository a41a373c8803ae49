"""Many browsers that look at the overview, as far as the server can tell: live connections.

`python -m tests.browser.crowd ADDRESS KEY COUNT` reads and throws away what they are told. It says
"looking" once each was told something, and ends when its standard input does. A process of its
own, so that what it takes is nobody else's.
"""

from __future__ import annotations

import selectors
import socket
import sys
from typing import NamedTuple
from urllib.parse import urlsplit


class Ear(NamedTuple):
    """One connection, and whether it was told more than that it begins."""

    connection: socket.socket
    heard: set[int]

    def listen(self) -> None:
        """Read what came. Raises ConnectionError when the server has hung up."""
        came = self.connection.recv(1 << 20)
        if not came:
            raise ConnectionError("the server has ended a live connection")
        if b"event: fill" in came:
            self.heard.add(self.connection.fileno())


def main() -> None:
    """Look until nobody wants it any longer."""
    address, key, count = sys.argv[1:]
    told, heard = False, set[int]()
    with selectors.DefaultSelector() as listening:
        listening.register(sys.stdin, selectors.EVENT_READ)
        for _ in range(int(count)):
            one = _connected(address, key)
            listening.register(one, selectors.EVENT_READ, Ear(one, heard))
        while True:
            for found, _ in listening.select():
                if found.data is None:
                    return
                found.data.listen()
            if not told and len(heard) == int(count):
                told = True
                print("looking", flush=True)


def _connected(address: str, key: str) -> socket.socket:
    place = urlsplit(address)
    one = socket.create_connection((place.hostname, place.port), timeout=30)
    one.sendall(
        f"GET /live?page=overview&since=0 HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    return one


if __name__ == "__main__":
    main()

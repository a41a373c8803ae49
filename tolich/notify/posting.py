"""One HTTP request with an end: no redirects, a bounded answer, a deadline for the whole.

A timeout for each read alone would let a receiver that drips a byte a second hold us for ever.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tolich.notify.channel import Retry, Undeliverable

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; more is not an answer of a gateway."""

MOST_SAID = 200
"""Characters of a refusing answer that are kept as the reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    retry_after: str | None
    body: bytes

    @property
    def said(self) -> str:
        """The beginning of the answer, for a reason that a person reads."""
        text = " ".join(self.body.decode("utf-8", "replace").split())
        return "".join(c for c in text if c.isprintable())[:MOST_SAID]


class Poster:
    """Posts to receivers of one channel. May be used from several threads."""

    def __init__(self, timeout: float, ca_file: Path | None = None, private: bool = True) -> None:
        self._timeout = timeout
        self._private = private
        # Made once: reading the certificates costs more than a request.
        self._trust = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status. Raises Retry or Undeliverable when there is none."""
        try:
            return asyncio.run(self._within(url, content, headers))
        except TimeoutError as error:
            raise Retry(f"no whole answer within {self._timeout:g} s") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Undeliverable(f"not an address that can be called: {error}") from error
        except httpx.HTTPError as error:
            raise Retry(f"{type(error).__name__}: {str(error) or 'no more is known'}") from error

    async def _within(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        async with asyncio.timeout(self._timeout):
            target = httpx.URL(url)
            if not target.host or target.scheme not in ("http", "https"):
                raise Undeliverable("not an address that can be called: write https://host/path")
            sent = {**headers, "Host": target.netloc.decode("ascii")}
            extensions = {"sni_hostname": target.host}
            if not self._private:
                target = target.copy_with(host=await _public(target))
            async with (
                httpx.AsyncClient(verify=self._trust, timeout=None, trust_env=False) as client,
                client.stream(
                    "POST", target, content=content, headers=sent, extensions=extensions
                ) as answer,
            ):
                body = b""
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > MOST_ANSWER:
                        break
                return Answer(
                    answer.status_code, answer.headers.get("Retry-After"), body[:MOST_ANSWER]
                )


async def _public(target: httpx.URL) -> str:
    """The address to call, looked up once, so that no second look-up can give another one."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            target.host, target.port or 0, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except socket.gaierror as error:
        raise Retry(f"{target.host} has no address: {error}") from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    for address in addresses:
        if not _is_public(address):
            raise Undeliverable(
                f"{target.host} is {address}, an address of this machine or network; "
                "notify.webhook.private_addresses allows it"
            )
    return addresses[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_global
    return found.is_global and not found.is_multicast


def read_secret(path: Path, key: str) -> str:
    """The one line of a secret's file. Raises Retry naming the setting: files get mended."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Retry(f"notify.{key}: {path} cannot be read: {error}") from error
    if not text:
        raise Retry(f"notify.{key}: {path} is empty")
    return text

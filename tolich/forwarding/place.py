"""Where files go: the address of a destination, taken apart and checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from rules.loading import meant
from rules.register import Station
from rules.tt10 import stamp

PORTS = {"sftp": 22, "ftp": 21, "ftps": 21, "file": 0}
FIELDS = ("station", "prefix", "yyyy", "MM", "dd")

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")
_USER = re.compile(r"\w[\w.@-]*", re.ASCII)
_PATH = re.compile(r"(?:/[\w.~-]+)*/?", re.ASCII)
_SEGMENT = re.compile(r"(?:[\w.-]|\{\w+\})+", re.ASCII)
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A destination's address. `base` is the folder on its server, without a slash at its end.

    Without one, or when it begins with `/~/`, it is below the folder that the login leads to.
    """

    scheme: str
    host: str
    port: int
    user: str
    base: str

    def __str__(self) -> str:
        if self.scheme == "file":
            return f"file://{self.base}"
        return f"{self.scheme}://{self.user}@{self.host}:{self.port}{self.base}"

    def path(self, folder: str) -> str:
        """A folder below the base as the server is to be told it; "" for where one logs in."""
        base = self.base.removeprefix("/~").removeprefix("/") if self._from_login else self.base
        return "/".join(part for part in (base, folder) if part)

    @property
    def _from_login(self) -> bool:
        return self.base == "/~" or self.base.startswith("/~/")


def read_place(url: str) -> Place:
    """The place of a URL. Raises ValueError saying what is wrong and how to mend it."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        known = meant(parts.scheme, PORTS)
        raise ValueError(f"{parts.scheme!r} is no scheme of a destination{known}")
    if parts.query or parts.fragment:
        raise ValueError("a destination's url has no '?' and no '#'")
    base = unquote(parts.path)
    if not _PATH.fullmatch(base) or ".." in base.split("/"):
        raise ValueError(
            f"the path {base!r} may have ASCII letters, digits, '_', '-', '.' and '/' only"
        )
    if parts.scheme == "file":
        return _folder(parts, base)
    return _server(parts, base)


def _folder(parts: SplitResult, base: str) -> Place:
    if parts.netloc or not base.strip("/"):
        raise ValueError("write a folder of this machine as file:///path/to/it")
    return Place("file", "", 0, "", base.rstrip("/"))


def _server(parts: SplitResult, base: str) -> Place:
    if parts.password is not None:
        raise ValueError("a password does not belong in the url: put it in a password_file")
    if not parts.username or not _USER.fullmatch(unquote(parts.username)):
        raise ValueError(f"name the account: {parts.scheme}://user@host/path")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise ValueError(f"name the server: {parts.scheme}://user@host/path")
    port = parts.port or PORTS[parts.scheme]  # raises ValueError for what is no port
    return Place(parts.scheme, parts.hostname, port, unquote(parts.username), base.rstrip("/"))


def check_folder(template: str) -> str:
    """A template of the folders below the base. Raises ValueError."""
    for segment in template.split("/") if template else ():
        if not _SEGMENT.fullmatch(segment) or segment.startswith("."):
            raise ValueError(
                f"{segment!r} is no folder: letters, digits, '_', '-', '.' and "
                f"{', '.join(f'{{{name}}}' for name in FIELDS)}, parted by '/'"
            )
    for name in _FIELD.findall(template):
        if name not in FIELDS:
            raise ValueError(f"unknown field {{{name}}}{meant(name, FIELDS)}")
    return template


def folder_of(template: str, station: Station, at: int) -> str:
    """The folder below the base for a station's file of an instant, local day."""
    text = stamp(at)
    values = {
        "station": station.id, "prefix": station.tt10_prefix or station.id,
        "yyyy": text[:4], "MM": text[4:6], "dd": text[6:8],
    }  # fmt: skip
    return _FIELD.sub(lambda match: values[match[1]], template)

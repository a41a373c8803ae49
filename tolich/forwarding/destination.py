"""What a destination is: it takes files, whole or not at all, and says what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

PART = ".part"
"""What an upload under way is called after: nobody who looks for .txt sees half a file."""

SECONDS = 30
"""How long a server may take to answer before it counts as away."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file on its way: `folder` is below the destination's base, "" for the base itself."""

    folder: str
    name: str
    content: bytes


class Kind(StrEnum):
    """What can go wrong with a delivery."""

    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login_refused"
    HOST_KEY = "host_key"
    CERTIFICATE = "certificate"
    SETUP = "setup"
    REFUSED = "refused"
    BUSY = "busy"
    UNWRITABLE = "unwritable"


WHOLE = frozenset(
    {Kind.UNREACHABLE, Kind.LOGIN_REFUSED, Kind.HOST_KEY, Kind.CERTIFICATE, Kind.SETUP}
)
"""What concerns every file for a destination; the rest concerns one station's."""

LASTING = frozenset(Kind) - {Kind.UNREACHABLE, Kind.BUSY}
"""What does not mend by waiting: somebody must do something. It is tried again all the same."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file was not taken."""

    kind: Kind
    detail: str  # what the server, or our own machine, said


@dataclass(slots=True)
class Sent:
    """Receipts of the files from the first on; `trouble` is about the one after them."""

    receipts: list[str] = field(default_factory=list)
    trouble: Trouble | None = None


class Destination(Protocol):
    """A place that files are pushed to.

    A file appears under its name whole or not at all, takes the place of one that has the name,
    and has a receipt only when the destination has been asked for its size afterwards.
    """

    def send(self, files: Sequence[Outgoing]) -> Sent:
        """Push files in their order, and stop at the first that is not taken."""
        ...


def receipt(size: int) -> str:
    """The receipt of a file of which the destination says that it has this many bytes."""
    return f"{size} bytes"


def shortened(found: int, sent: int, name: str) -> Trouble:
    """A file that has another size there than here."""
    return Trouble(Kind.BUSY, f"{name}: {sent} bytes were sent, {found} are there")

"""The seam of registering: clusters, plants, stations and permits, entered by people.

What is to change is a mapping of the register's own shape (`clusters`, `plants`, `stations`,
`permits`, each of entries by id; an entry given as None is taken out): the same from a form, a
sheet and a program, so that one loader judges them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from rules.model import Problem
from rules.parameters import Catalogue
from rules.permit import Regulations

Body = Mapping[str, Any]
"""An entry as the register's YAML has it; numbers are int or Decimal, days are ISO texts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated row of the register."""

    kind: str  # of rules.register.KINDS
    id: str
    number: int  # grows with every row of the whole register
    body: Body | None  # None: taken out
    entered_at: int  # plant time, UTC epoch seconds
    by: str
    document: str


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one entry."""

    kind: str
    id: str
    what: Literal["new", "changed", "withdrawn"]
    before: Body | None
    after: Body | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What some changes would make of the register, and everything that is wrong with them.

    The key of a problem is its place: "stations.MAU01.interval",
    "permits.gpmt-01.limits.COD.page", "plants.mau-01.contacts[0].phone".
    """

    changes: Sequence[Change]
    problems: Sequence[Problem]
    notes: Sequence[str] = ()  # what an officer should know first; nothing is refused for it
    number: int = 0  # the newest row this was compared with; `enter` takes it as `seen`


class Law(NamedTuple):
    """What an entry may name: parameters, and regulations with their columns and factors."""

    catalogue: Catalogue
    regulations: Regulations


class Registering(Protocol):
    """The register as people change it. Raises NotDurable when nothing was stored."""

    def law(self) -> Law:
        """What is loaded of parameters and regulations."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Every entry that stands: clusters, then plants, stations and permits, each by id."""
        ...

    def history(self, kind: str, id: str) -> Sequence[Entry]:  # noqa: A002 - as in the API
        """Every row of one entry, newest first; empty when there never was one."""
        ...

    def preview(self, changes: Mapping[str, Any], seen: int | None = None) -> Preview:
        """What the changes would do. Nothing is stored."""
        ...

    def enter(
        self, changes: Mapping[str, Any], author: str, document: str, seen: int | None = None
    ) -> Preview:
        """Enter the changes, whole or not at all. Raises Refused with every problem.

        `seen` is the number of a preview or entry somebody looked at before: what was changed
        after it is refused, naming who changed it.
        """
        ...

    def undo(
        self,
        kind: str,
        id: str,  # noqa: A002
        author: str,
        document: str,
        seen: int | None = None,
    ) -> Preview:
        """Let an entry be again what it was before its newest row; a new row says so.

        Raises Refused when something depends on it as it is, or when it never was.
        """
        ...

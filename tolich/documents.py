"""The seam of documents: what may be asked for as a file. Like `tolich.ports`, without adapters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from tolich.ports import AlertQuery, FindingQuery, Scope


@dataclass(frozen=True, slots=True)
class ReadingQuery:
    """Filters of the readings list of one station; `end` is exclusive."""

    station: str
    parameter: str | None = None
    start: int | None = None
    end: int | None = None


ListQuery = ReadingQuery | FindingQuery | AlertQuery
"""What a list is filtered by, and with it which list is meant."""

ListForm = Literal["csv", "xlsx"]
ReportForm = Literal["xlsx", "pdf"]


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What a report is about: whole local days in [start, end), UTC epoch seconds.

    Without station and cluster it is about every station in the scope.
    """

    kind: Literal["exceedances", "year", "capture"]
    start: int
    end: int
    station: str | None = None
    cluster: str | None = None
    language: Literal["vi", "en"] = "vi"


@dataclass(frozen=True, slots=True)
class Document:
    """A file for a person or another program; `chunks` are read once."""

    name: str  # ASCII, without folders
    media_type: str
    chunks: Iterator[bytes]


class TooMuch(Exception):
    """More was asked for than one document holds; the message says what to ask for instead."""


class Reports(Protocol):
    """Lists and figures as files. None: no such station or cluster in the scope."""

    def export(self, scope: Scope, query: ListQuery, form: ListForm) -> Document | None:
        """A list as a file; CSV is read from the store while it is sent. Raises TooMuch."""
        ...

    def report(self, scope: Scope, query: ReportQuery, form: ReportForm) -> Document | None:
        """Figures, each with the findings it was made of. Raises TooMuch."""
        ...

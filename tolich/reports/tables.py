"""A document before it is a file: tables of typed cells, and what every page of it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rules.wording import FOOTER, SIMULATED

Language = Literal["vi", "en"]
Cell = str | int | float | None
Pair = tuple[str, str]
"""Vietnamese and English."""

LANGUAGES: tuple[Language, Language] = ("vi", "en")


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole"  # a count
    NUMBER = "number"  # a value in a unit
    SHARE = "share"  # 0 to 1, shown in per cent
    DATE = "date"  # UTC epoch seconds of a local midnight
    TIME = "time"  # UTC epoch seconds
    SPAN = "span"  # seconds, shown in minutes


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its cells are, how wide it is in characters.

    `paper` is its share of a printed page; 0 leaves it to the spreadsheet.
    """

    name: Pair
    kind: Kind = Kind.TEXT
    width: int = 12
    paper: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `paper` False leaves it to the spreadsheet."""

    title: Pair
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]  # read once
    paper: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says, in the order of its pages or sheets."""

    name: str  # of the file, without its ending
    language: Language
    title: Pair
    footer: str  # what every page carries
    tables: Sequence[Table]
    simulated: bool
    made: int  # UTC epoch seconds of plant time
    about: Sequence[tuple[Pair, str]] = ()
    notes: Sequence[Pair] = ()

    def word(self, pair: Pair) -> str:
        """A pair in the language of the report."""
        return pair[LANGUAGES.index(self.language)]

    def heading(self, column: Column) -> str:
        """The name of a column; times name their zone, which a cell cannot."""
        name = self.word(column.name)
        return f"{name} (UTC+7)" if column.kind is Kind.TIME else name

    @property
    def marks(self) -> list[str]:
        """What every page of simulated data carries beside it."""
        return [BOTH_SIMULATED] if self.simulated else []


BOTH_FOOTERS = " / ".join(FOOTER)
BOTH_SIMULATED = " / ".join(SIMULATED)

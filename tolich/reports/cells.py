"""Cells as each kind of file has them; text from outside never becomes a formula."""

from __future__ import annotations

import re
from datetime import datetime

from rules.days import ZONE
from tolich.reports.tables import Cell, Kind, Language

CELL = 32_767
"""Characters of a cell; the format has no more."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What XML cannot hold, and halves of surrogate pairs, which UTF-8 cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SWAPPED = str.maketrans(",.", ".,")


def written(text: str) -> str:
    """Text as a file can hold it."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def bounded(text: str) -> str:
    """Text as long as a cell of a sheet holds it, cut after a whole line, and it says so."""
    if len(text) <= CELL:
        return text
    return f"{text[: CELL - 2].rpartition(chr(10))[0] or text[: CELL - 2]}\n…"


def guarded(text: str) -> str:
    """Text that no spreadsheet opening a CSV file takes for a formula.

    A lone "-" is no formula: it is how pH spells that it has no unit.
    """
    return f"'{text}" if text.startswith(_FORMULA) and text != "-" else text


def local(at: int) -> datetime:
    """Hanoi's clock at an instant, without its zone: spreadsheets know none."""
    return datetime.fromtimestamp(at, ZONE).replace(tzinfo=None)


def figures(value: float, language: Language, places: int | None = None) -> str:
    """A number for people: 1.234,5 in Vietnamese, 1,234.5 in English."""
    english = f"{value:,.6f}".rstrip("0").rstrip(".") if places is None else f"{value:,.{places}f}"
    return english.translate(_SWAPPED) if language == "vi" else english


def shown(value: Cell, kind: Kind, language: Language) -> str:
    """A cell as a printed page shows it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return written(value)
    return _shown_number(value, kind, language)


def _shown_number(value: float, kind: Kind, language: Language) -> str:
    if kind is Kind.SHARE:
        return f"{figures(value * 100, language, 2)} %"
    if kind is Kind.SPAN:
        return figures(round(value / 60), language)
    if kind is Kind.DATE:
        return local(int(value)).strftime("%d/%m/%Y")
    if kind is Kind.TIME:
        return local(int(value)).strftime("%H:%M %d/%m/%Y")
    return figures(value, language)

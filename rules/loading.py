"""Reading a parsed mapping strictly: every problem at once, each with its key and remedy.

A `Reader` wraps one parsed mapping. Each `take_*` call removes the key it reads; `close`
then refuses what nobody asked for, naming the key that was probably meant. Problems are
collected, never raised, so that one look at a file shows everything wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import cast

from rules.model import Problem


class Reader:
    """One mapping of a file, and where in the file it stands."""

    def __init__(self, file: str, where: str, raw: object, problems: list[Problem]) -> None:
        self.file = file
        self.where = where
        self.problems = problems
        self._known: list[str] = []
        if isinstance(raw, dict):
            self._left: dict[str, object] = {str(key): value for key, value in raw.items()}
        else:
            self._left = {}
            self.problem("", f"expected a mapping of keys to values, found {_kind(raw)}")

    def at(self, key: str) -> str:
        """The full path of a key, as a problem names it."""
        return f"{self.where}.{key}" if self.where and key else self.where or key or "(top)"

    def problem(self, key: str, message: str) -> None:
        """Record that something is wrong at `key`."""
        self.problems.append(Problem(self.file, self.at(key), message))

    def has(self, key: str) -> bool:
        """Whether the mapping holds a value other than null under `key`."""
        self._known.append(key)
        return self._left.get(key) is not None

    def take(self, key: str) -> object:
        """The raw value of `key`, None when absent; the key then counts as known."""
        self._known.append(key)
        return self._left.pop(key, None)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required unless a default is given."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return str(value)
        self.problem(key, f"expected a text, found {_kind(value)}")
        return ""

    def optional_text(self, key: str) -> str | None:
        """A text, or None when the key is absent."""
        return self.text(key) if self.has(key) else (self.take(key), None)[1]

    def choice(self, key: str, among: Iterable[str], default: str | None = None) -> str:
        """A text that must be one of a few; empty when it is not."""
        allowed = [str(one) for one in among]
        value = self.text(key, default)
        if value and value not in allowed:
            named = f"{', '.join(allowed) or 'nothing known'}{meant(value, allowed)}"
            self.problem(key, f"{value!r} is not one of {named}")
            return ""
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """A true or false."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"expected true or false, found {_kind(value)}")
            return default
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number; required unless a default is given."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.problem(key, f"expected a whole number, found {_kind(value)}")
        return default or 0

    def decimal(self, key: str) -> Decimal | None:
        """An exact decimal, or None when absent. Floats are read by their shortest text."""
        value = self.take(key)
        if value is None:
            return None
        found = exact(value)
        if found is None:
            self.problem(key, f"expected a number such as 150 or 0.05, found {_kind(value)}")
        return found

    def required_decimal(self, key: str) -> Decimal:
        """An exact decimal that must be there."""
        if not self.has(key):
            self.take(key)
            self.problem(key, "a number is required here")
            return Decimal(0)
        return self.decimal(key) or Decimal(0)

    def day(self, key: str) -> date | None:
        """A local calendar day `yyyy-mm-dd`, or None when absent."""
        value = self.take(key)
        if value is None:
            return None
        found = calendar_day(value)
        if found is None:
            self.problem(key, f"expected a day such as 2026-01-31, found {_kind(value)}")
        return found

    def required_day(self, key: str) -> date:
        """A local calendar day that must be there."""
        if not self.has(key):
            self.take(key)
            self.problem(key, "a day is required here, such as 2026-01-31")
            return date(1970, 1, 1)
        return self.day(key) or date(1970, 1, 1)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        return tuple(str(value) for value in self._list(key))

    def child(self, key: str) -> Reader | None:
        """A nested mapping, or None when absent."""
        value = self.take(key)
        return None if value is None else Reader(self.file, self.at(key), value, self.problems)

    def children(self, key: str) -> Iterator[Reader]:
        """The mappings of a list, each knowing its place."""
        for index, value in enumerate(self._list(key)):
            yield Reader(self.file, f"{self.at(key)}[{index}]", value, self.problems)

    def named(self, key: str) -> Iterator[tuple[str, Reader]]:
        """The mappings of a mapping, by name."""
        value = self.take(key)
        if value is None:
            return
        if not isinstance(value, dict):
            self.problem(key, f"expected a mapping of names, found {_kind(value)}")
            return
        for name, raw in value.items():
            yield str(name), Reader(self.file, f"{self.at(key)}.{name}", raw, self.problems)

    def values(self, key: str) -> dict[str, object]:
        """A mapping of plain values; empty when absent."""
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem(key, f"expected a mapping, found {_kind(value)}")
            return {}
        return {str(name): raw for name, raw in value.items()}

    def close(self) -> None:
        """Refuse every key that nobody asked for."""
        for key in self._left:
            self.problem(key, f"unknown key{meant(key, self._known)}")

    def _list(self, key: str) -> list[object]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, f"expected a list, found {_kind(value)}")
            return []
        return cast("list[object]", value)


def exact(value: object) -> Decimal | None:
    """A number as an exact decimal; None for anything that is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def calendar_day(value: object) -> date | None:
    """A day from a parsed date or its ISO text; None for anything else."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when a known word is close, else the list of known words."""
    choices = sorted(set(known))
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(choices)}" if choices else ""


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value)

"""What a deliberate fault is, and how it is put into a source text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """The list of faults does not fit the source any more; the message names the fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: in `file` of rules/, `found` (there exactly once) becomes `put`."""

    name: str
    file: str
    found: str
    put: str
    tests: tuple[str, ...]  # of tests/rules, those that notice it first; run in this order

    def source(self, root: Path) -> Path:
        """The file it sits in, below the root of a clone."""
        return root / "rules" / self.file

    def paths(self) -> list[str]:
        """The tests to run, as pytest takes them."""
        return [f"tests/rules/test_{name}.py" for name in self.tests]

    def applied(self, text: str) -> str:
        """The faulty source. Raises Stale when the fragment is not there exactly once."""
        times = text.count(self.found)
        if times != 1:
            raise Stale(
                f"{self.name}: rules/{self.file} holds {self.found!r} {times} times, "
                "not once; adapt the fault to the source"
            )
        faulty = text.replace(self.found, self.put)
        if faulty == text:
            raise Stale(f"{self.name}: changes nothing; write what it puts in")
        try:
            ast.parse(faulty)
        except SyntaxError as error:
            raise Stale(f"{self.name}: leaves no Python behind: {error}") from None
        return faulty


def of(file: str, *tests: str) -> Faults:
    """Faults of one file, noticed by these tests unless one says otherwise."""
    return Faults(file, tests)


@dataclass(frozen=True, slots=True)
class Faults:
    """Makes the faults of one file, so that a list of them is a table."""

    file: str
    tests: tuple[str, ...]

    def __call__(self, name: str, found: str, put: str, *tests: str) -> Fault:
        return Fault(name, self.file, found, put, tests or self.tests)

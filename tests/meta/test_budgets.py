"""Functions and files stay short enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.meta.source import PACKAGES, ROOT, Module, files, modules, plant

MEDIAN_BELOW = 10
MOST_AT_MOST = 40  # 95 of 100 functions
FUNCTION_AT_MOST = 60
FILE_AT_MOST = 500
# A migration is one list of tables, written once and read from top to bottom.
_LISTS = "tolich/store/migrations/versions/"
_WORST = 5  # how many offenders a message names


def function_lengths(known: Sequence[Module]) -> list[tuple[int, str]]:
    """Lines of every function from `def` to its end, docstring included; longest first."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = [
        (
            (node.end_lineno or node.lineno) - node.lineno + 1,
            f"{module.file}:{node.lineno} {node.name}",
        )
        for module in known
        if not module.file.startswith(_LISTS)
        for node in ast.walk(module.tree)
        if isinstance(node, kinds)
    ]
    return sorted(lengths, reverse=True)


def function_offences(known: Sequence[Module]) -> list[str]:
    """What of the budgets for functions is overspent, with the longest functions."""
    lengths = function_lengths(known)
    if not lengths:
        return []
    lines = sorted(length for length, _ in lengths)
    most = lines[(len(lines) * 95 + 99) // 100 - 1]
    worst = ", ".join(f"{length} {where}" for length, where in lengths[:_WORST])
    said = []
    if median(lines) >= MEDIAN_BELOW:
        said.append(f"median {median(lines)} lines, wanted below {MEDIAN_BELOW}; longest: {worst}")
    if most > MOST_AT_MOST:
        said.append(f"95 of 100 within {most} lines, wanted {MOST_AT_MOST}; longest: {worst}")
    said += [
        f"{where}: {length} lines, at most {FUNCTION_AT_MOST}"
        for length, where in lengths
        if length > FUNCTION_AT_MOST
    ]
    return said


def file_offences(root: Path) -> list[str]:
    """Every Python file of our packages that is too long, longest first."""
    lengths = [
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(root).as_posix())
        for package in PACKAGES
        for path in files(root / package)
        if path.suffix == ".py"
    ]
    return [
        f"{file}: {length} lines, at most {FILE_AT_MOST}"
        for length, file in sorted(lengths, reverse=True)
        if length > FILE_AT_MOST
    ]


def test_functions_are_short() -> None:
    assert function_offences(modules(ROOT)) == []


def test_files_are_short() -> None:
    assert file_offences(ROOT) == []


def _function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    pass\n" * (lines - 1)


def test_the_budgets_allow_what_they_say(tmp_path: Path) -> None:
    text = "".join(_function(f"f{n}", lines) for n, lines in enumerate([9] * 18 + [40, 60]))
    known = modules(plant(tmp_path, {"rules/a.py": text, "rules/b.py": "#\n" * FILE_AT_MOST}))
    assert function_offences(known) == []
    assert file_offences(tmp_path) == []


def test_an_overspent_median_is_found(tmp_path: Path) -> None:
    text = "".join(_function(f"f{n}", 10) for n in range(3))
    (said,) = function_offences(modules(plant(tmp_path, {"rules/a.py": text})))
    assert said.startswith("median 10")
    assert "rules/a.py:21 f2" in said


def test_too_many_long_functions_are_found(tmp_path: Path) -> None:
    text = "".join(_function(f"f{n}", lines) for n, lines in enumerate([5] * 18 + [41, 41]))
    (said,) = function_offences(modules(plant(tmp_path, {"rules/a.py": text})))
    assert said.startswith("95 of 100 within 41 lines")


def test_one_endless_function_is_found(tmp_path: Path) -> None:
    text = "".join(_function(f"f{n}", lines) for n, lines in enumerate([5] * 19 + [61]))
    found = function_offences(modules(plant(tmp_path, {"rules/a.py": text})))
    assert found == ["rules/a.py:96 f19: 61 lines, at most 60"]


def test_an_endless_file_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"api/a.py": "#\n" * (FILE_AT_MOST + 1)})
    assert file_offences(tmp_path) == ["api/a.py: 501 lines, at most 500"]

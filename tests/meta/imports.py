"""Who imports whom, and the arrows that say who may.

Imports inside functions, under TYPE_CHECKING and by name at run time count like any other.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tests.meta.source import PACKAGES, Module, bound_names, dotted, top

# Modules of tolich without adapters, which every package may import.
PURE = {
    "tolich.ports", "tolich.sights", "tolich.commissioning", "tolich.workports",
    "tolich.documents", "tolich.registering", "tolich.words",
}  # fmt: skip
# Where everything meets.
COMPOSITION = {"tolich.app", "tolich.cli", "tolich.commands", "tolich.__main__"}

_OUTSIDE_OF_RULES = {"numpy"}
# The standard library is open to `rules`, but for the parts that reach out of a pure function.
# fmt: off
_REACHING_OUT = {
    "asyncio", "concurrent", "ctypes", "ftplib", "glob", "http", "importlib", "io", "logging",
    "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil", "signal",
    "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time",
    "urllib", "uuid",
}
# fmt: on
_BY_NAME = {"__import__", "importlib.import_module", "import_module", "runpy.run_module"}
_ENTRY_POINT = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+:\w+")  # as uvicorn takes it
UNREADABLE = "?"


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module, wherever in the importer it stands."""

    importer: str
    target: str  # a module; UNREADABLE when its name is computed
    place: str  # file:line
    in_function: bool


def imports(known: Sequence[Module]) -> list[Import]:
    """Every import of these modules."""
    names = {module.name for module in known}
    return [found for module in known for found in _of_module(module, names)]


def _of_module(module: Module, known: set[str]) -> Iterator[Import]:
    bound = bound_names(module.tree)
    inside = _inside_functions(module.tree)
    for node in ast.walk(module.tree):
        for target in _targets(node, module, known, bound):
            line = getattr(node, "lineno", 0)
            yield Import(module.name, target, f"{module.file}:{line}", node in inside)


def _inside_functions(tree: ast.Module) -> set[ast.AST]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    functions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return {inner for function in functions for inner in ast.walk(function)}


def _targets(
    node: ast.AST, module: Module, known: set[str], bound: dict[str, str]
) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, module)
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield full if full in known else base
    elif isinstance(node, ast.Call) and dotted(node.func, bound) in _BY_NAME:
        yield _named(node)
    elif isinstance(node, ast.Constant) and _ENTRY_POINT.fullmatch(str(node.value)):
        yield str(node.value).partition(":")[0]


def _base(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    up = node.level - 1 if module.is_package else node.level
    return ".".join(parts[: len(parts) - up] + ([node.module] if node.module else []))


def _named(call: ast.Call) -> str:
    name = call.args[0] if call.args else None
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value
    return UNREADABLE


def arrow_offences(known: Sequence[Module]) -> list[str]:
    """Every import that goes against the arrows, with what would be allowed."""
    return [
        f"{found.place}: {found.importer} {said}"
        for found in imports(known)
        if (said := _objection(found)) is not None
    ]


def _objection(found: Import) -> str | None:
    if found.target == UNREADABLE:
        return "imports a module whose name it computes: write the name out"
    if top(found.target) in PACKAGES:
        return None if _may_import(found.importer, found.target) else _against(found)
    if top(found.importer) == "rules":
        return _outside_of_rules(top(found.target))
    return None


def _against(found: Import) -> str:
    if top(found.importer) == "rules":
        allowed = "rules and numpy"
    elif top(found.importer) == "tolich":
        allowed = f"rules and tolich; {', '.join(sorted(COMPOSITION))} import everything"
    else:
        allowed = f"itself, rules, {', '.join(sorted(PURE))}"
    return f"imports {found.target}; it may import {allowed}"


def _may_import(importer: str, target: str) -> bool:
    if _is_composition(importer):
        return True
    if top(importer) == "rules":
        return top(target) == "rules"
    if importer in PURE or importer == "tolich":
        return top(target) == "rules" or target in PURE
    if top(importer) == "tolich":
        return top(target) in ("rules", "tolich") and not _is_composition(target)
    return top(target) in (top(importer), "rules") or target in PURE


def _is_composition(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in COMPOSITION)


def _outside_of_rules(target: str) -> str | None:
    if target in _REACHING_OUT:
        return f"imports {target}; rules are pure functions, without I/O, clock or chance"
    if target in sys.stdlib_module_names or target in _OUTSIDE_OF_RULES:
        return None
    return f"imports {target}; rules import the standard library and numpy"


def hidden_offences(known: Sequence[Module]) -> list[str]:
    """Every import inside a function: it hides a dependency, and often a cycle."""
    return [
        f"{found.place}: {found.importer} imports {found.target} inside a function"
        for found in imports(known)
        if found.in_function
    ]


def cycle(known: Sequence[Module]) -> list[str]:
    """One cycle of imports among these modules, as a path; empty when there is none."""
    graph: dict[str, set[str]] = {module.name: set() for module in known}
    for found in imports(known):
        if found.target in graph:
            graph[found.importer].add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        path: list[str] = error.args[1]
        return path[::-1]
    return []

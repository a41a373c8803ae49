"""The repository as the checks of this folder see it: modules, text files, planted trees."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("rules", "ingest", "api", "dashboards", "simulators", "tolich")
# Made by tools and by running the program, never by us.
_NOT_OURS = {
    ".git",
    ".venv",
    ".demo",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "__pycache__",
    "build",
    "dist",
    "htmlcov",
}


@dataclass(frozen=True, slots=True)
class Module:
    """One module of our packages, parsed."""

    name: str  # dotted; a package goes by its own name
    file: str  # relative to the root, with slashes
    is_package: bool
    tree: ast.Module


def modules(root: Path) -> list[Module]:
    """Every module of our packages under `root`, by name."""
    found = [
        _module(root, path)
        for package in PACKAGES
        for path in files(root / package)
        if path.suffix == ".py"
    ]
    return sorted(found, key=lambda module: module.name)


def _module(root: Path, path: Path) -> Module:
    file = path.relative_to(root)
    parts = file.with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(file))
    return Module(name, file.as_posix(), is_package, tree)


def files(root: Path) -> Iterator[Path]:
    """Every file under `root` that people wrote."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name not in _NOT_OURS and not name.endswith(".egg-info")
        )
        for name in sorted(names):
            yield Path(folder, name)


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Relative name and content of every file under `root` that is UTF-8 text."""
    for path in files(root):
        raw = path.read_bytes()
        if b"\0" in raw:
            continue
        try:
            yield path.relative_to(root).as_posix(), raw.decode("utf-8")
        except UnicodeDecodeError:
            continue


def plant(root: Path, content: Mapping[str, str]) -> Path:
    """Write a small tree with all our packages in it, for a check to find its offence in."""
    for package in PACKAGES:
        _write(root / package / "__init__.py", '"""A package."""\n')
    for file, text in content.items():
        _write(root / file, text)
    return root


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def top(module: str) -> str:
    """The package a module belongs to."""
    return module.partition(".")[0]


def bound_names(tree: ast.Module) -> dict[str, str]:
    """What imported names stand for: `from time import time as now` gives `now: time.time`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or top(alias.name)
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """An expression such as `dt.datetime.now` in full; None when it is no dotted name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else None
    return None

"""The lists of packages and package files in pyproject.toml say what the folders hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from tests.meta.source import PACKAGES, ROOT, files, plant


def list_offences(
    root: Path, listed: Sequence[str], patterns: Mapping[str, Sequence[str]]
) -> list[str]:
    """What an installation would lack, or would look for in vain."""
    found = packages(root)
    said = [f"packages lacks {name}" for name in sorted(found - set(listed))]
    said += [f"packages lists {name}, which has no folder" for name in sorted(set(listed) - found)]
    said += [
        f"package-data of {owner} lacks {file}"
        for owner, file in package_files(root, found)
        if not any(PurePosixPath(file).match(pattern) for pattern in patterns.get(owner, ()))
    ]
    return said


def packages(root: Path) -> set[str]:
    """Every folder of ours with an `__init__.py`, dotted."""
    return {
        ".".join(path.relative_to(root).parent.parts)
        for package in PACKAGES
        for path in files(root / package)
        if path.name == "__init__.py"
    }


def package_files(root: Path, known: set[str]) -> list[tuple[str, str]]:
    """Every file that is no module: the nearest package above it, and its path from there."""
    found = []
    for package in PACKAGES:
        for path in files(root / package):
            folders = path.relative_to(root).parent.parts
            depth = next(n for n in range(len(folders), -1, -1) if ".".join(folders[:n]) in known)
            if path.suffix != ".py" or depth < len(folders):
                inner = path.relative_to(root.joinpath(*folders[:depth])).as_posix()
                found.append((".".join(folders[:depth]), inner))
    return found


def test_the_lists_are_complete() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)["tool"]["setuptools"]
    assert list_offences(ROOT, lists["packages"], lists["package-data"]) == []


def test_gaps_in_the_lists_are_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "rules/regulations/a.yaml": "",
            "tolich/store/__init__.py": "",
            "tolich/store/migrations/versions/0001_first.py": "",
            "api/static/page.html": "",
        },
    )
    listed = [*PACKAGES, "rules.gone"]
    assert list_offences(tmp_path, listed, {"rules": ["regulations/*.yaml"]}) == [
        "packages lacks tolich.store",
        "packages lists rules.gone, which has no folder",
        "package-data of api lacks static/page.html",
        "package-data of tolich.store lacks migrations/versions/0001_first.py",
    ]

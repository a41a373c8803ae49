"""No other installed distribution owns one of our package names: pip overwrites silently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from tests.meta.source import PACKAGES


def taken(installed: Iterable[Distribution]) -> list[str]:
    """Every claim of a distribution, other than our own, to one of our names."""
    claims = {
        (name, _canonical(distribution.name))
        for distribution in installed
        for name in _top_names(distribution)
    }
    return [
        f"{owner} installs a package {name!r}: remove one of the two"
        for name, owner in sorted(claims)
        if name in PACKAGES and owner != "tolich"
    ]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_names(distribution: Distribution) -> set[str]:
    """The names one can import after installing it, as its record of files tells."""
    tops = [file.parts[0] for file in distribution.files or ()]
    return {top.removesuffix(".py") for top in tops}


def test_our_names_are_ours_alone() -> None:
    assert taken(distributions()) == []


def _install(site: Path, name: str, *files: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_a_taken_name_is_found(tmp_path: Path) -> None:
    _install(tmp_path, "business_rules", "rules/__init__.py", "rules/engine.py")
    _install(tmp_path, "tiny", "api.py")
    _install(tmp_path, "tolich", "rules/__init__.py")
    _install(tmp_path, "harmless", "harmless/api.py", "../../bin/api")
    assert taken(distributions(path=[str(tmp_path)])) == [
        "tiny installs a package 'api': remove one of the two",
        "business-rules installs a package 'rules': remove one of the two",
    ]

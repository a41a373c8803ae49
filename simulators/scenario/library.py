"""The scenarios that ship, by name."""

from __future__ import annotations

from pathlib import Path

import yaml

from rules.loading import meant
from rules.model import Problem, Refused

FOLDER = Path(__file__).with_name("library")
SCHEMA = Path(__file__).with_name("scenario.schema.json")


def names() -> list[str]:
    """What ships."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def path_of(name: str) -> Path:
    """The file of a shipped scenario, or of one's own. Raises Refused for neither."""
    shipped = FOLDER / f"{name}.yaml"
    if shipped.is_file():
        return shipped
    if Path(name).is_file():
        return Path(name)
    said = f"no scenario of this name ships, and no such file exists{meant(name, names())}"
    raise Refused([Problem(name, "(file)", said)])


def parsed(name: str) -> object:
    """A shipped scenario as parsed YAML, for programs that read no files of people."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))

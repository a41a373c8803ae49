"""Every dashboard in both languages: what is published, and what the files hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.boards import compliance, monitor, overview, plant, quality
from dashboards.boards.parts import Making
from dashboards.boards.words import Language, Text

BOARDS: Mapping[str, Callable[[Making], dict[str, Any]]] = {
    overview.NAME: overview.build,
    plant.NAME: plant.build,
    compliance.NAME: compliance.build,
    quality.NAME: quality.build,
    monitor.NAME: monitor.build,
}
"""In the order in which an officer would look."""

OFFICERS_ONLY = frozenset({monitor.NAME})
"""What an investor's organisation does not get: it tells of all plants together."""

FOLDERS: Mapping[Language, tuple[str, Text]] = {
    Language.VI: ("tolich-vi", Text("Tô Lịch", "Tô Lịch")),
    Language.EN: ("tolich-en", Text("Tô Lịch (English)", "Tô Lịch (English)")),
}
"""The folder of each language in Grafana: its lasting name, and its title."""


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard in one language."""

    language: Language
    name: str
    model: dict[str, Any]


def boards(units: Mapping[str, str], console: str = "") -> Iterator[Board]:
    """Every dashboard in every language. `units`: of each parameter, as people read it."""
    for language in Language:
        making = Making(language, units, console)
        for name, build in BOARDS.items():
            yield Board(language, name, build(making))


def write(folder: Path, units: Mapping[str, str], console: str = "") -> list[Path]:
    """Write every dashboard as FOLDER/LANGUAGE/NAME.json, for Grafana to load from files."""
    paths = []
    for board in boards(units, console):
        path = folder / board.language / f"{board.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(board.model, ensure_ascii=False, indent=2) + "\n"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths

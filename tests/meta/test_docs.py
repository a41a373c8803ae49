"""The documentation points at things that exist, and decisions stay half a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api import (
    alerts,
    amendments,
    exports,
    findings,
    forwarding,
    health,
    inbox,
    law,
    stations,
    whatif,
)
from api.problems import KINDS
from tests.meta.source import ROOT, files
from tolich.cli import app
from tolich.metrics import GAUGES
from tolich.notify import sender
from tolich.pipeline import Counters
from tolich.settings import SPELLED, Settings

DECISION_LINES = 40
DOCS = ROOT / "docs"
READMES = [ROOT / "README.md", ROOT / "README.vi.md"]
PAGES = [*READMES, *sorted(DOCS.glob("*.md"))]
_LINK = re.compile(r"\]\(\s*<?([^)>\s#]+)")
_QUOTED = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # examples, not links
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")  # https:, mailto:
_MADE = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
_TYPED = re.compile(r"(?:^|`)tolich ([a-z][a-z-]*)", re.MULTILINE)
_CELLS = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)


def link_offences(root: Path) -> list[str]:
    """Every relative link of a Markdown file that leads nowhere."""
    return [
        f"{page.relative_to(root).as_posix()}: no {target}"
        for page in files(root)
        if page.suffix == ".md"
        for target in _LINK.findall(_QUOTED.sub("", page.read_text(encoding="utf-8")))
        if not _ELSEWHERE.match(target) and not (page.parent / unquote(target)).exists()
    ]


def decision_offences(folder: Path) -> list[str]:
    """Decisions that are numbered wrongly, too long, or missing from the list."""
    listed = (folder / "README.md").read_text(encoding="utf-8")
    said = []
    decisions = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    for number, path in enumerate(decisions, start=1):
        lines = path.read_text(encoding="utf-8").splitlines()
        if not path.name.startswith(f"{number:04}-"):
            said.append(f"{path.name}: expected number {number:04}")
        if not lines or not lines[0].startswith(f"# {number}. "):
            said.append(f"{path.name}: expected a first line '# {number}. What was decided'")
        if len(lines) > DECISION_LINES:
            said.append(f"{path.name}: {len(lines)} lines, at most {DECISION_LINES}")
        if f"]({path.name})" not in listed:
            said.append(f"{path.name}: not in the list of README.md")
    return said


def defaults(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str]]:
    """Every settings key, dotted, with its default as the table of the documentation spells it."""
    for name, field in model.model_fields.items():
        key = above + SPELLED.get(name, name)
        inner = _section(field)
        if inner is None or get_args(field.annotation):
            yield key, _spelled(field)
        if inner is not None:
            yield from defaults(inner, f"{key}.")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    """The section that a key holds, if it holds one; `Mqtt | None` holds one, too."""
    kinds = get_args(field.annotation) or (field.annotation,)
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _spelled(field: FieldInfo) -> str:
    if field.is_required():
        return "–"
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    empty = (
        field.is_required() or default is None or default == [] or isinstance(default, BaseModel)
    )
    return "–" if empty else f"`{default}`"


def table(page: Path) -> dict[str, str]:
    """First cell, a code, to second cell of every table row of a page."""
    return {key: cell.strip() for key, cell in _CELLS.findall(page.read_text(encoding="utf-8"))}


def commands() -> set[str]:
    """The commands that the help shows."""
    single = {one.name for one in app.registered_commands if not one.hidden}
    groups = {one.name for one in app.registered_groups}
    return {name for name in single | groups if name is not None}


def mentioned(pattern: re.Pattern[str], pages: Iterable[Path]) -> set[str]:
    """What follows the pattern on the pages."""
    return {name for page in pages for name in pattern.findall(page.read_text(encoding="utf-8"))}


def routes() -> set[str]:
    """Every endpoint, as the documentation of the API spells it."""
    parts: list[APIRouter] = [alerts.router, findings.router, inbox.router, law.router]
    return {
        f"{method} {route.path.replace(':path', '')}"
        for part in [
            *parts,
            amendments.router,
            exports.router,
            forwarding.router,
            stations.router,
            whatif.router,
        ]
        for route in part.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_command_is_documented() -> None:
    said = table(DOCS / "operations.md")
    assert {name for name in commands() if f"tolich {name}" not in said} == set()


def test_every_setting_is_documented_with_its_default() -> None:
    said = table(DOCS / "operations.md")
    expected = dict(defaults(Settings))
    assert {key: said.get(key) for key in expected} == expected


def test_every_metric_is_documented() -> None:
    said = table(DOCS / "operations.md")
    both = [*fields(Counters), *fields(sender.Counters)]
    counted = {f"tolich_{field.name}_total" for field in both}
    waiting = {f"tolich_{name}" for name in GAUGES - {"lag"}}
    assert counted | waiting <= said.keys()


def test_every_endpoint_and_problem_is_documented() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert {route for route in routes() if f"`{route}`" not in page} == set()
    alive = {route.path for route in health.router.routes if isinstance(route, APIRoute)}
    assert {path for path in alive if f"`{path}`" not in page} == set()
    said = table(DOCS / "api.md")
    assert {kind: said.get(kind) for kind in KINDS} == {k: str(v.status) for k, v in KINDS.items()}


def test_targets_that_the_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = mentioned(_MADE, PAGES)
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("readme", READMES, ids=lambda page: str(page.name))
def test_a_readme_opens_with_the_picture_and_the_two_commands(readme: Path) -> None:
    first_screen = "\n".join(readme.read_text(encoding="utf-8").splitlines()[:20])
    assert "](docs/picture.svg)" in first_screen
    assert {"demo", "test"} <= set(_MADE.findall(first_screen))


def test_commands_that_the_pages_name_exist() -> None:
    assert mentioned(_TYPED, PAGES) - commands() == set()


def test_links_lead_somewhere() -> None:
    assert link_offences(ROOT) == []


def test_decisions_are_numbered_short_and_listed() -> None:
    assert decision_offences(ROOT / "docs" / "decisions") == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "b c.md").write_text("", encoding="utf-8")
    alive = "[1](b%20c.md#part) [2](https://example.org/x) [3](#here) `[4](example.md)`"
    links = f"{alive} ![5](gone.svg) [6](d.md#e)"
    (tmp_path / "a.md").write_text(links, encoding="utf-8")
    assert link_offences(tmp_path) == ["a.md: no gone.svg", "a.md: no d.md"]


def test_offences_of_decisions_are_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("- [One](0001-one.md)\n", encoding="utf-8")
    (tmp_path / "0001-one.md").write_text("# 1. One\n", encoding="utf-8")
    (tmp_path / "0003-three.md").write_text("# Three\n" * 41, encoding="utf-8")
    assert decision_offences(tmp_path) == [
        "0003-three.md: expected number 0002",
        "0003-three.md: expected a first line '# 2. What was decided'",
        "0003-three.md: 41 lines, at most 40",
        "0003-three.md: not in the list of README.md",
    ]

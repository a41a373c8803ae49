"""The documentation points at things that exist, and decisions stay half a page."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from tests.meta.source import ROOT, files

DECISION_LINES = 40
_LINK = re.compile(r"\]\(\s*<?([^)>\s#]+)")
_QUOTED = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # examples, not links
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")  # https:, mailto:


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

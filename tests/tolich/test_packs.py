"""The packs as files: all of a folder or none of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from shutil import copy

import pytest

from rules.model import Refused
from tolich.packs import REGULATIONS, load_catalogue, load_pack, load_regulations

LOADED = "qcvn-14-2008.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy(REGULATIONS / LOADED, tmp_path)
    copy(REGULATIONS / "qcvn-14-2025.yaml", tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_is_loaded_with_the_digest_of_each_file(folder: Path) -> None:
    (folder / "qcvn-14-2008.cases.yaml").write_text("not a pack")
    found = load_regulations(folder)
    assert set(found) == {"QCVN 14:2008/BTNMT", "QCVN 14:2025/BTNMT"}
    digest = hashlib.sha256((folder / LOADED).read_bytes()).hexdigest()
    assert found["QCVN 14:2008/BTNMT"].digest == digest


def test_a_changed_number_is_another_digest(folder: Path) -> None:
    before = load_pack(folder / LOADED, load_catalogue())
    edit(folder / LOADED, "max: 30,", "max: 31,")
    after = load_pack(folder / LOADED, load_catalogue())
    assert before.digest != after.digest


def test_the_problems_of_all_files_come_at_once(folder: Path) -> None:
    edit(folder / LOADED, "unit: mg/l", "unit: kg/l")
    edit(folder / "qcvn-14-2025.yaml", "loaded: false", "loaded: true")
    (folder / "broken.yaml").write_text("a: [")
    with pytest.raises(Refused) as refused:
        load_regulations(folder)
    assert [(Path(p.file).name, p.key) for p in refused.value.problems] == [
        ("broken.yaml", "line 1"),
        ("qcvn-14-2008.yaml", "parameters.bod5"),
        ("qcvn-14-2025.yaml", "loaded"),
    ]


def test_two_files_of_one_id_are_refused(folder: Path) -> None:
    copy(folder / LOADED, folder / "z-copy.yaml")
    with pytest.raises(Refused, match=r"z-copy\.yaml: id: 'QCVN 14:2008/BTNMT' is already"):
        load_regulations(folder)


def test_a_folder_without_packs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.cases.yaml").write_text("")
    for place in (tmp_path, tmp_path / "gone"):
        with pytest.raises(Refused, match="holds no regulation file"):
            load_regulations(place)


def test_numbers_added_by_hand_decide_without_touching_code(folder: Path) -> None:
    """What an officer with the official table does. The figure here is invented."""
    path = folder / "qcvn-14-2025.yaml"
    edit(path, "loaded: false", "loaded: true")
    edit(path, "sources:\n", "sources:\n  gazette: the printed table, page 9\n")
    row = """
parameters:
  total_n:
    row: {number: 6, vi: Tổng nitơ, en: Total nitrogen, unit: mg/l}
    limits:
      A: {max: 11.25, verification: single, sources: [gazette]}
      B: {verification: missing}
      C: {verification: missing}
"""
    edit(path, "parameters: {}\n", row)
    limit = load_regulations(folder)["QCVN 14:2025/BTNMT"].limit("total_n", "A")
    assert limit is not None
    assert str(limit.high) == "11.25"
    assert limit.sources == ("the printed table, page 9",)

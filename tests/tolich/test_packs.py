"""The packs as files: all of a folder or none of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from shutil import copy

import pytest

from rules.model import Refused
from tolich.packs import (
    REGULATIONS,
    cases_beside,
    load_catalogue,
    load_checked,
    load_pack,
    load_regulations,
    version_order,
)

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


# --- packs of the user's own --------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of a pack that ships, outside its folder."""
    place = tmp_path / "own"
    place.mkdir()
    return Path(copy(REGULATIONS / LOADED, place / "mine.yaml"))


def test_a_pack_of_ones_own_is_loaded_with_those_that_ship(own: Path) -> None:
    edit(own, "id: QCVN 14:2008/BTNMT", "id: Mine 1")
    assert set(load_regulations(extra=[own])) == {*load_regulations(), "Mine 1"}


@pytest.mark.parametrize("version", ["2", "1.1", "1.0.1", "10"])
def test_a_higher_version_takes_the_place_of_the_pack_that_ships(own: Path, version: str) -> None:
    edit(own, 'version: "1"', f'version: "{version}"')
    found = load_regulations(extra=[own])
    assert set(found) == set(load_regulations())
    assert found["QCVN 14:2008/BTNMT"].version == version


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1", "QCVN 14:2008/BTNMT ships as version 1: raise the version to replace it"),
        ("1.0", "raise the version to replace it, or give the file an id of its own"),
        ("0.9", "raise the version to replace it"),
        ("two", "'two' cannot be compared: write numbers with points, such as 2 or 2.1"),
        ("2-beta", "'2-beta' cannot be compared"),
    ],
)
def test_another_version_takes_no_place(own: Path, version: str, said: str) -> None:
    edit(own, 'version: "1"', f'version: "{version}"')
    for load in (lambda: load_regulations(extra=[own]), lambda: load_checked(own)):
        with pytest.raises(Refused) as refused:
            load()
        assert f"{own}: version: " in str(refused.value)
        assert said in str(refused.value)


def test_two_files_of_ones_own_with_one_id_are_refused(own: Path) -> None:
    edit(own, "id: QCVN 14:2008/BTNMT", "id: Mine 1")
    other = Path(copy(own, own.with_name("other.yaml")))
    with pytest.raises(Refused, match=r"'Mine 1' is already the id of another file among these"):
        load_regulations(extra=[own, other])


def test_periods_of_two_packs_must_agree(own: Path) -> None:
    edit(own, "id: QCVN 14:2008/BTNMT", "id: Mine 1")
    edit(own, "\ncolumns:", "\nperiods: {q: {seconds: 900, vi: q, en: q}}\ncolumns:")
    other = Path(copy(own, own.with_name("other.yaml")))
    edit(other, "id: Mine 1", "id: Mine 2")
    assert len(load_regulations(extra=[own, other])) == len(load_regulations()) + 2
    edit(other, "seconds: 900", "seconds: 1800")
    with pytest.raises(Refused, match=r"other\.yaml: periods\.q: another regulation says 900"):
        load_regulations(extra=[own, other])


def test_structure_and_catalogue_are_refused_together(own: Path) -> None:
    edit(own, "unit: mg/l", "unit: kg/l")
    edit(own, "\nloaded: true", "\nloadded: true")
    with pytest.raises(Refused) as refused:
        load_pack(own, load_catalogue())
    assert [one.key for one in refused.value.problems] == ["loaded", "loadded", "parameters.bod5"]


def test_a_pack_that_ships_is_checked_where_it_stands() -> None:
    assert load_checked(REGULATIONS / LOADED).id == "QCVN 14:2008/BTNMT"
    assert cases_beside(REGULATIONS / LOADED).is_file()


@pytest.mark.parametrize(
    ("version", "order"),
    [("2", (2,)), ("2.0", (2,)), ("2.0.1", (2, 0, 1)), ("0", ()), ("", None), ("1.", None)],
)
def test_versions_are_numbers(version: str, order: tuple[int, ...] | None) -> None:
    assert version_order(version) == order

"""What the dashboards look like: complete, in their places, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.boards.words import FOOTER, SIMULATED, Language
from dashboards.built import BOARDS, Board, boards, write
from dashboards.codes import State
from tests.cast import CATALOGUE

UNITS = {key: parameter.unit for key, parameter in CATALOGUE.items()}
ALL = list(boards(UNITS, "https://tolich.example"))
NAMES = [f"{board.language}-{board.name}" for board in ALL]
every_board = pytest.mark.parametrize("board", ALL, ids=NAMES)

Shape = Mapping[str, Any]


def panels(board: Board) -> list[Shape]:
    """The panels that show something: headings are none."""
    return [panel for panel in board.model["panels"] if panel["type"] != "row"]


def queries(board: Board) -> Iterator[str]:
    """Every InfluxQL query of a dashboard's panels."""
    for panel in panels(board):
        for target in panel.get("targets", []):
            if "query" in target:
                yield target["query"]


def test_both_languages_have_every_dashboard() -> None:
    assert len(ALL) == 2 * len(BOARDS) == 10
    uids = [board.model["uid"] for board in ALL]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)  # Grafana takes no more


@every_board
def test_a_dashboard_is_what_the_sdk_takes_for_one(board: Board) -> None:
    register_default_plugins()
    model = dict(board.model)
    if board.name == "plant":  # annotations of InfluxDB, for which the SDK has no type
        model["annotations"] = {}
    again = json.loads(json.dumps(Dashboard.from_json(model), cls=JSONEncoder))
    for panel in again["panels"]:
        if panel["type"] == "piechart":  # the SDK reads an empty one where it wrote none
            assert panel["fieldConfig"]["defaults"].pop("custom") == {}
    assert again == model


@every_board
def test_every_panel_says_what_it_shows_and_in_what_unit(board: Board) -> None:
    for panel in panels(board):
        assert panel["title"], panel
        assert len(panel["description"]) > 10, panel["title"]
        if panel["type"] != "text":
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            uid = "${metrics}" if board.name == "monitor" else "${source}"
            assert panel["datasource"]["uid"] == uid
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {uid}


@every_board
def test_panels_do_not_overlap(board: Board) -> None:
    boxes = [panel["gridPos"] for panel in board.model["panels"]]
    assert all(box["x"] + box["w"] <= 24 and box["h"] > 0 for box in boxes)
    for one, other in combinations(boxes, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (board.name, one, other)


@every_board
def test_numbers_of_panels_and_queries_are_their_own(board: Board) -> None:
    numbers = [panel["id"] for panel in board.model["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels(board):
        refs = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(refs)) == len(refs)


@pytest.mark.parametrize("name", BOARDS)
def test_the_languages_differ_in_words_only(name: str) -> None:
    vi, en = (next(b for b in ALL if (b.language, b.name) == (one, name)) for one in Language)
    said = dict(_differences(vi.model, en.model))
    for place, (one, other) in said.items():
        assert {type(one), type(other)} == {str}, place
        assert not place.endswith((".query", ".expr", ".type", ".refId")), place
    assert ".title" in said
    for index, panel in enumerate(vi.model["panels"]):
        if panel["type"] not in ("row", "text"):
            assert f".panels[{index}].description" in said, panel["title"]


def _differences(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, f"{place}[{index}]")
    elif one != other:
        yield place, (one, other)


@every_board
def test_english_dashboards_have_no_vietnamese_words(board: Board) -> None:
    if board.language is Language.VI:
        return
    written = json.dumps(board.model, ensure_ascii=False).replace("Tô Lịch", "")
    written = written.replace("Tiếng Việt", "")
    assert re.findall(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]\w*", written) == []


@every_board
def test_it_says_what_it_is_worth(board: Board) -> None:
    written = json.dumps(board.model, ensure_ascii=False)
    assert FOOTER.of(board.language) in written
    if board.name != "monitor":
        assert SIMULATED.of(board.language) in written


@every_board
def test_gaps_stay_open_and_limits_are_steps(board: Board) -> None:
    for query in queries(board):
        assert not re.search(r"fill\((?:\d|previous|linear)", query), query
        assert "time(" not in query or re.search(r"fill\((?:null|none)\)", query), query
    for panel in panels(board):
        if panel["type"] == "timeseries":
            custom = panel["fieldConfig"]["defaults"]["custom"]
            assert custom["spanNulls"] is False, panel["title"]
            if custom.get("drawStyle") != "bars":
                assert all("fill(none)" not in t.get("query", "") for t in panel["targets"])
        for override in panel["fieldConfig"]["overrides"] if "fieldConfig" in panel else []:
            if (
                str(override["matcher"]["options"]).startswith("limit_")
                and panel["type"] != "table"
            ):
                steps = {"id": "custom.lineInterpolation", "value": "stepAfter"}
                assert steps in override["properties"]


@every_board
def test_states_are_shown_in_mark_words_and_colour(board: Board) -> None:
    for mapping in _mappings(board.model):
        if str(State.WITHIN.code) in mapping["options"]:
            assert {int(code) for code in mapping["options"]} == {state.code for state in State}
            for state in State:
                shown = mapping["options"][str(state.code)]
                assert shown["color"] == state.colour
                assert shown["text"] == f"{state.mark} {getattr(state, board.language)}"


def _mappings(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        if part.get("type") == "value" and "options" in part:
            yield part
        for inner in part.values():
            yield from _mappings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _mappings(inner)


def test_every_parameter_of_the_catalogue_has_its_unit() -> None:
    (plant,) = [b for b in ALL if b.name == "plant" and b.language is Language.EN]
    drawn = [
        panel
        for panel in panels(plant)
        if any("$tag_parameter " in one.get("alias", "") for one in panel.get("targets", []))
    ]
    assert len(drawn) == 2
    for panel in drawn:
        units = {
            override["matcher"]["options"]: override["properties"][0]["value"]
            for override in panel["fieldConfig"]["overrides"]
            if override["matcher"]["id"] == "byRegexp"
        }
        for parameter, unit in UNITS.items():
            (found,) = [
                said for spelled, said in units.items()
                if re.search(spelled.strip("/"), f"{parameter} readings")
            ]  # fmt: skip
            assert found == ("none" if unit == "-" else f"suffix: {unit}")


@every_board
def test_nothing_is_asked_of_the_outside(board: Board) -> None:
    written = json.dumps(board.model)
    addresses = set(re.findall(r"https?://[^\"/]+", written))
    assert addresses <= {"https://tolich.example"}
    assert not {panel["type"] for panel in panels(board)} & {"geomap", "news"}


@every_board
def test_days_are_hanoi_days(board: Board) -> None:
    assert board.model["timezone"] == "Asia/Ho_Chi_Minh"


def test_files_are_written_a_folder_a_language(tmp_path: Path) -> None:
    for _ in range(2):
        paths = write(tmp_path / "new", UNITS)
    assert sorted(path.relative_to(tmp_path / "new").as_posix() for path in paths) == sorted(
        f"{language}/{name}.json" for language in Language for name in BOARDS
    )
    assert all(json.loads(path.read_text("utf-8"))["panels"] for path in paths)

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboards.__main__ import app
from dashboards.codes import State
from dashboards.compliance import FOOTER, build
from dashboards.influxql import DATASOURCE_UID
from dashboards.lines import lines_of
from tests.dashboards.entries import DAY, DAY_ONE, exceeded, finding, silent
from tests.dashboards.influx_servers import InfluxOne, influxdb_one

DAY_TWO, DAY_THREE, DAY_FIVE = DAY_ONE + DAY, DAY_ONE + 2 * DAY, DAY_ONE + 4 * DAY

MAU02: dict[str, Any] = {"station": "MAU02", "cluster": "ccn-mau-02", "simulated": False}
ACID: dict[str, Any] = {
    "parameter": "pH",
    "mean": 5.1,
    "ratio": None,
    "limit": {"low": 5.5, "high": 9},
    "reason": "below_limit",
}
FINDINGS = [
    # MAU01, first day: one parameter within, one near. The near one names the day.
    finding(start=DAY_ONE),
    finding(start=DAY_ONE, parameter="TSS", outcome="near", reason="near_limit"),
    # Second day: one within, one without data. The day must not look compliant.
    finding(start=DAY_TWO),
    silent(start=DAY_TWO, parameter="TSS"),
    # Third day exceeds, closed twice; an hour of it exceeds too and is no day.
    exceeded(start=DAY_THREE, mean=140, ratio=1.4),
    exceeded(start=DAY_THREE, revision=2),
    exceeded(start=DAY_THREE, period="hour"),
    # The fourth day has no finding at all, the fifth is compliant.
    finding(start=DAY_FIVE),
    # MAU02 is acid on the second day, and within on the third.
    exceeded(start=DAY_TWO, **ACID, **MAU02),
    finding(start=DAY_THREE, **MAU02),
]


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxOne]:
    with influxdb_one(Path(tmp_path_factory.mktemp("influxdb"))) as server:
        server.write([line for entry in FINDINGS for line in lines_of(entry)])
        yield server


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    return build()


def _interpolated(query: str, cluster: str = ".*", station: str = ".*") -> str:
    """What Grafana sends: variables as regular expressions, the time shown in milliseconds."""
    shown = f"time >= {DAY_ONE * 1000}ms and time <= {(DAY_FIVE + DAY - 1) * 1000}ms"
    for name, value in {"cluster": cluster, "station": station}.items():
        query = query.replace(f"${{{name}:regex}}", value)
    query = query.replace("$timeFilter", shown)
    assert "$" not in query.replace("$/", ""), f"a variable is left in {query}"
    return query


def _panel(model: dict[str, Any], panel: int) -> dict[str, Any]:
    (found,) = [each for each in model["panels"] if each["id"] == panel]
    return dict(found)


def _queries(model: dict[str, Any], panel: int) -> dict[str, str]:
    return {target["refId"]: target["query"] for target in _panel(model, panel)["targets"]}


def _query(model: dict[str, Any], panel: int) -> str:
    (query,) = _queries(model, panel).values()
    return query


# --- what the queries say ---------------------------------------------------------------


def test_every_query_is_understood(influx: InfluxOne, model: dict[str, Any]) -> None:
    queries = [query for panel in model["panels"] for query in _targets(panel)]
    queries += [variable["query"] for variable in model["templating"]["list"]]
    assert len(queries) == 2 + 1 + 1 + 7 + 7 + 1
    for query in queries:
        influx.query(_interpolated(query))


def _targets(panel: dict[str, Any]) -> Sequence[str]:
    return [target["query"] for target in panel.get("targets", [])]


def test_a_day_is_as_good_as_its_worst_parameter(influx: InfluxOne, model: dict[str, Any]) -> None:
    rows = influx.rows(_interpolated(_query(model, 2)))
    shown = {
        station: [row["max"] for row in rows if row["station"] == station]
        for station in ("MAU01", "MAU02")
    }
    near, unknown, within, suspected = (
        state.code for state in (State.NEAR, State.NOT_ASSESSABLE, State.WITHIN, State.SUSPECTED)
    )
    assert shown == {
        "MAU01": [near, unknown, suspected, None, within],
        "MAU02": [None, suspected, within, None, None],
    }
    assert [row["time"] for row in rows[:5]] == [DAY_ONE + n * DAY for n in range(5)]


def test_shares_count_every_owed_day_once(influx: InfluxOne, model: dict[str, Any]) -> None:
    counts = {ref: influx.rows(_interpolated(query)) for ref, query in _queries(model, 4).items()}
    assert {ref: rows[0]["count"] for ref, rows in counts.items() if rows} == {
        "SUSPECTED": 2,
        "NEAR": 1,
        "NOT_ASSESSABLE": 1,
        "WITHIN": 2,
    }


def test_shares_by_day(influx: InfluxOne, model: dict[str, Any]) -> None:
    counts = {
        ref: {row["time"]: row["count"] for row in influx.rows(_interpolated(query))}
        for ref, query in _queries(model, 3).items()
    }
    assert {ref: days for ref, days in counts.items() if days} == {
        "SUSPECTED": {DAY_TWO: 1, DAY_THREE: 1},
        "NEAR": {DAY_ONE: 1},
        "NOT_ASSESSABLE": {DAY_TWO: 1},
        "WITHIN": {DAY_THREE: 1, DAY_FIVE: 1},
    }


def test_the_table_lists_the_last_revision_of_exceeded_days(
    influx: InfluxOne, model: dict[str, Any]
) -> None:
    rows = influx.rows(_interpolated(_query(model, 5)))
    assert [(row["time"], row["station"], row["parameter"]) for row in rows] == [
        (DAY_THREE, "MAU01", "COD"),
        (DAY_TWO, "MAU02", "pH"),
    ]
    assert [(row["mean"], row["limit_high"], row["revision"]) for row in rows] == [
        (150.5, 100, 2),
        (5.1, 9, 1),
    ]
    assert [(row["ratio"], row["limit_low"]) for row in rows] == [(1.505, -1), (-1, 5.5)]


@pytest.mark.parametrize("cluster, simulated", [(".*", 1), ("ccn-mau-01", 1), ("ccn-mau-02", 0)])
def test_simulated_data_is_announced(
    influx: InfluxOne, model: dict[str, Any], cluster: str, simulated: int
) -> None:
    (row,) = influx.rows(_interpolated(_query(model, 1), cluster=cluster))
    assert row["max"] == simulated


def test_variables_offer_the_plants_of_the_chosen_clusters(
    influx: InfluxOne, model: dict[str, Any]
) -> None:
    clusters, stations = (variable["query"] for variable in model["templating"]["list"])
    offered = [row["value"] for row in influx.rows(_interpolated(clusters))]
    assert offered == ["ccn-mau-01", "ccn-mau-02"]
    chosen = influx.rows(_interpolated(stations, cluster=r"(ccn\-mau\-02|ccn\-mau\-09)"))
    assert [row["value"] for row in chosen] == ["MAU02"]


def test_the_choice_of_a_plant_reaches_every_panel(
    influx: InfluxOne, model: dict[str, Any]
) -> None:
    for panel in model["panels"]:
        for query in _targets(panel):
            assert influx.query(_interpolated(query, station="MAU99")) == []


# --- what the panels look like ----------------------------------------------------------


def test_every_panel_says_what_it_shows(model: dict[str, Any]) -> None:
    for panel in model["panels"]:
        assert " / " in panel["title"]
        assert " / " in panel["description"]
        if panel["type"] != "text":
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["datasource"]["uid"] == DATASOURCE_UID
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {DATASOURCE_UID}


def test_panels_do_not_overlap(model: dict[str, Any]) -> None:
    boxes = [panel["gridPos"] for panel in model["panels"]]
    assert all(box["x"] + box["w"] <= 24 and box["h"] > 0 for box in boxes)
    for one, other in combinations(boxes, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


def test_every_state_is_shown_in_its_colour_and_words(model: dict[str, Any]) -> None:
    (mapping,) = _panel(model, 2)["fieldConfig"]["defaults"]["mappings"]
    assert {int(code): (r["text"], r["color"]) for code, r in mapping["options"].items()} == {
        state.code: (state.label, state.colour) for state in State
    }


@pytest.mark.parametrize("panel", [3, 4])
def test_shares_wear_the_colours_of_their_states(model: dict[str, Any], panel: int) -> None:
    shown = _panel(model, panel)
    colours = {
        override["matcher"]["options"]: override["properties"][0]["value"]["fixedColor"]
        for override in shown["fieldConfig"]["overrides"]
    }
    assert colours == {
        target["refId"]: State[target["refId"]].colour for target in shown["targets"]
    }


def test_gaps_stay_open(model: dict[str, Any]) -> None:
    assert _panel(model, 2)["type"] == "status-history"
    assert _query(model, 2).endswith("fill(null)")
    assert not any(
        re.search(r"fill\((?:\d|previous|linear)", query)
        for panel in model["panels"]
        for query in _targets(panel)
    )


def test_days_are_hanoi_days(model: dict[str, Any]) -> None:
    assert model["timezone"] == "Asia/Ho_Chi_Minh"


def test_it_says_what_it_is_worth(model: dict[str, Any]) -> None:
    written = json.dumps(model, ensure_ascii=False)
    assert "DỮ LIỆU MÔ PHỎNG" in written
    assert _panel(model, 6)["options"]["content"] == FOOTER


# --- the command ------------------------------------------------------------------------


def test_the_command_writes_what_grafana_loads(tmp_path: Path, model: dict[str, Any]) -> None:
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        answer = CliRunner().invoke(app, ["build", str(folder)])
        assert answer.exit_code == 0, answer.output
    assert [path.name for path in folder.iterdir()] == ["compliance.json"]
    assert json.loads((folder / "compliance.json").read_text("utf-8")) == model

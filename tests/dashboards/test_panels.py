"""What the panels show: every query against a real InfluxDB, held against the API's findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboards.boards.alerting import KINDS
from dashboards.boards.queries import SHARES
from dashboards.boards.shares import MARKS
from dashboards.boards.words import Language
from dashboards.built import OFFICERS_ONLY, boards
from dashboards.codes import State, state_of
from rules.days import DAY_SECONDS
from rules.model import Outcome, Reason
from tests.cast import CATALOGUE, CLUSTERS, DAY0, Said, alerts, message
from tests.dashboards.grafana_macros import Frame, Shown, interval, transformed
from tests.dashboards.influx_accounts import Influx, Refused, influxdb_with_accounts
from tests.dashboards.season import BEGIN, END, Season
from tolich.amending import Amender
from tolich.ports import EVERYTHING, Amend, Shape

BOARDS = {
    board.name: board
    for board in boards({key: one.unit for key, one in CATALOGUE.items()})
    if board.language is Language.VI and board.name not in OFFICERS_ONLY
}
SPANS = {"24 hours": 1, "30 days": 30, "365 days": 365}
HALF_DAY = 12 * 3600


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    folder = Path(tmp_path_factory.mktemp("influxdb"))
    with influxdb_with_accounts(folder, sorted(set(CLUSTERS.values()))) as server:
        yield server


@pytest.fixture(scope="module")
def season(influx: Influx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    made = Season(Path(tmp_path_factory.mktemp("season")), influx)
    yield made
    made.close()


@pytest.fixture(scope="module")
def officer(influx: Influx, season: Season) -> Influx:
    return influx.asking("officer")


@pytest.fixture(scope="module")
def days(season: Season) -> list[Shape]:
    return season.findings(period="day")


def officers(span: int, **chosen: Any) -> Shown:
    """All plants, for so many days to the end of the season."""
    everything = {"cluster": ".*", "station": ".*", "parameter": ".*", "near": "ccn-mau-01"}
    return Shown(END - span * DAY_SECONDS, END, everything | chosen)


def one_station(span: int, station: str = "MAU01") -> Shown:
    """What the dashboard of one station is asked with."""
    names = {"cluster": CLUSTERS[station], "station": station, "parameter": ".*"}
    names |= {"near": CLUSTERS[station]}
    return Shown(END - span * DAY_SECONDS, END, names)


def shown_on(name: str, span: int) -> Shown:
    """The variables of a dashboard at their first values."""
    return one_station(span) if name == "plant" else officers(span)


def panel_of(name: str, title: str) -> Mapping[str, Any]:
    """A panel by its Vietnamese title, or the beginning of it."""
    found = [p for p in BOARDS[name].model["panels"] if p.get("title", "").startswith(title)]
    assert len(found) == 1, (title, [p["title"] for p in BOARDS[name].model["panels"]])
    return dict(found[0])


def answers(
    server: Influx, panel: Mapping[str, Any], shown: Shown, database: str = "tolich"
) -> dict[str, Frame]:
    """What each query of a panel answers; `Time` as Grafana names the time of tables."""
    found = {}
    for target in panel["targets"]:
        rows = server.rows(shown.expand(target["query"], panel), database)
        found[target["refId"]] = [
            {("Time" if key == "time" else key): value for key, value in row.items()}
            for row in rows
        ]
    return found


def second(moment: str) -> int:
    """RFC 3339 as epoch seconds."""
    return int(datetime.fromisoformat(moment).timestamp())


def overlapping(findings: Sequence[Shape], shown: Shown) -> list[Shape]:
    """Days that overlap the time shown: what a panel of days must show."""
    return [
        one
        for one in findings
        if second(one["start"]) <= shown.end and second(one["end"]) > shown.start
    ]


def code(one: Shape) -> int:
    """The state that a finding is shown in."""
    return state_of(Outcome(one["outcome"]), Reason(one["reason"]), one["period"]).code


def worst_days(findings: Sequence[Shape]) -> dict[tuple[str, str, int], int]:
    """By cluster, station and start: the worst state of the days that owe a verdict."""
    worst: dict[tuple[str, str, int], int] = {}
    for one in findings:
        if one["outcome"] != "not_applicable":
            key = one["cluster"], one["station"], second(one["start"])
            worst[key] = max(worst.get(key, 0), code(one))
    return worst


def share_of(state: int) -> str:
    """The share that a state counts for."""
    (found,) = [name for name, states in SHARES.items() if state in {s.code for s in states}]
    return found


# --- every query --------------------------------------------------------------------------------


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("name", BOARDS)
def test_every_query_answers_officers_and_investors(officer: Influx, name: str, span: int) -> None:
    shown = shown_on(name, span)
    investor, cluster = officer.asking("ccn-mau-01"), "ccn-mau-01"
    empty = []
    for panel in BOARDS[name].model["panels"]:
        if "targets" not in panel:
            continue
        all_plants = answers(officer, panel, shown)
        own = answers(investor, panel, shown, cluster)
        if not any(all_plants.values()):
            empty.append(panel["title"])
        for ref, rows in own.items():
            expected = [row for row in all_plants[ref] if row.get("cluster", cluster) == cluster]
            if rows and "cluster" in rows[0]:
                assert rows == expected, panel["title"]
            if name == "plant":
                assert rows == all_plants[ref], panel["title"]
    nothing = {"↗ Gần giới hạn (≥ 90 %)"} if span == 1 else set()  # no near day in 24 hours
    assert set(empty) == (nothing if name == "overview" else set())


def test_a_link_to_the_evidence_is_answered(season: Season, days: list[Shape]) -> None:
    """As the links of the dashboards spell it: with the start in milliseconds since 1970."""
    one = days[0]
    name = f"{one['station']}:{one['parameter']}:day:{second(one['start']) * 1000}"
    why = season.stage.reads(season.pipeline).finding_why(EVERYTHING, name)
    assert why is not None
    assert why["finding"] == one


def test_annotations_are_the_alerts(officer: Influx, season: Season) -> None:
    marked = {
        (kind, row["time"] // 1000, row[f"{kind}_ended"] // 1000 if ended else None)
        for annotation in BOARDS["plant"].model["annotations"]["list"]
        for kind, ended in [_marks(annotation)]
        for row in officer.rows(one_station(365).expand(annotation["query"]))
    }
    told = {
        (
            one["kind"],
            second(one["started_at"]),
            second(one["ended_at"]) if one["ended_at"] else None,
        )
        for one in alerts(season.stage.reads(season.pipeline), station="MAU01")
        if one["kind"] in KINDS and one["state"] != "withdrawn"
    }
    assert {kind for kind, _, _ in told} >= {"exceedance", "near"}
    assert marked == told


def _marks(annotation: Mapping[str, Any]) -> tuple[str, bool]:
    """The kind of alert that an annotation marks, and whether it has ended."""
    (kind,) = [kind for kind in KINDS if f'"{kind}_severity"' in annotation["query"]]
    return kind, "timeEndColumn" in annotation


def test_who_is_silent_comes_first(officer: Influx, season: Season) -> None:
    silent = {
        one["station"]
        for one in alerts(season.stage.reads(season.pipeline), kind="silence", state="active")
    }
    rows = answers(officer, panel_of("overview", "Các trạm, nặng nhất trước"), officers(1))[
        "silent"
    ]
    assert {row["station"] for row in rows} == silent == {"MAU01", "MAU02"}


def test_late_readings_and_rejections_are_counted(officer: Influx, season: Season) -> None:
    shown = officers(30)
    late = answers(officer, panel_of("quality", "Số đo đến muộn"), shown)["A"]
    # A message a day brings 24 hours of two parameters: all but the last two hours are late.
    assert {row["late"] for row in late if row["Time"] // 1000 >= shown.start} == {2 * 22}
    rejected = answers(officer, panel_of("quality", "Bị từ chối"), shown)["A"]
    listed = season.stage.reads(season.pipeline).rejected(EVERYTHING, None, None, 10).items
    assert sum(row["rejected"] for row in rejected) == len(listed) == 1


@pytest.mark.parametrize("name", BOARDS)
def test_variables_offer_what_there_is(officer: Influx, name: str) -> None:
    offered = {
        variable["name"]: [
            row["value"] for row in officer.rows(one_station(1).expand(variable["query"]))
        ]
        for variable in BOARDS[name].model["templating"]["list"]
        if variable["type"] == "query"
    }
    assert offered["cluster"] == ["ccn-mau-01", "ccn-mau-02", "ccn-mau-03"]
    assert offered["station"] == ["MAU01"]
    if name == "quality":
        assert offered["near"] == offered["cluster"]
    if name == "plant":
        assert offered["parameter"] == ["COD", "pH"]


@pytest.mark.parametrize("name", BOARDS)
def test_the_choice_of_a_plant_reaches_every_panel(officer: Influx, name: str) -> None:
    names = {**one_station(1).chosen, "station": "MAU99"}
    nobody = Shown(BEGIN, END, names)
    for panel in BOARDS[name].model["panels"]:
        if "targets" in panel:
            assert not any(answers(officer, panel, nobody).values()), panel["title"]


def test_a_neighbours_database_is_refused_by_the_server(officer: Influx) -> None:
    investor = officer.asking("ccn-mau-01")
    assert investor.rows('SELECT count("mean") FROM "finding"', "ccn-mau-01")
    for database in ("ccn-mau-02", "tolich"):
        with pytest.raises(Refused, match="not authorized"):
            investor.rows('SELECT count("mean") FROM "finding"', database)
    with pytest.raises(Refused, match="not authorized"):
        investor.rows('SELECT count("value") FROM "ccn-mau-02"."raw"."reading"', "ccn-mau-01")


# --- held against the findings of the API -------------------------------------------------------


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_shares_divide_by_the_days_owed(officer: Influx, days: list[Shape], span: int) -> None:
    shown = officers(span)
    expected = Counter(share_of(state) for state in worst_days(overlapping(days, shown)).values())
    pie = answers(officer, panel_of("compliance", "Tỷ lệ ngày theo kết quả"), shown)
    assert Counter({ref: rows[0][ref] for ref, rows in pie.items() if rows}) == expected
    assert expected["not_assessable"] > 0  # days of which nothing arrived are among them
    for title in ("Tỷ lệ trạm theo kết quả", "Xu hướng theo tuần"):
        bars = answers(officer, panel_of("compliance", title), shown)
        assert Counter({r: sum(row[r] for row in rows) for r, rows in bars.items() if rows}) == (
            expected
        )


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_months_of_clusters_are_local_months(officer: Influx, days: list[Shape], span: int) -> None:
    shown, panel = officers(span), panel_of("compliance", "Tỷ lệ ngày theo cụm và tháng")
    frames = answers(officer, panel, shown)
    table = transformed(list(frames.values()), panel["transformations"])
    expected: dict[tuple[str, str], Counter[str]] = {}
    for (cluster, _, start), state in worst_days(overlapping(days, shown)).items():
        month = f"{datetime.fromtimestamp(start, ZoneInfo('Asia/Ho_Chi_Minh')):%Y-%m}"
        expected.setdefault((cluster, month), Counter())[share_of(state)] += 1
    assert {(row["cluster"], row["Time"]) for row in table} == set(expected)
    for row in table:
        counted = expected[row["cluster"], row["Time"]]
        assert row["owed (sum)"] == counted.total()
        for share in SHARES:
            assert row[f"{share} share"] == counted[share] / counted.total()


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_a_day_is_as_good_as_its_worst_parameter(
    officer: Influx, days: list[Shape], span: int
) -> None:
    shown = officers(span)
    rows = answers(officer, panel_of("compliance", "Kết quả theo ngày và trạm"), shown)["A"]
    expected: dict[tuple[str, int], int] = {}
    for one in overlapping(days, shown):
        key = one["station"], second(one["start"])
        expected[key] = max(expected.get(key, 0), code(one))
    cells = {(row["station"], row["Time"] // 1000): row["max"] for row in rows}
    assert {key: state for key, state in cells.items() if state is not None} == expected
    assert (
        expected["MAU01", BEGIN + 5 * DAY_SECONDS] == State.NOT_ASSESSABLE.code if span > 30 else 1
    )


def test_the_year_strip_has_a_cell_for_every_finding(officer: Influx, days: list[Shape]) -> None:
    rows = answers(officer, panel_of("compliance", "Một năm"), officers(1))["A"]
    cells = {
        (row["station"], row["parameter"], row["Time"] // 1000): row["max"]
        for row in rows
        if row["max"] is not None
    }
    assert cells == {
        (one["station"], one["parameter"], second(one["start"])): code(one) for one in days
    }


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_suspected_exceedances_are_listed_with_their_limit(
    officer: Influx, days: list[Shape], span: int
) -> None:
    shown = officers(span)
    expected = [one for one in overlapping(days, shown) if one["outcome"] == "exceeded"]
    assert expected
    for name in ("overview", "compliance"):
        rows = answers(officer, panel_of(name, "Ngày nghi vượt giới hạn"), shown)["A"]
        assert {(r["station"], r["parameter"], r["Time"] // 1000): _told(r) for r in rows} == {
            (one["station"], one["parameter"], second(one["start"])): (
                one["mean"],
                one["limit"]["high"],
                one["ratio"],
                one["counts"]["valid"],
                one["revision"],
            )
            for one in expected
        }


def _told(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("mean", "limit_high", "ratio", "valid", "revision"))


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_the_overview_knows_every_station(
    officer: Influx, season: Season, days: list[Shape], span: int
) -> None:
    shown, panel = officers(span), panel_of("overview", "Các trạm, nặng nhất trước")
    table = {
        row["station"]: row
        for row in transformed(
            list(answers(officer, panel, shown).values()), panel["transformations"]
        )
    }
    assert set(table) == set(CLUSTERS)
    inside = overlapping(days, shown)
    last = max(second(one["start"]) for one in days)
    for station, row in table.items():
        own = [one for one in inside if one["station"] == station]
        assert row["day"] == max(code(one) for one in own if second(one["start"]) == last)
        counts = [one["counts"] for one in own]
        valid, expected = (sum(c[key] for c in counts) for key in ("valid", "expected"))
        assert row["capture"] == pytest.approx(valid / expected)
        over = {second(one["start"]) for one in own if one["outcome"] == "exceeded"}
        assert row.get("exceeded", 0) == len(over)
    hours = season.findings(station="MAU01", period="hour", start_from=END - 2 * 3600)
    assert table["MAU01"]["hour"] == max(code(one) for one in hours)
    counted = answers(officer, panel_of("overview", "! "), shown)["A"]
    assert counted[0]["exceeded"] == sum(row.get("exceeded") or 0 for row in table.values())


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_data_capture_is_counted_from_the_slots_owed(
    officer: Influx, days: list[Shape], span: int
) -> None:
    shown = officers(span)
    rows = answers(officer, panel_of("quality", "Từng thông số"), shown)["A"]
    expected: dict[tuple[str, str], Counter[str]] = {}
    for one in overlapping(days, shown):
        expected.setdefault((one["station"], one["parameter"]), Counter()).update(one["counts"])
    assert {(row["station"], row["parameter"]) for row in rows} == set(expected)
    for row in rows:
        counts = expected[row["station"], row["parameter"]]
        for name in ("expected", "received", "valid", "calibrating", "faulty", "failed"):
            assert row[name] == counts[name], (row, counts)
        assert row["capture"] == pytest.approx(counts["valid"] / counts["expected"])
    bars = answers(officer, panel_of("quality", "Tỷ lệ dữ liệu hợp lệ"), shown)
    everything = sum(expected.values(), Counter())
    assert sum(row["calibrating"] for row in bars["calibrating"]) == everything["calibrating"]
    missing = everything["expected"] - everything["received"]
    assert sum(row["missing"] for row in bars["missing"]) == missing


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("station", ["MAU01", "MAU02"])
def test_means_and_limits_are_those_of_the_findings(
    officer: Influx, season: Season, days: list[Shape], station: str, span: int
) -> None:
    shown = one_station(span, station)
    found = answers(officer, panel_of("plant", "Trung bình và giới hạn"), shown)
    hours = season.findings(station=station, period="hour")
    inside = [one for one in overlapping(days, shown) if one["station"] == station]
    assert _points(found["day"]) == _means(inside)
    assert _points(found["hour"]) == _means(overlapping(hours, shown))
    limits = {
        (one["parameter"], second(one["start"])): one["limit"]["high"]
        for one in inside
        if one["limit"] is not None
    }
    assert _points(found["limit_high"]) == limits
    if station == "MAU02" and span > 1:
        assert {limit for (name, _), limit in limits.items() if name == "COD"} == {60, 100}


def _points(rows: Frame) -> dict[tuple[str, int], float]:
    return {(r["parameter"], r["Time"] // 1000): r["last"] for r in rows if r["last"] is not None}


def _means(findings: Sequence[Shape]) -> dict[tuple[str, int], float]:
    return {
        (one["parameter"], second(one["start"])): one["mean"]
        for one in findings
        if one["outcome"] in ("compliant", "near", "exceeded")
    }


def test_readings_are_drawn_where_they_were_measured_only(officer: Influx) -> None:
    panel = panel_of("plant", "Số đo và giới hạn")
    silent = BEGIN + 5 * DAY_SECONDS
    shown = Shown(silent - DAY_SECONDS, silent + 3 * DAY_SECONDS, one_station(1).chosen)
    found = answers(officer, panel, shown)
    cod = {ref: [r for r in rows if r["parameter"] == "COD"] for ref, rows in found.items()}
    by_day = {
        day: {
            ref
            for ref, rows in cod.items()
            for row in rows
            if (row["Time"] // 1000 - silent) // DAY_SECONDS == day
            and any(v is not None for k, v in row.items() if k not in ("Time", "parameter"))
        }
        for day in (-1, 0, 1, 2)
    }
    lines = {"lowest", "mean", "highest", "limit_high"}
    assert by_day == {
        -1: lines,
        0: {"limit_high"},
        1: {"CALIBRATING", "limit_high"},
        2: {"FAULT", "limit_high"},
    }
    assert any(row["mean"] is None for row in cod["mean"])  # the gap is in the answer: not joined


# --- what Grafana puts in -----------------------------------------------------------------------


def test_grafanas_variables_are_spelled_as_documented() -> None:
    shown = Shown(60, 3660, {"one": ["a.b"], "two": ["a.b", "c/d"], "all": ".*", "name": "x-1"})
    assert shown.expand("$timeFilter") == "time >= 60000ms and time <= 3660000ms"
    assert shown.expand("/^${one:regex}$/") == r"/^a\.b$/"
    assert shown.expand("/^${two:regex}$/") == r"/^(a\.b|c\/d)$/"
    assert shown.expand("/^${all:regex}$/ ${name:raw}") == "/^.*$/ x-1"
    assert shown.expand("${__from} ${__to}") == "60000 3660000"
    assert shown.expand("$__interval", {"interval": "5m"}) == "5m"
    assert interval(365 * 86400 / 1000) == "12h"


# --- a period that changes: the last test, for it changes what the others are held against ------


def test_a_day_that_changes_changes_in_every_panel(season: Season, officer: Influx) -> None:
    """Nothing came; late data make it compliant; contradicted; an officer says which holds."""
    day = BEGIN + 5 * DAY_SECONDS
    assert _seen(officer, day) == _said(State.NOT_ASSESSABLE, "not_assessable", None, 0)

    _late(season, day, 50.0)
    compliant = _said(State.WITHIN, "compliant", 50.0, 24)
    assert _seen(officer, day) == compliant

    _late(season, day, 400.0)
    contested = _seen(officer, day)
    assert contested == _said(State.CONTESTED, "not_assessable", None, contested["valid"])

    asked = Amend(
        "MAU01", "COD", "confirm", "Sở (mẫu)", "đối chiếu nhật ký", day, day + DAY_SECONDS,
        Decimal(50),
    )  # fmt: skip
    Amender(season.pipeline).amend(EVERYTHING, asked)
    season.settled()
    assert _seen(officer, day) == compliant


def _late(season: Season, day: int, cod: float) -> None:
    """The day's readings arrive at the end of the season."""
    hours = [day - DAY0 + hour * 3600 for hour in range(24)]
    readings = [
        Said(name, at, value) for at in hours for name, value in (("COD", cod), ("pH", 7.2))
    ]
    season.pipeline.submit([message("MAU01", *readings, received=END)])
    season.settled()


def _said(state: State, share: str, mean: float | None, valid: int) -> dict[str, Any]:
    assessable = mean is not None
    return {
        "year": state.code,
        "day": state.code,
        "station": state.code,
        "overview": state.code,
        "share": share,
        "stat": share,
        "mean": mean,
        "hours": assessable,
        "valid": valid,
    }


def _seen(officer: Influx, day: int) -> dict[str, Any]:
    """What the panels say of MAU01's COD on one day."""
    one = one_station(1).chosen
    inside = Shown(day + 1, day + HALF_DAY, one)
    ours = Shown(day + 1, day + HALF_DAY, {"cluster": ["ccn-mau-01"], "station": ["MAU01"]})
    pie = answers(officer, panel_of("compliance", "Tỷ lệ ngày theo kết quả"), ours)
    stats = {
        share: answers(officer, panel_of("overview", f"{MARKS[share]} "), ours)["A"]
        for share in SHARES
    }
    means = answers(officer, panel_of("plant", "Trung bình và giới hạn"), inside)
    slots = answers(officer, panel_of("quality", "Từng thông số"), ours)["A"]
    (overview,) = answers(officer, panel_of("overview", "Các trạm, nặng nhất trước"), ours)["day"]
    return {
        "year": _cell(answers(officer, panel_of("compliance", "Một năm"), ours)["A"], day),
        "day": _cell(answers(officer, panel_of("compliance", "Kết quả theo ngày"), ours)["A"], day),
        "station": _cell(
            answers(officer, panel_of("plant", "Kết quả từng ngày"), inside)["A"], day
        ),
        "overview": overview["day"],
        "share": next(ref for ref, rows in pie.items() if rows),
        "stat": next(share for share, rows in stats.items() if rows),
        "mean": _points(means["day"]).get(("COD", day)),
        "hours": any(name == "COD" for name, _ in _points(means["hour"])),
        "valid": next(row["valid"] for row in slots if row["parameter"] == "COD"),
    }


def _cell(rows: Frame, day: int) -> int | None:
    """The state of COD, or of the station, in a day's cell."""
    (found,) = [
        row["max"]
        for row in rows
        if row["Time"] == day * 1000 and row.get("parameter", "COD") == "COD"
    ]
    return None if found is None else int(found)

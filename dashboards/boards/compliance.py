"""Compliance over time: what became of the days that were owed.

Three rules run through it. A finding is shown as it was judged: Grafana computes no verdict.
A day without enough data has a colour of its own, and gaps are left open. Shares divide by
the days owed: a closed day has a finding even when nothing arrived.
"""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common, piechart, statushistory, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import FieldColorModeId
from grafana_foundation_sdk.models.piechart import PieChartLegendValues, PieChartType

from dashboards.boards import words
from dashboards.boards.parts import (
    Making,
    Placed,
    begun,
    by_month,
    changed,
    cluster_variable,
    coloured,
    console_variable,
    finished,
    footer,
    legend,
    linked,
    merged,
    named,
    option,
    origin,
    share_of,
    source_variable,
    state_values,
    station_variable,
    target,
    uid,
    values,
    why_day,
)
from dashboards.boards.queries import BY_DAY, BY_WEEK, DAYS, DAYS_SHOWN, days_in, days_owed
from dashboards.boards.shares import COLOURS, DIVIDED, MARKS, NAMES, OWED_SAID, SAID
from dashboards.boards.words import Text
from dashboards.codes import OUTCOMES, SENTINEL
from dashboards.influxql import datasource
from rules.model import Outcome

NAME = "compliance"
TITLE = Text("Tuân thủ theo thời gian", "Compliance over time")
ROWS = 500
YEAR = "366d"


def build(making: Making) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    about = Text(
        "Kết quả đánh giá theo ngày của từng trạm, từng tháng của từng cụm.",
        "How the days of each station were judged, and the months of each cluster.",
    )
    board = (
        begun(making, NAME, TITLE, about)
        .time("now-30d/d", "now")
        .with_variable(source_variable(making))
        .with_variable(cluster_variable(making))
        .with_variable(station_variable(making))
        .with_variable(console_variable(making))
    )
    return finished(
        board,
        making,
        [
            (3, [origin(making)]),
            (10, [_outcome_by_day(making)]),
            (10, [_by_month(making)]),
            (9, [_share_by_day(making), _share_of_all(making)]),
            (9, [_trend(making)]),
            (9, [_year(making)]),
            (9, [_exceeded_days(making)]),
            footer(making),
        ],
    )


def _history(making: Making) -> statushistory.Panel:
    """Cells beside cells: a status history joins nothing, and what is missing stays empty."""
    return (
        statushistory.Panel()
        .datasource(datasource())
        .mappings([state_values(making)])
        .unit("none")
        .color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#9E9E9E"))
        .show_value(VisibilityMode.NEVER)
        .row_height(0.9)
        .fill_opacity(100)
        .legend(legend())
    )


def _outcome_by_day(making: Making) -> Placed:
    query = (
        f'SELECT max("state") FROM "finding" WHERE {DAYS} AND {DAYS_SHOWN} '
        f'GROUP BY "cluster", "station", {BY_DAY} fill(null)'
    )
    open_plant = linked(
        making.say(Text("Mở trạm này", "Open this station")),
        f"/d/{uid(making.language, 'plant')}?var-cluster=${{__field.labels.cluster}}"
        "&var-station=${__field.labels.station}",
        new_tab=False,
    )
    panel = _history(making).with_target(target(query, alias="$tag_cluster · $tag_station"))
    return Placed(
        panel.override_by_query("A", [open_plant]),
        Text("Kết quả theo ngày và trạm", "Outcome by day and station"),
        Text(
            "Kết quả xấu nhất trong các thông số của trạm mỗi ngày (giờ Hà Nội). Ô trống: chưa có "
            "kết quả. Thiếu dữ liệu không bao giờ hiện như trong giới hạn.",
            "The worst of the station's parameters on each day (Hanoi time). Empty: no finding "
            "yet. Missing data never looks like compliance.",
        ),
    )


def _year(making: Making) -> Placed:
    query = (
        f'SELECT max("state") FROM "finding" WHERE {DAYS} AND $timeFilter '
        f'GROUP BY "station", "parameter", {BY_DAY} fill(null)'
    )
    return Placed(
        _history(making)
        .with_target(target(query, alias="$tag_station · $tag_parameter"))
        .time_from(YEAR),
        Text("Một năm, mỗi ngày một ô", "A year, a cell a day"),
        Text(
            "Từng thông số của từng trạm trong 366 ngày gần nhất, không phụ thuộc khoảng thời gian "
            "đang chọn.",
            "Each parameter of each station over the last 366 days, whatever time is chosen above.",
        ),
    )


def _by_month(making: Making) -> Placed:
    grouped = f'"cluster", {BY_DAY}'
    panel = (
        table.Panel()
        .show_header(True)
        .datasource(datasource())
        .with_target(target(days_owed(DAYS_SHOWN, grouped), "owed", table=True))
        .unit("none")
        .no_value("–")
    )
    for share in NAMES:
        panel.with_target(target(days_in(share, DAYS_SHOWN, grouped), share, table=True))
    for step in [*merged(), *by_month(["cluster"], ["owed", *NAMES])]:
        panel.with_transformation(step)
    for share in NAMES:
        panel.with_transformation(share_of(f"{share} (sum)", "owed (sum)", f"{share} share"))
    panel.with_transformation(
        changed("organize", excludeByName={f"{share} (sum)": True for share in NAMES})
    )
    panel.override_by_name("Time", named(making.say(Text("Tháng", "Month")), "string"))
    panel.override_by_name("cluster", named(making.say(words.CLUSTER), "string"))
    panel.override_by_name("owed (sum)", named(making.say(OWED_SAID), "none"))
    for share in NAMES:
        shown = f"{MARKS[share]} {making.say(SAID[share])}"
        gauge = option("custom.cellOptions", {"type": "gauge", "mode": "basic"})
        ends = (option("min", 0), option("max", 1), option("decimals", 1))
        panel.override_by_name(
            f"{share} share", named(shown, "percentunit", coloured(COLOURS[share]), gauge, *ends)
        )
    return Placed(
        panel,
        Text("Tỷ lệ ngày theo cụm và tháng", "Share of days by cluster and month"),
        DIVIDED,
    )


def _stacked(making: Making) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .datasource(datasource())
        .unit(f"suffix: {making.say(Text('ngày-trạm', 'station-days'))}")
        .decimals(0)
        .min(0)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(90)
        .line_width(0)
        .span_nulls(False)
        .stacking(common.StackingConfig().mode(StackingMode.PERCENT))
        .legend(legend(LegendPlacement.RIGHT))
    )


def _with_shares(panel: Any, making: Making, grouped: str, when: str) -> Any:
    """The panel with a query a share, each in its colour and words."""
    for share in NAMES:
        alias = f"{MARKS[share]} {making.say(SAID[share])}"
        panel.with_target(target(days_in(share, when, grouped), share, alias))
        panel.override_by_query(share, [coloured(COLOURS[share])])
    return panel


def _share_by_day(making: Making) -> Placed:
    return Placed(
        _with_shares(_stacked(making), making, BY_DAY, DAYS_SHOWN),
        Text("Tỷ lệ trạm theo kết quả, mỗi ngày", "Share of stations by outcome, each day"),
        DIVIDED,
        15,
    )


def _trend(making: Making) -> Placed:
    return Placed(
        _with_shares(_stacked(making), making, BY_WEEK, DAYS_SHOWN),
        Text("Xu hướng theo tuần", "Trend, week by week"),
        DIVIDED,
    )


def _share_of_all(making: Making) -> Placed:
    panel = (
        piechart.Panel()
        .datasource(datasource())
        .unit(f"suffix: {making.say(Text('ngày-trạm', 'station-days'))}")
        .decimals(0)
        .pie_type(PieChartType.DONUT)
        .reduce_options(common.ReduceDataOptions().calcs(["sum"]))
        .legend(
            piechart.PieChartLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.RIGHT)
            .show_legend(True)
            .values([PieChartLegendValues.VALUE, PieChartLegendValues.PERCENT])
        )
    )
    return Placed(
        _with_shares(panel, making, "", DAYS_SHOWN),
        Text("Tỷ lệ ngày theo kết quả", "Share of days by outcome"),
        DIVIDED,
        9,
    )


_COLUMNS: tuple[tuple[str, Text, str], ...] = (
    ("cluster", words.CLUSTER, "string"),
    ("station", words.STATION, "string"),
    ("parameter", words.PARAMETER, "string"),
    ("mean", Text("Trung bình ngày", "Daily mean"), "none"),
    ("limit_low", Text("Giới hạn dưới", "Lower limit"), "none"),
    ("limit_high", Text("Giới hạn", "Limit"), "none"),
    ("ratio", Text("So với giới hạn", "Of the limit"), "percentunit"),
    ("valid", Text("Hợp lệ", "Valid"), "none"),
    ("expected", Text("Phải có", "Expected"), "none"),
    ("final", Text("Đã chốt", "Closed"), "none"),
    ("revision", Text("Lần sửa", "Revision"), "none"),
)
_ABSENT = {int(SENTINEL): ("–", None)}


def exceeded_days(making: Making) -> table.Panel:
    """Days of suspected exceedance, newest first, each with the way to its evidence."""
    columns = ", ".join(f'"{name}"' for name, _, _ in _COLUMNS)
    query = (
        f'SELECT {columns} FROM "finding" WHERE "outcome" = {OUTCOMES[Outcome.EXCEEDED]} '
        f"AND {DAYS} AND {DAYS_SHOWN} ORDER BY time DESC LIMIT {ROWS}"
    )
    panel = (
        table.Panel()
        .show_header(True)
        .datasource(datasource())
        .with_target(target(query, table=True))
        .unit("none")
        .no_value("–")
        .override_by_name("Time", named(making.say(words.DAY), "time:DD/MM/YYYY", why_day(making)))
    )
    for name, shown, unit in _COLUMNS:
        more = []
        if name in ("mean", "ratio", "limit_low", "limit_high"):
            more = [option("mappings", [values(_ABSENT)])]
        if name == "final":
            said = {
                0: (making.say(Text("chưa", "no")), None),
                1: (making.say(Text("rồi", "yes")), None),
            }
            more = [option("mappings", [values(said)])]
        panel.override_by_name(name, named(making.say(shown), unit, *more))
    return panel


EXCEEDED_TITLE = Text("Ngày nghi vượt giới hạn", "Days of suspected exceedance")
EXCEEDED_ABOUT = Text(
    f"Mới nhất trước, tối đa {ROWS} dòng; đơn vị của từng thông số, giới hạn theo giấy phép của "
    "ngày đó. Bấm vào ngày để xem bằng chứng.",
    f"Newest first, {ROWS} rows at most; in each parameter's unit, the limit of the permit in "
    "force that day. A click on the day opens the evidence.",
)


def _exceeded_days(making: Making) -> Placed:
    return Placed(exceeded_days(making), EXCEEDED_TITLE, EXCEEDED_ABOUT)

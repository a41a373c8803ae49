"""The dashboard "compliance over time", as code.

Three rules run through it. A finding is shown as it was judged: Grafana computes no verdict.
A day without enough data has a colour of its own, and gaps are left open. Shares divide by
the days owed: a closed day has a finding even when nothing arrived.
"""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.builders import (
    common,
    piechart,
    stat,
    statushistory,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.builders.dashboard import Dashboard, FieldColor, QueryVariable
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    GridPos,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.piechart import PieChartLegendValues, PieChartType
from grafana_foundation_sdk.models.text import TextMode

from dashboards.codes import OUTCOMES, SENTINEL, State
from dashboards.influxql import InfluxQuery, Target, datasource
from rules.days import DAY_SECONDS, OFFSET
from rules.model import DAY, Outcome

NAME = "compliance"
UID = "tolich-compliance"
TITLE = "Tuân thủ theo thời gian / Compliance over time"
ZONE = "Asia/Ho_Chi_Minh"
ROWS = 500

FOOTER = (
    "Dữ liệu tự động, chờ xác minh; không thay thế kết luận của cơ quan có thẩm quyền.  \n"
    "Automatic data awaiting verification; it does not replace the finding of the competent "
    "authority."
)

# Buckets of a day are counted from 1970 in UTC; shifted so, they begin at local midnight.
_BY_DAY = f"time(1d, {(DAY_SECONDS - OFFSET) // 3600}h)"
_PLANTS = '"cluster" =~ /^${cluster:regex}$/ AND "station" =~ /^${station:regex}$/'
_DAYS = f"\"period\" = '{DAY.name}' AND {_PLANTS} AND $timeFilter"
# The worst finding of a station's day, one point a day: the unit in which days are counted.
_WORST = (
    f'SELECT max("state") AS "worst" FROM "finding" WHERE {_DAYS} '
    f'GROUP BY "cluster", "station", {_BY_DAY} fill(none)'
)
# From the worst down, so that stacks, legends and tables begin with what needs attention.
_SHOWN = tuple(
    sorted((s for s in State if s is not State.EARLY_WARNING), key=lambda s: s.code, reverse=True)
)


def build() -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    built = (
        Dashboard(TITLE)
        .uid(UID)
        .description(
            "Kết quả đánh giá theo ngày của từng trạm. / How the days of each station were judged."
        )
        .tags(["tolich"])
        .timezone(ZONE)
        .week_start("monday")
        .time("now-30d/d", "now")
        .refresh("5m")
        .readonly()
        .with_variable(_variable("cluster", "Cụm công nghiệp / Cluster", ""))
        .with_variable(
            _variable("station", "Trạm / Station", ' WHERE "cluster" =~ /^${cluster:regex}$/')
        )
        .with_panel(_origin().id(1).grid_pos(GridPos(h=4, w=24, x=0, y=0)))
        .with_panel(_outcome_by_day().id(2).grid_pos(GridPos(h=11, w=24, x=0, y=4)))
        .with_panel(_share_by_day().id(3).grid_pos(GridPos(h=9, w=15, x=0, y=15)))
        .with_panel(_share_of_all().id(4).grid_pos(GridPos(h=9, w=9, x=15, y=15)))
        .with_panel(_exceeded_days().id(5).grid_pos(GridPos(h=9, w=24, x=0, y=24)))
        .with_panel(_footer().id(6).grid_pos(GridPos(h=3, w=24, x=0, y=33)))
        .build()
    )
    model: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    return model


def _variable(tag: str, label: str, where: str) -> QueryVariable:
    return (
        QueryVariable(tag)
        .label(label)
        .query(f'SHOW TAG VALUES FROM "finding" WITH KEY = "{tag}"{where}')
        .datasource(datasource())
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _origin() -> stat.Panel:
    """Simulated data says so in the first thing one sees."""
    query = f'SELECT max("simulated") FROM "finding" WHERE {_PLANTS} AND $timeFilter'
    return (
        stat.Panel()
        .title("Nguồn số liệu / Source of the data")
        .description(
            "Có trạm mô phỏng trong phạm vi đang xem hay không. / "
            "Whether any station in view is simulated."
        )
        .datasource(datasource())
        .with_target(Target(InfluxQuery(query)))
        .mappings(
            [
                _values(
                    {
                        1: ("DỮ LIỆU MÔ PHỎNG / SIMULATED DATA", "#6A1B9A"),
                        0: ("Số liệu từ trạm quan trắc / Data from stations", "#546E7A"),
                    }
                )
            ]
        )
        .unit("none")
        .no_value("Chưa có kết quả / No findings yet")
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["max"]))
    )


def _outcome_by_day() -> statushistory.Panel:
    """A cell a day and station. A status history joins nothing: a missing day stays empty."""
    query = (
        f'SELECT max("state") FROM "finding" WHERE {_DAYS} '
        f'GROUP BY "cluster", "station", {_BY_DAY} fill(null)'
    )
    return (
        statushistory.Panel()
        .title("Kết quả theo ngày và trạm / Outcome by day and plant")
        .description(
            "Kết quả xấu nhất trong các thông số của trạm mỗi ngày (giờ Hà Nội). Ô trống: chưa "
            "có kết quả. Thiếu dữ liệu không bao giờ hiện như trong giới hạn. / The worst of the "
            "station's parameters on each day (Hanoi time). Empty: no finding yet. Missing data "
            "never looks like compliance."
        )
        .datasource(datasource())
        .with_target(Target(InfluxQuery(query, alias="$tag_cluster · $tag_station")))
        .mappings([_state_values()])
        .unit("none")
        .color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#9E9E9E"))
        .show_value(VisibilityMode.NEVER)
        .row_height(0.9)
        .fill_opacity(100)
        .legend(_legend(LegendPlacement.BOTTOM))
    )


def _share_by_day() -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title("Tỷ lệ trạm theo kết quả, mỗi ngày / Share of stations by outcome, each day")
        .description(
            "Mẫu số là số trạm phải có kết quả trong ngày, kể cả trạm không gửi dữ liệu. / "
            "Divided by the stations that owe a finding that day, silent ones included."
        )
        .datasource(datasource())
        .unit("suffix: trạm / stations")
        .decimals(0)
        .min(0)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(90)
        .line_width(0)
        .stacking(common.StackingConfig().mode(StackingMode.PERCENT))
        .legend(_legend(LegendPlacement.RIGHT))
    )
    for state in _SHOWN:
        panel.with_target(Target(_days_in(state, f" GROUP BY {_BY_DAY} fill(none)")))
        panel.override_by_query(state.name, _coloured(state))
    return panel


def _share_of_all() -> piechart.Panel:
    panel = (
        piechart.Panel()
        .title("Tỷ lệ ngày theo kết quả / Share of days by outcome")
        .description(
            "Số ngày của các trạm trong khoảng đang xem, theo kết quả xấu nhất của ngày. / "
            "Days of all stations in the time shown, by the day's worst finding."
        )
        .datasource(datasource())
        .unit("suffix: ngày / days")
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
    for state in _SHOWN:
        panel.with_target(Target(_days_in(state)))
        panel.override_by_query(state.name, _coloured(state))
    return panel


def _days_in(state: State, grouped: str = "") -> InfluxQuery:
    """How many days of stations ended in a state."""
    query = (
        f'SELECT count("worst") FROM ({_WORST}) '
        f'WHERE "worst" = {state.code} AND $timeFilter{grouped}'
    )
    return InfluxQuery(query, ref_id=state.name, alias=state.label)


_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("cluster", "Cụm / Cluster", "string"),
    ("station", "Trạm / Station", "string"),
    ("parameter", "Thông số / Parameter", "string"),
    ("mean", "Trung bình ngày / Daily mean", "none"),
    ("limit_low", "Giới hạn dưới / Lower limit", "none"),
    ("limit_high", "Giới hạn / Limit", "none"),
    ("ratio", "So với giới hạn / Of the limit", "percentunit"),
    ("valid", "Hợp lệ / Valid", "none"),
    ("expected", "Phải có / Expected", "none"),
    ("final", "Đã chốt / Closed", "none"),
    ("revision", "Lần sửa / Revision", "none"),
)


def _exceeded_days() -> table.Panel:
    columns = ", ".join(f'"{name}"' for name, _, _ in _COLUMNS)
    query = (
        f'SELECT {columns} FROM "finding" WHERE "outcome" = {OUTCOMES[Outcome.EXCEEDED]} '
        f"AND {_DAYS} ORDER BY time DESC LIMIT {ROWS}"
    )
    panel = (
        table.Panel()
        .title("Ngày nghi vượt giới hạn / Days of suspected exceedance")
        .description(
            f"Mới nhất trước, tối đa {ROWS} dòng; đơn vị của từng thông số, giới hạn theo giấy "
            f"phép của ngày đó. / Newest first, {ROWS} rows at most; in each parameter's unit, "
            "the limit of the permit in force that day."
        )
        .datasource(datasource())
        .with_target(Target(InfluxQuery(query, result_format="table")))
        .unit("none")
        .no_value("–")
        .override_by_name(
            "Time", [_property("displayName", "Ngày / Day"), _property("unit", "time:DD/MM/YYYY")]
        )
    )
    for name, shown, unit in _COLUMNS:
        panel.override_by_name(name, _column(name, shown, unit))
    return panel


def _column(name: str, shown: str, unit: str) -> list[DynamicConfigValue]:
    properties = [_property("displayName", shown), _property("unit", unit)]
    if name in ("mean", "ratio", "limit_low", "limit_high"):
        properties.append(_property("mappings", [_values({int(SENTINEL): ("–", None)})]))
    if name == "final":
        properties.append(
            _property("mappings", [_values({0: ("chưa / no", None), 1: ("rồi / yes", None)})])
        )
    return properties


def _footer() -> text.Panel:
    return (
        text.Panel()
        .title("Lưu ý / Please note")
        .description("Giá trị của số liệu tự động. / What automatic data is worth.")
        .mode(TextMode.MARKDOWN)
        .content(FOOTER)
    )


def _legend(placement: LegendPlacement) -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(placement)
        .show_legend(True)
    )


def _state_values() -> ValueMapping:
    return _values({state.code: (state.label, state.colour) for state in State})


def _values(shown: dict[int, tuple[str, str | None]]) -> ValueMapping:
    """Codes as words and colours, in this order."""
    return ValueMap(
        {
            str(code): ValueMappingResult(text=words, color=colour, index=index)
            for index, (code, (words, colour)) in enumerate(shown.items())
        }
    )


def _coloured(state: State) -> list[DynamicConfigValue]:
    return [_property("color", {"mode": "fixed", "fixedColor": state.colour})]


def _property(key: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=key, value=value)

"""One station: readings, means, the limit as the permit moves it, and the instrument's state."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common, statushistory, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, QueryVariable, Row
from grafana_foundation_sdk.models.common import (
    BarAlignment,
    GraphDrawStyle,
    LineInterpolation,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from dashboards.boards import words
from dashboards.boards.alerting import marks
from dashboards.boards.parts import (
    Making,
    Placed,
    begun,
    cluster_variable,
    coloured,
    console_variable,
    finished,
    footer,
    legend,
    linked,
    option,
    origin,
    source_variable,
    state_values,
    station_variable,
    target,
    values,
)
from dashboards.boards.queries import (
    BY_DAY,
    DAYS_SHOWN,
    HOURS_SHOWN,
    ONE,
    READINGS,
)
from dashboards.boards.words import Text
from dashboards.codes import SENTINEL, State
from dashboards.influxql import datasource
from rules.model import DAY, HOUR, Status

NAME = "plant"
TITLE = Text("Một trạm", "One station")

_SERIES = f'{ONE} AND "parameter" =~ /^${{parameter:regex}}$/'
_BY_PARAMETER = '"parameter"'
_CALIBRATING, _FAULT = "#FDD835", "#C62828"


def build(making: Making) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    about = Text(
        "Số liệu, trung bình và giới hạn của một trạm; trạng thái thiết bị; cảnh báo.",
        "Readings, means and limits of one station; the state of its instruments; alerts.",
    )
    board = (
        begun(making, NAME, TITLE, about)
        .time("now-7d/d", "now")
        .with_variable(source_variable(making))
        .with_variable(cluster_variable(making, many=False))
        .with_variable(station_variable(making, many=False))
        .with_variable(_parameter_variable(making))
        .with_variable(console_variable(making))
    )
    model = finished(
        board,
        making,
        [
            (3, [origin(making, ONE)]),
            Row("${parameter}").repeat("parameter"),
            (11, [_readings(making)]),
            (7, [_means(making)]),
            (4, [_outcomes(making, HOUR.name), _outcomes(making, DAY.name)]),
            (6, [_status(making), _capture(making)]),
            Row(making.say(Text("Về số liệu", "About the data"))),  # ends the repeated row
            footer(making),
        ],
    )
    model["annotations"] = {"list": marks(making)}
    return model


def _parameter_variable(making: Making) -> QueryVariable:
    return (
        QueryVariable("parameter")
        .label(making.say(words.PARAMETER))
        .query(f'SHOW TAG VALUES FROM "finding" WITH KEY = "parameter" WHERE {ONE}')
        .datasource(datasource())
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _lines(making: Making) -> timeseries.Panel:
    """Lines that stop where nothing was measured, each parameter in its own unit."""
    panel = (
        timeseries.Panel()
        .datasource(datasource())
        .unit("none")
        .span_nulls(False)
        .insert_nulls(False)
        .fill_opacity(0)
        .line_width(1)
        .show_points(VisibilityMode.AUTO)
        .legend(legend())
    )
    for unit, parameters in units(making).items():
        panel.override_by_regexp(f"/^({'|'.join(parameters)}) /", [option("unit", unit)])
    return panel


def units(making: Making) -> dict[str, list[str]]:
    """Grafana's spelling of every unit, and the parameters that have it."""
    found: dict[str, list[str]] = {}
    for parameter, unit in sorted(making.units.items()):
        spelled = "none" if unit == "-" else f"suffix: {unit}"
        found.setdefault(spelled, []).append(parameter)
    return found


def _limits(making: Making, panel: timeseries.Panel, period: str, by: str, shown: str) -> None:
    """Both ends of the limit, as steps: it moves when the permit does."""
    said = {
        "limit_high": Text("giới hạn", "limit"),
        "limit_low": Text("giới hạn dưới", "lower limit"),
    }
    for field, name in said.items():
        query = (
            f'SELECT last("{field}") FROM "finding" WHERE {_SERIES} AND "period" = \'{period}\' '
            f'AND "{field}" <> {SENTINEL:g} AND {shown} '
            f"GROUP BY {_BY_PARAMETER}, {by} fill(null)"
        )
        panel.with_target(target(query, field, f"$tag_parameter {making.say(name)}"))
        panel.override_by_query(field, [*_STEPS, coloured("#D32F2F"), _DASHED])


_STEPS = [
    option("custom.lineInterpolation", LineInterpolation.STEP_AFTER),
    option("custom.showPoints", "never"),
]
_DASHED = option("custom.lineStyle", {"fill": "dash", "dash": [10, 6]})


def _readings(making: Making) -> Placed:
    panel = _lines(making).interval("5m")
    when = f"{_SERIES} AND $timeFilter GROUP BY {_BY_PARAMETER}, time($__interval) fill(null)"
    said = {
        "highest": ("max", Text("cao nhất", "highest")),
        "mean": ("mean", Text("số đo", "readings")),
        "lowest": ("min", Text("thấp nhất", "lowest")),
    }
    for ref, (function, name) in said.items():
        query = f'SELECT {function}("value") FROM {READINGS} WHERE "status" = 0 AND {when}'
        panel.with_target(target(query, ref, f"$tag_parameter {making.say(name)}"))
        panel.override_by_query(ref, [coloured("#1565C0" if ref == "mean" else "#90CAF9")])
    for status, state, colour in (
        (Status.CALIBRATING, Text("hiệu chuẩn", "calibration"), _CALIBRATING),
        (Status.FAULT, Text("lỗi thiết bị", "device error"), _FAULT),
    ):
        query = f'SELECT max("status") FROM {READINGS} WHERE "status" = {int(status)} AND {when}'
        panel.with_target(target(query, status.name, f"$tag_parameter {making.say(state)}"))
        panel.override_by_query(status.name, _shading(making, int(status), state, colour))
    _limits(making, panel, HOUR.name, "time(1h)", HOURS_SHOWN)
    return Placed(
        panel,
        Text("Số đo và giới hạn: ${parameter}", "Readings and limit: ${parameter}"),
        Text(
            "Số đo ở trạng thái đang đo; nền vàng: hiệu chuẩn, nền đỏ: lỗi thiết bị (không tính). "
            "Khoảng trống không được nối. Giới hạn theo giấy phép, áp dụng cho trung bình.",
            "Readings while measuring; yellow ground: calibration, red: device error (set aside). "
            "Gaps are not joined. The limit is the permit's and binds means, not readings.",
        ),
    )


def _shading(making: Making, status: int, state: Text, colour: str) -> list[DynamicConfigValue]:
    """A coloured ground where the instrument said so, on an axis of its own."""
    return [
        coloured(colour),
        option("unit", "none"),
        option("mappings", [values({status: (making.say(state), None)})]),
        option("min", 0),
        option("max", status),
        option("custom.drawStyle", GraphDrawStyle.BARS),
        option("custom.barWidthFactor", 1),
        option("custom.barAlignment", 1),
        option("custom.fillOpacity", 25),
        option("custom.lineWidth", 0),
        option("custom.axisPlacement", "hidden"),
    ]


def _means(making: Making) -> Placed:
    panel = _lines(making)
    said = {
        HOUR.name: ("time(1h)", HOURS_SHOWN, Text("trung bình giờ", "hourly mean"), "#1E88E5"),
        DAY.name: (BY_DAY, DAYS_SHOWN, Text("trung bình ngày", "daily mean"), "#0D47A1"),
    }
    for period, (by, shown, name, colour) in said.items():
        query = (
            f'SELECT last("mean") FROM "finding" WHERE {_SERIES} AND "period" = \'{period}\' '
            f'AND "assessable" = 1 AND {shown} GROUP BY {_BY_PARAMETER}, {by} fill(null)'
        )
        why = linked(
            making.say(Text("Vì sao?", "Why?")),
            "${console}/api/v1/findings/${station:raw}:${__field.labels.parameter}:"
            f"{period}:${{__value.time}}/why",
        )
        panel.with_target(target(query, period, f"$tag_parameter {making.say(name)}"))
        panel.override_by_query(period, [*_STEPS, coloured(colour), why])
    _limits(making, panel, DAY.name, BY_DAY, DAYS_SHOWN)
    return Placed(
        panel,
        Text("Trung bình và giới hạn: ${parameter}", "Means and limit: ${parameter}"),
        Text(
            "Trung bình của giờ và ngày đủ dữ liệu để đánh giá, vẽ bậc thang trên đúng giờ, đúng "
            "ngày của nó. Thiếu dữ liệu: để trống.",
            "Means of the hours and days with enough data, drawn as steps over their own hour and "
            "day. Not enough data: left open.",
        ),
    )


def _history() -> statushistory.Panel:
    return (
        statushistory.Panel()
        .datasource(datasource())
        .unit("none")
        .color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#9E9E9E"))
        .show_value(VisibilityMode.NEVER)
        .row_height(0.9)
        .fill_opacity(100)
        .legend(legend())
    )


def _outcomes(making: Making, period: str) -> Placed:
    hour = period == HOUR.name
    by, shown = ("time($__interval)", HOURS_SHOWN) if hour else (BY_DAY, DAYS_SHOWN)
    query = (
        f'SELECT max("state") FROM "finding" WHERE {_SERIES} AND "period" = \'{period}\' '
        f"AND {shown} GROUP BY {_BY_PARAMETER}, {by} fill(null)"
    )
    panel = (
        _history()
        .with_target(target(query, alias="$tag_parameter"))
        .mappings([state_values(making)])
    )
    if hour:
        panel.interval("1h").max_data_points(400)
    return Placed(
        panel,
        Text("Kết quả từng giờ", "Outcome, hour by hour")
        if hour
        else Text("Kết quả từng ngày", "Outcome, day by day"),
        Text(
            "Mỗi ô một kỳ đã chốt, hoặc kỳ xấu nhất khi xem khoảng dài; trống: chưa có kết quả.",
            "A cell a closed period, or the worst of several where much time is shown; empty: no "
            "finding yet.",
        ),
        12,
    )


_STATUSES: dict[int, tuple[Text, str]] = {
    int(Status.MEASURING): (Text("Đang đo", "Measuring"), State.WITHIN.colour),
    int(Status.CALIBRATING): (Text("Hiệu chuẩn", "Calibration"), _CALIBRATING),
    int(Status.FAULT): (Text("Lỗi thiết bị", "Device error"), _FAULT),
    int(Status.UNKNOWN): (Text("Trạng thái lạ", "Unknown status"), "#6A1B9A"),
}


def _status(making: Making) -> Placed:
    query = (
        f'SELECT max("status") FROM {READINGS} WHERE {_SERIES} AND $timeFilter '
        f"GROUP BY {_BY_PARAMETER}, time($__interval) fill(null)"
    )
    said = {code: (making.say(words_), colour) for code, (words_, colour) in _STATUSES.items()}
    panel = (
        _history()
        .interval("5m")
        .max_data_points(300)
        .with_target(target(query, alias="$tag_parameter"))
        .mappings([values(said)])
    )
    return Placed(
        panel,
        Text("Trạng thái thiết bị", "State of the instrument"),
        Text(
            "Trạng thái mà trạm gửi kèm số đo; ô trống: không có số đo.",
            "The status that the station sends with its readings; empty: nothing was sent.",
        ),
        12,
    )


SLOTS: tuple[tuple[str, str, Text, str], ...] = (
    ("valid", 'sum("valid")', Text("Hợp lệ", "Valid"), "#2E7D32"),
    ("calibrating", 'sum("calibrating")', Text("Hiệu chuẩn", "Calibrating"), _CALIBRATING),
    ("faulty", 'sum("faulty")', Text("Lỗi thiết bị", "Device error"), _FAULT),
    ("failed", 'sum("failed")', Text("Không đạt kiểm tra", "Failed a check"), "#6A1B9A"),
    (
        "missing",
        'sum("expected") - sum("received")',
        Text("Không có số đo", "Nothing received"),
        "#90A4AE",
    ),
)
"""What the expected slots of a period became: reference, field, words, colour."""


def slot_bars(making: Making, selected: str, when: str) -> timeseries.Panel:
    """Slots a day, stacked: what was expected and what became of it."""
    panel = (
        timeseries.Panel()
        .datasource(datasource())
        .unit(f"suffix: {making.say(Text('lần đo', 'slots'))}")
        .decimals(0)
        .min(0)
        .draw_style(GraphDrawStyle.BARS)
        .bar_alignment(BarAlignment.AFTER)
        .fill_opacity(80)
        .line_width(0)
        .span_nulls(False)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL))
        .legend(legend())
    )
    for ref, summed, said, colour in SLOTS:
        query = (
            f'SELECT {summed} AS "{ref}" FROM "finding" WHERE {selected} AND {when} '
            f"GROUP BY {BY_DAY} fill(none)"
        )
        panel.with_target(target(query, ref, making.say(said)))
        panel.override_by_query(ref, [coloured(colour)])
    return panel


def _capture(making: Making) -> Placed:
    return Placed(
        slot_bars(making, f"{_SERIES} AND \"period\" = '{DAY.name}'", DAYS_SHOWN),
        words.CAPTURE,
        Text(
            "Số lần phải đo của mỗi ngày đã chốt, và đã trở thành gì.",
            "The slots expected of each closed day, and what became of them.",
        ),
        12,
    )

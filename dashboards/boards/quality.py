"""Data quality: how much came, how good it was, and what was turned away."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models.common import BarAlignment, GraphDrawStyle

from dashboards.boards import words
from dashboards.boards.parts import (
    Making,
    Placed,
    begun,
    cluster_variable,
    console_variable,
    finished,
    footer,
    legend,
    named,
    option,
    origin,
    source_variable,
    station_variable,
    target,
)
from dashboards.boards.plant import SLOTS, slot_bars
from dashboards.boards.queries import BY_DAY, DAYS, DAYS_SHOWN, PLANTS
from dashboards.boards.words import Text
from dashboards.influxql import datasource

NAME = "quality"
TITLE = Text("Chất lượng số liệu", "Data quality")


def build(making: Making) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    about = Text(
        "Dữ liệu thu được, đến muộn, bị từ chối; đồng hồ, lỗi và hiệu chuẩn của từng trạm.",
        "Data capture, late and rejected data; clocks, faults and calibrations of each station.",
    )
    board = (
        begun(making, NAME, TITLE, about)
        .time("now-30d/d", "now")
        .with_variable(source_variable(making))
        .with_variable(cluster_variable(making))
        .with_variable(station_variable(making))
        .with_variable(
            cluster_variable(making, many=False)
            .name("near")
            .label(
                making.say(Text("Cụm xem số đo muộn và đồng hồ", "Cluster for late data, clocks"))
            )
        )
        .with_variable(console_variable(making))
    )
    return finished(
        board,
        making,
        [
            (3, [origin(making)]),
            (9, [_capture(making)]),
            (11, [_series(making)]),
            (8, [_rejected(making)]),
            (8, [_late(making), _delay(making)]),
            footer(making),
        ],
    )


def _capture(making: Making) -> Placed:
    return Placed(
        slot_bars(making, DAYS, DAYS_SHOWN),
        words.CAPTURE,
        Text(
            "Số lần phải đo của mỗi ngày đã chốt, và đã trở thành gì, mọi trạm đang chọn.",
            "The slots expected of each closed day and what became of them, all chosen stations.",
        ),
    )


_COLUMNS: dict[str, Text] = {
    "expected": Text("Phải có", "Expected"),
    "received": Text("Nhận được", "Received"),
    **{ref: said for ref, _, said, _ in SLOTS if ref != "missing"},
    "conflicting": Text("Mâu thuẫn", "Conflicting"),
}


def _series(making: Making) -> Placed:
    sums = ", ".join(f'sum("{name}") AS "{name}"' for name in _COLUMNS)
    query = (
        f'SELECT {sums}, sum("valid") / sum("expected") AS "capture" FROM "finding" '
        f'WHERE {DAYS} AND {DAYS_SHOWN} GROUP BY "cluster", "station", "parameter"'
    )
    panel = (
        table.Panel()
        .show_header(True)
        .datasource(datasource())
        .with_target(target(query, table=True))
        .unit("none")
        .no_value("–")
        .override_by_name("Time", [option("custom.hidden", True)])
        .override_by_name("cluster", named(making.say(words.CLUSTER), "string"))
        .override_by_name("station", named(making.say(words.STATION), "string"))
        .override_by_name("parameter", named(making.say(words.PARAMETER), "string"))
        .override_by_name("capture", named(making.say(words.CAPTURE), "percentunit"))
    )
    for name, said in _COLUMNS.items():
        panel.override_by_name(name, named(making.say(said), "none"))
    return Placed(
        panel,
        Text("Từng thông số", "Parameter by parameter"),
        Text(
            "Số lần đo trong các ngày đã chốt đang xem: phải có, nhận được, và vì sao không tính.",
            "Slots of the closed days shown: expected, received, and why some do not count.",
        ),
    )


def _bars(making: Making, unit: Text) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .datasource(datasource())
        .unit(f"suffix: {making.say(unit)}")
        .decimals(0)
        .min(0)
        .draw_style(GraphDrawStyle.BARS)
        .bar_alignment(BarAlignment.AFTER)
        .fill_opacity(80)
        .line_width(0)
        .span_nulls(False)
        .legend(legend())
    )


def _rejected(making: Making) -> Placed:
    query = (
        f'SELECT sum("count") AS "rejected" FROM "rejection" WHERE {PLANTS} AND {DAYS_SHOWN} '
        f'GROUP BY "cluster", "station", {BY_DAY} fill(none)'
    )
    panel = _bars(making, Text("lần", "rejections"))
    return Placed(
        panel.with_target(target(query, alias="$tag_cluster · $tag_station")),
        Text("Bị từ chối mỗi ngày", "Rejected each day"),
        Text(
            "Bản tin và số đo không đọc được; lý do có ở /api/v1/rejected.",
            "Messages and readings that were not understood; the reasons are at /api/v1/rejected.",
        ),
    )


_NEAR = '"${near:raw}"."raw"."reading"'
_STATIONS = '"station" =~ /^${station:regex}$/'
LATE = 3600
"""Seconds after which a reading is called late here: an engineering setting, not law."""


def _late(making: Making) -> Placed:
    query = (
        f'SELECT count("late") AS "late" FROM {_NEAR} WHERE {_STATIONS} AND "late" > {LATE} '
        f'AND $timeFilter GROUP BY "station", {BY_DAY} fill(none)'
    )
    panel = _bars(making, Text("số đo", "readings"))
    return Placed(
        panel.with_target(target(query, alias="$tag_station")),
        Text("Số đo đến muộn mỗi ngày", "Late readings each day"),
        Text(
            "Đến sau khi đo hơn một giờ (chọn để dễ đọc, không phải quy định), xếp theo ngày đo.",
            "Arrived more than an hour after they were measured (chosen for reading, not law), on "
            "the day of measurement.",
        ),
        12,
    )


def _delay(making: Making) -> Placed:
    panel = (
        timeseries.Panel()
        .datasource(datasource())
        .unit("s")
        .interval("1h")
        .span_nulls(False)
        .fill_opacity(0)
        .legend(legend())
    )
    said = {
        "median": ("median", Text("giữa", "median")),
        "least": ("min", Text("ít nhất", "least")),
    }
    for ref, (function, name) in said.items():
        query = (
            f'SELECT {function}("late") AS "{ref}" FROM {_NEAR} WHERE {_STATIONS} AND $timeFilter '
            'GROUP BY "station", time($__interval) fill(null)'
        )
        panel.with_target(target(query, ref, f"$tag_station {making.say(name)}"))
    return Placed(
        panel,
        Text("Từ lúc đo đến lúc nhận: đồng hồ", "From measurement to arrival: clocks"),
        Text(
            "Dưới 0: đồng hồ của trạm chạy nhanh. Luôn cao ngay cả khi ít nhất: đồng hồ chậm.",
            "Below 0 the station's clock is ahead; when even the least stays high, it is behind.",
        ),
        12,
    )

"""Data quality: how much came, how good it was, and what was turned away."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import table

from dashboards.boards import words
from dashboards.boards.parts import (
    Making,
    Placed,
    begun,
    cluster_variable,
    console_variable,
    finished,
    footer,
    named,
    option,
    origin,
    source_variable,
    station_variable,
    target,
)
from dashboards.boards.plant import SLOTS, slot_bars
from dashboards.boards.queries import DAYS, DAYS_SHOWN
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
        .with_variable(console_variable(making))
    )
    return finished(
        board,
        making,
        [
            (3, [origin(making)]),
            (9, [_capture(making)]),
            (11, [_series(making)]),
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

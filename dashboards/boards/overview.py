"""Overview: the state of every station, worst first, and what needs a look."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, stat, table
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import BarGaugeDisplayMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from dashboards.boards import words
from dashboards.boards.alerting import KINDS, SILENT
from dashboards.boards.compliance import EXCEEDED_ABOUT, EXCEEDED_TITLE, exceeded_days
from dashboards.boards.parts import (
    Making,
    Placed,
    begun,
    changed,
    cluster_variable,
    coloured,
    console_variable,
    finished,
    footer,
    linked,
    merged,
    named,
    option,
    origin,
    source_variable,
    state_values,
    station_variable,
    target,
    uid,
)
from dashboards.boards.queries import (
    DAYS,
    DAYS_SHOWN,
    HOURS,
    LATEST_DAYS,
    LATEST_HOURS,
    days_in,
)
from dashboards.boards.shares import COLOURS, DIVIDED, MARKS, NAMES, SAID
from dashboards.boards.words import Text
from dashboards.influxql import datasource

NAME = "overview"
TITLE = Text("Toàn cảnh", "Overview")


def build(making: Making) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    about = Text(
        "Trạng thái của mọi trạm, nặng nhất trước; ngày nghi vượt giới hạn; dữ liệu thu được.",
        "The state of every station, worst first; suspected exceedances; data capture.",
    )
    board = (
        begun(making, NAME, TITLE, about)
        .time("now-7d/d", "now")
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
            (4, [_days(making, share) for share in NAMES]),
            (12, [_stations(making)]),
            (10, [Placed(exceeded_days(making), EXCEEDED_TITLE, EXCEEDED_ABOUT)]),
            (10, [_capture(making)]),
            footer(making),
        ],
    )


def _days(making: Making, share: str) -> Placed:
    panel = (
        stat.Panel()
        .datasource(datasource())
        .with_target(target(days_in(share, DAYS_SHOWN)))
        .unit(f"suffix: {making.say(Text('ngày-trạm', 'station-days'))}")
        .decimals(0)
        .no_value("0")
        .override_by_query("A", [coloured(COLOURS[share])])
        .reduce_options(common.ReduceDataOptions().calcs(["sum"]))
    )
    said = SAID[share]
    title = Text(f"{MARKS[share]} {said.vi}", f"{MARKS[share]} {said.en}")
    return Placed(panel, title, DIVIDED, 6)


def latest(selected: str, when: str, name: str) -> str:
    """The worst of a station's parameters, of the last finding that each of them has."""
    return (
        f'SELECT max("state") AS "{name}" FROM (SELECT last("state") AS "state" FROM "finding" '
        f'WHERE {selected} AND {when} GROUP BY "cluster", "station", "parameter") '
        f'WHERE {when} GROUP BY "cluster", "station"'
    )


def _stations(making: Making) -> Placed:
    exceeded = days_in("exceeded", DAYS_SHOWN, '"cluster", "station"')
    open_plant = linked(
        making.say(Text("Mở trạm này", "Open this station")),
        f"/d/{uid(making.language, 'plant')}?var-cluster=${{__data.fields.cluster}}"
        "&var-station=${__data.fields.station}&${__url_time_range}",
        new_tab=False,
    )
    painted = option("custom.cellOptions", {"type": "color-background", "mode": "basic"})
    states = option("mappings", [state_values(making)])
    silent = KINDS["silence"][0]
    hour, day = Text("Giờ gần nhất", "Latest hour"), Text("Ngày gần nhất", "Latest day")
    panel = (
        table.Panel()
        .show_header(True)
        .datasource(datasource())
        .with_target(target(latest(HOURS, LATEST_HOURS, "hour"), "hour", table=True))
        .with_target(target(latest(DAYS, LATEST_DAYS, "day"), "day", table=True))
        .with_target(target(exceeded, "exceeded", table=True))
        .with_target(target(_captured(), "capture", table=True))
        .with_target(target(SILENT, "silent", table=True))
        .unit("none")
        .no_value("–")
        .override_by_name("cluster", named(making.say(words.CLUSTER), "string"))
        .override_by_name("station", named(making.say(words.STATION), "string", open_plant))
        .override_by_name("silent", named(making.say(silent), "none"))
        .override_by_name("hour", named(making.say(hour), "none", painted, states))
        .override_by_name("day", named(making.say(day), "none", painted, states))
        .override_by_name("exceeded", named(making.say(EXCEEDED_TITLE), "none"))
        .override_by_name("capture", named(making.say(words.CAPTURE), "percentunit"))
        .sort_by(
            [
                common.TableSortByFieldState().display_name(making.say(one)).desc(True)
                for one in (silent, day, hour)
            ]
        )
    )
    for step in merged(without=["Time"]):
        panel.with_transformation(step)
    order = ("cluster", "station", "silent", "day", "hour", "exceeded", "capture")
    panel.with_transformation(
        changed("organize", indexByName={name: place for place, name in enumerate(order)})
    )
    return Placed(
        panel,
        Text("Các trạm, nặng nhất trước", "Stations, worst first"),
        Text(
            "Kết quả xấu nhất của ngày và giờ đã chốt gần nhất trước cuối khoảng đang xem; số "
            "ngày nghi vượt và tỷ lệ dữ liệu hợp lệ trong khoảng đang xem. Trạm mất tín hiệu đứng "
            "đầu. Trống: chưa có kết quả.",
            "The worst of the latest closed day and hour before the end of the time shown; days of "
            "suspected exceedance and data capture within it. Stations without signal come first. "
            "Empty: no finding.",
        ),
    )


def _captured() -> str:
    return (
        f'SELECT sum("valid") / sum("expected") AS "capture" FROM "finding" '
        f'WHERE {DAYS} AND {DAYS_SHOWN} GROUP BY "cluster", "station"'
    )


def _capture(making: Making) -> Placed:
    steps = [(None, "#C62828"), (0.8, "#FB8C00"), (0.95, "#2E7D32")]
    panel = (
        bargauge.Panel()
        .datasource(datasource())
        .with_target(target(_captured(), alias="$tag_cluster · $tag_station"))
        .unit("percentunit")
        .min(0)
        .max(1)
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .thresholds(
            ThresholdsConfig()
            .mode(ThresholdsMode.ABSOLUTE)
            .steps([Threshold(value=at, color=colour) for at, colour in steps])
        )
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return Placed(
        panel,
        words.CAPTURE,
        Text(
            "Số lần đo hợp lệ chia cho số lần phải đo trong các ngày đã chốt đang xem. Màu chỉ để "
            "dễ đọc (80 % và 95 %), không phải quy định.",
            "Valid slots over expected slots of the closed days shown. The colours (80 % and "
            "95 %) help reading and are not law.",
        ),
    )

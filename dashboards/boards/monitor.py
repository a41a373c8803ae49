"""The monitor itself: is it well, how much comes in, and what waits."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from dashboards.boards.parts import Making, Placed, begun, finished, footer, legend, values
from dashboards.boards.words import Text

NAME = "monitor"
TITLE = Text("Bộ giám sát", "The monitor itself")
METRICS = DataSourceRef(type_val="prometheus", uid="${metrics}")


def build(making: Making) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model."""
    about = Text(
        "Lưu lượng, hàng đợi, độ trễ của bộ giám sát; từ các số đo của chính nó.",
        "Throughput, queues and delays of the monitor, from its own metrics.",
    )
    board = (
        begun(making, NAME, TITLE, about)
        .time("now-6h", "now")
        .with_variable(
            DatasourceVariable("metrics")
            .label(making.say(Text("Nguồn số đo", "Metrics")))
            .type("prometheus")
        )
    )
    return finished(
        board,
        making,
        [
            (5, [_healthy(making), _heard(making)]),
            (8, [_throughput(making), _refused(making)]),
            (8, [_waiting(making), _behind(making)]),
            (8, [_findings(making), _notifications(making)]),
            footer(making),
        ],
    )


def _query(expression: str, ref: str, legend_format: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .datasource(METRICS)
        .expr(expression)
        .ref_id(ref)
        .legend_format(legend_format)
        .range()
    )


def _healthy(making: Making) -> Placed:
    said = {
        1: (making.say(Text("✓ Bình thường", "✓ Well")), "#2E7D32"),
        0: (making.say(Text("! Có trục trặc", "! Something is wrong")), "#C62828"),
    }
    panel = (
        stat.Panel()
        .datasource(METRICS)
        .with_target(_query("min(tolich_healthy)", "A", ""))
        .unit("none")
        .mappings([values(said)])
        .no_value(making.say(Text("Không có tin", "No word")))
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
    )
    return Placed(
        panel,
        Text("Sức khoẻ", "Health"),
        Text("Lý do có ở /healthz.", "The reasons are at /healthz."),
        8,
    )


def _lines(making: Making, unit: str, queries: dict[str, tuple[str, Text | str]]) -> Any:
    panel = (
        timeseries.Panel()
        .datasource(METRICS)
        .unit(unit)
        .min(0)
        .span_nulls(False)
        .fill_opacity(10)
        .legend(legend())
    )
    for ref, (expression, said) in queries.items():
        shown = said if isinstance(said, str) else making.say(said)
        panel.with_target(_query(expression, ref, shown))
    return panel


def _heard(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": ("tolich_heartbeat_age_seconds", "{{process}}")
    }
    return Placed(
        _lines(making, "s", queries),
        Text("Lần cuối mỗi tiến trình lên tiếng", "Since each process last spoke"),
        Text("Quá 15 giây là có trục trặc.", "Above 15 seconds something is wrong."),
        16,
    )


def _rate(name: str) -> str:
    return f"sum(rate(tolich_{name}_total[$__rate_interval]))"


def _throughput(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": (_rate("messages"), Text("bản tin", "messages")),
        "B": (_rate("readings"), Text("số đo", "readings")),
        "C": (_rate("batches"), Text("lần ghi", "batches")),
    }
    return Placed(
        _lines(making, "cps", queries),
        Text("Nhận vào mỗi giây", "Taken in each second"),
        Text(
            "Đã ghi bền vững rồi mới tính; lô là một giao dịch.",
            "Counted once durable; a batch is one transaction.",
        ),
        12,
    )


def _refused(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": (_rate("rejected"), Text("từ chối", "rejected")),
        "B": (_rate("duplicates"), Text("trùng lặp", "had come before")),
        "C": (_rate("failed_batches"), Text("ghi không được", "batches not committed")),
        "D": (_rate("poison"), Text("làm hỏng xử lý", "failed on")),
    }
    return Placed(
        _lines(making, "cps", queries),
        Text("Không vào được, mỗi giây", "Not taken in, each second"),
        Text(
            "Bản tin bị từ chối kèm lý do, và lần ghi hỏng (bản tin sẽ đến lại).",
            "Rejections with their reasons, and batches that failed (their messages come again).",
        ),
        12,
    )


def _waiting(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": ("max(tolich_queue)", Text("bản tin chờ ghi", "messages to store")),
        "B": ("max(tolich_due)", Text("ngày-trạm chờ đánh giá", "station-days to judge")),
        "C": (
            "max(tolich_notifications_pending)",
            Text("thông báo chờ gửi", "notifications to send"),
        ),
        "D": ("max(tolich_forward_backlog)", Text("tệp TT10 chờ chuyển", "TT10 files to forward")),
    }
    return Placed(
        _lines(making, "short", queries),
        Text("Đang chờ", "What waits"),
        Text(
            "Hàng đợi lên rồi phải xuống; lên mãi là quá tải.",
            "A queue that rises must fall again; one that only rises is overload.",
        ),
        12,
    )


def _behind(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": ("max(tolich_projection_lag)", "{{process}}"),
    }
    return Placed(
        _lines(making, "short", queries),
        Text("InfluxDB chậm bao nhiêu mục", "Entries that InfluxDB is behind"),
        Text(
            "Số mục của sổ ghi chưa chép sang InfluxDB. Chậm không ảnh hưởng việc đánh giá.",
            "Entries of the record not yet copied to InfluxDB. Judging does not wait for it.",
        ),
        12,
    )


def _findings(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": (_rate("findings"), Text("kết quả, kể cả lần sửa", "findings, revisions included")),
        "B": (
            "rate(tolich_record_seq[$__rate_interval])",
            Text("mục ghi", "entries of the record"),
        ),
    }
    return Placed(
        _lines(making, "cps", queries),
        Text("Đánh giá mỗi giây", "Judged each second"),
        Text("Kết quả ghi vào sổ mỗi giây.", "Findings put on record each second."),
        12,
    )


def _notifications(making: Making) -> Placed:
    queries: dict[str, tuple[str, Text | str]] = {
        "A": (_rate("notifications_sent"), Text("đã gửi", "sent")),
        "B": (_rate("notifications_retried"), Text("gửi lại", "tried again")),
        "C": (_rate("notifications_failed"), Text("không gửi được", "given up")),
    }
    return Placed(
        _lines(making, "cps", queries),
        Text("Thông báo mỗi giây", "Notifications each second"),
        Text("Tin nhắn đi ra, mọi kênh.", "Messages that leave, on all channels."),
        12,
    )

"""The words of a station's page, and of alerts wherever they are named."""

from __future__ import annotations

from collections.abc import Mapping

from api.console.both import Both
from api.console.marks import Mark
from api.words import ALERTS, Language, word
from tolich.ports import Shape

TITLE = Both("{name}", "{name}")
HEARD = Both("Nhận số liệu gần nhất", "Last heard")
INTERVAL = Both("Chu kỳ gửi", "Sends every")
CAPACITY = Both("Công suất thiết kế", "Design capacity")
PER_DAY = Both("ngày", "day")
CONTACTS = Both("Người liên hệ", "Contacts")
SINCE = Both("từ", "since")
LIMIT = Both("giới hạn {limit}", "limit {limit}")
LIMIT_IS = Both("giới hạn", "limit")
NO_LIMIT = Both("không có giới hạn", "no limit")
MEAN_SO_FAR = Both("Trung bình hôm nay đến giờ", "Today's mean so far")
PROBABILITY = Both("Khả năng vượt giới hạn ngày", "Chance of exceeding today")
REMAINING = Both("Trung bình còn lại cần giữ", "Mean to keep until midnight")
OPERATION_ONLY = Both("Tham khảo vận hành", "For operation only")
SPAN = Both("Khoảng thời gian", "Stretch of time")
TABLE = Both("Xem dạng bảng", "As a table")
COLUMNS = (
    Both("Bắt đầu", "Begins"),
    Both("Kết quả", "Verdict"),
    Both("Trung bình", "Mean"),
    Both("Giới hạn", "Limit"),
    Both("Hợp lệ", "Valid"),
)
LEGEND: Mapping[str, Both] = {
    "reading": Both("số đo", "readings"),
    "mean": Both("trung bình giờ hoặc ngày", "hour or day means"),
    "limit": Both("giới hạn", "limit"),
    "calibrating": Both("hiệu chuẩn", "calibration"),
    "fault": Both("lỗi thiết bị", "device error"),
    "unassessed": Both("không đủ dữ liệu", "not enough data"),
    "late": Both("đến muộn", "came late"),
    "alert": Both("cảnh báo", "alert"),
}
YEAR = Both("365 ngày qua", "The last 365 days")
YEAR_NONE = Both(
    "Chưa có ngày nào kết thúc kể từ khi trạm bắt đầu gửi số liệu.",
    "No day has closed since the station began to report.",
)
OWED = Both("Trên {n} ngày phải có số liệu", "Of {n} days owed")
PERMIT = Both("Giấy phép và giới hạn", "Permit and limits")
NO_PERMIT = Both(
    "Hôm nay không có giấy phép nào hiệu lực: số liệu không được so sánh.",
    "No permit binds today: nothing is compared.",
)
DOCUMENT = Both("Văn bản", "Document")
DATED = Both("Ngày ký", "Dated")
PAGE = Both("Trang", "Page")
IN_FORCE = Both("Hiệu lực từ", "In force since")
COMPLETENESS = Both("Mức số liệu tối thiểu", "Data needed")
LIMIT_COLUMNS = (
    Both("Thông số", "Parameter"),
    Both("Giới hạn", "Limit"),
    Both("Kiểm chứng", "Verification"),
    Both("Cách tính", "How it is made"),
)
ARRIVAL = Both("Số liệu có đến nơi không", "Did the data arrive")
CAPTURE = Both("Thu nhận 30 ngày qua", "Data capture, last 30 days")
FORWARDED = Both("Chuyển tiếp đến cơ quan quản lý", "Forwarded to the authority")
NOT_FORWARDED = Both(
    "Chưa khai báo nơi nhận nào cho trạm này.", "No destination is set for this station."
)
FORWARD_COLUMNS = (
    Both("Nơi nhận", "Destination"),
    Both("Đã chuyển đến", "Sent up to"),
    Both("Tình trạng", "State"),
)
FORWARD_STATES: Mapping[str, Both] = {
    "sent": Both("đã gửi hết", "all sent"),
    "pending": Both("đang chờ gửi", "waiting to be sent"),
    "failed": Both("gửi không được", "could not be sent"),
}
REJECTED = Both("Không đọc được", "Not understood")
NONE_REJECTED = Both("Không có bản tin nào bị từ chối.", "No message was refused.")
COMMISSION = Both("Chạy thử trạm: 24 giờ gần nhất", "Commissioning: the last 24 hours")
MORE_REJECTED = Both("Tất cả bản tin bị từ chối", "Everything that was refused")
REJECT_COLUMNS = (
    Both("Nhận lúc", "Received"),
    Both("Lý do", "Reason"),
    Both("Cách khắc phục", "Remedy"),
)

_EXCEEDED_HOUR = Both(
    "Cảnh báo sớm: trung bình giờ vượt giới hạn", "Early warning: hourly mean over the limit"
)


def mark_of_alert(one: Shape) -> Mark:
    """The state that an alert stands for."""
    kind = one["kind"]
    if kind == "exceedance":
        return Mark.SUSPECTED if one["severity"] == "critical" else Mark.EARLY
    return {
        "near": Mark.NEAR,
        "silence": Mark.NO_SIGNAL,
        "outage": Mark.NO_SIGNAL,
        "integrity": Mark.CONTESTED,
        "instrument": Mark.FAULT,
    }.get(kind, Mark.UNASSESSED)


def alert_words(one: Shape, lang: Language) -> str:
    """What an alert is, in a few words."""
    if one["kind"] == "exceedance":
        mark = mark_of_alert(one)
        return (_EXCEEDED_HOUR if mark is Mark.EARLY else mark.words).of(lang)
    return word(ALERTS, one["kind"], lang)

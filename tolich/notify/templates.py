"""The words of every message, as data: Vietnamese, then English. `{name}` is filled in.

Receipt is "Tiếp nhận", never a word that would admit something; what automatic data show is a
suspicion that awaits verification.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

Pair = tuple[str, str]
"""Vietnamese and English."""


class Kind(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    RAISED_LATE = "raised_late"
    WORSENED = "worsened"
    STILL = "still_exceeding"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    REQUESTED = "explanation_requested"
    OVERDUE = "overdue"
    SECOND = "second_needed"  # one officer has closed it; a second one must
    ESCALATED = "escalated"  # nobody received it: the next one up is told
    DIGEST = "digest"
    GROUPED = "grouped"
    TEST = "test"


KIND_OF_CHANGE = {
    "raised": Kind.RAISED,
    "raised_late": Kind.RAISED_LATE,
    "reopened": Kind.RAISED,
    "escalated": Kind.WORSENED,
    "reminded": Kind.STILL,
    "ended": Kind.ENDED,
    "withdrawn": Kind.WITHDRAWN,
}
"""What to say of a transition, by its change; an amended finding is no news of its alert."""

MATTERS: Mapping[str, Pair] = {
    "exceedance": ("Nghi vượt giới hạn, chờ xác minh", "Suspected exceedance, to be verified"),
    "exceedance.hour": ("Cảnh báo sớm, chờ xác minh", "Early warning, to be verified"),
    "near": ("Gần giới hạn", "Near limit"),
    "silence": ("Mất tín hiệu", "No signal"),
    "outage": ("Nhiều trạm mất tín hiệu", "Stations without signal"),
    "integrity": ("Chờ xác minh: nhiều giá trị khác nhau", "To be verified: contradicting values"),
    "suspicion": ("Dấu hiệu bất thường, cần kiểm tra", "Unusual pattern, needs inspection"),
    "instrument": ("Thiết bị cần kiểm tra", "Instrument needs a look"),
    "instrument.fault": ("Thiết bị báo lỗi lâu", "Instrument reports a fault for long"),
    "instrument.calibration": ("Hiệu chuẩn quá nhiều", "Calibrating for too long"),
    "instrument.overdue": ("Quá hạn hiệu chuẩn", "Calibration is overdue"),
    "instrument.drift": ("Thiết bị trôi", "Instrument drifts"),
    "instrument.clock": ("Đồng hồ trạm sai", "The station's clock is off"),
    "instrument.rejections": ("Nhiều bản tin bị từ chối", "Many messages were refused"),
    "instrument.range": ("Khoảng đo chưa đủ rộng", "Range too short for the limit"),
}
"""What an alert is about: by kind, or kind and period or subject where that says more."""

OPENINGS: Mapping[Kind, Pair] = {
    Kind.RAISED_LATE: ("Dữ liệu bổ sung cho thấy", "Data that came later show"),
    Kind.WORSENED: ("Tăng mức", "Now more severe"),
    Kind.STILL: ("Vẫn tiếp diễn", "Still going on"),
    Kind.ENDED: ("Đã kết thúc", "Ended"),
    Kind.WITHDRAWN: ("Đã rút lại (dữ liệu bổ sung)", "Withdrawn (data arrived later)"),
    Kind.REQUESTED: ("Đề nghị giải trình", "Please explain"),
    Kind.OVERDUE: ("Quá hạn giải trình", "Explanation is overdue"),
    Kind.ESCALATED: ("Chưa được tiếp nhận", "Nobody has acknowledged"),
    Kind.SECOND: ("Chờ cán bộ thứ hai đóng", "Waits for a second officer"),
}
"""What a message begins with, when it is not simply that something began."""

ACTIONS: Mapping[str, Pair] = {
    "exceedance": ("Tiếp nhận, kiểm tra tại trạm và lấy mẫu.", "Acknowledge, inspect, sample."),
    "near": ("Kiểm tra vận hành.", "Check the operation."),
    "silence": (
        "Kiểm tra điện, đường truyền và thiết bị ghi.", "Check power, line and logger.",
    ),
    "outage": ("Kiểm tra điện và đường truyền chung.", "Check the common power and line."),
    "instrument": ("Kiểm tra thiết bị.", "Check the instrument."),
    "integrity": ("Cán bộ xem và quyết định giá trị.", "An officer decides which value counts."),
    "suspicion": ("Kiểm tra tại trạm.", "Inspect the station."),
}  # fmt: skip
"""What to do about an alert that goes on, by its kind."""

KIND_ACTIONS: Mapping[Kind, Pair] = {
    Kind.ENDED: ("Xem lại và tiếp nhận nếu chưa.", "Look at it; acknowledge if nobody has."),
    Kind.WITHDRAWN: ("Không cần làm gì; bản ghi vẫn được giữ.", "Nothing; the record is kept."),
    Kind.SECOND: ("Xem lại, rồi đóng hoặc mở lại.", "Look at it, then close or reopen it."),
    Kind.REQUESTED: ("Gửi giải trình trước {deadline}.", "Send the explanation by {deadline}."),
    Kind.OVERDUE: (
        "Gửi giải trình ngay; hạn là {deadline}.", "Send it now; it was due by {deadline}.",
    ),
}  # fmt: skip
"""What to do, where the kind of the message says it."""

BUTTONS: Mapping[Kind, Pair] = {
    Kind.ENDED: ("Xem", "See"),
    Kind.WITHDRAWN: ("Xem", "See"),
    Kind.REQUESTED: ("Giải trình", "Explain"),
    Kind.OVERDUE: ("Giải trình", "Explain"),
    Kind.SECOND: ("Xem", "See"),
    Kind.DIGEST: ("Xem", "See"),
    Kind.GROUPED: ("Xem", "See"),
    Kind.TEST: ("Mở", "Open"),
}
BUTTON: Pair = ("Tiếp nhận", "Acknowledge")
"""What stands before the link."""

MEANS: Mapping[str, Pair] = {"hour": ("TB giờ", "1h mean"), "day": ("TB ngày", "24h mean")}
LONG_MEANS: Mapping[str, Pair] = {
    "hour": ("trung bình giờ", "hourly mean"), "day": ("trung bình ngày", "daily mean"),
}  # fmt: skip

LABELS: Mapping[str, Pair] = {
    "station": ("Trạm", "Station"),
    "value": ("Giá trị", "Value"),
    "limit": ("Giới hạn", "Limit"),
    "outside": ("ngoài", "outside"),
    "since": ("Từ", "Since"),
    "until": ("đến", "until"),
    "action": ("Việc cần làm", "What to do"),
    "by": ("Người yêu cầu", "Asked by"),
    "zone": ("giờ Hà Nội, UTC+7", "Hanoi time, UTC+7"),
    "alert": ("Cảnh báo", "Alert"),
}

SIMULATED: Pair = ("[MÔ PHỎNG]", "[SIMULATED]")
SIMULATED_SMS = "[MO PHONG]"

DIGEST: Mapping[str, Pair] = {
    "title": ("Tổng hợp ngày {day}: {open} đang mở, {new} trong ngày", (
        "Digest of {day}: {open} open, {new} that day"
    )),
    "sms": ("Tong hop {day}: {open} dang mo, {new} trong ngay, so lieu {capture}.", (
        "Digest {day}: {open} open, {new} that day, data {capture}."
    )),
    "open": ("Đang mở", "Open"),
    "happened": ("Trong ngày", "That day"),
    "capture": ("Số liệu hợp lệ", "Valid readings"),
    "none": ("không có", "none"),
}  # fmt: skip

GROUPED: Mapping[str, Pair] = {
    "title": ("{count} thông báo trong 10 phút", "{count} messages within 10 minutes"),
    "sms": ("{count} thong bao trong 10 phut: ", "{count} messages within 10 minutes: "),
    "more": ("và {count} thông báo khác", "and {count} more"),
}

TEST: Mapping[str, Pair] = {
    "title": ("Thư thử của Tô Lịch", "Test message of Tô Lịch"),
    "text": (
        "Kênh này hoạt động. Không cần làm gì.", "This channel works. There is nothing to do.",
    ),
    "sms": ("Tin thu cua To Lich: kenh nay hoat dong.", "Test of To Lich: this channel works."),
}  # fmt: skip

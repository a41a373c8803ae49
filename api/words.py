"""Codes of the contract in the words of both languages, for pages that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from rules.days import ZONE

Language = Literal["vi", "en"]
Words = Mapping[str, tuple[str, str]]
"""Code to Vietnamese and English."""

REASONS: Words = {
    "counted": ("được tính", "counted"),
    "calibrating": ("đang hiệu chuẩn (01)", "calibrating (01)"),
    "device_error": ("lỗi thiết bị (02)", "device error (02)"),
    "unknown_status": ("trạng thái không rõ", "unknown status"),
    "outside_instrument_range": ("ngoài khoảng đo của thiết bị", "outside the instrument's range"),
    "contested": ("có giá trị khác cùng thời điểm", "another value for the same instant"),
    "internal_error": ("hệ thống chưa đánh giá được", "the monitor failed to judge it"),
    "other_part_missing": (
        "thiếu số liệu của thành phần kia", "its counterpart is missing",
    ),
    "excluded_by_officer": ("cán bộ quyết định không tính", "excluded by an officer"),
    "confirmed_by_officer": ("cán bộ quyết định giữ lại", "confirmed by an officer"),
    "value_by_officer": ("cán bộ quyết định giá trị dùng", "value decided by an officer"),
}  # fmt: skip
"""Why a reading counts or does not; else the name of the check that it failed."""

TESTS: Words = {
    "gross_range": ("ngoài khoảng đo", "gross range"),
    "rate_of_change": ("thay đổi quá nhanh", "rate of change"),
    "spike": ("giá trị đột biến", "spike"),
    "flat_line": ("giá trị không đổi", "flat line"),
    "attenuated_signal": ("biến động quá nhỏ", "attenuated signal"),
    "gap": ("số liệu trước đó đứt quãng", "gap before it"),
    "clipping": ("chạm đầu khoảng đo", "clipped at the range"),
    "time": ("thời gian bất thường", "time"),
    "multi_variate": ("mâu thuẫn với thông số khác", "contradicts another parameter"),
}

STATUSES: Words = {
    "00": ("00 đang đo", "00 measuring"),
    "01": ("01 hiệu chuẩn", "01 calibration"),
    "02": ("02 lỗi thiết bị", "02 device error"),
    "unknown": ("không rõ", "unknown"),
}

FLAGS: Words = {
    "1": ("tốt", "good"),
    "2": ("chưa xét", "not evaluated"),
    "3": ("nghi ngờ", "suspect"),
    "4": ("không đạt", "fail"),
    "9": ("thiếu", "missing"),
}

COUNTS: Words = {
    "expected": ("phải có", "expected"),
    "received": ("nhận được", "received"),
    "valid": ("hợp lệ", "valid"),
    "calibrating": ("hiệu chuẩn", "calibrating"),
    "faulty": ("lỗi thiết bị", "device error"),
    "failed": ("không đạt kiểm tra", "failed a check"),
    "unknown": ("trạng thái không rõ", "unknown status"),
    "conflicting": ("nhiều giá trị", "conflicting"),
}

VERIFICATION: Words = {
    "permit": ("ghi trong giấy phép", "written in the permit"),
    "confirmed": ("nhiều nguồn thống nhất", "several sources agree"),
    "single": ("một nguồn", "one source"),
    "unsure": ("chưa kiểm chứng", "unverified"),
    "missing": ("chưa có", "missing"),
}

SETTINGS: Words = {
    "basis": ("kỳ đánh giá", "basis"),
    "completeness": ("mức số liệu tối thiểu", "completeness"),
    "factors_apply_to": ("thông số áp dụng hệ số", "which parameters the factors apply to"),
}

PERIODS: Words = {"hour": ("giờ", "hour"), "day": ("ngày", "day")}

ALERTS: Words = {
    "exceedance": ("Vượt giới hạn, chờ xác minh", "Over the limit, awaiting verification"),
    "near": ("Gần giới hạn", "Near limit"),
    "silence": ("Mất tín hiệu", "No signal"),
    "instrument": ("Thiết bị", "Instrument"),
    "integrity": ("Chờ xác minh giá trị", "Values awaiting verification"),
    "outage": ("Nhiều trạm mất tín hiệu", "Stations without signal"),
    "suspicion": ("Dấu hiệu bất thường", "Suspicion"),
}

SEVERITIES: Words = {
    "info": ("thông tin", "info"),
    "warning": ("cảnh báo", "warning"),
    "major": ("nghiêm trọng", "major"),
    "critical": ("rất nghiêm trọng", "critical"),
}

STATES: Words = {
    "active": ("đang diễn ra", "active"),
    "ended": ("đã kết thúc", "ended"),
    "withdrawn": ("đã rút lại", "withdrawn"),
}

CHANGES: Words = {
    "raised": ("mở cảnh báo", "raised"),
    "raised_late": ("mở cảnh báo muộn (dữ liệu bổ sung)", "raised late (data arrived later)"),
    "escalated": ("tăng mức", "escalated"),
    "amended": ("điều chỉnh", "amended"),
    "ended": ("kết thúc", "ended"),
    "reopened": ("mở lại", "reopened"),
    "withdrawn": ("rút lại (dữ liệu bổ sung)", "withdrawn (data arrived later)"),
    "reminded": ("nhắc lại, vẫn tiếp diễn", "reminded, still going on"),
}

ACTS: Words = {
    "exclude": ("không tính", "excluded"),
    "confirm": ("giữ lại", "confirmed"),
    "value": ("dùng giá trị", "value that counts"),
    "reverse": ("rút lại quyết định", "reversal of"),
}


def word(of: Words, code: object, lang: Language) -> str:
    """A code in words; a code without words as it is."""
    known = of.get(str(code))
    return str(code) if known is None else known[lang == "en"]


def reason(code: str, lang: Language) -> str:
    """Why a reading counts or does not."""
    return word(REASONS, code, lang) if code in REASONS else word(TESTS, code, lang)


def moment(stamp: str | None, on: date | None = None) -> str:
    """An RFC 3339 time as Hanoi's clock shows it: the day too, unless it is the day `on`."""
    if stamp is None:
        return "–"
    at = datetime.fromisoformat(stamp).astimezone(ZONE)
    clock = at.strftime("%H:%M:%S" if at.second else "%H:%M")
    return clock if at.date() == on else f"{clock} {at.strftime('%d/%m/%Y')}"


def amount(number: float | None, lang: Language) -> str:
    """A number with the language's decimal sign."""
    if number is None:
        return "–"
    return str(number).replace(".", ",") if lang == "vi" else str(number)


def length(seconds: int, lang: Language) -> str:
    """A length of time in minutes where it is whole ones."""
    minutes, rest = divmod(seconds, 60)
    if rest:
        return f"{seconds} {'giây' if lang == 'vi' else 's'}"
    return f"{minutes} {'phút' if lang == 'vi' else 'min'}"

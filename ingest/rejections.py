"""Why something was not understood: every reason there is, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tolich.ports import Rejection


class Remedy(NamedTuple):
    """What the sender should do, in both languages."""

    en: str
    vi: str


REMEDIES: Mapping[str, Remedy] = {
    "topic_unknown": Remedy(
        "Publish to tolich/v1/{cluster}/{station}/readings (JSON) or .../tt10 (TT10 file).",
        "Gửi lên tolich/v1/{cluster}/{station}/readings (JSON) hoặc .../tt10 (tệp TT10).",
    ),
    "station_unknown": Remedy(
        "Check the cluster and the station in the topic, or enter the station in the register.",
        "Kiểm tra mã cụm và mã trạm trong topic, hoặc khai báo trạm trong sổ đăng ký.",
    ),
    "payload_too_large": Remedy(
        "Split the message: send at most 1 MiB at a time.",
        "Chia nhỏ bản tin: mỗi lần gửi tối đa 1 MiB.",
    ),
    "invalid_utf8": Remedy(
        "Encode the text as UTF-8.",
        "Mã hoá văn bản theo UTF-8.",
    ),
    "not_json": Remedy(
        'Send one JSON object, such as {"ts": "2026-11-22T08:35:00+07:00", "readings": [...]}.',
        'Gửi một đối tượng JSON, ví dụ {"ts": "2026-11-22T08:35:00+07:00", "readings": [...]}.',
    ),
    "envelope_invalid": Remedy(
        'The message must be an object with "readings", a list, and "ts", an RFC 3339 time.',
        'Bản tin phải là một đối tượng có "readings" (danh sách) và "ts" (thời gian RFC 3339).',
    ),
    "no_readings": Remedy(
        'Put at least one reading into "readings"; send nothing when nothing was measured.',
        'Đưa ít nhất một số đo vào "readings"; không gửi gì khi không có số đo.',
    ),
    "reading_invalid": Remedy(
        'A reading is an object with "p", the parameter, and "v", the value.',
        'Mỗi số đo là một đối tượng có "p" (thông số) và "v" (giá trị).',
    ),
    "parameter_unknown": Remedy(
        "Use a parameter key of the catalogue, spelled exactly, such as COD or FlowOut.",
        "Dùng đúng mã thông số trong danh mục, ví dụ COD hoặc FlowOut.",
    ),
    "parameter_not_registered": Remedy(
        "Send only what the station measures, or add the series to the station in the register.",
        "Chỉ gửi thông số mà trạm có đo, hoặc bổ sung thông số cho trạm trong sổ đăng ký.",
    ),
    "unit_unknown": Remedy(
        "Send one of the units listed, or leave the unit out to mean the first of them.",
        "Gửi một trong các đơn vị đã liệt kê, hoặc bỏ đơn vị để hiểu là đơn vị đầu tiên.",
    ),
    "value_not_number": Remedy(
        "Send the value as a plain number, without quotes, units or thousands separators.",
        "Gửi giá trị là một số thuần tuý, không có dấu nháy, đơn vị hay dấu phân cách hàng nghìn.",
    ),
    "value_not_finite": Remedy(
        "Send a finite number; when the instrument gives none, leave the reading out.",
        "Gửi một số hữu hạn; khi thiết bị không cho giá trị thì bỏ số đo đó.",
    ),
    "value_too_large": Remedy(
        "No instrument measures this: check the scaling and the unit in the logger.",
        "Không thiết bị nào đo được giá trị này: kiểm tra hệ số và đơn vị trong bộ ghi dữ liệu.",
    ),
    "status_invalid": Remedy(
        'Send the status as text: "00" measuring, "01" calibrating, "02" device error.',
        'Gửi trạng thái dạng chữ: "00" đang đo, "01" hiệu chuẩn, "02" thiết bị lỗi.',
    ),
    "time_missing": Remedy(
        'Give the message a "ts", or every reading its own.',
        'Ghi "ts" cho bản tin, hoặc cho từng số đo.',
    ),
    "time_invalid": Remedy(
        "Write times as RFC 3339 text with an offset, such as 2026-11-22T08:35:00+07:00.",
        "Ghi thời gian dạng chữ theo RFC 3339 kèm múi giờ, ví dụ 2026-11-22T08:35:00+07:00.",
    ),
    "time_naive": Remedy(
        "Add the offset to the time: +07:00 for Vietnamese time, Z for UTC.",
        "Thêm múi giờ vào thời gian: +07:00 cho giờ Việt Nam, Z cho giờ UTC.",
    ),
    "time_in_future": Remedy(
        "Set the logger's clock; readings 10 minutes or more ahead are not taken.",
        "Chỉnh lại đồng hồ bộ ghi dữ liệu; số đo đi trước từ 10 phút trở lên bị từ chối.",
    ),
    "time_too_old": Remedy(
        "Set the logger's clock; readings from before the year 2000 are not taken.",
        "Chỉnh lại đồng hồ bộ ghi dữ liệu; số đo trước năm 2000 bị từ chối.",
    ),
    "tt10_empty": Remedy(
        "Write one line a parameter into the file; send no file when nothing was measured.",
        "Ghi mỗi thông số một dòng trong tệp; không gửi tệp khi không có số đo.",
    ),
    "tt10_fields": Remedy(
        "A line has five fields separated by TAB: symbol, value, unit, yyyyMMddHHmmss, status.",
        "Mỗi dòng có năm trường cách nhau bằng TAB: ký hiệu, giá trị, đơn vị, yyyyMMddHHmmss, "
        "trạng thái.",
    ),
    "tt10_symbol_unknown": Remedy(
        "Use a symbol of the station's parameters, or map this one in the register "
        "(stations.{station}.tt10.symbols).",
        "Dùng ký hiệu thông số của trạm, hoặc khai báo ký hiệu này trong sổ đăng ký "
        "(stations.{station}.tt10.symbols).",
    ),
    "tt10_time_invalid": Remedy(
        "Write the time as yyyyMMddHHmmss in Vietnamese time, such as 20261122083500.",
        "Ghi thời gian dạng yyyyMMddHHmmss theo giờ Việt Nam, ví dụ 20261122083500.",
    ),
    "tt10_name_mismatch": Remedy(
        "Name the file Province_Facility_Station_yyyyMMddHHmmss.txt, beginning with the "
        "station's prefix in the register (stations.{station}.tt10.prefix).",
        "Đặt tên tệp Tỉnh_CơSở_Trạm_yyyyMMddHHmmss.txt, bắt đầu bằng tiền tố của trạm "
        "trong sổ đăng ký (stations.{station}.tt10.prefix).",
    ),
}

_LONGEST_DETAIL = 400
_LONGEST_QUOTE = 48


def reject(code: str, detail: str, index: int | None = None) -> Rejection:
    """A rejection with its remedies. `index` counts readings or lines from 0; None means all."""
    remedy = REMEDIES[code]
    return Rejection(code, detail[:_LONGEST_DETAIL], remedy.en, remedy.vi, index)


class Refusal(Exception):
    """Raised while decoding: this reading, or this message, cannot be understood."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def rejection(self, index: int | None = None) -> Rejection:
        """The same, as what is kept and sent back."""
        return reject(self.code, self.detail, index)


def quoted(value: object) -> str:
    """What was found, short, on one line and printable, whatever the sender wrote."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and len(value) > _LONGEST_QUOTE:
        # repr, not str: control characters and half surrogates must not reach a store or screen.
        return f"{value[:_LONGEST_QUOTE]!r}... ({len(value)} characters)"
    return repr(value)

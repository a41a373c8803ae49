"""What is wrong with an entry of the register, in the visitor's language.

The loader says it in English, for files and programs. What no form can bring about (ladders,
checks, loads of a file) stays as the loader says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.words import Language

_MEANT = re.compile(r"; did you mean '(?P<guess>.*)'\?$|; known here: (?P<known>.*)$")

_VIETNAMESE: Mapping[str, str] = {
    r"expected a text, found nothing": "cần điền",
    r"expected a text, found (.*)": "cần một đoạn chữ, không phải {0}",
    r"(.*) is not one of (.*)": "{0} không nằm trong: {1}",
    r"expected true or false, found (.*)": "cần true hoặc false, không phải {0}",
    r"expected a whole number, found (.*)": "cần một số nguyên, không phải {0}",
    r"expected a number such as 150 or 0\.05, found (.*)": "cần một số như 150, không phải {0}",
    r"a number is required here": "cần điền một số",
    r"expected a day such as 2026-01-31, found (.*)": "cần một ngày, không phải {0}",
    r"a day is required here, such as 2026-01-31": "cần điền một ngày",
    r"expected a mapping.*": "sai cấu trúc: cần các mục theo tên",
    r"expected a list.*": "sai cấu trúc: cần một danh sách",
    r"unknown key": "không có mục này",
    r"unknown sheet": "không có trang tính này",
    r"unknown column '(.*)'": "không có cột “{0}”",
    r"the first row must name (.*)": "dòng đầu phải có {0}",
    r"say which entry this row is about": "dòng này chưa ghi mã",
    r"say which parameter": "dòng này chưa ghi thông số",
    r"'(.*)' stands here twice": "“{0}” có hai dòng",
    r"'(.*)' stands at (.*) too": "“{0}” đã có ở {1}",
    r"'(.*)' is not a number, such as 67,5": "“{0}” không phải là số, như 67,5",
    r"'(.*)' is not a number": "“{0}” không phải là số",
    r"'(.*)' is not a day, such as .*": "“{0}” không phải là ngày, như 31/01/2026",
    r"'(.*)' is a day: format the cell as text": "“{0}” là ngày: định dạng ô kiểu văn bản",
    r"'(.*)' is neither yes nor no: .*": "“{0}”: ghi x, hoặc để trống",
    r"a sheet has (\d+) rows at most": "mỗi trang tính có nhiều nhất {0} dòng",
    r"not readable as XLSX: .*": "không đọc được XLSX: hãy bắt đầu từ tệp tải về ở đây",
    r"holds more than a register can": "lớn hơn một sổ đăng ký có thể",
    r"'(.*)' is not an id: .*":
        "“{0}” không dùng làm mã được: chữ không dấu, chữ số, “-”, “_”, “.”, tối đa 64",
    r"no cluster '(.*)' in this register": "sổ đăng ký không có cụm “{0}”",
    r"no plant '(.*)' in this register": "sổ đăng ký không có nhà máy “{0}”",
    r"'(.*)' is not a link: .*": "“{0}” không phải liên kết: viết https://máy-chủ/đường-dẫn",
    r"unknown parameter '(.*)'": "không có thông số “{0}”",
    r"a station needs at least one series": "trạm cần đo ít nhất một thông số",
    r"the instrument's range must lie above (.*)": "khoảng đo của thiết bị phải nằm trên {0}",
    r"expected seconds between readings, .*": "cần số giây giữa hai số đo, như 300",
    r"the days of a dated list must rise": "các ngày bắt đầu chu kỳ phải tăng dần",
    r"expected \{from: .*": "mỗi chu kỳ cần một ngày bắt đầu và số giây",
    r"(\d+) s does not divide 60 minutes": "{0} giây không chia hết 60 phút",
    r"'(.*)' already belongs to station '(.*)'": "“{0}” đã là của trạm {1}",
    r"(.*) is (\d+) s, and (\S+) of station (\S+) comes every (\d+) s: .*":
        "{0} dài {1} giây, {2} của trạm {3} gửi mỗi {4} giây: chu kỳ gửi phải chia hết",
    r"station (\S+) sends .* from (\S+): give both the same interval":
        "trạm {0} gửi hai thông số với chu kỳ khác nhau từ {1}: cần cùng chu kỳ",
    r"lies before from": "trước ngày bắt đầu",
    r"write the limit in (.*)": "ghi giới hạn theo {0}",
    r"(\S+) needs both min and max, min below max":
        "{0} cần cả giới hạn thấp nhất và cao nhất, thấp nhất nhỏ hơn cao nhất",
    r"(\S+) takes a max and no min": "{0} cần giới hạn cao nhất, không có thấp nhất",
    r"(.*) has no column '(.*)'": "{0} không có cột “{1}”",
    r"not a factor of this regulation": "không phải hệ số của quy chuẩn này",
    r"expected a number above 0": "cần một số lớn hơn 0",
    r"expected a share above 0 and at most 1, .*": "cần một tỷ lệ lớn hơn 0, tối đa 1, như 0,8",
    r"there never was such an entry": "chưa từng có mục này",
    r"say from which document this is entered": "cho biết nhập theo văn bản nào",
    r"was changed meanwhile by (.*): look at it again":
        "{0} vừa sửa mục này: xem lại trước khi nhập",
    r"has readings or findings on record: give it `until` instead":
        "đã có số liệu hoặc kết quả: điền ngày kết thúc thay vì rút ra",
    r"has readings or findings on record: it cannot be taken out":
        "đã có số liệu hoặc kết quả: không rút ra được",
    r"lies too deep": "cấu trúc quá sâu",
    r"holds a sign that cannot be written": "có ký tự không lưu được",
    r"a number has (\d+) digits at most": "số có tối đa {0} chữ số",
    r"(\S+): basis was not typed from the permit: unverified default":
        "{0}: giấy phép không ghi trung bình dùng để đánh giá; mặc định (ngày) chưa kiểm chứng",
    r"(\S+): completeness was not typed from the permit: unverified default":
        "{0}: giấy phép không ghi tỷ lệ số liệu tối thiểu; mặc định (0,8) chưa kiểm chứng",
    r"(\S+): (.*) \(Hanoi's own regulation\) is not loaded: .*":
        "{0}: chưa có số liệu của {1} (quy chuẩn riêng của Hà Nội)",
    r"(\S+): (.*) was in force until (\S+), the permit binds from (\S+)":
        "{0}: {1} có hiệu lực đến {2}, giấy phép có hiệu lực từ {3}",
    r"(\S+): (\S+): the permit's (\S+) is above the (\S+) of (.*) column (\S+)":
        "{0}: giới hạn {1} của giấy phép ({2}) cao hơn {3} của {4}, cột {5}",
    r"(\S+): (\S+) is owed by nobody: no station of (\S+) measures (.*)":
        "{0}: không đánh giá được {1}: không trạm nào của {2} đo {3}",
}  # fmt: skip
_PATTERNS = [(re.compile(english), said) for english, said in _VIETNAMESE.items()]


def told(message: str, lang: Language) -> str:
    """A problem of the loader, or a note about a permit, in a language."""
    return message if lang == "en" else _in_vietnamese(message)


def _in_vietnamese(message: str) -> str:
    meant = _MEANT.search(message)
    plain = message[: meant.start()] if meant else message
    for pattern, said in _PATTERNS:
        if (found := pattern.fullmatch(plain)) is not None:
            return said.format(*(_found(part) for part in found.groups())) + _suffix(meant)
    return message


def _found(part: str) -> str:
    return "bỏ trống" if part == "nothing" else part


def _suffix(meant: re.Match[str] | None) -> str:
    if meant is None:
        return ""
    if meant["guess"] is not None:
        return f"; có phải “{meant['guess']}”?"
    return f"; có ở đây: {meant['known']}"

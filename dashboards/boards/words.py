"""Words in the two languages of the dashboards, and what every dashboard says of itself."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """A set of dashboards is made in each."""

    VI = "vi"
    EN = "en"


class Text(NamedTuple):
    """One text in both languages."""

    vi: str
    en: str

    def of(self, language: Language) -> str:
        """The text in a language."""
        return self.vi if language is Language.VI else self.en


FOOTER = Text(
    "Dữ liệu tự động, chờ xác minh; không thay thế kết luận của cơ quan có thẩm quyền.",
    "Automatic data awaiting verification; it does not replace the finding of the competent "
    "authority.",
)
SIMULATED = Text("DỮ LIỆU MÔ PHỎNG", "SIMULATED DATA")
MEASURED = Text("Số liệu từ trạm quan trắc", "Data from stations")
NO_FINDINGS = Text("Chưa có kết quả", "No findings yet")

CLUSTER = Text("Cụm công nghiệp", "Cluster")
STATION = Text("Trạm", "Station")
PARAMETER = Text("Thông số", "Parameter")
DAY = Text("Ngày", "Day")
STATE = Text("Trạng thái", "State")
CAPTURE = Text("Tỷ lệ dữ liệu hợp lệ", "Data capture")

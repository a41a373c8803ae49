"""An explanation as plain text, for people: what a print-out or an e-mail shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from tolich.ports import Shape

Language = Literal["vi", "en"]

_HEADINGS = {
    "summary": {"vi": "TÓM TẮT", "en": "SUMMARY"},
    "formula": {"vi": "PHÉP SO SÁNH", "en": "COMPARISON"},
    "limit": {"vi": "GIỚI HẠN", "en": "LIMIT"},
    "window": {"vi": "KỲ ĐÁNH GIÁ", "en": "PERIOD"},
    "components": {"vi": "THÀNH PHẦN", "en": "COMPONENTS"},
    "readings": {"vi": "SỐ LIỆU", "en": "READINGS"},
    "versions": {"vi": "PHIÊN BẢN", "en": "VERSIONS"},
}
_COLUMNS = {
    "vi": ("Đo lúc", "Nhận lúc", "Giá trị", "Trạng thái", "Cờ", "Tính", "Lý do", "Kiểm tra"),
    "en": ("Observed", "Received", "Value", "Status", "Flag", "Counted", "Reason", "Tests"),
}
_PART = {"vi": "Thông số", "en": "Parameter"}
_YES = {"vi": ("không", "có"), "en": ("no", "yes")}
_NONE = {"vi": "chưa có", "en": "none"}
_NO_FINDING = {"vi": "không có kết quả riêng", "en": "no finding of its own"}
_VERIFICATION = {
    "permit": {"vi": "ghi trong giấy phép", "en": "written in the permit"},
    "confirmed": {"vi": "nhiều nguồn thống nhất", "en": "several sources agree"},
    "single": {"vi": "một nguồn", "en": "one source"},
    "unsure": {"vi": "chưa kiểm chứng", "en": "unverified"},
    "missing": {"vi": "chưa có", "en": "missing"},
}


def render(why: Shape, lang: Language) -> str:
    """The explanation, section by section, ending in a newline."""
    sections = {
        "summary": [str(why["summary"][lang])],
        "formula": [str(why["formula"])],
        "limit": _limit(why["limit"], lang),
        "window": list(_lines(why["window"])),
        **_components(why.get("components"), lang),
        "readings": _readings(why["readings"], lang),
        "versions": list(_lines(why["versions"])),
    }
    parts = ["\n".join([_HEADINGS[name][lang], *lines]) for name, lines in sections.items()]
    return "\n\n".join(parts) + "\n"


def _lines(named: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in named.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{name}: {value}"


def _limit(limit: Shape | None, lang: Language) -> list[str]:
    if limit is None:
        return [_NONE[lang]]
    low, high = (_number(limit[end], lang) for end in ("low", "high"))
    numbers = f"≤ {high}" if limit["low"] is None else f"{low} – {high}"
    known = _VERIFICATION.get(limit["verification"], {}).get(lang, limit["verification"])
    unit = "" if limit["unit"] == "-" else f" {limit['unit']}"
    return [f"{numbers}{unit} ({known})", str(limit["citation"]), *map(str, limit["trace"])]


def _components(components: Sequence[Shape] | None, lang: Language) -> dict[str, list[str]]:
    """A section for a load or a volume: what it is made of, each with its own finding."""
    if components is None:
        return {}
    none = _NO_FINDING[lang]
    said = [f"{one['parameter']} ({one['unit']}): {one['finding'] or none}" for one in components]
    return {"components": said}


def _readings(readings: Sequence[Shape], lang: Language) -> list[str]:
    rows = [_COLUMNS[lang], *(_row(reading, lang) for reading in readings)]
    if any(reading.get("parameter") for reading in readings):  # of a load: which of its parts
        names = [_PART[lang], *(str(reading["parameter"]) for reading in readings)]
        rows = [(name, *row) for name, row in zip(names, rows, strict=True)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_aligned(row, widths) for row in rows]


def _row(reading: Shape, lang: Language) -> tuple[str, ...]:
    return (
        str(reading["observed_at"]),
        str(reading["received_at"] or "–"),
        _number(reading["value"], lang),
        str(reading["status"]),
        str(reading["flag"]),
        _YES[lang][bool(reading["counted"])],
        str(reading["reason"]),
        ", ".join(reading["tests"]) or "–",
    )


def _aligned(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _number(number: float | None, lang: Language) -> str:
    if number is None:
        return "–"
    return str(number).replace(".", ",") if lang == "vi" else str(number)

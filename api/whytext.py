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
    "amendments": {"vi": "QUYẾT ĐỊNH CỦA CÁN BỘ", "en": "AMENDMENTS"},
    "versions": {"vi": "PHIÊN BẢN", "en": "VERSIONS"},
}
_COLUMNS = {
    "vi": (
        "Đo lúc", "Nhận lúc", "Giá trị", "Dùng", "Trạng thái", "Cờ", "Tính", "Lý do",
        "Quyết định", "Kiểm tra",
    ),
    "en": (
        "Observed", "Received", "Value", "Used", "Status", "Flag", "Counted", "Reason",
        "Amendment", "Tests",
    ),
}  # fmt: skip
_PART = {"vi": "Thông số", "en": "Parameter"}
_YES = {"vi": ("không", "có"), "en": ("no", "yes")}
_TAKEN_BACK = {"vi": "đã rút lại", "en": "taken back"}
_ACTS = {
    "exclude": {"vi": "không tính", "en": "excluded"},
    "confirm": {"vi": "giữ lại", "en": "confirmed"},
    "value": {"vi": "dùng giá trị", "en": "value that counts"},
    "reverse": {"vi": "rút lại quyết định", "en": "reversal of"},
}
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
        "amendments": [_amendment(one, lang) for one in why["amendments"]],
        "versions": list(_lines(why["versions"])),
    }
    parts = [
        "\n".join([_HEADINGS[name][lang], *lines])
        for name, lines in sections.items()
        if lines or name != "amendments"
    ]
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
        _number(reading["used"], lang),
        str(reading["status"]),
        str(reading["flag"]),
        _YES[lang][bool(reading["counted"])],
        str(reading["reason"]),
        "–" if reading["amendment"] is None else str(reading["amendment"]["id"]),
        ", ".join(reading["tests"]) or "–",
    )


def _amendment(one: Shape, lang: Language) -> str:
    """One decision on one line: its number, what it does, to what, who, and why."""
    act, value = _ACTS[one["act"]][lang], one["value"]
    about = f" {one['reverses']}" if one["reverses"] is not None else ""
    amount = "" if value is None else f" {_number(value, lang)}"
    ended = "" if one["holds"] or one["act"] == "reverse" else f" ({_TAKEN_BACK[lang]})"
    span = f"{one['from']} – {one['to']}"
    return f"{one['id']}: {act}{about}{amount}{ended}, {span}, {one['author']}: {one['reason']}"


def _aligned(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _number(number: float | None, lang: Language) -> str:
    if number is None:
        return "–"
    return str(number).replace(".", ",") if lang == "vi" else str(number)

"""The readings of an explanation as a table; equal treatment in a row is one line of a long one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from api import words
from api.words import Language
from tolich.ports import Shape

SINGLY = 24
"""As many readings are listed one by one whatever was done with them."""

REPEATED = 12
"""In a longer table, more than these in a row that were treated alike are one line, too."""

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
_NONE = {"vi": "không có số liệu nào trong kỳ", "en": "no reading in this period"}
_GROUPED = {
    "vi": "Số liệu liền nhau được xử lý như nhau ghi một dòng: từ – đến (số lượng), "
    "nhỏ nhất – lớn nhất; bản JSON có từng số liệu.",
    "en": "Readings in a row that were treated alike are one line: from – to (how many), "
    "least – most; the JSON page has each of them.",
}
_NOT_EVALUATED = {"vi": "Không kiểm tra được", "en": "Checks that could not be made"}


def table(readings: Sequence[Shape], lang: Language, on: date | None) -> list[str]:
    """Every reading with what was done with it; times of the day `on` without their date."""
    rows, notes = grid(readings, lang, on)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_aligned(row, widths) for row in rows] + notes


def grid(
    readings: Sequence[Shape], lang: Language, on: date | None
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of that table, the first its headings, and the notes under it."""
    if not readings:
        return [], [_NONE[lang]]
    runs = list(_runs(readings))
    rows = [_COLUMNS[lang], *(_row(run, lang, on) for run in runs)]
    if any(reading.get("parameter") for reading in readings):  # of a load: which of its parts
        names = [_PART[lang], *(str(run[0]["parameter"]) for run in runs)]
        rows = [(name, *row) for name, row in zip(names, rows, strict=True)]
    notes = [_GROUPED[lang]] if len(runs) < len(readings) else []
    return rows, notes + _unevaluated(readings, lang)


def _runs(readings: Sequence[Shape]) -> Iterator[Sequence[Shape]]:
    """The readings of each line: one, or in a long table many that were treated alike."""
    for plain, group in groupby(readings, _treatment):
        run = list(group)
        most = 1 if plain[-1] else REPEATED
        if len(readings) > SINGLY and len(run) > most:
            yield run
        else:
            yield from ([one] for one in run)


def _treatment(reading: Shape) -> tuple[object, ...]:
    """What was done with a reading; last, whether there is nothing to say of it."""
    plain = reading["reason"] == "counted" and reading["flag"] == 1
    return (
        reading.get("parameter"), reading["status"], reading["flag"], reading["counted"],
        reading["reason"], tuple(reading["tests"]), (reading["amendment"] or {}).get("id"), plain,
    )  # fmt: skip


def _row(run: Sequence[Shape], lang: Language, on: date | None) -> tuple[str, ...]:
    first, many = run[0], f" ({len(run)})" if len(run) > 1 else ""
    decision = first["amendment"]
    return (
        _span([words.moment(one["observed_at"], on) for one in run]) + many,
        _span([words.moment(one["received_at"], on) for one in run]),
        _range([one["value"] for one in run], lang),
        _range([one["used"] for one in run], lang),
        words.word(words.STATUSES, first["status"], lang),
        words.word(words.FLAGS, first["flag"], lang),
        _YES[lang][bool(first["counted"])],
        words.reason(first["reason"], lang),
        "–" if decision is None else str(decision["id"]),
        ", ".join(words.word(words.TESTS, test, lang) for test in first["tests"]) or "–",
    )


def _span(shown: Sequence[str]) -> str:
    return shown[0] if shown[0] == shown[-1] else f"{shown[0]} – {shown[-1]}"


def _range(values: Sequence[float | None], lang: Language) -> str:
    """The least and the most of some values, which all count or all do not."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    return _span([words.amount(value, lang) for value in (min(known), max(known))])


def _unevaluated(readings: Sequence[Shape], lang: Language) -> list[str]:
    """How often each check could not be made, where one could not."""
    counted = Counter(test for reading in readings for test in reading["not_evaluated"])
    said = [f"{words.word(words.TESTS, test, lang)} ({n})" for test, n in counted.items()]
    return [f"{_NOT_EVALUATED[lang]}: {', '.join(said)}"] if said else []


def _aligned(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

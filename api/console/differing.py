"""What differs between two states of an entry, in the words of its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from api.console import setupwords as words
from api.console.both import Both
from api.console.fields import number_text
from api.console.figures import day
from api.console.visitor import Visitor

_LABELS: Mapping[str, Both] = {
    "cluster": words.CLUSTER, "plant": words.PLANT, "name": words.NAME,
    "province": words.PROVINCE, "ward": words.WARD, "investor": words.INVESTOR,
    "capacity": words.CAPACITY, "document": words.DOCUMENT, "number": words.NUMBER,
    "date": words.DATE, "page": words.PAGE, "from": words.FROM, "until": words.UNTIL,
    "interval": words.INTERVAL, "timestamp_means": words.STAMP, "simulated": words.SIMULATED,
    "sampler": words.SAMPLER, "camera": words.CAMERA, "tt10.prefix": words.PREFIX,
    "regulation.id": words.REGULATION, "regulation.column": Both("Cột", "Column"),
    "regulation.page": words.REGULATION_PAGE,
    "regulation.factors_apply_to": words.FACTORS_APPLY, "basis": words.BASIS,
    "completeness": words.COMPLETENESS, "no_discharge.below": words.NO_DISCHARGE,
}  # fmt: skip
_ORDER = {path: n for n, path in enumerate(_LABELS)}
_PARTS: tuple[tuple[re.Pattern[str], Both], ...] = (
    (re.compile(r"limits\.(\w+)\.min"), Both("{}, giới hạn thấp nhất", "{}, min limit")),
    (re.compile(r"limits\.(\w+)\.max"), Both("{}, giới hạn cao nhất", "{}, max limit")),
    (re.compile(r"limits\.(\w+)\.page"), Both("{}, trang của giới hạn", "{}, page of the limit")),
    (re.compile(r"limits\.(\w+)\.unit"), Both("{}, đơn vị", "{}, unit")),
    (re.compile(r"series\.(\w+)\.low"), Both("{}, khoảng đo từ", "{}, range from")),
    (re.compile(r"series\.(\w+)\.high"), Both("{}, khoảng đo đến", "{}, range to")),
    (re.compile(r"series\.(\w+)\.interval"), Both("{}, chu kỳ riêng", "{}, own interval")),
    (re.compile(r"series\.(\w+)(?:\.measured)?"), Both("Đo {}", "Measures {}")),
    (re.compile(r"contacts\[(\d+)\]\.role"), Both("Liên hệ {}, vai trò", "Contact {}, role")),
    (re.compile(r"contacts\[(\d+)\]\.name"), Both("Liên hệ {}, họ tên", "Contact {}, name")),
    (re.compile(r"contacts\[(\d+)\]\.phone"), Both("Liên hệ {}, điện thoại", "Contact {}, phone")),
    (re.compile(r"regulation\.factors\.(\w+)"), words.FACTOR),
    (re.compile(r"interval\[(\d+)\]\.from"), Both("Chu kỳ {}, từ ngày", "Interval {}, from")),
    (re.compile(r"interval\[(\d+)\]\.seconds"), Both("Chu kỳ {}, giây", "Interval {}, seconds")),
)
_YES = Both("có", "yes")
_NO = Both("không", "no")


class Difference(NamedTuple):
    """One place that differs; None: there is nothing."""

    path: str
    before: Any
    after: Any


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """Every place that differs, in the order of the forms."""
    old, new = dict(_flat(before or {}, "")), dict(_flat(after or {}, ""))
    places = [*new, *(path for path in old if path not in new)]
    found = [Difference(path, old.get(path), new.get(path)) for path in places]
    changed = [one for one in found if one.before != one.after]
    return sorted(changed, key=lambda one: _ORDER.get(one.path, len(_ORDER)))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{index}]")
    else:
        yield path, value


def label(path: str, visitor: Visitor) -> str:
    """What a place of an entry is called; one without a name here by its place."""
    if path in _LABELS:
        return visitor.say(_LABELS[path])
    for pattern, words_of in _PARTS:
        if (found := pattern.fullmatch(path)) is not None:
            part = found[1]
            return visitor.say(words_of.filled(int(part) + 1 if part.isdigit() else part))
    return path


_VALUES: Mapping[tuple[str, str], Both] = {
    ("timestamp_means", "start"): words.STAMP_START,
    ("timestamp_means", "end"): words.STAMP_END,
    ("basis", "hour"): Both("giờ", "hour"),
    ("basis", "day"): Both("ngày", "day"),
    ("province", "hanoi"): Both("Hà Nội", "Hanoi"),
}
_DAYS = re.compile(r"(date|from|until|interval\[\d+\]\.from)")


def shown(value: Any, visitor: Visitor, path: str = "") -> str:
    """A value of an entry as a person reads it."""
    if isinstance(value, str) and (path, value) in _VALUES:
        return visitor.say(_VALUES[path, value])
    if value is None:
        return "–"
    if isinstance(value, bool) or value == {}:
        return visitor.say(_NO if value is False else _YES)
    if isinstance(value, int | float | Decimal):
        return number_text(value, visitor.lang)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return day_text(str(value)) if _DAYS.fullmatch(path) else str(value)


def day_text(text: str) -> str:
    """A day as both languages write it here; anything else as it stands."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text

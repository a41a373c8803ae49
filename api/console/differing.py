"""What differs between two states of an entry, in the words of its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from api.console import setupwords as words
from api.console.both import Both
from api.console.fields import number_text
from api.console.visitor import Visitor

_LABELS: Mapping[str, Both] = {
    "name": words.NAME, "province": words.PROVINCE, "ward": words.WARD,
    "investor": words.INVESTOR, "cluster": words.CLUSTER, "capacity": words.CAPACITY,
    "plant": words.PLANT, "from": words.FROM, "until": words.UNTIL, "interval": words.INTERVAL,
    "timestamp_means": words.STAMP, "simulated": words.SIMULATED, "sampler": words.SAMPLER,
    "camera": words.CAMERA, "tt10.prefix": words.PREFIX, "document": words.DOCUMENT,
    "number": words.NUMBER, "date": words.DATE, "page": words.PAGE, "basis": words.BASIS,
    "completeness": words.COMPLETENESS, "regulation.id": words.REGULATION,
    "regulation.column": Both("Cột", "Column"), "regulation.page": words.REGULATION_PAGE,
    "regulation.factors_apply_to": words.FACTORS_APPLY,
    "no_discharge.below": words.NO_DISCHARGE,
}  # fmt: skip
_PARTS: tuple[tuple[re.Pattern[str], Both], ...] = (
    (re.compile(r"limits\.(\w+)\.min"), Both("{}, giới hạn thấp nhất", "{}, min limit")),
    (re.compile(r"limits\.(\w+)\.max"), Both("{}, giới hạn cao nhất", "{}, max limit")),
    (re.compile(r"limits\.(\w+)\.page"), Both("{}, trang của giới hạn", "{}, page of the limit")),
    (re.compile(r"limits\.(\w+)\.unit"), Both("{}, đơn vị", "{}, unit")),
    (re.compile(r"series\.(\w+)\.low"), Both("{}, khoảng đo từ", "{}, range from")),
    (re.compile(r"series\.(\w+)\.high"), Both("{}, khoảng đo đến", "{}, range to")),
    (re.compile(r"series\.(\w+)\.interval"), Both("{}, chu kỳ riêng", "{}, own interval")),
    (re.compile(r"series\.(\w+)"), Both("Đo {}", "Measures {}")),
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
    """Every place that differs, in the order of the later state."""
    old, new = dict(_flat(before or {}, "")), dict(_flat(after or {}, ""))
    places = [*new, *(path for path in old if path not in new)]
    found = [Difference(path, old.get(path), new.get(path)) for path in places]
    return [one for one in found if one.before != one.after]


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


def shown(value: Any, visitor: Visitor) -> str:
    """A value of an entry as a person reads it."""
    if value is None or value == {}:
        return "–" if value is None else visitor.say(_YES)
    if isinstance(value, bool):
        return visitor.say(_YES if value else _NO)
    if isinstance(value, int | float | Decimal):
        return number_text(value, visitor.lang)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)

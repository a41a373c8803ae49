"""Fields of the register's forms: what a control shows, and what is read from it.

The name of a control is the place of its value inside the entry, as a problem names it:
`limits.COD.max`, `contacts[0].phone`. What no field shows stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import htpy as h

from api.console.both import Both
from api.console.kit import field, select
from api.console.visitor import Visitor
from api.words import Language
from rules.permit import plain

Given = Mapping[str, str]
"""What the controls of a form hold, by name."""

Body = dict[str, Any]

NOT_NUMBER = Both("“{given}” không phải là số", "“{given}” is not a number")
AMBIGUOUS = Both(
    "“{given}” có thể hiểu hai cách: viết {whole} hoặc {part}",
    "“{given}” can be read two ways: write {whole} or {part}",
)
NOT_WHOLE = Both("“{given}” không phải là số nguyên", "“{given}” is not a whole number")
NOT_DAY = Both("“{given}” không phải là một ngày", "“{given}” is not a day")
LONGEST = 500
"""Signs of one text."""

_NUMBER = re.compile(r"(-?)(\d{1,12})(?:[.,](\d{1,9}))?", re.ASCII)
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Wrong(NamedTuple):
    """What is wrong at one place of a form."""

    path: str
    said: Both


@dataclass(frozen=True, slots=True)
class Field:
    """One control: where its value stands in the entry, and what it is called."""

    path: str
    label: Both
    kind: Literal["text", "number", "whole", "day", "flag", "choice"] = "text"
    hint: Both | None = None
    required: bool = False
    options: Mapping[str, Both] | None = None  # of a choice
    usual: str = ""  # in the form of a new entry


# --- numbers as people write them ---------------------------------------------------------------


def number_text(value: Decimal | int | float, lang: Language) -> str:
    """An exact number for a control, in the visitor's signs; `decimal_of` reads it back."""
    text = plain(Decimal(str(value)))
    whole, _, part = text.partition(".")
    if len(part) == 3:
        part += "0"  # 1,234 would be read two ways
    sign = "," if lang == "vi" else "."
    return f"{whole}{sign}{part}" if part else whole


def decimal_of(given: str) -> Decimal | Both:
    """A number with a comma or a point before its decimals; else what is wrong with it.

    Thousands are not set off: 1.234 means one thing in Vietnamese and another in English.
    """
    text = given.replace(" ", "").replace("\u00a0", "")
    found = _NUMBER.fullmatch(text)
    if found is None:
        return NOT_NUMBER.filled(given=given)
    sign, whole, part = found.groups()
    if part and len(part) == 3 and len(whole) <= 3 and whole.strip("0"):
        both = {"whole": f"{sign}{whole}{part}", "part": f"{sign}{whole},{part}0"}
        return AMBIGUOUS.filled(given=given, **both)
    return Decimal(f"{sign}{whole}.{part or 0}")


# --- places inside an entry ---------------------------------------------------------------------


def steps_of(path: str) -> list[str | int]:
    """`contacts[0].phone` as keys and indexes."""
    return [int(index) if index else key for key, index in _STEP.findall(path)]


def value_at(body: Any, path: str) -> Any:
    """The value at a place; None where there is none."""
    for step in steps_of(path):
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and step < len(body) else None
        else:
            body = body.get(step) if isinstance(body, Mapping) else None
    return body


def put(body: Body, path: str, value: Any) -> None:
    """Set the value at a place of nested mappings; None takes it out, and what is left empty."""
    *outer, last = (str(step) for step in steps_of(path))
    chain = [body]
    for step in outer:
        inner = chain[-1].get(step)
        chain.append(chain[-1].setdefault(step, {}) if not isinstance(inner, dict) else inner)
    if value is not None:
        chain[-1][last] = value
        return
    chain[-1].pop(last, None)
    for holder, step in zip(reversed(chain[:-1]), reversed(outer), strict=True):
        if not holder[step]:
            del holder[step]


# --- between an entry and its controls ----------------------------------------------------------


def texts_of(fields: Iterable[Field], body: Mapping[str, Any], lang: Language) -> dict[str, str]:
    """What the controls show of an entry."""
    return {one.path: _text(value_at(body, one.path), lang) for one in fields}


def _text(value: Any, lang: Language) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    if isinstance(value, int | float | Decimal):
        return number_text(value, lang)
    return value.isoformat() if isinstance(value, date) else str(value)


def read_into(body: Body, fields: Iterable[Field], given: Given) -> list[Wrong]:
    """Put what the controls hold into an entry; what cannot be read is told and left out."""
    wrong: list[Wrong] = []
    for one in fields:
        text = given.get(one.path, "").strip()
        value = parsed(one, text) if text else None
        if isinstance(value, Both):
            wrong.append(Wrong(one.path, value))
        else:
            put(body, one.path, value)
    return wrong


def parsed(one: Field, text: str) -> Any:
    """The value of a text that is not empty, or what is wrong with it."""
    if one.kind == "number":
        return decimal_of(text)
    if one.kind == "whole":
        is_whole = text.isascii() and text.isdigit() and len(text) < 10
        return int(text) if is_whole else NOT_WHOLE.filled(given=text)
    if one.kind == "day":
        return text if _is_day(text) else NOT_DAY.filled(given=text)
    return True if one.kind == "flag" else text[:LONGEST]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# --- controls -----------------------------------------------------------------------------------


def place_of(path: str, known: Iterable[str]) -> str | None:
    """The control, or part of the form, at which a problem is shown; None: nowhere in it."""
    names = list(known)
    while path:
        if path in names:
            return path
        inside = (name for name in names if name.startswith((f"{path}.", f"{path}[")))
        if (first := next(inside, None)) is not None:
            return first
        path = path.rpartition("[" if path.endswith("]") else ".")[0]
    return None


def rendered(
    one: Field, given: Given, wrong: Mapping[str, list[str]], visitor: Visitor
) -> h.Element:
    """A labelled control with what it holds and what is wrong with it."""
    say, told = visitor.say, wrong.get(one.path, [])
    control = control_of(one, given.get(one.path, ""), told, visitor)
    if one.kind == "flag":
        return h.label(".tick")[
            control, " ", say(one.label), [h.span(".wrong")[words] for words in told]
        ]
    label = f"{say(one.label)} *" if one.required else say(one.label)
    hint = say(one.hint) if one.hint else None
    return field(label, control, hint=hint, wrong="; ".join(told) or None)


def control_of(one: Field, text: str, told: list[str], visitor: Visitor) -> h.Node:
    """The bare control; `label` names it where no words stand beside it."""
    bad = "true" if told else None
    if one.kind == "flag":
        return h.input(type="checkbox", name=one.path, checked=bool(text), aria_invalid=bad)
    if one.options is not None:
        words = {value: visitor.say(said) for value, said in one.options.items()}
        return select(one.path, words, text)
    return h.input(
        type="date" if one.kind == "day" else "text",
        name=one.path,
        value=text,
        maxlength=None if one.kind == "day" else str(LONGEST),
        inputmode={"number": "decimal", "whole": "numeric"}.get(one.kind),
        aria_invalid=bad,
        autocomplete="off",
    )


def cell(
    path: str, kind: Literal["number", "whole", "text"], label: str, given: Given,
    wrong: Mapping[str, list[str]], hint: str = "",
) -> h.Node:  # fmt: skip
    """A control inside a table, named by its row and column."""
    told = wrong.get(path, [])
    return [
        h.input(
            ".short",
            name=path,
            value=given.get(path, ""),
            placeholder=hint or None,
            inputmode={"number": "decimal", "whole": "numeric"}.get(kind),
            aria_label=label,
            aria_invalid="true" if told else None,
            maxlength="60",
            autocomplete="off",
        ),
        [h.span(".wrong")[words] for words in told],
    ]

"""The forms of the register as they are laid out: fields in groups, parameters in tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import htpy as h

from api.console import setupwords as words
from api.console.both import Both, same
from api.console.fields import Field, Given, cell, rendered
from api.console.figures import unit
from api.console.forms import (
    CONTACT_PARTS,
    CONTACTS,
    INTERVAL,
    INTERVAL_FROM,
    PAPER,
    REGULATION,
    Around,
    columns_of,
    ends_of,
    fields_of,
    in_sight,
)
from api.console.kit import table
from api.console.visitor import Visitor
from rules.model import Parameter
from rules.permit import plain

Wrongs = Mapping[str, list[str]]


def parts(
    kind: str, given: Given, wrong: Wrongs, around: Around, visitor: Visitor, *, new: bool
) -> Iterator[h.Node]:
    """Everything that a form asks for beside the id."""
    fields = {one.path: one for one in fields_of(kind, around)}

    def some(*paths: str) -> h.Element:
        return h.div(".grid")[(rendered(fields[path], given, wrong, visitor) for path in paths)]

    if kind == "clusters":
        yield some(*fields)
    elif kind == "plants":
        yield some(*fields)
        yield _contacts(given, wrong, visitor)
    elif kind == "stations":
        yield some("plant", "name", "from", "until", "timestamp_means", "tt10.prefix", "camera")
        yield h.div(".grid")[
            (
                rendered(one, given, wrong, visitor)
                for one in (INTERVAL, INTERVAL_FROM)[: 1 if new else 2]
            )
        ]
        yield h.div(".ticks")[
            (rendered(fields[path], given, wrong, visitor) for path in ("sampler", "simulated"))
        ]
        yield _series(given, wrong, around, visitor)
    else:
        yield h.fieldset[h.legend[visitor.say(words.PAPER)], some(*PAPER)]
        yield _limits(given, wrong, around, visitor)
        yield _regulation(fields, given, wrong, around, visitor)
        yield h.fieldset[
            h.legend[visitor.say(words.JUDGED)],
            some("basis", "completeness", "no_discharge.below"),
        ]


def _contacts(given: Given, wrong: Wrongs, visitor: Visitor) -> h.Element:
    say = visitor.say
    filled = sum(1 for path in given if path.startswith("contacts[") and path.endswith("].role"))

    def one(n: int, part: str) -> h.Node:
        name = say(words.CONTACT_CELL.filled(n=n + 1, part=words.CONTACT_PARTS[part]))
        return cell(f"contacts[{n}].{part}", "text", name, given, wrong)

    return h.fieldset[
        h.legend[say(words.CONTACTS)],
        table(
            say(words.CONTACTS),
            [say(words.CONTACT_PARTS[part]) for part in CONTACT_PARTS],
            [
                [one(n, part) for part in CONTACT_PARTS]
                for n in range(max(CONTACTS, filled + 1))
            ],
        ),
    ]  # fmt: skip


def _mentioned(given: Given, wrong: Wrongs, group: str) -> set[str]:
    """The parameters that a form says something about."""
    said = [path for path, text in given.items() if text] + list(wrong)
    return {path.split(".")[1] for path in said if path.startswith(f"{group}.")}


def _series(given: Given, wrong: Wrongs, around: Around, visitor: Visitor) -> h.Element:
    say = visitor.say
    near, others = in_sight(around, _mentioned(given, wrong, "series"))
    heads = [say(head) for head in words.SERIES_COLUMNS]

    def rows(some: Sequence[Parameter]) -> h.Element:
        lines = [_series_row(one, given, wrong, visitor) for one in some]
        return table(say(words.SERIES), heads, lines)

    return h.fieldset[
        h.legend[say(words.SERIES)],
        h.p(".hint")[say(words.SERIES_HINT)],
        [h.p(".wrong")[one] for one in wrong.get("series", ())],
        rows(near),
        _folded(others, rows(others), visitor),
    ]


def _folded(others: Sequence[Parameter], inside: h.Element, visitor: Visitor) -> h.Element:
    said = visitor.say(words.OTHERS.filled(n=len(others)))
    return h.details[h.summary[said], inside]


def _series_row(one: Parameter, given: Given, wrong: Wrongs, visitor: Visitor) -> list[h.Node]:
    key, say = one.key, visitor.say
    ticked = f"series.{key}.measured"
    return [
        [
            h.input(
                type="checkbox",
                name=ticked,
                checked=bool(given.get(ticked)),
                aria_label=say(words.MEASURED_CELL.filled(parameter=key)),
            ),
            [h.span(".wrong")[said] for said in wrong.get(ticked, ())],
        ],
        _named(one, visitor),
        unit(one.unit, visitor.lang),
        *(
            cell(
                f"series.{key}.{end}", "number", f"{key}: {say(called)}", given, wrong,
                plain(getattr(one, end)),
            )
            for end, called in (("low", words.LOW), ("high", words.HIGH))
        ),
        cell(f"series.{key}.interval", "whole", f"{key}: {say(words.INTERVAL)}", given, wrong),
    ]  # fmt: skip


def _named(one: Parameter, visitor: Visitor) -> h.Node:
    name = one.name_vi if visitor.lang == "vi" else one.name_en
    return [h.b[one.key], " ", h.span(".faint")[name]] if name != one.key else h.b[one.key]


def _limits(given: Given, wrong: Wrongs, around: Around, visitor: Visitor) -> h.Element:
    say = visitor.say
    near, others = in_sight(around, _mentioned(given, wrong, "limits"))
    heads = [say(head) for head in words.LIMIT_COLUMNS]

    def rows(some: Sequence[Parameter]) -> h.Element:
        lines = [_limit_row(one, given, wrong, visitor) for one in some]
        return table(say(words.LIMITS), heads, lines)

    return h.fieldset[
        h.legend[say(words.LIMITS)],
        h.p(".hint")[say(words.LIMITS_HINT)],
        [h.p(".wrong")[one] for one in wrong.get("limits", ())],
        rows(near),
        _folded(others, rows(others), visitor),
    ]


def _limit_row(one: Parameter, given: Given, wrong: Wrongs, visitor: Visitor) -> list[h.Node]:
    key, say, ends = one.key, visitor.say, ends_of(one)

    def number_cell(end: str, called: Both) -> h.Node:
        if end not in ends:
            return None
        return cell(f"limits.{key}.{end}", "number", f"{key}: {say(called)}", given, wrong)

    return [
        _named(one, visitor),
        number_cell("min", words.MIN),
        number_cell("max", words.MAX),
        unit(one.unit, visitor.lang),
        cell(f"limits.{key}.page", "text", f"{key}: {say(words.PAGE)}", given, wrong),
    ]


def _regulation(
    fields: Mapping[str, Field], given: Given, wrong: Wrongs, around: Around, visitor: Visitor
) -> h.Element:
    say = visitor.say
    choice = Field(
        REGULATION.path, REGULATION.label, "choice", REGULATION.hint, options=columns_of(around.law)
    )
    typed = [one for path, one in fields.items() if path.startswith("regulation.")]
    applied = [one for one in around.law.catalogue.values() if one.regulated_as]
    near, others = in_sight(around, _mentioned_factors(given))
    return h.fieldset[
        h.legend[say(words.REGULATION)],
        h.div(".grid")[(rendered(one, given, wrong, visitor) for one in (choice, *typed))],
        h.p(".label")[say(words.FACTORS_APPLY)],
        h.div(".ticks")[(_applies(one, given, wrong, visitor) for one in near if one in applied)],
        _folded(
            [one for one in others if one in applied],
            h.div(".ticks")[
                (_applies(one, given, wrong, visitor) for one in others if one in applied)
            ],
            visitor,
        ),
    ]


def _mentioned_factors(given: Given) -> set[str]:
    group = "regulation.factors_apply_to."
    return {path.removeprefix(group) for path in given if path.startswith(group)}


def _applies(one: Parameter, given: Given, wrong: Wrongs, visitor: Visitor) -> h.Element:
    path = f"regulation.factors_apply_to.{one.key}"
    return rendered(Field(path, same(one.key), "flag"), given, wrong, visitor)

"""The forms of the register: what each asks for, and the entry that its controls make.

An entry that is changed keeps what its form does not show (escalation, checks, loads ...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from api.console import setupwords as words
from api.console.both import Both, same
from api.console.fields import (
    Body,
    Field,
    Given,
    Wrong,
    number_text,
    put,
    read_into,
    texts_of,
    value_at,
)  # fmt: skip
from api.words import Language
from rules.model import Averaging, Parameter
from rules.regulation import known_periods
from tolich.registering import Entry, Law

CONTACTS = 3
"""Rows for contacts; an entry with more has one more than it has."""

_USUAL = ("FlowIn", "FlowOut", "Temp", "pH", "TSS", "COD", "BOD5", "NH4", "TN", "TP", "Color")
_RANGE = ("low", "high")


class Around(NamedTuple):
    """What a form may refer to: the entries that stand, and the law."""

    standing: Sequence[Entry]
    law: Law

    def of(self, kind: str) -> list[Entry]:
        """The entries of a kind."""
        return [one for one in self.standing if one.kind == kind]

    def one(self, kind: str, id: str) -> Entry | None:  # noqa: A002
        """One entry that stands."""
        return next((one for one in self.of(kind) if one.id == id), None)


def fields_of(kind: str, around: Around) -> tuple[Field, ...]:
    """The controls of a form that hold one value each."""
    return _FIELDS[kind](around)


def given_of(kind: str, body: Mapping[str, Any], around: Around, lang: Language) -> dict[str, str]:
    """What the controls hold of an entry."""
    plain = texts_of(fields_of(kind, around), body, lang)
    return plain | {path: text for path, text in _TEXTS[kind](body, around, lang) if text}


def body_of(
    kind: str, given: Given, before: Mapping[str, Any], around: Around
) -> tuple[Body, list[Wrong]]:
    """The entry that the controls make of the one before, and what cannot be read."""
    body: Body = deepcopy(dict(before))
    wrong = read_into(body, fields_of(kind, around), given)
    return body, [*wrong, *_READ[kind](body, given, around)]


def compacted(given: Given) -> dict[str, str]:
    """The contacts without the rows that were left empty."""
    rows = [_contact(given, n) for n in range(_contact_rows(given))]
    kept = {path: text for path, text in given.items() if not path.startswith("contacts[")}
    for n, row in enumerate(row for row in rows if any(row.values())):
        kept |= {f"contacts[{n}].{part}": text for part, text in row.items()}
    return kept


# --- clusters and plants ------------------------------------------------------------------------


def _cluster(_: Around) -> tuple[Field, ...]:
    return (
        Field("name", words.NAME, required=True, hint=words.CLUSTER_NAME_HINT),
        Field("province", words.PROVINCE, required=True, usual="hanoi"),
        Field("ward", words.WARD, hint=words.WARD_HINT),
        Field("investor", words.INVESTOR),
    )


def _plant(around: Around) -> tuple[Field, ...]:
    return (
        Field(
            "cluster", words.CLUSTER, "choice", required=True, options=_named(around, "clusters")
        ),
        Field("name", words.NAME, required=True),
        Field("capacity", words.CAPACITY, "number", required=True, hint=words.NUMBER_HINT),
    )


def _named(around: Around, kind: str) -> dict[str, Both]:
    found = {"": words.CHOOSE}
    for one in around.of(kind):
        found[one.id] = same(f"{(one.body or {}).get('name', '')} ({one.id})")
    return found


def _nothing(body: Mapping[str, Any], around: Around, lang: Language) -> Iterable[tuple[str, str]]:
    return ()


def _read_nothing(body: Body, given: Given, around: Around) -> list[Wrong]:
    return []


CONTACT_PARTS = ("role", "name", "phone")


def _contact_texts(
    body: Mapping[str, Any], around: Around, lang: Language
) -> Iterable[tuple[str, str]]:
    for n, contact in enumerate(body.get("contacts") or ()):
        for part in CONTACT_PARTS:
            yield f"contacts[{n}].{part}", str(contact.get(part) or "")


def _contact_rows(given: Given) -> int:
    return sum(1 for path in given if path.startswith("contacts[") and path.endswith("].role"))


def _contact(given: Given, n: int) -> dict[str, str]:
    return {part: given.get(f"contacts[{n}].{part}", "").strip() for part in CONTACT_PARTS}


def _read_contacts(body: Body, given: Given, around: Around) -> list[Wrong]:
    rows = [_contact(given, n) for n in range(_contact_rows(given))]
    put(body, "contacts", [row for row in rows if any(row.values())] or None)
    return []


# --- stations -----------------------------------------------------------------------------------


def _station(around: Around) -> tuple[Field, ...]:
    return (
        Field("plant", words.PLANT, "choice", required=True, options=_named(around, "plants")),
        Field("name", words.NAME, required=True),
        Field("from", words.FROM, "day", required=True, hint=words.STATION_FROM_HINT),
        Field("until", words.UNTIL, "day", hint=words.UNTIL_HINT),
        Field(
            "timestamp_means", words.STAMP, "choice", usual="start", hint=words.STAMP_HINT,
            options={"start": words.STAMP_START, "end": words.STAMP_END},
        ),
        Field("tt10.prefix", words.PREFIX, hint=words.PREFIX_HINT),
        Field("camera", words.CAMERA, hint=words.CAMERA_HINT),
        Field("sampler", words.SAMPLER, "flag"),
        Field("simulated", words.SIMULATED, "flag"),
    )  # fmt: skip


INTERVAL = Field(
    "interval", words.INTERVAL, "whole", hint=words.INTERVAL_HINT, required=True, usual="300"
)
INTERVAL_FROM = Field("interval_from", words.INTERVAL_FROM, "day", hint=words.INTERVAL_FROM_HINT)


def _station_texts(
    body: Mapping[str, Any], around: Around, lang: Language
) -> Iterable[tuple[str, str]]:
    interval = body.get("interval")
    last = interval[-1].get("seconds") if isinstance(interval, list) and interval else interval
    yield "interval", str(last or "")
    for key, series in (body.get("series") or {}).items():
        yield f"series.{key}.measured", "on"
        for end in _RANGE:
            number = (series or {}).get(end)
            yield f"series.{key}.{end}", "" if number is None else number_text(number, lang)
        own = (series or {}).get("interval")
        yield f"series.{key}.interval", str(own) if isinstance(own, int) else ""


def _read_station(body: Body, given: Given, around: Around) -> list[Wrong]:
    return [*_read_interval(body, given), *_read_series(body, given, around)]


def _read_interval(body: Body, given: Given) -> list[Wrong]:
    """The interval from a day on: those before it stay, for the days before it."""
    held: Body = {}
    wrong = read_into(held, (INTERVAL, INTERVAL_FROM), given)
    seconds, day = held.get("interval"), held.get("interval_from")
    standing = body.get("interval")
    if wrong or seconds is None:
        if not wrong:
            put(body, "interval", None)
        return wrong
    dated = standing if isinstance(standing, list) else []
    if day is None:
        if dated and dated[-1]["seconds"] != seconds:
            return [Wrong("interval_from", words.SAY_FROM)]
        body["interval"] = dated or seconds
        return []
    if standing is None:
        return [Wrong("interval_from", words.NO_FROM)]
    earlier = dated or [{"from": str(body.get("from", "")), "seconds": standing}]
    body["interval"] = [*(one for one in earlier if str(one["from"]) != day), {
        "from": day, "seconds": seconds
    }]  # fmt: skip
    return []


def _read_series(body: Body, given: Given, around: Around) -> list[Wrong]:
    standing = body.get("series") or {}
    made: Body = {}
    wrong: list[Wrong] = []
    for key in around.law.catalogue:
        own = _series_fields(key)
        if given.get(f"series.{key}.measured"):
            held: Body = {"series": {key: deepcopy(dict(standing.get(key) or {}))}}
            kept = held["series"][key]
            wrong += read_into(held, own, given)
            made[key] = value_at(held, f"series.{key}") or {}
            if isinstance(kept.get("interval"), list):
                made[key].setdefault("interval", kept["interval"])
        elif any(given.get(one.path, "").strip() for one in own):
            wrong.append(Wrong(f"series.{key}.measured", words.TICK))
    body["series"] = made
    return wrong


def _series_fields(key: str) -> tuple[Field, ...]:
    return (
        Field(f"series.{key}.low", words.LOW, "number"),
        Field(f"series.{key}.high", words.HIGH, "number"),
        Field(f"series.{key}.interval", words.INTERVAL, "whole"),
    )


# --- permits ------------------------------------------------------------------------------------


PAPER = ("plant", "document", "number", "date", "page", "from", "until")
"""The fields of a permit that say what paper it is; the others are further down its form."""


def _permit(around: Around) -> tuple[Field, ...]:
    periods = {one.name: Both(one.vi, one.en) for one in known_periods(around.law.regulations)}
    return (
        Field("plant", words.PLANT, "choice", required=True, options=_named(around, "plants")),
        Field("document", words.DOCUMENT, required=True, usual=words.PERMIT_NAMED.vi),
        Field("number", words.NUMBER, required=True),
        Field("date", words.DATE, "day", required=True),
        Field("page", words.PAGE, required=True, hint=words.PAGE_HINT),
        Field("from", words.BINDS_FROM, "day", required=True, hint=words.PERMIT_FROM_HINT),
        Field("until", words.BINDS_UNTIL, "day", hint=words.UNTIL_HINT),
        Field("regulation.page", words.REGULATION_PAGE),
        *(
            Field(f"regulation.factors.{name}", words.FACTOR.filled(name), "number")
            for name in factors_of(around.law)
        ),
        Field(
            "basis", words.BASIS, "choice", options={"": words.NOT_TYPED, **periods},
            hint=words.BASIS_HINT,
        ),
        Field("completeness", words.COMPLETENESS, "number", hint=words.COMPLETENESS_HINT),
        Field("no_discharge.below", words.NO_DISCHARGE, "number", hint=words.NO_DISCHARGE_HINT),
    )  # fmt: skip


REGULATION = Field("regulation", words.REGULATION, "choice", hint=words.REGULATION_HINT)


def factors_of(law: Law) -> list[str]:
    """Every factor of any regulation, such as Kq and Kf."""
    return list(dict.fromkeys(name for one in law.regulations.values() for name in one.factors))


def columns_of(law: Law) -> dict[str, Both]:
    """Every column of every regulation, as a choice."""
    found = {"": words.NO_REGULATION}
    for key, one in law.regulations.items():
        for column in one.columns:
            said = same(f"{key}, {column}") if one.loaded else words.UNLOADED.filled(key, column)
            found[f"{key}|{column}"] = said
    return found


def ends_of(parameter: Parameter) -> tuple[str, ...]:
    """The numbers that a limit of a parameter has."""
    return ("min", "max") if parameter.averaging is Averaging.RANGE else ("max",)


def limit_fields(parameter: Parameter) -> tuple[Field, ...]:
    """The controls of one parameter's limit."""
    key = parameter.key
    return (
        *(Field(f"limits.{key}.{end}", words.MAX, "number") for end in ends_of(parameter)),
        Field(f"limits.{key}.page", words.PAGE),
    )


def _permit_texts(
    body: Mapping[str, Any], around: Around, lang: Language
) -> Iterable[tuple[str, str]]:
    named = body.get("regulation") or {}
    yield "regulation", f"{named.get('id', '')}|{named.get('column', '')}" if named else ""
    for key in named.get("factors_apply_to") or ():
        yield f"regulation.factors_apply_to.{key}", "on"
    for key in body.get("limits") or ():
        if key in around.law.catalogue:
            yield from texts_of(limit_fields(around.law.catalogue[key]), body, lang).items()


def _read_permit(body: Body, given: Given, around: Around) -> list[Wrong]:
    return [*_read_regulation(body, given, around), *_read_limits(body, given, around)]


def _read_regulation(body: Body, given: Given, around: Around) -> list[Wrong]:
    for part in ("id", "column", "factors_apply_to"):
        put(body, f"regulation.{part}", None) if "regulation" in body else None
    applied = [
        key for key in around.law.catalogue if given.get(f"regulation.factors_apply_to.{key}")
    ]
    put(body, "regulation.factors_apply_to", applied) if applied else None
    chosen, _, column = given.get("regulation", "").partition("|")
    if chosen:
        put(body, "regulation.id", chosen)
        put(body, "regulation.column", column)
    elif "regulation" in body:
        return [Wrong("regulation", words.CHOOSE_REGULATION)]
    return []


def _read_limits(body: Body, given: Given, around: Around) -> list[Wrong]:
    wrong: list[Wrong] = []
    for key, parameter in around.law.catalogue.items():
        place = f"limits.{key}"
        before = deepcopy(value_at(body, place))
        wrong += read_into(body, limit_fields(parameter), given)
        typed = value_at(body, place)
        if typed is not None and set(typed) <= {"unit"}:
            put(body, place, None)
        elif typed != before:
            typed["unit"] = parameter.unit
    return wrong


# --- which parameters stand in sight ------------------------------------------------------------


def in_sight(around: Around, mentioned: Iterable[str]) -> tuple[list[Parameter], list[Parameter]]:
    """The parameters that most forms need or this one mentions, and all the others."""
    first = set(_USUAL) | set(mentioned)
    every = list(around.law.catalogue.values())
    return [one for one in every if one.key in first], [
        one for one in every if one.key not in first
    ]


_FIELDS: dict[str, Callable[[Around], tuple[Field, ...]]] = {
    "clusters": _cluster, "plants": _plant, "stations": _station, "permits": _permit,
}  # fmt: skip
_TEXTS: dict[
    str, Callable[[Mapping[str, Any], Around, Language], Iterable[tuple[str, str]]]
] = {
    "clusters": _nothing, "plants": _contact_texts, "stations": _station_texts,
    "permits": _permit_texts,
}  # fmt: skip
_READ: dict[str, Callable[[Body, Given, Around], list[Wrong]]] = {
    "clusters": _read_nothing, "plants": _read_contacts, "stations": _read_station,
    "permits": _read_permit,
}  # fmt: skip

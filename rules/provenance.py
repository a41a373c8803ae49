"""How well a pack is known, and what differs between two packs: for people who edit them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rules.model import Verification
from rules.permit import plain
from rules.regulation import ColumnLimit, Fact, RegulatedParameter, Regulation

NOTHING = "–"


class Known(NamedTuple):
    """How many numbers the tables of a pack have room for, and how many may decide a verdict."""

    cells: int
    decide: int


def known(pack: Regulation) -> Known:
    """How much of a pack's tables may decide."""
    cells = [limit for row in pack.parameters.values() for limit in row.columns.values()]
    decide = sum(limit.verification.decides for limit in cells) if pack.loaded else 0
    return Known(len(cells), decide)


def range_text(limit: ColumnLimit | None) -> str:
    """A number of a table, or the two ends of a range."""
    if limit is None or (limit.low is None and limit.high is None):
        return NOTHING
    low = "" if limit.low is None else f"{plain(limit.low)} – "
    return f"{low}{plain(limit.high)}"


# --- what to know before relying on a pack ------------------------------------------------------


def warnings(pack: Regulation) -> list[str]:
    """What is lawful to write and still worth a word; never fatal."""
    said = [] if pack.loaded else ["loaded: false: its tables decide nothing yet"]
    said += [line for row in pack.parameters.values() for line in _undecided(row)]
    bare = [
        place
        for place, statement in _statements(pack)
        if statement.verification is Verification.UNSURE and not statement.sources
    ]
    tables = [place for place in bare if place.startswith(_TABLES)]
    said += [f"{place}: is unsure and names no source" for place in bare if place not in tables]
    for factor in dict.fromkeys(place.rpartition(".")[0] for place in tables):
        count = sum(place.startswith(f"{factor}.") for place in tables)
        said.append(f"{factor}: {count} figures are unsure and name no source")
    said += [f"sources.{key}: nothing in the file names it" for key in _unnamed(pack)]
    return said


def _undecided(row: RegulatedParameter) -> Iterator[str]:
    for column, limit in row.columns.items():
        if limit.verification is Verification.UNSURE:
            yield (
                f"parameters.{row.key}.limits.{column}: {range_text(limit)} is unsure, so it is "
                "shown and decides nothing"
            )
    empty = [c for c, one in row.columns.items() if one.verification is Verification.MISSING]
    if empty:
        yield (
            f"parameters.{row.key}.limits: no number in column {', '.join(empty)}; a plant there "
            "gets limit_missing unless its permit types one"
        )


def _statements(pack: Regulation) -> Iterator[tuple[str, Fact | ColumnLimit]]:
    """Everything of a pack that has a verification, by its place in the file."""
    yield "instrument", pack.instrument
    for name, fact in pack.facts.items():
        yield _place(name, pack.factors), fact
    for name, fact in pack.columns.items():
        yield f"columns.{name}", fact
    for key, row in pack.parameters.items():
        for column, limit in row.columns.items():
            yield f"parameters.{key}.limits.{column}", limit


_TABLES = "factor_tables."


def _place(fact: str, factors: tuple[str, ...]) -> str:
    """Where a file has what a pack keeps as a fact: dates and tables of factors, too."""
    if fact in ("issued", "effective", "until"):
        return fact
    return f"{_TABLES}{fact}" if fact.partition(".")[0] in factors else f"facts.{fact}"


def _unnamed(pack: Regulation) -> list[str]:
    """The sources that nothing refers to, by their short keys."""
    named = {source for _, statement in _statements(pack) for source in statement.sources}
    for row in pack.parameters.values():
        named.update(row.factors_apply_sources)
    return [key for key, text in pack.sources.items() if text not in named]


# --- the difference between two packs -----------------------------------------------------------


class Difference(NamedTuple):
    """One thing that two packs say differently: its place, what of it, and both texts."""

    where: str
    what: str
    before: str
    after: str


def differences(old: Regulation, new: Regulation) -> list[Difference]:
    """Everything that differs, in the order of the file; the hash and comments do not count."""
    before, after = dict(_said(old)), dict(_said(new))
    places = [*before, *(place for place in after if place not in before)]
    return [one for place in places for one in _at(place, before.get(place), after.get(place))]


_Said = dict[str, str]


def _at(where: str, before: _Said | None, after: _Said | None) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(where, "added" if before is None else "taken out", *_both(before, after))
        return
    for what, one in before.items():  # the same is said of a place in every pack
        if one != after[what]:
            yield Difference(where, what, one, after[what])


def _both(before: _Said | None, after: _Said | None) -> tuple[str, str]:
    return _whole(before), _whole(after)


def _whole(said: _Said | None) -> str:
    """Everything said of a place, on one line."""
    if said is None:
        return NOTHING
    return "; ".join(f"{what} {text}" for what, text in said.items() if text != NOTHING)


def _said(pack: Regulation) -> Iterator[tuple[str, _Said]]:
    """What a pack says, place by place, as text."""
    yield (
        "pack",
        {
            "id": pack.id,
            "version": pack.version,
            "loaded": str(pack.loaded).lower(),
            "title vi": pack.title_vi,
            "title en": pack.title_en,
            "factors": _list(pack.factors),
        },
    )
    for period in pack.periods:
        words = {"seconds": str(period.length), "vi": period.vi, "en": period.en}
        yield f"periods.{period.name}", words
    for place, statement in _statements(pack):
        if isinstance(statement, Fact):
            yield place, {"text": statement.text, **_provenance(statement)}
    for key, row in pack.parameters.items():
        yield f"parameters.{key}", _row(row)
        for column, limit in row.columns.items():
            place = f"parameters.{key}, column {column}"
            yield place, {"limit": range_text(limit), **_provenance(limit)}


def _row(row: RegulatedParameter) -> _Said:
    applies = NOTHING if row.factors_apply is None else str(row.factors_apply).lower()
    return {
        "number": row.number,
        "vi": row.name_vi,
        "en": row.name_en,
        "symbol": row.symbol or NOTHING,
        "cas": row.cas or NOTHING,
        "unit": row.unit,
        "factors apply": f"{applies} ({row.factors_apply_verification})",
        "factors apply: sources": _list(row.factors_apply_sources),
        "note": row.note or NOTHING,
    }


def _provenance(of: Fact | ColumnLimit) -> _Said:
    return {
        "verification": str(of.verification),
        "sources": _list(of.sources),
        "note": of.note or NOTHING,
    }


def _list(texts: Iterable[str]) -> str:
    return ", ".join(texts) or NOTHING

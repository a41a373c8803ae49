"""Registering: what people enter by form, sheet or program, put on record by the web process.

The writer sees that the register changed and takes it; nothing here judges a reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, exists, or_, select

from rules.loading import meant
from rules.model import Problem, Refused
from rules.permit import warnings
from rules.register import KINDS, Register, load_register, unmeasured
from tolich.pipeline import Taking
from tolich.registering import Body, Change, Entry, Law, Preview
from tolich.store.ledger import appending
from tolich.store.registry import (
    changed_rows,
    current,
    entry_rows,
    merged,
    parsed,
    version,
    write_rows,
)  # fmt: skip
from tolich.store.schema import alert, finding, reading, series

_MOST_DIGITS = 30
_DEEPEST = 8
_FILE = "changes"
_SHAPE = "expected a mapping of entries by id"


@dataclass(frozen=True, slots=True)
class _Judged:
    """Changes laid beside the register: the rows they make, and what they would make of it."""

    rows: list[dict[str, Any]]
    register: Register | None  # None: it would not load
    preview: Preview


class Registrar:
    """The `Registering` port on the store, with the register that `taking` keeps fresh."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking

    def law(self) -> Law:
        """What is loaded of parameters and regulations."""
        return Law(self._taking.catalogue, self._taking.registered.regulations)

    def entries(self) -> Sequence[Entry]:
        """Every entry that stands, by kind and id."""
        with self._taking.engine.connect() as connection:
            found = [_entry(row) for row in entry_rows(connection)]
        standing = [one for one in found if one.body is not None]
        return sorted(standing, key=lambda one: (KINDS.index(one.kind), one.id))

    def history(self, kind: str, id: str) -> Sequence[Entry]:  # noqa: A002
        """Every row of one entry, newest first."""
        with self._taking.engine.connect() as connection:
            return [_entry(row) for row in entry_rows(connection, kind, id)]

    def preview(self, changes: Mapping[str, Any], seen: int | None = None) -> Preview:
        """What the changes would do."""
        with self._taking.engine.connect() as connection:
            return self._judged(connection, changes, seen).preview

    def enter(
        self, changes: Mapping[str, Any], author: str, document: str, seen: int | None = None
    ) -> Preview:
        """Enter the changes, whole or not at all. Raises Refused, NotDurable."""
        taking = self._taking
        taking.room()
        named = list(_unwritable(document.strip() or None, "document", 0))
        if not document.strip():
            named.append(Problem(_FILE, "document", "say from which document this is entered"))
        with appending(taking.engine, taking.clock.now()) as append:
            judged = self._judged(append.connection, changes, seen)
            problems = [*judged.preview.problems, *named]
            if problems or judged.register is None:
                raise Refused(problems)
            write_rows(append, judged.rows, judged.register, document=document.strip(), by=author)
        taking.refresh()
        return judged.preview

    def undo(
        self,
        kind: str,
        id: str,  # noqa: A002
        author: str,
        document: str,
        seen: int | None = None,
    ) -> Preview:
        """Let an entry be what it was before its newest row. Raises Refused, NotDurable."""
        rows = self.history(kind, id)
        if not rows:
            said = f"there never was such an entry{meant(kind, KINDS) if kind not in KINDS else ''}"
            raise Refused([Problem(_FILE, f"{kind}.{id}", said)])
        earlier = rows[1].body if len(rows) > 1 else None
        newest = rows[0].number if seen is None else seen
        return self.enter({kind: {id: earlier}}, author, document, newest)

    def _judged(
        self, connection: Connection, changes: Mapping[str, Any], seen: int | None
    ) -> _Judged:
        number = version(connection)
        wrong = list(_misshapen(changes))
        if wrong:
            return _Judged([], None, Preview((), wrong, (), number))
        raw = {"schema": 1, **changes}
        before = current(connection)
        rows = changed_rows(before, raw)
        made = [_change(before, row) for row in rows]
        problems = list(_meanwhile(connection, rows, seen)) if seen is not None else []
        try:
            after = self._loaded(merged(before, raw))
        except Refused as refused:
            return _Judged(rows, None, Preview(made, [*refused.problems, *problems], (), number))
        problems += _orphaned(connection, self._loaded(before), after)
        notes = list(self._notes(made, after))
        return _Judged(rows, after, Preview(made, problems, notes, number))

    def _loaded(self, raw: Mapping[str, Any]) -> Register:
        taking = self._taking
        return load_register(_FILE, raw, taking.catalogue, taking.registered.regulations)

    def _notes(self, made: Sequence[Change], after: Register) -> Iterator[str]:
        """What an officer should know of every permit that changes."""
        taking = self._taking
        for one in made:
            permit = after.permits.get(one.id) if one.kind == "permits" else None
            if permit is not None:
                plant = after.plants[permit.plant]
                province = after.clusters[plant.cluster].province
                known = taking.registered.regulations
                said = warnings(permit, province, taking.catalogue, known)
                yield from (f"{permit.id}: {note}" for note in said)
                yield from (f"{permit.id}: {note}" for note in unmeasured(permit, after))


def _entry(row: RowMapping) -> Entry:
    return Entry(
        row["kind"], row["key"], row["id"], parsed(row["body"]), row["entered_at"],
        row["entered_by"], row["document"],
    )  # fmt: skip


def _change(before: Mapping[str, Mapping[str, Body]], row: Mapping[str, Any]) -> Change:
    standing, after = before[row["kind"]].get(row["key"]), parsed(row["body"])
    what: Literal["new", "changed", "withdrawn"] = "changed"
    if standing is None:
        what = "new"
    elif after is None:
        what = "withdrawn"
    return Change(row["kind"], row["key"], what, standing, after)


def _meanwhile(
    connection: Connection, rows: Sequence[Mapping[str, Any]], seen: int
) -> Iterator[Problem]:
    """What somebody else changed after it was looked at."""
    for row in rows:
        found = entry_rows(connection, row["kind"], row["key"])
        if found and found[0]["id"] > seen:
            who = found[0]["entered_by"]
            said = f"was changed meanwhile by {who}: look at it again"
            yield Problem(_FILE, f"{row['kind']}.{row['key']}", said)


# --- what the record still needs ----------------------------------------------------------------


def _orphaned(connection: Connection, before: Register, after: Register) -> Iterator[Problem]:
    """Stations and series with something on record cannot go: nobody could read it any more."""
    for key, station in before.stations.items():
        if key not in after.stations:
            if _on_record(connection, key, *station.judged(), None):
                said = "has readings or findings on record: give it `until` instead"
                yield Problem(_FILE, f"stations.{key}", said)
            continue
        gone = sorted(set(station.judged()) - set(after.stations[key].judged()))
        for parameter in gone:
            if _on_record(connection, key, parameter):
                said = "has readings or findings on record: it cannot be taken out"
                yield Problem(_FILE, f"stations.{key}.series.{parameter}", said)


def _on_record(connection: Connection, station: str, *parameters: str | None) -> bool:
    """Whether anything is; an alert about the station as a whole has no parameter."""
    of = select(series.c.id).where(series.c.station == station, series.c.parameter.in_(parameters))
    about = [
        alert.c.parameter.is_(one) if one is None else alert.c.parameter == one
        for one in parameters
    ]
    asked = select(
        exists().where(reading.c.series.in_(of))
        | exists().where(finding.c.series.in_(of))
        | exists().where(alert.c.station == station, or_(*about))
    )
    return bool(connection.execute(asked).scalar())


# --- what cannot be a register at all -----------------------------------------------------------


def _misshapen(changes: Mapping[str, Any]) -> Iterator[Problem]:
    """What the loader need not look at: other kinds, other shapes, what no store can keep."""
    for kind, entries in changes.items():
        if kind == "schema":
            continue
        if kind not in KINDS:
            yield Problem(_FILE, str(kind), f"unknown key{meant(str(kind), KINDS)}")
        elif entries is not None and not isinstance(entries, Mapping):
            yield Problem(_FILE, kind, _SHAPE)
        else:
            for key, body in (entries or {}).items():
                place = f"{kind}.{key}"
                yield from _unwritable(str(key), place, 0)
                if body is not None and not isinstance(body, Mapping):
                    yield Problem(_FILE, place, "expected a mapping of keys to values")
                yield from _unwritable(body, place, 0)


def _unwritable(value: Any, place: str, depth: int) -> Iterator[Problem]:
    if depth > _DEEPEST:
        yield Problem(_FILE, place, "lies too deep")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unwritable(str(key), place, depth + 1)
            yield from _unwritable(inner, f"{place}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unwritable(inner, f"{place}[{index}]", depth + 1)
    elif isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            yield Problem(_FILE, place, "holds a sign that cannot be written")
    elif isinstance(value, int | float | Decimal) and not _writable(Decimal(value)):
        yield Problem(_FILE, place, f"a number has {_MOST_DIGITS} digits at most")


def _writable(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) <= _MOST_DIGITS

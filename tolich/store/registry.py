"""The register in the store: dated rows (who, when, what document), whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, update

from rules.model import Series
from rules.parameters import Catalogue
from rules.permit import Regulations
from rules.register import KINDS, Register, load_register
from tolich.evidence.links import content_of
from tolich.store.ledger import Append, appending, canonical
from tolich.store.schema import register_entry, series
from tolich.store.statements import next_key
from tolich.store.verdicts import series_of

NAME = "register in the store"
_SERIES = select(series.c.id, series.c.station, series.c.parameter)


def current(connection: Connection) -> dict[str, Any]:
    """The register as it stands, as the mapping that `load_register` reads."""
    newest = select(func.max(register_entry.c.id)).group_by(
        register_entry.c.kind, register_entry.c.key
    )
    query = (
        select(register_entry.c.kind, register_entry.c.key, register_entry.c.body)
        .where(register_entry.c.id.in_(newest), register_entry.c.body.is_not(None))
        .order_by(register_entry.c.id)
    )
    mapping: dict[str, Any] = {"schema": 1, **{kind: {} for kind in KINDS}}
    for kind, key, body in connection.execute(query):
        mapping[kind][key] = json.loads(body, parse_float=Decimal)
    return mapping


def version(connection: Connection) -> int:
    """A number that grows whenever the register changes; 0 when there is none."""
    return int(connection.execute(select(func.max(register_entry.c.id))).scalar() or 0)


def read_register(engine: Engine, catalogue: Catalogue, known: Regulations) -> Register:
    """The register as it stands. Raises Refused when the rows no longer load."""
    with engine.connect() as connection:
        return load_register(NAME, current(connection), catalogue, known)


def series_keys(engine: Engine) -> dict[Series, int]:
    """The key of every series ever registered."""
    with engine.connect() as connection:
        return series_of(tuple(row) for row in connection.execute(_SERIES))


def enter(
    engine: Engine,
    raw: dict[str, Any],
    catalogue: Catalogue,
    known: Regulations,
    *,
    document: str,
    by: str,
    now: int,
) -> int:
    """Add a register to the one in the store; returns how many entries are new or changed.

    What results must load as a whole; otherwise Refused, and nothing is changed. An entry
    given as null is taken out.
    """
    if not all(raw.get(kind) is None or isinstance(raw[kind], dict) for kind in KINDS):
        load_register(document, raw, catalogue, known)  # refuses, naming the place
    with appending(engine, now) as append:
        before = current(append.connection)
        rows = changed_rows(before, raw)
        register = load_register(document, merged(before, raw), catalogue, known)
        write_rows(append, rows, register, document=document, by=by)
    return len(rows)


def write_rows(
    append: Append, rows: Sequence[dict[str, Any]], register: Register, *, document: str, by: str
) -> None:
    """Put changed rows on record, which together with those before them load as `register`."""
    connection = append.connection
    key = next_key(connection, register_entry)
    for offset, row in enumerate(rows):
        row.update(id=key + offset, entered_at=append.at, entered_by=by, document=document)
        row["seq"] = append.entry("register", key + offset, canonical(row))
    if rows:
        connection.execute(insert(register_entry), rows)
    _add_series(connection, register)
    chain_series(append)


def changed_rows(before: dict[str, Any], raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Kind, key and body of every entry that is not yet as `raw` has it."""
    rows = []
    for kind in KINDS:
        for key, body in (raw.get(kind) or {}).items():
            text = _text(body)
            if text != _text(before[kind].get(key)):
                rows.append({"kind": kind, "key": str(key), "body": text})
    return rows


def merged(before: dict[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The register as it would be: what stands, with the entries of `raw` put in or taken out."""
    made = {key: value for key, value in raw.items() if key not in KINDS}
    for kind in KINDS:
        both = before[kind] | {str(key): body for key, body in (raw.get(kind) or {}).items()}
        made[kind] = {key: body for key, body in both.items() if body is not None}
    return made


def unsaid(engine: Engine, raw: Mapping[str, Any], by: str) -> dict[str, Any]:
    """A register without the entries of which `by` said the same the last time it entered them.

    What people changed since stays as they left it, until `by` says something else.
    """
    newest = select(func.max(register_entry.c.id)).where(register_entry.c.entered_by == by)
    newest = newest.group_by(register_entry.c.kind, register_entry.c.key)
    query = select(register_entry.c.kind, register_entry.c.key, register_entry.c.body)
    with engine.connect() as connection:
        rows = connection.execute(query.where(register_entry.c.id.in_(newest)))
        said = {(kind, key): body for kind, key, body in rows}
    left = dict(raw)
    for kind in KINDS:
        entries = raw.get(kind)
        if isinstance(entries, dict):
            left[kind] = {
                key: body
                for key, body in entries.items()
                if (kind, str(key)) not in said or said[kind, str(key)] != _text(body)
            }
    return left


def _text(body: object) -> str | None:
    return None if body is None else _json(body)


def entry_rows(
    connection: Connection, kind: str | None = None, key: str | None = None
) -> Sequence[RowMapping]:
    """Rows of the register, newest first: those that stand, or all of one entry."""
    query = select(register_entry).order_by(register_entry.c.id.desc())
    if kind is None:
        newest = select(func.max(register_entry.c.id)).group_by(
            register_entry.c.kind, register_entry.c.key
        )
        query = query.where(register_entry.c.id.in_(newest))
    else:
        query = query.where(register_entry.c.kind == kind, register_entry.c.key == key)
    return connection.execute(query).mappings().all()


def parsed(body: str | None) -> dict[str, Any] | None:
    """The body of a row, its numbers exact."""
    found: dict[str, Any] | None = None
    if body is not None:
        found = json.loads(body, parse_float=Decimal)
    return found


def _add_series(connection: Connection, register: Register) -> None:
    known = series_of(tuple(row) for row in connection.execute(_SERIES))
    new = [
        {"station": station.id, "parameter": parameter}
        for station in register.stations.values()
        for parameter in station.judged()
        if Series(station.id, parameter) not in known
    ]
    key = next_key(connection, series)
    if new:
        connection.execute(
            insert(series), [{"id": key + offset, **row} for offset, row in enumerate(new)]
        )


def chain_series(append: Append) -> None:
    """Chain the series that have no entry: those just added, and those from before there were any.

    Readings and findings know their series by its key alone.
    """
    connection = append.connection
    query = select(series).where(series.c.seq.is_(None)).order_by(series.c.id)
    for row in connection.execute(query).mappings().all():
        seq = append.entry("series", row["id"], content_of("series", row))
        connection.execute(update(series).where(series.c.id == row["id"]).values(seq=seq))


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a register")

"""Writing and reading verdicts: findings with their revisions, limits and versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from rules.model import ENGINE, Counts, Finding, Limit, Outcome, Reason, Series, Verification
from rules.permit import Regulations
from tolich.store.ledger import Append, canonical
from tolich.store.schema import finding, limit, version
from tolich.store.statements import insert_rows, marked, next_key, plain_rows


@dataclass(frozen=True, slots=True)
class Revised:
    """A finding to write, with its series and the row it replaces (None: the first)."""

    series: int
    finding: Finding
    limit: int | None
    replaces: int | None  # key of the superseded row


def limit_body(of: Limit) -> str:
    """A limit as it is kept: JSON, numbers as exact text."""
    return canonical(asdict(of) | {"low": _text(of.low), "high": _text(of.high)}).decode()


def _text(number: object) -> str | None:
    return None if number is None else str(number)


@lru_cache(maxsize=65536)
def limit_digest(of: Limit) -> bytes:
    """What a limit is known by."""
    return hashlib.sha256(limit_body(of).encode()).digest()


def folded_digest(digest: bytes | None) -> int:
    """A digest as a number that fits 64 bits, for comparing; 0 where there is none."""
    return 0 if digest is None else int.from_bytes(digest[:7])


def known_limits(connection: Connection) -> dict[bytes, int]:
    """The keys of all limits on record, by digest."""
    rows = connection.execute(select(limit.c.digest, limit.c.id))
    return {bytes(digest): key for digest, key in rows}


def write_limit(append: Append, key: int, of: Limit) -> None:
    """Add a limit under a new key."""
    body = limit_body(of)
    insert_rows(append.connection, limit, [(key, limit_digest(of), body)])
    append.entry("limit", key, body.encode())


def version_body(regulations: Regulations) -> str:
    """Engine and packs a judgement was made with, as JSON."""
    packs = {
        key: {"version": pack.version, "digest": pack.digest} for key, pack in regulations.items()
    }
    return canonical({"engine": ENGINE, "packs": packs}).decode()


@lru_cache(maxsize=64)
def made_with(body: str) -> dict[str, Any]:
    """A kept version as a mapping: `engine`, and `packs` by regulation."""
    made: dict[str, Any] = json.loads(body)
    return made


def version_key(append: Append, body: str) -> int:
    """The key of a version, written when it is new."""
    connection = append.connection
    found = connection.execute(select(version.c.id).where(version.c.body == body)).scalar()
    if found is not None:
        return int(found)
    key = next_key(connection, version)
    connection.execute(insert(version).values(id=key, body=body))
    append.entry("version", key, body.encode())
    return key


def write_findings(append: Append, version_id: int, revised: Sequence[Revised]) -> int:
    """Add revisions; the rows they replace are marked as superseded. Returns the first key."""
    if not revised:
        return 0
    connection = append.connection
    key = next_key(connection, finding)
    rows, replaced = [], []
    for number, new in enumerate(revised, start=key):
        content = (*_content(new), version_id, append.at)
        seq = append.entry("finding", number, canonical(content))
        rows.append((number, seq, None, *content))
        if new.replaces is not None:
            replaced.append((seq, new.replaces))
    if replaced:
        _supersede(connection, replaced)
    insert_rows(connection, finding, rows)
    return key


def _supersede(connection: Connection, replaced: list[tuple[int, int]]) -> None:
    mark = marked(connection)
    statement = f"UPDATE finding SET superseded = {mark} WHERE id = {mark}"
    connection.exec_driver_sql(statement, replaced)


def _content(new: Revised) -> tuple[Any, ...]:
    """The columns of a finding from `series` to `final`, in their order."""
    found, counts = new.finding, new.finding.counts
    mean = found.mean
    return (
        new.series,
        found.period,
        found.start,
        found.end,
        found.revision,
        found.outcome.value,
        found.reason.value,
        None if mean is None else f"{mean.numerator}/{mean.denominator}",
        new.limit,
        counts.expected,
        counts.received,
        counts.valid,
        counts.calibrating,
        counts.faulty,
        counts.failed,
        counts.unknown,
        counts.conflicting,
        found.final,
    )


Stored = tuple[Any, ...]
"""id, series, period, start, revision, outcome, reason, mean, the eight counts in the order of
`Counts`, final, digest of the limit: a current finding as the writer compares it."""


def stored_findings(
    connection: Connection, series: Sequence[int], periods: Sequence[str], start: int, end: int
) -> Sequence[Stored]:
    """Current findings of some series and periods that start in [start, end)."""
    mark = marked(connection)
    keys, names = (", ".join([mark] * len(some)) for some in (series, periods))
    # The periods are named for the index's sake, which has them before the start.
    # Plain text and rows: this is read for every day that late data opens again.
    statement = (
        "SELECT f.id, f.series, f.period, f.start, f.revision, f.outcome, f.reason, f.mean, "
        "f.expected, f.received, f.valid, f.calibrating, f.faulty, f.failed, f.unknown, "
        'f.conflicting, f.final, l.digest FROM finding f LEFT JOIN "limit" l ON f."limit" = l.id '
        f"WHERE f.series IN ({keys}) AND f.period IN ({names}) "
        f"AND f.start >= {mark} AND f.start < {mark} AND f.superseded IS NULL"
    )
    return plain_rows(connection, statement, (*series, *periods, start, end))


def counts_of(row: RowMapping) -> Counts:
    """The counts of a finding's row."""
    return Counts(
        expected=row["expected"],
        received=row["received"],
        valid=row["valid"],
        calibrating=row["calibrating"],
        faulty=row["faulty"],
        failed=row["failed"],
        unknown=row["unknown"],
        conflicting=row["conflicting"],
    )


@lru_cache(maxsize=4096)  # limits are few, findings many
def limit_of(body: str | None) -> Limit | None:
    """A kept limit back as a value."""
    if body is None:
        return None
    kept = json.loads(body)
    low, high = (None if kept[side] is None else Decimal(kept[side]) for side in ("low", "high"))
    return Limit(
        low,
        high,
        kept["unit"],
        kept["citation"],
        tuple(kept["trace"]),
        Verification(kept["verification"]),
    )


def _mean(text: str | None) -> Fraction | None:
    """A kept mean, "numerator/denominator", as a number."""
    if text is None:
        return None
    above, below = text.split("/")
    return Fraction(int(above), int(below))


def finding_of(row: RowMapping, series: Series, body: str | None) -> Finding:
    """A stored revision back as a value; `body` is its limit's."""
    return Finding(
        series=series,
        period=row["period"],
        start=row["start"],
        end=row["end"],
        outcome=Outcome(row["outcome"]),
        reason=Reason(row["reason"]),
        mean=_mean(row["mean"]),
        limit=limit_of(body),
        counts=counts_of(row),
        final=bool(row["final"]),
        revision=row["revision"],
    )


def series_of(rows: Iterable[tuple[int, str, str]]) -> dict[Series, int]:
    """Series keys by series."""
    return {Series(station, parameter): key for key, station, parameter in rows}

"""Suspicion on record: courses of stations, baselines, what was found, and who looked it up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, func, insert, select

from rules.days import DAY_SECONDS, local_date, rfc3339
from rules.lines import step_of
from rules.model import Series, Status
from rules.suspicion import Baseline, Look, State, read_baseline
from rules.suspicion_words import look_words, reason_words, state_words
from rules.terms import Terms
from rules.traces import FLOWS, QUALITY, TEMPERATURE, Course
from tolich.ports import Shape
from tolich.store.ledger import Append, canonical
from tolich.store.readings import readings_between
from tolich.store.statements import next_key
from tolich.store.suspicionschema import suspicion, suspicion_baseline, suspicion_look

LOOKED_AT = (*QUALITY, TEMPERATURE, *FLOWS)
THOUSAND = 1000


# --- courses ------------------------------------------------------------------------------------


def read_course(
    connection: Connection,
    terms: Sequence[Terms],
    keys: Mapping[Series, int],
    first: int,
    days: int,
) -> Course | None:
    """Some days of a station as its logger told them; None where nothing of it is looked at.

    Only measuring values (00) inside the instrument's range; where a slot has several, the
    last. What officers amended is not applied: the question is what the logger sent.
    """
    asked = [
        term for term in terms
        if term.derived is None and term.parameter.key in LOOKED_AT and term.series in keys
    ]  # fmt: skip
    if not asked:
        return None
    interval = max(term.interval for term in asked)
    slots = days * DAY_SECONDS // interval
    values = np.full((len(asked), slots), np.nan)
    calibrating = np.zeros((len(asked), slots), np.bool_)
    rows = {keys[term.series]: row for row, term in enumerate(asked)}
    found = readings_between(connection, list(rows), first, first + days * DAY_SECONDS)
    for series, at, value, status, _ in sorted(found):
        row = rows[series]
        term = asked[row]
        slot = (at - first - term.stamp_ends) // interval
        if 0 <= slot < slots:
            calibrating[row, slot] |= status == Status.CALIBRATING
            if status == Status.MEASURING and term.low <= value <= term.high:
                values[row, slot] = float(term.parameter.decimal(value))
    shape = (len(asked), days, DAY_SECONDS // interval)
    return Course(
        first=first,
        interval=interval,
        parameters=tuple(term.parameter.key for term in asked),
        values=values.reshape(shape),
        calibrating=calibrating.reshape(shape),
        cycles=tuple(_cycle(term, interval) for term in asked),
        resolutions=tuple(float(term.parameter.decimal(step_of(term))) for term in asked),
        limits=tuple(_limit(term) for term in asked),
    )


def _cycle(term: Terms, interval: int) -> int:
    slots = max(1, term.parameter.refresh // interval)
    per_day = DAY_SECONDS // interval
    return slots if per_day % slots == 0 else 1


def _limit(term: Terms) -> float | None:
    limit = term.limit
    return None if limit is None or limit.high is None else float(limit.high)


# --- rows ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A baseline on record."""

    id: int
    made_at: int
    baseline: Baseline


def keep_baseline(
    append: Append, station: str, baseline: Baseline, days: int, author: str, reason: str
) -> int:
    """Put a baseline on record; the newest of a station is the one in use. Returns its key."""
    row = {
        "id": next_key(append.connection, suspicion_baseline),
        "made_at": append.at,
        "station": station,
        "first": baseline.first,
        "last": baseline.first + (days - 1) * DAY_SECONDS,
        "engine": baseline.engine,
        "digest": baseline.digest,
        "body": baseline.text(),
        "author": author,
        "reason": reason,
    }
    return _added(append, "suspicion_baseline", suspicion_baseline, row)


def newest_baseline(connection: Connection, station: str) -> Kept | None:
    """The baseline in use at a station."""
    of = suspicion_baseline.c
    query = select(of.id, of.made_at, of.body).where(of.station == station)
    row = connection.execute(query.order_by(of.id.desc()).limit(1)).one_or_none()
    return None if row is None else Kept(row.id, row.made_at, read_baseline(row.body))


def looked_until(connection: Connection) -> dict[str, int]:
    """The last day of each station that was looked at (local midnights)."""
    of = suspicion.c
    query = select(of.station, func.max(of.day)).group_by(of.station)
    return {station: day for station, day in connection.execute(query)}


def keep_look(append: Append, station: str, baseline: int | None, found: Look) -> int:
    """Put on record what a look at a day came to; returns its key."""
    row = {
        "id": next_key(append.connection, suspicion),
        "made_at": append.at,
        "station": station,
        "day": found.day,
        "baseline": baseline,
        "state": str(found.state),
        "score": round(found.score * THOUSAND),
        "body": json.dumps(look_body(found, baseline is not None), ensure_ascii=False),
    }
    return _added(append, "suspicion", suspicion, row)


def keep_asking(append: Append, who: tuple[int, str, str], what: object, shown: object) -> int:
    """Put on record that somebody looked suspicions up: account, name and role; what; which."""
    account, name, role = who
    row = {
        "id": next_key(append.connection, suspicion_look),
        "at": append.at,
        "account": account,
        "name": name,
        "role": role,
        "what": json.dumps(what, sort_keys=True),
        "shown": json.dumps(shown),
    }
    return _added(append, "suspicion_look", suspicion_look, row)


def _added(append: Append, kind: str, table: Any, row: dict[str, Any]) -> int:
    seq = append.entry(kind, row["id"], canonical(row))
    append.connection.execute(insert(table).values(seq=seq, **row))
    return int(row["id"])


# --- shapes -------------------------------------------------------------------------------------


def look_body(found: Look, has_baseline: bool) -> Shape:
    """What is kept of a look beside its state and score."""
    return {
        "summary": _both(look_words(found, has_baseline)),
        "rested": found.rested,
        "not_evaluated": [str(one) for one in found.silent],
        "reasons": [
            {
                "detector": str(one.detector),
                "statistic": round(one.statistic, 3),
                "threshold": one.threshold,
                "score": round(one.score, 3),
                "seen": {
                    name: {"day": round(day, 4), "usual": round(usual, 4)}
                    for name, (day, usual) in one.seen.items()
                },
                "text": _both(reason_words(one)),
            }
            for one in found.reasons
        ],
    }


def _both(words: tuple[str, str]) -> Shape:
    return {"vi": words[0], "en": words[1]}


def suspicion_shape(row: Mapping[Any, Any], cluster: str) -> Shape:
    """A suspicion as the contract spells it."""
    return {
        "id": row["id"],
        "station": row["station"],
        "cluster": cluster,
        "day": local_date(row["day"]).isoformat(),
        "state": row["state"],
        "state_text": _both(state_words(State(row["state"]))),
        "score": row["score"] / THOUSAND,
        "baseline": row["baseline"],
        "made_at": rfc3339(row["made_at"]),
        **json.loads(row["body"]),
    }


def asking_shape(row: Mapping[Any, Any]) -> Shape:
    """Who looked what up, as the contract spells it."""
    return {
        "id": row["id"],
        "at": rfc3339(row["at"]),
        "account": row["account"],
        "name": row["name"],
        "role": row["role"],
        "what": json.loads(row["what"]),
        "shown": json.loads(row["shown"]),
    }


def engine_rows(engine: Engine, query: Any) -> list[Mapping[Any, Any]]:
    """The rows of a query."""
    with engine.connect() as connection:
        return list(connection.execute(query).mappings())

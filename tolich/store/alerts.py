"""Writing alerts and transitions. A transition is a row of its own and is never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from rules.days import rfc3339
from rules.model import AlertKind, Change, Severity
from tolich.store.ledger import Append, canonical
from tolich.store.schema import alert, transition
from tolich.store.statements import next_key
from tolich.store.work import moved

_PUBLIC = re.compile("A[0-9]{1,18}")

ACTIVE, ENDED, WITHDRAWN = "active", "ended", "withdrawn"


@dataclass(frozen=True, slots=True)
class Track:
    """What one alert is about: a station, or a series and a period of it."""

    kind: AlertKind
    station: str
    parameter: str | None = None
    period: str | None = None
    subject: str | None = None  # of an instrument alert: rules.instruments.Subject


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as it stands."""

    id: int
    track: Track
    severity: Severity
    state: str
    started_at: int
    ended_at: int | None
    finding: str | None
    merged_into: int | None = None
    part_of: int | None = None  # the outage a silence belongs to


def public_id(key: int) -> str:
    """The name of an alert outside."""
    return f"A{key}"


def alert_key(public: str) -> int | None:
    """The key behind an alert's name; None when it is not one."""
    return int(public[1:]) if _PUBLIC.fullmatch(public) else None


def read_alert(row: RowMapping) -> AlertRow:
    """A row of the alert table as a value."""
    return AlertRow(
        id=row["id"],
        track=Track(
            AlertKind(row["kind"]), row["station"], row["parameter"], row["period"], row["subject"]
        ),
        severity=Severity(row["severity"]),
        state=row["state"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        finding=row["finding"],
        merged_into=row["merged_into"],
        part_of=row["part_of"],
    )


def alerts_of(connection: Connection, track: Track, reaching: int | None = None) -> list[AlertRow]:
    """Alerts of a track that were not withdrawn, oldest first; `reaching`: still open then."""
    query = (
        select(alert)
        .where(
            alert.c.kind == track.kind,
            alert.c.station == track.station,
            alert.c.parameter.is_not_distinct_from(track.parameter),
            alert.c.period.is_not_distinct_from(track.period),
            alert.c.subject.is_not_distinct_from(track.subject),
            alert.c.state != WITHDRAWN,
        )
        .order_by(alert.c.id)
    )
    if reaching is not None:
        query = query.where(or_(alert.c.ended_at.is_(None), alert.c.ended_at >= reaching))
    return [read_alert(row) for row in connection.execute(query).mappings()]


def known_tracks(connection: Connection) -> set[Track]:
    """Every track that ever had an alert."""
    query = select(alert.c.kind, alert.c.station, alert.c.parameter, alert.c.period).distinct()
    return {Track(AlertKind(kind), *rest) for kind, *rest in connection.execute(query)}


def open_alerts(connection: Connection, kind: AlertKind) -> list[AlertRow]:
    """Alerts of a kind that have not ended."""
    query = select(alert).where(alert.c.kind == kind, alert.c.state == ACTIVE)
    return [read_alert(row) for row in connection.execute(query).mappings()]


def raise_alert(
    append: Append,
    track: Track,
    severity: Severity,
    started_at: int,
    ended_at: int | None,
    finding: str | None,
    change: Change,
    cause: Mapping[str, Any],
    part_of: int | None = None,
) -> AlertRow:
    """A new alert and the transition that says so."""
    new = AlertRow(
        next_key(append.connection, alert), track, severity, _state(ended_at), started_at,
        ended_at, finding, part_of=part_of,
    )  # fmt: skip
    append.connection.execute(insert(alert), [_columns(new)])
    _write(append, track, change, new.id, finding, None, snapshot(new), cause)
    return new


def change_alert(
    append: Append,
    old: AlertRow,
    new: AlertRow,
    change: Change,
    cause: Mapping[str, Any],
) -> AlertRow:
    """An alert moves on: its row becomes `new`, the transition keeps both."""
    append.connection.execute(update(alert).where(alert.c.id == new.id).values(**_columns(new)))
    _write(append, new.track, change, new.id, new.finding, snapshot(old), snapshot(new), cause)
    return new


def write_amended(
    append: Append,
    about: Track,
    finding: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    cause: Mapping[str, Any],
) -> None:
    """The transition of a finding whose content changed after its first revision."""
    _write(append, about, Change.AMENDED, None, finding, before, after, cause)


def _state(ended_at: int | None) -> str:
    return ACTIVE if ended_at is None else ENDED


def _columns(row: AlertRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": str(row.track.kind),
        "station": row.track.station,
        "parameter": row.track.parameter,
        "period": row.track.period,
        "severity": str(row.severity),
        "state": row.state,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "finding": row.finding,
        "merged_into": row.merged_into,
        "subject": row.track.subject,
        "part_of": row.part_of,
    }


def snapshot(row: AlertRow) -> dict[str, Any]:
    """What a transition keeps of an alert, before and after."""
    kept: dict[str, Any] = {
        "kind": str(row.track.kind),
        "state": row.state,
        "severity": str(row.severity),
        "started_at": rfc3339(row.started_at),
        "ended_at": None if row.ended_at is None else rfc3339(row.ended_at),
    }
    if row.merged_into is not None:
        kept["merged_into"] = public_id(row.merged_into)
    if row.part_of is not None:
        kept["part_of"] = public_id(row.part_of)
    if row.track.subject is not None:
        kept["subject"] = row.track.subject
    return kept


def _write(
    append: Append,
    about: Track,
    change: Change,
    alert_id: int | None,
    finding: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    cause: Mapping[str, Any],
) -> None:
    content = (
        append.at,
        change.value,
        about.station,
        about.parameter,
        about.period,
        alert_id,
        finding,
        _json(before),
        _json(after),
        _json(cause),
    )
    seq = append.entry("transition", append.seq + 1, canonical(content))
    append.later(transition, (seq, *content))
    if alert_id is not None and after is not None:
        place = (about.station, about.parameter)
        moved(append, alert_id, about.kind, place, change, after["state"] == ACTIVE)


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)

"""What the evidence derives: it must be what the evidence says, though nothing rests on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from sqlalchemy import Connection, Table, func, select

from tolich.evidence.alert import differing
from tolich.evidence.links import Broken, Row
from tolich.store.schema import (
    action,
    alert,
    attachment,
    checkpoint,
    finding,
    limit,
    series,
    terms,
    transition,
)

_DIGESTED: tuple[Table, ...] = (limit, terms)


def compare(connection: Connection) -> None:
    """Raises Broken, naming the first row that is not what the evidence says."""
    for table in _DIGESTED:
        for key, digest, body in connection.execute(
            select(table.c.id, table.c.digest, table.c.body)
        ):
            if hashlib.sha256(body.encode()).digest() != bytes(digest):
                raise Broken(f"{table.name} {key}: its digest was changed")
    _superseded(connection)
    _alerts(connection)
    _attachments(connection)
    _series(connection)


def _superseded(connection: Connection) -> None:
    """A finding is superseded by its next revision, and by nothing else."""
    later = finding.alias("later")
    same = (
        (later.c.series == finding.c.series)
        & (later.c.period == finding.c.period)
        & (later.c.start == finding.c.start)
        & (later.c.revision == finding.c.revision + 1)
    )
    query = (
        select(finding.c.id)
        .select_from(finding.outerjoin(later, same))
        .where(finding.c.superseded.is_distinct_from(later.c.seq))
        .limit(1)
    )
    wrong = connection.execute(query).scalar()
    if wrong is not None:
        raise Broken(f"finding {wrong}: which revision superseded it was changed")


def _alerts(connection: Connection) -> None:
    """Every alert is as its last transition left it; none is missing and none was put in."""
    rows = {row["id"]: row for row in connection.execute(select(alert)).mappings()}
    for told in _last(connection):
        row = rows.pop(told["alert"], None)
        if row is None:
            raise Broken(f"alert {told['alert']}: the row is missing")
        name = differing(row, told)
        if name is not None:
            raise Broken(
                f"alert {row['id']}: {name} is not what its last transition left "
                f"(seq {told['seq']})"
            )
    if rows:
        raise Broken(f"alert {min(rows)}: a row without a transition was put in")


def _last(connection: Connection) -> Iterator[Row]:
    last = (
        select(func.max(transition.c.seq))
        .where(transition.c.alert.is_not(None))
        .group_by(transition.c.alert)
    )
    yield from connection.execute(select(transition).where(transition.c.seq.in_(last))).mappings()


def _attachments(connection: Connection) -> None:
    """Every file is what the body of its action says, and every file that is said is there."""
    said = {
        one["id"]: (act, one["name"], one["media_type"], one["size"], one["sha256"])
        for act, body in connection.execute(select(action.c.id, action.c.body))
        for one in json.loads(body).get("attachments") or ()
    }
    for row in connection.execute(select(attachment)).mappings():
        digest = hashlib.sha256(bytes(row["content"])).hexdigest()
        kept = (row["action"], row["name"], row["media_type"], row["size"], digest)
        if said.pop(row["id"], None) != kept or bytes(row["sha256"]).hex() != digest:
            raise Broken(f"attachment {row['id']}: it is not the file its action came with")
    if said:
        raise Broken(f"attachment {min(said)}: the file is missing")


def _series(connection: Connection) -> None:
    """A series without an entry is from before they had any; a checkpoint chains them first."""
    query = select(series.c.id).where(series.c.seq.is_(None)).order_by(series.c.id).limit(1)
    wrong = connection.execute(query).scalar()
    signed = connection.execute(select(func.count()).select_from(checkpoint)).scalar()
    if wrong is not None and signed:
        raise Broken(f"series {wrong}: a row without an entry in the chain was put in")

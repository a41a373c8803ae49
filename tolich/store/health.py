"""Signs of life: what each process says of itself, and whether all is well."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, select

from rules.days import rfc3339
from tolich.clock import wall
from tolich.ports import Shape
from tolich.store.database import writing
from tolich.store.schema import head, process
from tolich.store.statements import upsert

STALE = 15
"""Seconds of wall time without a heartbeat after which a process counts as gone."""

WRITER = "writer"


def beat(engine: Engine, name: str, problems: Sequence[str], counters: Mapping[str, Any]) -> None:
    """Say that a process lives, what is wrong with it, and what it has done."""
    body = json.dumps({"problems": list(problems), "counters": dict(counters)})
    with writing(engine).begin() as connection:
        upsert(connection, process, [{"name": name, "beat": wall(), "body": body}], ["name"])


def forget(engine: Engine, name: str) -> None:
    """A process that ended in good order, or no longer runs, is not missed."""
    with writing(engine).begin() as connection:
        connection.execute(delete(process).where(process.c.name == name))


def health(connection: Connection) -> Shape:
    """`status` green or red, with the reasons, and each process's counters."""
    processes: dict[str, Any] = {}
    reasons: list[str] = []
    for name, at, body in connection.execute(select(process)):
        said = json.loads(body)
        age = max(0, wall() - at)
        processes[name] = {"beat": rfc3339(at), "age": age, "counters": said["counters"]}
        reasons += [f"{name}: {problem}" for problem in said["problems"]]
        if age > STALE:
            reasons.append(f"{name}: no sign of life for {age} s")
    if WRITER not in processes:
        reasons.append("writer: has never run on this store")
    seq = connection.execute(select(head.c.seq)).scalar()
    return {
        "status": "red" if reasons else "green",
        "reasons": reasons,
        "seq": int(seq or 0),
        "processes": processes,
    }

"""Acts, work and announcements as the shapes of the outside contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rules.days import rfc3339
from rules.register import Station
from rules.work import Work
from tolich.ports import Shape
from tolich.store.alerts import public_id
from tolich.store.planned import Plan
from tolich.store.work import MONITOR, Happened


def action_shape(row: Mapping[Any, Any]) -> Shape:
    """An act on record; what was said is in `body`."""
    return {
        "id": row["id"],
        "seq": row["seq"],
        "at": rfc3339(row["at"]),
        "alert": public_id(row["alert"]),
        "name": row["name"],
        "role": row["role"],
        "act": row["act"],
        "body": json.loads(row["body"]),
        "before": row["before"],
        "after": row["after"],
    }


def happened_shape(one: Happened) -> Shape:
    """An entry of an alert's record in short: who or what, and when."""
    row = one.row
    what = {"at": rfc3339(row["at"]), "what": one.event.what.value}
    if "act" in row:
        return what | {"by": row["name"], "role": row["role"]}
    return what | {"by": MONITOR.name, "role": MONITOR.role}


def work_shape(of: Work, names: Mapping[int, str], plan: int | None) -> Shape:
    """How far people are with an alert; `plan` is the announcement that its interval fell into."""
    asked = of.explanation
    expected = asked.requested_at is not None or asked.answered_at is not None
    return {
        "state": of.state.value,
        "revision": of.revision,
        "acknowledged_at": _moment(of.acknowledged_at),
        "acknowledged_by": _name(of.acknowledged_by, names),
        "shelved_until": _moment(of.shelved_until),
        "closing_by": _name(of.closing_by, names),
        "explanation": _explanation(of) if expected else None,
        "planned": of.planned,
        "in_maintenance": plan,
        "responses": responses(of),
    }


def responses(of: Work) -> Shape:
    """When it was raised, first received, first explained and closed, and the seconds since."""
    times = {"received": of.received_at, "explained": of.explained_at, "closed": of.closed_at}
    shape: Shape = {"raised_at": rfc3339(of.raised_at)}
    for name, at in times.items():
        shape[f"{name}_at"] = _moment(at)
        shape[f"{name}_after"] = None if at is None else at - of.raised_at
    return shape


def _explanation(of: Work) -> Shape:
    asked = of.explanation
    return {
        "requested_at": _moment(asked.requested_at),
        "deadline": _moment(asked.deadline),
        "overdue": asked.overdue,
        "answered_at": _moment(asked.answered_at),
    }


def plan_shape(plan: Plan, station: Station, now: int) -> Shape:
    """An announcement; `ends` is when it really ends, `state` how it stands now."""
    row, ended = plan.row, plan.ended_by
    return {
        "id": plan.id,
        "kind": plan.kind.value,
        "state": _stands(plan, now),
        "station": plan.station,
        "cluster": station.cluster,
        "plant": station.plant,
        "parameter": plan.parameter,
        "announced_at": rfc3339(row["at"]),
        "start": rfc3339(plan.start),
        "end": _moment(row["end"]),
        "ends": _moment(plan.end),
        "reason": row["reason"],
        "document": row["document"],
        "name": row["name"],
        "role": row["role"],
        "ended": None if ended is None else {
            "at": rfc3339(ended["at"]), "reason": ended["reason"], "name": ended["name"],
            "role": ended["role"],
        },
        "simulated": station.simulated,
    }  # fmt: skip


def _stands(plan: Plan, now: int) -> str:
    if plan.end == plan.start:
        return "cancelled"
    if now < plan.start:
        return "announced"
    return "under_way" if plan.end is None or now < plan.end else "over"


def _moment(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def _name(account: int | None, names: Mapping[int, str]) -> str | None:
    return None if account is None else names.get(account)

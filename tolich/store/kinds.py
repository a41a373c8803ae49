"""Every table, and how it is proved: one list, so that a new table has to say what it is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table

from tolich.evidence.links import BODIED
from tolich.store import peopleschema as people
from tolich.store import schema as of
from tolich.store import suspicionschema as suspecting

TABLES: Mapping[str, Table] = {
    "batch": of.raw,
    "finding": of.finding,
    "transition": of.transition,
    "rejection": of.rejection,
    "register": of.register_entry,
    "series": of.series,
    "limit": of.limit,
    "version": of.version,
    "terms": of.terms,
    "rejudgement": of.rejudgement,
    "amendment": of.amendment,
    "action": of.action,
    "planned": of.planned,
    "account": people.account_change,
    "told": people.told,
    "checkpoint": of.checkpoint,
    "pruning": of.pruning,
    "suspicion_baseline": suspecting.suspicion_baseline,
    "suspicion": suspecting.suspicion,
    "suspicion_look": suspecting.suspicion_look,
}
"""The kinds of entries of the chain, and the tables that their rows are in."""

UNNUMBERED = BODIED
"""Kinds whose rows do not carry their seq."""

KEYED = tuple(
    kind
    for kind, table in TABLES.items()
    if kind != "batch" and "id" in table.c and "seq" in table.c
)
"""Kinds whose rows have a key of their own beside the seq."""

INSIDE: Mapping[str, str] = {
    "head": "compared with the last entry",
    "chain": "the chain itself",
    "reading": "covered by the entry of the batch that added it",
    "pruned": "stands for readings that were taken out, under the entry of their batch",
    "alert": "compared with the last transition of each alert",
    "attachment": "its digest is in the body of the action it came with",
}
"""Tables without entries of their own that are proved nevertheless, and how."""

CONVENIENCES: Mapping[str, str] = {
    "latest": "the newest reading of each series, from `reading`",
    "station_state": "since when and until when a station was heard, from `reading` and `raw`",
    "station_day": "what is due; judging again from nothing shows whether it was right",
    "alert_work": "where the work on an alert stands, folded from `action`",
    "climb": "how far an alert has climbed; who was told is in `told`",
    "notification": "the outbox; who was told is in `told`",
    "forward": "what is to be forwarded, from the record",
    "forward_destination": "what became of it",
    "follower": "how far others have read",
    "process": "signs of life",
    "account": "passwords and the state that `account_change` tells",
    "api_key": "secrets; who made and revoked one is in `account_change`",
    "login": "log-ins in force",
}
"""Tables that are no evidence, and why."""

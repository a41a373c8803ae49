"""Collecting the evidence of one alert: its rows, their entries, and the way up to a signature."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from rules.days import DAY_SECONDS, midnight
from tolich.evidence.bundle import attached_file, raw_file
from tolich.evidence.checkpoint import Checkpoint
from tolich.evidence.links import early_content, identity, leaf, link, readings_digest
from tolich.evidence.merkle import paths
from tolich.ports import Shape
from tolich.store.kinds import TABLES, UNNUMBERED
from tolich.store.reads.findings import split_finding
from tolich.store.schema import (
    action,
    amendment,
    attachment,
    chain,
    finding,
    planned,
    pruning,
    raw,
    reading,
    register_entry,
    rejudgement,
    series,
    station_day,
    transition,
)
from tolich.store.schema import alert as alerts
from tolich.store.signed import checkpoints, digests

SOME = 500


@dataclass(slots=True)
class Evidence:
    """What is on record of an alert. Rows are by kind and by the seq of their entry."""

    alert: Shape
    findings: list[str]  # whose verdicts made the alert what it is
    rows: dict[str, dict[int, Shape]] = field(default_factory=dict)
    batches: dict[int, Shape] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)

    def seqs(self) -> list[int]:
        """The seq of every entry that is needed."""
        return sorted({seq for of in self.rows.values() for seq in of} | set(self.batches))


def collect(connection: Connection, key: int) -> Evidence:
    """All that an alert rests on: what was said of it, judged, received, decided, permitted."""
    row = connection.execute(select(alerts).where(alerts.c.id == key)).mappings().one()
    told = _rows(connection, select(transition).where(transition.c.alert == key))
    names = sorted(_named(told))
    found = Evidence(dict(row), names)
    spans = _spans(names)
    wanted = _findings(connection, names)
    _add(found, "transition", told)
    _add(found, "transition", _rows(connection, _about(names)))
    _add(found, "finding", _rows(connection, select(finding).where(wanted)))
    _add_station(connection, found, row["station"], spans)
    for kind, table in TABLES.items():
        if kind not in found.rows and "alert" in table.c:
            _add(found, kind, _rows(connection, select(table).where(table.c.alert == key)))
    _add_files(connection, found, key)
    _add_bodies(connection, found, row["station"], spans)
    _add_messages(connection, found, row["station"], spans)
    return found


def entries(connection: Connection, seqs: Sequence[int]) -> tuple[list[Shape], list[Checkpoint]]:
    """The entries with these seqs, each with its path; and the checkpoints they are under.

    Raises LookupError when the last checkpoint does not reach so far.
    """
    known = checkpoints(connection)
    ends = [one.upto for one in known]
    under: dict[int, list[int]] = {}
    for seq in seqs:
        place = bisect_left(ends, seq)
        if place == len(known):
            raise LookupError(f"seq {seq} is under no checkpoint")
        under.setdefault(place, []).append(seq)
    found = []
    for place, some in under.items():
        one = known[place]
        leaves = list(digests(connection, one.first, one.upto))
        ways = paths(leaves, [seq - one.first for seq in some])
        for entry in _entries(connection, some):
            way = [step.hex() for step in ways[entry["seq"] - one.first]]
            found.append({**entry, "checkpoint": one.number, "path": way})
    return found, [known[place] for place in sorted(under)]


# --- rows ---------------------------------------------------------------------------------------


def _rows(connection: Connection, query: Select[Any]) -> list[Shape]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _add(found: Evidence, kind: str, rows: Iterable[Shape]) -> None:
    found.rows.setdefault(kind, {}).update({row["seq"]: row for row in rows})


def _named(told: Sequence[Shape]) -> set[str]:
    """The findings that the transitions of an alert name."""
    names = {one["finding"] for one in told}
    names |= {json.loads(one["cause"]).get("finding") for one in told}
    return {name for name in names if isinstance(name, str) and split_finding(name)}


def _about(names: Sequence[str]) -> Select[Any]:
    """What was amended of the findings themselves."""
    return select(transition).where(transition.c.finding.in_(names), transition.c.alert.is_(None))


def _findings(connection: Connection, names: Sequence[str]) -> ColumnElement[bool]:
    """Every revision of some findings."""
    keys = {
        (station, parameter): key
        for key, station, parameter in connection.execute(
            select(series.c.id, series.c.station, series.c.parameter)
        )
    }
    either: list[ColumnElement[bool]] = [finding.c.id < 0]
    for name in names:
        parts = split_finding(name)
        if parts is not None:
            of, period, start = parts
            either.append(
                (finding.c.series == keys[(of.station, of.parameter)])
                & (finding.c.period == period)
                & (finding.c.start == start)
            )
    return or_(*either)


def _spans(names: Sequence[str]) -> list[tuple[int, int]]:
    """The local days whose readings some findings rest on."""
    days = {midnight(parts[2]) for name in names if (parts := split_finding(name)) is not None}
    return [(day, day + DAY_SECONDS) for day in sorted(days)]


def _add_station(
    connection: Connection, found: Evidence, station: str, spans: Sequence[tuple[int, int]]
) -> None:
    """What is on record of a station and its permits, and what was decided about it."""
    for kind, table in (("series", series), ("amendment", amendment), ("planned", planned)):
        _add(found, kind, _rows(connection, select(table).where(table.c.station == station)))
    every = or_(rejudgement.c.station.is_(None), rejudgement.c.station == station)
    _add(found, "rejudgement", _rows(connection, select(rejudgement).where(every)))
    _add(found, "register", _register(connection, station))
    if spans:
        query = select(pruning).where(pruning.c.before > spans[0][0])
        _add(found, "pruning", _rows(connection, query))


def _register(connection: Connection, station: str) -> list[Shape]:
    """Every row of a station, its plants, their clusters and permits."""
    rows = _rows(connection, select(register_entry))
    own = [row for row in rows if (row["kind"], row["key"]) == ("stations", station)]
    plants = {_body(row).get("plant") for row in own}
    clusters = {
        _body(row).get("cluster")
        for row in rows
        if row["kind"] == "plants" and row["key"] in plants
    }
    return own + [
        row
        for row in rows
        if (row["kind"] == "plants" and row["key"] in plants)
        or (row["kind"] == "clusters" and row["key"] in clusters)
        or (row["kind"] == "permits" and _body(row).get("plant") in plants)
    ]


def _body(row: Shape) -> Shape:
    body: Shape = json.loads(row["body"] or "{}")
    return body


def _add_files(connection: Connection, found: Evidence, key: int) -> None:
    """The files that came with what people did about an alert."""
    own = select(action.c.id).where(action.c.alert == key)
    query = select(attachment.c.id, attachment.c.content).where(attachment.c.action.in_(own))
    for number, content in connection.execute(query):
        found.payloads[attached_file(number)] = bytes(content)


def _add_bodies(
    connection: Connection, found: Evidence, station: str, spans: Sequence[tuple[int, int]]
) -> None:
    """Limits, versions and terms that the findings were judged by; their entries name their seq."""
    judged = found.rows["finding"].values()
    days = [day for day, _ in spans]
    kept = select(station_day.c.terms).where(
        station_day.c.station == station, station_day.c.day.in_(days)
    )
    keys = {
        "limit": {row["limit"] for row in judged},
        "version": {row["version"] for row in judged},
        "terms": set(connection.execute(kept).scalars()),
    }
    for kind in UNNUMBERED:
        table, wanted = TABLES[kind], keys[kind] - {None}
        at = select(chain.c.row, chain.c.seq).where(chain.c.kind == kind, chain.c.row.in_(wanted))
        seqs = {row: seq for row, seq in connection.execute(at)}
        rows = _rows(connection, select(table).where(table.c.id.in_(wanted)))
        found.rows.setdefault(kind, {}).update({seqs[row["id"]]: row for row in rows})


# --- messages -----------------------------------------------------------------------------------


def _add_messages(
    connection: Connection, found: Evidence, station: str, spans: Sequence[tuple[int, int]]
) -> None:
    """The messages that brought readings of a station in some days, in their batches."""
    own = select(series.c.id).where(series.c.station == station)
    wanted: set[int] = set()
    for start, end in spans:
        query = select(reading.c.raw).where(
            reading.c.series.in_(own), reading.c.at.between(start, end)
        )
        wanted.update(connection.execute(query.distinct()).scalars())
    seqs: set[int] = set()
    for some in _parts(sorted(wanted)):
        seqs.update(connection.execute(select(raw.c.seq).where(raw.c.id.in_(some))).scalars())
    for seq in sorted(seqs):
        found.batches[seq] = _batch(connection, found, seq, wanted)


def _batch(connection: Connection, found: Evidence, seq: int, wanted: set[int]) -> Shape:
    """A batch: the digest of each of its messages, and of those wanted all there is."""
    query = select(raw).where(raw.c.seq == seq).order_by(raw.c.id)
    messages = connection.execute(query).mappings().all()
    added: dict[int, list[Any]] = {message["id"]: [] for message in messages}
    between = reading.c.raw.between(messages[0]["id"], messages[-1]["id"])
    for row in connection.execute(select(reading).where(between)):
        added[row.raw].append(tuple(row))
    early = [identity(one["topic"], bytes(one["payload"])) for one in messages]
    leaves = [
        leaf(known, one["received_at"], one["source"], readings_digest(added[one["id"]]))
        for known, one in zip(early, messages, strict=True)
    ]
    covered = not _is_early(connection, seq, early)
    shown = []
    for one in messages:
        if one["id"] in wanted:
            found.payloads[raw_file(one["id"])] = bytes(one["payload"])
            names = ("id", "received_at", "source", "topic")
            shown.append(
                {name: one[name] for name in names} | {"readings": sorted(added[one["id"]])}
            )
    return {"covered": covered, "leaves": leaves if covered else early, "messages": shown}


def _is_early(connection: Connection, seq: int, identities: Sequence[bytes]) -> bool:
    """Whether an entry is from before readings were covered."""
    entry = next(_entries(connection, [seq]))
    content = early_content(identities)
    made = link(
        bytes.fromhex(entry["previous"]), seq, entry["at"], entry["kind"], entry["row"], content
    )
    return bool(made.hex() == entry["digest"])


def _entries(connection: Connection, seqs: Sequence[int]) -> Iterator[Shape]:
    for some in _parts(seqs):
        query = select(chain).where(chain.c.seq.in_(some)).order_by(chain.c.seq)
        for row in connection.execute(query).mappings():
            hexed = {name: bytes(row[name]).hex() for name in ("digest", "previous")}
            yield {**row, **hexed}


def _parts(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + SOME] for start in range(0, len(keys), SOME))

"""The tables. Times are UTC epoch seconds, values whole quanta, digests SHA-256.

What is evidence is only ever added; which tables that are, and which the evidence re-derives,
tolich/store/kinds.py says.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# An identifier that SQLite treats as its rowid and PostgreSQL as a 64-bit integer.
Key = BigInteger().with_variant(Integer, "sqlite")

head = Table(
    "head",
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1: the row every append locks
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

chain = Table(
    "chain",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),  # plant time, never decreasing
    Column("kind", Text, nullable=False),
    Column("row", BigInteger, nullable=False),  # the key of the row in the kind's table
    Column("digest", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
)

# Once a day the record is signed as it then was; the signed rows leave the server.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # plant time
    Column("first", BigInteger, nullable=False),  # the entries under `root`
    Column("upto", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),  # digest of the entry `upto`
    Column("root", LargeBinary, nullable=False),  # tolich.evidence.merkle
    Column("public", LargeBinary, nullable=False),  # of the key, Ed25519
    Column("signature", LargeBinary, nullable=False),
)

# What was taken out on purpose: payloads and readings of whole batches, nothing else.
pruning = Table(
    "pruning",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("before", BigInteger, nullable=False),  # local midnight
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first", BigInteger, nullable=False),  # batches between these entries
    Column("last", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # over what is left of the messages
    Column("public", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

# In the place of pruned readings, so that their batch can still be proved.
pruned = Table(
    "pruned",
    metadata,
    Column("raw", Key, primary_key=True, autoincrement=False),
    Column("readings", LargeBinary, nullable=False),  # tolich.evidence.links.readings_digest
)

raw = Table(
    "raw",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, index=True),  # of the batch it came in
    Column("received_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # of topic and payload
)

series = Table(
    "series",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("station", Text, nullable=False),
    Column("parameter", Text, nullable=False),
    Column("seq", BigInteger, nullable=True),  # NULL: has no entry in the chain yet
    UniqueConstraint("station", "parameter"),
)

reading = Table(
    "reading",
    metadata,
    Column("series", Key, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, primary_key=True, autoincrement=False),
    Column("status", SmallInteger, primary_key=True, autoincrement=False),
    Column("raw", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
# Calibrations and faults of months without the readings between them.
Index(
    "reading_set_aside",
    reading.c.series,
    reading.c.at,
    sqlite_where=reading.c.status != 0,
    postgresql_where=reading.c.status != 0,
)

latest = Table(
    "latest",
    metadata,
    Column("series", Key, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("raw", BigInteger, nullable=False),
)

station_state = Table(
    "station_state",
    metadata,
    Column("station", Text, primary_key=True),
    Column("first_at", BigInteger, nullable=False),  # earliest observed_at
    Column("heard", BigInteger, nullable=False),  # greatest min(observed, received)
    Column("raw", BigInteger, nullable=False),  # its newest message
)

station_day = Table(
    "station_day",
    metadata,
    Column("station", Text, primary_key=True),
    Column("day", BigInteger, primary_key=True),  # local midnight
    # Plant time at which it must be judged next; 0: new readings wait; NULL: all closed.
    Column("due", BigInteger, nullable=True, index=True),
    Column("judged_raw", BigInteger, nullable=False),  # the newest message it was judged with
    Column("terms", BigInteger, nullable=True),  # once closed: what it was judged by
    Column("rejudgement", BigInteger, nullable=True),  # why it is due again, until it is judged
    # The newest amendment that it was judged with.
    Column("judged_amendment", BigInteger, nullable=False, server_default="0"),
)

terms = Table(
    "terms",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),  # the terms of a station-day, JSON
)

rejudgement = Table(
    "rejudgement",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("station", Text, nullable=True),  # NULL: all
    Column("first", BigInteger, nullable=True),  # local midnights, inclusive
    Column("last", BigInteger, nullable=True),
    Column("days", Integer, nullable=False),
)

amendment = Table(
    "amendment",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("station", Text, nullable=False),
    Column("parameter", Text, nullable=False),
    Column("series", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),  # observed at or after this
    Column("end", BigInteger, nullable=False),  # observed before this
    Column("act", Text, nullable=False),  # rules.amendments.Act
    Column("value", BigInteger, nullable=True),  # quanta
    Column("reverses", BigInteger, nullable=True),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("document", Text, nullable=True),
)
Index("amendment_place", amendment.c.station, amendment.c.end)

limit = Table(
    "limit",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)

version = Table(
    "version",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False, unique=True),  # engine and packs, as JSON
)

finding = Table(
    "finding",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("superseded", BigInteger, nullable=True),  # seq of the next revision
    Column("series", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("mean", Text, nullable=True),  # exact, "numerator/denominator" quanta
    Column("limit", BigInteger, nullable=True),
    Column("expected", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("valid", Integer, nullable=False),
    Column("calibrating", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("conflicting", Integer, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    UniqueConstraint("series", "period", "start", "revision"),
)
Index(
    "finding_current",
    finding.c.series,
    finding.c.period,
    finding.c.start,
    unique=True,
    sqlite_where=finding.c.superseded.is_(None),
    postgresql_where=finding.c.superseded.is_(None),
)
Index("finding_start", finding.c.start)

alert = Table(
    "alert",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("parameter", Text, nullable=True),
    Column("period", Text, nullable=True),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("finding", Text, nullable=True),  # the finding that raised it
    Column("merged_into", BigInteger, nullable=True),
    Column("subject", Text, nullable=True),  # of an instrument alert: fault, clock ...
    Column("part_of", BigInteger, nullable=True, index=True),  # the outage a silence belongs to
)
Index("alert_track", alert.c.station, alert.c.parameter, alert.c.period, alert.c.kind)

transition = Table(
    "transition",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("parameter", Text, nullable=True),
    Column("period", Text, nullable=True),
    Column("alert", BigInteger, nullable=True, index=True),
    Column("finding", Text, nullable=True, index=True),
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=True),
    Column("cause", Text, nullable=False),
)

action = Table(
    "action",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # plant time
    Column("alert", BigInteger, nullable=False, index=True),
    Column("account", BigInteger, nullable=False),  # 0: the monitor
    Column("name", Text, nullable=False),  # of the account, as it was
    Column("role", Text, nullable=False),
    Column("act", Text, nullable=False),  # rules.work.Act or Passing
    Column("body", Text, nullable=False),  # what was said, JSON
    Column("before", Text, nullable=False),  # rules.work.WorkState
    Column("after", Text, nullable=False),
)

attachment = Table(
    "attachment",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("action", BigInteger, nullable=False, index=True),  # whose body has the digest
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

planned = Table(
    "planned",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # entered then, plant time
    Column("kind", Text, nullable=False),  # maintenance or out_of_service
    Column("station", Text, nullable=False, index=True),
    Column("parameter", Text, nullable=True),  # NULL: the whole station
    Column("start", BigInteger, nullable=False),  # never before `at`
    Column("end", BigInteger, nullable=True),
    Column("ends", BigInteger, nullable=True),  # the row that this one ends or takes back
    Column("reason", Text, nullable=False),
    Column("document", Text, nullable=True),
    Column("account", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
)

alert_work = Table(
    "alert_work",
    metadata,
    Column("alert", Key, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False, index=True),  # rules.work.WorkState
    Column("due", BigInteger, nullable=True, index=True),  # when time does something to it
    Column("body", Text, nullable=False),  # rules.work.Work, JSON
)

rejection = Table(
    "rejection",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("received_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("cluster", Text, nullable=True),  # as the topic names them, known or not
    Column("station", Text, nullable=True, index=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("remedy_en", Text, nullable=False),
    Column("remedy_vi", Text, nullable=False),
    Column("index", Integer, nullable=True),
    Column("payload", LargeBinary, nullable=False),  # the first 4 KB
    Column("length", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

register_entry = Table(
    "register_entry",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # clusters, plants, stations, permits
    Column("key", Text, nullable=False),
    Column("body", Text, nullable=True),  # as loaded, JSON; NULL: taken out
    Column("entered_at", BigInteger, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("document", Text, nullable=False),
)

follower = Table(
    "follower",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# What is to be forwarded: a convenience that the record re-derives, and what became of it.
forward = Table(
    "forward",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("station", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # the instant of the file
    Column("seq", BigInteger, nullable=False),  # the newest batch with a reading of it
    Column("state", Text, nullable=False),  # tolich.store.forwarding.State
    Column("due", BigInteger, nullable=True),  # wall time of the next attempt; NULL: none is owed
    Column("attempts", Integer, nullable=False),
    Column("failing_since", BigInteger, nullable=True),  # wall time
    Column("digest", LargeBinary, nullable=True),  # of the file that was taken last
    Column("sent_at", BigInteger, nullable=True),  # wall time
    Column("receipt", Text, nullable=True),
    Column("left_out", Integer, nullable=False),  # readings that TT10 has no code for
    Column("kind", Text, nullable=True),  # tolich.forwarding.destination.Kind of the last trouble
    Column("detail", Text, nullable=True),
    sqlite_with_rowid=False,
)
Index(
    "forward_owed",
    forward.c.destination,
    forward.c.at,
    forward.c.station,
    sqlite_where=forward.c.due.isnot(None),
    postgresql_where=forward.c.due.isnot(None),
)

forward_destination = Table(
    "forward_destination",
    metadata,
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("choice", Text, nullable=False),  # whose readings, from which day on
    Column("active", Boolean, nullable=False),  # in the settings of the running writer
    Column("due", BigInteger, nullable=False),  # wall time before which nothing is tried
    Column("attempts", Integer, nullable=False),
    Column("failing_since", BigInteger, nullable=True),  # wall time
    Column("kind", Text, nullable=True),
    Column("detail", Text, nullable=True),
)

process = Table(
    "process",
    metadata,
    Column("name", Text, primary_key=True),
    Column("beat", BigInteger, nullable=False),  # wall time of the last sign of life
    Column("body", Text, nullable=False),  # counters and health, JSON
)

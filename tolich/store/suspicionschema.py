"""The tables of suspicion: frozen baselines, what looking at days came to, and who looked it up."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from tolich.store.schema import Key, metadata

suspicion_baseline = Table(
    "suspicion_baseline",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),  # plant time
    Column("station", Text, nullable=False),
    Column("first", BigInteger, nullable=False),  # local midnights, inclusive
    Column("last", BigInteger, nullable=False),
    Column("engine", Text, nullable=False),  # rules.suspicion.ENGINE
    Column("digest", Text, nullable=False),  # SHA-256 of the body
    Column("body", Text, nullable=False),  # rules.suspicion.Baseline.text
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("suspicion_baseline_place", suspicion_baseline.c.station, suspicion_baseline.c.id)

suspicion = Table(
    "suspicion",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("station", Text, nullable=False),
    Column("day", BigInteger, nullable=False),  # local midnight
    Column("baseline", BigInteger, nullable=True),  # NULL: there was none
    Column("state", Text, nullable=False),  # rules.suspicion.State
    Column("score", BigInteger, nullable=False),  # thousandths
    Column("body", Text, nullable=False),  # the reasons, JSON
)
Index("suspicion_place", suspicion.c.station, suspicion.c.day)
Index("suspicion_rank", suspicion.c.state, suspicion.c.score, suspicion.c.id)

suspicion_look = Table(
    "suspicion_look",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("account", BigInteger, nullable=False),  # 0: at the machine itself
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("what", Text, nullable=False),  # what was asked for, JSON
    Column("shown", Text, nullable=False),  # the keys of what was answered, JSON
)

"""The proof: whatever is changed, taken out or put into the evidence is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    and_,
    insert,
    select,
    update,
)
from sqlalchemy.types import Boolean, LargeBinary, SmallInteger

from rules.days import DAY_SECONDS
from rules.roles import Role
from rules.suspicion import ENGINE, Baseline, Look, State
from rules.work import Act
from tests.cast import (
    DAY0,
    DAY1,
    DAY2,
    HOUR,
    Said,
    Stage,
    copied,
    hours_of,
    message,
    stage,
)
from tests.stores import Kind, in_sql_of
from tolich.amending import Amender
from tolich.evidence.links import content_of, early_content
from tolich.ports import EVERYTHING, Amend, Delivery
from tolich.store import intake
from tolich.store.accounts import AccountRow, Profile, store
from tolich.store.attachments import checked, keep
from tolich.store.checkpoints import sign_record
from tolich.store.kinds import CONVENIENCES, INSIDE, TABLES
from tolich.store.ledger import Append, appending
from tolich.store.peopleschema import told as people_told
from tolich.store.planned import announce
from tolich.store.proof import Broken, entries, verify_chain, verify_record
from tolich.store.prunings import Asked, planned, prune
from tolich.store.rejudging import Again, rejudge
from tolich.store.schema import metadata
from tolich.store.signed import checkpoints
from tolich.store.suspicions import keep_asking, keep_baseline, keep_look
from tolich.store.work import Author, act
from tolich.workports import Attached

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DAY4 = DAY0 + 4 * DAY_SECONDS


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, either_store: Kind) -> Iterator[Stage]:
    """A store with something in every table of evidence."""
    of = stage(tmp_path_factory.mktemp("told"), DAY0 - HOUR)
    pipeline = of.pipeline()
    pipeline.submit(hours_of("MAU01", "COD", -2 * HOUR, [10]))
    of.clock.set(DAY1)
    pipeline.submit(hours_of("MAU01", "COD", 8 * HOUR, [140, 50, 50]))
    pipeline.submit([Delivery("mqtt", "tolich/v1/ccn-mau-01/MAU01/readings", b"{", DAY0)])
    of.clock.set(DAY2)
    pipeline.tick(DAY1, fill=True)
    pipeline.submit([message("MAU01", Said("COD", 8 * HOUR, 900))])
    pipeline.tick(DAY1, fill=True)
    asked = Amend("MAU01", "COD", "confirm", "Sở (mẫu)", "mẫu", DAY0 + 8 * HOUR, DAY0 + 9 * HOUR)
    Amender(of.taking()).amend(EVERYTHING, asked)
    pipeline.tick(DAY1, fill=True)
    with appending(of.engine, DAY2) as append:
        store(append, AccountRow(0, "mau", Profile(Role.VIEWER, "Mẫu")), "made", "tests")
        rejudge(append, Again("MAU01", DAY0, DAY0), "tests", "mẫu")
        work_on(append)
    of.clock.set(DAY4)
    pipeline.tick(DAY4, fill=True)
    assert sign_record(of.engine, KEY, DAY4) == 1
    with of.engine.connect() as connection:
        plan = planned(connection, DAY0)
    assert (plan.messages, plan.readings) == (4, 4)
    prune(of.engine, KEY, plan, Asked(plan.before, "Sở (mẫu)", "mẫu"), DAY4)
    sign_record(of.engine, KEY, DAY4)
    yield of
    of.close()


def work_on(append: Append) -> None:
    """What people did: a comment with a photo, an announcement, and one who was told."""
    files = [Attached("ảnh.jpg", b"\xff\xd8\xff mau")]
    said = checked(files)
    said[0]["id"] = 1
    by = Author(1, "mau", "city_officer")
    key, _ = act(append, 1, Act.COMMENT, by, {"comment": "mẫu", "attachments": said})
    keep(append.connection, key, 1, files, said)
    announce(
        append,
        {
            "kind": "maintenance", "station": "MAU01", "parameter": None, "start": append.at,
            "end": append.at + HOUR, "ends": None, "reason": "mẫu", "document": None,
            "account": 1, "name": "mau", "role": "operator",
        },
    )  # fmt: skip
    row = {
        "id": 1, "at": append.at, "alert": 1, "kind": "raised", "account": 1, "name": "mau",
        "role": "operator", "channels": "[]",
    }  # fmt: skip
    seq = append.entry("told", 1, content_of("told", row))
    append.connection.execute(insert(people_told).values(seq=seq, **row))
    keep_baseline(append, "MAU01", Baseline(DAY0, ENGINE, {}), 28, "mau", "mẫu")
    keep_look(append, "MAU01", 1, Look(DAY0, State.NOT_EVALUATED, 0.0, (), ()))
    keep_asking(append, (1, "mau", "city_officer"), {"id": 1}, [1])


def change(of: Stage, folder: Path, *statements: str) -> str:
    """Spoil a copy of a store; returns what the proof says of it."""
    spoiled = copied(of, folder)
    with spoiled.engine.begin() as connection:
        for statement in statements:
            ours = in_sql_of(spoiled.engine, statement)
            assert connection.exec_driver_sql(ours).rowcount >= 1, statement
    with pytest.raises(Broken) as broken:
        verify_chain(spoiled.engine, lambda _: None)
    spoiled.close()
    return str(broken.value)


def test_a_sound_record_verifies_to_its_end(told: Stage) -> None:
    steps: list[int] = []
    assert verify_chain(told.engine, steps.append) == entries(told.engine) == steps[-1]
    with told.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT DISTINCT kind FROM chain")
        assert {kind for (kind,) in rows} == set(TABLES)


CHANGES = {
    "raw payload": (
        "UPDATE raw SET payload = x'7b7d' WHERE id = 9",
        "batch",
    ),
    "raw topic": ("UPDATE raw SET topic = replace(topic, 'MAU01', 'MAU02') WHERE id = 9", "batch"),
    "raw gone": ("DELETE FROM raw WHERE id = 2", "batch"),
    "finding": ("UPDATE finding SET valid = valid + 1 WHERE id = 3", "finding 3"),
    "finding outcome": (
        "UPDATE finding SET outcome = 'compliant' WHERE outcome = 'exceeded'",
        "finding",
    ),
    "finding gone": ("DELETE FROM finding WHERE id = 4", "the row is missing"),
    "transition": ("UPDATE transition SET change = 'ended' WHERE change = 'raised'", "transition"),
    "transition cause": ("UPDATE transition SET cause = '{}'", "transition"),
    "amendment": ("UPDATE amendment SET act = 'exclude'", "amendment 1"),
    "amendment author": ("UPDATE amendment SET author = 'nobody'", "amendment 1"),
    "amendment gone": ("DELETE FROM amendment", "the row is missing"),
    "rejection": ("UPDATE rejection SET reason = 'not_jsom'", "rejection 1"),
    "register": ("UPDATE register_entry SET entered_by = 'nobody' WHERE id = 1", "register 1"),
    "register body": (
        "UPDATE register_entry SET body = replace(body, '100', '101') WHERE kind = 'permits'",
        "register",
    ),
    "limit": ("UPDATE \"limit\" SET body = replace(body, '100', '101')", "limit"),
    "version": ("UPDATE version SET body = replace(body, 'engine', 'Engine')", "version 1"),
    "chain digest": (
        "UPDATE chain SET digest = x'00' WHERE seq = 20",
        "seq 20",
    ),
    "chain time": ("UPDATE chain SET at = at + 1 WHERE seq = 20", "seq 20"),
    "chain kind": ("UPDATE chain SET row = row + 1 WHERE kind = 'version'", "version 2"),
    "chain gone": ("DELETE FROM chain WHERE seq = 20", "seq 20 is missing"),
    "end gone": ("DELETE FROM chain WHERE seq = (SELECT max(seq) FROM chain)", "its head says"),
    "chain name": ("UPDATE chain SET kind = 'findings' WHERE seq = 20", "seq 20"),
    "finding moved": ("UPDATE finding SET seq = seq + 1 WHERE id = 3", "finding 3"),
    "finding put in": (
        "INSERT INTO finding SELECT id + 9000, seq + 9000, superseded, series, period, start + 1, "
        '"end", revision + 50, outcome, reason, mean, "limit", expected, received, valid, '
        "calibrating, faulty, failed, unknown, conflicting, final, version, judged_at "
        "FROM finding WHERE id = 3",
        "put in",
    ),
    "finding doubled": (
        "INSERT INTO finding SELECT id + 9000, seq, superseded, series, period, start + 1, "
        '"end", revision + 50, outcome, reason, mean, "limit", expected, received, valid, '
        "calibrating, faulty, failed, unknown, conflicting, final, version, judged_at "
        "FROM finding WHERE id = 3",
        "put in",
    ),
    "raw put in": (
        "INSERT INTO raw SELECT id + 9000, 1, received_at, source, topic, payload, x'01' "
        "FROM raw WHERE id = 1",
        "put in",
    ),
    "limit put in": (
        'INSERT INTO "limit" SELECT id + 9000, x\'01\', body FROM "limit" WHERE id = 1',
        "limit 9001",
    ),
    "head": ("UPDATE head SET seq = seq + 1", "its head says"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_is_named(told: Stage, tmp_path: Path, what: str) -> None:
    statement, named = CHANGES[what]
    assert named in change(told, tmp_path, statement)


def test_the_link_to_the_entry_before_is_covered(told: Stage, tmp_path: Path) -> None:
    """Nobody who recomputes by hand may be told a false predecessor."""
    said = change(told, tmp_path, "UPDATE chain SET previous = digest WHERE seq = 20")
    assert "seq 20" in said


def test_the_bytes_that_came_are_covered_and_not_only_their_hash(
    told: Stage, tmp_path: Path
) -> None:
    said = change(told, tmp_path, "UPDATE raw SET payload = x'7b7d', hash = x'00' WHERE id = 1")
    assert "batch" in said


def test_what_is_only_a_convenience_may_be_made_again(told: Stage, tmp_path: Path) -> None:
    spoiled = copied(told, tmp_path)
    with spoiled.engine.begin() as connection:
        for table in ("latest", "station_state", "station_day"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert verify_chain(spoiled.engine, lambda _: None) == entries(told.engine)
    spoiled.close()


# --- every table, every column, generated from the schema ---------------------------------------

EVIDENCE = {of.name: of for of in TABLES.values()}
EVIDENCE |= {name: metadata.tables[name] for name in INSIDE}


def test_every_table_says_whether_it_is_evidence() -> None:
    assert EVIDENCE.keys() | CONVENIENCES.keys() == metadata.tables.keys()
    assert not EVIDENCE.keys() & CONVENIENCES.keys()


def different(column: Column[Any], value: Any) -> Any:
    """A value of a column that is another one, as little changed as can be."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, LargeBinary):
        return b"x" if not value else bytes([value[0] ^ 1]) + bytes(value[1:])
    if isinstance(column.type, Text):
        return "x" if not value else value[:-1] + chr(ord(value[-1]) ^ 1)
    return (
        1
        if value is None
        else value + (1_003 if isinstance(column.type, SmallInteger) else 1_000_003)
    )


def some_rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """The last row of a table; of messages the first, too, whose bytes were pruned."""
    keys = list(table.primary_key)
    orders = [[key.desc() for key in keys]] + ([keys] if table.name == "raw" else [])
    queries = [select(table).order_by(*order).limit(1) for order in orders]
    return [dict(connection.execute(query).mappings().one()) for query in queries]


def this(table: Table, row: dict[str, Any]) -> ColumnElement[bool]:
    """The condition that means one row."""
    return and_(*(column == row[column.name] for column in table.primary_key))


def broken(engine: Engine) -> str:
    """What the proof says of a spoiled store; nothing when it notices nothing."""
    try:
        verify_chain(engine, lambda _: None)
    except Broken as said:
        return str(said)
    return ""


@pytest.mark.parametrize("name", sorted(EVIDENCE))
def test_every_column_of_every_table_of_evidence_is_covered(
    told: Stage, tmp_path: Path, name: str
) -> None:
    table, of = EVIDENCE[name], copied(told, tmp_path)
    with of.engine.connect() as connection:
        rows = some_rows(connection, table)
    unseen = []
    for row in rows:
        for column in table.c:
            other = {**row, column.name: different(column, row[column.name])}
            with of.engine.begin() as connection:
                spoil = update(table).where(this(table, row)).values(other)
                assert connection.execute(spoil).rowcount == 1
            if not broken(of.engine):
                unseen.append(column.name)
            with of.engine.begin() as connection:
                connection.execute(update(table).where(this(table, other)).values(row))
    assert unseen == []
    assert broken(of.engine) == ""  # all was put back
    of.close()


@pytest.mark.parametrize("name", sorted(EVIDENCE))
def test_a_row_taken_out_or_put_in_is_named(told: Stage, tmp_path: Path, name: str) -> None:
    table, of = EVIDENCE[name], copied(told, tmp_path)
    unique = {column.name for column in table.primary_key} | {"hash", "digest", "body"}
    if name in ("series", "finding"):
        unique |= {"station", "revision", "superseded"}
    with of.engine.connect() as connection:
        rows = some_rows(connection, table)
    for row in rows:
        with of.engine.begin() as connection:
            assert connection.execute(table.delete().where(this(table, row))).rowcount == 1
        gone = broken(of.engine)
        with of.engine.begin() as connection:
            connection.execute(insert(table).values(row))
            more = {
                column.name: different(column, row[column.name])
                if column.name in unique
                else row[column.name]
                for column in table.c
            }
            connection.execute(insert(table).values(more))
        added = broken(of.engine)
        with of.engine.begin() as connection:
            connection.execute(table.delete().where(this(table, more)))
        assert gone, row
        assert added, more
    assert broken(of.engine) == ""
    of.close()


# --- checkpoints from outside -------------------------------------------------------------------


def test_a_record_agrees_with_the_checkpoints_that_left_it(told: Stage) -> None:
    with told.engine.connect() as connection:
        outside = checkpoints(connection)
    found = verify_record(told.engine, lambda _: None, outside, [outside[0].public])
    assert (found.checkpoints, found.outside, found.pruned, found.uncovered) == (2, 2, 4, 0)
    assert found.signed == found.entries - 1  # all but the last checkpoint itself
    assert found.keys == [outside[0].key]


def test_an_end_that_was_cut_off_is_named(told: Stage, tmp_path: Path) -> None:
    """An older copy of a store is sound in itself: only what left it shows that it is short."""
    older, whole = copied(told, tmp_path / "older"), copied(told, tmp_path / "whole")
    last = entries(older.engine)
    whole.pipeline().submit([message("MAU02", Said("COD", 9 * HOUR, 9))])
    sign_record(whole.engine, KEY, DAY4)
    with whole.engine.connect() as connection:
        outside = checkpoints(connection)
    assert broken(older.engine) == ""
    said = f"ends at seq {last}, but checkpoint 3 from outside was signed at seq {last + 2}"
    with pytest.raises(Broken, match=said):
        verify_record(older.engine, lambda _: None, outside)
    for of in (older, whole):
        of.close()


def test_a_record_written_anew_is_named(tmp_path: Path) -> None:
    """All of it is consistent and even signed by the same key: it is not the record that was."""
    outside = []
    for n, mean in enumerate((140, 90)):
        of = stage(tmp_path / str(n), DAY1)
        of.pipeline().submit(hours_of("MAU01", "COD", 8 * HOUR, [mean]))
        sign_record(of.engine, KEY, DAY1)
        with of.engine.connect() as connection:
            outside.append(checkpoints(connection)[0])
        assert broken(of.engine) == ""
        if n:
            with pytest.raises(Broken, match="checkpoint 1 from outside; the record was written"):
                verify_record(of.engine, lambda _: None, outside[:1])
        of.close()


def test_a_stranger_s_signature_does_not_count(told: Stage) -> None:
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(Broken, match="which was not given"):
        verify_record(told.engine, lambda _: None, (), [stranger])


def test_batches_from_before_readings_were_covered_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of the first version verifies, and says what of it is not covered."""
    of = stage(tmp_path, DAY1)
    with monkeypatch.context() as early:
        early.setattr(intake, "leaf", lambda known, *_: known)
        early.setattr(intake, "batch_content", early_content)
        of.pipeline().submit(hours_of("MAU01", "COD", 8 * HOUR, [140]))
    of.pipeline().submit(hours_of("MAU01", "COD", 9 * HOUR, [140]))
    found = verify_record(of.engine, lambda _: None)
    assert found.uncovered == 1
    of.close()

"""Pruning: bytes and readings go on purpose and on record; what is left can still be proved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from typer.testing import CliRunner

from rules.days import DAY_SECONDS
from rules.model import Refused
from tests.cast import DAY0, DAY1, HOUR, Said, Stage, findings, hours_of, message, stage, stored
from tests.stores import Kind, in_sql_of, settings_file
from tolich.cli import app
from tolich.evidence.keys import made_or_read
from tolich.pipeline import Pipeline
from tolich.store import prunings
from tolich.store.checkpoints import sign_record
from tolich.store.ledger import appending
from tolich.store.proof import Broken, verify_record
from tolich.store.prunings import Asked, Plan, planned, prune
from tolich.store.rejudging import Again, rejudge
from tolich.store.schema import pruning, raw, reading

LATER = DAY0 + 6 * DAY_SECONDS


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    """Two days of readings, one batch a message, long closed."""
    of = stage(tmp_path, DAY0)
    pipeline = of.pipeline()
    for start in (DAY0, DAY1):
        of.clock.set(start + 9 * HOUR)
        for one in hours_of("MAU01", "COD", start - DAY0 + 8 * HOUR, [140]):
            pipeline.submit([one])
    of.clock.set(LATER)
    pipeline.tick(LATER, fill=True)
    yield of
    of.close()


def plan_of(of: Stage, before: int) -> Plan:
    with of.engine.connect() as connection:
        return planned(connection, before)


def pruned(of: Stage, before: int) -> Ed25519PrivateKey:
    """Prune everything that came before a midnight; returns the key it was signed with."""
    key = made_or_read(of.folder)
    sign_record(of.engine, key, LATER)
    prune(of.engine, key, plan_of(of, before), Asked(before, "Sở (mẫu)", "hết hạn lưu"), LATER)
    return key


def verdicts(of: Stage, pipeline: Pipeline) -> list[tuple[str, str, int]]:
    return [(one["id"], one["outcome"], one["revision"]) for one in findings(of.reads(pipeline))]


def test_bytes_and_readings_go_and_the_rest_stays(on: Stage) -> None:
    before = verdicts(on, on.pipeline())
    assert stored(on) == (8, 8)
    pruned(on, DAY1)
    assert stored(on) == (8, 4)
    with on.engine.connect() as connection:
        payloads = connection.execute(select(raw.c.payload).order_by(raw.c.id)).scalars().all()
        row = connection.execute(select(pruning)).mappings().one()
    assert [bool(one) for one in payloads] == [False] * 4 + [True] * 4
    assert (row["messages"], row["readings"], row["reason"]) == (4, 4, "hết hạn lưu")
    assert verdicts(on, on.pipeline()) == before
    found = verify_record(on.engine, lambda _: None)
    assert (found.pruned, found.checkpoints) == (4, 1)


def test_it_goes_on_from_where_it_was_and_in_parts(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prunings, "MESSAGES", 3)
    pruned(on, DAY1)
    assert plan_of(on, DAY1).messages == 0
    pruned(on, DAY1 + DAY_SECONDS)
    with on.engine.connect() as connection:
        parts = connection.execute(select(pruning.c.messages).order_by(pruning.c.id)).scalars()
        assert list(parts) == [3, 1, 3, 1]
    assert verify_record(on.engine, lambda _: None).pruned == 8


def test_nothing_goes_that_no_checkpoint_has_seen(on: Stage) -> None:
    with pytest.raises(Refused, match="there is no checkpoint after what would go"):
        plan_of(on, DAY1)


def test_nothing_goes_that_is_still_to_be_judged_by(on: Stage) -> None:
    sign_record(on.engine, made_or_read(on.folder), LATER)
    with pytest.raises(Refused, match="is not closed yet and needs its readings"):
        plan_of(on, LATER)


def test_a_late_reading_of_a_pruned_day_is_kept_and_changes_no_verdict(on: Stage) -> None:
    """Judged by what is left, the day would look as if nearly nothing had come."""
    pipeline = on.pipeline()
    before = verdicts(on, pipeline)
    pruned(on, DAY1)
    pipeline.submit([message("MAU01", Said("COD", 12 * HOUR, 5), received=LATER)])
    pipeline.tick(LATER, fill=True)
    with on.engine.connect() as connection:
        assert 5 in connection.execute(select(reading.c.value / 10**6)).scalars().all()
    assert verdicts(on, pipeline) == before
    assert verify_record(on.engine, lambda _: None).pruned == 4


def test_pruned_days_are_not_judged_again_on_request(on: Stage) -> None:
    pruned(on, DAY1)
    with appending(on.engine, LATER) as append:
        assert rejudge(append, Again("MAU01", DAY0, DAY0 + 3 * DAY_SECONDS), "tests", "mẫu") == 0
        assert rejudge(append, Again("MAU01", DAY0, DAY0 + 4 * DAY_SECONDS), "tests", "mẫu") == 1


SPOILED = {
    "a message has bytes again": "UPDATE raw SET payload = x'7b7d' WHERE id = 1",
    "a reading is back": "INSERT INTO reading SELECT series, at - 1, value, status, 1 FROM reading",
    "another message is emptied": "UPDATE raw SET payload = x'' WHERE id = 5",
    "another reason": "UPDATE pruning SET reason = 'none'",
    "what stands in is changed": "UPDATE pruned SET readings = x'00' WHERE raw = 2",
    "what stands in is gone": "DELETE FROM pruned WHERE raw = 2",
    "a topic": "UPDATE raw SET topic = 'tolich/v1/x/y/readings' WHERE id = 2",
    "when it came": "UPDATE raw SET received_at = received_at + 1 WHERE id = 2",
    "the row is gone": "DELETE FROM pruning",
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_left_is_covered(on: Stage, what: str) -> None:
    pruned(on, DAY1)
    with on.engine.begin() as connection:
        assert connection.exec_driver_sql(in_sql_of(on.engine, SPOILED[what])).rowcount >= 1
    with pytest.raises(Broken):
        verify_record(on.engine, lambda _: None)


def run(*arguments: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["prune", *arguments])
    return told.exit_code, " ".join(told.output.split())


def test_the_command_only_says_what_would_go_until_it_is_told_to(on: Stage) -> None:
    sign_record(on.engine, made_or_read(on.folder), LATER)
    to = ["--settings", str(settings_file(on.folder))]
    asked = [*to, "--before", "2026-03-11", "--reason", "mẫu", "--by", "Sở"]
    status, said = run(*asked)
    assert (status, "4 messages with 4 readings" in said, "say --yes" in said) == (0, True, True)
    assert stored(on) == (8, 8)
    status, said = run(*asked, "--yes")
    assert (status, "1 signed row" in said) == (0, True)
    assert stored(on) == (8, 4)
    assert run(*asked, "--yes")[1].startswith("0 messages")
    status, said = run(*asked[:-1], " ")
    assert (status, "must not be empty" in said) == (2, True)

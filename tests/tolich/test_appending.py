"""Several processes on one record, and processes that die in the middle: on each kind of store."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import OperationalError

from tests.cast import DAY0, HOUR, Stage, append_many, hours_of, opened, stage, stored
from tests.stores import Kind
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import NotDurable
from tolich.replaying import verdicts
from tolich.store.proof import entries, verify_chain
from tolich.store.schema import chain, version

NOON = DAY0 + 12 * HOUR
BATCH = hours_of("MAU01", "COD", 8 * HOUR, [140, 50])
FORK = multiprocessing.get_context("fork")  # a child has everything loaded that its parent has


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, NOON)
    yield of
    of.close()


def chained(engine: Engine, after: int = 0) -> list[tuple[int, int]]:
    query = select(chain.c.seq, chain.c.at).where(chain.c.seq > after).order_by(chain.c.seq)
    with engine.connect() as connection:
        return [(seq, at) for seq, at in connection.execute(query)]


def test_four_processes_append_and_a_reader_sees_them_in_order(on: Stage) -> None:
    """Their plant times lie a day apart; whoever reads meanwhile never has to look back."""
    each, before = 40, entries(on.engine)
    starts = [DAY0 + n * 86400 for n in range(4)]
    at_once = [FORK.Process(target=append_many, args=(on.folder, at, each)) for at in starts]
    for process in at_once:
        process.start()
    seen, looks = chained(on.engine), 0
    while any(process.is_alive() for process in at_once):
        found = chained(on.engine, after=len(seen))
        assert [seq for seq, _ in found] == list(range(len(seen) + 1, len(seen) + len(found) + 1))
        seen += found
        looks += bool(found)
    assert [process.exitcode for process in at_once] == [0] * 4
    seen += chained(on.engine, after=len(seen))
    assert looks > 1  # it did look while they wrote
    assert len(seen) == before + 4 * each
    times = [at for _, at in seen]
    assert times == sorted(times)
    with on.engine.connect() as connection:
        written = set(connection.execute(select(version.c.body)).scalars())
    assert written == {f"{start}:{n}" for start in starts for n in range(each)}
    assert verify_chain(on.engine, lambda _: None) == before + 4 * each


# --- a process that dies ------------------------------------------------------------------------


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def submit_and_die(folder: Path, at: int) -> None:
    """Submit the batch; die before its statement number `at`, or before its commit for 0."""
    of = Stage(folder, StepClock(NOON))
    pipeline, numbers = of.pipeline(), itertools.count(1)

    def before(connection: Connection, *_: object) -> None:
        writes = connection.get_execution_options().get("writing")
        if at and writes and next(numbers) == at:
            die()

    event.listen(of.engine, "before_cursor_execute", before)
    if at == 0:
        event.listen(of.engine, "commit", lambda _: die())
    pipeline.submit(BATCH)
    os._exit(0)  # without saying goodbye to the store


def submitted(folder: Path, at: int) -> int:
    """How a process of its own ended that submitted the batch."""
    process = FORK.Process(target=submit_and_die, args=(folder, at))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def test_killed_before_any_statement_or_the_commit_nothing_is_stored(on: Stage) -> None:
    before = entries(on.engine)
    killed = 0
    for at in itertools.count():
        ended = submitted(on.folder, at)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        assert (stored(on), entries(on.engine)) == ((0, 0), before), f"killed before statement {at}"
        killed += 1
    print(f"killed before the commit and before each of {killed - 1} statements")
    assert killed > 10
    assert stored(on) == (8, 8)
    assert verify_chain(on.engine, lambda _: None) == entries(on.engine)


def untouched(folder: Path) -> list[dict[str, object]]:
    """The verdicts of the batch where nothing went wrong."""
    of = stage(folder, NOON)
    pipeline = of.pipeline()
    pipeline.submit(BATCH)
    return closed(of, pipeline)


def closed(of: Stage, pipeline: Pipeline) -> list[dict[str, object]]:
    of.clock.set(DAY0 + 30 * HOUR)
    pipeline.tick(None, fill=True)
    found = list(verdicts(of.reads(pipeline)))
    of.close()
    return found


def test_a_commit_whose_answer_is_lost_counts_once(on: Stage, tmp_path: Path) -> None:
    """It is durable and nobody knows: told NotDurable, the broker sends it all again."""
    pipeline = on.pipeline()

    def lost(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        if connection.dialect.name == "sqlite":
            driver.execute("COMMIT")
        else:
            driver.commit()
        raise OperationalError("COMMIT", None, OSError("connection reset by peer"))

    event.listen(on.engine, "commit", lost)
    with pytest.raises(NotDurable, match="reset by peer"):
        pipeline.submit(BATCH)
    event.remove(on.engine, "commit", lost)
    assert stored(on) == (8, 8)
    pipeline.submit(BATCH)
    assert pipeline.counters.duplicates == 8
    assert stored(on) == (8, 8)
    assert verify_chain(on.engine, lambda _: None) == entries(on.engine)
    assert closed(on, pipeline) == untouched(tmp_path / "untouched")


def test_the_record_goes_on_after_a_dead_process(on: Stage) -> None:
    """What died with the turn to write in its hands gives it back."""
    assert submitted(on.folder, 0) == -signal.SIGKILL
    engine = opened(on.folder)
    of = on.pipeline()
    assert [receipt.accepted for receipt in of.submit(BATCH)] == [1] * 8
    engine.dispose()

"""What only a store on a server can suffer: it goes away, it is shared, it has secrets."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import OperationalError

from rules.model import Refused
from rules.roles import Role
from tests.cast import DAY0, HOUR, Stage, fill_cast, hours_of, stage, stored
from tests.end_to_end.monitor import until
from tests.postgres import PASSWORD, Postgres, shared_server
from tests.stores import Kind, opened, stores_on
from tests.tolich.pages import client_of
from tolich.clock import StepClock
from tolich.lock import AlreadyWriting, alone_on
from tolich.ports import NotDurable
from tolich.store.accounts import AccountRow, Profile, everyone, store
from tolich.store.database import open_engine, refuse_lossy, writing
from tolich.store.ledger import appending
from tolich.store.proof import entries, verify_chain
from tolich.store.schema import version
from tolich.store.verdicts import version_key

NOON = DAY0 + 12 * HOUR
BATCH = hours_of("MAU01", "COD", 8 * HOUR, [140, 50])
FORK = multiprocessing.get_context("fork")
REFUSED = "-"  # instead of a name: it was not acknowledged


@pytest.fixture(scope="module", autouse=True)
def _on_a_server() -> Iterator[None]:
    with stores_on(Kind.POSTGRESQL):
        yield


@pytest.fixture
def on(tmp_path: Path) -> Stage:
    return stage(tmp_path, NOON)


# --- the server goes away -----------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server that no other test needs."""
    with Postgres() as running:
        yield running


def on_own(server: Postgres, folder: Path) -> Stage:
    """The cast on that server."""
    (folder / "store.url").write_text(server.url(server.database()), encoding="ascii")
    (folder / "store.password").write_text(PASSWORD, encoding="utf-8")
    of = Stage(folder, StepClock(NOON))
    fill_cast(of.engine)
    return of


def append_for_ever(folder: Path, name: str, told: Path) -> None:
    """Append entry after entry, telling of each that was acknowledged; try again what was not."""
    engine, n = opened(folder), 0
    with told.open("a", buffering=1) as file:
        while True:
            try:
                with appending(engine, NOON) as append:
                    version_key(append, f"{name}:{n}")
            except NotDurable:
                file.write(f"{REFUSED}\n")
                continue
            file.write(f"{name}:{n}\n")
            n += 1


def lines(told: Path) -> list[str]:
    return told.read_text().split() if told.exists() else []


def acknowledged(told: Path) -> set[str]:
    return set(lines(told)) - {REFUSED}


def refused_again(told: Path, before: int) -> bool:
    return lines(told).count(REFUSED) > before


def until_told(told: Path, goal: int) -> None:
    until(lambda: len(acknowledged(told)) >= goal, f"{goal} entries are acknowledged")


def test_killed_under_load_it_has_everything_acknowledged(server: Postgres, tmp_path: Path) -> None:
    of, told = on_own(server, tmp_path), tmp_path / "told"
    writers = [
        FORK.Process(target=append_for_ever, args=(tmp_path, name, told)) for name in ("a", "b")
    ]
    for process in writers:
        process.start()
    try:
        for _ in range(3):
            until_told(told, len(acknowledged(told)) + 40)
            server.crash()
            before, refused = acknowledged(told), lines(told).count(REFUSED)
            until(partial(refused_again, told, refused), "a writer is refused")
            assert acknowledged(told) == before  # nothing while it was away
            server.start()
        until_told(told, len(acknowledged(told)) + 40)  # both write again, never restarted
    finally:
        for process in writers:
            process.kill()
            process.join()
    with of.engine.connect() as connection:
        kept = set(connection.execute(select(version.c.body)).scalars())
    assert acknowledged(told) <= kept
    assert len(kept - acknowledged(told)) <= 2  # at most the one that each was at
    assert verify_chain(of.engine, lambda _: None) == entries(of.engine)
    of.close()


def test_a_writer_goes_on_when_the_server_is_back(server: Postgres, tmp_path: Path) -> None:
    of = on_own(server, tmp_path)
    pipeline = of.pipeline()
    pipeline.submit(BATCH[:4])
    server.crash()
    for _ in range(2):
        with pytest.raises(NotDurable, match="refused"):
            pipeline.submit(BATCH[4:])
        with pytest.raises((NotDurable, OperationalError)):
            pipeline.tick(NOON)
    server.start()
    assert [receipt.accepted for receipt in pipeline.submit(BATCH[4:])] == [1] * 4
    pipeline.tick(NOON)
    assert stored(of) == (8, 8)
    assert verify_chain(of.engine, lambda _: None) == entries(of.engine)
    of.close()


def test_who_asks_while_the_server_is_away_is_told_so(server: Postgres, tmp_path: Path) -> None:
    """Programs and people; the same process answers again when the server is back."""
    of = on_own(server, tmp_path)
    client = client_of(of, of.pipeline())
    assert client.get("/api/v1/findings").status_code == 200
    server.crash()
    answer = client.get("/api/v1/findings")
    assert (answer.status_code, answer.json()["type"]) == (503, "/docs#problem-store-away")
    assert answer.headers["retry-after"] == "5"
    page = client.get("/alerts", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "Kho dữ liệu không trả lời" in page.text
    server.start()
    assert client.get("/api/v1/findings").status_code == 200
    of.close()


def cut(connection: Connection) -> None:
    """The server ends this connection, as an administrator or a network may."""
    driver = connection.connection.driver_connection
    assert driver is not None
    with shared_server().master() as master:
        master.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])


def test_a_connection_lost_at_any_statement_loses_the_batch_and_nothing_else(on: Stage) -> None:
    pipeline, before = on.pipeline(), entries(on.engine)
    for at in itertools.count(0, 3):  # before the commit, and before every third statement
        numbers = itertools.count(1)

        def lose(connection: Connection, *_: object, at: int = at, numbers=numbers) -> None:  # type: ignore[no-untyped-def]
            if connection.get_execution_options().get("writing") and next(numbers) == at:
                cut(connection)

        event.listen(on.engine, "before_cursor_execute", lose)
        if at == 0:
            event.listen(on.engine, "commit", cut)
        try:
            pipeline.submit(BATCH)
            break
        except NotDurable:
            assert (stored(on), entries(on.engine)) == ((0, 0), before)
        finally:
            event.remove(on.engine, "before_cursor_execute", lose)
            if at == 0:
                event.remove(on.engine, "commit", cut)
    assert at > 10
    assert stored(on) == (8, 8)
    assert not pipeline.settler.broken
    assert verify_chain(on.engine, lambda _: None) == entries(on.engine)


# --- it is shared -------------------------------------------------------------------------------


def test_there_is_one_writer_whatever_folder_it_has(on: Stage) -> None:
    other = opened(on.folder)
    with (
        alone_on(on.engine) as check,
        pytest.raises(AlreadyWriting, match=r"store_\w+ on 127\.0\.0\.1:\d+"),
        alone_on(other, patience=0.1),
    ):
        check()
    with alone_on(other, patience=0) as check:
        check()


def test_the_writer_takes_its_lock_again_unless_another_was_faster(on: Stage) -> None:
    other = opened(on.folder)
    with alone_on(on.engine, patience=0) as check:
        cut_all(on.engine)
        check()  # a lock that was lost is taken again
        with pytest.raises(AlreadyWriting), alone_on(other, patience=0):
            pass
        cut_all(on.engine)
        with alone_on(other, patience=0):
            for _ in range(2):
                with pytest.raises(NotDurable, match="another `tolich` has begun to write"):
                    check()
        check()


def cut_all(engine: Engine) -> None:
    """Every connection to a database ends."""
    with shared_server().master() as master:
        master.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [engine.url.database],
        )


def test_a_commit_is_durable_whatever_the_server_does_by_default(on: Stage) -> None:
    with shared_server().master() as master:
        row = master.execute("SHOW synchronous_commit").fetchone()
    assert row == ("off",)
    with writing(on.engine).begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_what_reads_sees_one_moment(on: Stage) -> None:
    """Or a record that grows while it is proved would look broken."""
    with on.engine.connect() as connection:
        seen = connection.execute(select(version.c.id)).all()
        with appending(on.engine, NOON) as append:
            version_key(append, "meanwhile")
        assert connection.execute(select(version.c.id)).all() == seen
    with on.engine.connect() as connection:
        assert len(connection.execute(select(version.c.id)).all()) == len(seen) + 1


def test_text_is_in_the_order_of_its_bytes_whatever_language_the_database_has(on: Stage) -> None:
    names = ["Zeta", "an", "an-2", "an_1", "đo", "ôn"]
    with shared_server().master() as master:
        row = master.execute("SELECT 'an' < 'Zeta', 'đo' < 'ôn'").fetchone()
    assert row == (True, True)  # the database itself sorts as people do
    with appending(on.engine, NOON) as append:
        for name in reversed(names):
            store(append, AccountRow(0, name, Profile(Role.VIEWER, "Mẫu")), "made", "tests")
        found = [one.name for one in everyone(append.connection)]
    assert found == sorted(names, key=str.encode)


def test_a_server_that_forgets_is_refused(on: Stage) -> None:
    with pytest.raises(Refused) as refused:
        refuse_lossy(on.engine)
    assert [problem.key for problem in refused.value.problems] == ["fsync", "full_page_writes"]


# --- it has secrets -----------------------------------------------------------------------------


def test_a_wrong_password_is_told_without_the_password(on: Stage, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hoàn toàn sai\n", encoding="utf-8")
    engine = open_engine(on.engine.url, wrong)
    with pytest.raises(NotDurable) as said, appending(engine, NOON):
        pass
    assert "password authentication failed" in str(said.value)
    assert "hoàn toàn sai" not in str(said.value)
    wrong.write_text(f"{PASSWORD}\n", encoding="utf-8")  # it was changed: no restart is needed
    with appending(engine, NOON) as append:
        version_key(append, "in")
    engine.dispose()

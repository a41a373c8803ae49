"""The order of record: no gap in seq, no step back in time, all of a transaction or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from tests.cast import DAY0, Stage, full_disk, opened, stage
from tests.stores import Kind
from tolich.ports import NotDurable
from tolich.store.database import writing
from tolich.store.ledger import Append, appending, canonical, link
from tolich.store.proof import verify_chain
from tolich.store.schema import chain, head, version
from tolich.store.verdicts import version_key


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    of.close()


def chained(engine: Engine) -> list[tuple[int, int]]:
    with engine.connect() as connection:
        rows = connection.execute(select(chain.c.seq, chain.c.at).order_by(chain.c.seq))
        return [(seq, at) for seq, at in rows]


def headed(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        seq, at = connection.execute(select(head.c.seq, head.c.at)).one()
    return seq, at


def test_plant_time_that_falls_behind_is_held(on: Stage) -> None:
    for now in (DAY0 + 100, DAY0 + 50, DAY0 + 101):
        with appending(on.engine, now) as append:
            version_key(append, str(now))
    assert [at - DAY0 for _, at in chained(on.engine)[-3:]] == [100, 100, 101]


def written(append: Append) -> None:
    version_key(append, "made in vain")


def given_up(append: Append) -> None:
    written(append)
    raise ZeroDivisionError


def test_what_is_rolled_back_leaves_nothing(on: Stage) -> None:
    before = chained(on.engine)
    with pytest.raises(ZeroDivisionError), appending(on.engine, DAY0 + 5) as append:
        given_up(append)
    assert chained(on.engine) == before
    assert headed(on.engine) == before[-1]
    with on.engine.connect() as connection:
        assert connection.execute(select(version)).all() == []
    assert verify_chain(on.engine, lambda _: None) == len(before)


def test_a_commit_that_fails_is_not_durable_and_leaves_nothing(on: Stage) -> None:
    before = chained(on.engine)
    with (
        full_disk(on),
        pytest.raises(NotDurable, match="disk is full"),
        appending(on.engine, DAY0) as append,
    ):
        written(append)
    assert chained(on.engine) == before
    with appending(on.engine, DAY0) as append:
        written(append)
    assert len(chained(on.engine)) == len(before) + 1


def test_an_append_of_nothing_does_not_move_the_head(on: Stage) -> None:
    before = headed(on.engine)
    with appending(on.engine, DAY0 + 999):
        pass
    assert headed(on.engine) == before


def test_a_record_that_is_locked_for_too_long_is_not_durable(on: Stage) -> None:
    impatient = opened(on.folder)
    event.listen(impatient, "connect", _impatient)
    try:
        with (
            writing(on.engine).begin(),
            pytest.raises(NotDurable, match=r"locked|lock timeout"),
            appending(impatient, DAY0) as append,
        ):
            written(append)
    finally:
        impatient.dispose()


def _impatient(connection: Any, _record: object) -> None:
    if isinstance(connection, psycopg.Connection):
        connection.execute("SET lock_timeout = '1ms'")
        connection.commit()
    else:
        connection.execute("PRAGMA busy_timeout=1")


texts = st.text(max_size=20)


@given(one=st.dictionaries(texts, st.integers() | texts | st.none(), max_size=5))
def test_one_spelling_whatever_the_order_of_the_keys(one: dict[str, object]) -> None:
    turned = dict(reversed(list(one.items())))
    try:
        spelled = canonical(one)
    except UnicodeEncodeError:
        return  # half a surrogate pair: nothing that can be stored
    assert canonical(turned) == spelled


def test_bytes_have_a_spelling_and_other_things_none() -> None:
    assert canonical({"b": b"\x00\xff", "a": "đ"}) == '{"a":"đ","b":"00ff"}'.encode()
    with pytest.raises(TypeError, match="set has no canonical spelling"):
        canonical({1, 2})


@given(st.integers(1, 10**9), st.integers(0, 2**40), st.binary(max_size=30))
def test_an_entry_covers_everything_it_says(seq: int, at: int, content: bytes) -> None:
    base = link(b"p", seq, at, "finding", 7, content)
    others = [
        link(b"q", seq, at, "finding", 7, content),
        link(b"p", seq + 1, at, "finding", 7, content),
        link(b"p", seq, at + 1, "finding", 7, content),
        link(b"p", seq, at, "limit", 7, content),
        link(b"p", seq, at, "finding", 8, content),
        link(b"p", seq, at, "finding", 7, content + b"x"),
    ]
    assert base not in others
    assert len(set(others)) == len(others)

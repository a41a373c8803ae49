"""The same file gives the same bytes, and what is added to one station changes no other."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import pytest

from simulators.message import Outgoing
from tests.simulators.scenario.small import SMALL, built, by_station, sent

BUSY: dict[str, Any] = {
    "faults": [{"random": {"times": 20}}],
    "events": [
        {"id": "e", "at": "0d06:00", "for": "10h", "where": "*", "kind": "aeration_failure"}
    ],
    "tamper": [{"id": "t", "at": "1d", "for": "6h", "where": "*", "kind": "jittered_cap"}],
    "transport": [
        {"id": "d", "at": "0d", "for": "2d", "where": "*", "kind": "dropout", "share": 0.1},
        {"id": "r", "at": "1d", "for": "6h", "where": "*", "kind": "reordering", "delay": "1h"},
        {"id": "o", "at": "0d10:00", "for": "20h", "where": "*", "kind": "outage",
         "then": {"backfill": {"order": "newest_first", "rate": "1/s", "duplicates": 0.2}}},
    ],
}  # fmt: skip


def digest(messages: list[Outgoing]) -> str:
    return hashlib.sha256(repr(messages).encode()).hexdigest()


@pytest.fixture(scope="module")
def before() -> dict[str, list[Outgoing]]:
    return by_station(sent(built(**BUSY)))


def test_two_runs_and_two_processes_give_the_same_bytes(
    before: dict[str, list[Outgoing]],
) -> None:
    script = (
        "from tests.simulators.scenario.test_seeds import BUSY, digest\n"
        "from tests.simulators.scenario.small import built, sent\n"
        "print(digest(sent(built(**BUSY))))"
    )
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )  # fmt: skip
    again = sent(built(**BUSY))
    assert by_station(again) == before
    assert other.stdout.strip() == digest(again)


def test_another_seed_gives_other_bytes(before: dict[str, list[Outgoing]]) -> None:
    assert by_station(sent(built(**BUSY, seed=8)))["MAU01"] != before["MAU01"]


def test_a_station_more_changes_no_other(before: dict[str, list[Outgoing]]) -> None:
    more = [{"id": "MAU00"}, *SMALL["stations"], {"id": "MAU03"}]
    after = by_station(sent(built(**BUSY, stations=more)))
    assert after.keys() == {"MAU00", "MAU01", "MAU02", "MAU03"}
    assert {name: after[name] for name in before} == before


ADDED = {"id": "new", "at": "0d03:00", "for": "12h", "where": "MAU01"}


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("events", {**ADDED, "kind": "toxic_shock"}),
        ("faults", {**ADDED, "where": "MAU01.COD", "kind": "noisy"}),
        ("tamper", {**ADDED, "kind": "dilution"}),
        ("transport", {**ADDED, "kind": "duplicates", "share": 0.5}),
    ],
)
def test_what_is_added_to_one_station_changes_no_other(
    before: dict[str, list[Outgoing]], section: str, line: dict[str, Any]
) -> None:
    after = by_station(sent(built(**{**BUSY, section: [line, *BUSY[section]]})))
    assert after["MAU02"] == before["MAU02"]
    assert after["MAU01"] != before["MAU01"]


def test_messages_come_in_the_order_in_which_they_are_sent() -> None:
    due = [one.due for one in sent(built(**BUSY))]
    assert due == sorted(due)

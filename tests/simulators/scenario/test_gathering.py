"""A history in messages of many instants says the same as one message an instant."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET, rfc3339
from simulators.message import Outgoing
from simulators.scenario.course import Stage
from simulators.scenario.gathering import LARGEST_MESSAGE
from tests.simulators.scenario.small import built, sent

ROUGH: dict[str, Any] = {
    "clock": {"start": "2026-04-06", "days": 1},
    "faults": [
        {"id": "f", "at": "0d03:00", "for": "2h", "where": "MAU01.COD", "kind": "flagged"},
        {"id": "g", "at": "0d04:00", "for": "1h", "where": "MAU01.NH4", "kind": "gap"},
    ],
    "transport": [
        {"id": "c", "at": "0d09:00", "for": "1h", "where": "MAU01.COD", "kind": "conflicts"},
        {"id": "d", "at": "0d11:00", "for": "1h", "where": "*", "kind": "duplicates"},
        {"id": "o", "at": "0d13:00", "for": "5h", "where": "*", "kind": "outage",
         "then": {"backfill": {"order": "newest_first", "rate": "1/s"}}},
    ],
}  # fmt: skip


def noon(made: Stage) -> int:
    return made.scenario.first * DAY_SECONDS - OFFSET + 12 * HOUR_SECONDS


def told(messages: list[Outgoing]) -> Counter[tuple[str, str, str, str, str]]:
    """Every reading in them: station, parameter, time, value, status; as often as it is said."""
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    for one in messages:
        station = one.topic.split("/")[3]
        if "/tt10/" in one.topic:
            for text in one.payload.decode().splitlines():
                name, value, _, at, status = text.split("\t")
                found[station, name, at, value, status] += 1
            continue
        said = json.loads(one.payload)
        for reading in said["readings"]:
            at = reading.get("ts", said["ts"])
            value = repr(reading["v"])
            found[station, reading["p"], at, value, reading.get("s", "00")] += 1
    return found


@pytest.mark.parametrize("hours", [0, 12])
def test_the_same_readings_are_said_as_often(hours: int) -> None:
    made = built(**ROUGH)
    until = noon(made) + hours * HOUR_SECONDS
    together = sent(replace(made, together_until=until))
    assert told(together) == told(sent(made))
    assert len(together) < len(sent(made)) * (0.65 if hours == 0 else 0.25)


def test_each_message_is_sent_with_its_last_instant_and_in_order() -> None:
    made = built(**ROUGH)
    together = sent(replace(made, together_until=noon(made)))
    due = [one.due for one in together]
    assert due == sorted(due)
    for one in together:
        if "/tt10/" not in one.topic:
            said = json.loads(one.payload)
            last = max(reading.get("ts", said["ts"]) for reading in said["readings"])
            assert last <= rfc3339(one.due)
            assert len(said["readings"]) <= LARGEST_MESSAGE


def test_what_is_due_later_goes_alone_byte_for_byte() -> None:
    made = built(**ROUGH)
    together = sent(replace(made, together_until=noon(made)))
    assert [one for one in together if one.due >= noon(made)] == [
        one for one in sent(made) if one.due >= noon(made)
    ]
